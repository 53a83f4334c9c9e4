package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// expiryFloor is a floor of JXCP-2025, whose last day is lastDay: the seller has
// 1,000 t in two issuances. HZCP recognises them.
type expiryFloor struct {
	*creditFloor
	other carbon.Scheme
}

const lastDay = calendar.Date(20260831)

func openExpiryFloor(t *testing.T, buyers int) *expiryFloor {
	t.Helper()
	d := openAuctionDesk(t, buyers+1)
	seller := d.firms[buyers]
	d.firms = d.firms[:buyers]
	f := &expiryFloor{creditFloor: &creditFloor{creditDesk: &creditDesk{d, carbonOf(d.office, seller), seller}}}
	f.does(f.leader, CreditLifeSet{Scheme: 1, VintageFrom: 2025, Months: 8, Document: "d"})
	f.issue(1, 600)
	f.issue(2, 400)
	f.inst = done[catalog.Instrument](f.office, f.admin, InstrumentAdd{Series: 1})
	done[MarketResult](f.office, f.admin, f.market(nil))
	f.does(f.leader, MarketTerms{Market: "JXCP", ValidFrom: f.now.get().Date(), BlockLeast: 100 * one})
	f.other = done[carbon.Scheme](f.office, f.leader, SchemeRegister{
		Code: "HZCP", Name: "杭州碳普惠", Region: "330421", Operator: seller.party, SerialUnit: quantity.OneTonne, Salt: "S2", ValidFrom: 20250101, Source: "project default",
	})
	f.does(f.clerk, RecognitionSet{
		Scheme: f.other.ID, Origin: "JXCP", Methodology: "PV", Unit: quantity.OneTonne, Factor: quantity.OneRatio, ValidFrom: 20260101, Document: "长三角互认 1",
	})
	return f
}

// verified brings a pool of 2025 that waits to be issued.
func (f *expiryFloor) verified(outbox, units int64) carbon.Issuance {
	f.t.Helper()
	c := f.carbon.pool(outbox, units)
	c.Month = 20250501
	i := done[IssuanceResult](f.office, f.carbon.operator, c).Issuance
	f.does(f.carbon.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "report"})
	return i
}

func (f *expiryFloor) issue(outbox, units int64) {
	f.t.Helper()
	i := f.verified(outbox, units)
	f.does(f.leader, IssuanceStep{Issuance: i.ID, Event: carbon.Issue})
}

// units are those of an account of the series.
func (f *expiryFloor) units(kind ledger.Kind, party int64) int64 {
	return f.balance(ledger.CreditKey(kind, "330421", "JXCP-2025", party)).Balance / int64(quantity.OneTonne)
}

func (f *expiryFloor) transfer(from, to firm, units int64) CreditTransfer {
	return CreditTransfer{Party: from.party, Series: 1, To: to.party, Units: units, Document: "d"}
}

func (f *expiryFloor) mirror(first, last int64) CreditMirror {
	return CreditMirror{Scheme: f.other.ID, Party: f.seller.party, Serial: fmt.Sprintf("JXCP-PV-P202505-2025-%d-%d", first, last)}
}

// on lets the day come, with what is due on it.
func (f *expiryFloor) on(day calendar.Date) {
	f.t.Helper()
	f.now.set(day.Start() + 10*3600*second)
	f.settle()
}

// What was revoked after it was sold is owed and expires in the hands of its buyer: a unit can be
// both, and of the issuance nothing is left.
func TestCreditExpiry_OfWhatIsOwed(t *testing.T) {
	t.Parallel()
	for _, revoked := range []int64{600, 450} {
		f := openExpiryFloor(t, 1)
		f.does(f.seller.user, f.transfer(f.seller, f.firms[0], 1000))
		f.does(f.leader, CreditRevoke{Issuance: 1, Units: revoked, Document: "audit"})
		f.check()
		f.on(lastDay.AddDays(1))
		f.check()
		if i := tableOf(f.office, Issuances)[0]; i.State != carbon.Revoked || i.RevokedUnits != revoked || i.ExpiredUnits != 600 {
			t.Errorf("%d owed: %+v", revoked, i)
		}
		f.restart()
		f.check()
	}
}

