package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/report"
)

var _ = register(func(r app.FigureResult) api.OfficialFigureRecord {
	f := figureOf(r.Figure)
	return api.OfficialFigureRecord{
		ID: f.ID, Region: f.Region, Pollutant: f.Pollutant, Kind: f.Kind, Cycle: f.Cycle, Period: f.Period, Measure: f.Measure, Unit: f.Unit,
		Total: f.Total, Change: f.Change, Document: f.Document, PublishedOn: f.PublishedOn, RecordedBy: f.RecordedBy, RecordedAt: f.RecordedAt,
		Parts: convertAll(r.Parts, func(p report.OfficialPart) api.OfficialPartInput {
			return api.OfficialPartInput{Name: p.Name, Region: optional(p.Region), Pollutant: optional(p.Pollutant), Kind: optional(api.TradeKind(p.Kind)), Published: p.Published}
		}),
	}
}, identity.FigureRecord)

// ListOfficialFigures shows published figures with what is computed beside them.
func (s *Server) ListOfficialFigures(ctx context.Context, r gen.ListOfficialFiguresRequestObject) (gen.ListOfficialFiguresResponseObject, error) {
	var in input
	asOf := s.asOf(ctx, &in, r.Params.AsOf)
	if err := in.err(); err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "cycle", textOf(r.Params.Cycle))
	q = equal(q, "measure", textOf(r.Params.Measure)).And("recorded_at", app.Lt, int64(asOf.AddDays(1).Start()))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.OfficialFigures, []app.Query{q}, p, func(f report.OfficialFigure) int64 { return f.ID })
	if err != nil {
		return nil, err
	}
	compared, err := s.app.CompareFigures(ctx, rows, asOf)
	if err != nil {
		return nil, err
	}
	return gen.ListOfficialFigures200JSONResponse{Items: convertAll(compared, comparisonOf), Next: next}, nil
}

func figureOf(f report.OfficialFigure) api.OfficialFigure {
	return api.OfficialFigure{
		ID: f.ID, Region: f.Region, Pollutant: optional(f.Pollutant), Kind: optional(api.TradeKind(f.Kind)), Cycle: api.Cycle(f.Cycle),
		Period: f.StartsOn.String(), Measure: api.Measure(f.Measure), Unit: api.FigureUnit(f.Unit), Total: f.Total, Change: optional(f.Change),
		Document: f.Document, PublishedOn: f.PublishedOn.String(), RecordedBy: f.RecordedBy, RecordedAt: f.RecordedAt.String(),
	}
}

func comparisonOf(c report.Comparison) api.OfficialFigure {
	out := figureOf(c.Figure)
	out.SumOfParts, out.Computed, out.ComputedChange = optional(c.SumOfParts), optional(c.Computed), optional(c.Change)
	out.Mismatch = len(c.Mismatches) > 0
	out.Mismatches = convertAll(c.Mismatches, func(m report.Mismatch) api.FigureMismatch {
		return api.FigureMismatch{Of: api.FigureMismatchOf(m.Of), Part: optional(m.Part), Published: m.Published, Beside: m.Beside}
	})
	out.Parts = convertAll(c.Parts, func(p report.ComparedPart) api.OfficialPart {
		return api.OfficialPart{
			Name: p.Name, Region: optional(p.Region), Pollutant: optional(p.Pollutant), Kind: optional(api.TradeKind(p.Kind)),
			Published: p.Published, Computed: optional(p.Computed),
		}
	})
	return out
}

// RecordOfficialFigure records a published figure as it was printed.
func (s *Server) RecordOfficialFigure(ctx context.Context, r gen.RecordOfficialFigureRequestObject) (gen.RecordOfficialFigureResponseObject, error) {
	var in input
	b := r.Body
	c := app.FigureRecord{Figure: report.OfficialFigure{
		Region: b.Region, Pollutant: deref(b.Pollutant), Kind: report.Kind(deref(b.Kind)), Cycle: report.Cycle(b.Cycle),
		StartsOn: read(&in, "period", b.Period, calendar.ParseDate), Measure: report.Measure(b.Measure), Unit: report.Unit(b.Unit),
		Total: b.Total, Change: deref(b.Change), Document: b.Document, PublishedOn: read(&in, "published_on", b.PublishedOn, calendar.ParseDate),
	}}
	for _, p := range b.Parts {
		c.Parts = append(c.Parts, report.OfficialPart{
			Name: p.Name, Region: deref(p.Region), Pollutant: deref(p.Pollutant), Kind: report.Kind(deref(p.Kind)), Published: p.Published,
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
