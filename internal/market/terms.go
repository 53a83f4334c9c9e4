package market

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Terms are how a market trades from a day on, until others follow.
type Terms struct {
	ID        int64
	Market    int64
	ValidFrom calendar.Date
	// Timetable is the slots of a trading day, as Timetable.String writes them;
	// "": the market always trades.
	Timetable string
	// Band is how far from the previous close an order's price may be, and
	// BlockBand that of a block trade; 0: no band.
	Band      quantity.Ratio
	BlockBand quantity.Ratio
	// BlockLeast is the least quantity of a block trade; 0: there are none.
	BlockLeast quantity.Quantity
	// BlockOfficer says that an officer of the market's regions approves each
	// block trade; otherwise the two parties' word is enough.
	BlockOfficer bool
	// MedianPrice says that a trade is made at the median of its bid, its ask and
	// the price of the trade before it, as in Hubei; otherwise at the maker's.
	MedianPrice bool
	Source      string
	Command     int64
}

// The bands of the national market: listed trades and block trades (fact 39). Terms
// have them where they do not say otherwise (project default).
const (
	ListedBand quantity.Ratio = 100_000 // ±10 %
	BlockBand  quantity.Ratio = 300_000 // ±30 %
)

// Validate returns a fault that names the first field that is wrong.
func (t Terms) Validate() error {
	if _, err := ParseTimetable("timetable", t.Timetable); err != nil {
		return err
	}
	switch {
	case !t.ValidFrom.Valid():
		return fault.Invalidf("valid_from", "must be a day")
	case t.Band < 0 || t.Band >= quantity.OneRatio:
		return fault.Invalidf("band", "must be from 0 (none) to less than 1, for example 0.1")
	case t.BlockBand < 0 || t.BlockBand >= quantity.OneRatio:
		return fault.Invalidf("block_band", "must be from 0 (none) to less than 1, for example 0.3")
	case t.BlockLeast < 0:
		return fault.Invalidf("block_least", "must be 0 (no block trades) or more")
	case t.BlockLeast == 0 && (t.BlockBand != 0 || t.BlockOfficer):
		return fault.Invalidf("block_least", "name the least quantity of a block trade, or leave its band and approval out")
	}
	return catalog.CheckDocument("source", t.Source)
}

// Day is the slots of the market on a trading day. The terms must be valid.
func (t Terms) Day() Timetable {
	day, err := ParseTimetable("timetable", t.Timetable)
	if err != nil {
		panic("market: stored terms are not valid: " + err.Error())
	}
	return day
}

// Band is the prices that an order or block trade may have.
type Band struct{ Low, High quantity.Price }

// BandOf is the band around a close: close × (1 ∓ ratio), each rounded half up
// to the tick, as Hubei's rule is written; the national market names the ratios
// (fact 39). It is nil where there is no ratio or no close yet.
func BandOf(closed quantity.Price, ratio quantity.Ratio, tick quantity.Price) (*Band, error) {
	if closed == 0 || ratio == 0 {
		return nil, nil //nolint:nilnil // no band
	}
	low, err := closed.Times(quantity.OneRatio-ratio, tick, quantity.HalfUp)
	if err != nil {
		return nil, err
	}
	high, err := closed.Times(quantity.OneRatio+ratio, tick, quantity.HalfUp)
	return &Band{low, high}, err
}

// Holds reports whether a price is in the band; every price is where there is none.
func (b *Band) Holds(p quantity.Price) bool { return b == nil || b.Low <= p && p <= b.High }

// Median is the middle one of three prices: between a bid and an ask that
// cross it never leaves the limit of either.
func Median(a, b, c quantity.Price) quantity.Price {
	return max(min(a, b), min(max(a, b), c))
}
