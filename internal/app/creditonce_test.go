package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/report"
)

// What can have been counted one way is not counted another way: a scenario and
// a methodology change from tomorrow on, also where the change has waited for
// its second person.
func TestRegister_ChangesFromTomorrow(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	today := o.now.get().Date()
	ride := ScenarioRegister{Scheme: o.scheme.ID, Code: "ROOF", Name: "n", Methodology: "PV", ValidFrom: 20260101, Source: "s"}
	o.does(o.leader, ride)
	version := o.methodology(2, 0)
	for _, from := range []calendar.Date{20260201, today.AddDays(-1), today} {
		ride.ValidFrom, version.ValidFrom = from, from
		o.refuses(o.leader, ride, ErrDaysCounted)
		o.refuses(o.leader, version, ErrDaysCounted)
	}
	version.Version, version.ValidFrom = 3, today.AddDays(1)
	o.refusesAt(o.leader, version, ErrNewVersion.With("the next version of PV is 2"), "version")
	version.Version, version.ValidFrom = 2, 20250101
	o.refusesAt(o.leader, version, ErrNewVersion, "valid_from")
	ride.ValidFrom, version.ValidFrom = today.AddDays(1), today.AddDays(1)
	late, lateVersion := o.propose(o.leader, ride), o.propose(o.leader, version)
	o.now.set(today.AddDays(1).Start() + 9*3600*second)
	for _, p := range []approval.Proposal{late, lateVersion} {
		if refused, _ := o.send(o.second, ProposalApprove{p.ID, p.EffectsDigest}); refused == nil || refused.Code != ErrDaysCounted.Code {
			t.Errorf("%s a day late: %v", p.Operation, refused)
		}
	}
	ride.ValidFrom, version.ValidFrom = today.AddDays(2), today.AddDays(2)
	o.does(o.leader, version)
	o.does(o.leader, ride)
	ended := ride
	ended.Code, ended.ValidFrom, ended.ValidTo = "ENDED", 20260101, 20260331
	o.does(o.leader, ended)
	ended.ValidFrom, ended.ValidTo = 20260331, 0
	o.refuses(o.leader, ended, ErrDaysCounted)
	ended.ValidFrom = 20260401 // nobody counted these days
	o.does(o.leader, ended)
}

// methodology is the next version of the office's: other factor, same inputs.
func (o *carbonOffice) methodology(version int32, from calendar.Date) MethodologyRegister {
	return MethodologyRegister{
		Code: "PV", Version: version, Name: "distributed PV", Formula: "energy * grid", ResultUnit: "tCO2e", RoundTo: quantity.OneTonne, Rounding: carbon.RoundDown,
		Most: 100_000 * quantity.OneTonne, ValidFrom: from, Source: "project default",
		Inputs:  []carbon.Input{{Name: "energy", Unit: "MWh", Most: 1_000_000 * quantity.OneMeasure}},
		Factors: []carbon.Factor{{Name: "grid", Unit: "tCO2e/MWh", Value: "0.4", Source: "project default"}},
	}
}

// plantOf registers a project for a plant; declared says what it has reduced, 2 MWh a tonne.
func (o *carbonOffice) plantOf(scheme int64, code string, f firm, identifier string) carbon.Project {
	o.t.Helper()
	return done[carbon.Project](o.office, o.clerk, CreditProjectRegister{
		Scheme: scheme, Code: code, Name: "roof", Methodology: "PV", Party: f.party, Identifier: identifier, Document: "d",
	})
}

func (o *carbonOffice) declared(p carbon.Project, from, to calendar.Date, evidence int64) CreditDeclare {
	return CreditDeclare{
		Project: p.ID, PeriodFrom: from, PeriodTo: to, EvidenceDigest: digest(evidence), Items: 12,
		Values: []carbon.Value{{Name: "energy", Amount: o.measure("2000")}, {Name: "capacity", Unit: "MW", Amount: o.measure("5")}},
	}
}

// A period lies within one version of its methodology, which computes it.
func TestDeclare_WithinOneVersion(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	f := o.firm("330421", 2)
	p := o.plantOf(o.scheme.ID, "PV1", f, "GRID-9")
	next := o.methodology(2, 20260711)
	next.Inputs = append(next.Inputs, carbon.Input{Name: "capacity", Unit: "MW", Most: 6 * quantity.OneMeasure})
	o.does(o.leader, next)
	o.now.set(calendar.NewDate(2026, 8, 1).Start())
	o.refuses(f.user, o.declared(p, 20260701, 20260731, 1), ErrVersions)
	if i := done[IssuanceResult](o.office, f.user, o.declared(p, 20260701, 20260710, 1)).Issuance; i.Units != 1000 {
		t.Errorf("by the first version: %d t", i.Units)
	}
	if i := done[IssuanceResult](o.office, f.user, o.declared(p, 20260711, 20260731, 2)).Issuance; i.Units != 800 {
		t.Errorf("by the second version: %d t", i.Units)
	}
	o.refuses(f.user, o.declared(p, 20241231, 20250131, 3), ErrNoMethodology)
}

