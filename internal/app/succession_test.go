package app

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// sumsOf are all permits by region, pollutant and origin of their holdings.
func (o *office) sumsOf() map[string]int64 {
	sums := map[string]int64{}
	o.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if a.Kind == ledger.Holding {
			sums[fmt.Sprint(a.Region, " ", a.Pollutant, " ", a.Origin)] += b.Balance
		}
	})
	return sums
}

// acquired writes the acquisitions of a firm's paid permits.
func (k *dealDesk) acquired(l catalog.Licence) string {
	id, _ := k.app.st.ledger.Find(HoldingKey(l, k.inst, ledger.Paid))
	var out []string
	for _, a := range k.app.st.ledger.Acquisitions(id) {
		out = append(out, fmt.Sprint(a.AcquiredOn, " at ", a.Price, ": ", a.Remaining))
	}
	return strings.Join(out, "; ")
}

func (k *dealDesk) giveFree(f firm, q quantity.Quantity) {
	k.t.Helper()
	done[AllocationResult](k.office, k.leader, Allocate{
		Kind: reserve.Initial, Licence: f.licence.ID, Instrument: k.inst.Code, Part: reserve.Unallocated, Origin: ledger.Free, Quantity: q,
		AcquiredOn: today, Document: "free",
	})
}

func (k *dealDesk) share(to firm, origin ledger.Origin, q, surplus quantity.Quantity) SuccessionShare {
	return SuccessionShare{to.licence.ID, k.inst.Code, origin, q, surplus}
}

// A merger carries everything: acquisitions, surplus, freezes; orders are
// withdrawn and the licence is revoked.
func TestSuccession_Merger(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.seller(jiashan, 2, 4*one)
	k.giveFree(from, 3*one)
	frozen := k.freeze(freezing(from, k.inst.Code, "a", 9*one))
	waiting := k.freeze(freezing(to, k.inst.Code, "b", 5*one))
	k.refuses(k.leader, FreezeRelease{99, "d"}, ErrNoRecord)
	before := k.sumsOf()
	r := done[SuccessionResult](k.office, k.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: today, Document: "合并协议",
		Parts: []SuccessionShare{k.share(to, ledger.Paid, 8*one, 8*one), k.share(to, ledger.Free, 3*one, 0)},
	})
	if diff := cmp.Diff(before, k.sumsOf()); diff != "" {
		t.Error(diff)
	}
	if !r.Succession.Closed || r.Succession.Transfer == 0 || rowsOf(k.app.st, Licences).rows[from.licence.ID].State != catalog.LicenceRevoked {
		t.Errorf("%+v", r)
	}
	if got, want := k.acquired(to.licence), "2026-01-05 at 2000: 3; 2026-01-05 at 2000: 6; 2026-01-10 at 1000: 1; 2026-01-10 at 1000: 2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s := k.surplus(to); s.Verified != 12*one || k.app.st.surplus[surplusKey{from.licence.ID, vocs}].Verified != 0 {
		t.Errorf("%+v", s)
	}
	// What was frozen stays frozen for the one that froze it; the rest goes by rank.
	if k.frozenNow(frozen.ID) != "active 8/9" || k.frozenNow(waiting.ID) != "active 4/5" {
		t.Error(k.frozenNow(frozen.ID), k.frozenNow(waiting.ID))
	}
	if f := rowsOf(k.app.st, Freezes).rows[frozen.ID]; f.Licence != to.licence.ID || f.Party != to.party {
		t.Errorf("%+v", f)
	}
	k.allocate(to, one, 1000*quantity.OnePrice, today)
	if k.frozenNow(frozen.ID) != "active 9/9" {
		t.Error(k.frozenNow(frozen.ID))
	}
	k.restart()
	done[FreezeResult](k.office, k.leader, FreezeRelease{frozen.ID, "d"})
}

