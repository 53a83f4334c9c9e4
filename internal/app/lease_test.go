package app

import (
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// leaseOf is an offer of two months at a double price.
func (k *dealDesk) leaseOf(lessor, lessee firm, q quantity.Quantity) LeaseOffer {
	return LeaseOffer{
		LessorLicence: lessor.licence.ID, LesseeLicence: lessee.licence.ID, Instrument: k.inst.Code, Quantity: q,
		Price: 8000 * quantity.OnePrice, Months: 2, From: 20260710,
	}
}

func (k *dealDesk) lease(c LeaseOffer, by firm) encumbrance.Lease {
	k.t.Helper()
	return done[LeaseResult](k.office, by.user, c).Lease
}

func (k *dealDesk) leaseStep(l encumbrance.Lease, person int64, e encumbrance.LeaseEvent) encumbrance.Lease {
	k.t.Helper()
	return done[LeaseResult](k.office, person, LeaseStep{Lease: l.ID, Event: e, Document: "document", Note: "note"}).Lease
}

func (k *dealDesk) leaseNow(l encumbrance.Lease) encumbrance.Lease {
	return rowsOf(k.app.st, Leases).rows[l.ID]
}

// paidLease is a lease whose rent lies in escrow.
func (k *dealDesk) paidLease(c LeaseOffer, lessor, lessee firm) encumbrance.Lease {
	k.t.Helper()
	l := k.lease(c, lessor)
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	k.leaseStep(l, k.leader, encumbrance.ApproveLease)
	return k.leaseStep(l, lessee.user, encumbrance.PayLease)
}

// Fact 14: 5 t/a at 8000 for 2 months cost 6,666.67. The lessor's permits and
// surplus are held, no balance moves; the lessor is paid on the first day, and
// the lease ends by itself, also when the server was down on its last day.
func TestLease_RunsItsTime(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 7_000_00)
	key := HoldingKey(lessor.licence, k.inst, ledger.Paid)
	l := k.lease(k.leaseOf(lessor, lessee, 5*one), lessor)
	if l.Amount != 6_666_67 || k.balance(key).Held != int64(5*one) || k.surplus(lessor).Held != 5*one {
		t.Fatalf("%+v, %+v held", l, k.balance(key))
	}
	k.refuses(lessor.user, k.sell(lessor, 6*one), ledger.ErrInsufficient)
	k.refuses(lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.PayLease}, encumbrance.ErrLeaseState)
	k.refuses(lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeLease}, encumbrance.ErrLeaseState)
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	k.refuses(k.leader, LeaseStep{Lease: l.ID, Event: encumbrance.ApproveLease}, encumbrance.ErrStepDocument)
	k.leaseStep(l, k.leader, encumbrance.ApproveLease)
	l = k.leaseStep(l, lessee.user, encumbrance.PayLease)
	if l.StartsOn != 20260710 || l.EndsOn != 20260909 || k.balance(ledger.FundsKey(lessee.party)).Balance != 333_33 {
		t.Fatalf("%+v, %s", l, k.funds(lessee))
	}
	if k.balance(ledger.FundsKey(lessor.party)).Balance != 0 || k.balance(ledger.MoneyKey(ledger.Escrow)).Held != 6_666_67 {
		t.Error("the rent was paid before the first day")
	}
	k.advance(calendar.Date(20260710).Start())
	if l = k.leaseNow(l); l.State != encumbrance.LeaseActive || k.balance(ledger.FundsKey(lessor.party)).Balance != 6_666_67 {
		t.Fatalf("%+v", l)
	}
	if in, out := k.app.st.useRights(lessee.licence.ID, vocs, k.now.get().Date()); in != 5*one || out != 0 {
		t.Errorf("the lessee may use %s", in)
	}
	// The lessee has nothing that he could sell, pledge or lease on.
	k.refuses(lessee.user, k.sell(lessee, one), rulebook.ErrNotForSale)
	k.refuses(lessee.user, k.leaseOf(lessee, lessor, one), rulebook.ErrNotForSale)
	k.advance(calendar.Date(20260909).Start())
	if k.leaseNow(l).State != encumbrance.LeaseActive {
		t.Error("it ended before its last day was over")
	}
	if err := k.app.Close(); err != nil {
		t.Fatal(err)
	}
	k.now.set(calendar.Date(20260920).Start()) // down on the day
	k.start()
	k.check()
	if l = k.leaseNow(l); l.State != encumbrance.LeaseReturned || k.balance(key).Held != 0 || k.surplus(lessor).Held != 0 {
		t.Errorf("%+v, %+v", l, k.balance(key))
	}
	if in, _ := k.app.st.useRights(lessee.licence.ID, vocs, k.now.get().Date()); in != 0 {
		t.Errorf("the lessee may still use %s", in)
	}
}

