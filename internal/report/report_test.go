package report

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

func parsed[T any](t *testing.T, s string, parse func(field, s string) (T, error)) T {
	t.Helper()
	v, err := parse("test", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Mean prices are amount ÷ quantity, half-up at the fen (facts 17 and 18).
func TestStatistic_MeanPrice(t *testing.T) {
	t.Parallel()
	var all quantity.Money
	for _, c := range []struct{ name, quantity, amount, mean string }{
		{"长三角 VOCs", "13.257", "158900.00", "11986.12"},
		{"咸宁 COD", "133.252", "1370400.00", "10284.27"},
		{"咸宁 NH3-N", "31.97", "544900.00", "17044.1"},
		{"咸宁 SO2", "57.67", "477500.00", "8279.87"},
		{"咸宁 NOx", "39.82", "320100.00", "8038.67"},
	} {
		s := Statistic{Quantity: parsed(t, c.quantity, quantity.ParseQuantity), Amount: parsed(t, c.amount, quantity.ParseMoney)}
		if p, known := s.MeanPrice(); !known || p.String() != c.mean {
			t.Errorf("%s: the mean price is %s, want %s", c.name, p, c.mean)
		}
		if c.name != "长三角 VOCs" {
			all += s.Amount
		}
	}
	if all.String() != "2712900.00" {
		t.Errorf("the amounts of 咸宁 come to %s", all)
	}
	if p, known := (Statistic{Amount: 100}).MeanPrice(); known {
		t.Errorf("nothing was traded at a mean price of %s", p)
	}
}

// The four deals of the first batch across provinces, counted by month: 13.257 t
// at 2,397.22 CNY/(t·a) over five years (fact 17).
func TestStatistics_FirstBatch(t *testing.T) {
	t.Parallel()
	sums := Totals{}
	for _, d := range []struct{ quantity, price, amount string }{
		{"5.120", "2397", "61363.20"}, {"5.000", "2397", "59925.00"}, {"0.166", "2397", "1989.51"}, {"2.971", "2398", "35622.29"},
	} {
		q := parsed(t, d.quantity, quantity.ParseQuantity)
		year, err := quantity.Outright(parsed(t, d.price, quantity.ParsePrice), q, quantity.HalfUp)
		if err != nil {
			t.Fatal(err)
		}
		trade := Trade{
			Kind: DealCrossRegion, On: 20240620, SellerRegion: "310118", BuyerRegion: "330421", Pollutant: "VOCs", Trades: 1,
			Quantity: q, Amount: parsed(t, d.amount, quantity.ParseMoney), Annual: year,
		}
		if err := sums.Add(Month.Of(trade)); err != nil {
			t.Fatal(err)
		}
	}
	var months []Total
	for _, m := range sums {
		months = append(months, m)
	}
	lines, err := Statistics(months, Selection{Cycle: Yearly, From: 20240101, To: 20240101, Region: "330000", Side: ByBuyer, By: ByRegion})
	if err != nil || len(lines) != 1 {
		t.Fatal(lines, err)
	}
	l := lines[0]
	term, _ := l.MeanPrice()
	year, _ := l.MeanAnnualPrice()
	if l.Trades != 4 || l.Quantity.String() != "13.257" || l.Amount.String() != "158900.00" || term.String() != "11986.12" || year.String() != "2397.22" {
		t.Errorf("the batch is %+v at %s, %s a year", l, term, year)
	}
	if lines, _ := Statistics(months, Selection{Cycle: Yearly, From: 20240101, To: 20240101, Region: "330000", By: ByRegion}); len(lines) != 0 {
		t.Errorf("the permits left another province: %+v", lines)
	}
}

// Changes are half-up at two decimals (facts 27 and 29).
func TestChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, after, want string }{
		{"469.58", "411.56", "-12.36"},
		{"906.83", "1059.13", "16.79"},
		{"1", "1", "0"},
		{"3", "2", "-33.33"},
		{"2", "0", "-100"},
		{"200", "200.01", "0.01"},
		{"200", "200.009", "0"},
		{"200", "199.99", "-0.01"},
	} {
		got, known := Change(printed(c.before), printed(c.after))
		if !known || got.String() != c.want {
			t.Errorf("%s after %s is %s %%, want %s", c.after, c.before, got, c.want)
		}
	}
	for _, before := range []int64{0, -1} {
		if got, known := Change(before, 5); known {
			t.Errorf("5 after %d is %s %%", before, got)
		}
	}
}

