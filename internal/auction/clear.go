package auction

import "permitx/internal/quantity"

// Clear returns how a case ends. It fails, as Case.Validate does, for a case
// that makes no sense, and with ErrDraw where a tie needs a draw that the case
// does not have. It does not change c.
func Clear(c *Case) (Result, error) {
	if err := c.Validate(); err != nil {
		return Result{}, err
	}
	full := c.withDefaults()
	f := c.Format.find()
	r, err := f.clear(&full)
	if err != nil {
		return Result{}, err
	}
	if err := full.finish(&r, f.rounding); err != nil {
		return Result{}, err
	}
	return r, nil
}

// finish adds up what a format has awarded.
func (c *Case) finish(r *Result, rounding quantity.Rounding) error {
	r.Volume = r.Unnamed + volumeOf(r.Bids)
	if c.Demand > 0 {
		r.Volume = volumeOf(r.Asks)
	}
	if wanted := max(c.Supply, c.Demand); wanted > 0 {
		r.Unsold = wanted - r.Volume
	}
	if len(c.NextAuctions) > 0 {
		r.CarryOver, r.NotCarried = carryOver(r.Unsold, c.NextAuctions, c.LotSize)
	}
	if c.Format == Call {
		return nil
	}
	// Validate has held the whole against the range of money; half a fen an award may go beyond.
	revenue, err := quantity.Amount(r.ClearingPrice, r.Unnamed, c.Months, rounding)
	for _, side := range [][]Allotment{r.Bids, r.Asks} {
		for i := range side {
			a := &side[i]
			if a.Quantity == 0 || err != nil {
				continue
			}
			if a.Amount, err = quantity.Amount(a.Price, a.Quantity, c.Months, rounding); err == nil {
				revenue, err = quantity.Add(revenue, a.Amount)
			}
		}
	}
	r.Revenue = revenue
	return err
}

func volumeOf(awards []Allotment) quantity.Quantity {
	var sum quantity.Quantity
	for i := range awards {
		sum += awards[i].Quantity
	}
	return sum
}

// meet returns how an auction stands in which bids of a total meet what is
// wanted: cleared, undersubscribed, or, where nothing is to be done any more,
// cancelled or no trade.
func (c *Case) meet(valid int, total, wanted quantity.Quantity) (status Status, over bool) {
	short := valid == 0 || total < wanted
	switch {
	case short && c.Undersubscribed == Cancel:
		return Cancelled, true
	case valid == 0:
		return NoTrade, true
	case short:
		return Undersold, false
	}
	return Cleared, false
}
