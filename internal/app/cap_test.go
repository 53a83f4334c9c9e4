package app

import (
	"fmt"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

const (
	jiaxing = "330400"
	vocs    = "VOCs"
	one     = quantity.OneQuantity
)

// part is the balance of a part of a region's basic account for VOCs.
func (o *office) part(kind ledger.Kind, region string) quantity.Quantity {
	return quantity.Quantity(o.balance(ledger.PermitKey(kind, region, vocs)).Balance)
}

// parts writes cap, unallocated and reserve of a region for VOCs.
func (o *office) parts(region string) string {
	return fmt.Sprintf("%s %s %s", o.part(ledger.Cap, region), o.part(ledger.Unallocated, region), o.part(ledger.Reserve, region))
}

// setCap gives a region a cap for VOCs, a part of it in reserve.
func (o *office) setCap(region string, q, reserved quantity.Quantity) {
	o.t.Helper()
	done[reserve.CapDecision](o, o.leader, CapDecide{Region: region, Pollutant: vocs, Change: q, Document: "cap", DecidedOn: 20260101})
	if reserved > 0 {
		done[reserve.Movement](o, o.leader, ReserveMove{region, vocs, reserve.ToReserve, reserved, "reserve", LotChoice{}})
	}
}

// A cap grows and shrinks by what was decided, never below what is given out.
func TestCapDecide(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	good := CapDecide{Region: jiashan, Pollutant: vocs, Change: 10 * one, Document: "d", DecidedOn: 20260630}
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	o.refuses(o.finance, good, identity.ErrForbidden)
	o.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*CapDecide)
		want   *fault.Error
	}{
		{func(c *CapDecide) { c.Change = 0 }, reserve.ErrNoChange},
		{func(c *CapDecide) { c.Document = "" }, invalid},
		{func(c *CapDecide) { c.DecidedOn = 20260631 }, invalid},
		{func(c *CapDecide) { c.DecidedOn = 20260702 }, ErrDayToCome},
		{func(c *CapDecide) { c.Region = "339999" }, ErrNoRecord},
		{func(c *CapDecide) { c.Pollutant = "CO2" }, ErrNoRecord},
		{func(c *CapDecide) { c.Region = "341822" }, ErrRegionNotValid},
		{func(c *CapDecide) { c.Change = -1 }, ledger.ErrInsufficient.At("change")},
		{func(c *CapDecide) { c.Change = -1 << 63 }, ledger.ErrAmountNotPositive.At("change")},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.leader, c, tt.want)
	}
	d := done[reserve.CapDecision](o, o.leader, good)
	if d.Cap != 10*one || d.Transfer == 0 || o.parts(jiashan) != "10 10 0" {
		t.Errorf("%+v, %s", d, o.parts(jiashan))
	}
	good.Change = -4 * one
	if d := done[reserve.CapDecision](o, o.upper, good); d.Cap != 6*one || o.parts(jiashan) != "6 6 0" {
		t.Errorf("%+v, %s", d, o.parts(jiashan))
	}
	good.Change = 1<<63 - 1
	o.refuses(o.leader, good, ledger.ErrOverflow.At("change"))
}

// The reserve takes only what is unallocated, and gives back only what it has.
func TestReserveMove(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 0)
	move := func(d reserve.Direction, q quantity.Quantity) ReserveMove {
		return ReserveMove{jiashan, vocs, d, q, "d", LotChoice{}}
	}
	o.refuses(o.leader, move("up", one), invalid)
	o.refuses(o.leader, move(reserve.ToReserve, 0), reserve.ErrQuantity)
	o.refuses(o.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, one, "", LotChoice{}}, invalid)
	o.refuses(o.leader, ReserveMove{jiashan, "CO2", reserve.ToReserve, one, "d", LotChoice{}}, ErrNoRecord)
	o.refuses(o.leader, move(reserve.ToReserve, 10*one+1), ledger.ErrInsufficient.At("quantity"))
	o.refuses(o.leader, move(reserve.ToUnallocated, 1), ledger.ErrInsufficient.At("quantity"))
	done[reserve.Movement](o, o.leader, move(reserve.ToReserve, 3*one))
	done[reserve.Movement](o, o.leader, move(reserve.ToUnallocated, one))
	if got := o.parts(jiashan); got != "10 8 2" {
		t.Error(got)
	}
}

