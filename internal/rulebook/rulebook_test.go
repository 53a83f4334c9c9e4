package rulebook

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Every rule says of each of its cases what the table beside it says.
func TestRules_Cases(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		for _, c := range r.Cases {
			t.Run(r.ID+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				got := notApplicable("")
				if slices.Contains(r.Actions, c.Facts.Action) {
					got = r.Check(&c.Facts)
				}
				code := ""
				if got.Fault != nil {
					code = got.Fault.Code
				}
				if got.Outcome != c.Want || code != c.Code {
					t.Errorf("got %s %q (%s), want %s %q", got.Outcome, code, got.Says, c.Want, c.Code)
				}
				if (got.Outcome == Refused) != (got.Fault != nil) {
					t.Errorf("%s with the fault %v", got.Outcome, got.Fault)
				}
			})
		}
	}
}

// Every rule has what a reader needs: a source or "project default", its
// actions, what it must know, and a case that passes and one that is refused.
func TestRules_AreComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range All() {
		if seen[r.ID] || r.ID == "" || !strings.Contains(r.ID, ".") {
			t.Errorf("id %q is empty, taken or without a group", r.ID)
		}
		seen[r.ID] = true
		if r.Title == "" || r.Citation == "" || r.Reading == "" || len(r.Needs) == 0 || len(r.Actions) == 0 || r.Check == nil {
			t.Errorf("%s lacks something: %+v", r.ID, r)
		}
		if !r.From.Valid() || r.From > firstSeededYear && r.Citation == ProjectDefault {
			t.Errorf("%s holds from %s on", r.ID, r.From)
		}
		if r.From == firstSeededYear && r.Citation != ProjectDefault && !strings.Contains(r.Unread, ProjectDefault) {
			t.Errorf("%s does not say that its first day is the project's", r.ID)
		}
		if r.Words == "" && r.Unread == "" {
			t.Errorf("%s has neither words nor says that none were read", r.ID)
		}
		if r.Words != "" && !strings.ContainsFunc(r.Words, func(c rune) bool { return unicode.Is(unicode.Han, c) }) {
			t.Errorf("the words of %s are not in the original: %s", r.ID, r.Words)
		}
		if strings.Contains(r.Citation, "http") || strings.ContainsAny(r.Citation, "<>") {
			t.Errorf("%s is cited by an address: %s", r.ID, r.Citation)
		}
		for _, k := range r.Keys {
			if _, known := InfoOf(k); !known {
				t.Errorf("%s uses the unknown key %s", r.ID, k)
			}
		}
		for _, a := range r.Actions {
			if !slices.Contains(Actions, a) {
				t.Errorf("%s speaks about the unknown action %s", r.ID, a)
			}
		}
		outcomes := map[Outcome]bool{}
		for _, c := range r.Cases {
			outcomes[c.Want] = true
		}
		if !outcomes[Passed] || !outcomes[Refused] {
			t.Errorf("%s has no case that passes, or none that is refused", r.ID)
		}
	}
}

// There is one rule a file, and the file has its cases.
func TestRules_OneAFile(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n := strings.Count(string(text), "= &Rule{\n")
		if n > 1 || n == 1 && !strings.Contains(string(text), "\n\tCases: ") {
			t.Errorf("%s has %d rules, or not their cases", name, n)
		}
		found += n
	}
	if found != len(All()) {
		t.Errorf("%d rules are in files, %d are checked", found, len(All()))
	}
}