// A life is of vintages of which nothing is issued; what was set last counts, and what
// is issued keeps its end.
func TestCreditLife_Set(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	set := func(from, months int32) CreditLifeSet {
		return CreditLifeSet{Scheme: o.scheme.ID, VintageFrom: from, Months: months, Document: "碳普惠管理办法 第 9 条"}
	}
	undocumented := set(2026, 12)
	undocumented.Document = ""
	for want, c := range map[*fault.Error]CreditLifeSet{
		fault.Invalidf("vintage_from", ""): set(1999, 12), fault.Invalidf("months", ""): set(2026, 601),
		fault.Invalidf("document", ""): undocumented, ErrNoRecord: {Scheme: 9, VintageFrom: 2026, Document: "d"},
	} {
		o.refuses(o.leader, c, want)
	}
	o.refuses(o.operator, set(2026, 12), identity.ErrForbidden)
	o.does(o.leader, set(2020, 12))
	o.does(o.clerk, set(2026, 26))
	o.does(o.leader, set(2027, 0))
	for vintage, want := range map[int32]calendar.Date{2019: 0, 2025: 20261231, 2026: 20290228, 2027: 0, 2030: 0} {
		v := View{state: o.app.st}
		if got := v.seriesOf(o.scheme, vintage).ValidTo; got != want {
			t.Errorf("the vintage %d ends on %s; want %s", vintage, got, want)
		}
	}
	o.issue(1, 10)
	if s := tableOf(o.office, CreditSeries)[0]; s.ValidTo != 20290228 {
		t.Errorf("issued: %+v", s)
	}
	o.refuses(o.leader, set(2026, 60), carbon.ErrLifeIssued)
	o.refuses(o.leader, set(2020, 60), carbon.ErrLifeIssued)
	o.does(o.leader, set(2027, 60))
	o.restart()
	o.check()
}

