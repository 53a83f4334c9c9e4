package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/quantity"
	"permitx/internal/report"
)

// ListStatistics shows what the trades come to, without parties. A line's place
// in the report is its number: as of a past day the report is always the same.
func (s *Server) ListStatistics(ctx context.Context, r gen.ListStatisticsRequestObject) (gen.ListStatisticsResponseObject, error) {
	var in input
	cycle := report.Cycle(r.Params.Cycle)
	first := read(&in, "from", r.Params.From, calendar.ParseDate)
	last := first
	if r.Params.To != nil {
		last = read(&in, "to", *r.Params.To, calendar.ParseDate)
	}
	asOf := s.asOf(ctx, &in, r.Params.AsOf)
	if err := in.err(); err != nil {
		return nil, err
	}
	lines, err := s.app.Statistics(ctx, report.Selection{
		Cycle: cycle, From: cycle.Start(first), To: cycle.Start(last), Region: deref(r.Params.Region), Pollutant: deref(r.Params.Pollutant),
		Kind: report.Kind(deref(r.Params.Kind)), Side: report.Side(deref(r.Params.Side)), By: groupingOf(r.Params.Group),
	}, asOf)
	if err != nil {
		return nil, err
	}
	items, next := place(pageOf(r.Params.Limit, r.Params.After), lines)
	return gen.ListStatistics200JSONResponse{
		Items: convertAll(items, func(l report.Statistic) api.Statistic { return statisticOf(cycle, l) }), Next: next,
	}, nil
}

func groupingOf(g *api.GroupingFilter) report.Grouping {
	if g == nil {
		return report.ByRegionAndKind
	}
	return report.Grouping(*g)
}

// asOf reads the day up to which is counted: today where none is named. Of a day that is
// over nothing is on its way any more, so that a report prints the same again.
func (s *Server) asOf(ctx context.Context, in *input, day *string) calendar.Date {
	today := s.app.Now().Date()
	if day == nil {
		return today
	}
	d := read(in, "as_of", *day, calendar.ParseDate)
	if d > today {
		in.wrong = append(in.wrong, fault.Invalidf("as_of", "%s lies in the future: what will be recorded up to then is not known", d))
	}
	s.awaitEnd(ctx, in, d)
	return d
}

// awaitEnd waits until nothing of a day that is over is on its way any more (I-144).
func (s *Server) awaitEnd(ctx context.Context, in *input, day calendar.Date) {
	if len(in.wrong) > 0 {
		return
	}
	if f, late := fault.As(s.app.AwaitEnd(ctx, day)); late {
		in.wrong = append(in.wrong, f)
	}
}

// periodOver is period of what counts by the instant at which it was recorded: where the last
// day is over, nothing of it is on its way any more.
func (s *Server) periodOver(ctx context.Context, from, to *string) (start, end calendar.Instant, err error) {
	if start, end, err = period(from, to); err == nil && end != 0 {
		err = s.app.AwaitEnd(ctx, end.Date().AddDays(-1))
	}
	return start, end, err
}

// rowsAsOf are the rows as they were at the end of a day: those of now where it is not over.
func (s *Server) rowsAsOf(ctx context.Context, day calendar.Date) (app.Reader, error) {
	if day >= s.app.Now().Date() {
		return s.rows, nil
	}
	return s.app.ReaderAsOf(ctx, day)
}

// place cuts a list whose rows have no numbers: the cursor is a place in it.
func place[R any](p page, rows []R) ([]R, *api.ID) {
	rows = rows[min(max(p.after, 0), int64(len(rows))):]
	if len(rows) <= p.limit {
		return rows, nil
	}
	return rows[:p.limit], new(max(p.after, 0) + int64(p.limit))
}

func statisticOf(cycle report.Cycle, l report.Statistic) api.Statistic {
	out := api.Statistic{
		Cycle: api.Cycle(cycle), Period: l.StartsOn.String(), Region: optional(l.Region), Pollutant: l.Pollutant, Kind: optional(api.TradeKind(l.Kind)),
		Trades: l.Trades, Quantity: l.Quantity.String(), Amount: l.Amount.String(),
		MeanPrice: priceOf(l.MeanPrice()), MeanAnnualPrice: priceOf(l.MeanAnnualPrice()),
	}
	if l.Kind == report.Pledge {
		out.Secured = new(l.Secured.String())
	}
	if b := l.Before; b != nil {
		out.Change = &api.StatisticChange{
			Trades: changeOf(b.Trades, l.Trades), Quantity: changeOf(b.Quantity, l.Quantity), Amount: changeOf(b.Amount, l.Amount),
		}
		before, known := b.MeanPrice()
		if after, has := l.MeanPrice(); known && has {
			out.Change.MeanPrice = changeOf(before, after)
		}
	}
	return out
}

func priceOf(p quantity.Price, known bool) *string {
	if !known {
		return nil
	}
	return new(p.String())
}

func changeOf[T ~int64](before, after T) *string {
	percent, known := report.Change(before, after)
	if !known {
		return nil
	}
	return new(percent.String())
}
