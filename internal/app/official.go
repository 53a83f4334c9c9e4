package app

import (
	"context"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/report"
)

// The figures that others have published, as they printed them.
var (
	OfficialFigures = cold[report.OfficialFigure]("official_figure")
	OfficialParts   = cold[report.OfficialPart]("official_part")
)

// ErrFigureKnown is returned when the figure of a document was recorded before.
var ErrFigureKnown = fault.New(fault.Conflict, "official_figure.exists", "this figure of this document was recorded before").At("document")

// FigureRecord records a published figure with its parts, as they were printed.
type FigureRecord struct {
	Figure report.OfficialFigure // without what the command sets itself
	Parts  []report.OfficialPart
}

// FigureResult is a figure with its parts.
type FigureResult struct {
	Figure report.OfficialFigure
	Parts  []report.OfficialPart
}

var _ = declare(FigureRecord{})

// Operation is FigureRecord.
func (FigureRecord) Operation() identity.Operation { return identity.FigureRecord }

// Decide checks the form of the figure, never what it says. The result is a
// FigureResult.
func (c FigureRecord) Decide(v *View) (Apply, error) {
	f := c.Figure
	if err := v.Authorise(identity.FigureRecord, identity.Target{}); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", f.Region); err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("region", identity.FigureRecord, identity.OfRegion(f.Region)); err != nil {
		return nil, err
	}
	if err := f.Check(c.Parts); err != nil {
		return nil, err
	}
	if err := v.checkPast("published_on", f.PublishedOn); err != nil {
		return nil, err
	}
	known, err := Find(v, OfficialFigures, ofPeriod(f.Region, f.Cycle, f.StartsOn).And("document", Eq, f.Document))
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if k.Series(f) {
			return nil, ErrFigureKnown.With("figure %d records it", k.ID)
		}
	}
	f.RecordedBy, f.RecordedAt = v.Actor.Person, v.Now
	return func(tx *Tx) any {
		r := FigureResult{Figure: Put(tx, OfficialFigures, f)}
		for _, p := range c.Parts {
			p.Figure = r.Figure.ID
			r.Parts = append(r.Parts, Put(tx, OfficialParts, p))
		}
		return r
	}, nil
}

func ofPeriod(region string, cycle report.Cycle, start calendar.Date) Query {
	return Where("region", region).And("cycle", Eq, string(cycle)).And("starts_on", Eq, int64(start))
}

// CompareFigures puts what is computed, by what was recorded up to the end of
// asOf, beside published figures.
func (a *App) CompareFigures(ctx context.Context, figures []report.OfficialFigure, asOf calendar.Date) ([]report.Comparison, error) {
	if len(figures) == 0 {
		return nil, nil
	}
	from := figures[0].StartsOn
	for _, f := range figures {
		from = min(from, f.StartsOn)
	}
	months, err := a.Totals(ctx, from, asOf)
	if err != nil {
		return nil, err
	}
	return compareFigures(ctx, a.Reader(), figures, months, asOf)
}

func compareFigures(ctx context.Context, r Reader, figures []report.OfficialFigure, months []report.Total, asOf calendar.Date) ([]report.Comparison, error) {
	out := make([]report.Comparison, len(figures))
	for i, f := range figures {
		var parts []report.OfficialPart
		if err := r.Find(ctx, OfficialParts.name, Where("figure", f.ID), &parts); err != nil {
			return nil, err
		}
		before, err := figureBefore(ctx, r, f, asOf)
		if err == nil {
			out[i], err = report.Compare(f, parts, months, before)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// figureBefore is the figure of the same series one period earlier that was
// recorded last by the end of asOf; nil where there is none. Before the first day of reports, where
// figures were taken once, there is none.
func figureBefore(ctx context.Context, r Reader, f report.OfficialFigure, asOf calendar.Date) (*report.OfficialFigure, error) {
	if f.StartsOn < report.FirstDay {
		return nil, nil //nolint:nilnil // none
	}
	var rows []report.OfficialFigure
	if err := r.Find(ctx, OfficialFigures.name, ofPeriod(f.Region, f.Cycle, f.Cycle.Before(f.StartsOn)).And("recorded_at", Lt, int64(asOf.AddDays(1).Start())), &rows); err != nil {
		return nil, err
	}
	var last *report.OfficialFigure
	for i := range rows {
		if rows[i].Series(f) {
			last = &rows[i]
		}
	}
	return last, nil
}