// Up to the last day everything can be done with the credits, after it nothing; what
// is free has expired by then, and what others rely on does when that is over.
func TestCreditExpiry_EveryCommand(t *testing.T) {
	t.Parallel()
	f := openExpiryFloor(t, 2)
	s, a, b := f.seller, f.firms[0], f.firms[1]
	f.does(s.user, f.transfer(s, a, 100))
	debt := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1, Units: 600, Document: "d"}).Debt
	freeze := f.freeze(freezingUnits(s, "a", 50)).ID
	waits := []int64{f.verified(4, 5).ID, f.verified(5, 5).ID}
	if notices := rowsIn(f.office, PublicNotices, Where("kind", "credit_expiry")); len(notices) != 1 || notices[0].EndsOn != lastDay || notices[0].Document != "d" {
		t.Errorf("told: %+v", notices)
	}
	for n, day := range []calendar.Date{lastDay, lastDay.AddDays(1)} {
		f.on(day)
		for _, c := range []struct {
			person  int64
			command Command
		}{
			{s.user, f.transfer(s, b, 1)},
			{s.user, CreditRetire{Party: s.party, Series: 1, Units: 2, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}},
			{s.user, f.order(s, market.Sell, 3, 40)},
			{a.user, f.order(a, market.Buy, 4, 30)},
			{s.user, f.block(a, 100)},
			{s.user, f.mirror(900-10*int64(n), 905-10*int64(n))},
			{f.leader, FreezeSell{Freeze: freeze, BuyerParty: b.party, Units: 10, Amount: 1_000_00, Document: "裁定 1"}},
			{s.user, CreditRepay{Debt: debt.ID, Series: 1, Units: 100}},
			{f.leader, IssuanceStep{Issuance: waits[n], Event: carbon.Issue}},
		} {
			if day == lastDay {
				f.does(c.person, c.command)
			} else {
				f.refuses(c.person, c.command, carbon.ErrExpired)
			}
		}
		f.refuses(s.user, f.offerOf(auction.Uniform, func(c *CreditOffer) {
			at := f.now.get().Date().AddDays(7).Start() + 10*3600*second
			c.RegisterUntil, c.OpensAt, c.ClosesAt = at-second, at, at+3600*second
		}), carbon.ErrExpired)
	}
	f.refuses(f.admin, InstrumentAdd{Series: 1}, carbon.ErrExpired)
	q := Question{Action: rulebook.Sell, Instrument: f.inst.Code, Party: s.party, Market: "JXCP", Quantity: one}
	e, err := f.app.Eligibility(t.Context(), f.app.st.actor(s.user), q)
	if err != nil || e.Allowed || len(e.Obstacles) == 0 || e.Obstacles[0].Code != carbon.ErrExpired.Code {
		t.Errorf("may they be sold: %+v, %v", e, err)
	}
	_, err = f.app.PriceQuoteOf(PriceQuote{Kind: PriceOfOrder, Quantity: one, Price: yuan(40)}, f.inst.Code, "")
	if refused, is := fault.As(err); !is || refused.Field != "instrument" {
		t.Errorf("what do they cost: %v", err)
	}
	for _, o := range tableOf(f.office, Orders) {
		if o.State != market.Cancelled || o.Ending != market.TermIsOver {
			t.Errorf("an order: %+v", o)
		}
	}
	f.wantFrozen("expired", freeze, encumbrance.Active, 40, 50)
	wantUnits := func(when string, seller, expired int64) {
		t.Helper()
		if f.units(ledger.Credits, s.party) != seller || f.units(ledger.Credits, a.party) != 0 || f.units(ledger.CreditsExpired, 0) != expired {
			t.Errorf("%s: the seller has %d, %d have expired; want %d and %d", when, f.units(ledger.Credits, s.party), f.units(ledger.CreditsExpired, 0), seller, expired)
		}
		if sum := f.units(ledger.CreditsRetired, 0) + f.units(ledger.CreditsExpired, 0) + f.units(ledger.Credits, s.party); sum != f.units(ledger.CreditsIssued, 0) {
			t.Errorf("%s: %d are issued, %d come of it", when, f.units(ledger.CreditsIssued, 0), sum)
		}
	}
	all := f.units(ledger.CreditsIssued, 0) - 2 // are retired
	wantUnits("expired", 46, all-46)
	f.restart()
	f.check()

	done[FreezeResult](f.office, f.leader, FreezeRelease{freeze, "lifted"})
	f.refuses(s.user, f.transfer(s, a, 1), carbon.ErrExpired)
	wantUnits("released", 46, all-46)
	f.on(lastDay.AddDays(2))
	wantUnits("on the next day", 6, all-6)
	mirrored := tableOf(f.office, Mirrors)[0].Issuance
	f.does(f.leader, IssuanceStep{Issuance: mirrored, Event: carbon.Reject, Document: "d"})
	f.on(lastDay.AddDays(3))
	wantUnits("unlocked", 0, all)
	v := View{state: f.app.st}
	if v.isArmed(timerExpiry, 1) {
		t.Error("a timer waits, and nothing is held any more")
	}
	f.check()

	i := storedRow(f.office, Issuances, 2)
	if i.ExpiredUnits != 400-2-100 {
		t.Errorf("of the second issuance: %+v", i)
	}
	f.refuses(f.leader, CreditRevoke{Issuance: 2, Units: 103, Document: "d"}, fault.Invalidf("units", ""))
	if r := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 2, Units: 102, Document: "d"}); r.Revoked != 0 || r.Debt.Units != 102 {
		t.Errorf("revoked: %+v", r)
	}
	f.refuses(f.leader, CreditRevoke{Issuance: 2, Units: 1, Document: "d"}, carbon.ErrIssuanceStep.At("id"))
	f.check()
}