// A refusal names the rule and its source; Explain has the same rules say the
// same, and passes over those of another day.
func TestJudge(t *testing.T) {
	t.Parallel()
	f := Facts{
		Action: Sell, On: 20260701, Pollutant: "VOCs", Medium: catalog.Air, Quantity: quantity.OneQuantity,
		Seller: Side{
			Known: true, State: catalog.PartyActive, Licence: catalog.Licence{ValidFrom: 20260101, ValidTo: 20310630, State: catalog.LicenceValid},
			Holding: Holding{Seen: true, Paid: quantity.OneQuantity, Ready: quantity.OneQuantity, Surplus: quantity.OneQuantity},
			Site:    Site{Monitor: IsNot, MonitorBy: "inspection 7"},
		},
	}
	if err := Judge(&f); err == nil || !strings.Contains(err.Error(), "inspection 7") {
		t.Fatalf("a sale without a monitor: %v", err)
	}
	opinions := Explain(&f)
	if len(opinions) != len(All()) {
		t.Errorf("%d rules spoke of %d", len(opinions), len(All()))
	}
	for _, o := range opinions {
		if (o.Outcome == Refused) != (o.Rule == sellerAir) {
			t.Errorf("%s: %s %s", o.Rule.ID, o.Outcome, o.Says)
		}
	}
	f.On = 20201126 // the day before the article
	f.Seller.Licence.ValidFrom = 20200101
	if err := Judge(&f); err != nil {
		t.Errorf("judged by an article that is not yet in force: %v", err)
	}
}

// Facts 8 to 10: what must be bought is rounded up, what a purchase supports down.
func TestOffset_Facts(t *testing.T) {
	t.Parallel()
	parse := func(s string) quantity.Quantity { q, _ := quantity.ParseQuantity("q", s); return q }
	for _, c := range []struct{ need, ratio, want string }{
		{"1", "1.5", "1.5"}, {"1.2345", "2", "2.469"}, {"0.0001", "1.2", "0.0002"}, {"0", "2", "0"},
	} {
		ratio, _ := quantity.ParseRatio("r", c.ratio)
		if got, err := Required(parse(c.need), ratio, quantity.OneRatio); err != nil || got != parse(c.want) {
			t.Errorf("need %s × %s: got %s %v, want %s", c.need, c.ratio, got, err, c.want)
		}
	}
	for _, c := range []struct{ bought, ratio, want string }{
		{"1.5", "1.5", "1"}, {"3.8750", "1.2", "3.2291"}, {"2.4690", "2", "1.2345"},
	} {
		ratio, _ := quantity.ParseRatio("r", c.ratio)
		if got, err := Supported(parse(c.bought), ratio, quantity.OneRatio); err != nil || got != parse(c.want) {
			t.Errorf("%s ÷ %s: got %s %v, want %s", c.bought, c.ratio, got, err, c.want)
		}
	}
	if _, err := Required(9_000_000_000_000_000_000, 2*quantity.OneRatio, quantity.OneRatio); err == nil {
		t.Error("a need beyond what can be counted is not refused")
	}
}

// Fact 46: the levels by score.
func TestLevelOf(t *testing.T) {
	t.Parallel()
	for score, want := range map[int]Level{12: Green, 11: Green, 10: Blue, 9: Blue, 6: Blue, 5: Yellow, 3: Yellow, 2: Red, 1: Red, 0: Black, -4: Black} {
		if got := LevelOf(score); got != want {
			t.Errorf("%d points: got %s, want %s", score, got, want)
		}
	}
}

// Slight violations do not count, points are given back, a lapsed event is
// over, and nobody has more points than there are.
func TestConductOf(t *testing.T) {
	t.Parallel()
	facts := []Fact{
		{ID: 1, Kind: CreditPoints, Value: "3", ValidFrom: 20260101},
		{ID: 2, Kind: CreditSlight, Value: "12", ValidFrom: 20260101},
		{ID: 3, Kind: CreditPoints, Value: "4", ValidFrom: 20260101, ValidTo: 20260630},
		{ID: 4, Kind: CreditPoints, Value: "-2", ValidFrom: 20260301},
		{ID: 5, Kind: Blacklisted, Value: Listed, ValidFrom: 20260201, Document: "notice"},
		{ID: 6, Kind: Blacklisted, Value: Lifted, ValidFrom: 20260801, Document: "lifted"},
		{ID: 7, Kind: CreditGrade, Value: "D", ValidFrom: 20260901},
		{ID: 8, Kind: CreditReview, Value: Yes, ValidFrom: 20260901, ValidTo: 20261231, Document: "review"},
	}
	for _, c := range []struct {
		on    calendar.Date
		score int
		by    string
		grade string
	}{{20251231, 9, "", ""}, {20260101, 2, "", ""}, {20260301, 4, "notice", ""}, {20260701, 8, "notice", ""}, {20260801, 8, "", ""}, {20260901, 8, "", "D"}} {
		got := ConductOf(facts, c.on)
		if got.Score(9, 12) != c.score || got.BlacklistedBy != c.by || got.Grade != c.grade {
			t.Errorf("on %s: %d points, listed by %q, grade %q; want %+v", c.on, got.Score(9, 12), got.BlacklistedBy, got.Grade, c)
		}
	}
	if got := (Conduct{Deducted: -10}).Score(9, 12); got != 12 {
		t.Errorf("9 + 10 points: got %d, want 12", got)
	}
}

