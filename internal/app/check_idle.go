package app

import (
	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkIdleSweeps)

// checkIdleSweeps holds that no more was swept of a holding than was acquired by the day of the
// sweeps, and that what was booked has used up as much of that (I-111). Sweeps that were
// begun before the day was recorded are not judged.
func (c *checker) checkIdleSweeps() error {
	sweeps := map[ledger.Key][]reserve.BuyBack{}
	err := eachOf(c.ctx, c.r, BuyBacks, Query{}.And("held_on", Gt, 0), func(b reserve.BuyBack) {
		if b.State.IsHeld() || b.State == reserve.BuyBackInReserve {
			sweeps[b.Holding()] = append(sweeps[b.Holding()], b)
		}
	})
	if err != nil || len(sweeps) == 0 {
		return err
	}
	rows := map[ledger.Key][]ledger.Acquisition{}
	err = eachOf(c.ctx, c.r, Acquisitions, Query{}, func(a ledger.Acquisition) {
		account := c.ledger.accounts[a.Account]
		if key := account.Key(); sweeps[key] != nil {
			rows[key] = append(rows[key], a)
		}
	})
	for key, of := range sweeps {
		for _, b := range of {
			c.checkSweptBy(b, b.HeldOn, of, rows[key])
		}
	}
	return err
}

// checkSweptBy compares what was swept by a day of one holding with what was acquired by it.
func (c *checker) checkSweptBy(last reserve.BuyBack, day calendar.Date, sweeps []reserve.BuyBack, rows []ledger.Acquisition) {
	var open, booked, acquired, used quantity.Quantity
	for _, b := range sweeps {
		switch {
		case b.HeldOn > day:
		case b.State == reserve.BuyBackInReserve:
			booked += b.Quantity
		default:
			open += b.Quantity
		}
	}
	for _, a := range rows {
		if a.AcquiredOn <= day {
			acquired += a.Quantity
			used += a.Quantity - a.Remaining
		}
	}
	if open+booked > acquired || booked > used {
		c.report("I-111", BuyBacks.name, last.ID, "sweeps what was acquired by %s: %s t/a were, and %s t/a of these are used up; %s t/a are swept and %s t/a more are held for it",
			day, acquired, used, booked, open)
	}
}