// Whose award cannot be settled any more because its credits have expired is in no
// default, and it is revoked; who let his time pass before is. An auction whose winners
// could not pay in time is not announced.
func TestCreditExpiry_Awards(t *testing.T) {
	t.Parallel()
	f := openExpiryFloor(t, 2)
	o := f.announce(f.offerOf(auction.Uniform, nil))
	late := f.announce(f.offerOf(auction.Uniform, nil))
	for _, id := range []int64{o.ID, late.ID} {
		f.registers(id, f.firms[:2]...)
	}
	f.now.set(windowOpens)
	f.settle()
	for _, id := range []int64{o.ID, late.ID} {
		f.bid(f.firms[0], id, ask(50, 60*one))
		f.bid(f.firms[1], id, ask(45, 30*one))
	}
	f.now.set(windowCloses)
	certify := func(id int64) auction.Award {
		x := f.offerNow(id)
		done[OfferResult](f.office, f.clerk, OfferCertify{x.ID, x.ResultDigest, "成交确认"})
		f.settle()
		return rowsIn(f.office, Awards, Where("offer", id))[0]
	}
	lapsed := certify(o.ID)
	f.on(lastDay.AddDays(-2))
	open := certify(late.ID)
	f.contracts(f.firms[0], open)
	f.on(lastDay.AddDays(1))
	f.refuses(f.firms[0].user, AwardSettle{open.ID}, carbon.ErrExpired)
	f.on(lastDay.AddDays(60))
	f.refuses(f.leader, AwardDefault{open.ID, "not paid"}, carbon.ErrExpired)
	f.does(f.leader, AwardDefault{lapsed.ID, "not signed"})
	before := f.units(ledger.Credits, f.seller.party)
	f.does(f.leader, AwardRevoke{open.ID, "the credits have expired"})
	f.on(lastDay.AddDays(61))
	if now := f.units(ledger.Credits, f.seller.party); before == 0 || now != before-2*60 {
		t.Errorf("the seller had %d units on sale, and has %d", before, now)
	}
	f.check()
}

