package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// TermEnd is how far the end of an instrument's term has been worked off. The
// work is a chain of bounded commands, each of which arms the next.
type TermEnd struct {
	ID         int64
	Instrument int64
	State      TermEndState
	After      int64 // holdings up to this account are done
	Orders     int64 // cancelled
	Deals      int64 // lapsed
	Holds      int64 // voided, and freezes ended
	Holdings   int64 // emptied
	Moved      quantity.Quantity
	EndedAt    calendar.Instant // 0: not yet
	Command    int64
}

// TermEndState is where the work is.
type TermEndState string

// The states of the end of a term.
const (
	TermEndArmed   TermEndState = "armed"
	TermEndRunning TermEndState = "running"
	TermEndDone    TermEndState = "done"
)

// TermEndStates are all states of the end of a term.
var TermEndStates = []TermEndState{TermEndArmed, TermEndRunning, TermEndDone}

// TermEnds has a row for each instrument whose end is armed.
var TermEnds = resident[TermEnd]("term_end")

const timerTermEnd = "instrument.term_end"

// The bounds of one command of a term's end.
const (
	termEndOrders   = 400
	termEndDeals    = 50
	termEndHolds    = 400
	termEndHoldings = 400
	termEndRows     = 4000 // rows that one command stages, about
)

var _ = declareTimer(timerTermEnd, retrying(timerTermEnd, endTerm))

// armTermEnd makes sure that the instrument's term will be ended. Whoever adds
// an instrument calls it.
func (tx *Tx) armTermEnd(i catalog.Instrument) {
	if _, armed := tx.termEnd(i.ID); armed {
		return
	}
	Put(tx, TermEnds, TermEnd{Instrument: i.ID, State: TermEndArmed})
	tx.Arm(afterTerm(i), timerTermEnd, i.ID)
	tx.armReminders(i)
}

// afterTerm is the first instant after an instrument's term.
func afterTerm(i catalog.Instrument) calendar.Instant { return i.TermEnd.AddDays(1).Start() }

// termEnd is the end of an instrument's term, if it is armed.
func (v *View) termEnd(instrument int64) (TermEnd, bool) {
	for e := range All(v, TermEnds) {
		if e.Instrument == instrument {
			return e, true
		}
	}
	return TermEnd{}, false
}

// endTerm does the next part of a term's end: open orders are cancelled, deals
// and buy-backs that are not settled lapse, leases and pledges end, other holds
// are voided, and the holdings return to unallocated. Nothing new comes meanwhile, because every command refuses
// an instrument whose term is over.
func endTerm(v *View, instrument int64) (Apply, error) {
	if v.opening != 0 { // more holdings may come: try again afterwards
		return nil, ErrOpening
	}
	e, armed := v.termEnd(instrument)
	if !armed || e.State == TermEndDone {
		return nil, nil //nolint:nilnil // nothing to do
	}
	e.State = TermEndRunning
	for _, part := range []func(*View, TermEnd) (termEndPart, error){endOrders, endDeals, endBuyBacks, endIdle, endLeases, endPledges, endHoldings} {
		do, err := part(v, e)
		if err != nil {
			return nil, err
		}
		if do != nil {
			return func(tx *Tx) any {
				do(tx, &e)
				tx.Arm(tx.Now, timerTermEnd, instrument)
				return Put(tx, TermEnds, e)
			}, nil
		}
	}
	return func(tx *Tx) any {
		e.State, e.EndedAt = TermEndDone, tx.Now
		tx.reviewNotices()
		return Put(tx, TermEnds, e)
	}, nil
}

// termEndPart is what one command does; nil when its part is done.
type termEndPart func(*Tx, *TermEnd)

func endOrders(v *View, e TermEnd) (termEndPart, error) {
	open := v.openOrders(e.Instrument)
	if len(open) == 0 {
		return nil, nil //nolint:nilnil // this part is done
	}
	return func(tx *Tx, e *TermEnd) {
		e.Orders += int64(len(tx.cancelEach(open, market.Cancelled, market.TermIsOver)))
	}, nil
}

// openOrders are open orders of an instrument, in whichever market: as many as one
// command cancels.
func (v *View) openOrders(instrument int64) (open []*market.Record) {
	for m := range All(v, Markets) {
		if _, has := v.books[bookID{m.ID, instrument}]; !has {
			continue
		}
		v.book(m.ID, instrument).Each(func(o market.Order) bool {
			open = append(open, v.orders[o.ID])
			return len(open) < termEndOrders
		})
		if len(open) >= termEndOrders {
			break
		}
	}
	return open
}

