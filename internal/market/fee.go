package market

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// FeesTiersMax bounds the tiers of a schedule.
const FeesTiersMax = 20

// feeMost bounds the amounts of money in a schedule: 10⁹ CNY.
const feeMost quantity.Money = 100_000_000_000

// The faults of fee schedules, in the order in which they are checked.
var (
	// ErrFeeScheme is returned when a scheme that has its own tiers is given others, or an own one none.
	ErrFeeScheme = fault.New(fault.Invalid, "fee.scheme", "only the scheme own has tiers, minimum, waiver, single-bidder share and exemption of its own, and needs its tiers").At("scheme")
	// ErrFeeTiers is returned when the tiers of a schedule do not rise to one without end.
	ErrFeeTiers = fault.New(fault.Invalid, "fee.tiers", "each tier ends above the one before, and the last has no end").At("tiers")
	// ErrFeeRate is returned when a rate is not from 0 to less than 1.
	ErrFeeRate = fault.New(fault.Invalid, "fee.rate", "a rate is a share of the amount, from 0 to less than 1, for example 0.005").At("tiers")
)

// FeeScheme names where a schedule's figures come from.
type FeeScheme string

// The schemes.
const (
	NoFee     FeeScheme = "none"
	Chengdu   FeeScheme = "chengdu"
	Guangdong FeeScheme = "guangdong"
	OwnFee    FeeScheme = "own"
)

// FeeSchemes are all schemes.
var FeeSchemes = []FeeScheme{NoFee, Chengdu, Guangdong, OwnFee}

// FeeExempt says who pays no fee by a schedule.
type FeeExempt string

// The exemptions.
const (
	NobodyExempt      FeeExempt = ""
	StateFundedExempt FeeExempt = "state_funded" // institutions that the state funds wholly
)

// FeeExempts are all exemptions.
var FeeExempts = []FeeExempt{NobodyExempt, StateFundedExempt}

// FeeSchedule is what the orders of a market pay from a day on, until the next
// one begins. An order pays by the schedule of the day on which it came.
type FeeSchedule struct {
	ID           int64
	Market       int64
	Scheme       FeeScheme
	Progressive  bool           // each tier's rate is for the part of the amount within it; otherwise one rate is for all of it
	Minimum      quantity.Money // the least that an order with any fill pays, each side
	WaivedBelow  quantity.Money // an order whose fills come to less than this pays nothing; 0: none does
	SingleBidder quantity.Ratio // share of the fee where a listing has one bidder, at the list price; 1: all of it
	Exempt       FeeExempt      // whose orders pay none
	ValidFrom    calendar.Date
	Document     string
	Command      int64
}

// FeeTier is one step of a schedule.
type FeeTier struct {
	ID       int64
	Schedule int64
	Through  quantity.Money // the last amount of the tier; 0: no end
	Buyer    quantity.Ratio // share of the amount that a buyer pays
	Seller   quantity.Ratio
	Command  int64
}

// Tariff is a schedule with its tiers, lowest first. The zero value charges
// nothing.
type Tariff struct {
	FeeSchedule
	Tiers []FeeTier
}

// FeeTotal is what one side of the trades of a market paid in a region.
type FeeTotal struct {
	Market int64
	Side   Side
	Region string
	Trades int64 // that were charged something
	Amount quantity.Money
	Fee    quantity.Money
}

const yuan quantity.Money = 100 // fen

// TariffOf gives a named scheme its figures; an own scheme has none yet.
//
// Chengdu (sichuan report 16564): ≤ 2 M CNY 1 % of the buyer and 0.5 % of the
// seller, the part to 10 M 0.5 and 0.25, to 50 M 0.2 and 0.1, to 100 M 0.08 and
// 0.05, beyond 0.03 and 0.02; halved where a single bidder takes it at the list
// price. Guangdong 2013: ≤ 5 M 3 %, to 10 M 2.5, beyond 2, at least 2,000 CNY,
// half of it each side; institutions that the state funds wholly pay none. No fee is the default (project default; Ningxia 2021).
func TariffOf(s FeeScheme) Tariff {
	t := Tariff{FeeSchedule: FeeSchedule{Scheme: s, Progressive: true, SingleBidder: quantity.OneRatio}}
	switch s {
	case Chengdu:
		t.SingleBidder = quantity.OneRatio / 2
		t.Tiers = []FeeTier{
			{Through: 2_000_000 * yuan, Buyer: 10_000, Seller: 5_000},
			{Through: 10_000_000 * yuan, Buyer: 5_000, Seller: 2_500},
			{Through: 50_000_000 * yuan, Buyer: 2_000, Seller: 1_000},
			{Through: 100_000_000 * yuan, Buyer: 800, Seller: 500},
			{Buyer: 300, Seller: 200},
		}
	case Guangdong:
		t.Minimum, t.Exempt = 1_000*yuan, StateFundedExempt
		t.Tiers = []FeeTier{
			{Through: 5_000_000 * yuan, Buyer: 15_000, Seller: 15_000},
			{Through: 10_000_000 * yuan, Buyer: 12_500, Seller: 12_500},
			{Buyer: 10_000, Seller: 10_000},
		}
	case NoFee, OwnFee:
	}
	return t
}