// What a succession of two holdings of one pollutant leaves of what each licence permits is
// shown to who approves it as it comes, also where it is recorded for the first time.
func TestSuccession_ShowsWhatIsLeft(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.firm(jiashan, 2)
	k.giveFree(from, 3*one)
	done[AmountResult](k.office, k.leader, AmountRecord{from.licence.ID, vocs, 20 * one, reserve.LicenceAmount, "d"})
	p := k.office.propose(k.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: today, Document: "合并协议",
		Parts: []SuccessionShare{k.share(to, ledger.Paid, 8*one, 8*one), k.share(to, ledger.Free, 3*one, 0)},
	})
	var effects []approval.Effect
	if err := json.Unmarshal([]byte(p.Effects), &effects); err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, e := range effects {
		if (e.Subject == LicenceAmounts.name || e.Subject == AmountChanges.name) && e.Field == "quantity" {
			shown = append(shown, fmt.Sprintf("%s %q to %q", e.Subject, e.Before, e.After))
		}
	}
	want := []string{
		`licence_quantity "20" to "9"`, `licence_quantity_change "" to "12"`, `licence_quantity "" to "11"`, `licence_quantity_change "" to "8"`,
		`licence_quantity_change "" to "9"`, `licence_quantity_change "" to "11"`,
	}
	slices.Sort(shown)
	slices.Sort(want)
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Error(diff)
	}
}

// A division gives parts to several, and may let one stay.
func TestSuccession_Division(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, a, b := k.seller(jiashan, 1, 8*one), k.firm(jiashan, 2), k.firm(jiashan, 3)
	order := done[OrderResult](k.office, from.user, k.sell(from, one)).Order.ID
	c := SuccessionRecord{
		Kind: permit.Division, Licence: from.licence.ID, EffectiveOn: today, Document: "分立",
		Parts: []SuccessionShare{k.share(a, ledger.Paid, 3*one, 2*one), k.share(b, ledger.Paid, 4*one, 4*one), k.share(from, ledger.Paid, one, one)},
	}
	k.refuses(k.leader, c, permit.ErrPartsSum) // 7 of 8 of the surplus
	c.Parts[0].Surplus = 3 * one
	r := done[SuccessionResult](k.office, k.leader, c)
	if r.Succession.Closed || !slices.Equal(r.Cancelled, []int64{order}) || len(r.Parts) != 3 {
		t.Errorf("%+v", r)
	}
	if got, want := fmt.Sprint(k.holding(a), k.holding(b), k.holding(from)), "341"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := k.acquired(a.licence)+" | "+k.acquired(b.licence), "2026-01-05 at 2000: 3 | 2026-01-05 at 2000: 3; 2026-01-10 at 1000: 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	done[OrderResult](k.office, b.user, k.sell(b, 4*one)) // its surplus came along
}

// What lies idle goes on lying idle at the successor, since the same day and as the
// one has declared it who did; what he has declared of his own stands beside it. A
// division asks whose it is.
func TestSuccession_Idle(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to, last := k.firm(jiashan, 1), k.firm(jiashan, 2), k.firm(jiashan, 3)
	for f, q := range map[firm]quantity.Quantity{from: 4 * one, last: 2 * one} {
		k.allocate(f, q, 1000*quantity.OnePrice, 20200101)
		k.verify(f, q)
	}
	declare := func(person int64, f firm, q quantity.Quantity, since calendar.Date, document string) int64 {
		t.Helper()
		return done[IdleResult](k.office, person, IdleDeclare{f.licence.ID, k.inst.Code, ledger.Paid, q, since, document}).Declaration.ID
	}
	open := func() (out []string) {
		t.Helper()
		for _, d := range rowsIn(k.office, IdleDeclarations, Where("state", string(reserve.IdleOpen))) {
			out = append(out, fmt.Sprintf("%d: %d %d %s since %s, %s by %s of %d", d.ID, d.Party, d.Licence, d.Quantity, d.Since, d.Document, d.DeclaredBy, d.DeclaredOf))
		}
		return out
	}
	first := declare(k.leader, from, 3*one, 20230501, "found")
	c := SuccessionRecord{
		Kind: permit.Division, Licence: from.licence.ID, EffectiveOn: today, Document: "d",
		Parts: []SuccessionShare{k.share(to, ledger.Paid, one, one), k.share(from, ledger.Paid, 3*one, 3*one)},
	}
	k.refuses(k.leader, c, permit.ErrBlocked)
	c.Kind, c.Parts = permit.NewHolder, []SuccessionShare{k.share(to, ledger.Paid, 4*one, 4*one)}
	k.does(k.leader, c)
	want := []string{fmt.Sprintf("%d: %d %d 3 since 2023-05-01, found by bureau of %d", first, to.party, to.licence.ID, from.licence.ID)}
	if diff := cmp.Diff(want, open()); diff != "" {
		t.Error(diff)
	}
	k.check()
	own := declare(last.user, last, one, 20230601, "declared")
	sweep := done[BuyBackResult](k.office, k.leader, IdleSweep{own, 0, "d"}).BuyBack
	c.Kind, c.Licence, c.Parts = permit.Merger, to.licence.ID, []SuccessionShare{k.share(last, ledger.Paid, 4*one, 4*one)}
	k.does(k.leader, c)
	want = []string{
		fmt.Sprintf("%d: %d %d 3 since 2023-05-01, found by bureau of %d", first, last.party, last.licence.ID, from.licence.ID),
		fmt.Sprintf("%d: %d %d 1 since 2023-06-01, declared by enterprise of 0", own, last.party, last.licence.ID),
	}
	if diff := cmp.Diff(want, open()); diff != "" {
		t.Error(diff)
	}
	if d := storedRow(k.office, IdleDeclarations, own); d.BuyBack != sweep.ID || d.Quantity != one {
		t.Errorf("a sweep of one is about %+v", d)
	}
	k.refuses(last.user, IdleDeclare{last.licence.ID, k.inst.Code, ledger.Paid, one, 20260601, "d"}, ErrIdleDeclared)
	k.refuses(last.user, IdleEnd{first, today, "d"}, ErrIdleOfBureau)
	k.restart()
	k.check()
	k.does(k.leader, BuyBackStep{BuyBack: sweep.ID, Event: reserve.RejectBuyBack, Document: "d", Note: "n"})
	k.does(k.leader, IdleSweep{first, 0, "d"}) // as long as it lay idle elsewhere
	k.check()
}

