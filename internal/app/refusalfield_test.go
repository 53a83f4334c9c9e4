package app

import (
	"strings"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// refusesAt is refuses, with the field that the fault names.
func (o *office) refusesAt(person int64, c Command, want *fault.Error, field string) {
	o.t.Helper()
	if f := o.do(person, c); f == nil || f.Code != want.Code || f.Field != field {
		o.t.Errorf("%T %+v: got %v, want %s at %q", c, c, f, want.Code, field)
	}
}

// What is wrong in an entry of a list is named where it stands in the request.
func TestRefusalField_OfProjectSteps(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	register := ProjectRegister{
		EIA: "e", Name: "n", Kind: permit.NewProject, Licence: s.buyer.licence.ID, Industry: "2319",
		Needs: []ProjectNeed{{Pollutant: "VOCs", Need: 2 * one}, {Pollutant: "COD", Need: one}},
	}
	p := done[ProjectResult](s.office, s.leader, register).Project.ID
	ratio := func(pollutant string, r quantity.Ratio, basis string) ProjectNeed {
		return ProjectNeed{Pollutant: pollutant, Ratio: r, Basis: basis}
	}
	approve := func(ratios ...ProjectNeed) ProjectStep {
		return ProjectStep{Project: p, Event: permit.Approve, Document: "d", Needs: ratios}
	}
	cod := ratio("COD", quantity.OneRatio, "b")
	s.refusesAt(s.leader, approve(), ErrNeedsOfStep, "ratios")
	s.refusesAt(s.leader, approve(cod), ErrNeedsOfStep, "ratios")
	s.refusesAt(s.leader, approve(cod, cod), permit.ErrNeedTwice, "ratios/1/pollutant")
	s.refusesAt(s.leader, approve(cod, ratio("NOx", quantity.OneRatio, "b")), ErrPollutantNotNeeded, "ratios/1/pollutant")
	s.refusesAt(s.leader, approve(cod, ratio("VOCs", quantity.OneRatio, "")), invalid, "ratios/1/basis")
	s.refusesAt(s.leader, approve(cod, ratio("VOCs", quantity.OneRatio/2, "b")), rulebook.ErrOffsetTooLow, "ratios/1/ratio")
	s.does(s.leader, approve(cod, ratio("VOCs", quantity.OneRatio, "b")))
	reduce := ProjectStep{Project: p, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: "COD", Need: one / 2}, {Pollutant: "VOCs", Need: 2 * one}}}
	s.refusesAt(s.leader, reduce, ErrNotReduced, "needs/1/need")
	reduce.Needs[1].Need = 0
	s.refusesAt(s.leader, reduce, invalid, "needs/1/need")
	reduce.Needs = nil
	s.refusesAt(s.leader, reduce, ErrNeedsOfStep, "needs")
	reduce.Needs = []ProjectNeed{{Pollutant: "COD", Need: one / 2}}
	if r := done[ProjectResult](s.office, s.leader, reduce); len(r.Needs) != 2 || r.Needs[0].Need+r.Needs[1].Need != 2*one+one/2 {
		t.Errorf("the answer has the needs %+v", r.Needs)
	}
}

func TestRefusalField_OfRenames(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(jiashan, 2)
	code := uscc(jiashan, 7)
	rename := func(licences ...LicenceRenumber) PartyRename {
		return PartyRename{Party: f.party, Name: "新名", USCC: code, EffectiveOn: today, Document: "d", Licences: licences}
	}
	o.refusesAt(o.leader, rename(LicenceRenumber{f.licence.ID, f.licence.Number}), catalog.ErrLicenceHolder, "licences/0/number")
	o.refusesAt(o.leader, rename(LicenceRenumber{f.licence.ID, code + "001P"}, LicenceRenumber{g.licence.ID, code + "002P"}), ErrNoRecord, "licences/1/licence")
	o.refusesAt(o.leader, PartyRename{Party: f.party, Name: f.name, EffectiveOn: today, Document: "d"}, ErrNameUnchanged, "name")
}

// Only a settlement by purchase names permits, and it names them whole.
func TestRefusalField_OfSettlements(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	k.freeze(freezing(f, k.inst.Code, "a", 4*one))
	debt := done[CorrectionResult](k.office, k.leader, CorrectionRecord{k.allocationOf(f), one, "f", "d", today, 0}).Correction.Debt
	settle := func(way permit.SettlementWay, instrument string, origin ledger.Origin) DebtSettle {
		return DebtSettle{Debt: debt, Way: way, Instrument: instrument, Origin: origin, Quantity: one, Document: "d"}
	}
	k.refusesAt(k.leader, settle(permit.ByPurchase, k.inst.Code, ledger.NoOrigin), invalid, "origin")
	k.refusesAt(k.leader, settle(permit.ByPurchase, "", ledger.Paid), invalid, "instrument")
	k.refusesAt(k.leader, settle(permit.ByReserve, k.inst.Code, ledger.NoOrigin), invalid, "instrument")
	k.refusesAt(k.leader, settle(permit.ByCourt, "", ledger.Paid), invalid, "origin")
	k.does(k.leader, settle(permit.ByCourt, "", ledger.NoOrigin))
}

func TestRefusalField_OfImports(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	receive := func(values ...outside.Value) ImportReceive {
		return ImportReceive{
			Import: outside.Import{System: outside.Provincial, Number: "P-1", Region: jiashan, AsOf: 20260630},
			Lines:  []outside.Line{{Kind: outside.Party, Number: "n"}, {Kind: outside.Party, Number: "m", Values: values}},
		}
	}
	k.refusesAt(k.clerk, receive(fields("name", "a", "x", "y")...), outside.ErrImportField, "lines/1/values/1/field")
	k.refusesAt(k.clerk, receive(fields("name", "a", "name", "b")...), outside.ErrImportValues, "lines/1/values/1/field")
	k.refusesAt(k.clerk, receive(fields("name", strings.Repeat("x", 400))...), invalid, "lines/1/values/0/value")
}

// The buyer of a judicial sale is named as such.
func TestRefusalField_OfJudicialSales(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, buyer := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2)
	freeze := k.freeze(freezing(f, k.inst.Code, "a", 4*one)).ID
	k.does(k.leader, FactRecord{Kind: rulebook.Blacklisted, Party: buyer.party, Value: "listed", ValidFrom: today, Document: "d"})
	sale := FreezeSell{Freeze: freeze, BuyerLicence: buyer.licence.ID, Quantity: one, Amount: 1, Document: "d"}
	k.refusesAt(k.leader, sale, rulebook.ErrBlacklisted, "buyer_licence")
}

// Who approves a freeze, or an order for the party, reads quantities, not atoms.
func TestProposal_ShowsQuantities(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 10*one)
	p := k.office.propose(k.leader, FreezePlace{FreezeTerms: freezing(f, k.inst.Code, "a", 8*one)})
	if !strings.Contains(p.Effects, `"8 t/a"`) || strings.Contains(p.Effects, `"8000000"`) {
		t.Error(p.Effects)
	}
	funds := FreezeTerms{Party: f.party, Amount: 500_00, Issuer: "bureau", IssuerName: "n", OrderNumber: "b", Reason: "r"}
	if p = k.office.propose(k.leader, FreezePlace{FreezeTerms: funds}); !strings.Contains(p.Effects, `"CNY 500.00"`) || strings.Contains(p.Effects, `"50000"`) {
		t.Error(p.Effects)
	}
}