// What is wrong with a declaration is named by its place in it: a value, or the values
// where one is missing or all of them come to less than a serial unit.
func TestDeclare_Fields(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	f := o.firm("330421", 2)
	p := o.plantOf(o.scheme.ID, "PV1", f, "GRID-9")
	value := func(name, unit, amount string) carbon.Value {
		return carbon.Value{Name: name, Unit: unit, Amount: o.measure(amount)}
	}
	energy, capacity := value("energy", "MWh", "2000"), value("capacity", "MW", "5")
	for _, c := range []struct {
		values []carbon.Value
		want   *fault.Error
		field  string
	}{
		{[]carbon.Value{energy, value("capacity", "MWh", "5")}, carbon.ErrUnitMismatch, "values/1"},
		{[]carbon.Value{energy, capacity, value("area", "m2", "5")}, carbon.ErrUnknownInput, "values/2"},
		{[]carbon.Value{value("energy", "MWh", "-1"), capacity}, carbon.ErrInputLimit, "values/0"},
		{[]carbon.Value{energy}, carbon.ErrMissingInput, "values"},
		{[]carbon.Value{value("energy", "MWh", "1"), capacity}, fault.Invalidf("values", ""), "values"},
	} {
		d := o.declared(p, 20260101, 20260131, 1)
		d.Values = c.values
		o.refusesAt(f.user, d, c.want, c.field)
	}
	o.refusesAt(f.user, o.declared(p, 20251201, 20260131, 1), fault.Invalidf("period_to", ""), "period_to")
}

// A plant is counted once, whatever its projects are called and whichever
// scheme they are of; what was rejected is free again.
func TestDeclare_OnePlant(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	f := o.firm("330421", 2)
	other := done[carbon.Scheme](o.office, o.leader, SchemeRegister{
		Code: "HZCP", Name: "杭州碳普惠", Region: "330421", Operator: o.owner.party, SerialUnit: quantity.OneTonne, Salt: "S2", ValidFrom: 20250101, Source: "project default",
	})
	first, twin := o.plantOf(o.scheme.ID, "PV1", f, "GRID-9"), o.plantOf(o.scheme.ID, "PV1B", f, "GRID-9")
	away, another := o.plantOf(other.ID, "PV1", o.owner, "GRID-9"), o.plantOf(o.scheme.ID, "PV2", f, "GRID-10")
	march := done[IssuanceResult](o.office, f.user, o.declared(first, 20260301, 20260331, 1)).Issuance
	o.refuses(f.user, o.declared(twin, 20260331, 20260430, 2), ErrPeriodCounted)
	o.refuses(o.owner.user, o.declared(away, 20260301, 20260301, 2), ErrPeriodCounted)
	o.does(f.user, o.declared(another, 20260301, 20260331, 2))
	o.does(o.owner.user, o.declared(away, 20260401, 20260430, 3))
	o.does(o.verifier, IssuanceStep{Issuance: march.ID, Event: carbon.Reject, Document: "meter"})
	o.does(f.user, o.declared(twin, 20260301, 20260331, 4))
	o.check()
	row := rowsIn(o.office, Issuances, Where("id", int64(2)))[0]
	row.Plant = "GRID-9" // of GRID-10, in March
	o.store.table(Issuances.name).put(row.ID, row)
	found, err := Check(t.Context(), o.store, o.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-100" }) {
		t.Errorf("a plant that is counted twice is not seen: %v %v", found, err)
	}
}

// Credits are not made for a party that could do nothing with them.
func TestCredit_ClosedParty(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	f := o.firm("330421", 2)
	p := o.plantOf(o.scheme.ID, "PV1", f, "GRID-9")
	i := done[IssuanceResult](o.office, f.user, o.declared(p, 20260301, 20260331, 1)).Issuance
	o.verify(i.ID)
	o.does(o.leader, PartyState{Party: f.party, State: catalog.PartySuspended, Reason: "r"})
	o.refuses(o.leader, IssuanceStep{Issuance: i.ID, Event: carbon.Issue}, ErrPartyClosed.At("id"))
	o.refuses(f.user, o.declared(p, 20260401, 20260430, 2), ErrPartyClosed)
	o.refuses(o.clerk, CreditProjectRegister{
		Scheme: o.scheme.ID, Code: "PV2", Name: "roof", Methodology: "PV", Party: f.party, Identifier: "GRID-10", Document: "d",
	}, ErrPartyClosed)
	o.does(o.leader, PartyState{Party: f.party, State: catalog.PartyActive, Reason: "r"})
	o.does(o.leader, IssuanceStep{Issuance: i.ID, Event: carbon.Issue})
}

