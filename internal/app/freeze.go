package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The tables of freezes.
var (
	Freezes       = resident[encumbrance.Freeze]("freeze_order")
	JudicialSales = cold[encumbrance.JudicialSale]("judicial_sale")
)

var freezesOf = indexed(Freezes, func(f encumbrance.Freeze) []ledger.AccountID { return []ledger.AccountID{f.Account} })

// The timers of freezes, by purpose.
const (
	timerFreezeStart   = "freeze.start"
	timerFreezeEnd     = "freeze.end"
	timerFreezeConfirm = "freeze.confirm_by"
)

var (
	_ = declareTimer(timerFreezeStart, retrying(timerFreezeStart, startFreeze))
	_ = declareTimer(timerFreezeEnd, freezeTimer(encumbrance.Expire, func(f encumbrance.Freeze, today calendar.Date) bool {
		return f.EndsOn != 0 && f.EndsOn < today
	}))
	_ = declareTimer(timerFreezeConfirm, freezeTimer(encumbrance.Lapse, func(f encumbrance.Freeze, today calendar.Date) bool {
		return f.ConfirmBy < today
	}))
)

// The faults of a freeze, in the order in which they are checked; those of
// its terms and states are in encumbrance.
var (
	// ErrFreezeTwice is returned when the order freezes this account already.
	ErrFreezeTwice = fault.New(fault.Conflict, "freeze.order_twice", "this order is recorded for the same holding, credits or funds already").At("order_number")
	// ErrFreezeLapsed is returned when one officer would freeze again what was frozen on one officer's word and not confirmed.
	ErrFreezeLapsed = fault.New(fault.Refused, "freeze.lapsed_unconfirmed",
		"an emergency freeze of the same holding, credits or funds lapsed unconfirmed: it is frozen again by an order, with four eyes").Under("freeze.four_eyes", "project default")
	// ErrFreezePast is returned when a freeze would begin, or end, before today.
	ErrFreezePast = fault.New(fault.Invalid, "freeze.past", "the day has passed")
	// ErrFreezeMoney is returned when the money of a freeze would go to a buyer.
	ErrFreezeMoney = fault.New(fault.Refused, "freeze.of_money", "the freeze is of money: only permits and credits go to the buyer of a judicial sale").
			Under("freeze.judicial_sale", sourceDefault)
	// ErrNotOfCourt is returned when what a bureau has frozen would be sold by a court.
	ErrNotOfCourt = fault.New(fault.Refused, "freeze.not_of_court", "only what a court has frozen goes to the buyer of a judicial sale").
			Under("freeze.judicial_sale", sourceDefault)
	// ErrBuyerRegion is returned when the buyer's licence lies in another region.
	ErrBuyerRegion = fault.New(fault.Refused, "freeze.buyer_region", "permits stay in their region: the buyer's licence lies in another one").At("buyer_licence").
			Under("permit.region", sourceDefault)
	// ErrBuyerIsHolder is returned when permits or credits would go to the licence or party that has them.
	ErrBuyerIsHolder = fault.New(fault.Invalid, "freeze.buyer_is_holder", "they are the buyer's already").At("buyer_licence")
)

// FreezeTerms say what an order freezes: a quantity of a licence's permits of
// an instrument and origin, units of a party's credits of a series, or an amount
// of its funds.
type FreezeTerms struct {
	Licence     int64
	Instrument  string
	Origin      ledger.Origin
	Quantity    quantity.Quantity
	Party       int64
	Series      int64 // of credits; 0: permits or funds
	Units       int64 // of credits
	Amount      quantity.Money
	Issuer      encumbrance.Issuer
	IssuerName  string
	OrderNumber string
	Reason      string
	EndsOn      calendar.Date // last day; 0: until it is released
}

// FreezePlace records the order of a court or a bureau.
type FreezePlace struct {
	FreezeTerms

	StartsOn calendar.Date // 0: today
}

// FreezeEmergency freezes at once on one officer's word. It lapses unless a
// second person confirms it.
type FreezeEmergency struct{ FreezeTerms }

