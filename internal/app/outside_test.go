package app

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// A system calls each object by one number, and no two of a kind by the same.
func TestOutsideNumber(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f, g := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2)
	good := OutsideNumberRecord{outside.Provincial, outside.Licence, f.licence.ID, "ZJ-330421-0001"}
	nanhu := k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"})
	k.refuses(f.user, good, identity.ErrForbidden)
	k.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*OutsideNumberRecord)
		want   *fault.Error
	}{
		{func(c *OutsideNumberRecord) { c.System = "x" }, invalid},
		{func(c *OutsideNumberRecord) { c.Kind = "x" }, invalid},
		{func(c *OutsideNumberRecord) { c.Number = "" }, invalid},
		{func(c *OutsideNumberRecord) { c.Object = 99 }, ErrNoRecord},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.clerk, c, tt.want)
	}
	if n := done[outside.Number](k.office, k.clerk, good); n.Party != f.party || n.Region != jiashan {
		t.Errorf("%+v", n)
	}
	again := good
	again.Number = "another"
	k.refuses(k.clerk, again, outside.ErrNumbered)
	again = good
	again.Object = g.licence.ID
	k.refuses(k.clerk, again, outside.ErrNumberTaken)
	again.System = outside.NationalLicence
	done[outside.Number](k.office, k.clerk, again)
	for _, kind := range outside.Kinds { // each is looked up in a table of its own
		c := OutsideNumberRecord{outside.Provincial, kind, 1, "number of " + string(kind)}
		if r := k.do(k.clerk, c); r != nil && r.Code != ErrNoRecord.Code && r.Code != outside.ErrNumbered.Code {
			t.Errorf("%s: %v", kind, r)
		}
	}
}

// Objects of every kind are found by what another platform calls them, and all fields
// that it may speak of are compared with what the registry has.
func TestOutsideNumber_EveryKind(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.every = never
	plant(o.store, Leases, []encumbrance.Lease{{ID: 1, Region: jiashan}})
	plant(o.store, Pledges, []encumbrance.Pledge{{ID: 1, Region: jiashan}})
	plant(o.store, JudicialSales, []encumbrance.JudicialSale{{ID: 1, Region: jiashan}})
	plant(o.store, Departures, []permit.Departure{{ID: 1, Region: jiashan}})
	plant(o.store, SurplusVerifications, []reserve.SurplusVerification{{ID: 1, Region: jiashan}})
	plant(o.store, Offers, []auction.Offer{{ID: 1, Region: jiashan}})
	plant(o.store, Awards, []auction.Award{{ID: 1, Region: jiashan}})
	plant(o.store, StandingOffers, []reserve.StandingOffer{{ID: 1, Region: jiashan}})
	plant(o.store, Budgets, []reserve.Budget{{ID: 1, Region: jiashan}})
	plant(o.store, InstalmentPlans, []reserve.InstalmentPlan{{ID: 1, Region: jiashan}})
	plant(o.store, Refunds, []reserve.TreasuryRefund{{ID: 1, Region: jiashan}})
	plant(o.store, Deals, []settlement.Deal{{ID: 1, SellerRegion: jiashan}})
	plant(o.store, Notices, []reserve.PaymentNotice{{ID: 1, Region: jiashan}})
	plant(o.store, Projects, []permit.Project{{ID: 1, Region: jiashan}})
	plant(o.store, Freezes, []encumbrance.Freeze{{ID: 1, Region: jiashan}})
	plant(o.store, Successions, []permit.Succession{{ID: 1, Region: jiashan}})
	plant(o.store, Corrections, []permit.Correction{{ID: 1, Region: jiashan}})
	plant(o.store, MirroredDeals, []outside.Mirror{{ID: 1, Region: jiashan}})
	plant(o.store, Trades, []market.Trade{{ID: 1, SellerRegion: jiashan}})
	plant(o.store, BuyBacks, []reserve.BuyBack{{ID: 1, Region: jiashan}})
	plant(o.store, Renewals, []permit.Renewal{{ID: 1, Region: jiashan}})
	plant(o.store, Earmarks, []reserve.Earmark{{ID: 1, Region: jiashan}})
	plant(o.store, Listings, []reserve.Listing{{ID: 1, Region: jiashan}})
	plant(o.store, IdleDeclarations, []reserve.IdleDeclaration{{ID: 1, Region: jiashan}})
	plant(o.store, Blocks, []market.Block{{ID: 1, SellerRegion: jiashan}})
	plant(o.store, PublicNotices, []approval.PublicNotice{{ID: 1, Region: jiashan}})
	plant(o.store, LevelTransfers, []reserve.LevelTransfer{{ID: 1, FromRegion: jiashan}})
	plant(o.store, LotOrders, []reserve.LotOrder{{ID: 1, Region: jiashan}})
	plant(o.store, Discharges, []permit.Discharge{{ID: 1, Region: jiashan}})
	plant(o.store, Tasks, []permit.Task{{ID: 1, Region: jiashan}})
	plant(o.store, Debts, []permit.Debt{{ID: 1, Region: jiashan}})
	plant(o.store, Registrations, []auction.Registration{{ID: 1, Region: jiashan}})
	f := o.firm(jiashan, 1)
	o.setCap(jiashan, 10*one, one)
	o.allocate(f, o.instrument(), one)
	objects := map[outside.Kind]int64{outside.Party: f.party, outside.Licence: f.licence.ID}
	for _, kind := range outside.Kinds {
		object := cmp.Or(objects[kind], 1)
		number := "number of " + string(kind)
		done[outside.Number](o, o.clerk, OutsideNumberRecord{outside.NationalLicence, kind, object, number})
		line := outside.Line{Kind: kind, Number: number}
		for _, field := range outside.Fields[kind] {
			line.Values = append(line.Values, outside.Value{Field: field, Value: "not so"})
		}
		p := done[outside.Import](o, o.clerk, ImportReceive{
			outside.Import{System: outside.NationalLicence, Number: string(kind), Region: jiashan, AsOf: today}, []outside.Line{line},
		})
		if int(p.Differences) != len(line.Values) {
			t.Errorf("%s: %d differences, want one of each of %v", kind, p.Differences, outside.Fields[kind])
		}
	}
}