// A window that an interruption has carried past the last day of its credits takes no
// bids, and what was bid before is not certified: who won could never have them. A halt
// that has lasted so long does not end. Two persons declare either void, and what was on
// sale expires.
func TestCreditExpiry_WindowCarriedPast(t *testing.T) {
	t.Parallel()
	for _, halted := range []bool{true, false} {
		f := openExpiryFloor(t, 1)
		o := f.announce(f.offerOf(auction.Uniform, nil))
		f.registers(o.ID, f.firms[0])
		f.now.set(windowOpens)
		f.settle()
		f.bid(f.firms[0], o.ID, ask(50, 60*one))
		resume := OfferResume{o.ID, "恢复供电"}
		if halted {
			done[OfferResult](f.office, f.leader, OfferHalt{o.ID, "电力故障"})
			f.on(lastDay)
			done[OfferResult](f.office, f.leader, resume)
			f.bid(f.firms[0], o.ID, ask(51, 60*one))
			done[OfferResult](f.office, f.leader, OfferHalt{o.ID, "电力故障"})
			f.on(lastDay.AddDays(1))
			f.refuses(f.leader, resume, carbon.ErrExpired)
		} else {
			f.on(lastDay.AddDays(1))
			if o = f.offerNow(o.ID); o.State != auction.OfferBidding || o.ClosesAt.Date() <= lastDay {
				t.Fatalf("the window is %s until %s", o.State, o.ClosesAt)
			}
			f.refuses(f.firms[0].user, f.quoteOf(f.firms[0], o.ID, ask(51, 60*one)), carbon.ErrExpired)
			f.pass(o.ClosesAt)
			o = f.offerNow(o.ID)
			f.refuses(f.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"}, carbon.ErrExpired)
		}
		done[OfferResult](f.office, f.clerk, OfferVoid{o.ID, "the credits have expired"})
		f.restart()
		f.on(lastDay.AddDays(2))
		if got := f.units(ledger.CreditsExpired, 0); got != 1000 || f.offerNow(o.ID).State != auction.OfferVoid {
			t.Errorf("halted %t: %d units have expired, want all 1000", halted, got)
		}
		f.check()
	}
}

// Many orders and ranges end in steps, which a crash between them does not change.
func TestCreditExpiry_CrashBetweenSteps(t *testing.T) {
	t.Parallel()
	play := func(crashAt int) []carbon.Range {
		f := openExpiryFloor(t, 1)
		f.every = 1000
		for range expiryRanges + 20 {
			f.does(f.seller.user, f.transfer(f.seller, f.firms[0], 1))
		}
		f.places(f.seller, market.Sell, 5, 40)
		f.places(f.firms[0], market.Buy, 5, 30)
		if crashAt > 0 {
			f.crashOn(lastDay.AddDays(1), crashAt)
		}
		f.on(lastDay.AddDays(1))
		f.check()
		ranges := tableOf(f.office, CreditRanges)
		for i, r := range ranges {
			if ranges[i].Command = 0; r.State != carbon.RangeExpired || r.ExpiredOn != lastDay.AddDays(1) {
				t.Errorf("crash at %d: %+v", crashAt, r)
			}
		}
		return ranges
	}
	want := play(0)
	if len(want) <= expiryRanges {
		t.Fatalf("%d ranges are one step", len(want))
	}
	for crashAt := 1; crashAt <= 3; crashAt++ {
		if got := play(crashAt); !slices.Equal(got, want) {
			t.Errorf("stopped at commit %d: %d ranges, want %d", crashAt, len(got), len(want))
		}
	}
}

// Units whose last day is over pass to no new operator: those that a freeze kept expire
// as the former one's, also where he is another on the day that it is over.
func TestCreditExpiry_OperatorChange(t *testing.T) {
	t.Parallel()
	f := openExpiryFloor(t, 1)
	next := f.carbon.successor(9)
	f.on(lastDay)
	freeze := done[FreezeResult](f.office, f.leader, FreezePlace{FreezeTerms: freezingUnits(f.seller, "a", 50)}).Freeze.ID
	done[carbon.OperatorChange](f.office, f.leader, SchemeOperatorSet{
		Scheme: f.carbon.scheme.ID, Operator: next.party, ValidFrom: lastDay.AddDays(2), WithUnits: true, Document: "agreement",
	})
	f.on(lastDay.AddDays(1))
	done[FreezeResult](f.office, f.leader, FreezeRelease{freeze, "lifted"})
	f.on(lastDay.AddDays(2))
	if passed := rowsIn(f.office, Postings, Where("reason", int64(ledger.CreditTransfer))); len(passed) > 0 {
		t.Errorf("passed after the last day: %+v", passed)
	}
	if got := f.units(ledger.CreditsExpired, 0); got != 1000 {
		t.Errorf("%d units have expired, want all 1000", got)
	}
	f.check()
}

// crashOn lets a day come, and stops the server at a commit of what is due on it.
func (f *expiryFloor) crashOn(day calendar.Date, at int) {
	f.t.Helper()
	commands := 0
	f.crashDuring(func() { f.on(day) }, func(b *Batch) bool {
		commands += len(b.Journal)
		return commands <= at
	})
}

// Whatever is done with credits before, on and after their last day, what is free is gone
// after it, and each unit has one fate (I-65, I-66, I-131).
func TestCreditExpiry_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		f := openExpiryFloor(t, 2)
		firms := append([]firm{f.seller}, f.firms...)
		random := rand.New(rand.NewPCG(seed, 131))
		did := map[identity.Operation]int{}
		freezes, blocks, issued := []int64{1}, []int64{1}, int64(2)
		f.every = 40
		for n := range 360 {
			if n%40 == 0 {
				f.on(lastDay.AddDays(n/40 - 4))
			}
			at := random.IntN(3)
			x, y := firms[at], firms[(at+1+random.IntN(2))%3]
			units := 1 + random.Int64N(60)
			person := x.user
			var command Command
			switch random.IntN(12) {
			case 0:
				person, command = f.leader, FreezePlace{FreezeTerms: freezingUnits(x, fmt.Sprint(n), units)}
			case 1:
				person, command = f.leader, FreezeRelease{freezes[random.IntN(len(freezes))], "lifted"}
			case 2:
				person, command = f.leader, CreditRevoke{Issuance: 1 + random.Int64N(2), Units: units, Document: "d"}
			case 3:
				c := f.block(y, quantity.Quantity(99+units))
				c.Party = x.party
				command = c
			case 4:
				command = BlockStep{Block: blocks[random.IntN(len(blocks))], Event: market.BlockConfirm}
			case 5:
				command = CreditRetire{Party: x.party, Series: 1, Units: 1 + units/20, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}
			case 6:
				first := 1 + random.Int64N(1000)
				person, command = f.seller.user, f.mirror(first, first+units/20)
			case 7:
				if issued > 2 {
					person, command = f.leader, IssuanceStep{Issuance: 3 + random.Int64N(issued-2), Event: carbon.Reject, Document: "d"}
					break
				}
				fallthrough
			case 8, 9:
				command = f.transfer(x, y, units)
			default:
				command = f.order(x, []market.Side{market.Buy, market.Sell}[random.IntN(2)], quantity.Quantity(1+units/4), 38+random.Int64N(4))
			}
			if f.do(person, command) == nil {
				did[command.Operation()]++
				switch r := f.results[len(f.results)-1].(type) {
				case FreezeResult:
					freezes = append(freezes, r.Freeze.ID)
				case BlockResult:
					blocks = append(blocks, r.Block.ID)
				case CreditMirrorResult:
					issued = max(issued, r.Issuance.ID)
				}
			}
			if n%60 == 59 {
				f.restart()
			}
		}
		for _, id := range freezes {
			f.do(f.leader, FreezeRelease{id, "lifted"})
		}
		for i := int64(3); i <= issued; i++ {
			f.do(f.leader, IssuanceStep{Issuance: i, Event: carbon.Reject, Document: "d"})
		}
		f.on(lastDay.AddDays(10))
		f.check()
		retired, expired := f.units(ledger.CreditsRetired, 0), f.units(ledger.CreditsExpired, 0)
		if held := rowsIn(f.office, CreditRanges, Where("state", string(carbon.Held))); len(held) > 0 || f.units(ledger.CreditsIssued, 0) != retired+expired || expired == 0 {
			t.Errorf("%d are issued, %d retired, %d have expired, %d ranges are held", f.units(ledger.CreditsIssued, 0), retired, expired, len(held))
		}
		walked(t, did, []identity.Operation{
			identity.FreezePlace, identity.FreezeRelease, identity.CreditRevoke, identity.BlockPropose, identity.CreditRetire,
			identity.CreditMirror, identity.IssuanceStep, identity.CreditTransfer, identity.OrderPlace,
		})
	}
}

