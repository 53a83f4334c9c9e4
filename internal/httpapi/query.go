package httpapi

import (
	"context"
	"iter"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// defaultLimit is the size of a page that does not say how large it should be.
const defaultLimit = 100

// page is which part of a list is asked for.
type page struct {
	after  int64
	limit  int
	newest bool // highest ids first
}

// pageOf reads the parameters of a page; nil ones have their defaults.
func pageOf(limit *api.Limit, after *api.After, newest ...*api.NewestFirst) page {
	p := page{after: deref(after), limit: deref(limit)}
	if p.limit == 0 {
		p.limit = defaultLimit
	}
	for _, n := range newest {
		p.newest = deref(n)
	}
	return p
}

// query adds the page to a query: one row more than the page holds tells
// whether there is a next one.
func (p page) query(q app.Query) app.Query {
	q.After, q.Desc, q.Limit = p.after, p.newest, p.limit+1
	return q
}

// cut shortens rows to the page and returns the cursor of the next one.
func cut[R any](p page, rows []R, id func(R) int64) ([]R, *api.ID) {
	if len(rows) <= p.limit {
		return rows, nil
	}
	rows = rows[:p.limit]
	return rows, new(id(rows[p.limit-1]))
}

// scope is what of an operation's objects a caller may see.
type scope struct {
	all     bool
	parties []int64
	regions []string // every code that the caller's grants cover
	schemes []int64  // that the caller runs, where an operation's objects are of a scheme's operator
}

// authoriseIn is identity.Authorise in the region that the request names.
func authoriseIn(ctx context.Context, op identity.Operation, region string) error {
	err := identity.Authorise(callOf(ctx).actor, op, identity.OfRegion(region))
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return f.At("region")
	}
	return err
}

// see returns what the caller may see. Returns the fault of identity.Authorise
// when none of the caller's roles may do op.
func (s *Server) see(ctx context.Context, op identity.Operation) (scope, error) {
	actor := callOf(ctx).actor
	if err := identity.Authorise(actor, op, identity.Target{}); err != nil {
		return scope{}, err
	}
	rule := identity.Table[op]
	if rule[identity.Public] != identity.None {
		return scope{all: true}, nil
	}
	var sc scope
	for _, g := range actor.Grants {
		switch relation := rule[g.Role]; {
		case relation == identity.None:
		case relation == identity.Own && g.Role == identity.Operator && slices.Contains(ofOperators, op):
			sc.schemes = append(sc.schemes, s.schemesOf(g)...)
		case relation == identity.Any, !g.Role.IsOfParty() && g.Region == "":
			return scope{all: true}, nil
		case g.Role.IsOfParty():
			sc.parties = append(sc.parties, g.Party)
		default:
			sc.regions = append(sc.regions, s.regionsOf(g)...)
		}
	}
	return sc, nil
}

// ofOperators are the operations whose objects an operator sees of its own schemes only.
var ofOperators = []identity.Operation{identity.ComplaintRead, identity.SampleRead, identity.IssuanceRead, identity.CreditDebtRead}

