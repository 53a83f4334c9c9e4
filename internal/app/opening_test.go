package app

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"strconv"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

const cutOff = calendar.Date(20260630)

// sheets is a file that a test writes: the header of each sheet is there.
type sheets map[string][][]string

func (s sheets) add(sheet string, cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	s[sheet] = append(s[sheet], row)
}

func (s sheets) grids() []opening.Grid {
	var all []opening.Grid
	for _, of := range opening.Sheets {
		g := opening.Grid{Sheet: of.Name, Rows: [][]string{nil}}
		for _, c := range of.Columns {
			g.Rows[0] = append(g.Rows[0], c.Name)
		}
		g.Rows = append(g.Rows, s[of.Name]...)
		all = append(all, g)
	}
	return all
}

// submits checks a file of Jiaxing and submits what was found.
func (o *office) submits(person int64, s sheets) OpeningResult {
	o.t.Helper()
	return done[OpeningResult](o, person, o.checks(s))
}

func (o *office) checks(s sheets) OpeningSubmit {
	o.t.Helper()
	p := opening.Package{Region: jiaxing, CutOff: cutOff, Document: "启动〔2026〕1号"}
	c, err := CheckOpening(o.t.Context(), o.store, o.app.Reference(), o.now.get().Date(), p, s.grids())
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

// faultsOf reads the faults of a submission.
func faultsOf(t *testing.T, c OpeningSubmit) []opening.Fault {
	t.Helper()
	var all []opening.Fault
	for _, part := range c.Faults {
		some, err := opening.ParseFaults(part)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	return all
}

// opens submits a file and takes it.
func (o *office) opens(s sheets) opening.Package {
	o.t.Helper()
	got := o.submits(o.leader, s)
	if got.Package.State != opening.Checked {
		o.t.Fatalf("the package is %s: %+v", got.Package.State, faultsOf(o.t, o.checks(s)))
	}
	o.waits(o.clerk, OpeningPackages.name, got.Package.ID, "take")
	o.does(o.clerk, OpeningTake{got.Package.ID})
	o.waits(o.clerk, OpeningPackages.name, got.Package.ID, "")
	return rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]
}

// small is a file with a row of every sheet.
func small() sheets {
	s := sheets{}
	code := uscc(jiashan, 7)
	s.add("parties", code, "甲厂", jiashan, "2319", "1000")
	s.add("licences", code+"001P", "一厂", jiashan, "2026-01-01", "2031-06-30")
	s.add("caps", jiashan, vocs, "100", "60", "10", "总量1", "2021-03-01")
	s.add("lots", jiashan, vocs, "bought_back", "2022-01-05", "10", "4000", "60", "200000", "收储1")
	s.add("holdings", code+"001P", vocs, "2031-06-30", "paid", "20", "4000", "2021-07-01", "合同1")
	s.add("holdings", code+"001P", vocs, "2031-06-30", "paid", "5", "", "2019-07-01", "旧账")
	s.add("holdings", code+"001P", vocs, "2028-12-31", "free", "5", "", "2019-07-01", "核定")
	s.add("deposits", code, "500.10", "流水1", "2026-06-30")
	s.add("freezes", code+"001P", vocs, "2031-06-30", "paid", "3", "court", "嘉善法院", "执1", "执行", "2026-05-01", "2029-04-30")
	s.add("budgets", jiashan, "2026", "专项资金", "1000", "预算1")
	return s
}

// A package is checked, signed off by a second person and taken whole; every
// record names it and its row.
func TestOpening_TakesAll(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.opens(small())
	if p.State != opening.Taken || p.Done != p.Parts || p.SignedAt == 0 || p.EndedAt == 0 || p.Money != 500_10 {
		t.Fatalf("%+v", p)
	}
	l := rowsOf(o.app.st, Licences).rows[1]
	paid := ledger.HoldingKey(jiashan, vocs, l.Party, l.ID, o.app.st.byCode.instruments["VOCs-20310630"], ledger.Paid)
	for key, want := range map[ledger.Key]ledger.Balance{
		ledger.PermitKey(ledger.Cap, jiashan, vocs):         {Balance: int64(100 * one)},
		ledger.PermitKey(ledger.Unallocated, jiashan, vocs): {Balance: int64(60 * one)},
		ledger.PermitKey(ledger.Reserve, jiashan, vocs):     {Balance: int64(10 * one)},
		paid:                         {Balance: int64(25 * one), Held: int64(3 * one)},
		ledger.FundsKey(l.Party):     {Balance: 500_10},
		ledger.MoneyKey(ledger.Bank): {Balance: 500_10},
	} {
		if got := o.balance(key); got.Balance != want.Balance || got.Held != want.Held {
			t.Errorf("%s: %d with %d held, want %d with %d", key, got.Balance, got.Held, want.Balance, want.Held)
		}
	}
	if b := rowsOf(o.app.st, Budgets).rows[1]; b.Left() != 1000_00 || p.BudgetMoney != 1000_00 {
		t.Errorf("budget %+v of %+v", b, p)
	}
	lot := rowsOf(o.app.st, Lots).rows[1]
	if lot.Provenance != reserve.BoughtBack || lot.Cost != 200_000_00 || lot.AcquiredOn != 20220105 || lot.Document != "opening package 1 (启动〔2026〕1号), lots row 2: 收储1" {
		t.Errorf("lot %+v", lot)
	}
	var a []reserve.Allocation
	if err := o.store.Find(t.Context(), Allocations.name, Where("id", 2), &a); err != nil || a[0].PriceKnown || a[0].Kind != reserve.Opening || !strings.Contains(a[0].Document, "holdings row 3: 旧账") {
		t.Errorf("allocation %+v, %v", a, err)
	}
	o.refuses(o.leader, OpeningTake{p.ID}, opening.ErrState)
	again := o.checks(small())
	if f := faultsOf(t, again); len(again.Lines) > 0 || len(f) != 3 {
		t.Errorf("the same file in a registry that has it: %+v", f)
	}
	s := small()
	delete(s, "parties")
	s["licences"], s["holdings"], s["freezes"], s["deposits"] = nil, nil, nil, nil
	s["caps"][0][2] = "70"
	o.refuses(o.leader, o.checks(s), ErrRegionNotEmpty)
	o.payee(l.Party, "6222")
	o.does(o.person("firm", GrantAdd{Role: identity.Enterprise, Party: l.Party, Signer: true}), WithdrawRequest{l.Party, 100, "6222", ""})
}

// encumbered is a file whose permits are pledged, leased, not paid in full and
// frozen, and whose money is frozen.
func encumbered() sheets {
	s := small()
	code, other, bank := uscc(jiashan, 7), uscc(jiashan, 8), uscc(jiaxing, 9)
	s.add("parties", other, "乙厂", jiashan, "2319", "")
	s.add("parties", bank, "银行", jiaxing, "6621", "")
	s.add("licences", other+"001P", "二厂", jiashan, "2026-01-01", "2031-06-30")
	s["caps"][0][2] = "120" // with 20 t/a sold in instalments
	s.add("pledges", code+"001P", vocs, "2031-06-30", "10", bank, "200000", "150000", "2028-06-30", "押1")
	s.add("leases", code+"001P", vocs, "2031-06-30", "12", other+"001P", "1000", "2026-01-01", "12", "租1")
	s.add("instalment_sales", "S1", other+"001P", vocs, "2031-06-30", "12", "4000", "60", "240000", "96000", "2026-03-31", "2026-03-01", "让1")
	s.add("instalment_sales", "S2", other+"001P", vocs, "2031-06-30", "8", "4000", "60", "160000", "64000", "2026-03-31", "2026-03-01", "让2")
	s.add("instalments", "S1", "144000", "2026-12-31")
	s.add("instalments", "S2", "40000", "2026-06-15") // overdue
	s.add("instalments", "S2", "56000", "2027-06-30")
	s.add("fund_freezes", code, "300", "court", "嘉善法院", "执2", "执行", "2026-05-01", "")
	return s
}

// What is pledged, leased, not paid in full or frozen when a registry begins
// goes on in it as if it had begun there.
func TestOpening_Encumbered(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	p := o.opens(encumbered())
	if p.Pledges != 1 || p.Loans != 150_000_00 || p.Leases != 1 || p.Sales != 2 || p.Instalments != 3 || p.Unpaid != 240_000_00 || p.FundFreezes != 1 {
		t.Fatalf("%+v", p)
	}
	first, second := rowsOf(o.app.st, Licences).rows[1], rowsOf(o.app.st, Licences).rows[2]
	term := o.app.st.byCode.instruments["VOCs-20310630"]
	held := func(l catalog.Licence) string {
		b := o.balance(ledger.HoldingKey(jiashan, vocs, l.Party, l.ID, term, ledger.Paid))
		return quantity.Quantity(b.Balance).String() + " " + quantity.Quantity(b.Held).String()
	}
	want := func(what string, l catalog.Licence, holding string) {
		t.Helper()
		if got := held(l); got != holding {
			t.Errorf("%s: the holding and what is held of it are %s, not %s", what, got, holding)
		}
	}
	want("pledged 10, leased 12, frozen 3", first, "25 25")
	want("not paid in full", second, "20 20")
	if b := o.balance(ledger.FundsKey(first.Party)); b.Balance != 500_10 || b.Held != 300_00 {
		t.Errorf("funds %+v", b)
	}
	bank := o.person("bank", GrantAdd{Role: identity.BankOfficer, Party: o.app.st.byCode.parties[uscc(jiaxing, 9)]})
	o.does(bank, PledgeStep{Pledge: 1, Event: encumbrance.ReleasePledge, Document: "released"})
	want("the loan is paid back", first, "25 15")

	late := tableOf(o, InstalmentPlans)[1]
	if late.State != reserve.PlanFrozen {
		t.Fatalf("an overdue instalment leaves its plan %s", late.State)
	}
	o.refuses(o.finance, InstalmentWithdraw{tableOf(o, Instalments)[0].ID, "r"}, reserve.ErrPaymentSpent) // it was signed off
	part := tableOf(o, Instalments)[2]
	done[PlanResult](o, o.finance, InstalmentProve{part.ID, part.Amount, "r-1", o.now.get().Date()})
	done[PlanResult](o, o.finance, InstalmentConfirm{part.ID, "seen"})
	want("the first sale is paid", second, "20 8")
	if n := tableOf(o, Notices)[0]; n.State != reserve.NoticeDelivered || n.Opening != p.ID {
		t.Errorf("%+v", n)
	}

	o.now.set(o.now.get().Date().AddDays(31).Start())
	o.runTimers()
	want("3.2 of 8 t/a were paid for, the others are revoked", second, "15.2 0")
	o.now.set(calendar.NewDate(2027, 1, 2).Start())
	o.runTimers()
	if l := rowsOf(o.app.st, Leases).rows[1]; l.State != encumbrance.LeaseReturned {
		t.Errorf("%+v", l)
	}
	want("the lease is over", first, "25 3")
	if lines, err := o.app.Statistics(t.Context(), report.Selection{Cycle: report.Yearly, From: 20260101, To: 20260101, By: report.ByPollutant}, o.now.get().Date()); err != nil || len(lines) != 0 {
		t.Errorf("what was sold before is in the statistics: %+v, %v", lines, err)
	}
}

// Several banks have a pledge of the same permits, in their rank, from the file on:
// the first holds them, and the next one does when it is released.
func TestOpening_FurtherPledges(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := encumbered()
	code, second := uscc(jiashan, 7), uscc(jiaxing, 10)
	s.add("parties", second, "二银行", jiaxing, "6621", "")
	s.add("pledges", code+"001P", vocs, "2031-06-30", "10", second, "200000", "30000", "2029-06-30", "押2", "2")
	s.add("pledges", code+"001P", vocs, "2031-06-30", "10", second, "200000", "20000", "2029-06-30", "押3", "3")
	if p := o.opens(s); p.Pledges != 3 || p.Loans != 200_000_00 {
		t.Fatalf("%+v", p)
	}
	held := func() (by string) {
		for n := range int64(3) {
			p := rowsOf(o.app.st, Pledges).rows[n+1]
			by += fmt.Sprint(p.Rank, p.Behind, p.Hold != 0, " ")
		}
		return by
	}
	if got := held(); got != "1 0 true 2 1 false 3 1 false " {
		t.Error(got)
	}
	bank := o.person("bank", GrantAdd{Role: identity.BankOfficer, Party: o.app.st.byCode.parties[uscc(jiaxing, 9)]})
	o.does(bank, PledgeStep{Pledge: 1, Event: encumbrance.ReleasePledge, Document: "released"})
	if first := rowsOf(o.app.st, Pledges).rows[1]; first.State.IsHeld() || held() != "1 0 true 2 1 true 3 1 false " {
		t.Errorf("%s: %+v", held(), first)
	}
	again := openOffice(t)
	s["pledges"][2][9] = "4"
	if f := faultsOf(t, again.checks(s)); len(f) != 1 || f[0].Sheet != "pledges" || f[0].Row != 4 || f[0].Column != "rank" {
		t.Errorf("%+v", f)
	}
}

// What goes back of the rent of a lease that a package brought lowers no rent in
// the statistics: it was never counted.
func TestOpening_LeaseEndsEarly(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.opens(encumbered())
	l := rowsOf(o.app.st, Leases).rows[1]
	lessor := o.person("lessor", GrantAdd{Role: identity.Enterprise, Party: l.Lessor, Signer: true})
	lessee := o.person("lessee", GrantAdd{Role: identity.Enterprise, Party: l.Lessee, Signer: true})
	o.does(lessor, LeaseStep{Lease: l.ID, Event: encumbrance.AskEnd, Refund: 100_00})
	o.does(lessee, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd, Refund: 100_00})
	if l = rowsOf(o.app.st, Leases).rows[1]; l.State != encumbrance.LeaseEndedEarly || l.Refund != 100_00 {
		t.Fatalf("%+v", l)
	}
	if lines := o.july(o.now.get().Date()); len(lines) != 0 {
		t.Errorf("the statistics are %v", lines)
	}
}