// Open declarations that were made of one holding are found (I-114).
func TestCheck_IdleTwice(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f := k.seller(jiashan, 1, 4*one)
	d := done[IdleResult](k.office, f.user, IdleDeclare{f.licence.ID, k.inst.Code, ledger.Paid, one, 20260601, "d"}).Declaration
	d.ID++
	k.store.table(IdleDeclarations.name).put(d.ID, d)
	found, err := Check(t.Context(), k.store, k.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-114" }) {
		t.Error(found, err)
	}
}

// What others rely on blocks, and the answer names it.
func TestSuccession_Blocked(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to, far := k.seller(jiashan, 1, 8*one), k.buyer(jiashan, 2, 100_000_00), k.firm(qingpu, 3)
	good := SuccessionRecord{
		Kind: permit.NewHolder, Licence: from.licence.ID, EffectiveOn: today, Document: "d", Parts: []SuccessionShare{k.share(to, ledger.Paid, 8*one, 8*one)},
	}
	nanhu := k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	k.refuses(nanhu, good, ErrNoRecord)
	k.refuses(k.clerk, good, identity.ErrForbidden)
	for _, tt := range []struct {
		change func(*SuccessionRecord)
		want   *fault.Error
	}{
		{func(c *SuccessionRecord) { c.Kind = "x" }, invalid},
		{func(c *SuccessionRecord) { c.Document = "" }, invalid},
		{func(c *SuccessionRecord) { c.EffectiveOn = 0 }, invalid},
		{func(c *SuccessionRecord) { c.EffectiveOn = today.AddDays(approval.AheadDays + 1) }, ErrDayToCome},
		{func(c *SuccessionRecord) { c.Parts = nil }, permit.ErrNoParts},
		{func(c *SuccessionRecord) { c.Parts[0].Licence = 99 }, ErrNoRecord},
		{func(c *SuccessionRecord) { c.Parts[0].Licence = far.licence.ID }, permit.ErrOtherRegion},
		{func(c *SuccessionRecord) { c.Parts[0].Instrument = "CO2-20310630" }, ErrNoRecord},
		{func(c *SuccessionRecord) { c.Parts[0].Quantity-- }, permit.ErrPartSurplus},
		{func(c *SuccessionRecord) { c.Parts[0].Quantity--; c.Parts[0].Surplus-- }, permit.ErrPartsSum},
		{func(c *SuccessionRecord) { c.Parts[0].Licence = from.licence.ID }, permit.ErrStays},
	} {
		c := good
		c.Parts = slices.Clone(good.Parts)
		tt.change(&c)
		k.refuses(k.leader, c, tt.want)
	}
	d := k.run(k.propose(k.offer(from, to, one, 1000), to), from, to, settlement.SellerSign)
	k.refuses(k.leader, good, permit.ErrBlocked)
	k.step(d, to.user, settlement.Withdraw)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, one, "d", LotChoice{}})
	notice := done[NoticeResult](k.office, k.leader, NoticeIssue{Licence: from.licence.ID, Instrument: k.inst.Code, Quantity: one, Price: quantity.OnePrice, DueOn: 20260731})
	k.refuses(k.leader, good, permit.ErrBlocked)
	done[NoticeResult](k.office, k.leader, NoticeCancel{notice.Notice.ID, "r"})
	frozen := k.freeze(freezing(from, k.inst.Code, "a", one))
	split := good
	split.Kind, split.Parts = permit.Division, []SuccessionShare{k.share(to, ledger.Paid, 7*one, 7*one), k.share(from, ledger.Paid, one, one)}
	k.refuses(k.leader, split, permit.ErrBlocked)
	done[FreezeResult](k.office, k.leader, FreezeRelease{frozen.ID, "d"})
	done[SuccessionResult](k.office, k.leader, split)
}

