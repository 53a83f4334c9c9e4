package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrSourceKinds is returned when industry would trade with agriculture or households.
var ErrSourceKinds = fault.New(fault.Refused, "rule.source_kinds", "permits of industry are not traded with those of agriculture or households")

var limitSource = &Rule{
	ID: "limit.source", Title: "Third limit: industry with industry", Citation: citeLimits, From: limitsSince,
	Words:   "工业污染源原则上不得与农业污染源等其他类别污染源进行排污权交易" + wordsRestated,
	Reading: "Permits of industry are not traded with sources of agriculture or households. A book brings together whom nobody knows beforehand, so that it is open to industry only; the others make deals (project default).",
	Default: "A source is that of its industry: GB/T 4754 divisions 01 to 05 agricultural, class 4411 thermal power, all others industrial (project default).",
	Needs:   []string{"fact source of each licence, or its industry"},
	Actions: []Action{Sell, Buy, Deal, Lease, Correction},
	Check: func(f *Facts) Finding {
		from, to := f.source(&f.Seller), f.source(&f.Buyer)
		if from.isIndustry() == to.isIndustry() {
			return passed("both sides are of one kind of source")
		}
		return refused(ErrSourceKinds.With("a source of %s does not trade with one of %s", from, to).At(f.ownField()))
	},
	Cases: []Case{
		{"industry to industry", sourceCase(Industrial, Industrial), Passed, ""},
		{"industry to agriculture", sourceCase(Industrial, Agricultural), Refused, "rule.source_kinds"},
		{"a household to industry", sourceCase(Household, Industrial), Refused, "rule.source_kinds"},
		{"agriculture to agriculture", sourceCase(Agricultural, Agricultural), Passed, ""},
		{"agriculture in a book", Facts{Action: Sell, Seller: Side{Known: true, Site: Site{Source: Agricultural}}}, Refused, "rule.source_kinds"},
		{"industry in a book", Facts{Action: Sell, Seller: Side{Known: true, Site: Site{Source: Industrial}}}, Passed, ""},
	},
}

// source is a side's kind of source; of whom a book brings, industrial.
func (f *Facts) source(s *Side) Source {
	if !s.Known {
		return Industrial
	}
	return s.SourceOrDefault()
}

// ownField names the side of an order, whose other side has no name, and of what has two
// sides the buyer.
func (f *Facts) ownField() string {
	if f.Action == Sell {
		return f.Seller.Field
	}
	return f.Buyer.Field
}

// sourceCase is a deal in NOx between two kinds of source.
func sourceCase(from, to Source) Facts {
	side := func(s Source) Side { return Side{Known: true, Site: Site{Source: s}} }
	return Facts{Action: Deal, Pollutant: "NOx", Medium: catalog.Air, Seller: side(from), Buyer: side(to)}
}