// FreezeConfirm confirms an emergency freeze by another person.
type FreezeConfirm struct {
	Freeze   int64
	Document string
}

// FreezeExtend moves the last day of a freeze back.
type FreezeExtend struct {
	Freeze   int64
	EndsOn   calendar.Date // 0: until it is released
	Document string
}

// FreezeRelease ends a freeze.
type FreezeRelease struct {
	Freeze   int64
	Document string
}

// FreezeSell transfers frozen permits or credits to the buyer of a judicial sale.
// The holder is not asked. Origin, date and price of permits, and the serial
// numbers of credits, are kept; what the buyer paid to the court is recorded.
type FreezeSell struct {
	Freeze       int64
	BuyerLicence int64             // of permits
	Quantity     quantity.Quantity // of permits
	BuyerParty   int64             // of credits
	Units        int64             // of credits
	Amount       quantity.Money
	Document     string
}

// FreezeResult is a freeze with the code of its instrument, and the orders
// that it has cancelled.
type FreezeResult struct {
	Freeze     encumbrance.Freeze
	Instrument string // "": funds or credits
	Cancelled  []int64
}

// JudicialSaleResult is a judicial sale with the code of its instrument or series.
type JudicialSaleResult struct {
	Sale       encumbrance.JudicialSale
	Instrument string // "": credits
	Series     string // "": permits
}

var _ = declare(FreezePlace{}, FreezeEmergency{}, FreezeConfirm{}, FreezeExtend{}, FreezeRelease{}, FreezeSell{})

// Operation is FreezePlace.
func (FreezePlace) Operation() identity.Operation { return identity.FreezePlace }

// Decide checks the order and which open orders must give way to it. The
// result is a FreezeResult.
func (c FreezePlace) Decide(v *View) (Apply, error) {
	f, err := c.freeze(v, identity.FreezePlace)
	if err != nil {
		return nil, err
	}
	if f.StartsOn = c.StartsOn; f.StartsOn == 0 {
		f.StartsOn = v.Today
	}
	f.State = encumbrance.Active
	if f.StartsOn > v.Today {
		f.State = encumbrance.Pending
	}
	return v.decideFreeze(f)
}

// Operation is FreezeEmergency.
func (FreezeEmergency) Operation() identity.Operation { return identity.FreezeEmergency }

// Decide checks the freeze and which open orders must give way to it. No missing
// calendar refuses it. The result is a FreezeResult.
func (c FreezeEmergency) Decide(v *View) (Apply, error) {
	f, err := c.freeze(v, identity.FreezeEmergency)
	if err != nil {
		return nil, err
	}
	f.ConfirmBy = v.promised(rulebook.ConfirmDays, rulebook.Place{Region: f.Region, Pollutant: f.Pollutant}, v.Today)
	f.StartsOn, f.State = v.Today, encumbrance.Emergency
	return v.decideFreeze(f)
}

// freeze is what the terms come to, after the actor's right to freeze it was
// checked.
func (c FreezeTerms) freeze(v *View, op identity.Operation) (encumbrance.Freeze, error) {
	f := encumbrance.Freeze{
		Issuer: c.Issuer, IssuerName: c.IssuerName, OrderNumber: c.OrderNumber, Reason: c.Reason, EndsOn: c.EndsOn,
		PlacedBy: v.Actor.Person, RecordedAt: v.Now,
	}
	ofPermits := c.Licence != 0 && c.Party == 0 && c.Amount == 0 && c.Series == 0 && c.Units == 0
	ofParty := c.Party != 0 && c.Licence == 0 && c.Instrument == "" && c.Origin == ledger.NoOrigin && c.Quantity == 0
	switch {
	case ofPermits:
		l, err := v.licenceOf(op, c.Licence)
		if err != nil {
			return f, err
		}
		i, err := v.Instrument("instrument", c.Instrument)
		if err != nil {
			return f, err
		}
		if i.Expired(v.Today) {
			return f, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
		}
		f.Party, f.Region, f.Licence, f.Instrument, f.Pollutant, f.Origin = l.Party, l.Region, l.ID, i.ID, i.Pollutant, c.Origin
		f.Amount = int64(c.Quantity)
	case ofParty && c.Series != 0 && c.Amount == 0:
		return c.ofCredits(v, op, f)
	case ofParty && c.Series == 0 && c.Units == 0:
		if err := v.Authorise(op, identity.Target{}); err != nil {
			return f, err
		}
		p, err := Get(v, Parties, "party", c.Party)
		if err != nil {
			return f, err
		}
		if err := v.AuthoriseAt("party", op, identity.OfRegion(p.Region)); err != nil {
			return f, err
		}
		f.Party, f.Region, f.Amount = p.ID, p.Region, int64(c.Amount)
	default:
		if err := v.Authorise(op, identity.Target{}); err != nil {
			return f, err
		}
		return f, encumbrance.ErrTarget.At(c.misfit())
	}
	return f, nil
}