// The newest fact whose period holds the day counts; one about a pollutant
// says nothing of another.
func TestSiteOf(t *testing.T) {
	t.Parallel()
	facts := []Fact{
		{ID: 1, Kind: Monitor, Value: Yes, ValidFrom: 20250101},
		{ID: 2, Kind: Monitor, Value: No, Pollutant: "NOx", ValidFrom: 20260101, Document: "removed"},
		{ID: 3, Kind: Idle, Value: Yes, ValidFrom: 20230701},
		{ID: 4, Kind: VerifiedRight, Value: "12.5", Pollutant: "VOCs", ValidFrom: 20250101},
		{ID: 5, Kind: IndustryOf, Value: "4411", ValidFrom: 20250101},
		{ID: 6, Kind: SurplusNeeded, Value: Yes, ValidFrom: 20260601, ValidTo: 20260630, Document: "plan"},
	}
	nox, industry := SiteOf(facts, "NOx", 20260615)
	if nox.Monitor != IsNot || nox.MonitorBy != "removed" || !nox.ForGovernment || nox.IdleSince != 20230701 || industry != "4411" || nox.Right != 0 {
		t.Errorf("NOx: %+v %s", nox, industry)
	}
	vocs, _ := SiteOf(facts, "VOCs", 20260701)
	if vocs.Monitor != IsSo || vocs.ForGovernment || vocs.Right != 12_500_000 || vocs.TaskDone != Unrecorded {
		t.Errorf("VOCs: %+v", vocs)
	}
	if s := (&Side{Industry: industry}).SourceOrDefault(); s != ThermalPower {
		t.Errorf("4411 is %s", s)
	}
	if s := (&Side{Industry: "0313"}).SourceOrDefault(); s != Agricultural {
		t.Errorf("0313 is %s", s)
	}
}

// A narrower region goes before a wider one, then the pollutant, then the
// industry, then the newest; a row counts in its period only.
func TestLookup(t *testing.T) {
	t.Parallel()
	rows := Rows{
		{ID: 1, Key: OffsetAttained, Value: "1", ValidFrom: 20200101},
		{ID: 2, Key: OffsetAttained, Region: "330000", Value: "1.1", ValidFrom: 20200101},
		{ID: 3, Key: OffsetAttained, Region: "330400", Value: "1.5", ValidFrom: 20080101, ValidTo: 20251231},
		{ID: 4, Key: OffsetAttained, Region: "330400", Pollutant: "VOCs", Value: "1.2", ValidFrom: 20260101},
		{ID: 5, Key: OffsetAttained, Region: "330400", Pollutant: "VOCs", Industry: "23", Value: "1.3", ValidFrom: 20260101},
		{ID: 6, Key: OffsetAttained, Region: "330000", Pollutant: "VOCs", Value: "9", ValidFrom: 20260101},
		{ID: 7, Key: OffsetAttained, Region: "330000", Value: "1.15", ValidFrom: 20260601},
	}
	for _, c := range []struct {
		at   Place
		on   calendar.Date
		want string
	}{
		{Place{"330421", "VOCs", "2319"}, 20260101, "1.3"},
		{Place{"330421", "VOCs", "1713"}, 20260101, "1.2"},
		{Place{"330421", "VOCs", "1713"}, 20251231, "1.5"},
		{Place{"330421", "COD", "1713"}, 20260101, "1.1"},
		{Place{"330421", "COD", "1713"}, 20260601, "1.15"},
		{Place{"310118", "COD", "1713"}, 20260601, "1"},
		{Place{"310118", "COD", "1713"}, 20191231, "1"}, // the default
	} {
		if _, got, set := Lookup(rows, OffsetAttained, c.at, c.on); !set || got.String() != c.want {
			t.Errorf("%+v on %s: got %s, want %s", c.at, c.on, got, c.want)
		}
	}
	if _, _, set := Lookup(rows, HoldingMost, Place{}, 20260101); set {
		t.Error("a key without a default and a row is set")
	}
}