// verify has an issuance checked, where it is not, and verified.
func (o *carbonOffice) verify(id int64) {
	o.t.Helper()
	if i := rowsIn(o.office, Issuances, Where("id", id))[0]; i.State == carbon.Computed {
		o.does(o.operator, IssuanceStep{Issuance: id, Event: carbon.Check})
	}
	o.does(o.verifier, IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "report"})
}

// Who verifies an issuance has fetched its sample, himself and while it waited;
// it is recorded when.
func TestIssuance_Look(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	i := done[IssuanceResult](o.office, o.operator, o.pool(1, 10)).Issuance
	verify := IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "report"}
	blind := func(person int64) {
		t.Helper()
		if refused, _ := o.send(person, verify); refused == nil || refused.Code != carbon.ErrNotLooked.Code {
			t.Errorf("verified without a look: %v", refused)
		}
	}
	blind(o.verifier)
	o.does(o.leader, SampleLook{i.ID})
	blind(o.verifier)
	o.refuses(o.person("operator of Nanhu", GrantAdd{Role: identity.Operator, Region: "330402", Party: o.owner.party}), SampleLook{i.ID}, identity.ErrNotYours)
	another := o.person("operator of another scheme", GrantAdd{Role: identity.Operator, Region: "330421", Party: o.firm("330421", 7).party})
	o.refuses(another, SampleLook{i.ID}, identity.ErrNotYours)
	o.refuses(another, IssuanceStep{Issuance: i.ID, Event: carbon.Check, Document: "d"}, identity.ErrNotYours)
	first := done[carbon.Look](o.office, o.verifier, SampleLook{i.ID})
	o.now.set(o.now.get() + 3600*second)
	if again := done[carbon.Look](o.office, o.verifier, SampleLook{i.ID}); again != first || first.Person != o.verifier || first.LookedAt == 0 {
		t.Errorf("the second look is %+v, the first was %+v", again, first)
	}
	o.restart()
	if refused, _ := o.send(o.verifier, verify); refused != nil {
		t.Error(refused)
	}
	o.refuses(o.verifier, SampleLook{i.ID}, carbon.ErrIssuanceStep)
	o.check()
	for want, of := range map[string]int64{"the look of another": o.leader, "a look that came later": o.verifier} {
		table := o.store.table(Looks.name)
		moved := first
		if moved.Person = of; of == o.verifier {
			moved.Command = 1 << 40
		}
		table.put(first.ID, moved)
		found, err := Check(t.Context(), o.store, o.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-109" && v.Table == Issuances.name && v.ID == i.ID }) {
			t.Errorf("%s: %v, %v", want, found, err)
		}
		table.put(first.ID, first)
	}
}

// What a list has got since a plant was declared is found when the declaration is
// checked, and again when it is issued. What it has got since then an auditor finds, as
// long as there is something to revoke.
func TestIssuance_ExcludedSince(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.does(o.leader, CreditLifeSet{Scheme: o.scheme.ID, VintageFrom: 2026, Months: 1, Document: "d"})
	f := o.firm("330421", 2)
	p := o.plantOf(o.scheme.ID, "PV1", f, "GRID-9")
	march := done[IssuanceResult](o.office, f.user, o.declared(p, 20260301, 20260331, 1)).Issuance
	april := done[IssuanceResult](o.office, f.user, o.declared(p, 20260401, 20260430, 2)).Issuance
	o.verify(march.ID)
	o.does(o.clerk, ExclusionImport{Region: "330421", List: carbon.CCER, Source: "list", Entries: []ExclusionEntry{{Identifier: "GRID-9", ValidFrom: 20260101}}})
	o.refuses(o.operator, IssuanceStep{Issuance: april.ID, Event: carbon.Check}, carbon.ErrExcluded)
	o.refuses(o.leader, IssuanceStep{Issuance: march.ID, Event: carbon.Issue}, carbon.ErrExcluded)
	o.does(o.clerk, ExclusionCorrect{Exclusion: 1, ValidFrom: 20260101, ValidTo: 20260331, Document: "ended"})
	o.does(o.operator, IssuanceStep{Issuance: april.ID, Event: carbon.Check})
	o.refuses(o.leader, IssuanceStep{Issuance: march.ID, Event: carbon.Issue}, carbon.ErrExcluded)
	o.does(o.clerk, ExclusionCorrect{Exclusion: 1, ValidFrom: 20260101, Void: true, Document: "another plant"})
	o.does(o.leader, IssuanceStep{Issuance: march.ID, Event: carbon.Issue})
	if found := o.exceptions(ExceptionQuery{Kind: report.ListedSince}); len(found) > 0 {
		t.Errorf("by entries that are void: %q", found)
	}
	o.does(o.clerk, ExclusionImport{Region: "330421", List: carbon.LocalETS, Source: "list", Entries: []ExclusionEntry{
		{Identifier: "GRID-9", ValidFrom: 20260401}, {Identifier: "GRID-9", ValidFrom: 20260101, ValidTo: 20260301},
	}})
	want := fmt.Sprintf("listed_since_issue [{issuance %d} {exclusion 3} {credit_project %d}]", march.ID, p.ID)
	if found := o.exceptions(ExceptionQuery{Kind: report.ListedSince}); !slices.Equal(found, []string{want}) {
		t.Errorf("by what a list has got since: %q, want %q", found, want)
	}
	o.now.set(calendar.Date(20270201).Start())
	o.settle()
	if found := o.exceptions(ExceptionQuery{Kind: report.ListedSince}); len(found) > 0 {
		t.Errorf("of what has expired: %q", found)
	}
}