// misfit is the first field that is missing, or too many, where the terms name neither
// one holding nor one party's credits or funds.
func (c FreezeTerms) misfit() string {
	for _, of := range []struct {
		field string
		wrong bool
	}{
		{"licence", c.Licence == 0 && c.Party == 0},
		{"party", c.Licence != 0 && c.Party != 0},
		{"instrument", (c.Licence != 0) != (c.Instrument != "")},
		{"origin", (c.Licence != 0) != (c.Origin != ledger.NoOrigin)},
		{"quantity", c.Licence == 0 && c.Quantity != 0},
		{"series", c.Licence != 0 && c.Series != 0},
		{"units", c.Series == 0 && c.Units != 0},
	} {
		if of.wrong {
			return of.field
		}
	}
	return "amount"
}

// decideFreeze checks a new freeze and places it.
func (v *View) decideFreeze(f encumbrance.Freeze) (Apply, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	switch {
	case f.StartsOn < v.Today:
		return nil, ErrFreezePast.With("%s has passed", f.StartsOn).At("starts_on")
	case f.EndsOn != 0 && f.EndsOn < v.Today:
		return nil, ErrFreezePast.With("%s has passed", f.EndsOn).At("ends_on")
	}
	key := f.Key()
	if id, open := v.ledger.Find(key); open {
		for _, other := range v.openFreezes(id) {
			if other.OrderNumber == f.OrderNumber && other.IssuerName == f.IssuerName {
				return nil, ErrFreezeTwice.With("freeze %d rests on this order already", other.ID)
			}
		}
		if err := v.checkNotAgain(f, id); err != nil {
			return nil, err
		}
	}
	var resting []*market.Record
	if f.State.IsInEffect() {
		resting = v.ordersUncovering(key, f.Amount)
	}
	return func(tx *Tx) any {
		f.Account = tx.account(key)
		f = Put(tx, Freezes, f)
		tx.armFreeze(f)
		if !f.State.IsInEffect() {
			return tx.freezeResult(f, nil)
		}
		return tx.beginFreeze(f, resting)
	}, nil
}

// armFreeze sets the timers of a new freeze.
func (tx *Tx) armFreeze(f encumbrance.Freeze) {
	if f.State == encumbrance.Pending {
		tx.Arm(f.StartsOn.Start(), timerFreezeStart, f.ID)
	}
	if f.ConfirmBy != 0 {
		tx.Arm(f.ConfirmBy.AddDays(1).Start(), timerFreezeConfirm, f.ID)
	}
	if f.EndsOn != 0 {
		tx.Arm(f.EndsOn.AddDays(1).Start(), timerFreezeEnd, f.ID)
	}
}

// beginFreeze lets a freeze take effect: the orders that it meets are
// withdrawn, and what is available is frozen.
func (tx *Tx) beginFreeze(f encumbrance.Freeze, resting []*market.Record) FreezeResult {
	f.EffectiveAt = tx.Now
	f = Put(tx, Freezes, f)
	cancelled := tx.withdrawFor(f.ID, resting)
	tx.coverFreezes(f.Account)
	return tx.freezeResult(mustGet(tx, Freezes, f.ID), cancelled)
}

