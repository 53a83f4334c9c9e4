package app

import (
	"permitx/internal/calendar"
	"permitx/internal/market"
)

// timerDayEnd expires the day orders of a market when its trading day ends.
const timerDayEnd = "order.day_end"

var _ = declareTimer(timerDayEnd, expireDayOrders)

// dayIndex knows the day orders of each market, and when its day ends.
type dayIndex struct {
	orders map[int64][]int64 // by id; some have ended since
	ends   map[int64]calendar.Instant
}

func (d *dayIndex) add(o *market.Record) { d.orders[o.Market] = append(d.orders[o.Market], o.ID) }

// note keeps in mind which markets have a timer for the end of their day.
func (d *dayIndex) note(t Timer) {
	switch {
	case t.Purpose != timerDayEnd:
	case t.State == TimerPending:
		d.ends[t.Reference] = max(d.ends[t.Reference], t.DueAt)
	case d.ends[t.Reference] == t.DueAt:
		delete(d.ends, t.Reference)
	}
}

// endsToday makes sure that a day order that rests ends with its day: at the
// next midnight in the market's zone.
func (tx *Tx) endsToday(o *market.Record) {
	if before := tx.day.orders[o.Market]; len(before) == 0 || before[len(before)-1] < o.ID { // not one that was amended
		tx.day.add(o)
	}
	if _, armed := tx.day.ends[o.Market]; !armed {
		tx.Arm(tx.Today.AddDays(1).Start(), timerDayEnd, o.Market)
	}
}

// expireDayOrders expires the day orders of a market, as many as one command
// may, and comes again for the rest before anything else is done.
func expireDayOrders(v *View, id int64) (Apply, error) {
	var over []*market.Record
	left := v.day.orders[id]
	for ; len(left) > 0 && len(over) < MaxCancels; left = left[1:] {
		if o := v.orders[left[0]]; o != nil {
			over = append(over, o)
		}
	}
	return func(tx *Tx) any {
		if tx.day.orders[id] = left; len(left) == 0 {
			delete(tx.day.orders, id)
		} else {
			tx.Arm(tx.Now, timerDayEnd, id)
		}
		return tx.cancelEach(over, market.Expired, market.DayOver)
	}, nil
}