// schemesOf are the schemes that a grant's party runs, in the grant's region.
func (s *Server) schemesOf(g identity.Grant) []int64 {
	ids := []int64{}
	for id, scheme := range app.ReadTable(s.app.Reference(), app.CarbonSchemes).All() {
		if scheme.Operator == g.Party && (g.Region == "" || catalog.IsWithin(scheme.Region, g.Region, g.WithChildren)) {
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *Server) regionsOf(g identity.Grant) []string {
	codes := []string{}
	for _, r := range app.ReadTable(s.app.Reference(), app.Regions).All() {
		if catalog.IsWithin(r.Code, g.Region, g.WithChildren) {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// isRegion reports whether the registry has a region.
func (s *Server) isRegion(code string) bool {
	for _, r := range app.ReadTable(s.app.Reference(), app.Regions).All() {
		if r.Code == code {
			return true
		}
	}
	return false
}

// has reports whether an object of a party and a region is in the scope.
func (sc scope) has(party int64, regions ...string) bool {
	if sc.all || slices.Contains(sc.parties, party) {
		return true
	}
	return slices.ContainsFunc(regions, func(code string) bool { return slices.Contains(sc.regions, code) })
}

// hasOf is has for an object of a scheme.
func (sc scope) hasOf(scheme, party int64, regions ...string) bool {
	return sc.has(party, regions...) || slices.Contains(sc.schemes, scheme)
}

// byScheme is by for rows of schemes.
func (sc scope) byScheme(parties, regions []string) []app.Cond {
	conds := sc.by(parties, regions)
	if !sc.all && len(sc.schemes) > 0 {
		conds = append(conds, app.Cond{Column: "scheme", Op: app.In, Value: sc.schemes})
	}
	return conds
}

// by turns the scope into conditions of which one must hold: on the columns
// that name a row's parties, and on those that name its regions. nil means
// that everything may be seen.
func (sc scope) by(parties, regions []string) []app.Cond {
	if sc.all {
		return nil
	}
	conds := []app.Cond{}
	for _, column := range parties {
		if len(sc.parties) > 0 {
			conds = append(conds, app.Cond{Column: column, Op: app.In, Value: sc.parties})
		}
	}
	for _, column := range regions {
		if len(sc.regions) > 0 {
			conds = append(conds, app.Cond{Column: column, Op: app.In, Value: sc.regions})
		}
	}
	return conds
}

// get reads one committed row; false when there is none.
func get[R any](ctx context.Context, s *Server, t app.Table[R], id int64) (row R, ok bool, err error) {
	var rows []R
	if err = s.rows.Find(ctx, t.Name(), app.Where("id", id), &rows); err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[0], true, nil
}

// published reads a page of a table in memory: the rows that keep accepts.
func published[R any](s *Server, t app.Table[R], p page, keep func(R) bool) ([]R, *api.ID) {
	rows := app.ReadTable(s.app.Reference(), t).After(p.after)
	return takePage(p, rows, keep)
}

func takePage[R any](p page, rows iter.Seq2[int64, R], keep func(R) bool) ([]R, *api.ID) {
	taken := []R{}
	var last int64
	for id, r := range rows {
		if !keep(r) {
			continue
		}
		if len(taken) == p.limit {
			return taken, &last
		}
		taken, last = append(taken, r), id
	}
	return taken, nil
}

// pageOfRows is a page of rows that are at hand, in the order of their ids.
func pageOfRows[R any](p page, rows []R, id func(R) int64) ([]R, *api.ID) {
	if p.newest {
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	}
	begins := slices.IndexFunc(rows, func(r R) bool {
		return p.after == 0 || (id(r) > p.after) != p.newest && id(r) != p.after
	})
	if begins < 0 {
		return []R{}, nil
	}
	return cut(p, rows[begins:], id)
}

// row returns a row of a table in memory, or ErrNoRecord about the field that
// named it.
func row[R any](s *Server, t app.Table[R], field string, id int64) (R, error) {
	r, ok := app.ReadTable(s.app.Reference(), t).Get(id)
	if !ok {
		return r, app.ErrNoRecord.With("there is no %s with the id %d", t.Name(), id).At(field)
	}
	return r, nil
}

// first returns the first row of a table in memory that is the one, or
// ErrNoRecord about the field that named it by a code.
func first[R any](s *Server, t app.Table[R], field, code string, is func(R) bool) (R, error) {
	for _, r := range app.ReadTable(s.app.Reference(), t).All() {
		if is(r) {
			return r, nil
		}
	}
	var none R
	return none, app.ErrNoRecord.With("there is no %s with the code %q", t.Name(), code).At(field)
}

func (s *Server) region(field, code string) (catalog.Region, error) {
	return first(s, app.Regions, field, code, func(r catalog.Region) bool { return r.Code == code })
}

func (s *Server) market(field, code string) (catalog.Market, error) {
	return first(s, app.Markets, field, code, func(m catalog.Market) bool { return m.Code == code })
}

func (s *Server) instrument(field, code string) (catalog.Instrument, error) {
	return first(s, app.Instruments, field, code, func(i catalog.Instrument) bool { return i.Code == code })
}

// is reports whether a filter lets a value pass: it is not set, or the same.
func is[T comparable](filter *T, value T) bool { return filter == nil || *filter == value }

// convertAll converts rows.
func convertAll[R, A any](rows []R, convert func(R) A) []A {
	out := make([]A, len(rows))
	for i, r := range rows {
		out[i] = convert(r)
	}
	return out
}