// A file with one bad row changes nothing but that its faults are kept, and
// cannot be taken.
func TestOpening_OneBadRow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sheet        string
		row, column  int
		text         string
		name, detail string
	}{
		{"holdings", 1, 4, "20.0000001", "quantity", "6"},
		{"lots", 0, 2, "found", "provenance", "pre_reserved"},
		{"lots", 0, 2, "swept_idle", "cost", "no cost"},
		{"holdings", 2, 5, "4000", "price", "no price"},
		{"holdings", 0, 5, "-1", "price", "negative"},
		{"deposits", 0, 1, "0", "amount", "more than zero"},
		{"deposits", 0, 2, strings.Repeat("9", 65), "bank_reference", "64"},
		{"freezes", 0, 5, "police", "issuer", "court, bureau"},
		{"freezes", 0, 4, "0", "quantity", "greater than zero"},
		{"caps", 0, 2, "101", "cap", "come to 100"},
		{"budgets", 0, 1, "1999", "fiscal_year", "over"},
		{"budgets", 0, 2, strings.Repeat("x", 101), "source", "100"},
	} {
		o := openOffice(t)
		s := small()
		s[c.sheet][c.row][c.column] = c.text
		submit := o.checks(s)
		faults := faultsOf(t, submit)
		if len(faults) != 1 || faults[0].Sheet != c.sheet || faults[0].Row != c.row+2 || faults[0].Column != c.name || !strings.Contains(faults[0].Detail, c.detail) {
			t.Errorf("%s: %+v", c.text, faults)
		}
		got := done[OpeningResult](o, o.clerk, submit)
		if got.Package.State != opening.Faulty || got.Package.Faults != 1 || got.Package.Parts != 0 || len(got.Totals) != 0 {
			t.Errorf("%+v", got)
		}
		o.refuses(o.leader, OpeningTake{got.Package.ID}, opening.ErrState)
		for table, rows := range o.store.tables {
			if slices.Contains([]string{"party", "licence", "account", "posting", "cap_decision", "lot", "allocation", "deposit", "instrument"}, table) && len(rows.ids) > 0 {
				t.Errorf("%s has %d rows", table, len(rows.ids))
			}
		}
	}
}

