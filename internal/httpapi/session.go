package httpapi

import (
	"context"
	"fmt"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = register(termsOf, identity.MarketTerms)

// SetMarketTerms says how a market trades from a day on.
func (s *Server) SetMarketTerms(ctx context.Context, r gen.SetMarketTermsRequestObject) (gen.SetMarketTermsResponseObject, error) {
	var in input
	b := r.Body
	day, err := timetableOf(b.Timetable)
	if err != nil {
		return nil, err
	}
	c := app.MarketTerms{
		Market: r.Code, ValidFrom: read(&in, "valid_from", b.ValidFrom, calendar.ParseDate), Timetable: day.String(),
		Band: readSaid(&in, "band", b.Band, quantity.ParseRatio), BlockBand: readSaid(&in, "block_band", b.BlockBand, quantity.ParseRatio),
		BlockLeast:   readOptional(&in, "block_least", b.BlockLeast, quantity.ParseQuantity),
		BlockOfficer: deref(b.BlockOfficer), MedianPrice: deref(b.MedianPrice), Source: deref(b.Source),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

func timetableOf(slots []api.Slot) (market.Timetable, error) {
	var day market.Timetable
	for i, slot := range slots {
		at := fmt.Sprintf("timetable/%d", i)
		from, err := market.ParseMinute(at+"/from", slot.From)
		if err != nil {
			return nil, err
		}
		until, err := market.ParseMinute(at+"/until", slot.Until)
		if err != nil {
			return nil, err
		}
		day = append(day, market.Slot{Phase: market.Phase(slot.Phase), From: from, Until: until})
	}
	return day, day.Validate("timetable")
}

func termsOf(t market.Terms) api.MarketTerms {
	out := api.MarketTerms{
		ID: t.ID, ValidFrom: t.ValidFrom.String(), Timetable: []api.Slot{}, Band: new(t.Band.String()), BlockLeast: some(t.BlockLeast),
		BlockOfficer: t.BlockOfficer, MedianPrice: t.MedianPrice, Source: t.Source,
	}
	if t.BlockLeast > 0 {
		out.BlockBand = new(t.BlockBand.String())
	}
	for _, slot := range t.Day() {
		out.Timetable = append(out.Timetable, api.Slot{Phase: api.SlotPhase(slot.Phase), From: slot.From.String(), Until: slot.Until.String()})
	}
	return out
}

// some is a decimal as JSON has it, or nothing where it is 0.
func some[T interface {
	~int64
	fmt.Stringer
}](n T) *string {
	if n == 0 {
		return nil
	}
	text := n.String()
	return &text
}

// ListMarketTerms lists how a market trades, by the day from which it does.
func (s *Server) ListMarketTerms(_ context.Context, r gen.ListMarketTermsRequestObject) (gen.ListMarketTermsResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.TermsOfMarkets, pageOf(r.Params.Limit, r.Params.After), func(t market.Terms) bool { return t.Market == m.ID })
	return gen.ListMarketTerms200JSONResponse{Items: convertAll(rows, termsOf), Next: next}, nil
}

// GetMarketStatus shows where a market is.
func (s *Server) GetMarketStatus(ctx context.Context, r gen.GetMarketStatusRequestObject) (gen.GetMarketStatusResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.app.Snapshot()
	if err != nil {
		return nil, err
	}
	ref := s.app.Reference()
	now := s.app.Now()
	st, err := app.StatusOf(ctx, ref, s.rows, m.ID, now)
	if err != nil {
		return nil, err
	}
	out := api.MarketStatus{
		Market: m.Code, State: api.MarketState(m.State), Phase: api.MarketPhaseContinuous, Reason: optional(st.LastChange.Reason), ChangedAt: instantOf(st.LastChange.At),
		NextPhase: optional(api.MarketPhase(st.NextPhase)), NextPhaseAt: instantOf(st.NextAt), Instruments: []api.InstrumentStatus{},
	}
	if st.Session.Market != 0 {
		out.Phase, out.PhaseSince = api.MarketPhase(st.Session.Phase), instantOf(st.Session.Since)
	}
	if st.Terms.Source != "" {
		out.Terms = new(termsOf(st.Terms))
	}
	for _, i := range app.ReadTable(ref, app.Instruments).All() {
		if i.Pollutant != m.Pollutant || i.Expired(now.Date()) {
			continue
		}
		one, err := instrumentStatusOf(ref, snapshot, m, i, st)
		if err != nil {
			return nil, err
		}
		out.Instruments = append(out.Instruments, one)
	}
	return gen.GetMarketStatus200JSONResponse(out), nil
}

func instrumentStatusOf(ref *app.Reference, snapshot *app.Snapshot, m catalog.Market, i catalog.Instrument, st app.MarketStatus) (api.InstrumentStatus, error) {
	key := app.BookKey{Market: m.ID, Instrument: i.ID}
	q, band, block, err := app.QuoteOf(ref, key, st.Terms, m.Tick)
	out := api.InstrumentStatus{
		Instrument: i.Code, Close: some(q.Close), ClosedOn: dateOf(q.ClosedOn), Last: some(q.Last), Band: bandOf(band), BlockBand: bandOf(block),
	}
	if st.Session.Phase == market.PhaseCall {
		depth := snapshot.Books[key]
		if depth == nil {
			depth = &app.Depth{}
		}
		out.Indicative = new(indicativeOf(i.Code, depth.Call))
	}
	return out, err
}

func bandOf(b *market.Band) *api.PriceBand {
	if b == nil {
		return nil
	}
	return &api.PriceBand{Low: b.Low.String(), High: b.High.String()}
}

func indicativeOf(instrument string, c app.Indication) api.Indicative {
	return api.Indicative{
		Instrument: instrument, Price: some(c.Price), Volume: c.Volume.String(), Surplus: c.Surplus.String(),
		MarketBids: some(c.MarketBids), MarketAsks: some(c.MarketAsks),
	}
}

// ofBook is the rows of a market, or of one instrument in it.
func (s *Server) ofBook(code string, instrument *string) (app.Query, error) {
	m, err := s.market("code", code)
	if err != nil || instrument == nil {
		return app.Where("market", m.ID), err
	}
	i, err := s.instrument("instrument", *instrument)
	return app.Where("market", m.ID).And("instrument", app.Eq, i.ID), err
}

// ListCloses lists closing prices.
func (s *Server) ListCloses(ctx context.Context, r gen.ListClosesRequestObject) (gen.ListClosesResponseObject, error) {
	q, err := s.ofBook(r.Code, r.Params.Instrument)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Closes, []app.Query{q}, p, func(c market.Close) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListCloses200JSONResponse{Items: convertAll(rows, func(c market.Close) api.Close {
		return api.Close{
			ID: c.ID, Market: r.Code, Instrument: s.instrumentBy(c.Instrument).Code, Day: c.Day.String(), Price: c.Price.String(),
			Previous: some(c.Previous), Trades: int(c.Trades), Volume: c.Volume.String(),
		}
	}), Next: next}, nil
}

// ListCalls lists call auctions.
func (s *Server) ListCalls(ctx context.Context, r gen.ListCallsRequestObject) (gen.ListCallsResponseObject, error) {
	q, err := s.ofBook(r.Code, r.Params.Instrument)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Calls, []app.Query{q}, p, func(c market.Call) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListCalls200JSONResponse{Items: convertAll(rows, func(c market.Call) api.Call {
		return api.Call{
			ID: c.ID, Market: r.Code, Instrument: s.instrumentBy(c.Instrument).Code, Day: c.Day.String(), State: api.CallState(c.State),
			Price: c.Price.String(), Volume: c.Volume.String(), Traded: c.Traded.String(), Surplus: c.Surplus.String(), Reference: some(c.Reference),
			Trades: c.Trades, StartedAt: c.StartedAt.String(), EndedAt: instantOf(c.EndedAt),
		}
	}), Next: next}, nil
}

// ListCandles shows what was traded of an instrument, day by day.
func (s *Server) ListCandles(ctx context.Context, r gen.ListCandlesRequestObject) (gen.ListCandlesResponseObject, error) {
	var in input
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	i, err := s.instrument("instrument", r.Params.Instrument)
	if err != nil {
		return nil, err
	}
	from, to := read(&in, "from", r.Params.From, calendar.ParseDate), read(&in, "to", r.Params.To, calendar.ParseDate)
	s.awaitEnd(ctx, &in, to)
	if err := in.err(); err != nil {
		return nil, err
	}
	if n := from.DaysUntil(to); n < 0 || n >= app.MaxCandleDays {
		return nil, fault.Invalidf("to", "the last day must be from the first to %d days after it", app.MaxCandleDays-1)
	}
	candles, err := app.Candles(ctx, s.rows, m.ID, i.ID, from, to)
	if err != nil {
		return nil, err
	}
	return gen.ListCandles200JSONResponse{Items: convertAll(candles, candleOf)}, nil
}

func candleOf(c market.Candle) api.Candle {
	return api.Candle{
		Day: c.Day.String(), Open: some(c.Open), High: some(c.High), Low: some(c.Low), Last: some(c.Last), Close: some(c.Close),
		Volume: c.Volume.String(), Amount: c.Amount.String(), Trades: c.Trades,
		BlockVolume: c.BlockVolume.String(), BlockAmount: c.BlockAmount.String(), BlockTrades: c.BlockTrades,
	}
}
