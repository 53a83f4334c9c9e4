package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// A lot is added by order with its cost, frozen and thawed in part, and retired;
// it leaves by the order that is asked for.
func TestLotOrders(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 20*one, 5*one)
	good := LotAdd{jiashan, vocs, reserve.GovernmentReduction, 4 * one, 20260601, "减排1号", 2000 * quantity.OnePrice, 36, 24_000_00}
	for _, tt := range []struct {
		change func(*LotAdd)
		want   *fault.Error
	}{
		{func(c *LotAdd) { c.Provenance = "found" }, invalid},
		{func(c *LotAdd) { c.Provenance = reserve.BoughtBack }, reserve.ErrProvenance},
		{func(c *LotAdd) { c.Provenance = reserve.PreReserved }, reserve.ErrCostOfNothing},
		{func(c *LotAdd) { c.Quantity = 0 }, reserve.ErrQuantity},
		{func(c *LotAdd) { c.Quantity = quantity.QuantityMax + 1 }, invalid},
		{func(c *LotAdd) { c.Cost = quantity.AmountMax + 1 }, invalid},
		{func(c *LotAdd) { c.AcquiredOn = 20260702 }, ErrDayToCome},
		{func(c *LotAdd) { c.Region = "999999" }, ErrNoRecord},
		{func(c *LotAdd) { c.Quantity = 16 * one }, ledger.ErrInsufficient.At("quantity")},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.leader, c, tt.want)
	}
	l := done[reserve.Lot](o, o.leader, good)
	o.wantLots(jiashan, "1 available 5", "2 available 4")
	if l.Cost != 24_000_00 || l.UnitCost() != 6000*quantity.OnePrice || o.parts(jiashan) != "20 11 9" {
		t.Errorf("%+v, %s", l, o.parts(jiashan))
	}
	done[LotOrderResult](o, o.leader, LotFreeze{l.ID, 3 * one, "court 1"})
	o.refuses(o.leader, LotFreeze{l.ID, 2 * one, "court 2"}, reserve.ErrLotShort)
	o.refuses(o.leader, LotFreeze{99, one, "court"}, ErrNoRecord)
	o.wantLots(jiashan, "1 available 5", "2 available 1 frozen_available 3")
	retire := LotRetire{Region: jiashan, Pollutant: vocs, Quantity: 2 * one, Document: "d"}
	retire.LotChoice = LotChoice{reserve.NamedLots, []int64{l.ID}}
	o.refuses(o.leader, retire, reserve.ErrPickShort)
	retire.LotChoice = LotChoice{reserve.NamedLots, []int64{l.ID, 1}}
	done[LotOrderResult](o, o.leader, retire)
	o.wantLots(jiashan, "1 available 4 retired 1", "2 frozen_available 3 retired 1")
	done[LotOrderResult](o, o.leader, LotUnfreeze{l.ID, 2 * one, "lifted"})
	o.refuses(o.leader, LotUnfreeze{l.ID, 2 * one, "lifted"}, reserve.ErrLotShort)
	retire.LotChoice = LotChoice{Order: reserve.CheapestFirst}
	retire.Quantity = 5 * one
	done[LotOrderResult](o, o.leader, retire)
	o.wantLots(jiashan, "1 retired 5", "2 available 1 frozen_available 1 retired 2")
	o.refuses(o.leader, LotFreeze{1, one, "d"}, ErrLotClosed)
	if got := o.part(ledger.Retired, jiashan); got != 7*one {
		t.Errorf("%s are retired", got)
	}
}

func (o *office) earmarkOf(c EarmarkMake) reserve.Earmark {
	o.t.Helper()
	return done[EarmarkResult](o, o.leader, c).Earmark
}

// A major project is given what was kept for it: of 1.5 bought it holds 1 and
// 0.5 is retired (acceptance fact 8), and never more than its approved need.
func TestEarmark(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 4*one)
	good := EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "环评1号", Priority: 2, Need: 2 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	}
	for _, tt := range []struct {
		change func(*EarmarkMake)
		want   *fault.Error
	}{
		{func(c *EarmarkMake) { c.Priority = 0 }, invalid},
		{func(c *EarmarkMake) { c.Name = "" }, invalid},
		{func(c *EarmarkMake) { c.Need = 1 }, invalid},
		{func(c *EarmarkMake) { c.Ratio = 999_999 }, reserve.ErrRatio},
		{func(c *EarmarkMake) { c.ExpiresOn = 20260630 }, ErrExpiryPast},
		{func(c *EarmarkMake) { c.Need = 3 * one }, reserve.ErrPickShort},
		{func(c *EarmarkMake) { c.GivesWay = 7 }, ErrNoRecord},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.leader, c, tt.want)
	}
	e := o.earmarkOf(good)
	o.wantLots(jiashan, "1 available 1 earmarked 3")
	give := EarmarkAllocate{e.ID, f.licence.ID, i.Code, one, ledger.Free, 0, "d", 0}
	o.refuses(o.leader, EarmarkAllocate{e.ID, f.licence.ID, i.Code, one, ledger.Paid, 0, "d", 20261231}, reserve.ErrPriceNeeded)
	a := done[EarmarkAllocationResult](o, o.leader, give).Allocation
	if a.Taken != 3*one/2 || a.Retired != one/2 || o.balance(a.Holding()).Balance != int64(one) || o.part(ledger.Retired, jiashan) != one/2 {
		t.Errorf("%+v", a)
	}
	give.Need = one + 100
	o.refuses(o.leader, give, reserve.ErrEarmarkNeed)
	give.Need = one
	done[EarmarkAllocationResult](o, o.leader, give)
	o.wantLots(jiashan, "1 available 1 transferred 3")
	o.refuses(o.leader, give, reserve.ErrEarmarkState)
	done[AttainmentResult](o, o.upper, AttainmentSet{Region: jiashan, Pollutant: vocs, Year: 2025, Document: "公报"})
	good.Need = one / 2
	o.refuses(o.leader, good, rulebook.ErrOffsetTooLow.At("ratio"))
}

