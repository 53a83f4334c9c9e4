package report

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Kind is how permits changed hands for money.
type Kind string

// The kinds of trade.
const (
	PrimarySale     Kind = "primary_sale"      // out of the reserve, by payment notice
	Market          Kind = "market"            // a fill of the continuous market
	DealLocal       Kind = "deal_local"        // an agreement within one region
	DealCrossRegion Kind = "deal_cross_region" // an agreement across regions
	JudicialSale    Kind = "judicial_sale"     // by order of a court
	BuyBack         Kind = "buy_back"          // into the reserve
)

// Permits do not change hands by these: they are counted beside the trades, and
// figures of all kinds together are without them.
const (
	Lease        Kind = "lease"         // its amount is the rent
	Pledge       Kind = "pledge"        // its amount is the loan
	CreditMarket Kind = "credit_market" // a fill of carbon credits; its pollutant is their series, its quantity t
	CreditOffer  Kind = "credit_offer"  // carbon credits that were won at an auction, and paid
)

// Kinds are all kinds, those of trade in permits first.
var Kinds = []Kind{PrimarySale, Market, DealLocal, DealCrossRegion, JudicialSale, BuyBack, Lease, Pledge, CreditMarket, CreditOffer}

// IsTrade reports whether permits change hands by a kind.
func (k Kind) IsTrade() bool {
	return !slices.Contains([]Kind{Lease, Pledge, CreditMarket, CreditOffer}, k)
}

// A Trade is what one trade, or its reversal, adds to the statistics.
type Trade struct {
	Kind         Kind
	On           calendar.Date // on which it was recorded
	SellerRegion string        // that the permits leave
	BuyerRegion  string        // that they reach
	Pollutant    string
	Trades       int64 // 1; −1 for a reversal
	Quantity     quantity.Quantity
	Amount       quantity.Money
	Annual       quantity.Money // price × quantity, CNY for one year; 0 where the price is not by year
	AnnualRest   int64          // what its rounding to the fen has left, 10⁻¹⁰ CNY
	Secured      quantity.Money // of a pledge: what its permits are worth
}

// Reversed is what undoes a trade on a later day.
func (t Trade) Reversed(on calendar.Date) Trade {
	t.On, t.Trades, t.Quantity, t.Amount = on, -t.Trades, -t.Quantity, -t.Amount
	t.Annual, t.AnnualRest, t.Secured = -t.Annual, -t.AnnualRest, -t.Secured
	return t
}

// A Span is how long a total's time is.
type Span string

// The spans.
const (
	Day   Span = "day"
	Month Span = "month"
)

// A Total is what the trades of one day or month come to, by where the permits
// came from and went to, pollutant and kind.
type Total struct {
	ID           int64
	Span         Span
	StartsOn     calendar.Date
	SellerRegion string
	BuyerRegion  string
	Pollutant    string
	Kind         Kind
	Trades       int64             // less the reversals of the time
	Quantity     quantity.Quantity // t/a
	Amount       quantity.Money
	Annual       quantity.Money    // Σ price × quantity, CNY for one year, each rounded half-up to the fen
	Secured      quantity.Money    // of pledges: what their permits are worth
	AnnualRest   int64             // Σ of what these roundings have left, 10⁻¹⁰ CNY; 0: added up before it was kept
	Priced       quantity.Quantity // of Quantity: what has a price of a year; 0 beside an Annual: all of it, added up before it was kept
	Command      int64
}

// Key is the total without its figures.
func (t Total) Key() Total {
	return Total{Span: t.Span, StartsOn: t.StartsOn, SellerRegion: t.SellerRegion, BuyerRegion: t.BuyerRegion, Pollutant: t.Pollutant, Kind: t.Kind}
}

// Figures is the total without its number and command.
func (t Total) Figures() Total {
	t.ID, t.Command = 0, 0
	return t
}

// Of is a trade as a total of a span.
func (s Span) Of(t Trade) Total {
	at := t.On
	if s == Month {
		at = MonthOf(at)
	}
	total := Total{
		Span: s, StartsOn: at, SellerRegion: t.SellerRegion, BuyerRegion: t.BuyerRegion, Pollutant: t.Pollutant, Kind: t.Kind,
		Trades: t.Trades, Quantity: t.Quantity, Amount: t.Amount, Annual: t.Annual, Secured: t.Secured, AnnualRest: t.AnnualRest,
	}
	if t.Annual != 0 || t.AnnualRest != 0 {
		total.Priced = t.Quantity
	}
	return total
}

// MonthOf is the first day of a day's month.
func MonthOf(d calendar.Date) calendar.Date { return calendar.NewDate(d.Year(), d.Month(), 1) }

// priced is what of the quantity has a price of a year.
func (t Total) priced() quantity.Quantity {
	if t.Priced == 0 && t.Annual != 0 {
		return t.Quantity
	}
	return t.Priced
}

// Plus adds the figures of o, or returns an overflow.
func (t Total) Plus(o Total) (Total, error) {
	var errs [6]error
	t.Priced, errs[4] = quantity.Add(t.priced(), o.priced())
	t.AnnualRest, errs[5] = quantity.Add(t.AnnualRest, o.AnnualRest)
	t.Trades += o.Trades
	t.Quantity, errs[0] = quantity.Add(t.Quantity, o.Quantity)
	t.Amount, errs[1] = quantity.Add(t.Amount, o.Amount)
	t.Annual, errs[2] = quantity.Add(t.Annual, o.Annual)
	t.Secured, errs[3] = quantity.Add(t.Secured, o.Secured)
	return t, fault.First(errs[:]...)
}

// Totals are sums by key.
type Totals map[Total]Total

// Add adds a total under its key, or returns an overflow.
func (s Totals) Add(t Total) error {
	sum, known := s[t.Key()]
	if !known {
		sum = t.Key()
	}
	sum, err := sum.Plus(t)
	s[t.Key()] = sum
	return err
}

// Roll is how far the trades have been added up into totals. There is one row.
// A day's totals count once Through has reached it.
type Roll struct {
	ID      int64
	Through calendar.Date // the last day that is added up; 0: none
	Trade   int64         // the last fill of it
	Until   calendar.Date // the day before which trades are being added up; 0: they are not
	Source  int32         // which source is being added up
	After   int64         // its rows up to this id are added up
	Fill    int64         // the last fill that is added up
	Command int64
}

// Start is the first instant that is not added up.
func (r Roll) Start() calendar.Instant {
	if r.Through == 0 {
		return 0
	}
	return r.Through.AddDays(1).Start()
}