// What was changed by hand is found.
func TestCheck_Expiry(t *testing.T) {
	t.Parallel()
	f := openExpiryFloor(t, 1)
	f.does(f.leader, FreezePlace{FreezeTerms: freezingUnits(f.seller, "a", 50)})
	f.on(lastDay.AddDays(1))
	f.on(lastDay.AddDays(2))
	f.check()
	seen := func(what, table string) {
		t.Helper()
		found, err := Check(t.Context(), f.store, f.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-131" && v.Table == table }) {
			t.Errorf("%s: %v, %v", what, found, err)
		}
	}
	spoilt(f.office, CreditSeries, 1, func(s *carbon.Series) { s.ValidTo = 20260930 }, func() { seen("another end", CreditSeries.name) })
	spoilt(f.office, CreditSeries, 1, func(s *carbon.Series) { s.ValidTo = 0 }, func() { seen("no end", CreditRanges.name) })
	expired := rowsIn(f.office, CreditRanges, Where("state", string(carbon.RangeExpired)))[0].ID
	spoilt(f.office, CreditRanges, expired, func(r *carbon.Range) { r.ExpiredOn = lastDay }, func() { seen("before its day", CreditRanges.name) })
	spoilt(f.office, Issuances, 1, func(i *carbon.Issuance) { i.ExpiredUnits++ }, func() { seen("units of an issuance", Issuances.name) })
	timer := rowsIn(f.office, PendingTimes, Where("purpose", timerExpiry).And("state", Eq, string(TimerPending)))[0]
	spoilt(f.office, PendingTimes, timer.ID, func(x *Timer) { x.State = TimerDone }, func() { seen("no timer", CreditSeries.name) })
	spoilt(f.office, PendingTimes, timer.ID, func(x *Timer) { x.DueAt = lastDay.AddDays(5).Start() }, func() { seen("a late timer", CreditSeries.name) })
	id, _ := f.app.st.ledger.Find(ledger.CreditKey(ledger.Credits, "330421", "JXCP-2025", f.seller.party))
	spoilt(f.office, Balances, int64(id), func(b *ledger.Balance) { b.Held = 0 }, func() { seen("available after the day", Balances.name) })
}

// spoilt looks at a row that is changed for a moment.
func spoilt[R any](o *office, t Table[R], id int64, spoil func(*R), look func()) {
	o.t.Helper()
	table := o.store.table(t.name)
	was, _ := table.rows[id].(R)
	row := was
	spoil(&row)
	table.put(id, row)
	look()
	table.put(id, was)
}
