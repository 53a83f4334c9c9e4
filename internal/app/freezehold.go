package app

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// frozenIndex knows the open freezes of each account.
type frozenIndex struct {
	of map[ledger.AccountID][]int64
	at map[int64]ledger.AccountID
}

// indexFreeze keeps the open freezes of each account. A freeze goes to another
// account when its permits go to a successor.
func (s *state) indexFreeze(f encumbrance.Freeze) {
	old, indexed := s.frozen.at[f.ID]
	if indexed && (old != f.Account || !f.State.IsOpen()) {
		s.frozen.of[old] = slices.DeleteFunc(s.frozen.of[old], func(id int64) bool { return id == f.ID })
		if len(s.frozen.of[old]) == 0 {
			delete(s.frozen.of, old)
		}
		delete(s.frozen.at, f.ID)
		indexed = false
	}
	if !indexed && f.State.IsOpen() {
		s.frozen.of[f.Account] = append(s.frozen.of[f.Account], f.ID)
		s.frozen.at[f.ID] = f.Account
	}
}

func (s *state) loadFreezes() {
	for _, f := range rowsOf(s, Freezes).rows {
		s.indexFreeze(f)
	}
}

// openFreezes are the freezes of an account that are not at an end, in the
// order in which they are served.
func (s *state) openFreezes(id ledger.AccountID) []encumbrance.Freeze {
	ids := s.frozen.of[id]
	freezes := make([]encumbrance.Freeze, len(ids))
	for i, id := range ids {
		freezes[i] = rowsOf(s, Freezes).rows[id]
	}
	encumbrance.InOrder(freezes)
	return freezes
}

// openFreezes is state's, with what a dry run has written.
func (tx *Tx) openFreezes(id ledger.AccountID) []encumbrance.Freeze {
	if tx.dry == nil {
		return tx.state.openFreezes(id)
	}
	var open []encumbrance.Freeze
	for _, f := range tx.state.openFreezes(id) {
		if tx.dry.rows[Freezes.name][f.ID] == nil {
			open = append(open, f)
		}
	}
	for _, row := range tx.dry.rows[Freezes.name] {
		if f, ok := row.(*encumbrance.Freeze); ok && f.Account == id && f.State.IsOpen() {
			open = append(open, *f)
		}
	}
	encumbrance.InOrder(open)
	return open
}

// account is the account with this key, opened where there is none.
func (tx *Tx) account(k ledger.Key) ledger.AccountID {
	if tx.dry != nil {
		return tx.dry.open(tx.ledger, k)
	}
	return tx.open(k)
}

// coverFreezes freezes what is available of an account for the freezes that
// are short, in their order.
func (tx *Tx) coverFreezes(id ledger.AccountID) {
	freezes := tx.openFreezes(id)
	if len(freezes) == 0 {
		return
	}
	for i, part := range encumbrance.Share(freezes, tx.balance(freezes[0].Key()).Available()) {
		if part > 0 {
			f := freezes[i]
			tx.Hold(f.Key(), part)
			f.Frozen += part
			Put(tx, Freezes, f)
		}
	}
}

// coverTouched is the end of every command: what it has made available on an
// account with a short freeze is frozen (I-30). It costs nothing while nothing
// is frozen.
func (tx *Tx) coverTouched() {
	if tx.dry != nil {
		for _, k := range tx.dry.draft.Keys() {
			tx.coverFreezes(tx.account(k))
		}
		return
	}
	if len(tx.frozen.of) == 0 {
		return
	}
	for i := 0; i < len(tx.touched.balances); i++ {
		if id := tx.touched.balances[i].id; len(tx.frozen.of[id]) > 0 {
			tx.coverFreezes(id)
		}
	}
}

// endFreeze writes a freeze that has come to a final state and gives back
// what it had frozen, to those that wait behind it first.
func (tx *Tx) endFreeze(f encumbrance.Freeze) encumbrance.Freeze {
	tx.Release(f.Key(), f.Frozen)
	f.Frozen, f.EndedAt = 0, tx.Now
	f = Put(tx, Freezes, f)
	tx.coverFreezes(f.Account)
	return f
}

// frozenAmong are those of some accounts that have open freezes: whole
// accounts, with about as many freezes as a command may end.
func (s *state) frozenAmong(accounts []int64, most int) []int64 {
	var found []int64
	for _, id := range accounts {
		if n := len(s.frozen.of[ledger.AccountID(id)]); n > 0 {
			found = append(found, id)
			most -= n
		}
		if most <= 0 {
			break
		}
	}
	return found
}