// Indicators move between two levels with their cap: the sum of caps stays.
func TestLevelMove(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 4*one)
	county := o.person("county", GrantAdd{Role: identity.Upper, Region: jiashan})
	good := LevelMove{jiashan, jiaxing, vocs, one, reserve.Reserve, "d", LotChoice{}}
	o.refuses(o.leader, good, identity.ErrForbidden)
	o.refuses(county, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*LevelMove)
		want   *fault.Error
	}{
		{func(c *LevelMove) { c.ToRegion = "330402" }, reserve.ErrLevels},
		{func(c *LevelMove) { c.ToRegion = jiashan }, reserve.ErrLevels},
		{func(c *LevelMove) { c.Quantity = 0 }, reserve.ErrQuantity},
		{func(c *LevelMove) { c.Part = "cap" }, invalid},
		{func(c *LevelMove) { c.Document = "" }, invalid},
		{func(c *LevelMove) { c.Pollutant = "CO2" }, ErrNoRecord},
		{func(c *LevelMove) { c.ToRegion = "330000"; c.FromRegion = jiaxing }, ledger.ErrInsufficient.At("quantity")},
		{func(c *LevelMove) { c.Quantity = 4*one + 1 }, ledger.ErrInsufficient.At("quantity")},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.upper, c, tt.want)
	}
	l := done[reserve.LevelTransfer](o, o.upper, good)
	if l.FromTransfer == l.ToTransfer || o.parts(jiashan) != "9 6 3" || o.parts(jiaxing) != "1 0 1" {
		t.Errorf("%+v: %s, %s", l, o.parts(jiashan), o.parts(jiaxing))
	}
	done[reserve.LevelTransfer](o, o.upper, LevelMove{jiaxing, jiashan, vocs, one, reserve.Reserve, "d", LotChoice{}})
	if o.parts(jiashan) != "10 6 4" || o.parts(jiaxing) != "0 0 0" {
		t.Errorf("%s, %s", o.parts(jiashan), o.parts(jiaxing))
	}
}

// instrument adds the instrument that the tests trade.
func (o *office) instrument() catalog.Instrument {
	o.t.Helper()
	return done[catalog.Instrument](o, o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20310630})
}

// allocate gives a firm permits of the instrument at a price.
func (o *office) allocate(f firm, i catalog.Instrument, q quantity.Quantity) {
	o.t.Helper()
	done[AllocationResult](o, o.leader, Allocate{
		Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Initial, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: q, Price: 2400 * quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260701, Document: "allocation",
	})
}