func (tx *Tx) freezeResult(f encumbrance.Freeze, cancelled []int64) FreezeResult {
	r := FreezeResult{Freeze: f, Cancelled: cancelled}
	if f.IsPermits() {
		r.Instrument = mustGet(tx, Instruments, f.Instrument).Code
	}
	return r
}

// freezeOf returns a freeze after the actor's right to do this to it, and its
// state, were checked.
func (v *View) freezeOf(op identity.Operation, id int64, e encumbrance.Event) (encumbrance.Freeze, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return encumbrance.Freeze{}, err
	}
	f, err := Get(v, Freezes, "id", id)
	if err != nil {
		return f, err
	}
	if err := v.AuthoriseAt("id", op, identity.OfRegion(f.Region)); err != nil {
		return f, err
	}
	return f.Next(e, encumbrance.AsOfficer)
}

// Operation is FreezeConfirm.
func (FreezeConfirm) Operation() identity.Operation { return identity.FreezeConfirm }

// Decide checks that another person confirms an emergency freeze. The result
// is a FreezeResult.
func (c FreezeConfirm) Decide(v *View) (Apply, error) {
	f, err := v.freezeOf(identity.FreezeConfirm, c.Freeze, encumbrance.Confirm)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if err := v.checkAnother(f.PlacedBy, identity.FreezeConfirm, identity.OfRegion(f.Region), encumbrance.ErrSamePerson); err != nil {
		return nil, err
	}
	f.ConfirmedBy = v.Actor.Person
	return func(tx *Tx) any { return tx.freezeResult(Put(tx, Freezes, f), nil) }, nil
}

// Operation is FreezeExtend.
func (FreezeExtend) Operation() identity.Operation { return identity.FreezeExtend }

// Decide checks that the new last day is later. The result is a FreezeResult.
func (c FreezeExtend) Decide(v *View) (Apply, error) {
	f, err := v.freezeOf(identity.FreezeExtend, c.Freeze, encumbrance.Extend)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if f, err = f.Extend(c.EndsOn); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		if f.EndsOn != 0 { // the timer of the old last day finds that it has not come
			tx.Arm(f.EndsOn.AddDays(1).Start(), timerFreezeEnd, f.ID)
		}
		return tx.freezeResult(Put(tx, Freezes, f), nil)
	}, nil
}

// Operation is FreezeRelease.
func (FreezeRelease) Operation() identity.Operation { return identity.FreezeRelease }

// Decide checks that the freeze is open. What it gives back goes to the
// freezes that wait behind it first. The result is a FreezeResult.
func (c FreezeRelease) Decide(v *View) (Apply, error) {
	f, err := v.freezeOf(identity.FreezeRelease, c.Freeze, encumbrance.Release)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	f.EndDocument = c.Document
	return func(tx *Tx) any { return tx.freezeResult(tx.endFreeze(f), nil) }, nil
}

// Operation is FreezeSell.
func (FreezeSell) Operation() identity.Operation { return identity.FreezeSell }