// An earmark for a project with a record keeps to its approval: need, ratio and
// licence; what is allocated counts as bought and put to it, the ratio once.
func TestEarmark_OfProject(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f, other := o.instrument(), o.firm(jiashan, 1), o.firm(jiashan, 2)
	o.setCap(jiashan, 20*one, 10*one)
	project := o.project(f, 2*one, 1_500_000)
	c := EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: 99, Name: "a plant", Document: "d", Priority: 1, Need: 2 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	}
	o.refuses(o.leader, c, ErrNoRecord)
	c.Project, c.Ratio = project, quantity.OneRatio
	o.refuses(o.leader, c, reserve.ErrRatioDiffers)
	c.Ratio, c.Need = 1_500_000, 2*one+100
	o.refuses(o.leader, c, reserve.ErrEarmarkNeed)
	c.Need = 2 * one
	e := o.earmarkOf(c)
	give := EarmarkAllocate{e.ID, other.licence.ID, i.Code, one, ledger.Free, 0, "d", 0}
	o.refuses(o.leader, give, reserve.ErrOtherProject)
	give.Licence = f.licence.ID
	done[EarmarkAllocationResult](o, o.leader, give)
	need, _ := (&View{state: o.app.st}).needOf(project, vocs)
	if need.Bought != 3*one/2 || need.Assigned != 3*one/2 || need.Retired != one/2 || need.Kept() != one {
		t.Errorf("%+v", need)
	}
	done[EarmarkAllocationResult](o, o.leader, give)
	c.Need = 100
	o.refuses(o.leader, c, reserve.ErrEarmarkNeed)
}

// Who asks for instalments on behalf of an enterprise does not grant them, nor does
// his stand-in.
func TestInstalment_TwoPersons(t *testing.T) {
	t.Parallel()
	o, i, _, f := tradingOffice(t)
	o.setCap(jiashan, 100*one, 60*one)
	l := o.listingOf(reserve.FixedPrice, 50*one)
	n := done[NoticeResult](o, o.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: 44 * one, DueOn: 20260731}).Notice
	plan := done[PlanResult](o, o.leader, InstalmentRequest{
		n.ID, []reserve.PlannedPart{{Amount: n.Amount / 2, DueOn: 20260731}, {Amount: n.Amount - n.Amount/2, DueOn: 20270731}}, "for the firm",
	}).Plan.ID
	decide := InstalmentDecide{plan, true, "approved"}
	deputy, second := o.deputyOf(o.leader), o.person("second", GrantAdd{Role: identity.BureauLeader, Region: jiashan})
	for _, own := range []int64{o.leader, deputy} {
		o.refuses(own, decide, reserve.ErrOwnRequest)
		o.waits(own, InstalmentPlans.name, plan, "")
	}
	o.waits(second, InstalmentPlans.name, plan, "decide")
	if p := done[PlanResult](o, second, decide).Plan; p.State != reserve.PlanApproved || p.DecidedBy != second || p.RequestedBy != o.leader {
		t.Errorf("%+v", p)
	}
	o.check()
}

