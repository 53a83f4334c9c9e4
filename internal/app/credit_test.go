package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// carbonOffice is an office with a scheme that counts bus rides, its operator
// and a verifier.
type carbonOffice struct {
	*office
	scheme             carbon.Scheme
	owner              firm
	operator, verifier int64
}

func openCarbon(t *testing.T) *carbonOffice {
	t.Helper()
	o := openOffice(t)
	return carbonOf(o, o.firm("330421", 1))
}

// carbonOf registers the scheme of a firm in an office.
func carbonOf(office *office, owner firm) *carbonOffice {
	office.t.Helper()
	o := &carbonOffice{office: office, owner: owner}
	o.operator = o.person("operator", GrantAdd{Role: identity.Operator, Region: "330421", Party: o.owner.party})
	o.verifier = o.person("verifier", GrantAdd{Role: identity.Verifier})
	o.scheme = done[carbon.Scheme](o.office, o.leader, SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: "330421", Operator: o.owner.party, SerialUnit: quantity.OneTonne, Salt: "S1", ValidFrom: 20250101,
		Source: "project default",
	})
	done[MethodologyResult](o.office, o.leader, MethodologyRegister{
		Code: "PV", Version: 1, Name: "distributed PV", Formula: "energy * grid", ResultUnit: "tCO2e", RoundTo: quantity.OneTonne, Rounding: carbon.RoundDown,
		Most: 100_000 * quantity.OneTonne, ValidFrom: 20250101, Source: "project default",
		Inputs: []carbon.Input{
			{Name: "energy", Unit: "MWh", Most: 1_000_000 * quantity.OneMeasure},
			{Name: "capacity", Unit: "MW", Most: 6 * quantity.OneMeasure, MostExcluded: true},
		},
		Factors: []carbon.Factor{{Name: "grid", Unit: "tCO2e/MWh", Value: "0.5", Source: "project default"}},
	})
	return o
}

func digest(n int64) string { return fmt.Sprintf("%064x", n) }

// pool is a month of the scheme's participants.
func (o *carbonOffice) pool(outbox, units int64) CreditIssue {
	return CreditIssue{Scheme: o.scheme.ID, Methodology: "PV", Month: 20260501, Units: units, EvidenceDigest: digest(outbox), Items: 100, Outbox: outbox}
}

// issue brings a pool and issues it.
func (o *carbonOffice) issue(outbox, units int64) carbon.Issuance {
	o.t.Helper()
	i := done[IssuanceResult](o.office, o.operator, o.pool(outbox, units)).Issuance
	o.does(o.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "report"})
	return done[IssuanceResult](o.office, o.leader, IssuanceStep{Issuance: i.ID, Event: carbon.Issue}).Issuance
}

func (o *carbonOffice) credits(kind ledger.Kind, party int64) int64 {
	return o.balance(ledger.CreditKey(kind, "330421", "JXCP-2026", party)).Balance / int64(quantity.OneTonne)
}

