package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// july are the statistics of July 2026 as of a day, a line each.
func (o *office) july(asOf calendar.Date) (out []string) {
	o.t.Helper()
	lines, err := o.app.Statistics(o.t.Context(), report.Selection{Cycle: report.Monthly, From: 20260701, To: 20260701, By: report.ByRegionAndKind}, asOf)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, l := range lines {
		out = append(out, fmt.Sprintf("%s %s %d %s %s %s", l.Region, l.Kind, l.Trades, l.Quantity, l.Amount, l.Annual))
	}
	return out
}

// wantJuly compares the statistics of July before and after its trades are added up.
func (o *office) wantJuly(want ...string) {
	o.t.Helper()
	for range 2 {
		if diff := cmp.Diff(want, o.july(o.now.get().Date())); diff != "" {
			o.t.Error(diff)
		}
		o.now.set(o.now.get() + 24*3_600_000_000)
		o.runTimers()
		o.check()
	}
}

func (o *office) through() calendar.Date {
	r, err := readRoll(o.t.Context(), o.store)
	if err != nil {
		o.t.Fatal(err)
	}
	return r.Through
}

// dayAfter is 09:00 some days after the first.
func dayAfter(days int) calendar.Instant { return dayOne + calendar.Instant(days)*24*3_600_000_000 }

// Each kind of trade is counted once, on its day and where the permits come
// from; the figures of a day are the same before and after it is added up, and
// after whatever comes later.
func TestStatistics_EachKind(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	s.trade(project, 2*one)
	s.sale(project, 3*one, reserve.NoticeDelivered)
	s.sale(project, one, reserve.NoticeIssued) // not delivered: no trade
	s.run(s.propose(s.forUnit(s.offer(s.seller, s.buyer, 4*one, 2000)), s.buyer), s.seller, s.buyer, settlement.Settle)
	s.pair(qingpu, jiashan, nil)
	west := s.dealDesk.seller(qingpu, 3, 10*one)
	cross := s.run(s.propose(s.offer(west, s.buyer, 5*one, 1000), s.buyer), west, s.buyer, settlement.Settle)
	first := []string{
		"310118 deal_cross_region 1 5 25000.00 5000.00",
		"330421 deal_local 1 4 40000.00 8000.00",
		"330421 market 1 2 1000.00 200.00",
		"330421 primary_sale 1 3 1500.00 300.00",
	}
	if diff := cmp.Diff(first, s.july(20260701)); diff != "" {
		t.Fatalf("on the day itself:\n%s", diff)
	}
	s.now.set(dayAfter(1))
	s.runTimers()
	if s.through() != 20260701 {
		t.Fatalf("the trades are added up through %s", s.through())
	}
	if diff := cmp.Diff(first, s.july(20260702)); diff != "" {
		t.Fatalf("after the night:\n%s", diff)
	}
	s.trade(project, one)
	for _, leader := range []int64{s.leaders[qingpu], s.leaders[jiashan]} {
		cross = s.dealDesk.step(cross, leader, settlement.ConsentReversal)
	}
	s.dealDesk.step(cross, s.upper, settlement.Reverse)
	second := slices.Clone(first)
	second[0], second[2] = "310118 deal_cross_region 0 0 0.00 0.00", "330421 market 2 3 1500.00 300.00"
	for range 3 {
		if diff := cmp.Diff(first, s.july(20260701)); diff != "" {
			t.Errorf("as of the first day, later:\n%s", diff)
		}
		if diff := cmp.Diff(second, s.july(20260702)); diff != "" {
			t.Errorf("with the reversal:\n%s", diff)
		}
		s.now.set(s.now.get() + 40*24*3_600_000_000)
		s.runTimers()
		s.restart()
	}
	if s.through() != 20261028+1 {
		t.Errorf("the trades are added up through %s", s.through())
	}
}