// The earmarks of a project come to its need together, and end with it: what is no
// longer needed is available in the same step, the last earmark first.
func TestEarmark_FitsTheProject(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 40*one, 20*one)
	project := o.project(f, 4*one, 1_500_000)
	c := EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: project, Name: "a plant", Document: "d", Priority: 3, Need: 2 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	}
	first := o.earmarkOf(c)
	c.Need = 2*one + 100
	o.refuses(o.leader, c, reserve.ErrEarmarkNeed)
	c.Need = 2 * one
	second := o.earmarkOf(c)
	c.Need = 100
	o.refuses(o.leader, c, reserve.ErrEarmarkNeed)
	c.Need, c.Priority, c.GivesWay = 2*one, 1, second.ID
	third := o.earmarkOf(c) // takes the place of the second
	o.wantLots(jiashan, "1 available 14 earmarked 6")
	done[EarmarkAllocationResult](o, o.leader, EarmarkAllocate{third.ID, f.licence.ID, i.Code, one, ledger.Free, 0, "d", 0})
	step := func(event permit.ProjectEvent, needs ...ProjectNeed) {
		t.Helper()
		done[ProjectResult](o, o.leader, ProjectStep{Project: project, Event: event, Document: "d", Needs: needs})
	}
	earmarks := func(want ...string) {
		t.Helper()
		var got []string
		for _, id := range []int64{first.ID, second.ID, third.ID} {
			e := storedRow(o, Earmarks, id)
			got = append(got, fmt.Sprintf("%s %s of %s", e.State, e.Given, e.Need))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		o.check()
	}
	earmarks("active 0 of 2", "released 0 of 2", "active 1 of 2")
	step(permit.Reduce, ProjectNeed{Pollutant: vocs, Need: 3*one + one/2})
	earmarks("active 0 of 1.5", "released 0 of 2", "active 1 of 2")
	o.wantLots(jiashan, "1 available 14.75 earmarked 3.75 transferred 1.5")
	step(permit.Reduce, ProjectNeed{Pollutant: vocs, Need: one + one/2})
	earmarks("released 0 of 1.5", "released 0 of 2", "active 1 of 1.5")
	o.wantLots(jiashan, "1 available 17.75 earmarked 0.75 transferred 1.5")
	o.restart()
	step(permit.Cancel)
	earmarks("released 0 of 1.5", "released 0 of 2", "released 1 of 1.5")
	o.wantLots(jiashan, "1 available 18.5 transferred 1.5")
}

// Earmarks that were made before they had to fit their project stay, also after a
// part of them was given (I-101).
func TestEarmark_MadeBefore(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	o.setCap(jiashan, 40*one, 20*one)
	project := o.project(f, 4*one, 1_500_000)
	e := o.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: project, Name: "a plant", Document: "d", Priority: 3, Need: 4 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	step := ProjectStep{Project: project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: 3 * one}}}
	done[ProjectResult](o, o.leader, step)
	other := o.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 3, Need: 2 * one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	row := storedRow(o, Earmarks, other.ID)
	row.Project = project // as it could be
	o.store.table(Earmarks.name).put(row.ID, row)
	if !o.violates("I-101") {
		t.Error("of now: I-101 holds")
	}
	start := o.store.registry.Length
	o.store.table(InvariantStarts.name).put(1, InvariantStart{ID: 1, Invariant: "I-101", Number: start})
	for _, id := range []int64{e.ID, other.ID} { // a part of each is given later
		row := storedRow(o, Earmarks, id)
		row.Command = start + 1
		o.store.table(Earmarks.name).put(id, row)
	}
	if o.violates("I-101") {
		t.Error("of before: I-101 does not hold")
	}
}

// What is kept for a project comes back when its time is over or another project
// goes before it; what is frozen of it stays frozen.
func TestEarmark_Ends(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 20*one, 4*one)
	c := EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 5, Need: 3 * one, Ratio: quantity.OneRatio, ExpiresOn: 20260710,
	}
	first := o.earmarkOf(c)
	done[LotOrderResult](o, o.leader, LotFreeze{1, 2 * one, "court"})
	o.wantLots(jiashan, "1 earmarked 2 frozen_available 1 frozen_earmarked 1")
	c.GivesWay, c.Need, c.Name = first.ID, one, "a second plant"
	o.refuses(o.leader, c, reserve.ErrPriority)
	c.Priority = 1
	second := o.earmarkOf(c)
	o.wantLots(jiashan, "1 available 1 earmarked 1 frozen_available 2")
	o.refuses(o.leader, EarmarkRelease{first.ID, "r"}, reserve.ErrEarmarkState)
	o.now.set(calendar.NewDate(2026, 7, 10).Start())
	o.runTimers()
	o.wantLots(jiashan, "1 available 1 earmarked 1 frozen_available 2")
	o.now.set(calendar.NewDate(2026, 7, 11).Start())
	o.runTimers()
	o.wantLots(jiashan, "1 available 2 frozen_available 2")
	c.GivesWay, c.ExpiresOn = 0, 20260720
	third := o.earmarkOf(c)
	done[EarmarkResult](o, o.leader, EarmarkRelease{third.ID, "not built"})
	o.wantLots(jiashan, "1 available 2 frozen_available 2")
	for id, want := range map[int64]reserve.EarmarkState{first.ID: reserve.EarmarkReleased, second.ID: reserve.EarmarkExpired, third.ID: reserve.EarmarkReleased} {
		var rows []reserve.Earmark
		if err := o.store.Find(t.Context(), Earmarks.name, Where("id", id), &rows); err != nil || rows[0].State != want {
			t.Errorf("%v %+v", err, rows)
		}
	}
}

// listingOf offers VOCs of Jiashan at 4000.
func (o *office) listingOf(kind reserve.ListingKind, q quantity.Quantity) reserve.Listing {
	o.t.Helper()
	return done[ListingResult](o, o.leader, listOf(kind, q)).Listing
}

