package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrNotIdle is returned when permits have not been idle for long enough to be
// bought back against their holder's will.
var ErrNotIdle = fault.New(fault.Refused, "rule.not_idle_long_enough", "the permits have not been idle for long enough")

var holderIdle = &Rule{
	ID: "holder.idle", Title: "Idle permits are bought back", Citation: "浙政办发〔2010〕132号", From: firstSeededYear, Words: "超过3年",
	Unread:  "of the day on which 浙政办发〔2010〕132号 came into force: project default",
	Reading: "Permits that have been idle for more than three years are bought back: not on the day when they become 36 months, but on the next.",
	Default: "A licence that has not been declared idle is in use.",
	Needs:   []string{"fact idle of the holder's licence"},
	Keys:    []Key{IdleMonths},
	Actions: []Action{Compulsory},
	Check: func(f *Facts) Finding {
		s := &f.Seller
		if s.Site.IdleSince == 0 {
			return refused(ErrNotIdle.With("licence %s is not declared idle", s.Licence.Number).At(s.Field))
		}
		_, months, _ := Lookup(f.Parameters, IdleMonths, f.place(s), f.On)
		until := s.Site.IdleSince.AddMonths(int(months / quantity.OneRatio))
		if f.On <= until {
			return refused(ErrNotIdle.With("licence %s is idle since %s: it can be bought back after %s", s.Licence.Number, s.Site.IdleSince, until).At(s.Field))
		}
		return passed("the permits have been idle for long enough")
	},
	Cases: []Case{
		{"36 months", idleCase(20260701), Refused, "rule.not_idle_long_enough"},
		{"36 months and a day", idleCase(20260702), Passed, ""},
	},
}

// idleCase is about a licence that is idle since 2023-07-01.
func idleCase(on int32) Facts {
	return Facts{Action: Compulsory, On: dateOf(on), Seller: Side{Known: true, Site: Site{IdleSince: 20230701}}}
}