// What is refused names its rule.
func TestLease_Refused(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	lessor, lessee, far := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 1_000_00), k.buyer(qingpu, 3, 0+1)
	free := k.firm(jiashan, 4)
	k.giveFree(free, 3*one)
	offer := k.leaseOf(lessor, lessee, 5*one)
	for _, c := range []struct {
		name   string
		change func(*LeaseOffer)
		by     firm
		want   *fault.Error
	}{
		{"13 months", func(c *LeaseOffer) { c.Months = 13 }, lessor, rulebook.ErrLeaseMonths},
		{"no months", func(c *LeaseOffer) { c.Months = 0 }, lessor, fault.Invalidf("months", "")},
		{"more than there is", func(c *LeaseOffer) { c.Quantity = 11 * one }, lessor, ledger.ErrInsufficient},
		{"free permits", func(c *LeaseOffer) { c.LessorLicence = free.licence.ID }, free, rulebook.ErrNotForSale},
		{"to oneself", func(c *LeaseOffer) { c.LesseeLicence = lessor.licence.ID }, lessor, encumbrance.ErrOwnLease},
		{"to another region", func(c *LeaseOffer) { c.LesseeLicence = far.licence.ID }, lessor, encumbrance.ErrLeaseRegion},
		{"from yesterday", func(c *LeaseOffer) { c.From = 20260630 }, lessor, ErrLeasePast},
		{"beyond the term", func(c *LeaseOffer) { c.From, c.Months = 20310601, 2 }, lessor, encumbrance.ErrLeaseBeyondTerm},
		{"another's permits", func(*LeaseOffer) {}, lessee, ErrNoRecord},
		{"for nothing", func(c *LeaseOffer) { c.Quantity, c.Price, c.Months = 1, 1, 1 }, lessor, encumbrance.ErrLeaseAmount},
	} {
		bad := offer
		c.change(&bad)
		if f := k.do(c.by.user, bad); f == nil || f.Code != c.want.Code {
			t.Errorf("%s: %v, want %s", c.name, f, c.want.Code)
		}
	}
	l := k.lease(offer, lessor)
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	k.leaseStep(l, k.leader, encumbrance.ApproveLease)
	k.refuses(lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.PayLease}, ledger.ErrInsufficient)
	k.refuses(far.user, LeaseStep{Lease: l.ID, Event: encumbrance.WithdrawLease}, ErrNoRecord)
	k.advance(k.leaseNow(l).DueOn.AddDays(1).Start())
	if got := k.leaseNow(l); got.State != encumbrance.LeaseLapsed {
		t.Errorf("not paid in time: %s", got.State)
	}
}

// Both sides end a lease early, with as much of the rent back as they agree on;
// the bureau revokes one; a lease that is paid and does not begin gives the rent back.
func TestLease_EndsEarly(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 20_000_00)
	l := k.paidLease(k.leaseOf(lessor, lessee, 5*one), lessor, lessee)
	other := k.paidLease(k.leaseOf(lessor, lessee, one), lessor, lessee)
	done[LeaseResult](k.office, k.leader, LeaseStep{Lease: other.ID, Event: encumbrance.RevokeLease, Document: "order", Note: "closed"})
	if b := k.balance(ledger.FundsKey(lessee.party)).Balance; b != 20_000_00-6_666_67 {
		t.Errorf("the rent did not come back: %d", b)
	}
	k.advance(calendar.Date(20260710).Start())
	k.refuses(lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.AskEnd, Refund: 6_666_68}, encumbrance.ErrLeaseRefund)
	k.refuses(lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd}, encumbrance.ErrLeaseState)
	done[LeaseResult](k.office, lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.AskEnd, Refund: 3_333_33})
	k.refuses(lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd}, encumbrance.ErrLeaseState)
	k.refuses(lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd, Refund: 3_333_34}, encumbrance.ErrLeaseOtherRefund)
	k.refuses(lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd}, encumbrance.ErrLeaseOtherRefund)
	if months, rent, err := l.Unused(20260710); months != 1 || rent != 3_333_33 || err != nil {
		t.Errorf("%d months have not begun, of CNY %s (%v)", months, rent, err)
	}
	l = done[LeaseResult](k.office, lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd, Refund: 3_333_33}).Lease
	if l.State != encumbrance.LeaseEndedEarly || k.balance(ledger.FundsKey(lessor.party)).Balance != 6_666_67-3_333_33 || k.balance(HoldingKey(lessor.licence, k.inst, ledger.Paid)).Held != 0 {
		t.Errorf("%+v", l)
	}
	k.advance(calendar.Date(20260912).Start()) // the timer of its last day finds nothing to do
}