// A deal of another platform moves the permits by the rules of a deal, uses up
// the surplus, and is found by its number; no money moves.
func TestDealMirror(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer, far := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2), k.firm(qingpu, 3)
	good := DealMirror{
		System: outside.Provincial, Number: "ZJ-2026-1", SellerLicence: seller.licence.ID, BuyerLicence: buyer.licence.ID, Instrument: k.inst.Code,
		Quantity: 3 * one, Price: 2500 * quantity.OnePrice, Amount: 37_500_00, SettledOn: 20260630, Document: "成交通知书",
	}
	for _, tt := range []struct {
		change func(*DealMirror)
		want   *fault.Error
	}{
		{func(c *DealMirror) { c.System = "x" }, invalid},
		{func(c *DealMirror) { c.Number = "" }, invalid},
		{func(c *DealMirror) { c.SellerLicence = 99 }, ErrNoRecord},
		{func(c *DealMirror) { c.BuyerLicence = 99 }, ErrNoRecord},
		{func(c *DealMirror) { c.BuyerLicence = seller.licence.ID }, outside.ErrOneLicence},
		{func(c *DealMirror) { c.BuyerLicence = far.licence.ID }, ErrNoPair},
		{func(c *DealMirror) { c.Quantity = 0 }, invalid},
		{func(c *DealMirror) { c.Price = 0 }, invalid},
		{func(c *DealMirror) { c.Amount = -1 }, invalid},
		{func(c *DealMirror) { c.SettledOn = 20260702 }, ErrDayToCome},
		{func(c *DealMirror) { c.Document = "" }, invalid},
		{func(c *DealMirror) { c.Quantity = 5 * one }, ledger.ErrInsufficient},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.clerk, c, tt.want)
	}
	m := done[MirrorResult](k.office, k.clerk, good).Deal
	if m.Transfer == 0 || k.holding(buyer) != "3" || k.holding(seller) != "1" || k.surplus(seller).Used != 3*one || k.balance(ledger.FundsKey(seller.party)).Balance != 0 {
		t.Errorf("%+v, %s, %s, %+v", m, k.holding(seller), k.holding(buyer), k.surplus(seller))
	}
	if got, want := k.acquired(buyer.licence), "2026-06-30 at 2500: 3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	k.refuses(k.clerk, good, outside.ErrNumberTaken)
	k.restart()
	deals, numbers := k.store.table(MirroredDeals.name), k.store.table(OutsideNumbers.name)
	for name, alter := range map[string]func() func(){
		"I-60 quantity": func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.Quantity++ }) },
		"I-60 buyer":    func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.BuyerLicence++ }) },
		"I-60 transfer": func() func() { return swap(deals, m.ID, func(m *outside.Mirror) { m.Transfer-- }) },
		"I-60 number":   func() func() { return swap(numbers, 1, func(n *outside.Number) { n.Number = "x" }) },
	} {
		restore := alter()
		k.names(name)
		restore()
	}
	k.check()
	k.wantJuly("330421 deal_local 1 3 37500.00 7500.00")
}

