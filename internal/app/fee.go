package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The fee schedules of markets, in memory: every fill asks for one.
var (
	FeeSchedules = resident[market.FeeSchedule]("fee_schedule")
	FeeTiers     = resident[market.FeeTier]("fee_tier")
)

// feeIndex finds tariffs by schedule, and the schedules of a market by their
// first day.
type feeIndex struct {
	tariffs map[int64]*market.Tariff
	markets map[int64][]*market.Tariff
}

// noTariff is that of a market without a schedule: no fee.
var noTariff market.Tariff

func (s *state) loadFees() {
	s.fees = feeIndex{map[int64]*market.Tariff{}, map[int64][]*market.Tariff{}}
	for f := range All(&View{state: s}, FeeSchedules) {
		s.indexFees(f)
	}
	for t := range All(&View{state: s}, FeeTiers) {
		s.indexFeeTier(t)
	}
}

func (s *state) indexFees(f market.FeeSchedule) {
	t := &market.Tariff{FeeSchedule: f}
	s.fees.tariffs[f.ID] = t
	of := append(s.fees.markets[f.Market], t)
	slices.SortStableFunc(of, func(a, b *market.Tariff) int { return int(a.ValidFrom - b.ValidFrom) })
	s.fees.markets[f.Market] = of
}

func (s *state) indexFeeTier(t market.FeeTier) {
	s.fees.tariffs[t.Schedule].Tiers = append(s.fees.tariffs[t.Schedule].Tiers, t)
}

// tariffFor is what an order of a party that comes today pays by: by none where the
// schedule of today exempts it (I-127).
func (v *View) tariffFor(marketID, party int64) *market.Tariff {
	t := v.tariffOf(marketID, v.Today)
	if v.known.exemptBy(t.Exempt, party, v.Today) != "" {
		return &noTariff
	}
	return t
}

// exemptBy is the document by which a schedule with an exemption exempts a party on
// a day; "": it pays.
func (k *knowledge) exemptBy(e market.FeeExempt, party int64, on calendar.Date) string {
	switch e {
	case market.StateFundedExempt:
		return rulebook.StateFundedBy(k.parties[party], on)
	case market.NobodyExempt:
	}
	return ""
}

// FeeScheduleOn is the schedule of a market on a day; the zero schedule is none.
func FeeScheduleOn(ref *Reference, marketID int64, on calendar.Date) (now market.FeeSchedule) {
	for _, f := range ReadTable(ref, FeeSchedules).All() {
		if f.Market == marketID && f.ValidFrom <= on && f.ValidFrom > now.ValidFrom {
			now = f
		}
	}
	return now
}

// exemptBy is the document by which an order of the question would pay no fee.
func (in *inquiry) exemptBy(k *knowledge) string {
	if in.market.ID == 0 || in.Action != rulebook.Buy && in.Action != rulebook.Sell {
		return ""
	}
	party := in.seller.Party + in.buyer.Party // an order has one side
	return k.exemptBy(FeeScheduleOn(in.ref, in.market.ID, in.on).Exempt, party, in.on)
}

// tariffOf is what is paid by for what came on a day.
func (v *View) tariffOf(marketID int64, day calendar.Date) *market.Tariff {
	of := v.fees.markets[marketID]
	for i := len(of) - 1; i >= 0; i-- {
		if of[i].ValidFrom <= day {
			return of[i]
		}
	}
	return &noTariff
}

// tariff is what an order of a schedule pays by.
func (v *View) tariff(schedule int64) *market.Tariff {
	if schedule == 0 {
		return &noTariff
	}
	return v.fees.tariffs[schedule]
}

// FeeTierInput is a tier of a schedule in a command, lowest first.
type FeeTierInput struct {
	Through quantity.Money // 0: no end
	Buyer   quantity.Ratio
	Seller  quantity.Ratio
}

// FeeScheduleSet sets what the orders of a market pay that come from a day on.
// Only the scheme own has figures of its own.
type FeeScheduleSet struct {
	Market       string
	Scheme       market.FeeScheme
	Whole        bool // one rate for the whole amount, that of its tier
	Minimum      quantity.Money
	WaivedBelow  quantity.Money
	SingleBidder quantity.Ratio // 0: as the scheme has it
	Exempt       market.FeeExempt
	Tiers        []FeeTierInput
	ValidFrom    calendar.Date
	Document     string
}

// FeeScheduleResult is a schedule with its tiers.
type FeeScheduleResult struct {
	Market string
	Tariff market.Tariff
}

var _ = declare(FeeScheduleSet{})