// Permits are given to a licence in force, out of what there is, with their origin and price.
func TestAllocate(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 2*one)
	i := o.instrument()
	f := o.firm(jiashan, 1)
	good := Allocate{
		Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Initial, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: one, Price: 4000 * quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260701, Document: "d",
	}
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	o.refuses(o.finance, good, identity.ErrForbidden)
	o.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*Allocate)
		want   *fault.Error
	}{
		{func(c *Allocate) { c.Licence = 9999 }, ErrNoRecord},
		{func(c *Allocate) { c.Instrument = "VOCs-20350630" }, ErrNoRecord},
		{func(c *Allocate) { c.Kind = "gift" }, invalid},
		{func(c *Allocate) { c.Part = "cap" }, invalid},
		{func(c *Allocate) { c.Quantity = -1 }, reserve.ErrQuantity},
		{func(c *Allocate) { c.PriceKnown = false; c.Price = 0 }, reserve.ErrPriceNeeded},
		{func(c *Allocate) { c.Origin = ledger.Free }, reserve.ErrPriceOfFree},
		{func(c *Allocate) { c.Origin = ledger.UnknownOrigin }, reserve.ErrUnknownOrigin},
		{func(c *Allocate) { c.Origin = 7 }, invalid},
		{func(c *Allocate) { c.AcquiredOn = 0 }, invalid},
		{func(c *Allocate) { c.Document = "" }, invalid},
		{func(c *Allocate) { c.AcquiredOn = 20260702 }, ErrDayToCome},
		{func(c *Allocate) { c.Quantity = 8*one + 1 }, ledger.ErrInsufficient.At("quantity")},
		{func(c *Allocate) { c.Quantity = 2*one + 1; c.Part = reserve.Reserve }, ledger.ErrInsufficient.At("quantity")},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.leader, c, tt.want)
	}
	a := done[AllocationResult](o, o.leader, good).Allocation
	if a.Account == 0 || a.Acquisition == 0 || a.Transfer == 0 {
		t.Errorf("%+v", a)
	}
	free := good
	free.Origin, free.Price, free.PriceKnown = ledger.Free, 0, false
	if a := done[AllocationResult](o, o.leader, free).Allocation; !a.PriceKnown {
		t.Errorf("free permits have a known price, 0: %+v", a)
	}
	opening := good
	opening.Kind, opening.Origin, opening.Price, opening.PriceKnown = reserve.Opening, ledger.UnknownOrigin, 0, false
	done[AllocationResult](o, o.leader, opening)
	renewal := good
	renewal.Kind, renewal.Part = reserve.Renewal, reserve.Reserve
	done[AllocationResult](o, o.leader, renewal)
	if got := o.parts(jiashan); got != "10 5 1" {
		t.Error(got)
	}

	done[PartyResult](o, o.leader, PartyState{f.party, catalog.PartySuspended, "r", ""})
	o.refuses(o.leader, good, ErrPartyNotActive)
	done[PartyResult](o, o.leader, PartyState{f.party, catalog.PartyActive, "r", ""})
	done[LicenceResult](o, o.leader, LicenceState{f.licence.ID, catalog.LicenceSuspended, "r", "d"})
	o.refuses(o.leader, good, ErrLicenceNotInForce)
	o.now.set(i.TermEnd.AddDays(1).Start())
	o.runTimers()
	o.refuses(o.leader, good, ErrInstrumentExpired)
}