// A buy-back counts when it comes into the reserve; what is reclaimed without
// payment is no trade.
func TestStatistics_BuyBack(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	want := []string{"330421 buy_back 1 8 100000.00 20000.00"}
	d.run(d.apply(8*one), reserve.BuyBackPaid)
	if got := d.july(20260701); len(got) != 0 {
		t.Errorf("paid, not in the reserve: %v", got)
	}
	d.run(lastRow[reserve.BuyBack](d.office, BuyBacks).ID, reserve.BuyBackInReserve)
	for range 2 {
		if diff := cmp.Diff(want, d.july(d.now.get().Date())); diff != "" {
			t.Error(diff)
		}
		d.now.set(d.now.get() + 24*3_600_000_000)
		d.runTimers()
	}
}

// More trades than one command adds up, over several days and a stop of the
// server: nobody sees a part of a day, and the sums are those of a count by hand.
func TestStatistics_InSteps(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	random := rand.New(rand.NewPCG(7, 7))
	done[OrderResult](s.office, s.seller.user, s.order(s.seller, market.Sell, 10*one, 0))
	for day := range 3 {
		s.now.set(dayAfter(day))
		for range 2 {
			var b OrderBatch
			for range 350 {
				b.Items = append(b.Items, OrderBatchItem{Place: s.order(s.buyer, market.Buy, quantity.Quantity(1+random.IntN(9))*100, project)})
			}
			done[OrderBatchResult](s.office, s.buyer.user, b)
		}
	}
	want := map[calendar.Date]report.Total{}
	var all report.Total
	for _, id := range s.store.table(Trades.name).ids {
		f := s.store.table(Trades.name).rows[id].(market.Trade)
		sum := want[f.At.Date()]
		for _, w := range []*report.Total{&sum, &all} {
			w.Trades++
			w.Quantity += f.Quantity
			w.Amount += f.Amount
		}
		want[f.At.Date()] = sum
	}
	if all.Trades != 2100 || len(want) != 3 {
		t.Fatalf("there are %d trades on %d days", all.Trades, len(want))
	}
	july := func() {
		t.Helper()
		if got := s.july(20260731); len(got) != 1 || !strings.HasPrefix(got[0], fmt.Sprintf("330421 market %d %s %s ", all.Trades, all.Quantity, all.Amount)) {
			t.Errorf("July is %v, counted %+v", got, all)
		}
	}
	july()
	s.now.set(dayAfter(30))
	s.restart()
	july()
	s.runTimers()
	july()
	for d, w := range want {
		var rows []report.Total
		if err := s.store.Find(t.Context(), TradeTotals.name, Where("span", "day").And("starts_on", Eq, int64(d)), &rows); err != nil || len(rows) != 1 {
			t.Fatal(rows, err)
		}
		if r := rows[0]; r.Trades != w.Trades || r.Quantity != w.Quantity || r.Amount != w.Amount {
			t.Errorf("%s: %+v, counted %+v", d, r, w)
		}
	}
}

// sign is a signature for the files of a close.
func (s *site) sign(p report.Close, as report.CloseRole) PeriodSign {
	s.t.Helper()
	files, err := s.app.PeriodFiles(s.t.Context(), p)
	if err != nil {
		s.t.Fatal(err)
	}
	return PeriodSign{Close: p.ID, As: as, Files: files}
}

