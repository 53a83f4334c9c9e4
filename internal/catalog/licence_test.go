package catalog

import (
	"errors"
	"testing"

	"permitx/internal/calendar"
)

// The examples of HJ 608-2017 Appendix A, the letters seen since, and what is
// wrong with a wrong number.
func TestParseLicenceNumber(t *testing.T) {
	t.Parallel()
	const uscc = "91130200699229617X"
	for _, c := range []struct {
		in   string
		want LicenceNumber
		kind LicenceKind
		err  error
	}{
		{uscc + "001P", LicenceNumber{uscc, 1, 'P'}, KindLicence, nil},
		{uscc + "002P", LicenceNumber{uscc, 2, 'P'}, KindLicence, nil},
		{uscc + "999V", LicenceNumber{uscc, 999, 'V'}, KindLicence, nil},
		{uscc + "010Q", LicenceNumber{uscc, 10, 'Q'}, KindLicence, nil},
		{uscc + "001W", LicenceNumber{uscc, 1, 'W'}, KindRegistration, nil},
		{uscc + "001Z", LicenceNumber{uscc, 1, 'Z'}, KindRegistration, nil},
		{"911302006992296171001P", LicenceNumber{"911302006992296171", 1, 'P'}, KindLicence, ErrUSCCCheckDigit},
		{uscc + "000P", LicenceNumber{}, "", ErrLicenceNumber},
		{uscc + "0A1P", LicenceNumber{}, "", ErrLicenceNumber},
		{uscc + "001p", LicenceNumber{}, "", ErrLicenceNumber},
		{uscc + "0011", LicenceNumber{}, "", ErrLicenceNumber},
		{uscc + "001", LicenceNumber{}, "", ErrLicenceNumber},
		{uscc + "001PP", LicenceNumber{}, "", ErrLicenceNumber},
		{"9113020069922961ZX001P", LicenceNumber{}, "", ErrUSCC},
		{"", LicenceNumber{}, "", ErrLicenceNumber},
	} {
		got, err := ParseLicenceNumber("number", c.in)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s = %+v, %v; want %+v, %v", c.in, got, err, c.want, c.err)
		}
		wantField(t, err, "number")
		if got.USCC != "" && (got.String() != c.in || got.Kind() != c.kind) {
			t.Errorf("%s prints as %s, a %s", c.in, got, got.Kind())
		}
	}
}

func licence() Licence {
	return Licence{
		ID: 1, Number: validUSCCs[0] + "001P", Kind: KindLicence, Party: 7, Site: "嘉善厂区", Region: "330421",
		ValidFrom: 20240701, ValidTo: 20290630, State: LicenceValid,
	}
}

// A wrong licence names its field.
func TestLicence_Validate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*Licence)
		field  string // empty: valid
		want   error
	}{
		{"as it is", func(*Licence) {}, "", nil},
		{"an early code", func(l *Licence) { l.Number = "91330421MA28AB1250001P" }, "", nil},
		{"no number", func(l *Licence) { l.Number = "" }, "number", ErrLicenceNumber},
		{"a code that is none", func(l *Licence) { l.Number = "9133042IMA28AB125E001P" }, "number", ErrUSCC},
		{"no kind", func(l *Licence) { l.Kind = "" }, "kind", nil},
		{"a licence's number for a registration", func(l *Licence) { l.Kind = KindRegistration }, "kind", ErrLicenceKind},
		{"a registration", func(l *Licence) { l.Kind, l.Number = KindRegistration, validUSCCs[0]+"001X" }, "", nil},
		{"no party", func(l *Licence) { l.Party = 0 }, "party", nil},
		{"no site", func(l *Licence) { l.Site = " " }, "site", nil},
		{"no region", func(l *Licence) { l.Region = "" }, "region", ErrRegionCode},
		{"no first day", func(l *Licence) { l.ValidFrom = 0 }, "valid_from", nil},
		{"no last day", func(l *Licence) { l.ValidTo = 0 }, "valid_to", nil},
		{"turned about", func(l *Licence) { l.ValidFrom = 20290701 }, "valid_to", ErrValidity},
		{"no state", func(l *Licence) { l.State = "" }, "state", nil},
	} {
		l := licence()
		c.change(&l)
		wantFault(t, c.name, l.Validate(), c.field, c.want)
	}
}

// A licence is its party's by number and by record.
func TestLicence_CheckHolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		party Party
		want  error
	}{
		{"its party", Party{ID: 7, USCC: validUSCCs[0]}, nil},
		{"another code", Party{ID: 7, USCC: validUSCCs[1]}, ErrLicenceHolder},
		{"another record", Party{ID: 8, USCC: validUSCCs[0]}, ErrLicenceHolder},
	} {
		if err := licence().CheckHolder(c.party); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A licence is in force on both of its last days, and only while it is valid.
func TestLicence_InForce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		on    calendar.Date
		state LicenceState
		want  bool
	}{
		{20240630, LicenceValid, false},
		{20240701, LicenceValid, true},
		{20290630, LicenceValid, true},
		{20290701, LicenceValid, false},
		{20260101, LicenceSuspended, false},
		{20260101, LicenceRevoked, false},
		{20260101, LicenceExpired, false},
	} {
		l := licence()
		l.State = c.state
		if got := l.InForce(c.on); got != c.want {
			t.Errorf("%s on %v: %v", c.state, c.on, got)
		}
	}
}

// A licence to 2029-06-30 is renewed by 2029-05-01 (排污许可管理条例 art. 14).
func TestLicence_RenewBy(t *testing.T) {
	t.Parallel()
	if got := licence().RenewBy(); got != 20290501 {
		t.Errorf("renew by %v", got)
	}
}