// A primary sale holds the reserve, is paid outside, and delivers once; its
// money never touches the platform's account (acceptance fact 26).
func TestPaymentNotice(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 5*one)
	i := o.instrument()
	f := o.firm(jiashan, 1)
	good := NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: 27_600, Price: 4000 * quantity.OnePrice, DueOn: 20260718}
	for _, tt := range []struct {
		change func(*NoticeIssue)
		want   *fault.Error
	}{
		{func(c *NoticeIssue) { c.Licence = 9999 }, ErrNoRecord},
		{func(c *NoticeIssue) { c.Instrument = "x" }, ErrNoRecord},
		{func(c *NoticeIssue) { c.Quantity = 0 }, reserve.ErrQuantity},
		{func(c *NoticeIssue) { c.Price = 0 }, invalid},
		{func(c *NoticeIssue) { c.DueOn = 0 }, invalid},
		{func(c *NoticeIssue) { c.Document = "a\nb" }, invalid},
		{func(c *NoticeIssue) { c.DueOn = 20260630 }, ErrDuePast},
		{func(c *NoticeIssue) { c.DueOn = 20310701 }, ErrDueAfterTerm},
		{func(c *NoticeIssue) { c.Quantity, c.Price = 1, 1 }, reserve.ErrNoAmount},
		{func(c *NoticeIssue) { c.Quantity, c.Price = one, 3_000_000_000_000*quantity.OnePrice }, quantity.ErrImplausible},
		{func(c *NoticeIssue) { c.Quantity = 5*one + 1 }, ledger.ErrInsufficient.At("quantity")},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.clerk, c, tt.want)
	}
	n := done[NoticeResult](o, o.clerk, good).Notice
	if n.Months != 60 || n.Amount.String() != "552.00" { // acceptance fact 5
		t.Errorf("%d months, %s", n.Months, n.Amount)
	}
	o.refuses(o.leader, NoticeDeliver{n.ID}, reserve.ErrNoticeState)
	prove := NoticeProve{n.ID, n.Amount, "receipt 1", 20260701}
	for _, tt := range []struct {
		change func(*NoticeProve)
		want   *fault.Error
	}{
		{func(c *NoticeProve) { c.Notice = 9999 }, ErrNoRecord},
		{func(c *NoticeProve) { c.Proof = "" }, invalid},
		{func(c *NoticeProve) { c.PaidOn = 0 }, invalid},
		{func(c *NoticeProve) { c.Amount-- }, reserve.ErrPaymentDiffers},
		{func(c *NoticeProve) { c.Amount++ }, reserve.ErrPaymentDiffers},
		{func(c *NoticeProve) { c.PaidOn = 20260702 }, ErrDayToCome},
	} {
		c := prove
		tt.change(&c)
		o.refuses(o.finance, c, tt.want)
	}
	done[NoticeResult](o, o.finance, prove)
	o.refuses(o.finance, prove, reserve.ErrNoticeState)
	second := done[NoticeResult](o, o.clerk, good).Notice
	o.refuses(o.finance, NoticeProve{second.ID, second.Amount, "receipt 1", 20260701}, ErrProofTaken)
	o.refuses(o.clerk, NoticeDeliver{n.ID}, identity.ErrForbidden)
	o.refuses(o.leader, NoticeDeliver{n.ID}, reserve.ErrNotMatched)
	o.refuses(o.finance, NoticeConfirm{second.ID, "seen at the counter"}, reserve.ErrNoticeState)
	o.refuses(o.finance, NoticeConfirm{n.ID, ""}, invalid)
	o.refuses(o.leader, NoticeConfirm{n.ID, "r"}, identity.ErrForbidden)
	done[NoticeResult](o, o.finance, NoticeConfirm{n.ID, "seen at the counter"})
	n = done[NoticeResult](o, o.leader, NoticeDeliver{n.ID}).Notice
	o.refuses(o.leader, NoticeDeliver{n.ID}, reserve.ErrNoticeState)
	o.refuses(o.leader, NoticeCancel{n.ID, "r"}, reserve.ErrNoticeState)
	if n.Transfer == 0 || o.balance(n.Holding()).Balance != 27_600 || o.balance(ledger.MoneyKey(ledger.Bank)).Balance != 0 {
		t.Errorf("%+v", n)
	}
	o.refuses(o.leader, NoticeCancel{second.ID, ""}, invalid)
	done[NoticeResult](o, o.finance, NoticeProve{second.ID, second.Amount, "receipt 2", 20260701})
	o.waits(o.finance, Notices.name, second.ID, "confirm")
	o.waits(o.leader, Notices.name, second.ID, "")
	o.restart()
	done[NoticeResult](o, o.leader, NoticeCancel{second.ID, "withdrawn"})
	if b := o.balance(n.ReserveKey()); b.Held != 0 || b.Balance != int64(5*one-27_600) {
		t.Errorf("%+v", b)
	}
}

