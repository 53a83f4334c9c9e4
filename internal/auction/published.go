package auction

import (
	"cmp"
	"math/big"
	"slices"

	"permitx/internal/quantity"
)

// Figures are what the public sees of the bids of a certified auction. They
// name nobody. Price-takers count among the bidders and in what was wanted and
// won; for they name none, not in the prices of bids.
type Figures struct {
	Bidders  int // with a bid that qualified
	Wanted   quantity.Quantity
	Cover    quantity.Ratio // wanted ÷ offered
	Least    quantity.Price
	Greatest quantity.Price
	Mean     quantity.Price    // weighted by quantity, half up
	Median   quantity.Price    // at which half of what was wanted is reached, from the greatest
	Average  quantity.Price    // of what was won, weighted by quantity, half up
	Takers   quantity.Quantity // of what was won, by bids at any price
	Losers   int               // bidders who have won nothing; not published
}

// FiguresLeast is from how many bidders on the figures of their bids are published:
// of one they would be his bid, and of two each would know the other's (project
// default, after the rule of three of official statistics). What winners have won is
// public, so that the same holds of those who have lost, where there are any.
const FiguresLeast = 3

// Published are the figures that the public sees: those of bids only where something
// was sold, to bids of enough bidders, and where enough of them have lost, or none.
// What was won is public with its winners.
func (f Figures) Published(sold quantity.Quantity) Figures {
	hidden := f.Losers > 0 && f.Losers < FiguresLeast
	f.Losers = 0
	if sold > 0 && f.Bidders >= FiguresLeast && !hidden {
		return f
	}
	return Figures{Bidders: f.Bidders, Average: f.Average, Takers: f.Takers}
}

// Summarise returns the figures of an offer's qualified bids. Of an ascending
// auction only each bidder's best bid counts.
func (o Offer) Summarise(bids []OpenedBid) Figures {
	if o.IsOpen() {
		bids = bestOfEach(bids)
	}
	var f Figures
	bidders := map[int64]bool{} // whether he has won
	total, won, sold := new(big.Int), new(big.Int), quantity.Quantity(0)
	var priced []OpenedBid
	var pricedWanted quantity.Quantity
	for _, b := range bids {
		bidders[b.Registration] = bidders[b.Registration] || b.Won > 0
		f.Wanted += b.Quantity
		addProduct(won, b.Paid, b.Won)
		sold += b.Won
		if b.IsNoncompetitive() {
			f.Takers += b.Won
			continue
		}
		priced, pricedWanted = append(priced, b), pricedWanted+b.Quantity
		f.Greatest = max(f.Greatest, b.Price)
		if f.Least == 0 || b.Price < f.Least {
			f.Least = b.Price
		}
		addProduct(total, b.Price, b.Quantity)
	}
	f.Bidders, f.Mean, f.Average, f.Median = len(bidders), meanOf(total, pricedWanted), meanOf(won, sold), medianOf(priced, pricedWanted)
	for _, wins := range bidders {
		if !wins {
			f.Losers++
		}
	}
	f.Cover, _ = coverOf(f.Wanted, o.Quantity) // a ratio of more than 9 × 10¹² is shown as 0
	return f
}

func bestOfEach(bids []OpenedBid) []OpenedBid {
	best := map[int64]OpenedBid{}
	for _, b := range bids {
		if b.Price > best[b.Registration].Price {
			best[b.Registration] = b
		}
	}
	found := make([]OpenedBid, 0, len(best))
	for _, b := range best {
		found = append(found, b)
	}
	return found
}

func addProduct(sum *big.Int, p quantity.Price, q quantity.Quantity) {
	sum.Add(sum, new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(q))))
}

// meanOf is sum ÷ quantity, half up; 0 of nothing.
func meanOf(sum *big.Int, q quantity.Quantity) quantity.Price {
	if q == 0 {
		return 0
	}
	doubled := new(big.Int).Lsh(sum, 1)
	doubled.Add(doubled, big.NewInt(int64(q)))
	return quantity.Price(doubled.Quo(doubled, new(big.Int).Lsh(big.NewInt(int64(q)), 1)).Int64())
}

func medianOf(bids []OpenedBid, wanted quantity.Quantity) quantity.Price {
	sorted := slices.Clone(bids)
	slices.SortFunc(sorted, func(a, b OpenedBid) int { return cmp.Compare(b.Price, a.Price) })
	left := wanted - wanted/2
	for _, b := range sorted {
		if left -= b.Quantity; left <= 0 {
			return b.Price
		}
	}
	return 0
}

func coverOf(wanted, offered quantity.Quantity) (quantity.Ratio, error) {
	v, err := quantity.MulDiv(int64(wanted), int64(quantity.OneRatio), 1, int64(offered), quantity.HalfUp)
	return quantity.Ratio(v), err
}
