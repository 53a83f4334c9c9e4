package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrRenewalLate is returned when a renewal is applied for less than 60 days before the end.
var ErrRenewalLate = fault.New(fault.Refused, "rule.renewal_late", "a renewal is applied for at least 60 days before the licence ends")

var licenceRenewal = &Rule{
	ID: "licence.renewal", Title: "Renewal in time", Citation: "排污许可管理条例（国务院令第736号） 第十四条", From: 20210301,
	Words:   "应当于排污许可证有效期届满60日前",
	Reading: "A renewal is applied for at least 60 days before the licence ends. Who trades after that day is warned.",
	Needs:   []string{"last day of each licence"},
	Actions: []Action{Sell, Buy, Deal, PrimarySale, RenewLicence},
	Check: func(f *Facts) Finding {
		return f.each(func(s *Side) Finding {
			switch l := &s.Licence; {
			case f.On <= l.RenewBy():
				return passed("there is time to apply for a renewal")
			case f.Action != RenewLicence:
				return warned("the last day to apply for a renewal of the licence has passed")
			default:
				return refused(ErrRenewalLate.With("licence %s ends on %s: the last day to apply was %s", l.Number, l.ValidTo, l.RenewBy()).At(s.Field))
			}
		})
	},
	Cases: []Case{
		{"on the last day", licenceCase(RenewLicence, 20290501, catalog.LicenceValid), Passed, ""},
		{"a day later", licenceCase(RenewLicence, 20290502, catalog.LicenceValid), Refused, "rule.renewal_late"},
		{"a sale a day later", licenceCase(Sell, 20290502, catalog.LicenceValid), Warned, ""},
	},
}
