package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrThermalPower is returned when thermal power would trade air permits with another industry.
var ErrThermalPower = fault.New(fault.Refused, "rule.thermal_power", "thermal power trades permits for air pollutants with thermal power only")

var limitThermal = &Rule{
	ID: "limit.thermal_power", Title: "Fourth limit: thermal power with thermal power", Citation: citeLimits, From: limitsSince,
	Words:   "火电企业（包括其他行业企业自备电厂，不含热电联产机组供热部分）原则上不得与其他行业企业进行涉及大气污染物的排污权交易" + wordsRestated,
	Reading: "Thermal power, captive plants among it and the heat part of combined plants not, does not trade air pollutants with other industries. A book is open to the other industries; thermal power makes deals (project default).",
	Default: limitSource.Default,
	Needs:   limitSource.Needs,
	Actions: limitSource.Actions,
	Check: func(f *Facts) Finding {
		if f.Medium != catalog.Air {
			return notApplicable("the pollutant is not one of air")
		}
		from, to := f.source(&f.Seller), f.source(&f.Buyer)
		if (from == ThermalPower) == (to == ThermalPower) {
			return passed("thermal power does not meet another industry")
		}
		return refused(ErrThermalPower.With("%s does not trade permits for air pollutants with %s", from, to).At(f.ownField()))
	},
	Cases: []Case{
		{"thermal power to printing, NOx", sourceCase(ThermalPower, Industrial), Refused, "rule.thermal_power"},
		{"thermal power to thermal power, NOx", sourceCase(ThermalPower, ThermalPower), Passed, ""},
		{"thermal power in a book", Facts{Action: Buy, Medium: catalog.Air, Buyer: Side{Known: true, Site: Site{Source: ThermalPower}}}, Refused, "rule.thermal_power"},
		{"thermal power to printing, COD", func() Facts {
			f := sourceCase(ThermalPower, Industrial)
			f.Medium = catalog.Water
			return f
		}(), NotApplicable, ""},
	},
}