// What comes open in a month after its close was listed is listed by the next
// signature, which then is none; the one before falls.
func TestPeriodClose_ListsAnew(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.now.set(calendar.Date(20260801).Start() + 9*3_600_000_000)
	s.runTimers()
	r := done[PeriodResult](s.office, s.clerk, PeriodOpen{Region: jiashan, Month: 20260701})
	explain := func(all []report.CloseDifference) {
		for _, d := range all {
			done[PeriodResult](s.office, s.clerk, PeriodExplain{r.Close.ID, d.ID, "settled in August"})
		}
	}
	explain(r.Differences)
	centre := done[PeriodResult](s.office, s.leader, s.sign(r.Close, report.AsCentre)).Close
	if centre.State != report.CloseCentreSigned {
		t.Fatalf("%+v", centre)
	}
	s.does(s.finance, DepositConfirm{Party: s.buyer.party, Amount: 1, BankReference: "found late", ReceivedOn: 20260731})
	again := done[PeriodResult](s.office, s.finance, s.sign(centre, report.AsFinance))
	fresh := again.Differences[len(r.Differences):]
	if again.Close.State != report.CloseOpen || again.Close.CentreBy != 0 || again.Close.Digest != "" || len(fresh) != 1 || fresh[0].Kind != report.EntryUnmatched {
		t.Fatalf("%+v, new %+v", again.Close, fresh)
	}
	s.refuses(s.leader, s.sign(again.Close, report.AsCentre), report.ErrUnexplained)
	explain(fresh)
	s.waits(s.second, PeriodCloses.name, centre.ID, "sign") // who is of both bodies
	centre = done[PeriodResult](s.office, s.second, s.sign(again.Close, report.AsCentre)).Close
	s.waits(s.second, PeriodCloses.name, centre.ID, "")
	s.waits(s.finance, PeriodCloses.name, centre.ID, "sign")
	if frozen := done[PeriodResult](s.office, s.finance, s.sign(centre, report.AsFinance)).Close; frozen.State != report.CloseFrozen {
		t.Errorf("%+v", frozen)
	}
	s.restart()
	s.check()
}

// A month is closed by two persons after each difference was explained; what
// they signed stays, whatever is posted later, and closing it again is refused.
func TestPeriodClose(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	s.trade(project, 2*one)
	s.sale(project, 3*one, reserve.NoticeDelivered)
	late := s.sale(project, one, reserve.NoticeIssued)
	done[FigureResult](s.office, s.finance, FigureRecord{Figure: report.OfficialFigure{
		Region: jiashan, Pollutant: "VOCs", Cycle: report.Monthly, StartsOn: 20260701, Measure: report.QuantityMeasure, Unit: report.TonUnit,
		Total: "5.1", Document: "月报", PublishedOn: 20260701,
	}})
	open := PeriodOpen{Region: jiashan, Month: 20260701}
	s.refuses(s.leader, open, report.ErrMonthOpen)
	s.refuses(s.leader, PeriodOpen{Region: jiashan, Month: 20260702}, report.ErrMonth)
	s.refuses(s.leaders[qingpu], open, ErrNoRecord)
	s.now.set(calendar.Date(20260801).Start() + 9*3_600_000_000)
	s.runTimers()
	r := done[PeriodResult](s.office, s.clerk, open)
	var kinds []report.DifferenceKind
	for _, d := range r.Differences {
		kinds = append(kinds, d.Kind)
	}
	slices.Sort(kinds)
	want := []report.DifferenceKind{report.EntryUnmatched, report.FigureMismatch, report.FigureMismatch, report.NoticeNotMatched}
	if kinds = slices.Compact(kinds); !slices.Equal(kinds, slices.Compact(want)) {
		t.Fatalf("open are %v", kinds)
	}
	if late.DueOn != 20260801 { // due on 1 August: not late in July
		t.Fatal(late.DueOn)
	}
	s.refuses(s.clerk, open, report.ErrClosedBefore)
	s.refuses(s.leader, s.sign(r.Close, report.AsCentre), report.ErrUnexplained)
	s.refuses(s.clerk, PeriodExplain{r.Close.ID, 999, "x"}, ErrNoRecord)
	for _, d := range r.Differences {
		done[PeriodResult](s.office, s.clerk, PeriodExplain{r.Close.ID, d.ID, "settled in August"})
	}
	s.refuses(s.clerk, s.sign(r.Close, report.AsCentre), identity.ErrForbidden)
	s.refuses(s.leader, s.sign(r.Close, report.AsFinance), ErrNotYourSignature)
	centre := done[PeriodResult](s.office, s.second, s.sign(r.Close, report.AsCentre)).Close
	s.refuses(s.second, s.sign(centre, report.AsFinance), report.ErrOneSigner)
	s.refuses(s.clerk, PeriodExplain{r.Close.ID, r.Differences[0].ID, "late"}, report.ErrCloseNotNow)

	s.trade(project, one) // in August: July stays as it was signed
	s.waits(s.finance, PeriodCloses.name, centre.ID, "sign")
	s.waits(s.leader, PeriodCloses.name, centre.ID, "")
	s.refuses(s.finance, PeriodSign{Close: centre.ID, As: report.AsFinance, Files: report.Files()}, report.ErrFilesChanged)
	signed := s.sign(centre, report.AsFinance)
	frozen := done[PeriodResult](s.office, s.finance, signed).Close
	if frozen.State != report.CloseFrozen || frozen.Digest != report.ManifestDigest(signed.Files) || frozen.CentreBy != s.second || frozen.FinanceBy != s.finance {
		t.Fatalf("%+v", frozen)
	}
	s.refuses(s.leader, open, report.ErrClosedBefore)
	s.refuses(s.finance, PeriodWithdraw{frozen.ID, report.AsFinance, "no"}, report.ErrCloseNotNow)
	s.refuses(s.leader, PeriodOpen{Region: jiashan, Month: 20260601}, report.ErrCloseOrder)

	// A fact of July that is recorded now is posted now.
	done[reserve.CapDecision](s.office, s.leader, CapDecide{Region: jiashan, Pollutant: "VOCs", Change: one, Document: "late", DecidedOn: 20260715})
	again, err := makeFiles(t.Context(), s.store, frozen)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(signed.Files, again); diff != "" {
		t.Errorf("July, made again:\n%s", diff)
	}
	content := map[string]string{}
	for _, f := range again {
		content[f.Name] = f.Content
	}
	for name, lines := range map[string][]string{
		"statistics.csv": {"330421,2026-07,VOCs,market,1,2,1000.00,500,\n", "330421,2026-07,VOCs,primary_sale,1,3,1500.00,500,\n"},
		"basic_accounts.csv": {
			"VOCs,cap,opening,0\n", "VOCs,cap,cap_decision,100\n", "VOCs,cap,closing,100\n", "VOCs,reserve,primary_sale,-3\n", "VOCs,holding,closing,43\n",
		},
		"trial_balance.csv": {"330421,2026-07,VOCs,cap,100,0\n", ",2026-07,,bank,10000000.00,0.00\n"},
	} {
		for _, line := range lines {
			if !strings.Contains(content[name], line) {
				t.Errorf("%s lacks %q:\n%s", name, line, content[name])
			}
		}
	}
	s.now.set(calendar.Date(20260901).Start())
	s.runTimers()
	august := done[PeriodResult](s.office, s.finance, PeriodOpen{Region: jiashan, Month: 20260801})
	done[PeriodResult](s.office, s.finance, PeriodWithdraw{august.Close.ID, report.AsFinance, "a mistake"})
	done[PeriodResult](s.office, s.finance, PeriodOpen{Region: jiashan, Month: 20260801})
}

