package auction

import (
	"cmp"
	"slices"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrDraw is returned when a tie is to be settled by a draw in which a tied bid
// has no place.
var ErrDraw = fault.New(fault.Invalid, "auction.draw", "the drawn order lacks a tied bid").At("draw")

// split shares what is left among bids of one price, which together want more.
// They are in the order of time. One alone ties with nobody: it gets what is left.
func (c *Case) split(side []Bid, tied []int, left quantity.Quantity, awards []Allotment) error {
	switch {
	case len(tied) == 1 || c.Tie == ByTime:
		fill(side, tied, left, awards)
		return nil
	case c.Tie == Drawn:
		drawn, err := inDrawnOrder(side, tied)
		if err != nil {
			return err
		}
		fill(side, drawn, left, awards)
		return nil
	case c.Tie == ProRata:
		c.proRata(side, tied, left, awards)
		return nil
	case c.Tie == ProRataFloor:
		return c.proRataFloor(side, tied, left, awards)
	}
	panic("auction: unknown tie rule " + string(c.Tie))
}

// fill serves one after the other; the last gets what is left.
func fill(side []Bid, order []int, left quantity.Quantity, awards []Allotment) {
	for _, i := range order {
		awards[i].Quantity = min(left, side[i].Quantity)
		left -= awards[i].Quantity
	}
}

// proRata gives each his share rounded down to the lot size, and what is left
// one lot size each to those with the largest remainders, of equal ones to the
// earlier.
func (c *Case) proRata(side []Bid, tied []int, left quantity.Quantity, awards []Allotment) {
	remainders := make(map[int]int64, len(tied))
	left = c.shareDown(side, tied, left, awards, func(i int, part int64) { remainders[i] = part })
	byRemainder := slices.Clone(tied)
	slices.SortStableFunc(byRemainder, func(i, j int) int { return cmp.Compare(remainders[j], remainders[i]) })
	c.oneEach(byRemainder, left, awards)
}

// proRataFloor gives each his share rounded down to the lot size, and what is
// left one lot size each in drawn order (Québec Q-2 r.46.1 s. 52 and 61.5;
// California 17 CCR 95911(e)). No draw is needed where nothing is left.
func (c *Case) proRataFloor(side []Bid, tied []int, left quantity.Quantity, awards []Allotment) error {
	left = c.shareDown(side, tied, left, awards, func(int, int64) {})
	if left == 0 {
		return nil
	}
	drawn, err := inDrawnOrder(side, tied)
	if err != nil {
		return err
	}
	c.oneEach(drawn, left, awards)
	return nil
}

// shareDown gives each of the tied left × his quantity ÷ the quantity of all,
// rounded down to the lot size, and returns what that leaves: fewer lot sizes
// than there are tied bids, and each of those still wants one more. What is cut
// off of each goes to remains, in parts of a lot size.
func (c *Case) shareDown(side []Bid, tied []int, left quantity.Quantity, awards []Allotment, remains func(i int, part int64)) quantity.Quantity {
	lots, all := int64(left/c.LotSize), int64(totalOf(side, tied)/c.LotSize)
	for _, i := range tied {
		wanted := int64(side[i].Quantity / c.LotSize)
		share, err := quantity.MulDiv(lots, wanted, 1, all, quantity.Down)
		if err != nil {
			panic(err) // lots < all, so that share ≤ wanted
		}
		awards[i].Quantity = quantity.Quantity(share) * c.LotSize
		left -= awards[i].Quantity
		remains(i, lots*wanted-share*all) // the products may wrap; their difference, less than all, is right
	}
	return left
}

// oneEach gives one lot size more to each in an order, as long as something is left.
func (c *Case) oneEach(order []int, left quantity.Quantity, awards []Allotment) {
	for _, i := range order {
		if left == 0 {
			return
		}
		awards[i].Quantity += c.LotSize
		left -= c.LotSize
	}
}

// inDrawnOrder returns the tied bids as they were drawn.
func inDrawnOrder(side []Bid, tied []int) ([]int, error) {
	for _, i := range tied {
		if side[i].Draw == 0 {
			return nil, ErrDraw.With("%d bids tie at %s; the drawn order lacks %q: name all that tie, in the order in which they were drawn",
				len(tied), side[i].Price, side[i].ID)
		}
	}
	drawn := slices.Clone(tied)
	slices.SortFunc(drawn, func(i, j int) int { return cmp.Compare(side[i].Draw, side[j].Draw) })
	return drawn, nil
}
