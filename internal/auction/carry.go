package auction

import "permitx/internal/quantity"

// An auction takes over no more than a quarter of its planned volume, which
// makes 125 % (UK SI 2021/484 reg. 6(8)(b)).
const carryDivisor = 4

// carryOver spreads what is not sold evenly over the next auctions at the lot
// size; a rest of less than one lot size each goes to the earliest. What one
// cannot take the others do, as far as they can (reg. 6(8)(b)(i)); what is
// left then is returned: it is for auctions that the case does not name.
func carryOver(unsold quantity.Quantity, planned []quantity.Quantity, lot quantity.Quantity) (carried []quantity.Quantity, left quantity.Quantity) {
	carried = make([]quantity.Quantity, len(planned))
	left = unsold.FloorTo(lot)
	for left > 0 {
		room, open := make([]quantity.Quantity, len(planned)), quantity.Quantity(0)
		for i := range planned {
			if room[i] = (planned[i] / carryDivisor).FloorTo(lot) - carried[i]; room[i] > 0 {
				open++
			}
		}
		if open == 0 {
			break
		}
		share := max((left / open).FloorTo(lot), lot)
		for i := range planned {
			part := min(share, room[i], left)
			carried[i] += part
			left -= part
		}
	}
	return carried, left + unsold - unsold.FloorTo(lot)
}
