package auction

import "permitx/internal/quantity"

// clearPayAsBidShare is the electronic sale of Zhejiang: of the bidders, ranked
// by their last quotes and then by time, the first 70 % win, counted half up,
// and each pays his own last quote. A case has one bid a bidder, his last; those
// below the reserve price are not counted. Each bidder's quantity is the need
// approved for his project.
//
// A supply limits what the winners get, in the order of their ranks; what
// becomes of one who no longer fits is the notice's rule (Fit). Nobody moves up
// for a winner who gets nothing: the winners are the first 70 %.
//
// Sources: 武义 2021 no. 7, 义乌 2020 no. 1 (前70%,四舍五入). How a limited supply is
// served and a minimum number of bidders are project defaults.
func clearPayAsBidShare(c *Case) (Result, error) {
	order := rank(c.Bids, highestFirst, c.atOrAbove)
	r := Result{Status: Cleared, Bids: newAllotments(c.Bids, order)}
	if len(order) < c.BiddersMin {
		r.Status = Cancelled
		return r, nil
	}
	winners := order[:quantity.HalfUpShare(len(order), c.WinShare)]
	if len(winners) == 0 {
		r.Status = NoTrade
		return r, nil
	}
	if c.Supply == 0 {
		for _, i := range winners {
			r.Bids[i].Quantity = c.Bids[i].Quantity
		}
	} else {
		r.Status = c.serveWinners(winners, r.Bids)
	}
	payOwn(c.Bids, r.Bids)
	return r, nil
}

// serveWinners gives the supply to the winners in the order of their ranks and
// returns how the sale stands then.
func (c *Case) serveWinners(winners []int, awards []Allotment) Status {
	left := c.Supply
	for _, i := range winners {
		part := c.Bids[i].Quantity
		if part > left {
			fit := c.fitOf(&c.Bids[i])
			if fit == FitRefused {
				break
			}
			part = 0
			if fit == FitCut {
				part = left
			}
		}
		awards[i].Quantity = part
		left -= part
	}
	if left == c.Supply {
		return NoTrade
	}
	if left > 0 {
		return Undersold
	}
	return Cleared
}

// fitOf returns what becomes of a winner who no longer fits.
func (c *Case) fitOf(b *Bid) Fit {
	switch {
	case c.Fit != FitAsAgreed:
		return c.Fit
	case b.AcceptsPart:
		return FitCut
	}
	return FitDropped
}