// Officers of a region answer for what it imports; an operator's import waits for
// a leader. An entry is corrected by the region that answers for it, or that has
// a project of the plant, with a second person.
func TestExclusion_Region(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	f := o.firm("330421", 2)
	o.plantOf(o.scheme.ID, "PV1", f, "GRID-9")
	abroad := o.person("operator of Nanhu", GrantAdd{Role: identity.Operator, Region: "330402", Party: o.owner.party})
	list := ExclusionImport{Region: "330421", List: carbon.CCER, Source: "list", Entries: []ExclusionEntry{{Identifier: "GRID-9", ValidFrom: 20260101}}}
	o.refuses(abroad, list, identity.ErrNotYours)
	list.Region = "330402"
	if p := o.propose(abroad, list); p.Region != "330402" {
		t.Errorf("an operator's import waits for %q", p.Region)
	}
	if n := len(rowsIn(o.office, Exclusions, Query{})); n != 0 {
		t.Errorf("%d entries before anybody approved", n)
	}
	o.does(o.clerk, list)
	list.Entries = append(list.Entries, ExclusionEntry{Identifier: "GRID-9", ValidFrom: 20260201, ValidTo: 20260228})
	list.Entries[0].ValidTo = 20260331
	if r := done[ExclusionResult](o.office, o.clerk, list); r.Added != 1 || r.Known != 1 || !slices.Equal(r.Differing, []int64{1}) {
		t.Errorf("with another end: %+v", r)
	}
	correct := ExclusionCorrect{Exclusion: 1, ValidFrom: 20260101, ValidTo: 20260331, Document: "d"}
	o.refuses(o.person("clerk of Qingpu", GrantAdd{Role: identity.BureauClerk, Region: "310118"}), correct, identity.ErrNotYours)
	o.refuses(o.clerk, ExclusionCorrect{Exclusion: 1, ValidFrom: 20260201, Document: "d"}, ErrExclusionTaken)
	o.refuses(o.clerk, ExclusionCorrect{Exclusion: 1, ValidFrom: 20260201, ValidTo: 20260101, Document: "d"}, fault.Invalidf("valid_to", ""))
	p := o.propose(o.person("clerk of Jiashan", GrantAdd{Role: identity.BureauClerk, Region: "330421"}), correct)
	if refused, _ := o.send(o.second, ProposalApprove{p.ID, p.EffectsDigest}); refused != nil {
		t.Error(refused)
	}
	if e := rowsIn(o.office, Exclusions, Where("id", int64(1)))[0]; e.ValidTo != 20260331 || e.Document != "d" || e.Region != "330402" {
		t.Errorf("corrected: %+v", e)
	}
}

// An entry of before whose source has a character that is not seen can be taken back: nobody
// could change it, and what it keeps from being counted would never be.
func TestExclusion_SourceOfBefore(t *testing.T) {
	t.Parallel()
	o := openCarbon(t)
	o.does(o.clerk, ExclusionImport{Region: "330421", List: carbon.CCER, Source: "list", Entries: []ExclusionEntry{{Identifier: "GRID-9", ValidFrom: 20260101}}})
	e := storedRow(o.office, Exclusions, 1)
	e.Source = "list\u200b 7"
	o.store.mu.Lock()
	o.store.table(Exclusions.name).put(e.ID, e)
	o.store.mu.Unlock()
	o.every = never // until it is written again the row is not as the journal says
	o.does(o.clerk, ExclusionCorrect{Exclusion: e.ID, ValidFrom: 20260101, Void: true, Document: "another plant"})
	if got := storedRow(o.office, Exclusions, 1); !got.Void || got.Source != e.Source {
		t.Errorf("%+v", got)
	}
}
