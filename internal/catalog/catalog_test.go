package catalog

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// wantField fails t when err does not name the field.
func wantField(t *testing.T, err error, field string) {
	t.Helper()
	if f, ok := fault.As(err); err != nil && (!ok || f.Field != field) {
		t.Errorf("%v does not name %s", err, field)
	}
}

// wantFault fails t unless err names field and is want; an empty field wants none.
func wantFault(t *testing.T, name string, err error, field string, want error) {
	t.Helper()
	if (err == nil) != (field == "") || want != nil && !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v at %q", name, err, want, field)
	}
	wantField(t, err, field)
}

// A wrong pollutant names its field.
func TestPollutant_Validate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Pollutant)
		field  string
		want   error
	}{
		{"as it is", func(*Pollutant) {}, "", nil},
		{"no code", func(p *Pollutant) { p.Code = "" }, "code", nil},
		{"a space", func(p *Pollutant) { p.Code = "NH3 N" }, "code", nil},
		{"a digit first", func(p *Pollutant) { p.Code = "2NOx" }, "code", nil},
		{"a hyphen last", func(p *Pollutant) { p.Code = "NH3-" }, "code", nil},
		{"too long", func(p *Pollutant) { p.Code = strings.Repeat("A", 33) }, "code", nil},
		{"no name", func(p *Pollutant) { p.Name = "" }, "name", nil},
		{"no medium", func(p *Pollutant) { p.Medium = "soil" }, "medium", nil},
		{"another unit", func(p *Pollutant) { p.Unit = "kg/a" }, "unit", nil},
		{"too fine", func(p *Pollutant) { p.Decimals = 7 }, "decimals", nil},
		{"below zero", func(p *Pollutant) { p.Decimals = -1 }, "decimals", nil},
		{"another medium's code", func(p *Pollutant) { p.ReportingCode = "w01018" }, "reporting_code", ErrReportingCode},
		{"a short code", func(p *Pollutant) { p.ReportingCode = "a2102" }, "reporting_code", ErrReportingCode},
		{"NMHC for VOCs", func(p *Pollutant) { p.ReportingCode = "a24088" }, "reporting_code", ErrNotVOCs},
		{"NMHC for itself", func(p *Pollutant) { p.Code, p.ReportingCode = "NMHC", "a24088" }, "", nil},
		{"no source", func(p *Pollutant) { p.Source = "" }, "source", nil},
	} {
		p := Pollutant{
			ID: 1, Code: "VOCs", Name: "挥发性有机物", ReportingCode: "a99054", Medium: Air, Unit: "t/a", Decimals: 4,
			Source: "project default",
		}
		c.change(&p)
		wantFault(t, c.name, p.Validate(), c.field, c.want)
	}
}

// Seeded pollutants are valid and numbered from one, no code is given twice, and
// what is not from a text says so.
func TestSeedPollutants(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, p := range SeedPollutants() {
		if err := p.Validate(); err != nil || p.ID != int64(i)+1 || seen[p.Code] || seen[p.ReportingCode] || !p.ValidOn(20260701) {
			t.Errorf("%+v: %v", p, err)
		}
		if !strings.Contains(p.Source, "project default") {
			t.Errorf("%s: the decimals have no text behind them", p.Code)
		}
		seen[p.Code], seen[p.ReportingCode] = true, true
	}
	for _, code := range []string{"COD", "NH3-N", "SO2", "NOx", "TP", "TN", "VOCs"} {
		if !seen[code] {
			t.Errorf("no %s", code)
		}
	}
}

func market() Market {
	return Market{
		ID: 1, Code: "JX-VOCs", Name: "嘉兴市挥发性有机物", Pollutant: "VOCs", LotSize: 100, Tick: 10_000,
		PriceBasis: PerYear, State: MarketOpen, Source: "project default",
	}
}

