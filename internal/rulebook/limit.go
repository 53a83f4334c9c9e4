package rulebook

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// The five limits of trade. The document was not read itself: their words are
// those in which the exchange of Hubei (湖北环境资源交易中心) restates them.
const (
	citeLimits    = "国办发〔2014〕38号"
	wordsRestated = "（湖北环境资源交易中心转述）"
	limitsSince   = calendar.Date(20140806) // the day of the document, of which no other is named
)

// checkWithin refuses what leaves the division that codes with the same first
// digits make up.
func checkWithin(f *Facts, division string, digits int) Finding {
	from, to := f.Seller.Region(), f.Buyer.Region()
	switch {
	case !f.Spans:
		return passed("the permits stay in their region")
	case f.Approval != "":
		return passed("a document lets the regions deal with each other")
	case !f.Seller.Known || !f.Buyer.Known || from[:digits] == to[:digits]:
		return passed("the permits stay in the " + division)
	}
	return refused(noPair(f))
}

func noPair(f *Facts) *fault.Error {
	return ErrNoPair.With("no document lets %s go from %s to %s; without one it stays within its region", f.Pollutant, f.Seller.Region(), f.Buyer.Region()).At(f.Buyer.Field)
}

func wayCase(from, to, approval string) Facts {
	side := func(region string) Side { return Side{Known: true, Licence: catalog.Licence{Region: region}} }
	return Facts{
		Action: Deal, Pollutant: "VOCs", Medium: catalog.Air, Spans: from != to, Approval: approval, Seller: side(from), Buyer: side(to),
	}
}