// A lease whose first day or months cannot be is a fault at its cell, and nothing else.
func TestOpening_BadLease(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		column       int
		text         string
		name, detail string
	}{
		{6, "", "starts_on", "missing"},
		{6, "30.6.2026", "starts_on", "is not a day"},
		{7, "240000", "months", "1 to"},
		{7, "0", "months", "1 to"},
	} {
		o := openOffice(t)
		s := encumbered()
		s["leases"][0][c.column] = c.text
		faults := faultsOf(t, o.checks(s))
		if len(faults) != 1 || faults[0].Sheet != "leases" || faults[0].Row != 2 || faults[0].Column != c.name || !strings.Contains(faults[0].Detail, c.detail) {
			t.Errorf("%s %q: %+v", c.name, c.text, faults)
		}
	}
}

// No number of what is pledged, leased, sold or frozen is negative: the tables
// take none, and a package that is signed off must be taken.
func TestOpening_NoNegative(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for sheet, columns := range map[string][]int{
		"pledges": {3, 5, 6}, "leases": {3, 5, 7}, "instalment_sales": {4, 5, 6, 7, 8}, "instalments": {1}, "freezes": {4}, "fund_freezes": {1},
	} {
		for _, column := range columns {
			s := encumbered()
			s[sheet][0][column] = "-1"
			faults := faultsOf(t, o.checks(s))
			if !slices.ContainsFunc(faults, func(f opening.Fault) bool { return f.Sheet == sheet && f.Row == 2 && !f.Warning }) {
				t.Errorf("%s, column %d: %+v", sheet, column, faults)
			}
		}
	}
}