func figure(measure Measure, unit Unit, cycle Cycle, start calendar.Date, total string, parts ...string) (OfficialFigure, []OfficialPart) {
	f := OfficialFigure{
		Region: "330000", Cycle: cycle, StartsOn: start, Measure: measure, Unit: unit, Total: total, Document: "d", PublishedOn: 20251231,
	}
	var rows []OfficialPart
	for _, p := range parts {
		rows = append(rows, OfficialPart{Name: "part", Published: p})
	}
	return f, rows
}

// A published total stands as it was printed beside the sum of its parts
// (facts 28, 29, 30 and 48).
func TestCompare_SumOfParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		measure Measure
		unit    Unit
		cycle   Cycle
		start   calendar.Date
		total   string
		parts   []string
		sum     string
	}{
		{QuantityMeasure, TonUnit, Monthly, 20240901, "906.83", []string{"389.96", "31.06", "98.72", "387.08"}, "906.82"},
		{QuantityMeasure, TonUnit, Monthly, 20241001, "1059.13", []string{"295.25", "24.48", "110.10", "629.31"}, "1059.14"},
		{QuantityMeasure, TonUnit, Monthly, 20240501, "2042.45", []string{"2042.46"}, "2042.46"},
		{QuantityMeasure, TonUnit, Quarterly, 20250701, "4748.81", []string{"4748.82"}, "4748.82"},
		{TradesMeasure, TradeUnit, Yearly, 20200101, "515", []string{"286", "103", "70", "44", "11", "4"}, "518"},
	} {
		f, parts := figure(c.measure, c.unit, c.cycle, c.start, c.total, c.parts...)
		if err := f.Check(parts); err != nil {
			t.Fatal(err)
		}
		got, err := Compare(f, parts, nil, nil)
		if err != nil || got.SumOfParts != c.sum || got.Figure.Total != c.total {
			t.Errorf("%s: the parts come to %s, %v", c.total, got.SumOfParts, err)
		}
		if !slices.Contains(got.Mismatches, Mismatch{"sum_of_parts", "", c.total, c.sum}) {
			t.Errorf("%s: %+v", c.total, got.Mismatches)
		}
	}
}

// A published change is compared with that of the published totals: 16.79 % and
// not 16.80 % (fact 29). What is computed is compared at the printed decimals.
func TestCompare_Beside(t *testing.T) {
	t.Parallel()
	before, _ := figure(QuantityMeasure, TonUnit, Monthly, 20240901, "906.83")
	f, parts := figure(QuantityMeasure, TonUnit, Monthly, 20241001, "1059.13", "1059.13")
	f.Change = "16.80"
	months := []Total{{Span: Month, StartsOn: 20241001, SellerRegion: "330421", BuyerRegion: "330421", Pollutant: "COD", Kind: Market, Trades: 9, Quantity: 1_059_134_999}}
	got, err := Compare(f, parts, months, &before)
	if err != nil || got.Change != "16.79" || got.Computed != "1059.13" {
		t.Errorf("%+v %v", got, err)
	}
	if want := []Mismatch{{"change", "", "16.80", "16.79"}}; !slices.Equal(got.Mismatches, want) {
		t.Errorf("%+v", got.Mismatches)
	}
	months[0].Quantity++ // 1059.135 is printed as 1059.14
	if got, _ = Compare(f, parts, months, nil); len(got.Mismatches) != 2 || got.Mismatches[0] != (Mismatch{"computed", "", "1059.13", "1059.14"}) {
		t.Errorf("%+v", got.Mismatches)
	}
	amounts, _ := figure(AmountMeasure, WanYuanUnit, Monthly, 20241001, "15.89")
	months[0].Amount = 15_890_000
	if got, _ = Compare(amounts, nil, months, nil); got.Computed != "15.89" || len(got.Mismatches) != 0 {
		t.Errorf("CNY 158,900.00 is %s 万元: %+v", got.Computed, got.Mismatches)
	}
	index, _ := figure(IndexMeasure, PointUnit, Monthly, 20241001, "411.56")
	last, _ := figure(IndexMeasure, PointUnit, Monthly, 20240901, "469.58")
	if got, _ = Compare(index, nil, months, &last); got.Computed != "" || got.Change != "-12.36" {
		t.Errorf("%+v", got)
	}
}

