package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// reserveAsked is a statement that is asked for, as of a day.
type reserveAsked struct {
	app.LotLinesQuery
	asOf calendar.Date
}

// counted is what of the period was recorded by then.
func (a reserveAsked) counted() app.LotLinesQuery { return a.AsOf(a.asOf) }

// reservePeriod reads what a statement is asked for, after the caller's right to
// see the region's reserve was checked.
func (s *Server) reservePeriod(ctx context.Context, region, pollutant, from, to string, asOf *string) (q reserveAsked, err error) {
	if err := authoriseIn(ctx, identity.ReserveRead, region); err != nil {
		return q, err
	}
	var in input
	q.Region, q.Pollutant = region, pollutant
	q.From, q.To = read(&in, "from", from, calendar.ParseDate), read(&in, "to", to, calendar.ParseDate)
	q.asOf = s.asOf(ctx, &in, asOf)
	if err := in.err(); err != nil {
		return q, err
	}
	if q.To < q.From {
		return q, fault.Invalidf("to", "the last day is before the first")
	}
	if _, err := s.region("region", region); err != nil {
		return q, err
	}
	_, err = first(s, app.Pollutants, "pollutant", pollutant, func(p catalog.Pollutant) bool { return p.Code == pollutant })
	return q, err
}

// GetReserveStatement shows the reserve over a period.
func (s *Server) GetReserveStatement(ctx context.Context, r gen.GetReserveStatementRequestObject) (gen.GetReserveStatementResponseObject, error) {
	q, err := s.reservePeriod(ctx, r.Params.Region, r.Params.Pollutant, r.Params.From, r.Params.To, r.Params.AsOf)
	if err != nil {
		return nil, err
	}
	rows, _, end, err := s.app.Moment(ctx) // or a command could come between the lots and the ledger
	if err != nil {
		return nil, err
	}
	defer end()
	counted := q.counted()
	totals, err := rows.ReserveTotals(ctx, q.Region, q.Pollutant, counted.From, counted.To)
	if err != nil {
		return nil, err
	}
	out := reserveStatementOf(reserve.StatementOf(q.Region, q.Pollutant, q.From, q.To, totals))
	if q.To >= q.asOf {
		held, err := s.reserveHeld(ctx, rows, q)
		if err != nil {
			return nil, err
		}
		out.Ledger = new(held.String())
	}
	return gen.GetReserveStatement200JSONResponse(out), nil
}

// reserveHeld is what the ledger's account of a reserve has, or had at the end of the day.
func (s *Server) reserveHeld(ctx context.Context, rows app.Reader, q reserveAsked) (quantity.Quantity, error) {
	var accounts []ledger.Account
	of := app.Where("kind", int64(ledger.Reserve)).And("region", app.Eq, q.Region).And("pollutant", app.Eq, q.Pollutant)
	if err := rows.Find(ctx, app.Accounts.Name(), of, &accounts); err != nil || len(accounts) == 0 {
		return 0, err
	}
	if q.asOf < s.app.Now().Date() {
		held, _, err := app.BalancesAsOf(ctx, rows, accounts, q.asOf)
		return quantity.Quantity(held[accounts[0].ID]), err
	}
	var balances []ledger.Balance
	if err := rows.Find(ctx, app.Balances.Name(), app.Where("id", int64(accounts[0].ID)), &balances); err != nil || len(balances) == 0 {
		return 0, err
	}
	return quantity.Quantity(balances[0].Balance), nil
}

func reserveStatementOf(t reserve.Statement) api.ReserveStatement {
	out := api.ReserveStatement{
		Region: t.Region, Pollutant: t.Pollutant, From: t.From.String(), To: t.To.String(),
		Opening: t.Opening.Quantity.String(), Closing: t.Closing.Quantity.String(), OpeningCost: t.Opening.Cost.String(),
		ClosingCost: t.Closing.Cost.String(), Sold: t.Sold.Quantity.String(), Turnover: t.Sold.Amount.String(),
		MeanCost: meanOf(t.Closing.Cost, t.Closing.Quantity), MeanPrice: meanOf(t.Sold.Amount, t.Sold.Quantity),
		Items: []api.ReserveStatementLine{statementLine(api.ReserveStatementLineLineOpening, t.Opening)},
	}
	for _, side := range []reserve.Side{reserve.Source, reserve.Use, reserve.Inside} {
		for _, l := range t.Lines {
			if l.Event.Side() == side {
				line := statementLine(api.ReserveStatementLineLine(side), l.Within)
				line.Event, line.Provenance = new(api.LotEvent(l.Event)), new(api.Provenance(l.Provenance))
				out.Items = append(out.Items, line)
			}
		}
	}
	out.Items = append(out.Items, statementLine(api.ReserveStatementLineLineClosing, t.Closing))
	return out
}

func statementLine(line api.ReserveStatementLineLine, f reserve.Figures) api.ReserveStatementLine {
	return api.ReserveStatementLine{Line: line, Quantity: f.Quantity.String(), Cost: f.Cost.String(), Amount: f.Amount.String(), Movements: f.Movements}
}

func meanOf(m quantity.Money, q quantity.Quantity) *string {
	if p, ok := reserve.MeanOf(m, q); ok {
		return new(p.String())
	}
	return nil
}

// GetReserveStatementLots shows the reserve over a period, lot by lot.
func (s *Server) GetReserveStatementLots(ctx context.Context, r gen.GetReserveStatementLotsRequestObject) (gen.GetReserveStatementLotsResponseObject, error) {
	q, err := s.reservePeriod(ctx, r.Params.Region, r.Params.Pollutant, r.Params.From, r.Params.To, r.Params.AsOf)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After)
	q.After, q.Limit = p.after, p.limit+1
	lines, err := s.rows.LotLines(ctx, q.counted())
	if err != nil {
		return nil, err
	}
	lines, next := cut(p, lines, func(l reserve.LotLine) int64 { return l.Lot.ID })
	return gen.GetReserveStatementLots200JSONResponse{Items: convertAll(lines, statementLotOf), Next: next}, nil
}

func statementLotOf(l reserve.LotLine) api.ReserveStatementLot {
	of := func(e reserve.LotEvent) string { return l.Events[e].Quantity.String() }
	return api.ReserveStatementLot{
		ID: l.Lot.ID, Provenance: api.Provenance(l.Lot.Provenance), AcquiredOn: l.Lot.AcquiredOn.String(), Document: l.Lot.Document,
		Opening: l.Opening.Quantity.String(), Added: of(reserve.Added), Received: of(reserve.Received), Delivered: of(reserve.Delivery),
		Allocated: of(reserve.Allotment), Retired: of(reserve.Retiring), Withdrawn: of(reserve.Withdraw), Given: of(reserve.Giving),
		Closing: l.Closing.Quantity.String(), OpeningCost: l.Opening.Cost.String(), ClosingCost: l.Closing.Cost.String(),
		Turnover: l.Events[reserve.Delivery].Amount.String(),
	}
}