// A site that leaves gives its free permits back to the reserve; its paid ones
// must go before the departure is complete.
func TestDeparture(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	f, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 1_000_000_00)
	k.giveFree(f, 3*one)
	k.pay(f, 10_000_00)
	k.does(k.leader, AmountRecord{f.licence.ID, vocs, 7 * one, reserve.LicenceAmount, "licence"})
	done[IdleResult](k.office, f.user, IdleDeclare{f.licence.ID, k.inst.Code, ledger.Paid, one, today, "idle"})
	order := done[OrderResult](k.office, f.user, k.buy(f, one, 1000)).Order.ID
	c := DepartureRecord{Kind: permit.Relocation, Licence: f.licence.ID, EffectiveOn: today, Document: "迁出"}
	bad := c
	bad.Kind = "x"
	k.refuses(k.leader, bad, invalid)
	bad = c
	bad.EffectiveOn = today.AddDays(approval.AheadDays + 1)
	k.refuses(k.leader, bad, ErrDayToCome)
	r := done[DepartureResult](k.office, k.leader, c)
	if r.Departure.Reclaimed != 3*one || !slices.Equal(r.Cancelled, []int64{order}) || k.permits(ledger.Reserve, jiashan) != "3" {
		t.Errorf("%+v, reserve %s", r, k.permits(ledger.Reserve, jiashan))
	}
	if a := (&View{state: k.app.st}).amountOf(f.licence.ID, vocs); a.Quantity != 4*one {
		t.Errorf("the licence permits %s", a.Quantity)
	}
	k.refuses(k.leader, c, permit.ErrDepartureOpen)
	complete := DepartureStep{r.Departure.ID, permit.CompleteDeparture, "d"}
	k.refuses(k.leader, DepartureStep{99, permit.CompleteDeparture, "d"}, ErrNoRecord)
	k.refuses(k.leader, DepartureStep{r.Departure.ID, "x", "d"}, invalid)
	k.refuses(k.leader, complete, permit.ErrDepartureLeft)
	done[OrderResult](k.office, f.user, k.sell(f, 4*one))
	done[OrderResult](k.office, buyer.user, k.buy(buyer, 4*one, 3000))
	if d := done[DepartureResult](k.office, k.leader, complete).Departure; d.State != permit.DepartureCompleted {
		t.Errorf("%+v", d)
	}
	if s := rowsOf(k.app.st, Licences).rows[f.licence.ID].State; s != catalog.LicenceRevoked {
		t.Error(s)
	}
	if idle := rowsIn(k.office, IdleDeclarations, Query{}); len(idle) != 1 || idle[0].State != reserve.IdleEnded {
		t.Errorf("%+v", idle)
	}
	k.refuses(k.leader, complete, permit.ErrDepartureState)
	other := done[DepartureResult](k.office, k.leader, DepartureRecord{Kind: permit.Closure, Licence: buyer.licence.ID, EffectiveOn: today, Document: "d"}).Departure
	k.waits(k.leader, Departures.name, other.ID, "complete")
	if other.Reclaimed != 0 || other.Transfer != 0 {
		t.Errorf("%+v", other)
	}
	done[DepartureResult](k.office, k.leader, DepartureStep{other.ID, permit.WithdrawDeparture, "d"})
}

