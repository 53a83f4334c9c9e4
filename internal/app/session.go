package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/market"
)

const timerSession = "market.session"

// The bounds of one step of a session.
const (
	sessionCloses = 400
	sessionLoops  = 64 // changes of phase: a stop of some days
)

var _ = declareTimer(timerSession, goOn)

// The faults of sessions, in the order in which they are checked at an order.
var (
	// ErrMarketChanging is returned while a market goes from one phase to the next:
	// the fills of a call are made, or the prices of a day are closed. Try again.
	ErrMarketChanging = fault.New(fault.Conflict, "order.market_changing", "the market goes over to its next phase; send the request again")
	// ErrPhaseClosed is returned when the market takes no orders at this time of the day.
	ErrPhaseClosed = fault.New(fault.Refused, "order.market_closed", "the market is closed at this time").At("market").Under("market.session", "timetable of the market")
	// ErrNotInCall is returned when an order that would trade at once or not at all comes in a call.
	ErrNotInCall = fault.New(fault.Refused, "order.not_in_call", "a call collects orders: a limit order that may rest (gtc, day), or a market order for this call (ioc)").At("time_in_force").Under("market.session", "project default")
	// ErrOutsideBand is returned when the price is too far from the previous close.
	ErrOutsideBand = fault.New(fault.Refused, "order.outside_band", "the price is outside the day's band").At("price").Under("market.price_band", "terms of the market")
)

// checkSession holds an order against the phase of the market and the day's band.
func (c PlaceOrder) checkSession(v *View, m catalog.Market, i catalog.Instrument) error {
	switch phase := v.phaseOf(m.ID); {
	case phase == market.PhaseUncrossing:
		return ErrMarketChanging
	case phase == market.PhaseClosed:
		return ErrPhaseClosed.With("the market %s is closed at this time", m.Code)
	case phase == market.PhaseCall && !market.MayWaitAtCall(c.Kind, c.TimeInForce):
		return ErrNotInCall
	}
	t := v.termsOf(m.ID)
	id := bookID{m.ID, i.ID}
	band, err := v.bandOf(id, t.Band, m.Tick)
	if err != nil || band.Holds(c.Price) {
		return err
	}
	return ErrOutsideBand.With("the price must be from CNY %s to %s: ±%s of the close of CNY %s on %s (%s)",
		band.Low, band.High, t.Band, v.quote(id).Close, v.quote(id).ClosedOn, t.Source)
}

// checkCancel returns ErrMarketChanging while what rests is being traded.
func (v *View) checkCancel(o *market.Record) error {
	if v.phaseOf(o.Market) == market.PhaseUncrossing {
		return ErrMarketChanging
	}
	return nil
}

// goOn moves a market's session on as far as the time has come: the fills of a
// call that is over, the prices of a day that is over, the next phase. What is
// more than one command may do waits for the next; nothing comes in meanwhile.
func goOn(v *View, marketID int64) (Apply, error) {
	f := v.floors[marketID]
	m, err := Get(v, Markets, "market", marketID)
	if err != nil || f == nil || m.State == catalog.MarketClosed {
		return nil, err
	}
	c := v.Calendar()
	return func(tx *Tx) any {
		s := tx.catchUp(m, f.session, c)
		if tx.hasSessionWork(s) {
			tx.Arm(tx.Now, timerSession, marketID)
		} else {
			tx.armOnce(s.NextAt, timerSession, marketID)
		}
		return s
	}, nil
}

// catchUp does what a session has to do by now, as much as one command may.
func (tx *Tx) catchUp(m catalog.Market, s market.Session, c *calendar.Calendar) market.Session {
	for step, more := 0, true; more && step < sessionLoops; step++ {
		s, more = tx.sessionStep(m, s, c)
	}
	return Put(tx, Sessions, s)
}

// hasSessionWork reports whether something is to be done before the session waits for its next phase.
func (v *View) hasSessionWork(s market.Session) bool {
	return s.Phase == market.PhaseUncrossing || s.Closing != 0 || s.NextAt <= v.Now
}

// sessionStep does one thing, and reports whether the same command may do another.
func (tx *Tx) sessionStep(m catalog.Market, s market.Session, c *calendar.Calendar) (market.Session, bool) {
	switch {
	case s.Closing != 0 && s.Closing == s.Closed: // an opening
		if tx.closePrices(m, s.Closed) {
			s.Closing = 0
		}
		return s, s.Closing == 0
	case s.Phase == market.PhaseUncrossing:
		if !tx.afterCall(m, s) {
			return s, false
		}
		s.Phase, s.Follows = s.Follows, ""
		return s, true
	case s.Closing != 0:
		if !tx.closePrices(m, s.Closing) {
			return s, false
		}
		s.Closing, s.Closed = 0, s.Closing
		return s, true
	case s.NextAt <= tx.Now:
		return tx.nextPhase(m, s, c), true
	}
	return s, false
}

// afterCall uncrosses what was collected, and reports whether all is done. A halt
// holds a call up, at most until its trading day ends or the next call begins:
// then it is not made.
func (tx *Tx) afterCall(m catalog.Market, s market.Session) bool {
	isHalted := m.State == catalog.MarketHalted
	switch {
	case s.Follows == market.PhaseCall, isHalted && s.Closing != 0:
		return tx.missCall(m)
	case isHalted:
		return true
	}
	return tx.uncross(m)
}