// Only what is paid, monitored and done may be sold, and never more than the
// licence holds (acceptance fact 20).
func TestSurplusVerify(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 0)
	i := o.instrument()
	f := o.firm(jiashan, 1)
	good := SurplusVerify{
		Licence: f.licence.ID, Pollutant: vocs, Quantity: 2 * one, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true,
		VerifiedOn: 20260701, Document: "d", NoYear: "no records yet",
	}
	o.refuses(o.leader, good, ErrBeyondHoldings)
	o.allocate(f, i, 5*one)
	done[AllocationResult](o, o.leader, Allocate{
		Licence: f.licence.ID, Instrument: i.Code, Kind: reserve.Initial, Part: reserve.Unallocated, Origin: ledger.Free,
		Quantity: one, AcquiredOn: 20260701, Document: "d",
	})
	for _, tt := range []struct {
		change func(*SurplusVerify)
		want   *fault.Error
	}{
		{func(c *SurplusVerify) { c.Licence = 9999 }, ErrNoRecord},
		{func(c *SurplusVerify) { c.Quantity = 0 }, reserve.ErrQuantity},
		{func(c *SurplusVerify) { c.Rung = "guess" }, invalid},
		{func(c *SurplusVerify) { c.VerifiedOn = 0 }, invalid},
		{func(c *SurplusVerify) { c.Document = "" }, invalid},
		{func(c *SurplusVerify) { c.VerifiedOn = 20260702 }, ErrDayToCome},
		{func(c *SurplusVerify) { c.Pollutant = "CO2" }, ErrNoRecord},
		{func(c *SurplusVerify) { c.Quantity = 5*one + 1 }, ErrBeyondHoldings},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.leader, c, tt.want)
	}
	for _, tt := range []struct {
		monitored, done bool
		outcome         reserve.SurplusOutcome
		verified        quantity.Quantity
	}{
		{true, true, reserve.MayBeSold, 2 * one},
		{false, true, reserve.BuyBackOnly, 2 * one},
		{true, false, reserve.NotTradable, 2 * one},
		{false, false, reserve.NotTradable, 2 * one},
		{true, true, reserve.MayBeSold, 4 * one},
	} {
		c := good
		c.Monitored, c.TaskDone = tt.monitored, tt.done
		if r := done[SurplusResult](o, o.leader, c); r.Verification.Outcome != tt.outcome || r.Surplus.Verified != tt.verified {
			t.Errorf("%+v: %+v", tt, r)
		}
	}
	o.refuses(o.leader, good, ErrBeyondHoldings) // 4 of 5 are verified, and 2 more would be 6
}