func listOf(kind reserve.ListingKind, q quantity.Quantity) ListingOpen {
	return ListingOpen{Region: jiashan, Pollutant: vocs, Kind: kind, Quantity: q, Price: 4000 * quantity.OnePrice, Document: "公告1号"}
}

// A fixed-price sale goes to existing units out of what is listed: 0.0276 t/a at
// 4000 for five years are 552.00 (acceptance fact 5), 4.4 t/a 88,000 (fact 11).
func TestListing_FixedPrice(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f, far := o.instrument(), o.firm(jiashan, 1), o.firm(qingpu, 2)
	o.setCap(jiashan, 20*one, 6*one)
	l := o.listingOf(reserve.FixedPrice, 5*one)
	o.wantLots(jiashan, "1 available 1 listed 5")
	good := ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: 27_600, DueOn: 20260731}
	for _, tt := range []struct {
		change func(*ListingSell)
		want   *fault.Error
	}{
		{func(c *ListingSell) { c.Listing = 9 }, ErrNoRecord},
		{func(c *ListingSell) { c.Licence = 99 }, ErrNoRecord},
		{func(c *ListingSell) { c.Licence = far.licence.ID }, reserve.ErrElsewhere},
		{func(c *ListingSell) { c.DueOn = 20260630 }, ErrDuePast},
		{func(c *ListingSell) { c.Project = 9 }, ErrNoRecord},
		{func(c *ListingSell) { c.Quantity = 5*one + 1 }, reserve.ErrPickShort},
		{func(c *ListingSell) { c.Project = o.project(f, 5*one, quantity.OneRatio) }, reserve.ErrExistingUnitsOnly},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.clerk, c, tt.want)
	}
	o.refuses(o.clerk, good, ErrForWhichUnit) // since there is a project that was not named
	good.ExistingUnit = true
	o.refuses(o.clerk, good, invalid)
	good.Document = "for the old boiler"
	sold := done[NoticeResult](o, o.clerk, good)
	if sold.Notice.Amount != 552_00 || sold.Sale.NoticeNumber() != "330421-2026-000001" || sold.Sale.Kind != reserve.AtFixedPrice {
		t.Errorf("%+v", sold)
	}
	o.wantLots(jiashan, "1 available 1 listed 4.9724 reserved 0.0276")
	good.Quantity = 4_400_000
	if second := done[NoticeResult](o, o.clerk, good); second.Notice.Amount != 88_000_00 || second.Sale.Number != 2 {
		t.Errorf("%+v", second)
	}
	done[NoticeResult](o, o.leader, NoticeCancel{sold.Notice.ID, "not paid"})
	o.wantLots(jiashan, "1 available 1.0276 listed 0.5724 reserved 4.4")
	done[ListingResult](o, o.leader, ListingClose{l.ID, "the end"})
	o.wantLots(jiashan, "1 available 1.6 reserved 4.4")
	good.Quantity = 1
	o.refuses(o.clerk, good, reserve.ErrListingState)
	o.refuses(o.leader, ListingClose{l.ID, "the end"}, reserve.ErrListingState)
	o.refuses(o.leader, listOf(reserve.ForAuction, one), reserve.ErrOfferLists)
	good.Quantity = one / 2
	late := o.firm(jiashan, 3)
	late.licence = done[LicenceResult](o, o.clerk, LicenceRegister{
		Party: late.party, Number: uscc(jiashan, 3) + "002P", Kind: catalog.KindLicence, Site: "new", Region: jiashan, ValidFrom: 20260702, ValidTo: 20310630,
	}).Licence
	fixed := o.listingOf(reserve.FixedPrice, one/2)
	o.now.set(calendar.NewDate(2026, 7, 3).Start())
	good.Listing, good.Licence = fixed.ID, late.licence.ID
	o.refuses(o.clerk, good, reserve.ErrExistingUnitsOnly)
	good.Licence = f.licence.ID
	done[NoticeResult](o, o.clerk, good) // sold out
	o.refuses(o.clerk, good, reserve.ErrListingState)
}

// A very small project buys in a simplified sale, up to its threshold in all.
func TestListing_Simplified(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 6*one)
	l := o.listingOf(reserve.Simplified, one)
	if l.EachMax != one/10 {
		t.Errorf("the threshold is %s", l.EachMax)
	}
	c := ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: one / 20, DueOn: 20260731}
	o.refuses(o.clerk, c, reserve.ErrProjectNeeded)
	c.Project = o.project(f, one, quantity.OneRatio)
	n := done[NoticeResult](o, o.clerk, c).Notice
	c.Quantity++
	o.refuses(o.clerk, c, reserve.ErrTooLargeForSimplified)
	done[NoticeResult](o, o.leader, NoticeCancel{n.ID, "r"})
	done[NoticeResult](o, o.clerk, c)
	second := o.listingOf(reserve.Simplified, one)
	c.Listing = second.ID
	o.refuses(o.clerk, c, reserve.ErrTooLargeForSimplified) // a further listing is no further threshold
	c.Quantity = one/10 - c.Quantity
	done[NoticeResult](o, o.clerk, c)
	o.check()
}