// Alter a total or a frozen file: permitx check names it.
func TestCheck_Reports(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.trade(s.projectOf(s.buyer, quantity.OneRatio), 2*one)
	s.now.set(calendar.Date(20260801).Start())
	s.runTimers()
	r := done[PeriodResult](s.office, s.clerk, PeriodOpen{Region: jiashan, Month: 20260701})
	for _, d := range r.Differences {
		done[PeriodResult](s.office, s.clerk, PeriodExplain{r.Close.ID, d.ID, "x"})
	}
	done[PeriodResult](s.office, s.leader, s.sign(r.Close, report.AsCentre))
	done[PeriodResult](s.office, s.finance, s.sign(r.Close, report.AsFinance))
	finds := func(invariant string) {
		t.Helper()
		found, err := Check(t.Context(), s.store, s.store.row())
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant }) {
			t.Errorf("%s is not found: %v %v", invariant, found, err)
		}
	}
	total := s.store.table(TradeTotals.name).rows[1].(report.Total)
	changed := total
	changed.Amount++
	s.store.table(TradeTotals.name).rows[1] = changed
	finds("I-37")
	s.store.table(TradeTotals.name).rows[1] = total
	f := s.store.table(CloseFiles.name).rows[1].(report.File)
	f.Content += " "
	s.store.table(CloseFiles.name).rows[1] = f
	finds("I-38")
	f.Digest = report.DigestOf(f.Content)
	s.store.table(CloseFiles.name).rows[1] = f
	finds("I-38")
}