// A new name keeps the party's number; a new code needs new numbers of its
// licences, and the old ones are free again.
func TestPartyRename(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(jiashan, 2)
	code := uscc(jiashan, 7)
	old := rowsOf(o.app.st, Parties).rows[f.party].USCC
	c := PartyRename{Party: f.party, Name: "新名", USCC: code, EffectiveOn: today, Document: "变更登记", Licences: []LicenceRenumber{{f.licence.ID, code + "001P"}}}
	none := c
	none.Party = 99
	if refused := o.do(o.leader, none); refused == nil || refused.Field != "party" {
		t.Errorf("a party that there is not: %v", refused)
	}
	for _, tt := range []struct {
		change func(*PartyRename)
		want   *fault.Error
	}{
		{func(c *PartyRename) { c.Party = 99 }, ErrNoRecord},
		{func(c *PartyRename) { c.Document = "" }, invalid},
		{func(c *PartyRename) { c.EffectiveOn = 0 }, invalid},
		{func(c *PartyRename) { c.EffectiveOn = today.AddDays(approval.AheadDays + 1) }, ErrDayToCome},
		{func(c *PartyRename) { c.Name = "" }, invalid},
		{func(c *PartyRename) { c.USCC = uscc(jiashan, 2) }, ErrUSCCTaken},
		{func(c *PartyRename) { c.Name, c.USCC, c.Licences = f.name, "", nil }, ErrNameUnchanged},
		{func(c *PartyRename) { c.Licences = nil }, ErrLicenceNumbers},
		{func(c *PartyRename) { c.Licences[0].Number = old + "002P" }, catalog.ErrLicenceHolder},
		{func(c *PartyRename) { c.Licences = append(c.Licences, LicenceRenumber{g.licence.ID, code + "002P"}) }, ErrNoRecord},
	} {
		bad := c
		bad.Licences = slices.Clone(c.Licences)
		tt.change(&bad)
		o.refuses(o.leader, bad, tt.want)
	}
	r := done[RenameResult](o, o.leader, c)
	if r.Party.ID != f.party || r.Party.Name != "新名" || r.Rename.OldUSCC != old || r.Rename.OldName != f.name {
		t.Errorf("%+v", r)
	}
	for range 2 {
		if id := o.app.st.byCode.parties[code]; id != f.party {
			t.Errorf("%s is party %d", code, id)
		}
		if id, known := o.app.st.byCode.parties[old]; known {
			t.Errorf("the old code is party %d", id)
		}
		if id := o.app.st.byCode.licences[code+"001P"]; id != f.licence.ID {
			t.Errorf("the number is licence %d", id)
		}
		o.restart()
	}
	done[RenameResult](o, o.leader, PartyRename{Party: f.party, Name: "再新", EffectiveOn: today, Document: "d"})
}

// A new code is not refused for a site with a character that is not seen, of a licence of before: nobody
// could change it.
func TestPartyRename_SiteOfBefore(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	l, p := f.licence, rowsOf(o.app.st, Parties).rows[f.party]
	l.Site, p.USCC = "site\u200b1", uscc(jiashan, 7)
	rowsOf(o.app.st, Licences).rows[l.ID] = l
	c := PartyRename{Licences: []LicenceRenumber{{l.ID, p.USCC + "001P"}}}
	if got, err := c.licences(&View{state: o.app.st}, p, true); err != nil || len(got) != 1 || got[0].Number != p.USCC+"001P" || got[0].Site != l.Site {
		t.Errorf("%+v, %v", got, err)
	}
}

// Whatever is traded, frozen and handed over, in any order, check finds
// nothing, and a succession leaves all sums by region, pollutant and origin.
func TestSuccession_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomSuccessions(t, rand.New(rand.NewSource(seed)), 120)
		})
	}
}

