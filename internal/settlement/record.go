package settlement

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Pair says that permits of a pollutant may go from one region to another,
// at which coefficient, and who must approve. Without a pair in force there
// is no cross-region deal: the exception to 国办发〔2014〕38号 (trade within the
// city or basin) needs a document.
type Pair struct {
	ID           int64
	Pollutant    string
	SellerRegion string
	BuyerRegion  string
	Coefficient  quantity.Ratio // k
	SellerBureau bool           // the seller region's bureau must confirm
	BuyerBureau  bool           // the buyer region's bureau must confirm
	Upper        bool           // the body above both must approve
	Document     string
	ValidFrom    calendar.Date
	ValidTo      calendar.Date // last day; 0: no end
	Command      int64
}

// Joins reports whether the pair lets permits of a pollutant go from one region
// to another on a day.
func (p Pair) Joins(pollutant, seller, buyer string, on calendar.Date) bool {
	return p.Pollutant == pollutant && p.SellerRegion == seller && p.BuyerRegion == buyer &&
		p.ValidFrom <= on && (p.ValidTo == 0 || on <= p.ValidTo)
}

// Attainment says whether a region met its environmental quality target of a
// year for a pollutant's medium.
type Attainment struct {
	ID         int64
	Region     string
	Pollutant  string
	Year       int32
	Attained   bool
	Document   string
	RecordedAt calendar.Instant
	Command    int64
}
