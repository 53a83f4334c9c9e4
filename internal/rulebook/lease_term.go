package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrLeaseMonths is returned when a lease would last too long.
var ErrLeaseMonths = fault.New(fault.Refused, "rule.lease_months", "a lease may not last as long").At("months")

var leaseTerm = &Rule{
	ID: "lease.months", Title: "Longest lease", Citation: ProjectDefault, From: firstSeededYear,
	Words:   "排污权租赁以月为交易时间单位，租赁的有效期自租赁合同生效之日起，最长不超过12个月（安徽省排污权租赁管理办法（试行） 第五条）",
	Reading: "A lease is of whole months, of at most as many as the parameter says: 12, the shape of Anhui's rule for 2024 and 2025.",
	Needs:   []string{"months of the lease"},
	Keys:    []Key{LeaseMost},
	Actions: []Action{Lease},
	Check: func(f *Facts) Finding {
		_, most, _ := Lookup(f.Parameters, LeaseMost, f.place(&f.Seller), f.On)
		switch limit := int64(most / quantity.OneRatio); {
		case f.Months == 0:
			return notApplicable("the months are not known")
		case int64(f.Months) > limit:
			return refused(ErrLeaseMonths.With("a lease lasts at most %d months, this one %d", limit, f.Months))
		}
		return passed("the lease is not too long")
	},
	Cases: []Case{
		{"12 months", Facts{Action: Lease, Months: 12}, Passed, ""},
		{"13 months", Facts{Action: Lease, Months: 13}, Refused, "rule.lease_months"},
		{"months not known", Facts{Action: Lease}, NotApplicable, ""},
	},
}
