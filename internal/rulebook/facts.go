package rulebook

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/quantity"
)

// Facts are what an action is judged by.
type Facts struct {
	Action    Action
	On        calendar.Date
	Pollutant string
	Medium    catalog.Medium
	Quantity  quantity.Quantity // t/a
	Seller    Side              // whom permits leave; unknown where that is the government, or whom a book brings
	Buyer     Side              // whom they come to; likewise

	Spans    bool   // permits may go from one region to another
	Approval string // the document that lets them: of the region pair, or of the market
	Project  bool   // permits are put to a project
	Offset   quantity.Ratio

	Months int32          // of a lease; 0: not known
	Value  quantity.Money // of what is pledged; 0: not known
	Loans  quantity.Money // all that it secures

	Credits bool // carbon-inclusive credits change hands, and not permits

	Parameters Parameters
}

// Side is one side of an action.
type Side struct {
	Known    bool
	Field    string // names the side in a request, so that a refusal can
	Party    int64
	State    catalog.PartyState
	Licence  catalog.Licence
	Industry string // GB/T 4754: of the licence where recorded, else of the party
	Site     Site
	Conduct  Conduct
	Holding  Holding
	Area     Area
	Debt     quantity.Quantity // permits that its party owes, of all pollutants
}

// Holding is what a side has of the instrument.
type Holding struct {
	Seen     bool              // false: what the side has is not looked at
	Paid     quantity.Quantity // obtained by payment
	Free     quantity.Quantity
	Unpriced quantity.Quantity // of Paid, taken over without a known price
	Ready    quantity.Quantity // of Paid, not held aside
	Surplus  quantity.Quantity // verified by the bureau and neither sold nor offered
	Total    quantity.Quantity // of the pollutant, all terms and origins, and what open orders may still buy
}

// Area is what is recorded of a side's region for the pollutant.
type Area struct {
	Missed     int32  // the last recorded year when its target was missed; 0: it was met, or nothing is recorded
	MissedBy   string // document
	OverCap    bool
	OverCapDoc string
}

// Region is the code of the region that a side's licence lies in.
func (s *Side) Region() string { return s.Licence.Region }

// each calls f with the sides that are known, the seller first, until one
// refuses.
func (f *Facts) each(check func(s *Side) Finding) Finding {
	found := notApplicable("the other side is the government")
	for _, s := range [2]*Side{&f.Seller, &f.Buyer} {
		if !s.Known {
			continue
		}
		x := check(s)
		if x.Outcome == Refused {
			return x
		}
		if found.Outcome == NotApplicable || x.Outcome == Warned {
			found = x
		}
	}
	return found
}

// place is a licence's region and what else a parameter is looked up by.
func (f *Facts) place(s *Side) Place {
	return Place{Region: s.Region(), Pollutant: f.Pollutant, Industry: s.Industry}
}
