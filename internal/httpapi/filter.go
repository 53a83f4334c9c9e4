package httpapi

import (
	"cmp"
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
)

// textOf is a filter as the plain text that databases know.
func textOf[T ~string](filter *T) *string {
	if filter == nil {
		return nil
	}
	return new(string(*filter))
}

// anyColumn is a filter that one of several columns must meet; nil when it is
// not set.
func anyColumn[T any](filter *T, columns ...string) []app.Cond {
	if filter == nil {
		return nil
	}
	conds := make([]app.Cond, len(columns))
	for i, c := range columns {
		conds[i] = app.Cond{Column: c, Op: app.Eq, Value: *filter}
	}
	return conds
}

// alternatives are the queries whose rows, taken together, are those of q of
// which one condition of each group holds. A nil group asks for nothing, an
// empty one for what there is not.
func alternatives(q app.Query, groups ...[]app.Cond) []app.Query {
	queries := []app.Query{q}
	for _, group := range groups {
		if group == nil {
			continue
		}
		var narrowed []app.Query
		for _, q := range queries {
			for _, c := range group {
				narrowed = append(narrowed, q.And(c.Column, c.Op, c.Value))
			}
		}
		queries = narrowed
	}
	return queries
}

// find reads a page of the committed rows that one of several queries
// selects. Rows come in the order of their ids, each once.
func find[R any](ctx context.Context, s *Server, t app.Table[R], queries []app.Query, p page, id func(R) int64) ([]R, *api.ID, error) {
	return findIn(ctx, s.rows, t, queries, p, id)
}

// findIn is find among the rows of a reader.
func findIn[R any](ctx context.Context, r app.Reader, t app.Table[R], queries []app.Query, p page, id func(R) int64) ([]R, *api.ID, error) {
	var rows []R
	for _, q := range queries {
		var found []R
		if err := r.Find(ctx, t.Name(), p.query(q), &found); err != nil {
			return nil, nil, err
		}
		rows = append(rows, found...)
	}
	slices.SortFunc(rows, func(a, b R) int {
		if p.newest {
			a, b = b, a
		}
		return cmp.Compare(id(a), id(b))
	})
	rows = slices.CompactFunc(rows, func(a, b R) bool { return id(a) == id(b) })
	rows, next := cut(p, rows, id)
	return rows, next, nil
}