// A pool is issued once, however often its message comes, and only after a
// second person has verified it.
func TestCredit_Pool(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	first := done[IssuanceResult](o.office, o.operator, o.pool(1, 500))
	if again := done[IssuanceResult](o.office, o.operator, o.pool(1, 500)); again != first {
		t.Errorf("the message again: got %+v; want %+v", again, first)
	}
	o.refuses(o.operator, o.pool(1, 501), ErrOutboxUsed)
	twice := o.pool(2, 7)
	twice.EvidenceDigest = digest(1)
	o.refuses(o.operator, twice, ErrEvidenceUsed)
	running := o.pool(2, 7)
	running.Month = 20260701
	o.refuses(o.operator, running, ErrDayToCome)
	unknown := o.pool(2, 7)
	unknown.Methodology = "BUS"
	o.refuses(o.operator, unknown, ErrNoMethodology)
	id := first.Issuance.ID
	o.refuses(o.leader, IssuanceStep{Issuance: id, Event: carbon.Issue}, carbon.ErrIssuanceStep)
	o.refuses(o.operator, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d"}, carbon.ErrIssuanceStep)
	o.refuses(o.verifier, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d", Failed: 1}, carbon.ErrEvidenceFailed)
	o.does(o.leader, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d"})
	o.refuses(o.leader, IssuanceStep{Issuance: id, Event: carbon.Issue}, carbon.ErrSamePerson)
	issued := done[IssuanceResult](o.office, o.second, IssuanceStep{Issuance: id, Event: carbon.Issue})
	if issued.Serial != "JXCP-PV-P202605-2026-1-500" || o.credits(ledger.Credits, o.owner.party) != 500 || o.credits(ledger.CreditsIssued, 0) != 500 {
		t.Errorf("got %q, %d of the operator, %d issued", issued.Serial, o.credits(ledger.Credits, o.owner.party), o.credits(ledger.CreditsIssued, 0))
	}
	o.restart()
	if second := o.issue(2, 3); second.FirstUnit != 501 || second.LastUnit != 503 {
		t.Errorf("the next units are %d to %d", second.FirstUnit, second.LastUnit)
	}
	o.check()
}

// A month is counted once, whether the registry's own intake brings it or the
// operator of another; after a rejection the other may.
func TestCredit_PoolOfTwoIntakes(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	system := func(c CreditIssue) Answer {
		t.Helper()
		o.keys++
		a, err := o.app.DoSystem(t.Context(), fmt.Sprintf("delivery-%d", o.keys), c)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := done[IssuanceResult](o.office, o.operator, o.pool(1, 500)).Issuance
	c := o.pool(1, 500)
	c.EvidenceDigest = digest(7)
	if a := system(c); a.Status != 422 || !strings.Contains(string(a.Body), ErrPeriodCounted.Code) {
		t.Errorf("delivered as well: %d %s", a.Status, a.Body)
	}
	o.does(o.verifier, IssuanceStep{Issuance: first.ID, Event: carbon.Reject, Document: "d"})
	if a := system(c); a.Status >= 300 {
		t.Errorf("delivered after the other was rejected: %d %s", a.Status, a.Body)
	}
	o.refuses(o.operator, o.pool(2, 500), ErrPeriodCounted.At("month"))
	april := o.pool(2, 500)
	april.Month = 20260401
	o.does(o.operator, april)
	running := o.pool(3, 500)
	running.Month = o.now.get().Date()/100*100 + 1
	o.refusesAt(o.operator, running, ErrDayToCome, "month")
	o.check()
}

// A scheme that is split by participant has several intakes: each brings its part of a month
// by numbers of its own. One of them is never counted twice.
func TestCredit_PoolOfNamedIntakes(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	of := func(name string, evidence int64) CreditIssue {
		c := o.pool(1, 500)
		c.Intake, c.EvidenceDigest = name, digest(evidence)
		return c
	}
	first := done[IssuanceResult](o.office, o.operator, of("EAST", 1)).Issuance
	second := done[IssuanceResult](o.office, o.operator, of("WEST", 2)).Issuance
	third := done[IssuanceResult](o.office, o.operator, of("", 3)).Issuance
	if first.ID == second.ID || second.ID == third.ID || first.Outbox != second.Outbox || first.Source != second.Source || second.Intake != "WEST" {
		t.Errorf("two intakes: %+v, %+v", first, second)
	}
	o.restart()
	if again := done[IssuanceResult](o.office, o.operator, of("WEST", 2)).Issuance; again != second {
		t.Errorf("a message again: %+v", again)
	}
	o.refuses(o.operator, of("WEST", 4), ErrOutboxUsed)
	o.refuses(o.operator, of("west", 4), fault.Invalidf("intake", ""))
	o.refuses(o.operator, of("NORTH", 2), ErrEvidenceUsed)
	a, err := o.app.DoSystem(t.Context(), "delivery", of("", 5))
	if err != nil || a.Status != 422 || !strings.Contains(string(a.Body), ErrPeriodCounted.Code) {
		t.Errorf("by the registry's own intake as well: %+v, %v", a, err)
	}
	o.check()
}

// A project's period is computed by its methodology, once, unless another
// register counts it.
func TestCredit_Project(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	plant := o.firm("330421", 2)
	register := CreditProjectRegister{Scheme: o.scheme.ID, Code: "PV1", Name: "roof", Methodology: "PV", Party: plant.party, Identifier: "GRID-1", Document: "d"}
	project := done[carbon.Project](o.office, o.clerk, register)
	o.refuses(o.clerk, register, ErrProjectCode)
	declare := func(from, to calendar.Date, evidence int64, energy, capacity string) CreditDeclare {
		return CreditDeclare{
			Project: project.ID, PeriodFrom: from, PeriodTo: to, EvidenceDigest: digest(evidence), Items: 12,
			Values: []carbon.Value{{Name: "energy", Amount: o.measure(energy)}, {Name: "capacity", Unit: "MW", Amount: o.measure(capacity)}},
		}
	}
	o.refusesAt(plant.user, declare(20260101, 20260331, 1, "2001", "6"), carbon.ErrInputLimit, "values/1")
	i := done[IssuanceResult](o.office, plant.user, declare(20260101, 20260331, 1, "2001", "5.9")).Issuance
	if i.Units != 1000 || i.State != carbon.Computed || i.Sample != "" {
		t.Errorf("got %+v; want 1000 t, computed", i)
	}
	o.refuses(plant.user, declare(20260331, 20260430, 2, "2000", "5"), ErrPeriodCounted)
	o.refuses(o.owner.user, declare(20260401, 20260430, 2, "2000", "5"), ErrNoRecord)
	o.does(o.leader, ExclusionImport{Region: "330421", List: carbon.GreenCertificate, Source: "list", Entries: []ExclusionEntry{{Identifier: "GRID-1", ValidFrom: 20260501}}})
	o.refuses(plant.user, declare(20260401, 20260501, 2, "2000", "5"), carbon.ErrExcluded)
	o.does(plant.user, declare(20260401, 20260430, 2, "2000", "5"))
	if checked := done[IssuanceResult](o.office, o.operator, IssuanceStep{Issuance: i.ID, Event: carbon.Check}); len(strings.Split(checked.Issuance.Sample, ",")) != 3 {
		t.Errorf("of 12 pieces of evidence the sample is %q", checked.Issuance.Sample)
	}
	o.does(o.verifier, IssuanceStep{Issuance: i.ID, Event: carbon.Reject, Document: "meter"})
	o.does(plant.user, declare(20260101, 20260331, 1, "1900", "5.9")) // what was rejected is declared again
	o.check()
}

// Credits that were wrong are taken back as far as they are unspent; the rest
// is owed, and nothing is issued before it is repaid.
func TestCredit_Revocation(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	buyer := o.firm("330421", 2)
	i := o.issue(1, 100)
	series := int64(1)
	o.does(o.owner.user, CreditTransfer{Party: o.owner.party, Series: series, To: buyer.party, Units: 70, Document: "d"})
	r := done[RevocationResult](o.office, o.leader, CreditRevoke{Issuance: i.ID, Units: 50, Document: "audit"})
	if r.Revoked != 30 || r.Debt.Units != 20 || o.credits(ledger.CreditsIssued, 0) != 70 {
		t.Errorf("got %+v; want 30 revoked and 20 owed", r)
	}
	o.refuses(o.leader, CreditRevoke{Issuance: i.ID, Units: 51, Document: "audit"}, fault.Invalidf("units", ""))
	o.does(o.operator, o.pool(2, 10))
	o.does(o.verifier, IssuanceStep{Issuance: 2, Event: carbon.Verify, Document: "d"})
	o.refuses(o.leader, IssuanceStep{Issuance: 2, Event: carbon.Issue}, carbon.ErrDebtOpen)
	o.refuses(o.owner.user, CreditRepay{Debt: r.Debt.ID, Series: series, Units: 20}, carbon.ErrUnits)
	o.does(buyer.user, CreditTransfer{Party: buyer.party, Series: series, To: o.owner.party, Units: 20, Document: "bought back"})
	o.does(o.owner.user, CreditRepay{Debt: r.Debt.ID, Series: series, Units: 20})
	o.does(o.leader, IssuanceStep{Issuance: 2, Event: carbon.Issue})
	if o.credits(ledger.CreditsIssued, 0) != 60 || o.credits(ledger.Credits, buyer.party) != 50 {
		t.Errorf("%d are issued, the buyer has %d", o.credits(ledger.CreditsIssued, 0), o.credits(ledger.Credits, buyer.party))
	}
	o.check()
}

// Fact 44 through the commands: of an obligation of 1,000,000 t credits may
// offset 50,000 t.
func TestCredit_Offset(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.issue(1, 60_000)
	duty := done[carbon.Obligation](o.office, o.leader, ObligationRecord{
		Party: o.owner.party, Year: 2026, Amount: 1_000_000 * quantity.OneTonne, Document: "d",
	})
	retire := CreditRetire{
		Party: o.owner.party, Series: 1, Units: 50_001, Purpose: carbon.Offset, Beneficiary: "firm", Occasion: "2026", Obligation: duty.ID,
	}
	o.refuses(o.owner.user, retire, carbon.ErrOffsetCap)
	retire.Units = 50_000
	r := done[RetirementResult](o.office, o.owner.user, retire)
	if r.Retirement.Amount != 50_000*quantity.OneTonne || len(r.Serials) != 1 || r.Serials[0] != "JXCP-PV-P202605-2026-1-50000" {
		t.Errorf("got %+v", r)
	}
	retire.Units = 1
	o.refuses(o.owner.user, retire, carbon.ErrOffsetCap)
	retire.Purpose, retire.Obligation = carbon.Voluntary, 0
	o.does(o.owner.user, retire)
	o.check()
}

// Whatever is transferred, retired and revoked, in any order and over
// restarts, each unit is in one range and the ledger says the same.
func TestCredit_Random(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	random := rand.New(rand.NewPCG(4, 3))
	firms := []firm{o.owner, o.firm("330421", 2), o.firm("330424", 3)}
	issued, units := int64(0), int64(0)
	for n := range int64(450) {
		from, to := firms[random.IntN(3)], firms[random.IntN(3)]
		some := 1 + random.Int64N(30)
		switch random.IntN(40) {
		case 0:
			if o.do(o.operator, o.pool(issued+1, 10*some)) == nil {
				issued++
				o.does(o.verifier, IssuanceStep{Issuance: issued, Event: carbon.Verify, Document: "d"})
				o.do(o.leader, IssuanceStep{Issuance: issued, Event: carbon.Issue})
			}
		case 1:
			if issued > 0 {
				o.do(o.leader, CreditRevoke{Issuance: 1 + random.Int64N(issued), Units: some, Document: "d"})
			}
		case 2, 3:
			o.do(from.user, CreditRetire{Party: from.party, Series: 1, Units: some, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
		case 4:
			o.do(o.owner.user, CreditRepay{Debt: 1 + random.Int64N(3), Series: 1, Units: some})
		default:
			o.do(from.user, CreditTransfer{Party: from.party, Series: 1, To: to.party, Units: some, Document: "d"})
		}
		if n%150 == 149 {
			o.check()
			o.restart()
		}
	}
	o.check()
	for _, f := range firms {
		units += o.credits(ledger.Credits, f.party)
	}
	if total := o.credits(ledger.CreditsIssued, 0); total != units+o.credits(ledger.CreditsRetired, 0) || total == 0 {
		t.Errorf("%d are issued, %d held", total, units)
	}
}

// What cannot be must be refused, and name the field.
func TestCredit_Refuses(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.issue(1, 10)
	other := o.firm("330421", 2)
	o.refuses(other.user, CreditTransfer{Party: o.owner.party, Series: 1, To: other.party, Units: 1, Document: "d"}, ErrNoRecord)
	o.refuses(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 2, To: other.party, Units: 1, Document: "d"}, ErrNoRecord)
	o.refuses(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 1, To: o.owner.party, Units: 1, Document: "d"}, ErrSameHolder)
	o.refuses(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 1, To: other.party, Units: 11, Document: "d"}, carbon.ErrUnits)
	o.refuses(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 1, To: other.party, Units: 0, Document: "d"}, fault.Invalidf("units", ""))
	o.does(o.leader, PartyState{Party: other.party, State: catalog.PartySuspended, Reason: "r"})
	o.refuses(o.owner.user, CreditTransfer{Party: o.owner.party, Series: 1, To: other.party, Units: 1, Document: "d"}, ErrPartyClosed.At("to"))
	o.refuses(o.leader, SchemeRegister{
		Code: "JXCP", Name: "n", Region: "330421", Operator: o.owner.party, SerialUnit: quantity.OneTonne, Salt: "S", ValidFrom: 20250101, Source: "s",
	}, ErrSchemeTaken)
	scenario := ScenarioRegister{Scheme: o.scheme.ID, Code: "ROOF", Name: "n", Methodology: "PV", PointsOf: "energy", ValidFrom: 20260101, Source: "s"}
	o.refusesAt(o.leader, scenario, fault.Invalidf("points_rate", ""), "points_rate") // points of an input, and none for it
	scenario.PointsRate = quantity.OneMeasure
	o.does(o.leader, scenario)
	o.refuses(o.leader, scenario, ErrNewVersion)
	scenario.ValidFrom, scenario.PointsOf = 20260201, "steps"
	o.refuses(o.leader, scenario, ErrNoSuchInput)
	o.check()
}

func (o *carbonOffice) measure(s string) quantity.Measure {
	m, err := quantity.ParseMeasure("value", s)
	if err != nil {
		o.t.Fatal(err)
	}
	return m
}
