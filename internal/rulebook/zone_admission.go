package rulebook

import (
	"slices"

	"permitx/internal/fault"
)

// ErrZone is returned when a zone does not admit the buyer's industry.
var ErrZone = fault.New(fault.Refused, "rule.zone_admission", "the zone does not admit this industry")

var zoneAdmission = &Rule{
	ID: "zone.admission", Title: "Admission list of the zone", Citation: "长江保护法 第二十二条", From: 20210301,
	Words:   "制定生态环境分区管控方案和生态环境准入清单",
	Reading: "A site in a zone of 生态环境分区管控 gets permits only for an industry that the zone's admission list does not forbid. The law asks for the lists; that permits are refused by them is a project default.",
	Default: "A site whose zone nobody has recorded is admitted, and so is an industry that no list names (project default).",
	Needs:   []string{"facts zone and industry of the buyer's licence", "rules of the zone"},
	Actions: slices.Concat(arrivals, []Action{Project}),
	Check: func(f *Facts) Finding {
		switch s := &f.Buyer; {
		case !s.Known || s.Site.Zone == "":
			return notApplicable("no zone is recorded")
		case s.Site.Forbids != "":
			return refused(ErrZone.With("zone %s does not admit industry %s (%s)", s.Site.Zone, s.Industry, s.Site.Forbids).At(s.Field))
		}
		return passed("the zone admits the industry")
	},
	Cases: []Case{
		{"forbidden", Facts{Action: Buy, Buyer: Side{Known: true, Site: Site{Zone: "ZH33042120001", Forbids: "list"}}}, Refused, "rule.zone_admission"},
		{"admitted", Facts{Action: Buy, Buyer: Side{Known: true, Site: Site{Zone: "ZH33042120001"}}}, Passed, ""},
		{"no zone", Facts{Action: Buy, Buyer: Side{Known: true}}, NotApplicable, ""},
	},
}