// The faults of setting a schedule, beside those of the schedule itself.
var (
	// ErrFeePast is returned when a schedule would begin today or before: an order pays by the schedule of its day.
	ErrFeePast = fault.New(fault.Refused, "fee.past", "a schedule begins tomorrow at the earliest: the orders of today pay by today's").At("valid_from").
			Under("market.fee", sourceDefault)
	// ErrFeeTwice is returned when another schedule of the market begins on this day or later.
	ErrFeeTwice = fault.New(fault.Conflict, "fee.twice", "a schedule of the market begins on this day or later already").At("valid_from")
)

// Operation is FeeScheduleSet.
func (FeeScheduleSet) Operation() identity.Operation { return identity.FeeScheduleSet }

// Decide checks the schedule. The result is a FeeScheduleResult.
func (c FeeScheduleSet) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.FeeScheduleSet, identity.Target{}); err != nil {
		return nil, err
	}
	m, err := v.Market("code", c.Market)
	if err != nil {
		return nil, err
	}
	for _, region := range v.byCode.areas[m.ID] {
		if err := v.AuthoriseAt("code", identity.FeeScheduleSet, identity.OfRegion(region)); err != nil {
			return nil, err
		}
	}
	if err := catalog.CheckOneOf("scheme", c.Scheme, market.FeeSchemes); err != nil {
		return nil, err
	}
	t := c.tariff()
	if isOwn := c.Scheme == market.OwnFee; isOwn != (len(c.Tiers) > 0) || !isOwn && (c.Whole || c.Minimum != 0 || c.WaivedBelow != 0 || c.SingleBidder != 0 || c.Exempt != market.NobodyExempt) {
		return nil, market.ErrFeeScheme
	}
	if err := fault.First(catalog.CheckOneOf("exempt", t.Exempt, market.FeeExempts), t.Validate()); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	switch of := v.fees.markets[m.ID]; {
	case !c.ValidFrom.Valid():
		return nil, fault.Invalidf("valid_from", "must be the first day of the schedule")
	case c.ValidFrom <= v.Today:
		return nil, ErrFeePast
	case len(of) > 0 && of[len(of)-1].ValidFrom >= c.ValidFrom:
		return nil, ErrFeeTwice.With("a schedule begins on %s already", of[len(of)-1].ValidFrom)
	}
	t.Market = m.ID
	return func(tx *Tx) any {
		t.FeeSchedule = Put(tx, FeeSchedules, t.FeeSchedule)
		for i := range t.Tiers {
			t.Tiers[i].Schedule = t.ID
			t.Tiers[i] = Put(tx, FeeTiers, t.Tiers[i])
		}
		return FeeScheduleResult{m.Code, t}
	}, nil
}

// tariff is the schedule that the command sets.
func (c FeeScheduleSet) tariff() market.Tariff {
	t := market.TariffOf(c.Scheme)
	t.ValidFrom, t.Document = c.ValidFrom, c.Document
	if c.Scheme == market.OwnFee {
		t.Progressive, t.Minimum, t.WaivedBelow, t.Exempt = !c.Whole, c.Minimum, c.WaivedBelow, c.Exempt
		for _, tier := range c.Tiers {
			t.Tiers = append(t.Tiers, market.FeeTier{Through: tier.Through, Buyer: tier.Buyer, Seller: tier.Seller})
		}
		if c.SingleBidder != 0 {
			t.SingleBidder = c.SingleBidder
		}
	}
	return t
}

// chargeFee is what a fill of an order costs in fees, which the order keeps in
// mind: tiers and minimum are for the order as a whole.
func (tx *Tx) chargeFee(o *market.Record, amount quantity.Money) quantity.Money {
	if o.Schedule == 0 {
		return 0
	}
	o.Amount += amount
	fee := tx.tariff(o.Schedule).Charge(o.Side, o.Amount, o.Fee, amount)
	o.Fee += fee
	return fee
}

// postFees moves the fees of a trade to the exchange: the buyer's out of what
// his order holds, the seller's out of what the trade has just brought him.
func (tx *Tx) postFees(t market.Trade, buyer, seller int64) {
	if t.BuyerFee == 0 && t.SellerFee == 0 {
		return
	}
	fees := ledger.MoneyKey(ledger.Fee)
	legs := make([]ledger.Leg, 0, 2)
	if t.BuyerFee > 0 {
		legs = append(legs, ledger.Leg{Debit: ledger.FundsKey(buyer), Credit: fees, Amount: int64(t.BuyerFee), FromHeld: true})
	}
	if t.SellerFee > 0 {
		legs = append(legs, ledger.Leg{Debit: ledger.FundsKey(seller), Credit: fees, Amount: int64(t.SellerFee)})
	}
	tx.Post(ledger.Transfer{Reason: ledger.FeeCharge, Reference: t.ID, Legs: legs})
}