// A record whose form is wrong is a fault that names the field.
func TestValidate(t *testing.T) {
	t.Parallel()
	good := Fact{Kind: Monitor, Region: "330421", Party: 1, Licence: 1, Value: Yes, ValidFrom: 20260101, Document: "d"}
	for name, c := range map[string]struct {
		change func(*Fact)
		ok     bool
	}{
		"good":               {func(*Fact) {}, true},
		"kind":               {func(f *Fact) { f.Kind = "smell" }, false},
		"no licence":         {func(f *Fact) { f.Licence = 0 }, false},
		"party with licence": {func(f *Fact) { f.Kind = Blacklisted; f.Value = Listed }, false},
		"party":              {func(f *Fact) { f.Kind, f.Value, f.Licence = Blacklisted, Listed, 0 }, true},
		"region":             {func(f *Fact) { f.Kind, f.Licence, f.Party = OverCap, 0, 0 }, true},
		"pollutant of party": {func(f *Fact) { f.Kind, f.Value, f.Licence, f.Pollutant = CreditGrade, "A", 0, "VOCs" }, false},
		"value":              {func(f *Fact) { f.Value = "perhaps" }, false},
		"points":             {func(f *Fact) { f.Kind, f.Value, f.Licence = CreditPoints, "13", 0 }, false},
		"points, written so": {func(f *Fact) { f.Kind, f.Value, f.Licence = CreditPoints, "+3", 0 }, false},
		"given back":         {func(f *Fact) { f.Kind, f.Value, f.Licence = CreditPoints, "-3", 0 }, true},
		"slight, given back": {func(f *Fact) { f.Kind, f.Value, f.Licence = CreditSlight, "-3", 0 }, false},
		"right":              {func(f *Fact) { f.Kind, f.Value = VerifiedRight, "1e3" }, false},
		"period":             {func(f *Fact) { f.ValidTo = 20251231 }, false},
		"no first day":       {func(f *Fact) { f.ValidFrom = 0 }, false},
		"no document":        {func(f *Fact) { f.Document = "" }, false},
	} {
		f := good
		c.change(&f)
		if err := f.Validate(); (err == nil) != c.ok {
			t.Errorf("fact, %s: %v", name, err)
		}
	}
	for _, p := range []Parameter{
		{Key: "nothing", Value: "1", ValidFrom: 20260101, Document: "d"},
		{Key: OffsetMissed, Value: "0.5", ValidFrom: 20260101, Document: "d"},
		{Key: CreditStart, Value: "9.5", ValidFrom: 20260101, Document: "d"},
		{Key: OffsetMissed, Value: "2", Document: "d"},
		{Key: OffsetMissed, Value: "2", ValidFrom: 20260101},
		{Key: OffsetMissed, Value: "2", ValidFrom: 20260101, Industry: "C23", Document: "d"},
		{Key: OffsetMissed, Value: AsPaid, ValidFrom: 20260101, Document: "d"},
		{Key: BuyBackPrice, Value: "lower", ValidFrom: 20260101, Document: "d"},
		{Key: BuyBackPrice, Value: "0", ValidFrom: 20260101, Document: "d"},
	} {
		if p.Validate() == nil {
			t.Errorf("a parameter that is wrong passes: %+v", p)
		}
	}
	from, to := calendar.Date(20260101), calendar.Date(20251231)
	for _, c := range []struct {
		p           Parameter
		field, says string
	}{
		{Parameter{Key: CreditStart, Value: "9.5", ValidFrom: from, Document: "d"}, "value", "credit.start must be a whole number from 1 to 12 (unit: points)"},
		{Parameter{Key: OffsetMissed, Value: "0.5", ValidFrom: from, Document: "d"}, "value", "offset.ratio.missed must be a number from 1 to 10 (unit: 1)"},
		{Parameter{Key: OffsetMissed, Value: "2", Document: "d"}, "valid_from", "the period must have a first day"},
		{Parameter{Key: OffsetMissed, Value: "2", ValidFrom: from, ValidTo: to, Document: "d"}, "valid_to", "the last day of a period from 2026-01-01 must be that day or a later one"},
	} {
		if f, ok := fault.As(c.p.Validate()); !ok || f.Field != c.field || f.Detail != c.says {
			t.Errorf("%+v: %v, want %s at %s", c.p, f, c.says, c.field)
		}
	}
	for _, formula := range []string{LowerOfPaidAndBase, AsPaid, AtBase, "0.8"} {
		if err := (Parameter{Key: BuyBackPrice, Value: formula, ValidFrom: 20260101, Document: "d"}).Validate(); err != nil {
			t.Errorf("the formula %s: %v", formula, err)
		}
	}
	for _, p := range SeedParameters() {
		if err := p.Validate(); err != nil {
			t.Errorf("seed %s: %v", p.Key, err)
		}
	}
	if (ZoneRule{Zone: "z", Industry: "2", ValidFrom: 20260101, Document: "d"}).Validate() == nil {
		t.Error("a zone's rule for an industry of one digit passes")
	}
}