// Decide checks that the court's freeze has frozen them and that the buyer may
// receive them. Of permits only paid ones change hands, within their region,
// to somebody who may buy from the government and whose source of emissions may
// trade with the holder's. The result is a JudicialSaleResult.
func (c FreezeSell) Decide(v *View) (Apply, error) {
	f, err := v.freezeOf(identity.FreezeSell, c.Freeze, encumbrance.Sell)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if c.Amount < 0 || c.Amount > quantity.AmountMax {
		return nil, fault.Invalidf("amount", "must be from 0 to %s", quantity.AmountMax)
	}
	switch {
	case !f.IsPermits() && !f.OfCredits():
		return nil, ErrFreezeMoney
	case f.Issuer != encumbrance.Court:
		return nil, ErrNotOfCourt
	case f.OfCredits():
		return c.sellCredits(v, f)
	case c.BuyerParty != 0 || c.Units != 0:
		return nil, fault.Invalidf("buyer_party", "permits go to a licence, by their quantity")
	case f.Origin != ledger.Paid:
		return nil, ErrNotForSale.With("the frozen permits are of the origin %s: they can only be reclaimed", f.Origin).
			Under("seller.paid_and_surplus", "浙江省大气污染防治条例 第十六条; 甬环发〔2015〕81号")
	}
	buyer, err := Get(v, Licences, "buyer_licence", c.BuyerLicence)
	if err != nil {
		return nil, err
	}
	i, err := Get(v, Instruments, "instrument", f.Instrument)
	if err != nil {
		return nil, err
	}
	switch {
	case buyer.ID == f.Licence:
		return nil, ErrBuyerIsHolder
	case buyer.Region != f.Region:
		return nil, ErrBuyerRegion.With("the permits are of %s, the buyer's licence is of %s", f.Region, buyer.Region)
	}
	if err := v.checkReceiver(rulebook.PrimarySale, buyer, i, c.Quantity); err != nil {
		return nil, renamed(err, "licence", "buyer_licence")
	}
	holder, err := Get(v, Licences, "licence", f.Licence)
	if err != nil {
		return nil, err
	}
	if err := v.judgeOrdered(holder, buyer, f.Pollutant, "id", "buyer_licence"); err != nil {
		return nil, err
	}
	sold, err := f.Sell(int64(c.Quantity))
	if err != nil {
		return nil, err
	}
	if err := v.checkTaken(f.Account, int64(c.Quantity), v.heldForSales(f.Account)); err != nil {
		return nil, err
	}
	s := encumbrance.JudicialSale{
		FreezeOrder: f.ID, Party: f.Party, Licence: f.Licence, Region: f.Region, BuyerParty: buyer.Party, BuyerLicence: buyer.ID,
		Instrument: i.ID, Quantity: c.Quantity, Amount: c.Amount, Document: c.Document, RecordedAt: v.Now,
	}
	return func(tx *Tx) any {
		return JudicialSaleResult{Sale: tx.judicialSale(s, sold, f.Key(), HoldingKey(buyer, i, f.Origin)), Instrument: i.Code}
	}, nil
}

// heldForSales is what of an account's held part is not frozen: it is held
// for open orders and deals, which need permits with a known price.
func (v *View) heldForSales(id ledger.AccountID) int64 {
	held := v.ledger.BalanceOf(id).Held
	for _, f := range v.openFreezes(id) {
		held -= f.Frozen
	}
	return held
}

// judicialSale moves permits out of what a freeze had frozen.
func (tx *Tx) judicialSale(s encumbrance.JudicialSale, f encumbrance.Freeze, from, to ledger.Key) encumbrance.JudicialSale {
	s = Put(tx, JudicialSales, s)
	leg := ledger.Leg{Debit: from, Credit: to, Amount: int64(s.Quantity), FromHeld: true}
	s.Transfer = tx.Post(ledger.Transfer{Reason: ledger.JudicialSale, Reference: s.ID, Legs: []ledger.Leg{leg}})[0].Transfer
	tx.carry(from, to, s.Quantity)
	tx.permitsLost(from, reserve.SurplusLoss{Kind: reserve.LostToCourt, Reference: s.ID, Quantity: s.Quantity, Document: s.Document})
	tx.licenceChanged(s.Licence, f.Pollutant, amountChange{permit.AmountJudicial, s.ID, -s.Quantity, s.Document})
	tx.licenceChanged(s.BuyerLicence, f.Pollutant, amountChange{permit.AmountJudicial, s.ID, s.Quantity, s.Document})
	tx.putSold(f, s.Document)
	return Put(tx, JudicialSales, s)
}

// putSold writes a freeze of which a part was sold; one that has nothing left to
// freeze is enforced.
func (tx *Tx) putSold(f encumbrance.Freeze, document string) {
	if f.Amount != f.Taken {
		Put(tx, Freezes, f)
		return
	}
	f = must(f.Next(encumbrance.Exhaust, encumbrance.AsSystem))
	f.EndDocument = document
	tx.endFreeze(f)
}