// nextPhase is a session after the change that the timetable has for its NextAt. Where
// a call ends, and where orders that were collected would come into continuous
// trading, into the night or into the next call, they are dealt with first.
func (tx *Tx) nextPhase(m catalog.Market, s market.Session, c *calendar.Calendar) market.Session {
	plan := tx.floors[m.ID].schedule
	at := s.NextAt
	phase, until := plan.at(at, c)
	ended := s.Phase
	s.Phase, s.Day, s.Since, s.NextAt = phase, at.Date(), at, until
	switch day := plan.ending(at, c); {
	case day > s.Closed:
		s.Closing = day
	case ended == market.PhaseClosed && phase != market.PhaseClosed: // terms may have come since the close
		s.Closing = s.Closed
	}
	mustEnd := phase != market.PhaseClosed || s.Closing != 0 // in a pause it may wait
	if ended == market.PhaseCall && phase != market.PhaseCall || ended != market.PhaseCall && mustEnd && tx.isCrossed(m) {
		s.Phase, s.Follows = market.PhaseUncrossing, phase
	}
	return s
}

// firstSession is where a market is that gets terms.
func (v *View) firstSession(marketID int64, plan schedule) market.Session {
	phase, until := plan.at(v.Now, v.Calendar())
	return market.Session{Market: marketID, Phase: phase, Day: v.Today, Since: v.Now, NextAt: until, Closed: v.Today.AddDays(-1)}
}

// resumeSession lets a market that was halted trade on: what was collected is
// uncrossed before continuous trading goes on.
func (tx *Tx) resumeSession(m catalog.Market) {
	f := tx.floors[m.ID]
	if f == nil || f.session.ID == 0 || f.session.Phase != market.PhaseContinuous || !tx.isCrossed(m) {
		return
	}
	s := f.session
	s.Phase, s.Follows = market.PhaseUncrossing, market.PhaseContinuous
	Put(tx, Sessions, s)
	tx.Arm(tx.Now, timerSession, m.ID)
}

// maybeCrossed reports whether orders wait in a market's books for a call, so
// that what is bid may reach what is asked (I-6): everywhere but in a market that
// is open in its continuous phase.
func maybeCrossed(s market.Session, m catalog.Market) bool {
	return s.Phase != market.PhaseContinuous || s.Closing != 0 || m.State == catalog.MarketHalted || m.State == catalog.MarketClosed
}

// instrumentsOf calls each with the instruments that have a book in a market, by
// id, until it returns false.
func (v *View) instrumentsOf(m catalog.Market, each func(catalog.Instrument, *market.Book) bool) {
	for i := range All(v, Instruments) {
		if b, has := v.books[bookID{m.ID, i.ID}]; has && !each(i, b) {
			return
		}
	}
}

// isCrossed reports whether something in a market's books waits to be uncrossed.
func (v *View) isCrossed(m catalog.Market) (crossed bool) {
	v.instrumentsOf(m, func(_ catalog.Instrument, b *market.Book) bool {
		crossed = crossed || waitsForCall(b)
		return !crossed
	})
	return crossed
}

func waitsForCall(b *market.Book) bool {
	_, some := b.MarketOrder()
	return some || b.IsCrossed()
}

// closePrices writes the closing prices of a day, and takes the orders out of the
// books that are outside the band of the next trading day: what is good till cancelled
// does not wait where it cannot trade (project default; exchanges with daily
// ranges, such as MCX of India, do the same). At an opening it does so again, for
// terms that were set after the close. It reports whether all is done.
func (tx *Tx) closePrices(m catalog.Market, day calendar.Date) bool {
	done := 0
	for q := range All(tx.View, MarketQuotes) {
		if q.Market != m.ID || q.ClosedOn >= day {
			continue
		}
		if done++; done > sessionCloses {
			return false
		}
		if c, has := q.CloseOn(day, m.Tick); has {
			Put(tx, MarketQuotes, q.Closed(Put(tx, Closes, c)))
		}
	}
	outside := tx.outsideBand(m, tx.floors[m.ID].schedule.tradingDayAfter(day, tx.Calendar()), MaxCancels+1)
	tx.cancelEach(outside[:min(len(outside), MaxCancels)], market.Cancelled, market.OutsideBand)
	return len(outside) <= MaxCancels
}

// outsideBand are open orders outside the band of a day, at most so many.
func (v *View) outsideBand(m catalog.Market, day calendar.Date, most int) (found []*market.Record) {
	t, set := v.floors[m.ID].schedule.on(day)
	if !set || t.Band == 0 {
		return nil
	}
	v.instrumentsOf(m, func(i catalog.Instrument, b *market.Book) bool {
		band, err := v.bandOf(bookID{m.ID, i.ID}, t.Band, m.Tick)
		if err != nil || band == nil {
			return true
		}
		for _, id := range b.Outside(*band, most-len(found), nil) {
			found = append(found, v.orders[id])
		}
		return len(found) < most
	})
	return found
}
