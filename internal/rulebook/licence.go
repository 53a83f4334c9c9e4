package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The faults of licences.
var (
	// ErrLicenceNotInForce is returned when the licence has expired or is suspended or revoked.
	ErrLicenceNotInForce = fault.New(fault.Refused, "order.licence_not_in_force", "the licence is not in force")
	// ErrDealLicence is returned when a licence of the deal is not in force.
	ErrDealLicence = fault.New(fault.Refused, "deal.licence_not_in_force", "a licence of the deal is not in force")
	// ErrRenewalLate is returned when a renewal is applied for less than 60 days before the end.
	ErrRenewalLate = fault.New(fault.Refused, "rule.renewal_late", "a renewal is applied for at least 60 days before the licence ends")
)

var licenceInForce = &Rule{
	ID: "licence.in_force", Title: "The licence is in force", Citation: "浙江省大气污染防治条例 第十三条", From: 20201127,
	Reading: "The licence is the basis of trading: one that has expired or is suspended or revoked neither sells nor buys. That the same holds for water, and that a resting order ends with its licence, is the project's reading.",
	Needs:   []string{"state and period of each licence"},
	Actions: []Action{Sell, Buy, Deal, Allocation, TakeOver, PrimarySale, Lease, Pledge},
	Check: func(f *Facts) Finding {
		return f.each(func(s *Side) Finding {
			l := &s.Licence
			if l.InForce(f.On) {
				return passed("the licences are in force")
			}
			wrong := ErrLicenceNotInForce
			if f.Action == Deal {
				wrong = ErrDealLicence
			}
			return refused(wrong.With("licence %s is %s, valid from %s to %s", l.Number, l.State, l.ValidFrom, l.ValidTo).At(s.Field))
		})
	},
	Cases: []Case{
		{"on its last day", licenceCase(Sell, 20290630, catalog.LicenceValid), Passed, ""},
		{"a day later", licenceCase(Sell, 20290701, catalog.LicenceValid), Refused, "order.licence_not_in_force"},
		{"suspended", licenceCase(Sell, 20270101, catalog.LicenceSuspended), Refused, "order.licence_not_in_force"},
		{"revoked, by a deal", licenceCase(Deal, 20270101, catalog.LicenceRevoked), Refused, "deal.licence_not_in_force"},
	},
}

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

// licenceCase is about a licence that ends on 2029-06-30.
func licenceCase(a Action, on int32, state catalog.LicenceState) Facts {
	l := catalog.Licence{Number: "91330421MA28AB125E001P", ValidFrom: 20240701, ValidTo: 20290630, State: state}
	return Facts{Action: a, On: dateOf(on), Seller: Side{Known: true, Licence: l}}
}
