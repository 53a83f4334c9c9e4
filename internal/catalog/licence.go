package catalog

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// A LicenceKind is the kind of document.
type LicenceKind string

// The kinds of document.
const (
	KindLicence      LicenceKind = "licence"      // 排污许可证
	KindRegistration LicenceKind = "registration" // 排污登记回执
)

// LicenceKinds are all kinds of document.
var LicenceKinds = []LicenceKind{KindLicence, KindRegistration}

// A LicenceState is what the authority last did to a licence.
type LicenceState string

// The states of a licence.
const (
	LicenceValid     LicenceState = "valid"
	LicenceExpired   LicenceState = "expired"
	LicenceSuspended LicenceState = "suspended"
	LicenceRevoked   LicenceState = "revoked"
)

// LicenceStates are all states of a licence.
var LicenceStates = []LicenceState{LicenceValid, LicenceExpired, LicenceSuspended, LicenceRevoked}

// renewalDays is how long before the end a renewal must be applied for: 60 days
// (排污许可管理条例, 国务院令第736号, art. 14).
const renewalDays = 60

// A Licence is the document under which one site discharges. It holds the site's
// permits: an account is named by licence, and a party's holding is a sum.
type Licence struct {
	ID        int64
	Number    string // see LicenceNumber
	Kind      LicenceKind
	Party     int64
	Site      string // name of the place of business
	Region    string // code of the region that the site lies in
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day
	State     LicenceState
	Command   int64
}

// Validate returns a fault that names the first field that is wrong. That the
// number is the party's is checked by CheckHolder.
func (l Licence) Validate() error {
	if err := fault.First(
		l.CheckNumber(),
		checkID("party", l.Party),
		checkText("site", l.Site, textMax),
		CheckRegionCode("region", l.Region),
	); err != nil {
		return err
	}
	if !l.ValidFrom.Valid() {
		return fault.Invalidf("valid_from", "must be the first day of the licence")
	}
	if !l.ValidTo.Valid() {
		return fault.Invalidf("valid_to", "must be the last day of the licence")
	}
	return fault.First(checkPeriod(l.ValidFrom, l.ValidTo), checkOneOf("state", l.State, LicenceStates))
}

// CheckNumber returns a fault unless the number is one of a licence of its kind.
func (l Licence) CheckNumber() error {
	number, err := ParseLicenceNumber("number", l.Number)
	if number == (LicenceNumber{}) {
		return err
	}
	if err := checkOneOf("kind", l.Kind, LicenceKinds); err != nil {
		return err
	}
	if want := number.Kind(); l.Kind != want {
		return ErrLicenceKind.With("a number that ends with %c is that of a %s: write %s", number.Letter, want, want).At("kind")
	}
	return nil
}

// CheckHolder returns ErrLicenceHolder unless the licence's number begins with the
// code of p, whose check digit was looked at when p was registered.
func (l Licence) CheckHolder(p Party) error {
	number, _ := ParseLicenceNumber("number", l.Number)
	if number.USCC != p.USCC || l.Party != p.ID {
		return ErrLicenceHolder.With("the number must begin with %s, the code of the party", p.USCC).At("number")
	}
	return nil
}

// InForce reports whether the site may discharge on that day.
func (l Licence) InForce(on calendar.Date) bool {
	return l.State == LicenceValid && inPeriod(on, l.ValidFrom, l.ValidTo)
}

// RenewBy returns the last day on which a renewal can be applied for in time:
// 60 days before the licence ends, so 2029-05-01 for 2029-06-30 (排污许可管理条例 art. 14:
// 应当于排污许可证有效期届满60日前).
func (l Licence) RenewBy() calendar.Date { return l.ValidTo.AddDays(-renewalDays) }
