package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The faults of licenceInForce.
var (
	// ErrLicenceNotInForce is returned when the licence has expired or is suspended or revoked.
	ErrLicenceNotInForce = fault.New(fault.Refused, "order.licence_not_in_force", "the licence is not in force")
	// ErrDealLicence is returned when a licence of the deal is not in force.
	ErrDealLicence = fault.New(fault.Refused, "deal.licence_not_in_force", "a licence of the deal is not in force")
)

var licenceInForce = &Rule{
	ID: "licence.in_force", Title: "The licence is in force", Citation: "浙江省大气污染防治条例 第十三条", From: 20201127,
	Words:   "排污许可证载明的内容作为污染物排放总量控制、排污权交易、执法检查等监督管理的依据",
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

// licenceCase is about a licence that ends on 2029-06-30.
func licenceCase(a Action, on int32, state catalog.LicenceState) Facts {
	l := catalog.Licence{Number: "91330421MA28AB125E001P", ValidFrom: 20240701, ValidTo: 20290630, State: state}
	return Facts{Action: a, On: dateOf(on), Seller: Side{Known: true, Licence: l}}
}