// A deal of another platform between two regions moves both caps by the pair
// that lets it, and the buyer gets what arrives.
func TestDealMirror_AcrossRegions(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(qingpu, 1, 4*one), k.firm(jiashan, 2)
	c := DealMirror{
		System: outside.Provincial, Number: "CSJ-1", SellerLicence: seller.licence.ID, BuyerLicence: buyer.licence.ID, Instrument: k.inst.Code,
		Quantity: 3 * one, Price: 2500 * quantity.OnePrice, Amount: 37_500_00, SettledOn: 20260630, Document: "成交通知书",
	}
	k.refuses(k.leaders[qingpu], c, ErrNoPair)
	k.pair(qingpu, jiashan, func(p *PairAdd) { p.Coefficient = 800_000 })
	m := done[MirrorResult](k.office, k.leaders[qingpu], c).Deal
	caps := [2]string{k.capOf(qingpu), k.capOf(jiashan)}
	if m.Arriving != 2_400_000 || m.BuyerRegion != jiashan || k.holding(buyer) != "2.4" || k.holding(seller) != "1" || caps != [2]string{"97", "102.4"} {
		t.Errorf("%+v, the buyer has %s, the seller %s, caps %v", m, k.holding(buyer), k.holding(seller), caps)
	}
	k.restart()
	k.check()
	deals := k.store.table(MirroredDeals.name)
	for name, alter := range map[string]func(m *outside.Mirror){
		"I-13 what arrived": func(m *outside.Mirror) { m.Arriving++ },
		"I-60 buyer region": func(m *outside.Mirror) { m.BuyerRegion = wujiang },
	} {
		restore := swap(deals, m.ID, alter)
		k.names(name)
		restore()
	}
}

func (k *dealDesk) capOf(region string) string {
	return quantity.Quantity(k.balance(ledger.PermitKey(ledger.Cap, region, vocs)).Balance).String()
}

// exported makes a package as the handler does.
func (k *dealDesk) exported(c ExportMake) ExportMake {
	k.t.Helper()
	files, err := k.app.ExportFiles(k.t.Context(), c)
	if err != nil {
		k.t.Fatal(err)
	}
	c.Files = files
	return c
}

func fileNamed(files []outside.ExportFile, name string) string {
	for _, f := range files {
		if f.Name == name {
			return f.Content
		}
	}
	return ""
}

// A sheet of a package is read page by page, up to what a sheet may hold.
func TestExport_Rows(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	numbers := make([]outside.Number, rowsPerRead+1)
	for i := range numbers {
		n := int64(i) + 1
		numbers[i] = outside.Number{ID: n, System: outside.Provincial, Kind: outside.Lot, Object: n, Number: id(n), Region: jiashan}
	}
	plant(k.store, OutsideNumbers, numbers)
	k.now.set(calendar.Date(20260703).Start())
	days := ExportMake{System: outside.Provincial, Region: jiashan, FirstDay: 20260701, LastDay: 20260702}
	made, err := k.app.exportFiles(t.Context(), days, len(numbers))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(fileNamed(made, "numbers.csv"), "\n")
	if len(lines) != len(numbers)+2 || lines[len(numbers)] != "lot,20001,20001" || strings.Count(fileNamed(made, "numbers.json"), "}") != len(numbers) {
		t.Errorf("%d lines, the last is %q", len(lines), lines[len(lines)-2])
	}
	if _, err := k.app.exportFiles(t.Context(), days, len(numbers)-1); !errors.Is(err, outside.ErrExportLarge) {
		t.Errorf("a sheet of more rows than it may hold: %v", err)
	}
}