// What may still be bought in simplified sales is said before it is asked for, with
// its source; what the answer refuses the command refuses, and no more.
func TestEligibility_Simplified(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f, far := o.instrument(), o.firm(jiashan, 1), o.firm(qingpu, 2)
	o.setCap(jiashan, 20*one, 6*one)
	listing := o.listingOf(reserve.Simplified, one)
	sell := ListingSell{Listing: listing.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: one / 20, DueOn: 20260731, Project: o.project(f, one, quantity.OneRatio)}
	done[NoticeResult](o, o.clerk, sell)
	ask := func(change func(*Question)) Eligibility {
		t.Helper()
		q := Question{Action: rulebook.PrimarySale, Instrument: i.Code, Buyer: f.licence.ID, Quantity: one / 20, Listing: listing.ID, Project: sell.Project}
		if change != nil {
			change(&q)
		}
		e, err := o.app.Eligibility(t.Context(), o.app.st.actor(o.clerk), q)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	said := func(e Eligibility, most, left quantity.Quantity, source, obstacle string) {
		t.Helper()
		got := ""
		if len(e.Obstacles) > 0 {
			got = e.Obstacles[0].Code
		}
		if e.Simplified.Most != most || e.Simplified.Left() != left || e.SimplifiedSource != source || got != obstacle || e.Allowed != (obstacle == "") {
			t.Errorf("%+v from %q, %v, want %s left of %s from %q and the obstacle %q", e.Simplified, e.SimplifiedSource, e.Obstacles, left, most, source, obstacle)
		}
	}
	said(ask(nil), one/10, one/20, rulebook.ProjectDefault, "")
	said(ask(func(q *Question) { q.Quantity += 100 }), one/10, one/20, rulebook.ProjectDefault, reserve.ErrTooLargeForSimplified.Code)
	said(ask(func(q *Question) { q.Project = 0 }), one/10, one/20, rulebook.ProjectDefault, reserve.ErrProjectNeeded.Code)
	said(ask(func(q *Question) { q.Listing, q.Project, q.Quantity = 0, 0, one }), one/10, one/20, rulebook.ProjectDefault, ErrForWhichUnit.Code)
	said(ask(func(q *Question) { q.Listing, q.Project, q.Quantity, q.ExistingUnit = 0, 0, one, true }), one/10, one/20, rulebook.ProjectDefault, "") // by another way than a listing
	wide := done[ListingResult](o, o.leader, ListingOpen{jiashan, vocs, reserve.Simplified, one, quantity.OnePrice, one / 2, "公告2号", LotChoice{}}).Listing
	said(ask(func(q *Question) { q.Listing, q.Quantity = wide.ID, 9*one/20 }), one/2, 9*one/20, "公告2号", "")
	fixed := o.listingOf(reserve.FixedPrice, one)
	said(ask(func(q *Question) { q.Listing = fixed.ID }), one/10, one/20, rulebook.ProjectDefault, reserve.ErrExistingUnitsOnly.Code)
	said(ask(func(q *Question) { q.Listing, q.Project = fixed.ID, 0 }), one/10, one/20, rulebook.ProjectDefault, ErrForWhichUnit.Code)
	said(ask(func(q *Question) { q.Listing, q.Buyer, q.Project = fixed.ID, far.licence.ID, 0 }), one/10, one/10, rulebook.ProjectDefault, reserve.ErrElsewhere.Code)
	for _, c := range []struct {
		q    Question
		want *fault.Error
	}{
		{Question{Action: rulebook.Allocation, Instrument: i.Code, Buyer: f.licence.ID, Listing: listing.ID}, ErrListingOfSale},
		{Question{Action: rulebook.PrimarySale, Instrument: i.Code, Buyer: f.licence.ID, Listing: 99}, ErrNoRecord},
	} {
		if _, err := o.app.Eligibility(t.Context(), o.app.st.actor(o.clerk), c.q); !isFault(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.q, err, c.want)
		}
	}
	sell.Quantity = one/20 + 100
	o.refuses(o.clerk, sell, reserve.ErrTooLargeForSimplified)
	sell.Quantity = one / 20
	done[NoticeResult](o, o.clerk, sell)
	said(ask(func(q *Question) { q.Quantity = 100 }), one/10, 0, rulebook.ProjectDefault, reserve.ErrTooLargeForSimplified.Code)
	o.check()
}

// isFault reports whether an error is a fault of a code.
func isFault(err error, want *fault.Error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == want.Code
}

// taxRow is a payment of a notice.
func taxRow(number, receipt string, amount quantity.Money) reserve.TaxRow {
	return reserve.TaxRow{Number: number, Receipt: receipt, Amount: amount, PaidOn: today}
}