// The newest rule of a zone for an industry counts.
func TestForbiddenBy(t *testing.T) {
	t.Parallel()
	rules := []ZoneRule{
		{ID: 1, Zone: "z", Region: "330400", Industry: "23", Forbidden: true, ValidFrom: 20260101, Document: "list"},
		{ID: 2, Zone: "z", Region: "330421", Industry: "2319", ValidFrom: 20260701, Document: "exception"},
	}
	for _, c := range []struct {
		region   string
		industry string
		on       calendar.Date
		want     string
	}{
		{"330421", "2319", 20260630, "list"},
		{"330421", "2319", 20260701, ""},
		{"330421", "2311", 20260701, "list"},
		{"330421", "1713", 20260701, ""},
		{"330421", "2319", 20251231, ""},
		{"330482", "2319", 20260701, "list"}, // the exception is of another county
		{"310118", "2319", 20260701, ""},     // a zone of the same name elsewhere
	} {
		if got := ForbiddenBy(rules, c.region, c.industry, c.on); got != c.want {
			t.Errorf("%s in %s on %s: got %q, want %q", c.industry, c.region, c.on, got, c.want)
		}
	}
}

// A row is set for what its key is read by: another would have no effect, and is refused by the name of its field.
func TestParameter_CheckPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		p    Parameter
		want string
	}{
		{Parameter{Key: OffsetAttained, Region: "330400", Pollutant: "VOCs", Industry: "23"}, ""},
		{Parameter{Key: PaymentDays, Region: "330421", Pollutant: "VOCs"}, ""},
		{Parameter{Key: PaymentDays, Industry: "23"}, "industry"},
		{Parameter{Key: NoticeDays, Region: "330421"}, ""},
		{Parameter{Key: NoticeDays, Region: "330421", Pollutant: "VOCs"}, "pollutant"},
		{Parameter{Key: ReminderFirst, Pollutant: "VOCs"}, ""},
		{Parameter{Key: ReminderFirst, Region: "330421", Industry: "23"}, "region"},
	} {
		var f *fault.Error
		if err := c.p.CheckPlace(); (err == nil) != (c.want == "") || err != nil && (!errors.As(err, &f) || f.Field != c.want) {
			t.Errorf("%+v: %v, want %q", c.p, err, c.want)
		}
	}
	for _, k := range Keys {
		if k.ReadBy == 0 {
			t.Errorf("%s is read by nothing", k.Key)
		}
	}
}
