package rulebook

import "slices"

// An Action is a way in which permits change hands.
type Action string

// The actions.
const (
	Sell         Action = "sell"                // an order of the market that sells; nobody knows yet to whom
	Buy          Action = "buy"                 // an order of the market that buys
	Deal         Action = "deal"                // an agreement trade, both sides known
	Allocation   Action = "allocation"          // first allocation by the government
	TakeOver     Action = "take_over"           // a balance of an older register, or a new term of what is held
	PrimarySale  Action = "primary_sale"        // a sale by the government out of its reserve
	BuyBack      Action = "buy_back"            // the government buys
	Compulsory   Action = "compulsory_buy_back" // the government buys what lies idle
	Reclamation  Action = "reclamation"         // the government takes back without payment
	Lease        Action = "lease"               // the use goes to another for a time
	Pledge       Action = "pledge"              // permits secure a loan
	Correction   Action = "correction"          // between licences of one party, by order of a document
	RenewLicence Action = "renew_licence"       // an application for a new term of the licence
	Project      Action = "project"             // approval of what a project needs, with its offset ratio
)

// Actions are all actions.
var Actions = []Action{
	Sell, Buy, Deal, Allocation, TakeOver, PrimarySale, BuyBack, Compulsory, Reclamation, Lease, Pledge, Correction, RenewLicence, Project,
}

// HasSeller reports whether permits leave a licence.
func (a Action) HasSeller() bool {
	return slices.Contains([]Action{Sell, Deal, BuyBack, Compulsory, Reclamation, Lease, Pledge, Correction, RenewLicence}, a)
}

// HasBuyer reports whether permits come to a licence.
func (a Action) HasBuyer() bool {
	return slices.Contains([]Action{Buy, Deal, Allocation, TakeOver, PrimarySale, Lease, Correction, Project}, a)
}

// The groups of actions that rules speak about.
var (
	trades   = []Action{Sell, Buy, Deal}
	sales    = []Action{Sell, Deal, Lease, Pledge} // of the holder's, to somebody other than the government
	buys     = []Action{Buy, Deal, PrimarySale}
	arrivals = []Action{Buy, Deal, PrimarySale, Allocation}
)