func endDeals(v *View, e TermEnd) (termEndPart, error) {
	deals, err := Find(v, Deals, openDeals().And("instrument", Eq, e.Instrument).Page(0, termEndDeals))
	if err != nil || len(deals) == 0 {
		return nil, err
	}
	holds := make([]dealHolds, len(deals))
	for i, d := range deals {
		if holds[i], err = v.dealHolds(d); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx, e *TermEnd) {
		for i, d := range deals {
			tx.lapseDeal(d, holds[i], "the term of the instrument has ended")
		}
		e.Deals += int64(len(deals))
	}, nil
}

// endHoldings works through the holdings of the instrument by account.
func endHoldings(v *View, e TermEnd) (termEndPart, error) {
	if len(v.batch.Accounts) > 0 { // a holding that was opened a moment ago must be found
		return nil, errCommitFirst
	}
	accounts, err := Find(v, Accounts, Where("instrument", e.Instrument).And("kind", Eq, int64(ledger.Holding)).Page(e.After, termEndHoldings))
	if err != nil || len(accounts) == 0 {
		return nil, err
	}
	ids, ending, waiting := v.termEndAccounts(accounts)
	if len(waiting) > 0 {
		return func(tx *Tx, _ *TermEnd) {
			for _, r := range waiting {
				tx.waitForRenewal(r)
			}
		}, nil
	}
	// What a renewal holds goes with it into the new term.
	holds, err := Find(v, Holds, Where("state", string(ledger.HoldActive)).And("account", In, ids).
		And("purpose", Ne, string(ledger.ForRenewal)).Page(0, termEndHolds))
	if err != nil {
		return nil, err
	}
	if len(holds) > 0 {
		return func(tx *Tx, e *TermEnd) {
			for _, h := range holds {
				tx.closeHold(h, ledger.HoldVoided)
			}
			e.Holds += int64(len(holds))
		}, nil
	}
	if frozen := v.frozenAmong(ending, termEndHolds); len(frozen) > 0 {
		return func(tx *Tx, e *TermEnd) {
			for _, id := range frozen {
				e.Holds += tx.endFreezes(ledger.AccountID(id))
			}
		}, nil
	}
	moves, after := v.planTermEnd(accounts, e.After)
	return func(tx *Tx, e *TermEnd) {
		e.After = after
		tx.endHoldings(e, moves)
	}, nil
}

// termEndAccounts are the ids of accounts, those of them that end with the
// term, and the open renewals that are to be told that it is over.
func (v *View) termEndAccounts(accounts []ledger.Account) (ids, ending []int64, waiting []permit.Renewal) {
	for _, a := range accounts {
		ids = append(ids, int64(a.ID))
		switch r, open := v.renewalOf(a.Key()); {
		case !open:
			ending = append(ending, int64(a.ID))
		case !r.Renewing:
			waiting = append(waiting, r)
		}
	}
	return ids, ending, waiting
}

// termEndMove is what a holding gives back in one command. A holding with more
// acquisitions than a command may touch gives in parts.
type termEndMove struct {
	holding ledger.Key
	amount  int64
	whole   bool
}

func (v *View) planTermEnd(accounts []ledger.Account, done int64) (moves []termEndMove, after int64) {
	rows := 0
	after = done
	for _, a := range accounts {
		b := v.ledger.BalanceOf(a.ID)
		if _, renewed := v.renewalOf(a.Key()); b.Balance > 0 && !renewed {
			lots := v.ledger.Acquisitions(a.ID)
			if rows+len(lots) > termEndRows && rows > 0 {
				return moves, after
			}
			rows += len(lots) + 2
			if len(lots) > termEndRows {
				var part quantity.Quantity
				for _, lot := range lots[:termEndRows] {
					part += lot.Remaining
				}
				return append(moves, termEndMove{a.Key(), int64(part), false}), after
			}
			moves = append(moves, termEndMove{a.Key(), b.Balance, true})
		}
		after = int64(a.ID)
	}
	return moves, after
}

func (tx *Tx) endHoldings(e *TermEnd, moves []termEndMove) {
	if len(moves) == 0 {
		return
	}
	legs := make([]ledger.Leg, len(moves))
	for i, m := range moves {
		legs[i] = ledger.Leg{
			Debit: m.holding, Credit: ledger.PermitKey(ledger.Unallocated, m.holding.Region, m.holding.Pollutant), Amount: m.amount,
		}
	}
	tx.Post(ledger.Transfer{Reason: ledger.TermEnd, Reference: e.Instrument, Legs: legs})
	for _, m := range moves {
		tx.Consume(m.holding, quantity.Quantity(m.amount), false)
		e.Moved += quantity.Quantity(m.amount)
		if m.whole {
			e.Holdings++
		}
	}
}