// Payments are matched with what the tax authority has received: notice, amount
// and proof; what differs is listed, and the permits are not delivered.
func TestTaxList(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	number := map[int64]string{}
	sell := func() reserve.PaymentNotice {
		r := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today})
		number[r.Notice.ID] = r.Sale.NoticeNumber()
		return r.Notice // 100.00
	}
	states := func(rows ...reserve.TaxRow) (got []reserve.ReceiptState) {
		r := done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", rows})
		for _, receipt := range r.Receipts {
			got = append(got, receipt.State)
		}
		return got
	}
	want := func(got []reserve.ReceiptState, want ...reserve.ReceiptState) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	}
	a, b, c, d := sell(), sell(), sell(), sell()
	done[NoticeResult](o, o.finance, NoticeProve{b.ID, b.Amount, "r-b", today})
	done[NoticeResult](o, o.finance, NoticeProve{c.ID, c.Amount, "r-c", today})
	o.refuses(o.finance, TaxListImport{Region: jiashan, Document: "d"}, reserve.ErrTaxRows)
	o.refuses(o.finance, TaxListImport{jiashan, "d", []reserve.TaxRow{taxRow("x", "1", 1), taxRow("y", "1", 1)}}, reserve.ErrReceiptTwice)
	o.refuses(o.finance, TaxListImport{jiashan, "d", []reserve.TaxRow{{Number: "x", Amount: 1, Receipt: "1", PaidOn: 20260702}}}, ErrDayToCome)
	o.refuses(o.finance, TaxListImport{jiashan, "d", []reserve.TaxRow{taxRow("x", "1", 0)}}, invalid)
	o.refuses(o.leader, TaxListImport{jiashan, "d", []reserve.TaxRow{taxRow("x", "1", 1)}}, identity.ErrForbidden)
	// In the order of the notices: nothing known, a in part, b as finance proved it, c by another receipt, d too much.
	want(states(taxRow("nothing", "r-0", 5), taxRow(number[a.ID], "r-a1", 40_00), taxRow(number[b.ID], "r-b", 100_00),
		taxRow(number[c.ID], "r-c2", 100_00), taxRow(number[d.ID], "r-d", 100_01)),
		reserve.ReceiptUnmatched, reserve.ReceiptPartial, reserve.ReceiptMatched, reserve.ReceiptProofDiffers, reserve.ReceiptExcess)
	o.refuses(o.leader, NoticeDeliver{a.ID}, reserve.ErrNoticeState)
	o.refuses(o.leader, NoticeDeliver{c.ID}, reserve.ErrNotMatched)
	done[NoticeResult](o, o.leader, NoticeDeliver{b.ID})
	// The rest of a comes with a list that repeats what is known; it is matched, and needs no proof of finance.
	want(states(taxRow(number[a.ID], "r-a1", 40_00), taxRow(number[a.ID], "r-a2", 60_00)), reserve.ReceiptMatched)
	if n := done[NoticeResult](o, o.leader, NoticeDeliver{a.ID}).Notice; !n.Matched || n.Proof != "r-a2" || n.Paid != n.Amount {
		t.Errorf("%+v", n)
	}
	var rows []reserve.TaxReceipt
	if err := o.store.Find(t.Context(), TaxReceipts.name, Where("receipt", "r-a1"), &rows); err != nil || rows[0].State != reserve.ReceiptMatched {
		t.Errorf("%v %+v", err, rows)
	}
	o.refuses(o.finance, TaxListImport{jiashan, "d", []reserve.TaxRow{taxRow(number[a.ID], "r-a2", 61_00)}}, reserve.ErrReceiptDiffers)
	want(states(taxRow(number[a.ID], "r-a3", 1)), reserve.ReceiptExcess)
	done[NoticeResult](o, o.leader, NoticeCancel{d.ID, "r"})
	want(states(taxRow(number[d.ID], "r-d2", 1), taxRow(number[c.ID]+"/1", "r-c3", 1)), reserve.ReceiptUnmatched, reserve.ReceiptUnmatched)
	// Money of a primary sale is the treasury's: none of it is the platform's (acceptance fact 26).
	if b := o.balance(ledger.MoneyKey(ledger.Bank)); b.Balance != 0 {
		t.Errorf("the platform has %d", b.Balance)
	}
}

