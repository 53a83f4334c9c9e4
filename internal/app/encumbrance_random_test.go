package app

import (
	"fmt"
	"math/rand"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// Whatever is leased, pledged, frozen, sold, merged, renewed and restarted in
// any order, every hold is that of an open record, conservation holds and no
// bank has a permit: after each command permitx check says so, and the rows are
// what the writer remembers. In the end the term takes all of it back.
func TestEncumbrance_Random(t *testing.T) {
	t.Parallel()
	for _, seed := range []int64{1, 2} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := openEncumbranceWalk(t, seed)
			for range 100 {
				w.step()
			}
			for _, want := range []string{"active", "registered", "demanded"} {
				if w.seen[want] == 0 {
					t.Errorf("nothing was ever %s: %v", want, w.seen)
				}
			}
			w.advance(calendar.Date(20310701).Start())
			w.advance(calendar.Date(20310702).Start())
			for l := range All(w.viewOf(), Leases) {
				if l.State.IsOpen() {
					t.Errorf("lease %d is %s after the term", l.ID, l.State)
				}
			}
			for p := range All(w.viewOf(), Pledges) {
				if p.State.IsOpen() {
					t.Errorf("pledge %d is %s after the term", p.ID, p.State)
				}
			}
		})
	}
}

type encumbranceWalk struct {
	*pledgeDesk
	r     *rand.Rand
	firms []firm
	seen  map[string]int
}

func openEncumbranceWalk(t *testing.T, seed int64) *encumbranceWalk {
	t.Helper()
	w := &encumbranceWalk{openPledgeDesk(t), rand.New(rand.NewSource(seed)), nil, map[string]int{}}
	for n := range 4 {
		f := w.seller(jiashan, n+1, 10*one)
		w.pay(f, 500_000_00)
		w.firms = append(w.firms, f)
		w.pledgers[f.licence.ID] = f
	}
	return w
}

func (w *encumbranceWalk) viewOf() *View { return &View{state: w.app.st} }

func (w *encumbranceWalk) firm() firm { return w.firms[w.r.Intn(len(w.firms))] }

func (w *encumbranceWalk) userOf(party int64) int64 {
	for _, f := range w.firms {
		if f.party == party {
			return f.user
		}
	}
	return w.leader
}

func (w *encumbranceWalk) some() quantity.Quantity { return one * quantity.Quantity(1+w.r.Intn(4)) }

// try sends a command that may be refused; send checks everything after it.
func (w *encumbranceWalk) try(person int64, c Command) { w.do(person, c) }

func (w *encumbranceWalk) step() {
	w.t.Helper()
	for l := range All(w.viewOf(), Leases) {
		w.seen[string(l.State)]++
	}
	for p := range All(w.viewOf(), Pledges) {
		w.seen[string(p.State)]++
	}
	a, b := w.firm(), w.firm()
	switch n := w.r.Intn(20); n {
	case 0, 1:
		c := w.leaseOf(a, b, w.some())
		c.From, c.Price, c.Months = w.now.get().Date().AddDays(w.r.Intn(20)), quantity.OnePrice*100, int32(1+w.r.Intn(3))
		w.try(a.user, c)
	case 2, 3, 4, 5, 6:
		w.leaseStepOf()
	case 7, 8:
		c := w.pledgeOf(a, w.some())
		c.Loan, c.Bank = quantity.Money(1+w.r.Intn(8_000_00)), w.banks[w.r.Intn(2)]
		for p := range All(w.viewOf(), Pledges) {
			if p.State.IsHeld() && p.Licence == a.licence.ID && w.r.Intn(2) == 0 {
				c.Behind, c.Quantity = p.Chain(), p.Left()
			}
		}
		w.try(a.user, c)
	case 9, 10, 11, 12, 13:
		w.pledgeStepOf()
	case 14:
		w.try(w.leader, FreezePlace{FreezeTerms: freezing(a, w.inst.Code, fmt.Sprint("order ", w.keys), w.some())})
	case 15:
		for f := range All(w.viewOf(), Freezes) {
			if f.State.IsOpen() {
				w.try(w.leader, FreezeRelease{f.ID, "lifted"})
				break
			}
		}
	case 16:
		w.try(a.user, w.sell(a, w.some()))
	case 17:
		w.advance(w.now.get().Date().AddDays(5 + w.r.Intn(25)).Start())
	case 18:
		w.restart()
	case 19:
		w.mergeOrRenew(a, b)
	}
}

