package permit

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// An Amount is what a licence permits of a pollutant now (许可排放量). Sales and
// purchases change it on their documents, also before a decision says what it is.
type Amount struct {
	ID        int64
	Party     int64
	Region    string
	Licence   int64
	Pollutant string
	Quantity  quantity.Quantity // t/a; below zero where more was sold than was recorded. Before a decision: what its changes come to
	Rung      string            // which rung of the verification order the last decision rests on; "": there is none
	Since     int64             // command of the last decision: it knows what was sold before; 0: there is none
	Command   int64
}

// IsRecorded reports whether a decision says what the licence permits.
func (a Amount) IsRecorded() bool { return a.Since != 0 }

// An AmountKind is why a licence's amount changed.
type AmountKind string

// The kinds of change.
const (
	AmountDecided AmountKind = "decision"     // recorded by the bureau, the first time and again
	AmountSold    AmountKind = "sale"         // a deal was settled, or undone, for the seller
	AmountBought  AmountKind = "purchase"     // … for the buyer
	AmountPrimary AmountKind = "primary_sale" // bought from the reserve
	AmountBuyBack AmountKind = "buy_back"     // bought back by the government
	AmountFills   AmountKind = "fills"        // of a day's trades on the market
	AmountRenewed AmountKind = "renewal"      // re-verified for a new term

	AmountSucceeded AmountKind = "succession"    // it went to, or came from, another licence, or into the reserve when the site left
	AmountCorrected AmountKind = "correction"    // a wrong allocation was corrected
	AmountJudicial  AmountKind = "judicial_sale" // a court had it transferred
	AmountOffset    AmountKind = "offset"        // the share that an assignment to a project retired
	AmountBlock     AmountKind = "block_trade"   // a block trade was settled
	AmountTransfer  AmountKind = "transfer"      // a correcting transfer between two licences of a party
)

// AmountKinds are all kinds of change.
var AmountKinds = []AmountKind{
	AmountDecided, AmountSold, AmountBought, AmountPrimary, AmountBuyBack, AmountFills, AmountRenewed, AmountSucceeded, AmountCorrected, AmountJudicial,
	AmountOffset, AmountBlock, AmountTransfer,
}

// An AmountChange is a change of what a licence permits. It never changes.
type AmountChange struct {
	ID         int64
	Party      int64
	Region     string
	Licence    int64
	Pollutant  string
	Kind       AmountKind
	Reference  int64 // the deal, notice, …; of fills the last trade; of an offset the entry, of a transfer its number
	Change     quantity.Quantity
	Quantity   quantity.Quantity // afterwards; while unrecorded what the changes come to
	Document   string
	RecordedAt calendar.Instant
	Unrecorded bool // no decision said by then what the licence permits
	Command    int64
}