func randomSuccessions(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	k := openTermDesk(t)
	firms := []firm{k.seller(jiashan, 1, 20*one), k.seller(jiashan, 2, 20*one), k.buyer(jiashan, 3, 500_000_00), k.firm(jiashan, 4)}
	k.giveFree(firms[0], 5*one)
	people := []int64{k.leaders[jiashan], k.finance}
	for _, f := range firms {
		people = append(people, f.user)
	}
	pick := func() firm { return firms[r.Intn(len(firms))] }
	did := map[string]int{}
	do := func(who int64, c Command) {
		t.Helper()
		before := k.sumsOf()
		if k.do(who, c) == nil {
			did[string(c.Operation())]++
			if _, handed := c.(SuccessionRecord); handed && !cmp.Equal(before, k.sumsOf()) {
				t.Fatalf("%+v: %s", c, cmp.Diff(before, k.sumsOf()))
			}
		}
	}
	for n := range steps {
		switch r.Intn(10) {
		case 0:
			do(k.leader, FreezePlace{FreezeTerms: freezing(pick(), k.inst.Code, fmt.Sprint(n), quantity.Quantity(1+r.Intn(80))*100_000)})
		case 1:
			do(k.leader, FreezeRelease{r.Int63n(20) + 1, "d"})
		case 2:
			f := pick()
			do(f.user, k.sell(f, quantity.Quantity(1+r.Intn(40))*100_000))
		case 3:
			f := pick()
			do(f.user, k.buy(f, quantity.Quantity(1+r.Intn(10))*100_000, 3000))
		case 4:
			if r.Intn(4) == 0 {
				k.randomProposal(r, firms)
			}
			k.randomStep(r, people, map[settlement.DealState]int{})
		default:
			do(k.leader, k.randomSuccession(r, pick(), firms))
		}
	}
	k.restart()
	k.check()
	if did["succession.record"] == 0 || did["freeze.place"] == 0 {
		t.Errorf("too little was done: %v", did)
	}
}

// randomSuccession gives what a firm has to others, mostly as it must be.
func (k *dealDesk) randomSuccession(r *rand.Rand, from firm, firms []firm) SuccessionRecord {
	c := SuccessionRecord{Kind: permit.SuccessionKinds[r.Intn(3)], Licence: from.licence.ID, EffectiveOn: k.now.get().Date(), Document: "d"}
	if r.Intn(3) > 0 {
		c.Kind = permit.Division // it may leave the licence in force
	}
	v := &View{state: k.app.st}
	has, surplus := v.wholeOf(from.licence)
	one := firms[r.Intn(len(firms))]
	for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free} {
		left, unsold := has[permit.HoldingID{Instrument: k.inst.ID, Origin: origin}], surplus[vocs]
		if origin == ledger.Free {
			unsold = 0
		}
		if c.Kind == permit.Division && left > 1 && r.Intn(2) == 0 {
			q := quantity.Quantity(r.Int63n(int64(left)-1) + 1)
			keep := from
			if one.party == from.party {
				keep = firms[r.Intn(len(firms))]
			}
			s := min(unsold, q)
			c.Parts = append(c.Parts, k.share(keep, origin, q, s))
			left, unsold = left-q, unsold-s
		}
		if left > 0 {
			c.Parts = append(c.Parts, k.share(one, origin, left, unsold))
		}
	}
	return c
}

// permitx check names a succession, a part and a departure that were altered.
func TestCheck_Successions(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	from, to := k.seller(jiashan, 1, 8*one), k.firm(jiashan, 2)
	k.giveFree(from, one)
	d := done[DepartureResult](k.office, k.leader, DepartureRecord{Kind: permit.Closure, Licence: from.licence.ID, EffectiveOn: today, Document: "d"}).Departure
	r := done[SuccessionResult](k.office, k.leader, SuccessionRecord{
		Kind: permit.Merger, Licence: from.licence.ID, EffectiveOn: today, Document: "d", Parts: []SuccessionShare{k.share(to, ledger.Paid, 8*one, 8*one)},
	})
	successions, parts, departures := k.store.table(Successions.name), k.store.table(SuccessionParts.name), k.store.table(Departures.name)
	id, part := r.Succession.ID, r.Parts[0].ID
	for name, alter := range map[string]func() func(){
		"I-31 closed":    func() func() { return swap(successions, id, func(s *permit.Succession) { s.Closed = false }) },
		"I-31 transfer":  func() func() { return swap(successions, id, func(s *permit.Succession) { s.Transfer-- }) },
		"I-31 licence":   func() func() { return swap(parts, part, func(p *permit.SuccessionPart) { p.ToLicence++ }) },
		"I-31 quantity":  func() func() { return swap(parts, part, func(p *permit.SuccessionPart) { p.Quantity++ }) },
		"I-31 of none":   func() func() { return swap(parts, part, func(p *permit.SuccessionPart) { p.Succession++ }) },
		"I-16 surplus":   func() func() { return swap(parts, part, func(p *permit.SuccessionPart) { p.Surplus-- }) },
		"I-31 reclaimed": func() func() { return swap(departures, d.ID, func(d *permit.Departure) { d.Reclaimed++ }) },
		"I-31 from":      func() func() { return swap(departures, d.ID, func(d *permit.Departure) { d.Licence++ }) },
	} {
		restore := alter()
		k.names(name)
		restore()
	}
	k.check()
}
