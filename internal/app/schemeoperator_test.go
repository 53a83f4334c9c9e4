package app

import (
	"slices"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// successor is a party that takes a scheme over, with an operator's key.
type successor struct {
	firm
	operator int64
}

func (o *carbonOffice) successor(n int) successor {
	f := o.firm("330421", n)
	return successor{f, o.person("operator of a successor", GrantAdd{Role: identity.Operator, Region: "330421", Party: f.party})}
}

func (o *carbonOffice) handOver(to successor, withUnits bool) carbon.OperatorChange {
	o.t.Helper()
	return done[carbon.OperatorChange](o.office, o.leader, SchemeOperatorSet{
		Scheme: o.scheme.ID, Operator: to.party, ValidFrom: o.now.get().Date().AddDays(1), WithUnits: withUnits, Document: "agreement",
	})
}

// On its day the scheme has another operator: the former one declares nothing more,
// what waits is issued to the new one, and free units of pools pass, what is locked or
// was issued to a project does not.
func TestSchemeOperator(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	o, next := n.carbonOffice, n.successor(2)
	o.issue(1, 500)
	o.does(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 1, To: o.firm("330421", 3).party, Units: 100, Document: "sold"})
	o.does(o.owner.user, n.mirror("JXCP-PV-P202605-2026-111-140", ""))
	waits := done[IssuanceResult](o.office, o.operator, o.pool(2, 7)).Issuance
	o.refuses(o.clerk, SchemeOperatorSet{Scheme: o.scheme.ID, Operator: next.party, ValidFrom: o.now.get().Date(), Document: "d"}, fault.Invalidf("valid_from", ""))
	o.refuses(o.clerk, SchemeOperatorSet{Scheme: o.scheme.ID, Operator: o.owner.party, ValidFrom: o.now.get().Date().AddDays(1), Document: "d"}, carbon.ErrSameOperator)
	o.refuses(o.operator, SchemeOperatorSet{Scheme: o.scheme.ID, Operator: next.party, ValidFrom: o.now.get().Date().AddDays(1), Document: "d"}, identity.ErrForbidden)
	o.handOver(next, false)
	o.refuses(o.leader, SchemeOperatorSet{Scheme: o.scheme.ID, Operator: next.party, ValidFrom: o.now.get().Date().AddDays(2), Document: "d"}, carbon.ErrChangePlanned)
	withdrawn := done[carbon.OperatorChange](o.office, o.leader, SchemeOperatorSet{Scheme: o.scheme.ID, Operator: o.owner.party, Document: "not so"})
	if withdrawn.State != carbon.ChangeWithdrawn {
		t.Errorf("withdrawn: %+v", withdrawn)
	}
	change := o.handOver(next, true)
	o.refuses(next.operator, o.pool(3, 5), identity.ErrNotYours)
	o.check()

	o.later(1)
	o.refuses(o.operator, o.pool(3, 5), identity.ErrNotYours)
	o.does(next.operator, o.pool(3, 5))
	if c := storedRow(o.office, OperatorChanges, change.ID); c.State != carbon.ChangeDone || storedRow(o.office, OperatorChanges, withdrawn.ID).State != carbon.ChangeWithdrawn {
		t.Errorf("the change: %+v", c)
	}
	if former, now := o.credits(ledger.Credits, o.owner.party), o.credits(ledger.Credits, next.party); former != 30 || now != 370 {
		t.Errorf("the former operator has %d units, the new one %d; want 30 that are locked, and 370", former, now)
	}
	o.does(o.verifier, IssuanceStep{Issuance: waits.ID, Event: carbon.Verify, Document: "report"})
	if i := done[IssuanceResult](o.office, o.leader, IssuanceStep{Issuance: waits.ID, Event: carbon.Issue}).Issuance; i.Party != next.party {
		t.Errorf("issued to party %d", i.Party)
	}
	o.does(next.user, CreditRetire{Party: next.party, Series: 1, Units: 377, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
	o.check()
	o.restart()
	o.check()
}

// Units of many ranges pass in several commands; without with_units none do.
func TestSchemeOperator_ManyRanges(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.every = 100
	first, second, third := successor{o.owner, o.operator}, o.successor(2), o.successor(3)
	for k := range int64(operatorRanges) + 1 {
		o.issue(k+1, 1)
	}
	has := func(who successor, units int64) {
		t.Helper()
		if got := o.credits(ledger.Credits, who.party); got != units {
			t.Errorf("party %d has %d units; want %d", who.party, got, units)
		}
	}
	o.handOver(second, false)
	o.later(1)
	o.does(second.operator, o.pool(1000, 3))
	has(first, operatorRanges+1)
	if change := o.handOver(first, true); change.Former != second.party {
		t.Errorf("the second change: %+v", change)
	}
	o.later(1)
	change := o.handOver(third, true)
	o.later(1)
	o.does(third.operator, o.pool(1001, 3))
	has(first, 0)
	has(third, operatorRanges+1)
	if c := storedRow(o.office, OperatorChanges, change.ID); c.State != carbon.ChangeDone {
		t.Errorf("the third change: %+v", c)
	}
	o.check()
}

// An operator that takes no part on its day is asked for again later, and a change that
// was changed by hand is found.
func TestSchemeOperator_Closed(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	next := o.successor(2)
	change := o.handOver(next, true)
	o.issue(1, 5)
	o.does(o.leader, PartyState{Party: next.party, State: catalog.PartySuspended, Reason: "r"})
	o.later(1)
	o.does(o.operator, o.pool(2, 5))
	planned := storedRow(o.office, OperatorChanges, change.ID)
	if planned.State != carbon.ChangePlanned {
		t.Errorf("the change: %+v", planned)
	}
	o.check()
	for _, spoil := range []func(*carbon.OperatorChange){
		func(c *carbon.OperatorChange) { c.State = carbon.ChangeDone }, func(c *carbon.OperatorChange) { c.Former = 99 },
	} {
		row := planned
		spoil(&row)
		o.store.table(OperatorChanges.name).put(row.ID, row)
		found, err := Check(t.Context(), o.store, o.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-128" }) {
			t.Errorf("%+v is not seen: %v %v", row, found, err)
		}
	}
	o.store.table(OperatorChanges.name).put(planned.ID, planned)
	waits := rowsIn(o.office, Issuances, Where("id", int64(2)))[0]
	waits.Party = next.party
	o.store.table(Issuances.name).put(waits.ID, waits)
	found, err := Check(t.Context(), o.store, o.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-128" && v.Table == Issuances.name }) {
		t.Errorf("a pool that waits for another party is not seen: %v %v", found, err)
	}
	waits.Party = o.owner.party
	o.store.table(Issuances.name).put(waits.ID, waits)
	o.does(o.leader, PartyState{Party: next.party, State: catalog.PartyActive, Reason: "r"})
	o.later(1)
	o.does(next.operator, o.pool(3, 5))
	o.check()
}