// A lease that was paid is asked about again on its first day: where its lessee's
// licence or its lessor may no longer, it lapses with the reason, and both have
// back what was held. What was mended by then begins.
func TestLease_RefusedOnItsDay(t *testing.T) {
	t.Parallel()
	licence := func(k *dealDesk, f firm, s catalog.LicenceState) {
		k.does(k.leader, LicenceState{Licence: f.licence.ID, State: s, Reason: "r", Document: "d"})
	}
	for name, c := range map[string]struct {
		change func(k *dealDesk, lessor, lessee firm)
		why    string
	}{
		"lessee revoked": {func(k *dealDesk, _, lessee firm) { licence(k, lessee, catalog.LicenceRevoked) }, "licence.in_force: "},
		"lessor listed": {func(k *dealDesk, lessor, _ firm) {
			k.does(k.leader, FactRecord{Kind: rulebook.Blacklisted, Party: lessor.party, Value: rulebook.Listed, ValidFrom: 20260701, Document: "d"})
		}, "party.blacklist: "},
		"suspended, and again in force": {func(k *dealDesk, lessor, _ firm) {
			licence(k, lessor, catalog.LicenceSuspended)
			licence(k, lessor, catalog.LicenceValid)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := openTermDesk(t)
			lessor, lessee := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 7_000_00)
			l := k.paidLease(k.leaseOf(lessor, lessee, 5*one), lessor, lessee)
			c.change(k, lessor, lessee)
			if got := k.leaseNow(l); got.State != encumbrance.LeasePaid {
				t.Fatalf("before its day it is %s", got.State)
			}
			k.advance(calendar.Date(20260710).Start())
			steps := rowsIn(k.office, EncumbranceSteps, Where("reference", l.ID))
			last := steps[len(steps)-1]
			permits, mine, his := k.balance(HoldingKey(lessor.licence, k.inst, ledger.Paid)), k.balance(ledger.FundsKey(lessor.party)), k.balance(ledger.FundsKey(lessee.party))
			switch got := k.leaseNow(l); {
			case c.why == "":
				if got.State != encumbrance.LeaseActive || mine.Balance != int64(got.Amount) {
					t.Errorf("it is %s, the lessor has %d", got.State, mine.Balance)
				}
			case got.State != encumbrance.LeaseLapsed || got.Rent != 0 || !strings.HasPrefix(last.Note, c.why):
				t.Errorf("it is %s, rent %d, by %q", got.State, got.Rent, last.Note)
			case permits.Held != 0 || k.surplus(lessor).Held != 0 || mine.Balance != 0 || his.Balance != 7_000_00 || k.balance(ledger.MoneyKey(ledger.Escrow)).Balance != 0:
				t.Errorf("held %d t/a, the lessor has %d, the lessee %d", permits.Held, mine.Balance, his.Balance)
			}
			k.restart()
			k.check()
			k.advance(calendar.Date(20260912).Start()) // the timer of its last day
		})
	}
}

// A freeze waits behind a lease and a pledge and gets what they give back; a
// merger carries both along; the end of the term ends both.
func TestEncumbrances_CarriedAndEnded(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	f, lessee, heir := k.seller(jiashan, 1, 10*one), k.buyer(jiashan, 2, 20_000_00), k.firm(jiashan, 3)
	l := k.paidLease(k.leaseOf(f, lessee, 5*one), f, lessee)
	p := k.registered(k.pledgeOf(f, 4*one))
	z := k.freeze(freezing(f, k.inst.Code, "court", 3*one))
	if k.frozenNow(z.ID) != "active 1/3" {
		t.Fatal(k.frozenNow(z.ID))
	}
	merger := SuccessionRecord{
		Kind: permit.Merger, Licence: f.licence.ID, EffectiveOn: 20260701, Document: "merger",
		Parts: []SuccessionShare{k.share(heir, ledger.Paid, 10*one, 10*one)},
	}
	split := merger
	split.Kind, split.Parts = permit.Division, []SuccessionShare{k.share(heir, ledger.Paid, 6*one, 6*one), k.share(f, ledger.Paid, 4*one, 4*one)}
	k.refuses(k.leader, split, permit.ErrBlocked)
	toLessee := merger
	toLessee.Parts = []SuccessionShare{k.share(lessee, ledger.Paid, 10*one, 10*one)}
	k.refuses(k.leader, toLessee, permit.ErrBlocked)
	done[SuccessionResult](k.office, k.leader, merger)
	if got := k.leaseNow(l); got.LessorLicence != heir.licence.ID || k.surplus(heir).Held != 5*one {
		t.Errorf("%+v", got)
	}
	if got := rowsOf(k.app.st, Pledges).rows[p.ID]; got.Licence != heir.licence.ID || k.balance(HoldingKey(heir.licence, k.inst, ledger.Paid)).Available() != 0 {
		t.Errorf("%+v", got)
	}
	k.restart()
	k.advance(calendar.Date(20260910).Start())
	if k.leaseNow(l).State != encumbrance.LeaseReturned || k.frozenNow(z.ID) != "active 3/3" {
		t.Errorf("%s, %s", k.leaseNow(l).State, k.frozenNow(z.ID))
	}
	late := k.leaseOf(heir, lessee, one)
	late.From, late.Months = 20310601, 1
	running := k.paidLease(late, heir, lessee)
	waiting := k.lease(late, heir)
	k.advance(calendar.Date(20310601).Start())
	k.advance(calendar.Date(20310702).Start())
	if k.leaseNow(running).State != encumbrance.LeaseReturned || k.leaseNow(waiting).State != encumbrance.LeaseClosed ||
		rowsOf(k.app.st, Pledges).rows[p.ID].State != encumbrance.PledgeEnded || k.termEndRow().State != TermEndDone {
		t.Error(k.leaseNow(running).State, k.leaseNow(waiting).State, rowsOf(k.app.st, Pledges).rows[p.ID].State)
	}
}
