package app

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// neighbours are two schemes of one registry: the office's JXCP, whose unit is a
// tonne, and HZCP, which counts kilograms and recognises nine tenths of JXCP's
// photovoltaics.
type neighbours struct {
	*carbonOffice
	other carbon.Scheme
}

func openNeighbours(t *testing.T) *neighbours {
	t.Helper()
	n := &neighbours{carbonOffice: openCarbon(t)}
	n.other = done[carbon.Scheme](n.office, n.leader, SchemeRegister{
		Code: "HZCP", Name: "杭州碳普惠", Region: "330421", Operator: n.owner.party, SerialUnit: quantity.OneReduction, Salt: "S2", ValidFrom: 20250101, Source: "project default",
	})
	n.does(n.clerk, n.row("JXCP", 900_000))
	return n
}

func (n *neighbours) row(origin string, factor quantity.Ratio) RecognitionSet {
	return RecognitionSet{
		Scheme: n.other.ID, Origin: origin, Methodology: "PV", Unit: quantity.OneTonne, Factor: factor, ValidFrom: 20260101, Document: "长三角互认 1",
	}
}

func (n *neighbours) mirror(serial, lock string) CreditMirror {
	return CreditMirror{Scheme: n.other.ID, Party: n.owner.party, Serial: serial, Lock: lock}
}

func (n *neighbours) wantHeld(when string, balance, held int64) {
	n.t.Helper()
	b := n.balance(ledger.CreditKey(ledger.Credits, "330421", "JXCP-2026", n.owner.party))
	if b.Balance != balance*int64(quantity.OneTonne) || b.Held != held*int64(quantity.OneTonne) {
		n.t.Errorf("%s: %d with %d held; want %d and %d t", when, b.Balance, b.Held, balance, held)
	}
}