// Every fault of a published figure names its field.
func TestOfficialFigure_Faults(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(f *OfficialFigure, p *OfficialPart){
		"region":            func(f *OfficialFigure, _ *OfficialPart) { f.Region = "33" },
		"kind":              func(f *OfficialFigure, _ *OfficialPart) { f.Kind = "gift" },
		"cycle":             func(f *OfficialFigure, _ *OfficialPart) { f.Cycle = "week" },
		"measure":           func(f *OfficialFigure, _ *OfficialPart) { f.Measure = "joy" },
		"unit":              func(f *OfficialFigure, _ *OfficialPart) { f.Unit = PointUnit },
		"period":            func(f *OfficialFigure, _ *OfficialPart) { f.StartsOn = 20240902 },
		"published_on":      func(f *OfficialFigure, _ *OfficialPart) { f.PublishedOn = 0 },
		"total":             func(f *OfficialFigure, _ *OfficialPart) { f.Total = "1,059.13" },
		"change":            func(f *OfficialFigure, _ *OfficialPart) { f.Change = "+1" },
		"document":          func(f *OfficialFigure, _ *OfficialPart) { f.Document = "" },
		"parts/0/name":      func(_ *OfficialFigure, p *OfficialPart) { p.Name = "" },
		"parts/0/published": func(_ *OfficialFigure, p *OfficialPart) { p.Published = "many" },
		"parts/0/region":    func(_ *OfficialFigure, p *OfficialPart) { p.Region = "310118" },
		"parts/0/pollutant": func(f *OfficialFigure, p *OfficialPart) { f.Pollutant, p.Pollutant = "COD", "SO2" },
		"parts/0/kind":      func(f *OfficialFigure, p *OfficialPart) { f.Kind, p.Kind = Market, DealLocal },
	} {
		f, parts := figure(QuantityMeasure, TonUnit, Monthly, 20240901, "1", "1")
		change(&f, &parts[0])
		if got, ok := fault.As(f.Check(parts)); !ok || got.Field != field {
			t.Errorf("%s: got %v", field, got)
		}
	}
}

// A figure is not published before its period begins; it may be before that ends.
func TestOfficialFigure_PeriodToCome(t *testing.T) {
	t.Parallel()
	f, parts := figure(QuantityMeasure, TonUnit, Monthly, 20240901, "1")
	f.PublishedOn = 20240831
	if got, ok := fault.As(f.Check(parts)); !ok || got.Code != ErrPeriodToCome.Code || got.Field != "period" {
		t.Error(got)
	}
	f.PublishedOn = 20240901
	if err := f.Check(parts); err != nil {
		t.Error(err)
	}
}

// Random trades: every report is what counting them one by one gives, months
// sum to quarters and years, and a reversal takes back what it reverses.
func TestStatistics_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		var trades []Trade
		sums := Totals{}
		for range 300 {
			tr := randomTrade(random)
			trades = append(trades, tr)
			if random.IntN(5) == 0 {
				trades = append(trades, tr.Reversed(tr.On.AddDays(random.IntN(60))))
			}
		}
		for _, tr := range trades {
			if err := sums.Add(Month.Of(tr)); err != nil {
				t.Fatal(err)
			}
		}
		var months []Total
		for _, m := range sums {
			months = append(months, m)
		}
		for _, cycle := range Cycles {
			for _, by := range Groupings {
				s := Selection{Cycle: cycle, From: cycle.Start(20240101), To: cycle.Start(20261231), Side: []Side{BySeller, ByBuyer}[random.IntN(2)], By: by}
				if random.IntN(2) == 0 {
					s.Region, s.Pollutant = "330000", "COD"
				}
				lines, err := Statistics(months, s)
				if err != nil {
					t.Fatal(err)
				}
				compareWithCount(t, lines, trades, s)
			}
		}
	}
}

