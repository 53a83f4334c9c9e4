package rulebook

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ZoneRule says whether a zone of 生态环境分区管控 admits an industry. The newest
// whose period holds the day counts; it ends before one that is set to begin later.
type ZoneRule struct {
	ID        int64
	Zone      string
	Region    string // that the zone lies in
	Industry  string // GB/T 4754; a division stands for its groups and classes
	Forbidden bool
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day; 0: no end
	Document  string
	Command   int64
}

// Validate returns a fault that names the first field that is wrong (I-33).
func (z ZoneRule) Validate() error {
	if err := catalog.CheckText("zone", z.Zone, valueMax); err != nil {
		return err
	}
	if n := len(z.Industry); n < 2 || n > 4 || strings.Trim(z.Industry, "0123456789") != "" {
		return fault.Invalidf("industry", "%.40q must be a division, group or class of GB/T 4754: 2 to 4 digits, for example 2319", z.Industry)
	}
	if err := checkPeriod(errPeriod, z.ValidFrom, z.ValidTo); err != nil {
		return err
	}
	return catalog.CheckDocument("document", z.Document)
}

// Hides reports whether z, as a newer row, would count for an industry on the first
// day of one that was set to begin later.
func (z ZoneRule) Hides(o ZoneRule) bool {
	return z.Zone == o.Zone && (catalog.IsWithin(z.Region, o.Region, true) || catalog.IsWithin(o.Region, z.Region, true)) &&
		(strings.HasPrefix(z.Industry, o.Industry) || strings.HasPrefix(o.Industry, z.Industry)) &&
		o.ValidFrom > z.ValidFrom && inPeriod(o.ValidFrom, z.ValidFrom, z.ValidTo)
}

// ForbiddenBy is the document by which a zone does not admit an industry on a
// day to a site in a region, or "". Rules are those of zones of this name, in the order of
// their ids: another region's do not count, though its zone has the same name.
func ForbiddenBy(rules []ZoneRule, region, industry string, on calendar.Date) string {
	for i := len(rules) - 1; i >= 0; i-- {
		if z := &rules[i]; strings.HasPrefix(industry, z.Industry) && catalog.IsWithin(region, z.Region, true) && inPeriod(on, z.ValidFrom, z.ValidTo) {
			if z.Forbidden {
				return z.Document
			}
			return ""
		}
	}
	return ""
}