// instalmentOffice has a fixed-price sale of 44 t/a for 880,000.00, at 4000 for
// five years, with an approved plan: 40 % are 352,000.00 (acceptance fact 26).
func instalmentOffice(t *testing.T) (o *office, i catalog.Instrument, f firm, n NoticeResult, plan PlanResult) {
	t.Helper()
	o, i, _, f = tradingOffice(t)
	o.setCap(jiashan, 100*one, 60*one)
	l := o.listingOf(reserve.FixedPrice, 50*one)
	n = done[NoticeResult](o, o.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: 44 * one, DueOn: 20260731})
	agreed := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice, DueOn: today})
	parts := func(amounts ...quantity.Money) (out []reserve.PlannedPart) {
		for k, a := range amounts {
			out = append(out, reserve.PlannedPart{Amount: a, DueOn: calendar.Date(20260731).AddMonths(12 * k)})
		}
		return out
	}
	good := InstalmentRequest{n.Notice.ID, parts(352_000_00, 300_000_00, 228_000_00), "opening package 1 (启动〔2026〕1号): S1"} // as a package would name its plan
	late := parts(352_000_00, 528_000_00)
	late[1].DueOn = 20310702
	other := o.firm(jiashan, 7)
	o.refuses(other.user, good, ErrNoRecord)
	for _, tt := range []struct {
		c    InstalmentRequest
		want *fault.Error
	}{
		{InstalmentRequest{agreed.Notice.ID, good.Parts, "d"}, reserve.ErrInstalmentsSale},
		{InstalmentRequest{n.Notice.ID, parts(880_000_00), "d"}, reserve.ErrPartsNumber},
		{InstalmentRequest{n.Notice.ID, parts(352_000_00, 528_000_01), "d"}, reserve.ErrPartsSum},
		{InstalmentRequest{n.Notice.ID, parts(351_999_99, 528_000_01), "d"}, reserve.ErrFirstPart},
		{InstalmentRequest{n.Notice.ID, []reserve.PlannedPart{good.Parts[1], good.Parts[0], good.Parts[2]}, "d"}, reserve.ErrPartsOrder},
		{InstalmentRequest{n.Notice.ID, late, "d"}, reserve.ErrLastPart},
		{InstalmentRequest{n.Notice.ID, good.Parts, ""}, invalid},
	} {
		o.refuses(f.user, tt.c, tt.want)
	}
	plan = done[PlanResult](o, f.user, good)
	o.refuses(f.user, good, reserve.ErrPlanOpen)
	o.refuses(f.user, InstalmentDecide{plan.Plan.ID, true, "r"}, identity.ErrForbidden)
	if plan.Plan.RequestedBy != f.user {
		t.Errorf("%+v", plan.Plan)
	}
	o.refuses(o.finance, InstalmentProve{plan.Parts[0].ID, 352_000_00, "r-1", today}, reserve.ErrPlanState)
	o.waits(o.leader, InstalmentPlans.name, plan.Plan.ID, "decide")
	done[PlanResult](o, o.leader, InstalmentDecide{plan.Plan.ID, true, "approved"})
	o.waits(o.finance, Instalments.name, plan.Parts[0].ID, "prove")
	o.waits(o.finance, Instalments.name, plan.Parts[1].ID, "")
	return o, i, f, n, plan
}

// waits holds that something waits for a person to do this; "" is nothing.
func (o *office) waits(person int64, kind string, id int64, action string) {
	o.t.Helper()
	all, err := Inbox(o.t.Context(), o.store, o.app.st.actor(person))
	if err != nil {
		o.t.Fatal(err)
	}
	got := ""
	for _, w := range all {
		if w.Kind == kind && w.ID == id {
			got += w.Action
		}
	}
	if got != action {
		o.t.Errorf("%s %d waits for person %d to %q, want %q", kind, id, person, got, action)
	}
}

// The first instalment delivers permits that work and cannot be sold; the last
// one frees them.
func TestInstalments_Paid(t *testing.T) {
	t.Parallel()
	o, i, f, n, plan := instalmentOffice(t)
	o.refuses(o.leader, NoticeDeliver{n.Notice.ID}, reserve.ErrNoticeState)
	o.refuses(o.finance, NoticeProve{n.Notice.ID, n.Notice.Amount, "all", today}, reserve.ErrPlanState)
	done[PlanResult](o, o.finance, InstalmentProve{plan.Parts[0].ID, 352_000_00, "r-1", today})
	o.refuses(o.leader, NoticeDeliver{n.Notice.ID}, reserve.ErrNotMatched)
	number := n.Sale.NoticeNumber()
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(number+"/1", "r-1", 352_000_00)}})
	done[NoticeResult](o, o.leader, NoticeDeliver{n.Notice.ID})
	o.refuses(o.leader, NoticeCancel{n.Notice.ID, "r"}, reserve.ErrNoticeState)
	key := n.Notice.Holding()
	if b := o.balance(key); b.Balance != int64(44*one) || b.Available() != 0 {
		t.Fatalf("%+v", b)
	}
	done[SurplusResult](o, o.leader, SurplusVerify{f.licence.ID, vocs, one, reserve.EIAAmount, true, true, today, "d", 0, "no records yet"})
	o.refuses(f.user, o.order(f, i, market.Sell, 3000, one), ledger.ErrInsufficient.At("quantity"))
	o.now.set(calendar.NewDate(2027, 8, 1).Start())
	o.runTimers()
	state := func() reserve.PlanState {
		var rows []reserve.InstalmentPlan
		if err := o.store.Find(t.Context(), InstalmentPlans.name, Query{}, &rows); err != nil || len(rows) != 1 {
			t.Fatal(err, rows)
		}
		return rows[0].State
	}
	if state() != reserve.PlanFrozen {
		t.Errorf("a part is overdue and the plan %s", state())
	}
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(number+"/2", "r-2", 300_000_00)}})
	if state() != reserve.PlanDelivered {
		t.Errorf("the part is paid and the plan %s", state())
	}
	done[PlanResult](o, o.finance, InstalmentProve{plan.Parts[2].ID, 228_000_00, "r-3", 20270801})
	if b := o.balance(key); b.Available() != 0 {
		t.Errorf("a payment that no list has frees the permits: %+v", b)
	}
	o.refuses(o.finance, InstalmentProve{plan.Parts[2].ID, 228_000_00, "r-4", 20270801}, reserve.ErrPartState)
	done[PlanResult](o, o.finance, InstalmentConfirm{plan.Parts[2].ID, "seen at the counter"})
	if b := o.balance(key); b.Available() != int64(44*one) || state() != reserve.PlanPaid {
		t.Errorf("%+v, %s", b, state())
	}
	var notices []reserve.PaymentNotice
	if err := o.store.Find(t.Context(), Notices.name, Where("id", n.Notice.ID), &notices); err != nil || notices[0].State != reserve.NoticeDelivered || notices[0].Paid != 880_000_00 {
		t.Errorf("%v %+v", err, notices)
	}
	done[OrderResult](o, f.user, o.order(f, i, market.Sell, 3000, one))
	o.now.set(calendar.NewDate(2028, 9, 1).Start()) // the timers find nothing to do
	o.runTimers()
}