// A freeze of money is of a party that the package brings, or that is
// registered in the regions that it opens: it is not for who opens a region to
// freeze what is elsewhere.
func TestOpening_FreezesElsewhere(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	for region, faulty := range map[string]bool{qingpu: true, jiaxing: false} {
		code := uscc(region, 6)
		o.does(o.clerk, PartyRegister{Name: "elsewhere", USCC: code, Region: region, Industry: "2319"})
		s := encumbered()
		s["fund_freezes"][0][0] = code
		faults := faultsOf(t, o.checks(s))
		if got := len(faults) == 1 && faults[0].Sheet == "fund_freezes" && faults[0].Row == 2 && faults[0].Column == "uscc"; got != faulty || !got && len(faults) > 0 {
			t.Errorf("%s: %+v", region, faults)
		}
	}
}

// What is pledged, leased, sold and frozen is held against the registry again
// before anything is taken.
func TestOpening_EncumberedChanged(t *testing.T) {
	t.Parallel()
	code := uscc(jiaxing, 6)
	at := func(day calendar.Date) func(*office, int64) {
		return func(o *office, _ int64) { o.now.set(day.Start()) }
	}
	closes := func(o *office, party int64) { o.does(o.leader, PartyState{party, catalog.PartyClosed, "gone", "d"}) }
	for name, c := range map[string]struct {
		file   func(s sheets)
		change func(o *office, party int64)
		reason string
	}{
		"the term of a sale is over": {func(s sheets) {
			s["holdings"][2][2] = "2031-06-30"
			delete(s, "leases")
			for _, row := range s["instalment_sales"] {
				row[3] = "2028-12-31"
			}
		}, at(20290102), "instalment_sales row 2"},
		"a lease is over": {func(sheets) {}, at(20270102), "leases row 2"},
		"an order is over": {func(s sheets) {
			delete(s, "leases")
			s["fund_freezes"][0][7] = "2026-12-31"
		}, at(20270102), "fund_freezes row 2"},
		"a pledgee is closed": {func(s sheets) { s["pledges"][0][4] = code }, closes, "pledges row 2"},
		"a pledgee has a licence": {func(s sheets) { s["pledges"][0][4] = code }, func(o *office, party int64) {
			o.does(o.clerk, LicenceRegister{party, code + "001P", catalog.KindLicence, "site", jiaxing, 20260101, 20301231})
		}, "pledges row 2"},
		"who has money is closed":            {func(s sheets) { s["deposits"][0][0] = code }, closes, "deposits row 2"},
		"whose money is frozen is closed":    {func(s sheets) { s["fund_freezes"][0][0] = code }, closes, "fund_freezes row 2"},
		"the package is of a smaller region": {func(s sheets) { s["fund_freezes"][0][0] = code }, nil, "fund_freezes row 2"},
	} {
		o := openOffice(t)
		party := done[PartyResult](o, o.clerk, PartyRegister{Name: "银行", USCC: code, Region: jiaxing, Industry: "6621"}).Party
		s := encumbered()
		c.file(s)
		checked := o.checks(s)
		if faults := faultsOf(t, checked); len(faults) > 0 {
			t.Errorf("%s: %+v", name, faults)
			continue
		}
		if c.change == nil {
			checked.Package.Region = jiashan
		}
		got := done[OpeningResult](o, o.leader, checked)
		if c.change != nil {
			c.change(o, party.ID)
		}
		o.does(o.leader, OpeningTake{got.Package.ID})
		p := rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]
		if p.State != opening.Refused || !strings.HasPrefix(p.Reason, c.reason) || o.balance(ledger.PermitKey(ledger.Cap, jiashan, vocs)).Balance != 0 {
			t.Errorf("%s: %s, %q", name, p.State, p.Reason)
		}
	}
}