// A package says what was held at the end of its last day, whenever it is made,
// carries the platform's numbers, and is numbered in its series.
func TestExport(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	seller, buyer := k.seller(jiashan, 1, 4*one), k.firm(jiashan, 2)
	done[outside.Number](k.office, k.clerk, OutsideNumberRecord{outside.Provincial, outside.Licence, seller.licence.ID, "ZJ-L-1"})
	k.now.set(calendar.Date(20260703).Start())
	days := ExportMake{System: outside.Provincial, Region: jiashan, FirstDay: 20260701, LastDay: 20260702}
	first := done[ExportResult](k.office, k.clerk, k.exported(days))
	k.waits(k.clerk, Exports.name, first.Export.ID, "receive")
	held := fileNamed(first.Files, "holdings.csv")
	if want := "licence,outside_licence,instrument,origin,quantity\n" + seller.licence.Number + ",ZJ-L-1," + k.inst.Code + ",paid,4\n"; held != want {
		t.Errorf("%q, want %q", held, want)
	}
	done[MirrorResult](k.office, k.clerk, DealMirror{
		System: outside.Provincial, Number: "ZJ-D-1", SellerLicence: seller.licence.ID, BuyerLicence: buyer.licence.ID, Instrument: k.inst.Code,
		Quantity: one, Price: 2500 * quantity.OnePrice, Amount: 1, SettledOn: 20260703, Document: "d",
	})
	k.now.set(calendar.Date(20260705).Start())
	again := done[ExportResult](k.office, k.clerk, k.exported(days))
	if again.Export.Number != 2 || fileNamed(again.Files, "holdings.csv") != held || len(again.Files) != 14 {
		t.Errorf("made again it is number %d of %d files, %q", again.Export.Number, len(again.Files), fileNamed(again.Files, "holdings.csv"))
	}
	days.FirstDay, days.LastDay = 20260703, 20260704
	third := done[ExportResult](k.office, k.clerk, k.exported(days))
	want := "1,provincial,ZJ-D-1," + seller.licence.Number + "," + buyer.licence.Number + "," + k.inst.Code + ",1,1,2500,0.01,2026-07-03\n"
	if got := fileNamed(third.Files, "mirrored_deals.csv"); got[len(got)-len(want):] != want {
		t.Errorf("%q, want the end %q", got, want)
	}
	days.LastDay = 20260705
	k.refuses(k.clerk, days, outside.ErrDaysNotOver)
	k.refuses(k.clerk, ExportMake{System: "x", Region: jiashan, FirstDay: 20260701, LastDay: 20260702}, invalid)
	k.refuses(k.clerk, ExportMake{System: outside.Provincial, Region: jiashan, FirstDay: 20260702, LastDay: 20260701}, invalid)
	k.refuses(k.person("nanhu", GrantAdd{Role: identity.BureauLeader, Region: "330402"}), days, ErrNoRecord)
	receipt := ExportReceive{first.Export.ID, "HZ-1", 20260704}
	if e := done[ExportResult](k.office, k.clerk, receipt).Export; e.State != outside.ExportReceived || e.Receipt != "HZ-1" {
		t.Errorf("%+v", e)
	}
	k.refuses(k.clerk, receipt, outside.ErrPackageNotNow)
	k.restart()
	k.check()
	files, exports := k.store.table(ExportFiles.name), k.store.table(Exports.name)
	for name, alter := range map[string]func() func(){
		"I-61 content": func() func() { return swap(files, 1, func(f *outside.ExportFile) { f.Content += "x" }) },
		"I-61 digest":  func() func() { return swap(exports, 2, func(e *outside.Export) { e.Digest = e.Digest[1:] + "0" }) },
		"I-61 number":  func() func() { return swap(exports, 3, func(e *outside.Export) { e.Number = 4 }) },
	} {
		restore := alter()
		k.names(name)
		restore()
	}
}