// tradingOffice is an office with a market over two regions, a seller in one
// and a buyer in the other, each with what it needs.
func tradingOffice(t *testing.T) (o *office, i catalog.Instrument, seller, buyer firm) {
	t.Helper()
	o = openOffice(t)
	o.setCap(qingpu, 1000*one, 0)
	o.setCap(jiashan, 1000*one, 0)
	i = o.instrument()
	done[MarketResult](o, o.admin, MarketOpen{
		Code: "YRD", Name: "YRD", Pollutant: vocs, Regions: []string{qingpu, jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, Approval: "approval",
	})
	seller, buyer = o.firm(qingpu, 1), o.firm(jiashan, 2)
	o.allocate(seller, i, 100*one)
	done[SurplusResult](o, o.leader, SurplusVerify{
		Licence: seller.licence.ID, Pollutant: vocs, Quantity: 100 * one, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true,
		VerifiedOn: 20260701, Document: "d", NoYear: "no records yet",
	})
	done[DepositResult](o, o.finance, DepositConfirm{Party: buyer.party, Amount: 100_000_000, BankReference: "b-1", ReceivedOn: 20260701})
	return o, i, seller, buyer
}

func (o *office) order(f firm, i catalog.Instrument, side market.Side, price quantity.Price, q quantity.Quantity) PlaceOrder {
	return PlaceOrder{
		Market: "YRD", Instrument: i.Code, Licence: f.licence.ID, Side: side, Price: price * quantity.OnePrice, Quantity: q, TimeInForce: market.GTC,
	}
}

// What rests on a fact leaves the books in the command that changes the fact.
func TestFact_CancelsOrders(t *testing.T) {
	t.Parallel()
	o, i, seller, buyer := tradingOffice(t)
	place := func() (sell, buy int64) {
		sell = done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
		buy = done[OrderResult](o, buyer.user, o.order(buyer, i, market.Buy, 2000, one)).Order.ID
		return sell, buy
	}
	only := func(what string, cancelled []int64, order, other int64) {
		t.Helper()
		if len(cancelled) != 1 || cancelled[0] != order || o.app.st.orders[other] == nil {
			t.Errorf("%s cancels %v, not %d", what, cancelled, order)
		}
	}
	sell, buy := place()
	only("a suspended licence", done[LicenceResult](o, o.leader, LicenceState{seller.licence.ID, catalog.LicenceSuspended, "r", "d"}).Cancelled, sell, buy)
	done[LicenceResult](o, o.leader, LicenceState{seller.licence.ID, catalog.LicenceValid, "r", "d"})
	sell = done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	only("a suspended party", done[PartyResult](o, o.leader, PartyState{buyer.party, catalog.PartySuspended, "r", ""}).Cancelled, buy, sell)
	done[PartyResult](o, o.leader, PartyState{buyer.party, catalog.PartyActive, "r", ""})
	buy = done[OrderResult](o, buyer.user, o.order(buyer, i, market.Buy, 2000, one)).Order.ID

	attain := func(region string, year int32, attained bool) AttainmentResult {
		return done[AttainmentResult](o, o.leader, AttainmentSet{region, vocs, year, attained, "d"})
	}
	if r := attain(qingpu, 2025, false); len(r.Cancelled) != 0 {
		t.Errorf("outflow stays possible: %+v", r)
	}
	attain(jiashan, 2025, true)
	if r := attain(jiashan, 2024, false); len(r.Cancelled) != 0 {
		t.Errorf("a later year counts: %+v", r)
	}
	only("a missed target", attain(jiashan, 2025, false).Cancelled, buy, sell)
	o.refuses(buyer.user, o.order(buyer, i, market.Buy, 2000, one), ErrInflowRefused)
	attain(jiashan, 2026, true)
	done[OrderResult](o, buyer.user, o.order(buyer, i, market.Buy, 2000, one))
	if r := done[MarketResult](o, o.admin, MarketState{"YRD", catalog.MarketClosed, "r"}); len(r.Cancelled) != 2 {
		t.Errorf("closing the market: %+v", r)
	}
	o.refuses(o.leader, AttainmentSet{jiashan, vocs, 2027, true, "d"}, ErrYearNotOver)
	o.refuses(o.leader, AttainmentSet{jiashan, vocs, 2026, true, ""}, invalid)
	o.refuses(o.leader, AttainmentSet{jiashan, "CO2", 2026, true, "d"}, ErrNoRecord)
	if b := o.balance(ledger.FundsKey(buyer.party)); b.Held != 0 {
		t.Errorf("%+v", b)
	}
}

// A fact is recorded however many orders rest on the opposite: they are taken
// out of the books in steps before anything else is done, also when the server
// is stopped in between. A market closes likewise.
func TestFact_ManyOrders(t *testing.T) {
	t.Parallel()
	o, i, seller, _ := tradingOffice(t)
	fill := func() {
		for range 2 {
			var b OrderBatch
			for n := range MaxCancels/2 + 1 {
				b.Items = append(b.Items, OrderBatchItem{Place: o.order(seller, i, market.Sell, quantity.Price(3000+n), 100)})
			}
			done[OrderBatchResult](o, seller.user, b)
		}
	}
	none := func(what string, cancelled []int64) {
		t.Helper()
		o.runTimers()
		if n := len(o.app.st.orders); n != 0 || len(cancelled) != MaxCancels {
			t.Errorf("%s: %d orders are left, %d were cancelled at once", what, n, len(cancelled))
		}
	}
	fill()
	l := LicenceState{seller.licence.ID, catalog.LicenceSuspended, "r", "d"}
	none("a licence", done[LicenceResult](o, o.leader, l).Cancelled)
	l.State = catalog.LicenceValid
	o.does(o.leader, l)
	fill()
	p := PartyState{seller.party, catalog.PartySuspended, "r", ""}
	none("a party", done[PartyResult](o, o.leader, p).Cancelled)
	p.State = catalog.PartyActive
	o.does(o.leader, p)
	fill()
	if r := done[MarketResult](o, o.admin, MarketState{"YRD", catalog.MarketClosed, "r"}); len(r.Cancelled) != MaxCancels {
		t.Errorf("%d were cancelled at once", len(r.Cancelled))
	}
	o.now.set(o.now.get() + 1)
	o.runTimers()
	if n := len(o.app.st.orders); n != 0 {
		t.Errorf("%d orders are left", n)
	}
	o.check()
}
