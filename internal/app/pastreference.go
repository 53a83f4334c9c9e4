package app

import (
	"context"
	"slices"
)

// reported are the resident tables that reports ask for.
var reported = []string{
	Parties.name, Licences.name, Renewals.name, Instruments.name, Pollutants.name, Grants.name, Keys.name, StandIns.name, CarbonSchemes.name, CreditProjects.name,
}

// ReferenceFor returns the resident tables of reports as a reader has its rows: for one
// of a past command as they were then, so that what a report knows is what was recorded
// by its day, whatever first day it was recorded with (I-149).
func (a *App) ReferenceFor(ctx context.Context, r Reader) (*Reference, error) {
	past, is := r.(pastReader)
	if !is {
		return a.Reference(), nil
	}
	return past.reference(ctx, a.Reference())
}

// reference leads the tables of reports back to what they were after the command.
func (p pastReader) reference(ctx context.Context, now *Reference) (*Reference, error) {
	then := knowing(make(map[string]any, len(reported)+len(knownTables)))
	names := slices.Clone(reported)
	for _, t := range knownTables {
		names = append(names, t.name)
	}
	for _, name := range names {
		t, err := now.tables[name].(publishedTable).asOf(ctx, p, name) //nolint:errcheck // each is a Published
		if err != nil {
			return nil, err
		}
		then.tables[name] = t
	}
	return then, nil
}

// publishedTable is a Published of any table.
type publishedTable interface {
	// asOf is the table as it was after a past command.
	asOf(ctx context.Context, p pastReader, name string) (any, error)
}

// asOf is part of publishedTable. Pages of which no row was written since are shared.
func (t *Published[R]) asOf(ctx context.Context, p pastReader, name string) (any, error) {
	then := &Published[R]{pages: slices.Clone(t.pages)}
	var rows []any
	var has []*bool
	for n, page := range t.pages {
		if page == nil || !page.isSince(p.last) {
			continue
		}
		copied := *page
		then.pages[n] = &copied
		for at := range copied.rows {
			if row := &copied.rows[at]; copied.has[at] && commandOf(row) > p.last {
				rows, has = append(rows, row), append(has, &copied.has[at])
			}
		}
	}
	there, err := p.thereOf(ctx, name, rows)
	for i, was := range there {
		*has[i] = was
	}
	return then, err
}

// thereOf leads rows of a table back and says which of them there were.
func (p pastReader) thereOf(ctx context.Context, table string, rows []any) ([]bool, error) {
	if slices.Contains(neverChanged, table) {
		return make([]bool, len(rows)), nil
	}
	return p.leadBack(ctx, table, rows)
}

// isSince reports whether a row of the page was written after a command.
func (g *publishedPage[R]) isSince(command int64) bool {
	for at := range g.rows {
		if g.has[at] && commandOf(&g.rows[at]) > command {
			return true
		}
	}
	return false
}