func randomTrade(random *rand.Rand) Trade {
	regions, pollutants := []string{"310118", "330402", "330421"}, []string{"COD", "VOCs"}
	t := Trade{
		Kind: Kinds[random.IntN(len(Kinds))], On: calendar.Date(20240101).AddDays(random.IntN(900)),
		SellerRegion: regions[random.IntN(3)], BuyerRegion: regions[random.IntN(3)], Pollutant: pollutants[random.IntN(2)], Trades: 1,
		Quantity: quantity.Quantity(random.Int64N(1e9)), Amount: quantity.Money(random.Int64N(1e9)), Annual: quantity.Money(random.Int64N(1e8)),
	}
	if t.Kind == Pledge {
		t.Secured = quantity.Money(random.Int64N(1e8))
	}
	return t
}

// compareWithCount counts the trades of each line one by one.
func compareWithCount(t *testing.T, lines []Statistic, trades []Trade, s Selection) {
	t.Helper()
	var counted int64
	for _, l := range lines {
		var want Statistic
		for _, tr := range trades {
			region := tr.SellerRegion
			if s.Side == ByBuyer {
				region = tr.BuyerRegion
			}
			if s.Region != "" && (region[:2] != "33" || tr.Pollutant != "COD") {
				continue
			}
			if tr.On >= l.StartsOn && tr.On < s.Cycle.Next(l.StartsOn) && tr.Pollutant == l.Pollutant &&
				(l.Region == "" || l.Region == region) && (l.Kind == "" && tr.Kind.IsTrade() || l.Kind == tr.Kind) {
				want.Trades += tr.Trades
				want.Quantity += tr.Quantity
				want.Amount += tr.Amount
				want.Annual += tr.Annual
				want.Secured += tr.Secured
			}
		}
		if l.Trades != want.Trades || l.Quantity != want.Quantity || l.Amount != want.Amount || l.Annual != want.Annual || l.Secured != want.Secured {
			t.Fatalf("%+v: counted %+v", l, want)
		}
		counted += l.Trades
	}
	var all int64
	for _, tr := range trades {
		region := tr.SellerRegion
		if s.Side == ByBuyer {
			region = tr.BuyerRegion
		}
		if isAlone := !tr.Kind.IsTrade(); isAlone && (s.By == ByRegion || s.By == ByPollutant) {
			continue
		}
		if s.Region == "" || region[:2] == "33" && tr.Pollutant == "COD" {
			all += tr.Trades
		}
	}
	if counted != all {
		t.Fatalf("the lines have %d trades, there are %d", counted, all)
	}
}

// Each state × event × body is in the table once or refused.
func TestClose_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	const person = 7
	next := map[string]CloseState{
		"open/explain/clerk": CloseOpen, "open/explain/centre": CloseOpen, "open/explain/finance": CloseOpen,
		"open/sign/centre": CloseCentreSigned, "open/sign/finance": CloseFinanceSigned,
		"centre_signed/sign/finance": CloseFrozen, "finance_signed/sign/centre": CloseFrozen,
		"open/withdraw/centre": CloseWithdrawn, "open/withdraw/finance": CloseWithdrawn,
		"centre_signed/withdraw/centre": CloseWithdrawn, "centre_signed/withdraw/finance": CloseWithdrawn,
		"finance_signed/withdraw/centre": CloseWithdrawn, "finance_signed/withdraw/finance": CloseWithdrawn,
		"open/relist/centre": CloseOpen, "open/relist/finance": CloseOpen,
		"centre_signed/relist/centre": CloseOpen, "centre_signed/relist/finance": CloseOpen,
		"finance_signed/relist/centre": CloseOpen, "finance_signed/relist/finance": CloseOpen,
	}
	for _, state := range CloseStates {
		for _, event := range CloseEvents {
			for _, role := range CloseRoles {
				c := Close{State: state}
				got, err := c.Step(event, role, person, 5)
				want, may := next[string(state)+"/"+string(event)+"/"+string(role)]
				if may && (err != nil || got.State != want || (want == CloseFrozen) != (got.FrozenAt == 5)) {
					t.Errorf("%s %s by %s: %+v %v", state, event, role, got, err)
				}
				if !may && (!errors.Is(err, ErrCloseNotNow) || got != c) {
					t.Errorf("%s %s by %s: %+v %v, want it refused", state, event, role, got, err)
				}
			}
		}
	}
	signed := Close{State: CloseCentreSigned, CentreBy: person}
	if _, err := signed.Step(SignClose, AsFinance, person, 5); !errors.Is(err, ErrOneSigner) {
		t.Errorf("one person signs for both: %v", err)
	}
}

