package app

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// clearDesk is a desk at which a firm's orders rest on what a bureau decides.
type clearDesk struct {
	*dealDesk

	firm, heir firm
	project    int64
}

func openClearDesk(t *testing.T) *clearDesk {
	t.Helper()
	d := &clearDesk{dealDesk: openTermDesk(t)}
	d.firm, d.heir = d.seller(jiashan, 1, 4*one), d.seller(jiashan, 2, 4*one)
	d.pay(d.firm, 1_000_000_00)
	d.project = d.dealDesk.project(d.firm, one, quantity.OneRatio)
	return d
}

// place fills the book with orders of the firm that meet nobody.
func (d *clearDesk) place(n int, side market.Side) {
	d.t.Helper()
	for n > 0 {
		var b OrderBatch
		for range min(n, MaxCancels) {
			c := d.sell(d.firm, 100)
			if side == market.Buy {
				c = d.buy(d.firm, 100, 1)
				c.Project = d.project
			}
			b.Items = append(b.Items, OrderBatchItem{Place: c})
		}
		for _, r := range done[OrderBatchResult](d.office, d.firm.user, b).Items {
			if r.Fault != nil {
				d.t.Fatal(r.Fault)
			}
		}
		n -= len(b.Items)
	}
}

// The acts that clear the books first, and the side of the orders that rest on them.
var clearings = map[string]struct {
	side market.Side
	act  func(d *clearDesk) Command
}{
	"succession": {market.Sell, func(d *clearDesk) Command {
		return SuccessionRecord{
			Kind: permit.Merger, Licence: d.firm.licence.ID, EffectiveOn: today, Document: "d",
			Parts: []SuccessionShare{d.share(d.heir, ledger.Paid, 4*one, 4*one)},
		}
	}},
	"correction": {market.Sell, func(d *clearDesk) Command {
		return CorrectionRecord{d.allocationOf(d.firm), one, "counted twice", "d", today, 0}
	}},
	"project cancelled": {market.Buy, func(d *clearDesk) Command {
		return ProjectStep{Project: d.project, Event: permit.Cancel, Document: "d"}
	}},
	"project reduced": {market.Buy, func(d *clearDesk) Command {
		return ProjectStep{Project: d.project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: 100}}}
	}},
}

// prepare ends what would block an act, and freezes what would hide one.
func (d *clearDesk) prepare(name string) {
	if name == "succession" {
		d.does(d.leader, ProjectStep{Project: d.project, Event: permit.Cancel, Document: "d"})
	}
	if name == "correction" { // less than is to go back is left: whoever owes sells nothing
		d.freeze(freezing(d.firm, d.inst.Code, "c", 3*one+10_000))
	}
}

// However many orders a participant places, moves and withdraws, and wherever
// the server stops on the way, what two officers have decided is done: it comes
// to what it comes to without any order, and no order is left that rests on it.
func TestClearing(t *testing.T) {
	t.Parallel()
	for name, c := range clearings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := openClearDesk(t)
			plain.prepare(name)
			plain.does(plain.leader, c.act(plain))
			want := plain.outcome()
			for seed := range int64(2) {
				r := rand.New(rand.NewSource(seed))
				d := openClearDesk(t)
				d.prepare(name)
				before, crash := r.Intn(2), 1+r.Intn(4)
				d.place(before*500, c.side)
				p := d.office.propose(d.leader, c.act(d))
				if before == 1 {
					d.does(d.firm.user, OrderSweep{Party: d.firm.party})
				}
				d.place(1000, c.side)
				d.approveAndCrash(p, crash)
				if got := d.outcome(); !cmp.Equal(want, got) {
					t.Errorf("seed %d, stopped at commit %d: %s", seed, crash, cmp.Diff(want, got))
				}
				got := storedRow(d.office, Proposals, p.ID)
				if got.State != approval.Executed || got.DecidedBy != d.second || got.ApprovedIn == 0 || got.ApprovedIn >= got.Command {
					t.Errorf("seed %d: %+v", seed, got)
				}
			}
		})
	}
}