// A package gives no licence to a party that a bank officer acts for, neither
// when it is checked nor when he came after that: a bank never holds permits.
func TestOpening_BankHasNoLicence(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	code := uscc(jiaxing, 6)
	bank := done[PartyResult](o, o.clerk, PartyRegister{Name: "银行", USCC: code, Region: jiaxing, Industry: "6621"}).Party
	s := small()
	s.add("licences", code+"001P", "总行", jiashan, "2026-01-01", "2031-06-30")
	got := o.submits(o.leader, s)
	if got.Package.State != opening.Checked {
		t.Fatalf("before it is a bank: %+v", faultsOf(t, o.checks(s)))
	}
	o.person("banker", GrantAdd{Role: identity.BankOfficer, Party: bank.ID})
	if f := faultsOf(t, o.checks(s)); len(f) != 1 || f[0].Sheet != "licences" || f[0].Row != 3 || f[0].Column != "number" {
		t.Errorf("checked when it is a bank: %+v", f)
	}
	o.does(o.clerk, OpeningTake{got.Package.ID})
	p := rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]
	if p.State != opening.Refused || !strings.HasPrefix(p.Reason, "licences row 3: ") || len(rowsOf(o.app.st, Licences).rows) != 0 {
		t.Errorf("taken: %s, %q", p.State, p.Reason)
	}
	o.check()
}