// What a platform says is compared field by field and changes nothing; its
// package is closed when each difference is explained.
func TestImport(t *testing.T) {
	t.Parallel()
	k := openDealDesk(t)
	f, g := k.seller(jiashan, 1, 4*one), k.firm(qingpu, 2)
	done[outside.Number](k.office, k.clerk, OutsideNumberRecord{outside.Provincial, outside.Licence, f.licence.ID, "ZJ-L-1"})
	holding := func(q string) outside.Line {
		return outside.Line{Kind: outside.Holding, Number: f.licence.Number, Instrument: k.inst.Code, Origin: "paid", Values: fields("quantity", q)}
	}
	good := ImportReceive{
		Import: outside.Import{System: outside.Provincial, Number: "P-1", Region: jiashan, AsOf: 20260630},
		Lines: []outside.Line{
			{Kind: outside.Licence, Number: "ZJ-L-1", Values: fields("number", f.licence.Number, "state", "suspended")},
			{Kind: outside.Party, Number: "ZJ-P-7", Object: f.party},
			{Kind: outside.Licence, Number: "ZJ-L-9", Object: g.licence.ID},
			holding("4.0"), holding("3"),
		},
	}
	for _, tt := range []struct {
		change func(*ImportReceive)
		want   *fault.Error
	}{
		{func(c *ImportReceive) { c.Import.Region = "999999" }, ErrNoRecord},
		{func(c *ImportReceive) { c.Import.System = "x" }, invalid},
		{func(c *ImportReceive) { c.Import.Number = "" }, invalid},
		{func(c *ImportReceive) { c.Import.AsOf = 20270101 }, ErrDayToCome},
		{func(c *ImportReceive) { c.Lines = nil }, outside.ErrImportLines},
		{func(c *ImportReceive) { c.Lines = make([]outside.Line, 501) }, outside.ErrImportLines},
		{func(c *ImportReceive) { c.Lines = []outside.Line{{Kind: "x", Number: "n"}} }, invalid},
		{func(c *ImportReceive) {
			c.Lines = []outside.Line{{Kind: outside.Party, Number: "n", Values: fields("x", "y")}}
		}, outside.ErrImportField},
		{func(c *ImportReceive) {
			c.Lines = []outside.Line{{Kind: outside.Party, Number: "n", Values: fields("name", "y", "name", "y")}}
		}, outside.ErrImportValues},
		{func(c *ImportReceive) { c.Lines = []outside.Line{{Kind: outside.Holding, Number: "n"}} }, invalid},
	} {
		c := good
		tt.change(&c)
		k.refuses(k.clerk, c, tt.want)
	}
	p := done[outside.Import](k.office, k.clerk, good)
	var found []outside.Difference
	if err := k.store.Find(t.Context(), ImportDifferences.name, Where("import", p.ID), &found); err != nil {
		t.Fatal(err)
	}
	var got string
	for _, d := range found {
		got += fmt.Sprintf("%d %s %d %s: %q, %q\n", d.Line, d.Kind, d.Object, d.Field, d.Theirs, d.Ours)
	}
	want := fmt.Sprintf("1 licence %d state: \"suspended\", \"valid\"\n2 party %d number: \"ZJ-P-7\", \"\"\n3 licence 0 object: \"ZJ-L-9\", \"\"\n", f.licence.ID, f.party)
	if id, _ := k.app.st.ledger.Find(HoldingKey(f.licence, k.inst, ledger.Paid)); got != want+fmt.Sprintf("5 holding %d quantity: \"3\", \"4\"\n", id) {
		t.Errorf("got %s", got)
	}
	if p.Differences != 4 || p.Lines != 5 || p.State != outside.ImportOpen || k.holding(f) != "4" {
		t.Errorf("%+v", p)
	}
	if again := done[outside.Import](k.office, k.clerk, good); again != p {
		t.Errorf("sent again it is %+v", again)
	}
	other := good
	other.Lines = good.Lines[:1]
	k.refuses(k.clerk, other, outside.ErrImportOther)
	k.refuses(k.clerk, ImportClose{p.ID}, identity.ErrForbidden)
	k.refuses(k.leader, ImportClose{p.ID}, outside.ErrImportUnexplained)
	k.refuses(k.clerk, ImportExplain{p.ID, found[0].ID, ""}, invalid)
	k.refuses(k.clerk, ImportExplain{p.ID, 99, "e"}, ErrNoRecord)
	for _, d := range found {
		done[outside.Difference](k.office, k.clerk, ImportExplain{p.ID, d.ID, "their list is of June"})
	}
	if closed := done[outside.Import](k.office, k.leader, ImportClose{p.ID}); closed.State != outside.ImportClosed {
		t.Errorf("%+v", closed)
	}
	k.refuses(k.clerk, ImportExplain{p.ID, found[0].ID, "again"}, outside.ErrPackageNotNow)
	k.refuses(k.leader, ImportClose{p.ID}, outside.ErrPackageNotNow)
	agreed := good
	agreed.Import.Number, agreed.Lines = "P-2", []outside.Line{holding("4.000")}
	if p := done[outside.Import](k.office, k.clerk, agreed); p.State != outside.ImportClosed || p.Differences != 0 {
		t.Errorf("what agrees is %+v", p)
	}
	k.restart()
	k.check()
	differences, imports := k.store.table(ImportDifferences.name), k.store.table(Imports.name)
	for name, alter := range map[string]func() func(){
		"I-62 count": func() func() { return swap(imports, p.ID, func(p *outside.Import) { p.Differences-- }) },
		"I-62 explained": func() func() {
			return swap(differences, found[0].ID, func(d *outside.Difference) { d.Explanation = "" })
		},
	} {
		restore := alter()
		k.names(name)
		restore()
	}
}