// A wrong market names its field.
func TestMarket_Validate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Market)
		field  string
		want   error
	}{
		{"as it is", func(*Market) {}, "", nil},
		{"no code", func(m *Market) { m.Code = "" }, "code", nil},
		{"no name", func(m *Market) { m.Name = "" }, "name", nil},
		{"no pollutant", func(m *Market) { m.Pollutant = "" }, "pollutant", nil},
		{"no lot size", func(m *Market) { m.LotSize = 0 }, "lot_size", nil},
		{"no tick", func(m *Market) { m.Tick = -1 }, "tick", nil},
		{"no basis", func(m *Market) { m.PriceBasis = "" }, "price_basis", nil},
		{"no state", func(m *Market) { m.State = "opened" }, "state", nil},
		{"a blank approval", func(m *Market) { m.Approval = " " }, "approval", nil},
		{"turned about", func(m *Market) { m.ValidFrom, m.ValidTo = 20260102, 20260101 }, "valid_to", ErrValidity},
		{"no such day", func(m *Market) { m.ValidFrom = 20260100 }, "valid_from", nil},
		{"no source", func(m *Market) { m.Source = "" }, "source", nil},
	} {
		m := market()
		c.change(&m)
		wantFault(t, c.name, m.Validate(), c.field, c.want)
	}
}

// A market of several regions, also of one city, carries an approval.
func TestMarket_CheckSpan(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, approval string
		regions        []string
		field          string
		want           error
	}{
		{"one region", "", []string{"330421"}, "", nil},
		{"two with approval", "测试批复〔2026〕1号", []string{"330421", "320509"}, "", nil},
		{"two without", "", []string{"330421", "330402"}, "approval", ErrMarketApproval},
		{"none", "", nil, "regions", ErrMarketWithoutRegion},
		{"one twice", "测试批复〔2026〕1号", []string{"330421", "330421"}, "regions", ErrMarketRegionTwice},
		{"no region", "", []string{"3304"}, "regions", ErrRegionCode},
	} {
		m := market()
		m.Approval = c.approval
		wantFault(t, c.name, m.CheckSpan(c.regions), c.field, c.want)
	}
}

// An instrument ends with a quarter, has one code and lives through its last day.
func TestNewInstrument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pollutant string
		termEnd   calendar.Date
		code      string // empty: refused
		field     string
		want      error
	}{
		{"VOCs", 20310630, "VOCs-20310630", "", nil},
		{"NH3-N", 20261231, "NH3-N-20261231", "", nil},
		{"COD", 20280331, "COD-20280331", "", nil},
		{"VOCs", 20310629, "", "term_end", ErrTermEnd},
		{"VOCs", 20310430, "", "term_end", ErrTermEnd},
		{"VOCs", 20310631, "", "term_end", nil},
		{"VOCs", 0, "", "term_end", nil},
		{"", 20310630, "", "pollutant", nil},
	} {
		got, err := NewInstrument(c.pollutant, c.termEnd)
		wantFault(t, c.pollutant, err, c.field, c.want)
		if err != nil {
			continue
		}
		if got.Code != c.code || got.Expired(c.termEnd) || !got.Expired(c.termEnd.AddDays(1)) {
			t.Errorf("%+v, want %s", got, c.code)
		}
		pollutant, termEnd, err := ParseInstrumentCode("instrument", got.Code)
		if pollutant != c.pollutant || termEnd != c.termEnd || err != nil {
			t.Errorf("%s = %s, %v, %v", got.Code, pollutant, termEnd, err)
		}
	}
	wrong := Instrument{Code: "VOCs", Pollutant: "VOCs", TermEnd: 20310630}
	wantFault(t, "another code", wrong.Validate(), "code", nil)
}

// A code that is none names the parameter that it came in, off the grid too.
func TestParseInstrumentCode_Refused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code string
		want error
	}{
		{"", nil},
		{"VOCs", nil},
		{"VOCs-2031", nil},
		{"VOCs-2031063", nil},
		{"VOCs-20310631", nil},
		{"VOCs-203106300", nil},
		{"-20310630", nil},
		{"VOCs-20310629", ErrTermEnd},
	} {
		_, _, err := ParseInstrumentCode("instrument", c.code)
		wantFault(t, c.code, err, "instrument", c.want)
	}
}