// Who writes in a document what a package would write there has not made a
// part of the package of it.
func TestOpening_TypedDocument(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	s := sheets{}
	s.add("caps", jiaxing, vocs, "10", "10", "0", "总量1", "2021-03-01")
	p := k.opens(s)
	typed := openingRows{p: p}.document("leases", 2, "typed")
	f, lessee := k.seller(jiashan, 1, 20*one), k.buyer(jiashan, 2, 7_000_00)
	l := k.lease(k.leaseOf(f, lessee, 5*one), f)
	k.leaseStep(l, lessee.user, encumbrance.AgreeLease)
	k.does(k.leader, LeaseStep{Lease: l.ID, Event: encumbrance.ApproveLease, Document: typed})
	pledge := done[PledgeResult](k.office, f.user, k.pledgeOf(f, 5*one)).Pledge
	k.pledgeStep(pledge, k.leader, PledgeStep{Event: encumbrance.ConfirmPledge})
	k.does(k.bankers[0], PledgeStep{Pledge: pledge.ID, Event: encumbrance.ApprovePledge, Loan: 1000_00, Rate: 38_500, DueOn: 20270630, Document: typed})
	k.check()
	k.pledgeStep(pledge, f.user, PledgeStep{Event: encumbrance.RegisterPledge})
	k.leaseStep(l, lessee.user, encumbrance.PayLease)
	k.check()

	o, _, _, _, plan := instalmentOffice(t)
	p = o.opens(s)
	if !isOf(p, plan.Plan.Document) {
		t.Errorf("the plan is named %q", plan.Plan.Document)
	}
	o.check()
}

// Who has no right to one of the regions submits and takes nothing of it, and
// nobody signs off what he has proposed.
func TestOpening_Rights(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	own := o.person("of the city only", GrantAdd{Role: identity.BureauLeader, Region: jiaxing})
	city := o.person("of the city", GrantAdd{Role: identity.BureauLeader, Region: jiaxing, WithChildren: true})
	o.refuses(own, o.checks(small()), identity.ErrNotYours)
	o.refuses(o.finance, o.checks(small()), identity.ErrForbidden)
	got := o.submits(city, small())
	o.refuses(own, OpeningTake{got.Package.ID}, identity.ErrNotYours)
	p := o.propose(city, OpeningTake{got.Package.ID})
	if !strings.Contains(p.Effects, `"subject":"total of 330421 VOCs"`) || !strings.Contains(p.Effects, got.Package.Digest) || !strings.Contains(p.Effects, `"after":"25 t/a"`) {
		t.Errorf("the effects do not show the control totals: %s", p.Effects)
	}
	if refused, _ := o.send(city, ProposalApprove{p.ID, p.EffectsDigest}); refused == nil {
		t.Error("the proposer has signed off")
	}
	o.does(o.second, ProposalApprove{p.ID, p.EffectsDigest})
	if got := rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]; got.State != opening.Taken {
		t.Errorf("%+v", got)
	}
}