// endFreezes ends the freezes of an account whose term is over, and returns
// how many there were.
func (tx *Tx) endFreezes(id ledger.AccountID) int64 {
	freezes := tx.openFreezes(id)
	for _, f := range freezes {
		tx.Release(f.Key(), f.Frozen)
		f = must(f.Next(encumbrance.End, encumbrance.AsSystem))
		f.Frozen, f.EndedAt = 0, tx.Now
		Put(tx, Freezes, f)
	}
	return int64(len(freezes))
}

// ordersUncovering returns the open orders that must be withdrawn so that an
// amount of an account is available: the newest of them, no more than needed.
func (v *View) ordersUncovering(k ledger.Key, amount int64) []*market.Record {
	need := amount - v.ledger.Balance(k).Available()
	if need <= 0 {
		return nil
	}
	resting := v.ordersOn(func(o *market.Record) bool { return o.Hold > 0 && v.holdsIn(o, k) })
	first := len(resting)
	for ; first > 0 && need > 0; first-- {
		need -= resting[first-1].Hold
	}
	return resting[first:]
}

// timerFreezeOrders goes on withdrawing the orders that a freeze meets.
const timerFreezeOrders = "freeze.orders"

var _ = declareTimer(timerFreezeOrders, goOnFreezing)

func goOnFreezing(v *View, id int64) (Apply, error) {
	f, err := Get(v, Freezes, "freeze", id)
	if err != nil || !f.State.IsInEffect() {
		return nil, err
	}
	resting := v.ordersUncovering(f.Key(), f.Short())
	return func(tx *Tx) any {
		cancelled := tx.withdrawFor(f.ID, resting)
		tx.coverFreezes(f.Account)
		return cancelled
	}, nil
}

// withdrawFor withdraws the orders that a freeze meets, the newest first and as
// many as one command may; the rest before anything else is done.
func (tx *Tx) withdrawFor(freeze int64, resting []*market.Record) []int64 {
	if more := len(resting) - MaxCancels; more > 0 && tx.dry == nil { // what is shown is what it comes to
		tx.Arm(tx.Now, timerFreezeOrders, freeze)
		resting = resting[more:]
	}
	return tx.cancelAll(resting)
}

// holdsIn reports whether an order holds aside in an account.
func (v *View) holdsIn(o *market.Record, k ledger.Key) bool {
	switch {
	case o.Side == market.Buy:
		return k.Kind == ledger.Funds && o.Party == k.Party
	case o.OfCredits():
		return k.Kind == ledger.Credits && k == v.creditGoods(o.Party, rowsOf(v.state, Instruments).rows[o.Instrument])
	}
	return k.Kind == ledger.Holding && k.Origin == ledger.Paid && o.Licence == k.Licence && o.Instrument == k.Instrument
}

// checkNotAgain holds that an emergency freeze does not go on for ever by being
// placed anew: once one of an account has lapsed, an order comes first.
func (v *View) checkNotAgain(f encumbrance.Freeze, account ledger.AccountID) error {
	if f.State != encumbrance.Emergency {
		return nil
	}
	var lapsed encumbrance.Freeze
	var ordered calendar.Instant
	for other := range freezesOf.of(v, account) {
		switch {
		case other.ConfirmBy == 0:
			ordered = max(ordered, other.RecordedAt)
		case other.State == encumbrance.Lapsed && other.EndedAt > lapsed.EndedAt:
			lapsed = other
		}
	}
	if lapsed.EndedAt > ordered {
		return ErrFreezeLapsed.With("freeze %d lapsed on %s unconfirmed: it is frozen again by an order (POST /v1/freezes), with four eyes",
			lapsed.ID, lapsed.EndedAt.Date())
	}
	return nil
}

// startFreeze lets a freeze take effect whose first day has come.
func startFreeze(v *View, id int64) (Apply, error) {
	f, err := Get(v, Freezes, "freeze", id)
	if err != nil {
		return nil, err
	}
	if f, err = f.Next(encumbrance.Start, encumbrance.AsSystem); err != nil { // released before
		return nil, nil //nolint:nilerr,nilnil // nothing to do
	}
	resting := v.ordersUncovering(f.Key(), f.Amount)
	return func(tx *Tx) any { return tx.beginFreeze(f, resting) }, nil
}

// freezeTimer ends a freeze by an event when its day has come. It may have
// been extended, confirmed or released meanwhile.
func freezeTimer(e encumbrance.Event, due func(f encumbrance.Freeze, today calendar.Date) bool) timerFunc {
	return func(v *View, id int64) (Apply, error) {
		f, err := Get(v, Freezes, "freeze", id)
		if err != nil {
			return nil, err
		}
		next, err := f.Next(e, encumbrance.AsSystem)
		if err != nil || !due(f, v.Today) {
			return nil, nil //nolint:nilerr,nilnil // nothing to do
		}
		return func(tx *Tx) any { return tx.endFreeze(next) }, nil
	}
}
