package httpapi

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var (
	_ = register(storedInstrumentOf, identity.InstrumentAdd)
	_ = register(func(r app.MarketResult) api.Market { return marketOf(r.Market, r.Regions) }, identity.MarketOpen, identity.MarketState)
)

// CreateInstrument adds an instrument.
func (s *Server) CreateInstrument(ctx context.Context, r gen.CreateInstrumentRequestObject) (gen.CreateInstrumentResponseObject, error) {
	var in input
	c := app.InstrumentAdd{
		Pollutant: deref(r.Body.Pollutant), TermEnd: readOptional(&in, "term_end", r.Body.TermEnd, calendar.ParseDate), Series: deref(r.Body.Series),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	a, err := s.create(ctx, r.Params.IdempotencyKey, c)
	if err != nil || a.Status != http.StatusCreated {
		return a, err
	}
	var stored storedInstrument
	if err := json.Unmarshal(a.Body, &stored); err != nil {
		return nil, err
	}
	i, err := row(s, app.Instruments, "id", stored.ID)
	if err != nil {
		return nil, err
	}
	a.Body, err = json.Marshal(instrumentOf(i, s.app.Now().Date()))
	return a, err
}

// storedInstrument is an instrument without what depends on the day: a result
// is stored for good.
type storedInstrument struct {
	ID        int64  `json:"id"`
	Code      string `json:"code"`
	Pollutant string `json:"pollutant"`
	TermEnd   string `json:"term_end"` // "": credits
}

func storedInstrumentOf(i catalog.Instrument) storedInstrument {
	return storedInstrument{i.ID, i.Code, i.Pollutant, deref(dateOf(i.TermEnd))}
}

// CreateMarket adds a market.
func (s *Server) CreateMarket(ctx context.Context, r gen.CreateMarketRequestObject) (gen.CreateMarketResponseObject, error) {
	var in input
	b := r.Body
	c := app.MarketOpen{
		Code: b.Code, Name: b.Name, Pollutant: deref(b.Pollutant), Scheme: deref(b.Scheme), Regions: b.Regions,
		LotSize: read(&in, "lot_size", b.LotSize, quantity.ParsePositiveQuantity), Tick: read(&in, "tick", b.Tick, quantity.ParsePositivePrice),
		PriceBasis: catalog.PriceBasis(b.PriceBasis), Approval: deref(b.Approval), Source: deref(b.Source), ProjectRequired: deref(b.ProjectRequired),
		ResaleNextDay: deref(b.ResaleNextDay),
		ValidFrom:     read(&in, "valid_from", b.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", b.ValidTo, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// SetMarketState opens, halts or closes a market.
func (s *Server) SetMarketState(ctx context.Context, r gen.SetMarketStateRequestObject) (gen.SetMarketStateResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.MarketState{
		Market: r.Code, State: catalog.MarketState(r.Body.State), Reason: r.Body.Reason,
	})
}

// ListInstruments lists what is traded.
func (s *Server) ListInstruments(_ context.Context, r gen.ListInstrumentsRequestObject) (gen.ListInstrumentsResponseObject, error) {
	today := s.app.Now().Date()
	rows, next := published(s, app.Instruments, pageOf(r.Params.Limit, r.Params.After), func(i catalog.Instrument) bool {
		return is(r.Params.Pollutant, i.Pollutant) && is(r.Params.Scheme, i.Scheme) && is(r.Params.Expired, i.Expired(today))
	})
	return gen.ListInstruments200JSONResponse{
		Items: convertAll(rows, func(i catalog.Instrument) api.Instrument { return instrumentOf(i, today) }), Next: next,
	}, nil
}

// GetInstrument shows an instrument.
func (s *Server) GetInstrument(_ context.Context, r gen.GetInstrumentRequestObject) (gen.GetInstrumentResponseObject, error) {
	i, err := s.instrument("code", r.Code)
	if err != nil {
		return nil, err
	}
	return gen.GetInstrument200JSONResponse(instrumentOf(i, s.app.Now().Date())), nil
}

func instrumentOf(i catalog.Instrument, today calendar.Date) api.Instrument {
	out := api.Instrument{ID: i.ID, Code: i.Code, Expired: i.Expired(today), Scheme: optional(i.Scheme), Series: optional(i.Series)}
	if !i.OfCredits() {
		out.Pollutant, out.TermEnd, out.MonthsLeft = &i.Pollutant, dateOf(i.TermEnd), new(calendar.RemainingMonths(today, i.TermEnd, true))
	}
	return out
}

// ListMarkets lists the markets.
func (s *Server) ListMarkets(_ context.Context, r gen.ListMarketsRequestObject) (gen.ListMarketsResponseObject, error) {
	rows, next := published(s, app.Markets, pageOf(r.Params.Limit, r.Params.After), func(m catalog.Market) bool {
		return is(r.Params.Pollutant, m.Pollutant) && is(r.Params.Scheme, m.Scheme) && is(r.Params.State, api.MarketState(m.State))
	})
	return gen.ListMarkets200JSONResponse{
		Items: convertAll(rows, func(m catalog.Market) api.Market { return marketOf(m, s.areasOf(m.ID)) }), Next: next,
	}, nil
}

// GetMarket shows a market.
func (s *Server) GetMarket(_ context.Context, r gen.GetMarketRequestObject) (gen.GetMarketResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	return gen.GetMarket200JSONResponse(marketOf(m, s.areasOf(m.ID))), nil
}

// areasOf are the regions that a market spans.
func (s *Server) areasOf(marketID int64) []string {
	areas := []string{}
	for _, a := range app.ReadTable(s.app.Reference(), app.MarketAreas).All() {
		if a.Market == marketID {
			areas = append(areas, a.Region)
		}
	}
	return areas
}

func marketOf(m catalog.Market, regions []string) api.Market {
	return api.Market{
		ID: m.ID, Code: m.Code, Name: m.Name, Pollutant: optional(m.Pollutant), Scheme: optional(m.Scheme), Regions: regions, LotSize: m.LotSize.String(), Tick: m.Tick.String(),
		PriceBasis: api.PriceBasis(m.PriceBasis), State: api.MarketState(m.State), ProjectRequired: m.ProjectRequired, ResaleNextDay: m.ResaleNextDay, Approval: optional(m.Approval),
		ValidFrom: m.ValidFrom.String(), ValidTo: dateOf(m.ValidTo), Source: optional(m.Source),
	}
}

// defaultDepth is how many levels of a side a book shows unless it is asked
// for others, at most app.DepthLevels.
const defaultDepth = 20

// GetBook shows the best levels of a book as it was after the last commit.
func (s *Server) GetBook(_ context.Context, r gen.GetBookRequestObject) (gen.GetBookResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	i, err := s.instrument("instrument", r.Params.Instrument)
	if err != nil {
		return nil, err
	}
	snapshot, err := s.app.Snapshot()
	if err != nil {
		return nil, err
	}
	if !m.Lists(i) {
		return nil, app.ErrNoRecord.With("the market %s does not trade %s", m.Code, i.Code).At("instrument")
	}
	depth := snapshot.Books[app.BookKey{Market: m.ID, Instrument: i.ID}]
	if depth == nil {
		depth = &app.Depth{}
	}
	n := deref(r.Params.Depth)
	if n == 0 {
		n = defaultDepth
	}
	return gen.GetBook200JSONResponse{
		Market: m.Code, Instrument: i.Code, State: api.MarketState(m.State), Event: afterCommand(depth.Number).String(),
		Bids: levelsOf(depth.Buys, n), Asks: levelsOf(depth.Sells, n),
	}, nil
}

func levelsOf(levels []market.Level, n int) []api.BookLevel {
	return convertAll(levels[:min(n, len(levels))], func(l market.Level) api.BookLevel {
		return api.BookLevel{Price: l.Price.String(), Quantity: l.Quantity.String(), Orders: int64(l.Orders)}
	})
}

// eventID names an event of a market's stream: the command that caused it, and
// its place among the events of that command.
type eventID struct{ command, index int64 }

// The places of events: the trades of a command come first, then its change of
// the market's state or phase, then what became of the books.
const (
	stateIndex = 100_000
	phaseIndex = 150_000
	bookIndex  = 200_000
	lastIndex  = 999_999
)

// afterCommand is behind all events up to a command.
func afterCommand(number int64) eventID { return eventID{number, lastIndex} }

// String writes the id as the contract does.
func (e eventID) String() string { return fmt.Sprintf("%d-%d", e.command, e.index) }

func (e eventID) less(o eventID) bool {
	return e.command < o.command || e.command == o.command && e.index < o.index
}

func (e eventID) compare(o eventID) int {
	return cmp.Or(cmp.Compare(e.command, o.command), cmp.Compare(e.index, o.index))
}