func (w *encumbranceWalk) leaseStepOf() {
	for l := range All(w.viewOf(), Leases) {
		if !l.State.IsOpen() || w.r.Intn(3) == 0 {
			continue
		}
		e := encumbrance.LeaseEvents[w.r.Intn(len(encumbrance.LeaseEvents))]
		next := l.Possible(encumbrance.ByLessee, encumbrance.ByBureau)
		switch {
		case l.State == encumbrance.LeaseActive && w.r.Intn(3) > 0:
			continue
		case len(next) > 0 && w.r.Intn(8) > 0:
			e = next[0]
		}
		for _, person := range []int64{w.userOf(l.Lessor), w.userOf(l.Lessee), w.leader} {
			w.try(person, LeaseStep{Lease: l.ID, Event: e, Refund: 1, Document: "d", Note: "n"})
		}
		return
	}
}

func (w *encumbranceWalk) pledgeStepOf() {
	for p := range All(w.viewOf(), Pledges) {
		if !p.State.IsOpen() || w.r.Intn(3) == 0 {
			continue
		}
		e := encumbrance.PledgeEvents[w.r.Intn(len(encumbrance.PledgeEvents))]
		if next := p.Possible(encumbrance.ByBank, encumbrance.ByHolder, encumbrance.ByBureau); len(next) > 0 && w.r.Intn(4) > 0 {
			e = next[max(len(next)-1-w.r.Intn(4)/3, 0)]
			if !p.State.IsHeld() {
				e = next[0]
			}
		}
		terms := PledgeOffer{Pledge: p.ID, Quantity: min(w.some(), p.Left()), Price: 2000 * quantity.OnePrice, Document: "d"}
		switch {
		case p.State == encumbrance.PledgeOnSale && e != encumbrance.RecallPledged:
			buyer := w.firm()
			w.try(buyer.user, PledgeBuy{p.ID, buyer.licence.ID, 0})
		case e == encumbrance.OfferPledged:
			w.try(w.leader, terms)
		case e == encumbrance.TakePledged:
			w.try(w.leader, PledgeTake(terms))
		default:
			for _, person := range []int64{w.bankers[0], w.bankers[1], w.leader, w.pledgers[p.Licence].user} {
				w.try(person, PledgeStep{Pledge: p.ID, Event: e, Loan: p.Loan, Rate: 40_000, DueOn: 20310101, Claim: p.Loan + 1, Document: "d", Note: "n"})
			}
		}
		return
	}
}

// mergeOrRenew gives all of one firm to another, or applies for a new term.
func (w *encumbranceWalk) mergeOrRenew(a, b firm) {
	if w.r.Intn(2) == 0 {
		w.try(a.user, RenewalApply{Licence: a.licence.ID, Instrument: w.inst.Code, Origin: ledger.Paid, Quantity: w.some()})
		return
	}
	l := rowsOf(w.app.st, Licences).rows[a.licence.ID]
	has, surplus := w.viewOf().wholeOf(l)
	if l.State != catalog.LicenceValid || len(has) == 0 || a.licence.ID == b.licence.ID {
		return
	}
	q := has[permit.HoldingID{Instrument: w.inst.ID, Origin: ledger.Paid}]
	w.try(w.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: a.licence.ID, EffectiveOn: 20260701, Document: "merger",
		Parts: []SuccessionShare{w.share(b, ledger.Paid, q, surplus[vocs])},
	})
}