// Validate returns ErrFeeTiers, ErrFeeRate or a fault about a figure out of
// bounds.
func (t Tariff) Validate() error {
	if len(t.Tiers) > FeesTiersMax {
		return ErrFeeTiers.With("a schedule has at most %d tiers", FeesTiersMax)
	}
	last := quantity.Money(0)
	for i, tier := range t.Tiers {
		if isLast := i == len(t.Tiers)-1; isLast != (tier.Through == 0) || !isLast && (tier.Through <= last || tier.Through > feeMost) {
			return ErrFeeTiers
		}
		if min(tier.Buyer, tier.Seller) < 0 || max(tier.Buyer, tier.Seller) >= quantity.OneRatio {
			return ErrFeeRate
		}
		last = tier.Through
	}
	switch {
	case t.Minimum < 0 || t.Minimum > feeMost:
		return fault.Invalidf("minimum", "must be from 0 to %s CNY", feeMost)
	case t.WaivedBelow < 0 || t.WaivedBelow > feeMost:
		return fault.Invalidf("waived_below", "must be from 0 to %s CNY", feeMost)
	case t.SingleBidder <= 0 || t.SingleBidder > quantity.OneRatio:
		return fault.Invalidf("single_bidder_share", "must be more than 0 and at most 1, for example 0.5")
	}
	return nil
}

// Fee is what an order whose fills come to an amount pays in all: rounded once,
// half up to the fen, and at least the minimum. It never falls while the amount
// grows: where one rate is for the whole of it, more never pays less than the
// end of a lower tier. single says that a listing had one bidder, at its price: that
// is asked of a quote alone, for neither a fill of a book nor a block trade has bidders (ADR 17).
func (t *Tariff) Fee(side Side, amount quantity.Money, single bool) quantity.Money {
	if len(t.Tiers) == 0 || amount <= 0 || amount < t.WaivedBelow {
		return 0
	}
	share := quantity.OneRatio
	if single {
		share = t.SingleBidder
	}
	if t.Progressive {
		return max(t.Minimum, t.parts(side, amount, share))
	}
	fee := t.Minimum
	for i := range t.Tiers {
		tier := &t.Tiers[i]
		within := amount
		if tier.Through > 0 {
			within = min(amount, tier.Through)
		}
		fee = max(fee, rounded(int64(within), tier.rate(side), share))
		if within == amount {
			break
		}
	}
	return fee
}

// parts adds up the parts of an amount at their tiers' rates, exactly, and
// rounds the share of the sum.
func (t *Tariff) parts(side Side, amount quantity.Money, share quantity.Ratio) quantity.Money {
	const one = int64(quantity.OneRatio)
	var whole, over int64 // fen, and 10⁻⁶ fen
	below := quantity.Money(0)
	for i := range t.Tiers {
		tier := &t.Tiers[i]
		through := amount
		if tier.Through > 0 {
			through = min(amount, tier.Through)
		}
		part, rate := int64(through-below), tier.rate(side)
		whole += part/one*rate + part%one*rate/one
		over += part % one * rate % one
		if below = through; below == amount {
			break
		}
	}
	whole, over = whole+over/one, over%one
	s := int64(share)
	rest := whole%one*s*one + over*s // 10⁻¹² fen
	return quantity.Money(whole/one*s + (rest+one*one/2)/(one*one))
}

// rounded is amount × rate × share, half up to the fen; rate is below 1.
func rounded(amount, rate int64, share quantity.Ratio) quantity.Money {
	fee, err := quantity.MulDiv(amount, rate, int64(share), int64(quantity.OneRatio)*int64(quantity.OneRatio), quantity.HalfUp)
	if err != nil {
		panic(err) // it is at most the amount
	}
	return quantity.Money(fee)
}

func (f *FeeTier) rate(side Side) int64 {
	if side == Buy {
		return int64(f.Buyer)
	}
	return int64(f.Seller)
}

// Charge is what a fill of an order costs in fees: what the order owes by now,
// less what it was charged. amount is what its fills come to with this one,
// proceeds what this one comes to. A seller pays out of the proceeds, so that a
// fill takes no more than it brings; what it leaves owing the next one takes.
func (t *Tariff) Charge(side Side, amount, charged, proceeds quantity.Money) quantity.Money {
	due := max(t.Fee(side, amount, false)-charged, 0)
	if side == Sell {
		due = min(due, proceeds)
	}
	return due
}

// HoldWithFee is what a buy must hold aside for what is left of it: the most
// that this can cost, and the most in fees that is then still to be charged.
// amount is what its fills have come to. It never falls short: costs round
// down, and a fee does not fall while its amount grows.
func (t *Tariff) HoldWithFee(cost, amount, charged quantity.Money) (quantity.Money, error) {
	if len(t.Tiers) == 0 || cost == 0 {
		return cost, nil
	}
	all, err := quantity.Add(amount, cost)
	if err != nil {
		return 0, err
	}
	return quantity.Add(cost, max(t.Fee(Buy, all, false)-charged, 0))
}
