package app

import (
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// stateFunded is an office whose market pays by Guangdong's schedule from the second
// day on, and whose first firm the state funds.
func stateFunded(t *testing.T) *sessionOffice {
	t.Helper()
	o := openSessionOffice(t, 2, MarketTerms{BlockLeast: 1000 * one})
	o.does(o.admin, FeeScheduleSet{Market: ticks, Scheme: market.Guangdong, ValidFrom: dayOne.Date().AddDays(1), Document: "price bureau"})
	o.records(rulebook.Yes, dayOne.Date())
	o.at(1, "10:00")
	return o
}

// records records from a day on whether the state funds the first firm.
func (o *sessionOffice) records(value string, from calendar.Date) {
	o.t.Helper()
	o.does(o.leader, FactRecord{Kind: rulebook.StateFunded, Party: o.firms[0].party, Value: value, ValidFrom: from, Document: "register " + value})
}

func (o *sessionOffice) held(n int) quantity.Money {
	return quantity.Money(o.balance(ledger.FundsKey(o.firms[n].party)).Held)
}

// Guangdong's fee of 6,000,000 CNY is 175,000, half of it each side; a party that the
// state funds wholly pays none of its half, holds none aside, and the other pays his.
func TestFeeExempt_Order(t *testing.T) {
	t.Parallel()
	o := stateFunded(t)
	o.places(0, market.Buy, "60.00", 100_000)
	if held := o.held(0); held.String() != "6000000.00" {
		t.Errorf("%s is held by one who pays no fee", held)
	}
	sell := o.places(1, market.Sell, "60.00", 100_000)
	if f := sell.Fills[0]; f.BuyerFee != 0 || f.SellerFee.String() != "87500.00" || o.held(0) != 0 {
		t.Errorf("the fill: %+v", f)
	}
	o.places(1, market.Buy, "60.00", 100)
	if held := o.held(1); held.String() != "7000.00" { // 6,000 and the least of 1,000
		t.Errorf("%s is held by one who pays", held)
	}
	if f := o.places(0, market.Sell, "60.00", 100).Fills[0]; f.SellerFee != 0 || f.BuyerFee.String() != "1000.00" {
		t.Errorf("the fill: %+v", f)
	}
	o.restart()
	o.check()
}

// An order pays by what was recorded when it came, also when it is amended after the
// state has ceased to fund its party; a later one pays.
func TestFeeExempt_FactEnds(t *testing.T) {
	t.Parallel()
	o := stateFunded(t)
	kept := o.places(0, market.Buy, "10.00", 100).Order.ID
	o.at(1, "11:00")
	o.records(rulebook.No, dayOne.Date().AddDays(2))
	o.at(2, "10:00")
	if later := o.places(0, market.Buy, "9.00", 100).Order; later.Schedule == 0 || later.Hold != int64(1_900*quantity.OneMoney) {
		t.Errorf("an order of the day after: %+v", later)
	}
	amended := done[OrderResult](o.office, o.firms[0].user, OrderAmend{Order: kept, Price: 11 * quantity.OnePrice}).Order
	if amended.Schedule != 0 || amended.Hold != int64(1_100*quantity.OneMoney) {
		t.Errorf("an order of before: %+v", amended)
	}
	o.at(2, "11:00")
	o.records(rulebook.Yes, dayOne.Date()) // what is recorded late changes no order that has come
	o.restart()
	o.check()
	for id, schedule := range map[int64]int64{kept: 1, kept + 1: 0} {
		back := swap(o.store.table(Orders.name), id, func(r *market.Record) { r.Schedule = schedule })
		if !o.violates("I-127") {
			t.Errorf("check does not see that order %d pays by schedule %d", id, schedule)
		}
		back()
	}
}

// Of a block trade each side pays its fee, or none, by what was recorded when it was
// proposed, whatever is recorded until it is settled.
func TestFeeExempt_Block(t *testing.T) {
	t.Parallel()
	o := stateFunded(t)
	block := func(side market.Side) BlockPropose {
		return BlockPropose{
			Market: ticks, Instrument: o.inst.Code, Side: side, Licence: o.firms[0].licence.ID, CounterpartyParty: o.firms[1].party,
			CounterpartyLicence: o.firms[1].licence.ID, Quantity: 1000 * one, Price: 55 * quantity.OnePrice,
		}
	}
	buys := done[BlockResult](o.office, o.firms[0].user, block(market.Buy)).Block
	sells := done[BlockResult](o.office, o.firms[0].user, block(market.Sell)).Block
	if held := o.held(0); held.String() != "55000.00" {
		t.Errorf("%s is held by one who pays no fee", held)
	}
	o.records(rulebook.No, dayOne.Date())
	for _, b := range []market.Block{buys, sells} {
		o.does(o.firms[1].user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	}
	trades := o.trades()
	if s := trades[0]; s.BuyerFee != 0 || s.SellerFee.String() != "1000.00" {
		t.Errorf("it buys: %+v", s)
	}
	if s := trades[1]; s.SellerFee != 0 || s.BuyerFee.String() != "1000.00" {
		t.Errorf("it sells: %+v", s)
	}
	if late := done[BlockResult](o.office, o.firms[0].user, block(market.Buy)).Block; late.BuyerExempt || late.SellerExempt {
		t.Errorf("after the fact has ended: %+v", late)
	}
	o.check()
	back := swap(o.store.table(Blocks.name), buys.ID, func(b *market.Block) { b.SellerExempt = true })
	if !o.violates("I-127") {
		t.Error("check does not see that the other side was not exempt")
	}
	back()
}

// Who asks whether an order may be placed hears by which document it would pay no fee.
func TestFeeExempt_Eligibility(t *testing.T) {
	t.Parallel()
	o := stateFunded(t)
	for n, want := range []string{"register yes", ""} {
		for _, q := range []Question{{Action: rulebook.Buy, Buyer: o.firms[n].licence.ID}, {Action: rulebook.Sell, Seller: o.firms[n].licence.ID}} {
			q.Instrument, q.Market, q.Quantity = o.inst.Code, ticks, one
			e, err := o.app.Eligibility(t.Context(), o.app.st.actor(o.firms[n].user), q)
			if err != nil || e.FeeExemptBy != want {
				t.Errorf("firm %d, %s: %q %v", n, q.Action, e.FeeExemptBy, err)
			}
		}
	}
}

// Only the scheme own says itself who is exempt, and no schedule exempts anybody else.
func TestFeeExempt_Schedule(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 0, MarketTerms{})
	set := FeeScheduleSet{Market: ticks, Scheme: market.Guangdong, Exempt: market.StateFundedExempt, ValidFrom: dayOne.Date().AddDays(1), Document: "d"}
	o.refuses(o.leader, set, market.ErrFeeScheme)
	set.Scheme, set.Tiers = market.OwnFee, []FeeTierInput{{Buyer: 10_000, Seller: 10_000}}
	other := set
	other.Exempt = "schools"
	if f := o.do(o.leader, other); f == nil || f.Field != "exempt" {
		t.Errorf("an exemption that there is not: %v", f)
	}
	if s := done[FeeScheduleResult](o.office, o.leader, set); s.Tariff.Exempt != market.StateFundedExempt {
		t.Errorf("%+v", s)
	}
	o.check()
}