// A part that is not paid freezes the permits, and a month later what was not
// paid for goes back to the reserve: the buyer keeps 40 %.
func TestInstalments_Revoked(t *testing.T) {
	t.Parallel()
	o, _, f, n, plan := instalmentOffice(t)
	verify := func(q quantity.Quantity) {
		done[SurplusResult](o, o.leader, SurplusVerify{f.licence.ID, vocs, q, reserve.EIAAmount, true, true, today, "d", 0, "no records yet"})
	}
	o.allocate(f, done[catalog.Instrument](o, o.admin, InstrumentAdd{Pollutant: vocs, TermEnd: 20320630}), one)
	verify(one) // not of what is sold here
	done[AmountResult](o, o.leader, AmountRecord{f.licence.ID, vocs, 10 * one, reserve.LicenceAmount, "licence"})
	permits := func(want quantity.Quantity, when string) {
		t.Helper()
		if a := (&View{state: o.app.st}).amountOf(f.licence.ID, vocs); a.Quantity != want {
			t.Errorf("%s the licence permits %s, want %s", when, a.Quantity, want)
		}
	}
	done[PlanResult](o, o.finance, InstalmentProve{plan.Parts[0].ID, 352_000_00, "r-1", today})
	done[PlanResult](o, o.finance, InstalmentConfirm{plan.Parts[0].ID, "seen"})
	o.now.set(calendar.NewDate(2026, 7, 2).Start())
	done[NoticeResult](o, o.leader, NoticeDeliver{n.Notice.ID})
	verify(30 * one)
	o.now.set(calendar.NewDate(2027, 8, 30).Start())
	o.runTimers()
	key := n.Notice.Holding()
	if b := o.balance(key); b.Balance != int64(44*one) {
		t.Errorf("revoked before the time of grace is over: %+v", b)
	}
	permits(54*one, "while a late part freezes them")
	o.now.set(calendar.NewDate(2027, 8, 31).Start())
	o.runTimers()
	if b := o.balance(key); b.Balance != 17_600_000 || b.Held != 0 {
		t.Errorf("%+v", b)
	}
	permits(27_600_000, "after the revocation")
	sold := func(month calendar.Date) string {
		lines, err := o.app.Statistics(t.Context(), report.Selection{Cycle: report.Monthly, From: month, To: month, By: report.ByPollutant}, o.now.get().Date())
		if err != nil || len(lines) != 1 {
			t.Fatalf("%+v, %v", lines, err)
		}
		return lines[0].Quantity.String() + " " + lines[0].Amount.String()
	}
	if at, back := sold(20260701), sold(20270801); at != "44 880000.00" || back != "-26.4 -528000.00" {
		t.Errorf("sold %s, then revoked %s", at, back)
	}
	// The surplus that was verified of what was revoked is taken back: 1 + 30 − 26.4.
	losses := tableOf(o, SurplusLosses)
	if got := storedRow(o, Surpluses, 2); got.Verified != 4_600_000 || len(losses) != 1 || losses[0].Kind != reserve.LostToRevocation || losses[0].Reference != plan.Plan.ID {
		t.Errorf("%+v, %+v", got, losses)
	}
	lots := o.lotRows(jiashan)
	if l := lots[len(lots)-1]; l.Provenance != reserve.UnsoldReturn || l.Available != 26_400_000 || l.Cost != 0 {
		t.Errorf("%+v", l)
	}
	o.refuses(o.finance, InstalmentProve{plan.Parts[1].ID, 300_000_00, "r-2", today}, reserve.ErrPlanState)
	o.restart()
	o.check()
}