// The refusal of a term end is under a rule that says it is ours.
func TestErrTermEnd_CitesItself(t *testing.T) {
	t.Parallel()
	_, err := NewInstrument("VOCs", 20310629)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Refused || f.Rule == "" || f.Citation != "project default" ||
		!strings.Contains(f.Detail, "2031-06-30") {
		t.Errorf("%+v", f)
	}
}

// A wrong party names its field, and only the bureau's word lets a wrong check
// digit pass.
func TestParty_Validate(t *testing.T) {
	t.Parallel()
	const early = "91330421MA28AB1250"
	for _, c := range []struct {
		name   string
		change func(*Party)
		field  string
		want   error
	}{
		{"as it is", func(*Party) {}, "", nil},
		{"no name", func(p *Party) { p.Name = "" }, "name", nil},
		{"a long name", func(p *Party) { p.Name = strings.Repeat("名", 201) }, "name", nil},
		{"a name of the longest", func(p *Party) { p.Name = strings.Repeat("名", 200) }, "", nil},
		{"not UTF-8", func(p *Party) { p.Name = "\xff" }, "name", nil},
		{"no code", func(p *Party) { p.USCC = "" }, "uscc", ErrUSCC},
		{"no code, confirmed", func(p *Party) { p.USCC, p.USCCWarning = "", true }, "uscc", ErrUSCC},
		{"a wrong check digit", func(p *Party) { p.USCC = early }, "uscc", ErrUSCCCheckDigit},
		{"the same, confirmed", func(p *Party) { p.USCC, p.USCCWarning = early, true }, "", nil},
		{"nothing to confirm", func(p *Party) { p.USCCWarning = true }, "uscc_warning", nil},
		{"no region", func(p *Party) { p.Region = "嘉善" }, "region", ErrRegionCode},
		{"no industry", func(p *Party) { p.Industry = "" }, "industry", nil},
		{"an industry with a letter", func(p *Party) { p.Industry = "C231" }, "industry", nil},
		{"a division", func(p *Party) { p.Industry = "23" }, "", nil},
		{"no state", func(p *Party) { p.State = "" }, "state", nil},
	} {
		p := Party{ID: 1, Name: "嘉善测试印刷有限公司", USCC: validUSCCs[0], Region: "330421", Industry: "2319", State: PartyActive}
		c.change(&p)
		wantFault(t, c.name, p.Validate(), c.field, c.want)
	}
}

// A wrong person names its field.
func TestPerson_Validate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		person Person
		field  string
	}{
		{"as it is", Person{ID: 1, Name: "张三", State: PersonActive}, ""},
		{"no name", Person{ID: 1, State: PersonActive}, "name"},
		{"no state", Person{ID: 1, Name: "张三"}, "state"},
	} {
		wantFault(t, c.name, c.person.Validate(), c.field, nil)
	}
}

// The store keeps records by field: plain kinds only, the id first, the command
// that last wrote the row last.
func TestRecords_ArePlain(t *testing.T) {
	t.Parallel()
	for _, r := range []any{Region{}, Pollutant{}, Market{}, MarketRegion{}, Instrument{}, Party{}, Licence{}, Person{}} {
		typ := reflect.TypeOf(r)
		if typ.Field(0).Name != "ID" || typ.Field(typ.NumField()-1).Name != "Command" {
			t.Errorf("%v: the id is first and the command last", typ)
		}
		for i := range typ.NumField() {
			switch f := typ.Field(i); f.Type.Kind() { //nolint:exhaustive // every other kind is refused
			case reflect.Int64, reflect.Int32, reflect.Uint8, reflect.String, reflect.Bool:
			default:
				t.Errorf("%v.%s is a %v", typ, f.Name, f.Type)
			}
		}
	}
}