// What the registry got between the dry run and the sign-off is found before
// anything is taken: the package is refused whole.
func TestOpening_RegistryChanged(t *testing.T) {
	t.Parallel()
	code := uscc(jiashan, 7)
	for name, change := range map[string]func(o *office){
		"party": func(o *office) {
			o.does(o.clerk, PartyRegister{Name: "elsewhere", USCC: code, Region: qingpu, Industry: "2319"})
		},
		"payment": func(o *office) {
			p := done[PartyResult](o, o.clerk, PartyRegister{Name: "elsewhere", USCC: uscc(qingpu, 1), Region: qingpu, Industry: "2319"}).Party
			o.does(o.finance, DepositConfirm{p.ID, 100, "流水1", cutOff, ""})
		},
		"term": func(o *office) { o.now.set(calendar.NewDate(2029, 1, 2).Start()) },
	} {
		o := openOffice(t)
		got := o.submits(o.leader, small())
		change(o)
		before := o.balance(ledger.PermitKey(ledger.Cap, jiashan, vocs))
		o.does(o.leader, OpeningTake{got.Package.ID})
		p := rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]
		if p.State != opening.Refused || p.Reason == "" || o.balance(ledger.PermitKey(ledger.Cap, jiashan, vocs)) != before || o.app.st.opening != 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// While a package is taken nobody changes anything, a restart goes on with it,
// and a large one is taken in parts.
func TestOpening_InParts(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	s := random(rand.New(rand.NewSource(7)), 900)
	got := o.submits(o.leader, s)
	if got.Package.Parts < 4 {
		t.Fatalf("%+v", got.Package)
	}
	commits := 0
	o.store.onCommit = func(b *Batch) error { // no command writes more than it may, and a commit in the midst is lost
		if b.rows > 5000 {
			t.Errorf("a batch of %d rows", b.rows)
		}
		if commits++; commits == 3 {
			return ErrLost
		}
		return nil
	}
	o.propose(o.leader, OpeningTake{got.Package.ID})
	p := o.proposal
	if _, err := o.app.Do(t.Context(), identity.Actor{Person: o.second}, "sign", ProposalApprove{p.ID, p.EffectsDigest}); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ { // whoever comes meanwhile waits for the last part
		_, err := o.app.Do(t.Context(), identity.Actor{Person: o.admin}, fmt.Sprint("meanwhile", i), PersonAdd{Name: "meanwhile"})
		if err == nil {
			break
		}
		if i == 2 {
			o.restart()
		}
	}
	if commits < 4 {
		t.Errorf("the package was taken in %d commits", commits)
	}
	o.check()
	if p := rowsOf(o.app.st, OpeningPackages).rows[got.Package.ID]; p.State != opening.Taken {
		t.Errorf("%+v", p)
	}
}

// random is a valid file of some hundred rows.
func random(r *rand.Rand, holdings int) sheets {
	s := sheets{}
	q := func() quantity.Quantity { return quantity.Quantity(r.Int63n(50_000_000) + 1) }
	terms, regions := []string{"2028-12-31", "2031-06-30"}, []string{jiashan, jiaxing}
	sums := map[string]map[string]quantity.Quantity{}
	add := func(region, pollutant, part string, q quantity.Quantity) {
		key := region + " " + pollutant
		if sums[key] == nil {
			sums[key] = map[string]quantity.Quantity{}
		}
		sums[key][part] += q
	}
	var licences [][2]string
	for i := range holdings/4 + 1 {
		code, region := uscc(jiashan, i+1), regions[r.Intn(2)]
		s.add("parties", code, fmt.Sprint("厂", i), regions[r.Intn(2)], "2319", "")
		for n := range r.Intn(2) + 1 {
			number := fmt.Sprintf("%s%03dP", code, n+1)
			s.add("licences", number, "厂区", region, "2026-01-01", "2031-06-30")
			licences = append(licences, [2]string{number, region})
		}
		if r.Intn(3) == 0 {
			s.add("deposits", code, quantity.Money(r.Int63n(1_000_000)+1), fmt.Sprint("流水", i), "2026-06-01")
		}
	}
	for range holdings {
		l, pollutant, term, amount := licences[r.Intn(len(licences))], []string{vocs, "COD"}[r.Intn(2)], terms[r.Intn(2)], q()
		origin := ledger.Origin(r.Intn(3) + 1)
		price := ""
		if origin == ledger.Paid && r.Intn(3) > 0 {
			price = strconv.Itoa(r.Intn(5000))
		}
		s.add("holdings", l[0], pollutant, term, origin, amount, price, "2020-01-01", "旧账")
		add(l[1], pollutant, "held", amount)
		if r.Intn(20) == 0 {
			s.add("freezes", l[0], pollutant, term, origin, q(), "court", "法院", len(s["freezes"]), "执行", "2026-05-01", "")
		}
	}
	for _, region := range regions {
		for _, pollutant := range []string{vocs, "COD"} {
			for range r.Intn(4) {
				amount, provenance, cost := q(), reserve.Provenances[r.Intn(len(reserve.Provenances))], ""
				if provenance == reserve.BoughtBack {
					cost = "1000.01"
				}
				s.add("lots", region, pollutant, provenance, "2021-01-01", amount, "", "", cost, "旧账")
				add(region, pollutant, "reserve", amount)
			}
			unallocated := q()
			sum := sums[region+" "+pollutant]
			s.add("caps", region, pollutant, unallocated+sum["held"]+sum["reserve"], unallocated, sum["reserve"], "总量", "2021-01-01")
		}
	}
	return s
}

// export writes a registry as an opening file, from its rows and not from the
// package that it began with.
func (o *office) export() sheets {
	o.t.Helper()
	s := sheets{}
	v := &View{state: o.app.st}
	for p := range All(v, Parties) {
		s.add("parties", p.USCC, p.Name, p.Region, p.Industry, "")
	}
	for l := range All(v, Licences) {
		s.add("licences", l.Number, l.Site, l.Region, l.ValidFrom, l.ValidTo)
	}
	for l := range All(v, Lots) {
		s.add("lots", l.Region, l.Pollutant, l.Provenance, l.AcquiredOn, l.InReserve(), l.Price, l.Months, l.Cost, l.Document[len(l.Document)-9:])
	}
	holding := func(a ledger.Account) (l catalog.Licence, i catalog.Instrument) {
		return rowsOf(o.app.st, Licences).rows[a.Licence], rowsOf(o.app.st, Instruments).rows[a.Instrument]
	}
	caps := map[ledger.Asset]bool{}
	o.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		if a.Kind == ledger.Cap {
			caps[a.Key().Asset()] = true
		}
		if a.Kind != ledger.Holding {
			return
		}
		l, i := holding(a)
		for _, part := range o.app.st.ledger.Acquisitions(a.ID) {
			price := ""
			if part.PriceKnown && a.Origin == ledger.Paid {
				price = part.Price.String()
			}
			s.add("holdings", l.Number, a.Pollutant, i.TermEnd, a.Origin, part.Remaining, price, part.AcquiredOn, "旧账")
		}
	})
	for asset := range caps {
		of := func(k ledger.Kind) quantity.Quantity {
			return quantity.Quantity(o.balance(ledger.PermitKey(k, asset.Region, asset.Pollutant)).Balance)
		}
		s.add("caps", asset.Region, asset.Pollutant, of(ledger.Cap), of(ledger.Unallocated), of(ledger.Reserve), "总量", "2021-01-01")
	}
	var deposits []settlement.Deposit
	if err := o.store.Find(o.t.Context(), Deposits.name, Query{}, &deposits); err != nil {
		o.t.Fatal(err)
	}
	for _, d := range deposits {
		s.add("deposits", rowsOf(o.app.st, Parties).rows[d.Party].USCC, d.Amount, d.BankReference, d.ReceivedOn)
	}
	for f := range All(v, Freezes) {
		l, i := holding(ledger.Account{Licence: f.Licence, Instrument: f.Instrument})
		s.add("freezes", l.Number, f.Pollutant, i.TermEnd, f.Origin, quantity.Quantity(f.Amount), f.Issuer, f.IssuerName, f.OrderNumber, "执行", f.StartsOn, "")
	}
	return s
}