// Months are closed one after the other, each once.
func TestCheckAfter(t *testing.T) {
	t.Parallel()
	july := []Close{{Month: 20260701, State: CloseFrozen}, {Month: 20260801, State: CloseWithdrawn}}
	for month, want := range map[calendar.Date]error{20260701: ErrClosedBefore, 20260801: nil, 20260901: ErrCloseOrder, 20260601: ErrCloseOrder} {
		if err := CheckAfter(month, july); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", month, err, want)
		}
	}
	if err := CheckAfter(20240101, nil); err != nil {
		t.Error(err)
	}
	for month, want := range map[calendar.Date]error{20260702: ErrMonth, 0: ErrMonth, 20260801: ErrMonthOpen, 20260701: nil} {
		if err := CheckMonth(month, 20260831); !errors.Is(err, want) {
			t.Errorf("%s on 2026-08-31: got %v, want %v", month, err, want)
		}
	}
}

// The files of a month are the same bytes however its books were put together,
// and their digest is what sha256sum prints.
func TestFiles(t *testing.T) {
	t.Parallel()
	voc := Part{"VOCs", ledger.Cap}
	b := Books{
		Region: "330421", Month: 20260701,
		Closing:  map[Part]int64{voc: 5_500_000, {"", ledger.Bank}: 12_345, {"COD", ledger.Cap}: 0},
		Movement: map[Movement]int64{{voc, ledger.CapDecision}: 5_000_000, {voc, ledger.Settlement}: 0},
	}
	files := Files(b.Statement(), b.TrialBalance())
	names := []string{"basic_accounts.csv", "basic_accounts.json", "trial_balance.csv", "trial_balance.json"}
	for i, f := range files {
		if f.Name != names[i] || f.Digest != DigestOf(f.Content) {
			t.Errorf("file %d is %+v", i, f)
		}
	}
	const statement = "region,month,pollutant,part,entry,quantity\n330421,2026-07,VOCs,cap,opening,0.5\n" +
		"330421,2026-07,VOCs,cap,cap_decision,5\n330421,2026-07,VOCs,cap,closing,5.5\n"
	if files[0].Content != statement {
		t.Errorf("the statement is\n%s", files[0].Content)
	}
	const trial = `[{"region":"330421","month":"2026-07","pollutant":"VOCs","kind":"cap","debit":"5.5","credit":"0"},` +
		`{"region":"","month":"2026-07","pollutant":"","kind":"bank","debit":"123.45","credit":"0.00"}]` + "\n"
	if files[3].Content != trial {
		t.Errorf("the trial balance is\n%s", files[3].Content)
	}
	if ManifestDigest(files) != DigestOf(files[0].Digest+"  basic_accounts.csv\n"+files[1].Digest+"  basic_accounts.json\n"+
		files[2].Digest+"  trial_balance.csv\n"+files[3].Digest+"  trial_balance.json\n") {
		t.Error("the digest is not that of the lines of sha256sum")
	}
}

// A price outlies when it is beyond the share on either side; without a mean
// nothing does.
func TestOutlies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		price, mean quantity.Price
		want        bool
	}{{130, 100, false}, {131, 100, true}, {70, 100, false}, {69, 100, true}, {5, 0, false}} {
		if got := Outlies(c.price, c.mean, 30*quantity.OneRatio/100); got != c.want {
			t.Errorf("%d at a mean of %d: %v", c.price, c.mean, got)
		}
	}
}