// approveAndCrash approves a proposal, and stops the server at a commit of what
// follows.
func (d *clearDesk) approveAndCrash(p approval.Proposal, at int) {
	d.t.Helper()
	commits := 0
	d.store.onCommit = func(*Batch) error {
		if commits++; commits > at {
			return ErrFenced
		}
		return nil
	}
	_, err := d.app.Do(d.t.Context(), identity.Actor{Person: d.second}, "approve-"+fmt.Sprint(p.ID), ProposalApprove{p.ID, p.EffectsDigest})
	if err != nil && !errors.Is(err, ErrFenced) { // the answer and the end may come at once
		d.t.Fatal(err)
	}
	d.settle()
	if err := d.app.Close(); err != nil && !errors.Is(err, ErrFenced) {
		d.t.Fatal(err)
	}
	d.store.onCommit = nil
	waits := must(Inbox(d.t.Context(), d.store, identity.Actor{Person: d.second}))
	state := storedRow(d.office, Proposals, p.ID).State
	if shown := slices.ContainsFunc(waits, func(w Waiting) bool { return w.ID == p.ID && w.Action == "clear" }); shown != (state == approval.Clearing) {
		d.t.Errorf("a proposal that is %s is in the inbox: %t", state, shown)
	}
	d.now.set(d.now.get() + calendar.Instant(LeaseTime.Microseconds()))
	d.start()
	d.check()
}

// outcome is what an act has come to, but for numbers.
func (d *clearDesk) outcome() string {
	d.t.Helper()
	s := d.app.st.surplus[surplusKey{d.firm.licence.ID, vocs}]
	out := fmt.Sprintln(len(d.app.st.orders), d.acquired(d.firm.licence), d.acquired(d.heir.licence), s.Verified, s.Used, s.Held, d.surplus(d.heir).Verified)
	for _, n := range rowsIn(d.office, ProjectNeeds, Where("project", d.project)) {
		out += fmt.Sprintln(n.Need, n.Needed, n.Open, n.Bought)
	}
	for _, debt := range rowsIn(d.office, Debts, Query{}) {
		out += fmt.Sprintln("owes", debt.Quantity)
	}
	id, _ := d.app.st.ledger.Find(HoldingKey(d.firm.licence, d.inst, ledger.Paid))
	b := d.app.st.ledger.BalanceOf(id)
	return out + fmt.Sprintln(b.Balance, b.Held, d.balance(ledger.FundsKey(d.firm.party)).Held, storedRow(d.office, Licences, d.firm.licence.ID).State)
}

// What would no longer be the same when the orders have left is not done: the
// proposal has failed, and says why.
func TestClearing_Failed(t *testing.T) {
	t.Parallel()
	d := openClearDesk(t)
	d.prepare("succession")
	d.place(2*MaxCancels, market.Sell)
	p := d.office.propose(d.leader, clearings["succession"].act(d))
	d.store.onCommit = func(b *Batch) error {
		if len(b.Journal) > 0 && b.Journal[0].Kind == string(identity.TimerFire) {
			return ErrFenced
		}
		return nil
	}
	if _, err := d.app.Do(t.Context(), identity.Actor{Person: d.second}, "approve", ProposalApprove{p.ID, p.EffectsDigest}); err != nil && !errors.Is(err, ErrFenced) {
		t.Fatal(err)
	}
	d.settle()
	if err := d.app.Close(); err != nil && !errors.Is(err, ErrFenced) {
		t.Fatal(err)
	}
	d.store.onCommit = nil
	d.now.set(d.heir.licence.ValidTo.AddDays(2).Start()) // the server stood still, and the heir's licence has ended
	d.start()
	d.check()
	got := storedRow(d.office, Proposals, p.ID)
	if got.State != approval.Failed || got.Reason == "" || got.DecidedBy != d.second {
		t.Errorf("%+v", got)
	}
	if l := storedRow(d.office, Licences, d.firm.licence.ID); l.State == catalog.LicenceRevoked || len(d.app.st.orders) != 0 {
		t.Errorf("%s, %d orders are open", l.State, len(d.app.st.orders))
	}
}
