package auction

import "permitx/internal/quantity"

// A Result is how a case ends.
type Result struct {
	Status         Status
	ClearingPrice  quantity.Price    // that all pay or get; 0 where there is none
	Volume         quantity.Quantity // sold or bought, to all together
	Unsold         quantity.Quantity // offered and not sold, or sought and not bought; 0 where neither is limited
	Imbalance      quantity.Quantity // of a call at its price: bids less asks
	Noncompetitive quantity.Quantity // of the volume, to those who take any price
	Unnamed        quantity.Quantity // of that, to those who are not among the bids
	Revenue        quantity.Money    // what the awards come to, with that of the noncompetitive; 0 for a call, whose fills are paid one by one
	CarryOver      []quantity.Quantity
	NotCarried     quantity.Quantity // of the unsold, what the next auctions named cannot take

	Bids, Asks []Allotment // one for each bid and ask of the case, in its order
}

// Status is how an auction ends.
type Status string

// The ends of an auction.
const (
	Cleared   Status = "cleared"
	Undersold Status = "undersubscribed" // cleared, with something left
	Cancelled Status = "cancelled"       // by its own rule
	NoTrade   Status = "no_trade"        // nothing meets
)

// An Allotment is what one bid comes to.
type Allotment struct {
	Quantity quantity.Quantity // 0: it loses
	Price    quantity.Price    // what it pays or gets; 0 where it loses
	Amount   quantity.Money    // quantity × price × months ÷ 12; 0 for a call
	Refused  bool              // it was not valid
}