// Whatever is mirrored, numbered, exported and imported in whatever order,
// check finds nothing, and a package that is sent again is the same one.
func TestOutside_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			k := openDealDesk(t)
			k.pair(qingpu, jiashan, func(p *PairAdd) { p.Coefficient = 900_000 })
			walkOutside(k, []firm{k.seller(jiashan, 1, 9*one), k.seller(qingpu, 2, 9*one), k.seller(jiashan, 3, 9*one)}, rand.New(rand.NewSource(seed)))
			k.restart()
			k.check()
		})
	}
}

func walkOutside(k *dealDesk, firms []firm, r *rand.Rand) {
	k.t.Helper()
	pick := func() firm { return firms[r.Intn(len(firms))] }
	number := func() string { return fmt.Sprint("n", r.Intn(30)) }
	id := func(table string) int64 { last, _ := k.store.LastID(k.t.Context(), table); return r.Int63n(last+1) + 1 }
	for day := range 4 {
		k.now.set(calendar.Date(20260702).AddDays(day).Start() + 9*3_600_000_000)
		for range 30 {
			f := pick()
			who := k.leaders[f.licence.Region]
			var c Command
			switch r.Intn(6) {
			case 0, 1:
				c = DealMirror{outside.Provincial, number(), f.licence.ID, pick().licence.ID, k.inst.Code, quantity.Quantity(r.Intn(20)) * one / 10, quantity.OnePrice, 1, 20260701, "d"}
			case 2:
				c = OutsideNumberRecord{outside.Systems[r.Intn(2)], outside.Kinds[r.Intn(len(outside.Kinds))], r.Int63n(4) + 1, number()}
			case 3:
				c = k.exported(ExportMake{System: outside.Systems[r.Intn(2)], Region: f.licence.Region, FirstDay: 20260701, LastDay: k.now.get().Date().AddDays(-r.Intn(2))})
			case 4:
				c = ImportReceive{outside.Import{System: outside.Provincial, Number: number(), Region: f.licence.Region, AsOf: 20260701}, []outside.Line{
					{Kind: outside.Kinds[r.Intn(len(outside.Kinds))], Number: number(), Object: r.Int63n(4)},
					{Kind: outside.Holding, Number: f.licence.Number, Instrument: k.inst.Code, Origin: "paid", Values: fields("quantity", fmt.Sprint(r.Intn(9)))},
				}}
			default:
				c = ImportExplain{id(Imports.name), id(ImportDifferences.name), "e"}
				if r.Intn(3) == 0 {
					c = ImportClose{id(Imports.name)}
				}
			}
			k.do(who, c)
		}
	}
}