// kinds are the exceptions that are found, as kind and objects.
func (o *office) exceptions(q ExceptionQuery) (out []string) {
	o.t.Helper()
	q.Month = 20260701
	found, err := o.app.Exceptions(o.t.Context(), q)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, x := range found {
		out = append(out, fmt.Sprintf("%s %v", x.Kind, x.Objects))
	}
	return out
}

// The auditor finds what he should look at, and nothing where there is nothing.
func TestExceptions(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	verified := "rule_overridden [{surplus_verification 1}]"         // without a year's discharge
	alone := s.exceptions(ExceptionQuery{Kind: report.DecidedAlone}) // the first administrator's
	if got := s.exceptions(ExceptionQuery{}); len(alone) == 0 || !slices.Equal(got, append([]string{verified}, alone...)) {
		t.Fatalf("of an empty market: %v", got)
	}
	for range 3 {
		s.trade(project, 2*one)
	}
	s.now.set(s.now.get().Add(time.Hour)) // so far they have nobody in common
	s.sale(project, one, reserve.NoticeIssued)
	d := s.run(s.propose(s.forUnit(s.offer(s.seller, s.buyer, one, 2000)), s.buyer), s.seller, s.buyer, settlement.Settle)
	both := done[identity.Grant](s.office, s.admin, GrantAdd{Person: s.buyer.user, Role: identity.Enterprise, Party: s.seller.party})
	s.now.set(s.now.get().Add(time.Hour))
	s.trade(project, one)
	done[identity.Grant](s.office, s.admin, GrantRevoke{both.ID})
	done[AllocationResult](s.office, s.leader, Allocate{
		Kind: reserve.Initial, Licence: s.seller.licence.ID, Instrument: s.inst.Code, Part: reserve.Unallocated, Origin: ledger.Paid, Quantity: one,
		Price: 100, PriceKnown: true, AcquiredOn: 20260701, Document: "d",
	})
	s.deposits++
	for _, party := range []int64{s.seller.party, s.buyer.party} {
		s.statementLine(party, "6222-1")
	}
	allocation := lastRow[reserve.Allocation](s.office, Allocations).ID
	s.now.set(calendar.Date(20260805).Start())
	s.runTimers()
	notice := lastRow[reserve.PaymentNotice](s.office, Notices).ID
	want := []string{
		fmt.Sprintf("same_contact [{deal %d} {person %d}]", d.ID, s.buyer.user),
		fmt.Sprintf("same_contact [{trade 4} {person %d}]", s.buyer.user),
		fmt.Sprintf("same_bank_account [{deal %d} {party %d} {party %d}]", d.ID, s.seller.party, s.buyer.party),
		fmt.Sprintf("same_bank_account [{trade 1} {trade 2} {trade 3} {trade 4} {party %d} {party %d}]", s.seller.party, s.buyer.party),
		fmt.Sprintf("price_outlier [{deal %d}]", d.ID),
		"price_outlier [{trade 1}]", "price_outlier [{trade 2}]", "price_outlier [{trade 3}]", "price_outlier [{trade 4}]",
		fmt.Sprintf("soon_after_allocation [{deal %d} {allocation %d}]", d.ID, allocation),
		fmt.Sprintf("soon_after_allocation [{market_order 1} {allocation %d}]", allocation),
		fmt.Sprintf("soon_after_allocation [{market_order 3} {allocation %d}]", allocation),
		fmt.Sprintf("soon_after_allocation [{market_order 5} {allocation %d}]", allocation),
		fmt.Sprintf("soon_after_allocation [{market_order 7} {allocation %d}]", allocation),
		verified,
	}
	want = append(append(want, alone...), fmt.Sprintf("past_deadline [{payment_notice %d}]", notice))
	if diff := cmp.Diff(want, s.exceptions(ExceptionQuery{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[len(want)-1:], s.exceptions(ExceptionQuery{Kind: report.DeadlineExpired, Region: "330400"})); diff != "" {
		t.Error(diff)
	}
	if got := s.exceptions(ExceptionQuery{Region: qingpu}); !slices.Equal(got, s.exceptions(ExceptionQuery{Region: qingpu, Kind: report.DecidedAlone})) {
		t.Errorf("of another region: %v", got)
	}
}

// A guarantee out of an earmark is an allocation: what its licence sells soon after it
// was given is found, free at once and paid from its delivery on.
func TestExceptions_SoldAfterGuarantee(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	e := s.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: "VOCs", Name: "a plant", Document: "d", Priority: 1, Need: 4 * one, Ratio: quantity.OneRatio, ExpiresOn: 20260930,
	})
	give := func(f firm, origin ledger.Origin, price quantity.Price, due calendar.Date) reserve.EarmarkAllocation {
		return done[EarmarkAllocationResult](s.office, s.leader, EarmarkAllocate{e.ID, f.licence.ID, s.inst.Code, one, origin, price, "d", due}).Allocation
	}
	sold := give(s.seller, ledger.Paid, 4000*quantity.OnePrice, 20260801)
	s.trade(project, one)
	if got := s.exceptions(ExceptionQuery{Kind: report.SoonSale}); len(got) != 0 {
		t.Errorf("nothing was given, and %v", got)
	}
	n := storedRow(s.office, Notices, sold.Notice)
	done[NoticeResult](s.office, s.finance, NoticeProve{n.ID, n.Amount, "r", 20260701})
	done[NoticeResult](s.office, s.finance, NoticeConfirm{n.ID, "seen"})
	done[NoticeResult](s.office, s.leader, NoticeDeliver{n.ID})
	give(s.buyer, ledger.Free, 0, 0) // who sells nothing
	want := []string{fmt.Sprintf("soon_after_allocation [{market_order 1} {earmark_allocation %d}]", sold.ID)}
	if got := s.exceptions(ExceptionQuery{Kind: report.SoonSale}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	give(s.seller, ledger.Free, 0, 0)
	s.trade(project, one)
	if got := s.exceptions(ExceptionQuery{Kind: report.SoonSale}); len(got) != 2 {
		t.Errorf("after one that is free: %v", got)
	}
	s.now.set(calendar.Date(20261201).Start()) // a long time after
	s.runTimers()
	s.trade(project, one)
	found, err := s.app.Exceptions(t.Context(), ExceptionQuery{Kind: report.SoonSale, Month: 20261201})
	if err != nil || len(found) != 0 {
		t.Errorf("%v %v", found, err)
	}
}

// What two administrators decide elsewhere and one has done alone is shown to the
// auditor, of officers only, by whom it was done and in its month and region; what a
// second one has approved is not.
func TestExceptions_Alone(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	shown := func(region string) (out []string) {
		t.Helper()
		found, err := o.app.Exceptions(t.Context(), ExceptionQuery{Kind: report.DecidedAlone, Month: 20260701, Region: region})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range found {
			if r := rowsIn(o, Journal, Where("number", x.Objects[1].ID)); len(x.Objects) != 2 || x.Objects[1].Table != Journal.name || r[0].At.Date() != x.On {
				t.Errorf("%+v rests on %+v", x, r)
			}
			out = append(out, fmt.Sprintf("%s %d %v %s", x.Objects[0].Table, x.Objects[0].ID, x.Regions, x.Detail))
		}
		return out
	}
	before, elsewhere := shown(""), shown(qingpu)
	if len(before) != 7 || !slices.Equal(before, elsewhere) { // roles of every region
		t.Fatalf("at first: %q", before)
	}
	key := func(person int64, label string) identity.Key {
		t.Helper()
		return done[KeyResult](o, o.admin, KeyMake{Person: person, Label: label, Hash: identity.HashSecret("px_" + label), Prefix: "px_" + label}).Key
	}
	tick := func() {
		o.now.set(o.now.get().Add(time.Minute))
		o.runTimers()
	}
	tick()
	other := done[catalog.Person](o, o.admin, PersonAdd{Name: "other"}).ID
	g := done[identity.Grant](o, o.admin, GrantAdd{Person: other, Role: identity.BureauClerk, Region: jiashan})
	k := key(other, "other")
	key(f.user, "firm")
	tick()
	role := rowsIn(o, Grants, Where("person", o.leader))[0]
	s := done[identity.StandIn](o, o.admin, StandInOrder{Grant: role.ID, Person: other, ValidFrom: today, ValidTo: today.AddDays(1), Document: "d"})
	if _, err := o.app.DoSystem(t.Context(), "by the operator", GrantAdd{Person: other, Role: identity.Auditor}); err != nil {
		t.Fatal(err)
	}
	byOperator := lastRow[identity.Grant](o, Grants).ID
	second := done[identity.Grant](o, o.admin, GrantAdd{Person: o.second, Role: identity.Admin})
	secondKey := key(o.second, "second")
	ofJiashan := []string{
		fmt.Sprintf("%s %d [%s] person %d alone has given person %d the role bureau_clerk", Grants.name, g.ID, jiashan, o.admin, other),
		fmt.Sprintf("%s %d [%s] person %d alone has made a key of person %d, who is bureau_clerk", Keys.name, k.ID, jiashan, o.admin, other),
	}
	ofAll := []string{
		fmt.Sprintf("%s %d [] person %d alone has ordered that person %d stands in for person %d as bureau_leader from %s to %s", StandIns.name, s.ID, o.admin, other, o.leader, today, today.AddDays(1)),
		fmt.Sprintf("%s %d [] the command line has given person %d the role auditor", Grants.name, byOperator, other),
		fmt.Sprintf("%s %d [] person %d alone has given person %d the role admin", Grants.name, second.ID, o.admin, o.second),
		fmt.Sprintf("%s %d [] person %d alone has made a key of person %d, who is bureau_leader", Keys.name, secondKey.ID, o.admin, o.second),
	}
	want := slices.Concat(before, ofJiashan, ofAll)
	done[identity.Grant](o, o.admin, GrantAdd{Person: other, Role: identity.Finance}) // the second one approves
	o.restart()
	if diff := cmp.Diff(want, shown("")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(slices.Concat(elsewhere, ofAll), shown(qingpu)); diff != "" {
		t.Error(diff)
	}
	found, err := o.app.Exceptions(t.Context(), ExceptionQuery{Kind: report.DecidedAlone, Month: 20260801})
	if err != nil || len(found) != 0 {
		t.Errorf("a month later: %v, %v", found, err)
	}
}

// statementLine brings a payment of a party from a bank account.
func (s *site) statementLine(party int64, account string) {
	s.t.Helper()
	s.deposits++
	ref := fmt.Sprintf("line-%d", s.deposits)
	name := rowsOf(s.app.st, Parties).rows[party].Name
	done[DepositResult](s.office, s.finance, DepositConfirm{Party: party, Amount: 100, BankReference: ref, ReceivedOn: 20260701, Payer: name})
	done[StatementResult](s.office, s.finance, StatementImport{Account: "1", From: 20260701, To: 20260701, Lines: []settlement.BankLine{
		{Reference: ref, Amount: 100, On: 20260701, Payer: name, PayerAccount: account},
	}})
}

// lastRow is the newest row of a table.
func lastRow[R any](o *office, table Table[R]) R {
	o.t.Helper()
	var rows []R
	if err := o.store.Find(o.t.Context(), table.name, Query{Desc: true, Limit: 1}, &rows); err != nil || len(rows) == 0 {
		o.t.Fatal(rows, err)
	}
	return rows[0]
}

// Leases and pledges are counted on their days, beside the trades: what goes
// back of a rent lowers it on its own day, and a further pledge of the same permits
// adds its loan only. Figures are the same before and after they are added up.
func TestStatistics_Encumbrances(t *testing.T) {
	t.Parallel()
	k := openPledgeDesk(t)
	lessor, lessee := k.seller(jiashan, 1, 20*one), k.buyer(jiashan, 2, 10_000_00)
	l := k.paidLease(k.leaseOf(lessor, lessee, 5*one), lessor, lessee)
	first := k.registered(k.pledgeOf(lessor, 10*one))
	further := k.pledgeOf(lessor, 10*one)
	further.Behind, further.Bank, further.Loan = first.ID, k.banks[1], 1_000_00
	k.does(k.leader, ParameterSet{Key: rulebook.PledgeShare, Region: "330000", Pollutant: vocs, Value: "0.9", ValidFrom: 20260702, Document: "share"})
	k.now.set(calendar.NewDate(2026, 7, 10).Start() + 9*3600*second)
	k.settle()
	k.registered(further)
	before := k.july(20260710)
	want := []string{
		"330421 lease 1 5 6666.67 40000.00",
		"330421 pledge 2 10 161000.00 0.00",
	}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Fatal(diff)
	}
	k.now.set(calendar.NewDate(2026, 7, 20).Start() + 9*3600*second)
	k.settle()
	done[LeaseResult](k.office, lessor.user, LeaseStep{Lease: l.ID, Event: encumbrance.AskEnd, Refund: 2_000_00})
	done[LeaseResult](k.office, lessee.user, LeaseStep{Lease: l.ID, Event: encumbrance.AgreeEnd, Refund: 2_000_00})
	want[0] = "330421 lease 1 5 4666.67 40000.00"
	for _, at := range []calendar.Date{20260720, 20260722} {
		k.now.set(at.Start() + 9*3600*second)
		k.settle()
		if diff := cmp.Diff(want, k.july(20260720)) + cmp.Diff(before, k.july(20260710)); diff != "" {
			t.Error(diff)
		}
	}
	lines, err := k.app.Statistics(t.Context(), report.Selection{Cycle: report.Yearly, From: 20260101, To: 20260101, By: report.ByPollutant}, 20260722)
	if err != nil || len(lines) != 0 {
		t.Errorf("all trades of the year: %+v, %v", lines, err)
	}
	pledges, err := k.app.Statistics(t.Context(), report.Selection{Cycle: report.Yearly, From: 20260101, To: 20260101, By: report.ByPollutant, Kind: report.Pledge}, 20260722)
	if err != nil || len(pledges) != 1 || pledges[0].Secured != first.Value || pledges[0].Trades != 2 {
		t.Errorf("pledges of the year: %+v, %v", pledges, err)
	}
	k.restart()
	k.check()
}

// Nothing is asked, recorded or closed of a time before all reports; a figure that
// was taken of one is listed all the same.
func TestReports_FirstDay(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.firm(jiashan, 1)
	named := func(what string, err error, field string) {
		t.Helper()
		if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, day := range []calendar.Date{19000101, 19000301, 19791231} {
		for _, cycle := range report.Cycles {
			from := cycle.Start(day)
			_, err := o.app.Statistics(t.Context(), report.Selection{Cycle: cycle, From: from, To: from, By: report.ByPollutant}, today)
			named("statistics", err, "from")
		}
		month := report.MonthOf(day)
		_, err := o.app.Exceptions(t.Context(), ExceptionQuery{Month: month})
		named("exceptions", err, "month")
		figure := report.OfficialFigure{
			Region: jiashan, Pollutant: vocs, Cycle: report.Monthly, StartsOn: month, Measure: report.Measures[0], Unit: report.Units[0],
			Total: "1", PublishedOn: today, Document: "d",
		}
		for _, unit := range report.Units {
			figure.Unit = unit
			if f := o.do(o.clerk, FigureRecord{Figure: figure}); f == nil || f.Code == "internal" {
				t.Errorf("figure of %s: %v", month, f)
			}
		}
		if _, err := o.app.CompareFigures(t.Context(), []report.OfficialFigure{figure}, today); err != nil {
			t.Error(err)
		}
		o.refuses(o.clerk, PeriodOpen{Region: jiashan, Month: month}, invalid)
	}
	if _, err := o.app.Statistics(t.Context(), report.Selection{Cycle: report.Yearly, From: report.FirstDay, To: report.FirstDay, By: report.ByPollutant}, today); err != nil {
		t.Error(err)
	}
	if _, err := o.app.Exceptions(t.Context(), ExceptionQuery{Month: report.FirstDay}); err != nil {
		t.Error(err)
	}
}
