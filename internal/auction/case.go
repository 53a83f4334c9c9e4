package auction

import "permitx/internal/quantity"

// A Case is everything that a result rests on. What is 0 or empty is absent.
type Case struct {
	Format Format

	Supply              quantity.Quantity   // offered; of pay_as_bid_share optional
	Demand              quantity.Quantity   // sought by a buy-back
	Noncompetitive      quantity.Quantity   // for those who take any price and are not among the bids, out of the supply
	NoncompetitiveLimit quantity.Quantity   // uniform: that price-takers among the bids get together; absent: there are none
	ReservePrice        quantity.Price      // bids below it are not valid
	CeilingPrice        quantity.Price      // asks above it are not valid
	ReferencePrice      quantity.Price      // of a call
	Budget              quantity.Money      // what a buy-back may cost in all
	LotSize             quantity.Quantity   // absent: the coarsest of 1, 0.1, 0.01, … that divides every quantity
	Tick                quantity.Price      // absent: any price
	Step                quantity.Price      // ascending: what a bid must be above the best so far; absent: any amount
	Months              int                 // of the term that is paid for; absent: 12. Permits are priced by the year
	WinShare            quantity.Ratio      // of the bidders that win; absent: DefaultWinShare
	BiddersMin          int                 // valid bidders without whom a share sale is cancelled
	Tie                 Tie                 // absent: ByTime
	Fit                 Fit                 // of a share sale with a supply
	NextAuctions        []quantity.Quantity // planned volumes of those that take what is not sold

	Undersubscribed Undersubscribed // absent: SellAnyway

	Bids []Bid // those who buy
	Asks []Bid // those who sell
}

// A Bid is what somebody would pay, or, among the asks, would sell at.
type Bid struct {
	ID          string            // only for those who read: unique in a case that is decoded
	Price       quantity.Price    // CNY/(t·a) or CNY/t; 0: any, of a market order of a call or a price-taker
	Quantity    quantity.Quantity // more than 0
	Seq         int64             // the order of arrival; of equal ones the id decides
	Draw        int               // the place in the drawn order, from 1; 0: not drawn
	AcceptsPart bool              // a winner of a share sale takes what is left, if it is less
	Protection  quantity.Price    // of a market order of a call: the worst price that it takes; 0: any
}

// DefaultWinShare is the share of bidders that win in Zhejiang's electronic sale
// (武义 2021 no. 7, 义乌 2020 no. 1: 前70%).
const DefaultWinShare = 7 * quantity.OneRatio / 10

const monthsPerYear = 12

// Tie says how bids that tie at the margin share what is left.
type Tie string

// The rules for ties.
const (
	ByTime       Tie = "time"           // the earlier first
	ProRata      Tie = "pro_rata"       // in proportion, by largest remainder at the lot size, of equal ones to the earlier
	ProRataFloor Tie = "pro_rata_floor" // in proportion, rounded down to the lot size; the rest one lot size each in drawn order
	Drawn        Tie = "drawn"          // in drawn order, the last gets what is left
)

// Ties are all of them.
var Ties = []Tie{ByTime, ProRata, ProRataFloor, Drawn}

// Undersubscribed says what becomes of an auction whose valid bids do not come
// to what is offered.
type Undersubscribed string

// The rules for auctions that are undersubscribed.
const (
	SellAnyway Undersubscribed = "clear"  // every valid bid is filled, one price is that of the lowest (UK SI 2021/484 regs 6–7)
	Cancel     Undersubscribed = "cancel" // nothing is sold (Commission Regulation (EU) 1031/2010 art. 7(5))
)

// UndersubscribedRules are all of them.
var UndersubscribedRules = []Undersubscribed{SellAnyway, Cancel}

// Fit says what becomes of a winner of a share sale who wants more than is left.
// No rule of this was found: it is for the notice of the sale to say.
type Fit string

// The rules for winners who no longer fit.
const (
	FitAsAgreed Fit = ""        // project default: cut if he accepts a part, else dropped
	FitDropped  Fit = "dropped" // he gets nothing; those behind him are served if they fit
	FitCut      Fit = "cut"     // he gets what is left
	FitRefused  Fit = "refused" // he gets nothing, and nobody behind him: the order of the ranks is not jumped
)

// Fits are those that a notice may name.
var Fits = []Fit{FitDropped, FitCut, FitRefused}

// withDefaults returns c with what is absent filled in.
func (c Case) withDefaults() Case {
	if c.Tie == "" {
		c.Tie = ByTime
	}
	if c.Undersubscribed == "" {
		c.Undersubscribed = SellAnyway
	}
	if c.WinShare == 0 {
		c.WinShare = DefaultWinShare
	}
	if c.Months == 0 {
		c.Months = monthsPerYear
	}
	if c.LotSize == 0 {
		c.LotSize = c.coarsest()
	}
	return c
}

// coarsest returns the largest of 1, 0.1, 0.01, … that divides every quantity.
func (c Case) coarsest() quantity.Quantity {
	lot := quantity.OneQuantity
	coarsen := func(q quantity.Quantity) {
		for !q.IsMultipleOf(lot) {
			lot /= 10
		}
	}
	coarsen(c.Supply)
	coarsen(c.Demand)
	coarsen(c.Noncompetitive)
	coarsen(c.NoncompetitiveLimit)
	for _, q := range c.NextAuctions {
		coarsen(q)
	}
	for _, side := range [][]Bid{c.Bids, c.Asks} {
		for i := range side {
			coarsen(side[i].Quantity)
		}
	}
	return lot
}