// A random valid package taken into an empty registry gives exactly its
// control totals and nothing for permitx check to find (the office asks after
// each command); exported and taken into another empty registry it gives the
// same totals.
func TestOpening_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewSource(seed))
			first, second := openOffice(t), openOffice(t)
			a := first.opens(random(r, r.Intn(300)))
			b := second.opens(first.export())
			if a.Money != b.Money || a.Holdings != b.Holdings || a.Lots != b.Lots || a.Parties != b.Parties || a.Licences != b.Licences || a.Freezes != b.Freezes {
				t.Errorf("first %+v, then %+v", a, b)
			}
			totals, again := first.totals(), second.totals()
			for i := range max(len(totals), len(again)) {
				if totals[i] != again[i] {
					t.Errorf("first %+v, then %+v", totals[i], again[i])
				}
			}
			if x, y := first.frozen(), second.frozen(); x != y {
				t.Errorf("first %s are frozen, then %s", x, y)
			}
		})
	}
}

// totals are the control totals that a registry's accounts come to.
func (o *office) totals() []opening.Total {
	o.t.Helper()
	sums := map[ledger.Asset]*opening.Total{}
	o.app.st.ledger.Each(func(a ledger.Account, b ledger.Balance) {
		asset, q := a.Key().Asset(), quantity.Quantity(b.Balance)
		if asset.Region == "" {
			return
		}
		t := sums[asset]
		if t == nil {
			t = &opening.Total{Region: asset.Region, Pollutant: asset.Pollutant}
			sums[asset] = t
		}
		switch {
		case a.Kind == ledger.Cap:
			t.Cap = q
		case a.Kind == ledger.Unallocated:
			t.Unallocated = q
		case a.Kind == ledger.Reserve:
			t.Reserve = q
		case a.Origin == ledger.Paid:
			t.Paid += q
		case a.Origin == ledger.Free:
			t.Free += q
		default:
			t.UnknownOrigin += q
		}
	})
	var all []opening.Total
	for _, t := range sums {
		all = append(all, *t)
	}
	slices.SortFunc(all, func(a, b opening.Total) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Pollutant, b.Pollutant))
	})
	return all
}

func (o *office) frozen() (sum quantity.Quantity) {
	for f := range All(&View{state: o.app.st}, Freezes) {
		if f.State == encumbrance.Active {
			sum += quantity.Quantity(f.Frozen)
		}
	}
	return sum
}

// What somebody changes in a kept package, or in what was taken of it, is found.
func TestCheck_Opening(t *testing.T) {
	t.Parallel()
	for name, tamper := range map[string]func(s *fakeStore){
		"line": func(s *fakeStore) {
			part := s.table(OpeningParts.name).rows[1].(opening.Part)
			part.Text = strings.Replace(part.Text, "\t120\t", "\t200\t", 1)
			s.table(OpeningParts.name).rows[1] = part
		},
		"total": func(s *fakeStore) {
			total := s.table(OpeningTotals.name).rows[1].(opening.Total)
			total.Paid, total.Free = total.Paid-1, total.Free+1
			s.table(OpeningTotals.name).rows[1] = total
		},
		"loan": func(s *fakeStore) {
			p := s.table(Pledges.name).rows[1].(encumbrance.Pledge)
			p.Loan--
			s.table(Pledges.name).rows[1] = p
		},
		"instalment": func(s *fakeStore) {
			i := s.table(Instalments.name).rows[3].(reserve.Instalment)
			i.Amount++
			s.table(Instalments.name).rows[3] = i
		},
		"allocation": func(s *fakeStore) {
			a := s.table(Allocations.name).rows[1].(reserve.Allocation)
			a.Quantity++
			s.table(Allocations.name).rows[1] = a
		},
	} {
		o := openOffice(t)
		o.opens(encumbered())
		tamper(o.store)
		invariant := "I-36"
		if name == "loan" || name == "instalment" {
			invariant = "I-81"
		}
		found, err := Check(t.Context(), o.store, o.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant }) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}