// Units are locked at home, exactly those of the serial number; the issuance that
// they become is verified and issued by others, keeps the serial number, and is
// an outsider's in an offset. No unit is mirrored twice.
func TestMirror_AtHome(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.issue(1, 100)
	got := done[CreditMirrorResult](n.office, n.owner.user, n.mirror("JXCP-PV-P202605-2026-11-30", ""))
	if i := got.Issuance; i.Units != 18_000 || i.Origin != "JXCP-PV-P202605-2026-11-30" || i.State != carbon.Checked || i.Scheme != n.other.ID {
		t.Errorf("20 t by 0.9: %+v", i)
	}
	n.wantHeld("locked", 100, 20)
	n.check()
	n.restart()
	n.refuses(n.owner.user, n.mirror("JXCP-PV-P202605-2026-30-31", ""), carbon.ErrMirrored)
	n.refuses(n.owner.user, CreditTransfer{Party: n.owner.party, Series: 1, To: n.owner.party, Units: 81, Document: "d"}, ErrSameHolder)
	n.refuses(n.owner.user, CreditRetire{Party: n.owner.party, Series: 1, Units: 81, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}, carbon.ErrUnits)
	id := got.Issuance.ID
	n.does(n.verifier, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d"})
	issued := done[IssuanceResult](n.office, n.leader, IssuanceStep{Issuance: id, Event: carbon.Issue})
	if issued.Serial != "HZCP-PV-P202605-2026-101-18100" {
		t.Errorf("issued %s", issued.Serial)
	}
	n.wantHeld("issued", 100, 20)
	duty := done[carbon.Obligation](n.office, n.leader, ObligationRecord{Party: n.owner.party, Year: 2026, Amount: 1000 * quantity.OneTonne, Document: "d"})
	r := done[RetirementResult](n.office, n.owner.user, CreditRetire{
		Party: n.owner.party, Series: 2, Units: 1000, Purpose: carbon.Offset, Beneficiary: "firm", Occasion: "2026", Obligation: duty.ID,
	})
	if r.Serials[0] != "HZCP-PV-P202605-2026-101-1100" || !slices.Equal(r.Origins, []string{"JXCP-PV-P202605-2026-11-30"}) {
		t.Errorf("retired %v of %v", r.Serials, r.Origins)
	}
	if d := rowsIn(n.office, CarbonDuties, Query{})[0]; d.Used != quantity.OneTonne || d.UsedOutside != quantity.OneTonne {
		t.Errorf("of the obligation %s is offset, %s from outside", d.Used, d.UsedOutside)
	}
	n.check()
}

// Where only half of what credits may offset may come from outside, 25,000 t of an
// obligation of a million do and no kilogram more; the rest is of its own. What a duty
// says of it is its retirements.
func TestMirror_OffsetOutside(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.does(n.leader, ParameterSet{Key: rulebook.OffsetOutside, Region: "330000", Value: "0.5", ValidFrom: n.now.get().Date(), Document: "half"})
	n.issue(1, 60_000)
	got := done[CreditMirrorResult](n.office, n.owner.user, n.mirror("JXCP-PV-P202605-2026-1-30000", ""))
	n.does(n.verifier, IssuanceStep{Issuance: got.Issuance.ID, Event: carbon.Verify, Document: "d"})
	n.does(n.leader, IssuanceStep{Issuance: got.Issuance.ID, Event: carbon.Issue})
	duty := done[carbon.Obligation](n.office, n.leader, ObligationRecord{Party: n.owner.party, Year: 2026, Amount: 1_000_000 * quantity.OneTonne, Document: "d"})
	if duty.Share != 50_000 || duty.Outside != 500_000 {
		t.Fatalf("the duty: %+v", duty)
	}
	offset := func(series, units int64) CreditRetire {
		return CreditRetire{Party: n.owner.party, Series: series, Units: units, Purpose: carbon.Offset, Beneficiary: "firm", Occasion: "2026", Obligation: duty.ID}
	}
	n.refuses(n.owner.user, offset(2, 25_001_000), carbon.ErrOffsetCap)
	n.does(n.owner.user, offset(2, 25_000_000))
	n.refuses(n.owner.user, offset(2, 1), carbon.ErrOffsetCap)
	n.refuses(n.owner.user, offset(1, 25_001), carbon.ErrOffsetCap)
	n.does(n.owner.user, offset(1, 25_000))
	n.refuses(n.owner.user, offset(1, 1), carbon.ErrOffsetCap)
	n.check()
	was := rowsIn(n.office, CarbonDuties, Query{})[0]
	if was.Used != 50_000*quantity.OneTonne || was.UsedOutside != 25_000*quantity.OneTonne {
		t.Errorf("the duty: %+v", was)
	}
	for _, change := range []func(*carbon.Obligation){
		func(o *carbon.Obligation) { o.UsedOutside-- }, func(o *carbon.Obligation) { o.UsedOutside = 0 },
		func(o *carbon.Obligation) { o.Outside-- }, func(o *carbon.Obligation) { o.Used-- },
	} {
		row := was
		change(&row)
		n.store.table(CarbonDuties.name).put(row.ID, row)
		found, err := Check(t.Context(), n.store, n.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-68" && v.ID == row.ID }) {
			t.Errorf("%+v is not seen: %v %v", row, found, err)
		}
	}
}

// What is rejected is unlocked, and can be mirrored again.
func TestMirror_Rejected(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.issue(1, 100)
	n.does(n.owner.user, CreditTransfer{Party: n.owner.party, Series: 1, To: n.firm("330421", 2).party, Units: 10, Document: "d"})
	n.refuses(n.owner.user, n.mirror("JXCP-PV-P202605-2026-10-20", ""), carbon.ErrNotHeld)
	first := done[CreditMirrorResult](n.office, n.owner.user, n.mirror("JXCP-PV-P202605-2026-11-20", ""))
	n.does(n.verifier, IssuanceStep{Issuance: first.Issuance.ID, Event: carbon.Reject, Document: "no agreement"})
	n.wantHeld("rejected", 90, 0)
	n.check()
	n.does(n.owner.user, n.mirror("JXCP-PV-P202605-2026-15-100", ""))
	n.wantHeld("again", 90, 86)
	n.check()
}

// Units of another registry are mirrored by the document that has locked them
// there; the table is dated, and says how many.
func TestMirror_OfAnotherRegistry(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	serial := "SHCP-PV-P202604-2025-501-600"
	n.refuses(n.owner.user, n.mirror(serial, "沪锁 1"), carbon.ErrNotRecognised)
	n.does(n.clerk, n.row("SHCP", quantity.OneRatio))
	later := n.row("SHCP", 500_000)
	n.refuses(n.clerk, later, ErrNewVersion)
	later.ValidFrom = 20260801
	n.does(n.clerk, later)
	n.refuses(n.owner.user, n.mirror(serial, ""), ErrLock)
	got := done[CreditMirrorResult](n.office, n.owner.user, n.mirror(serial, "沪锁 1"))
	if got.Issuance.Units != 100_000 || got.Mirror.Home != 0 || got.Mirror.Place == 0 {
		t.Errorf("mirrored: %+v", got)
	}
	n.refuses(n.owner.user, n.mirror("SHCP-PV-P202604-2025-600-700", "沪锁 2"), carbon.ErrMirrored)
	n.later(40)
	half := done[CreditMirrorResult](n.office, n.owner.user, n.mirror("SHCP-PV-P202604-2025-601-700", "沪锁 2"))
	if half.Issuance.Units != 50_000 || half.Mirror.Place != got.Mirror.Place {
		t.Errorf("by the later row: %+v", half)
	}
	n.check()
}

// What cannot be is refused, and names the field.
func TestMirror_Refuses(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.issue(1, 10)
	for _, s := range []string{"", "JXCP-PV-P202605-2026-1", "JXCP-PV-P202605-2026-0-1", "JXCP-PV-P202605-2026-2-1", "JXCP-PV-P202605-2026-01-2", "jxcp-PV-P202605-2026-1-2"} {
		n.refuses(n.owner.user, n.mirror(s, ""), carbon.ErrSerial)
	}
	n.refuses(n.firm("330421", 2).user, n.mirror("JXCP-PV-P202605-2026-1-2", ""), identity.ErrNotYours)
	n.refuses(n.owner.user, n.mirror("JXCP-PV-P202606-2026-1-2", ""), carbon.ErrNotHeld)
	n.refuses(n.owner.user, n.mirror("JXCP-PV-P202605-2026-1-2", "d"), ErrLock)
	n.refuses(n.clerk, n.row("HZCP", quantity.OneRatio), fault.Invalidf("origin", ""))
	n.refuses(n.clerk, n.row("SHCP", quantity.OneRatio+1), fault.Invalidf("factor", ""))
	unit := n.row("JXCP", quantity.OneRatio)
	unit.Unit, unit.ValidFrom = quantity.OneReduction, 20260801
	n.refuses(n.clerk, unit, fault.Invalidf("unit", ""))
	n.does(n.clerk, n.row("SHCP", 900))
	for _, most := range []string{"1", "2000000000", "1099511627775"} { // less than a unit, more than an issuance may have, more than can be counted
		n.refusesAt(n.owner.user, n.mirror("SHCP-PV-P202604-2025-1-"+most, "d"), fault.Invalidf("serial", ""), "serial")
	}
	n.check()
}

// Who has declared the evidence of a mirror before keeps it: the mirror is refused
// before the commit, not by it.
func TestMirror_EvidenceUsed(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.issue(1, 100)
	serial := "JXCP-PV-P202605-2026-11-30"
	first := n.pool(2, 5)
	evidence := sha256.Sum256([]byte(serial))
	first.EvidenceDigest = hex.EncodeToString(evidence[:])
	n.does(n.operator, first)
	n.refuses(n.owner.user, n.mirror(serial, ""), ErrEvidenceUsed.At("serial"))
	n.wantHeld("refused", 100, 0)
	n.check()
}

// A scheme that is recognised already is registered with the unit that it is
// recognised with: otherwise nothing of it could be mirrored. The row can be
// replaced first.
func TestMirror_UnitOfHome(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	row := n.row("SHCP", quantity.OneRatio)
	n.does(n.clerk, row)
	home := SchemeRegister{
		Code: "SHCP", Name: "上海碳普惠", Region: "330421", Operator: n.owner.party, SerialUnit: quantity.OneReduction, Salt: "S3", ValidFrom: 20250101, Source: "project default",
	}
	n.refuses(n.leader, home, ErrRecognisedUnit)
	row.Unit, row.ValidFrom = quantity.OneReduction, n.now.get().Date().AddDays(1)
	n.does(n.clerk, row)
	n.refuses(n.leader, home, ErrRecognisedUnit)
	n.later(1)
	n.does(n.leader, home)
	n.check()
}

// later lets days go by.
func (o *carbonOffice) later(days int) {
	o.t.Helper()
	o.now.set(o.now.get().Date().AddDays(days).Start() + 10*3600*second)
	o.settle()
}

// Of a mirror whose issuance is wholly revoked the units at home are free again
// once nothing of it is owed, and can be mirrored anew.
func TestMirror_Revoked(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.issue(1, 100)
	buyer := n.firm("330421", 2)
	mirrored := func(serial string) int64 {
		t.Helper()
		id := done[CreditMirrorResult](n.office, n.owner.user, n.mirror(serial, "")).Issuance.ID
		n.verify(id)
		n.does(n.leader, IssuanceStep{Issuance: id, Event: carbon.Issue})
		return id
	}
	first := mirrored("JXCP-PV-P202605-2026-11-30")
	n.does(n.leader, CreditRevoke{Issuance: first, Units: 1000, Document: "audit"})
	n.wantHeld("partly revoked", 100, 20)
	n.does(n.leader, CreditRevoke{Issuance: first, Units: 17_000, Document: "audit"})
	n.wantHeld("revoked", 100, 0)
	spent := mirrored("JXCP-PV-P202605-2026-11-30")
	n.does(n.owner.user, CreditTransfer{Party: n.owner.party, Series: 2, To: buyer.party, Units: 500, Document: "d"})
	owed := done[RevocationResult](n.office, n.leader, CreditRevoke{Issuance: spent, Units: 18_000, Document: "audit"}).Debt
	n.wantHeld("owed", 100, 20)
	n.does(buyer.user, CreditTransfer{Party: buyer.party, Series: 2, To: n.owner.party, Units: 500, Document: "bought back"})
	n.does(n.owner.user, CreditRepay{Debt: owed.ID, Series: 2, Units: 200})
	n.wantHeld("partly owed", 100, 20)
	n.does(n.owner.user, CreditRepay{Debt: owed.ID, Series: 2, Units: 300})
	n.wantHeld("repaid", 100, 0)
	n.restart()
	n.check()
}

// What is still to be reduced cannot be recognised.
func TestMirror_FutureVintage(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	n.does(n.clerk, n.row("SHCP", quantity.OneRatio))
	n.refuses(n.owner.user, n.mirror("SHCP-PV-P202701-2027-1-10", "沪锁 1"), ErrDayToCome)
	n.check()
}

// Where a part of a mirror's issuance has expired and the rest is revoked nothing of it is left, in
// whichever order that happens: the units at home are free again once nothing is owed.
func TestMirror_ExpiredAndRevoked(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"expire revoke repay", "revoke expire repay", "revoke repay expire"} {
		n := openNeighbours(t)
		n.does(n.leader, CreditLifeSet{Scheme: n.other.ID, VintageFrom: 2025, Months: 8, Document: "d"})
		n.does(n.leader, CreditLifeSet{Scheme: n.other.ID, VintageFrom: 2026, Months: 0, Document: "d"})
		buyer := n.firm("330421", 2)
		pooled := func(scheme, outbox, units int64, month calendar.Date) {
			c := n.pool(outbox, units)
			c.Scheme, c.Month = scheme, month
			n.issues(done[IssuanceResult](n.office, n.operator, c).Issuance.ID)
		}
		pooled(n.scheme.ID, 1, 100, 20250501)
		mirrored := n.issues(done[CreditMirrorResult](n.office, n.owner.user, n.mirror("JXCP-PV-P202505-2025-11-30", "")).Issuance.ID)
		pooled(n.other.ID, 2, 6000, 20260501)
		n.does(n.owner.user, CreditTransfer{Party: n.owner.party, Series: 2, To: buyer.party, Units: 8000, Document: "d"})
		n.does(buyer.user, CreditRetire{Party: buyer.party, Series: 2, Units: 5000, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
		at := ledger.CreditKey(ledger.Credits, "330421", "JXCP-2025", n.owner.party)
		expired := false
		for _, step := range strings.Fields(order) {
			if held := n.balance(at).Held; held != 20*int64(quantity.OneTonne) {
				t.Errorf("%s, before %s: %d are locked at home", order, step, held)
			}
			switch step {
			case "expire":
				expired = true
				n.now.set(lastDay.AddDays(1).Start() + 10*3600*second)
				n.settle()
			case "revoke":
				units := int64(15_000) // what the party has, and what was retired
				if expired {
					units = 5000
				}
				n.does(n.leader, CreditRevoke{Issuance: mirrored, Units: units, Document: "audit"})
			default:
				n.does(n.owner.user, CreditRepay{Debt: 1, Series: 3, Units: 5000})
			}
			n.check()
		}
		i := tableOf(n.office, Issuances)[mirrored-1]
		if held := n.balance(at).Held; held != 0 || i.State != carbon.Revoked || i.ExpiredUnits == 0 || i.RevokedUnits+i.ExpiredUnits != i.Units {
			t.Errorf("%s: %d are locked at home, the issuance is %+v", order, held, i)
		}
		n.restart()
		n.check()
	}
}

// issues lets an issuance be verified and its units be issued.
func (n *neighbours) issues(id int64) int64 {
	n.t.Helper()
	n.does(n.verifier, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "report"})
	n.does(n.leader, IssuanceStep{Issuance: id, Event: carbon.Issue})
	return id
}
