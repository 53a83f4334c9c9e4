package app

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The faults of terms, in the order in which they are checked.
var (
	// ErrTermsPast is returned when terms would begin before today.
	ErrTermsPast = fault.New(fault.Invalid, "market_terms.past", "terms hold from today on at the earliest").At("valid_from")
	// ErrTermsExist is returned when the market has terms from that day already.
	ErrTermsExist = fault.New(fault.Conflict, "market_terms.exist", "the market has terms from that day already").At("valid_from")
	// ErrTermsOfToday is returned when a day that has begun would get other terms.
	ErrTermsOfToday = fault.New(fault.Refused, "market_terms.day_begun", "the market has terms for today: others hold from tomorrow on at the earliest").At("valid_from").
			Under("market.terms", sourceDefault)
)

// MarketTerms says how a market trades from a day on: its timetable, its bands,
// how its trades are priced, and its block trades. A band that is nil is the usual
// one, ±10 % and of block trades ±30 %; 0: none, as where none was named before there
// was a usual one.
type MarketTerms struct {
	Market       string
	ValidFrom    calendar.Date
	Timetable    string // as market.Timetable writes it
	Band         *quantity.Ratio
	BlockBand    *quantity.Ratio
	BlockLeast   quantity.Quantity
	BlockOfficer bool
	MedianPrice  bool
	Source       string // empty: project default
}

var _ = declare(MarketTerms{})

// Operation is MarketTerms.
func (MarketTerms) Operation() identity.Operation { return identity.MarketTerms }

// asItWas is the command as it was recorded before there was a usual band: a band that
// was not named was 0.
func (c MarketTerms) asItWas() Command {
	c.Band, c.BlockBand = new(ratioOr(c.Band, 0)), new(ratioOr(c.BlockBand, 0))
	return c
}

func ratioOr(said *quantity.Ratio, usual quantity.Ratio) quantity.Ratio {
	if said == nil {
		return usual
	}
	return *said
}

// terms are what the command says of a market.
func (c MarketTerms) terms(marketID int64) market.Terms {
	t := market.Terms{
		Market: marketID, ValidFrom: c.ValidFrom, Timetable: c.Timetable, Band: ratioOr(c.Band, market.ListedBand), BlockBand: ratioOr(c.BlockBand, market.BlockBand),
		BlockLeast: c.BlockLeast, BlockOfficer: c.BlockOfficer, MedianPrice: c.MedianPrice, Source: c.Source,
	}
	if c.BlockBand == nil && c.BlockLeast == 0 { // there are no block trades
		t.BlockBand = 0
	}
	if t.Source == "" {
		t.Source = sourceDefault
	}
	return t
}

// Decide checks the terms; they are for all regions of the market to set. The
// result is a market.Terms.
func (c MarketTerms) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.MarketTerms, identity.Target{}); err != nil {
		return nil, err
	}
	m, err := v.Market("code", c.Market)
	if err != nil {
		return nil, err
	}
	for _, region := range v.byCode.areas[m.ID] {
		if err := v.AuthoriseAt("code", identity.MarketTerms, identity.OfRegion(region)); err != nil {
			return nil, err
		}
	}
	t := c.terms(m.ID)
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkTermsDay(t); err != nil {
		return nil, err
	}
	if !t.BlockLeast.IsMultipleOf(m.LotSize) {
		return nil, ErrQuantityStep.With("the least quantity of a block trade must be a multiple of %s t/a", m.LotSize).At("block_least")
	}
	return func(tx *Tx) any { return tx.putTerms(t) }, nil
}

func (v *View) checkTermsDay(t market.Terms) error {
	if t.ValidFrom < v.Today {
		return ErrTermsPast.With("%s has passed", t.ValidFrom)
	}
	f := v.floors[t.Market]
	if f == nil {
		return nil
	}
	for _, other := range f.schedule {
		if other.ValidFrom == t.ValidFrom {
			return ErrTermsExist.With("terms of %s hold from %s", other.Source, other.ValidFrom)
		}
	}
	if t.ValidFrom == v.Today {
		return ErrTermsOfToday
	}
	return nil
}

// putTerms writes terms; the first of a market begin its session.
func (tx *Tx) putTerms(t market.Terms) market.Terms {
	before := tx.floors[t.Market]
	t = Put(tx, TermsOfMarkets, t)
	if before == nil || before.session.ID == 0 {
		s := Put(tx, Sessions, tx.firstSession(t.Market, schedule{t}))
		tx.Arm(s.NextAt, timerSession, t.Market)
	}
	return t
}
