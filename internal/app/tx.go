package app

import (
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// Post makes a transfer, opening accounts that do not exist yet, and returns
// its postings. The ledger panics on a transfer that Check would refuse.
func (tx *Tx) Post(t ledger.Transfer) []ledger.Posting {
	if tx.dry != nil {
		return tx.dry.post(tx.ledger, t, tx.Number)
	}
	for _, leg := range t.Legs {
		tx.touchBalance(tx.open(leg.Debit))
		tx.touchBalance(tx.open(leg.Credit))
	}
	start := len(tx.batch.Postings)
	first := tx.lastID[Postings.name] + 1
	tx.batch.Postings = tx.ledger.Post(t, tx.Number, first, tx.batch.Postings)
	made := tx.batch.Postings[start:]
	tx.lastID[Postings.name] += int64(len(made))
	tx.batch.rows += len(made)
	for _, p := range made {
		tx.stageBalance(p.Debit)
		tx.stageBalance(p.Credit)
	}
	return made
}

// open returns the account with this key, opening it when there is none.
func (tx *Tx) open(k ledger.Key) ledger.AccountID {
	if id, ok := tx.ledger.Find(k); ok {
		return id
	}
	id := ledger.AccountID(tx.nextID(Accounts.name))
	a := ledger.Account{
		ID: id, Kind: k.Kind, Origin: k.Origin, Region: k.Region, Pollutant: k.Pollutant,
		Party: k.Party, Licence: k.Licence, Instrument: k.Instrument, Command: tx.Number,
	}
	tx.ledger.Open(a)
	tx.batch.Accounts = append(tx.batch.Accounts, a)
	tx.touched.accounts = append(tx.touched.accounts, a)
	tx.touched.balances = append(tx.touched.balances, mark[ledger.AccountID]{id, 0})
	tx.batch.Balances.put(id, true, tx.ledger.BalanceOf(id))
	tx.batch.rows += 2
	return id
}

// touchBalance remembers the command that had written a balance before this one.
func (tx *Tx) touchBalance(id ledger.AccountID) {
	if b := tx.ledger.BalanceOf(id); b.Command != tx.Number {
		tx.touched.balances = append(tx.touched.balances, mark[ledger.AccountID]{id, b.Command})
	}
}

func (tx *Tx) stageBalance(id ledger.AccountID) {
	if tx.batch.Balances.put(id, false, tx.ledger.BalanceOf(id)) {
		tx.batch.rows++
	}
}

// Hold sets an amount of an account aside. The View has checked that it can.
func (tx *Tx) Hold(k ledger.Key, amount int64) ledger.AccountID {
	if tx.dry != nil {
		return tx.dry.hold(tx.ledger, k, amount)
	}
	id := tx.open(k)
	tx.touchBalance(id)
	tx.ledger.Hold(id, amount, tx.Number)
	tx.stageBalance(id)
	return id
}

// Release gives a held amount of an account back.
func (tx *Tx) Release(k ledger.Key, amount int64) {
	if amount == 0 {
		return
	}
	if tx.dry != nil {
		tx.dry.hold(tx.ledger, k, -amount)
		return
	}
	id := tx.open(k)
	tx.touchBalance(id)
	tx.ledger.Release(id, amount, tx.Number)
	tx.stageBalance(id)
}

// Acquire records where permits of a holding came from.
func (tx *Tx) Acquire(k ledger.Key, a ledger.Acquisition) ledger.Acquisition {
	tx.idleBeforeArrival(k, a.AcquiredOn)
	if tx.dry != nil {
		return tx.dry.acquire(tx.ledger, k, a, tx.Today)
	}
	a.ID = tx.nextID(Acquisitions.name)
	a.Account = tx.open(k)
	a.Remaining = a.Quantity
	a.Command = tx.Number
	kept := a
	tx.ledger.AddAcquisition(&kept)
	tx.touched.acquisitions = append(tx.touched.acquisitions, acquisitionMark{&kept, 0})
	if tx.batch.Acquisitions.put(a.ID, true, a) {
		tx.batch.rows++
	}
	return a
}

// Consume takes permits out of a holding's acquisitions, first in first out;
// with priced set it passes over rows without a price. It returns the rows
// that were used, with the amounts taken from each.
func (tx *Tx) Consume(k ledger.Key, q quantity.Quantity, priced bool) []ledger.Acquisition {
	if tx.dry != nil {
		return tx.dry.consume(tx.ledger, k, q, priced)
	}
	id := tx.open(k)
	left := q
	var used []ledger.Acquisition
	for _, a := range tx.ledger.Acquisitions(id) {
		if left == 0 {
			break
		}
		if priced && !a.PriceKnown {
			continue
		}
		if a.Command != tx.Number {
			tx.touched.acquisitions = append(tx.touched.acquisitions, acquisitionMark{a, a.Command})
		}
		part := *a
		part.Quantity = min(left, a.Remaining)
		used = append(used, part)
		left -= part.Quantity
	}
	for _, a := range tx.ledger.Consume(id, q, priced, tx.Number, nil) {
		if tx.batch.Acquisitions.put(a.ID, false, *a) {
			tx.batch.rows++
		}
	}
	return used
}

// Use takes named parts out of a holding's acquisitions; the Quantity of a part
// is what is taken of its row.
func (tx *Tx) Use(k ledger.Key, parts []ledger.Acquisition) {
	if tx.dry != nil {
		tx.dry.use(k, parts)
		return
	}
	id := tx.open(k)
	used := make(map[int64]bool, len(parts))
	for _, p := range parts {
		used[p.ID] = true
	}
	for _, a := range tx.ledger.Acquisitions(id) {
		if used[a.ID] && a.Command != tx.Number {
			tx.touched.acquisitions = append(tx.touched.acquisitions, acquisitionMark{a, a.Command})
		}
	}
	for _, a := range tx.ledger.Use(id, parts, tx.Number) {
		if tx.batch.Acquisitions.put(a.ID, false, *a) {
			tx.batch.rows++
		}
	}
}

// Surplus returns the verified surplus of a licence for a pollutant; zero
// where nothing was verified.
func (v *View) Surplus(licence int64, pollutant string) market.Surplus {
	if s := v.surplus[surplusKey{licence, pollutant}]; s != nil {
		return *s
	}
	return market.Surplus{Licence: licence, Pollutant: pollutant}
}

// ChangeSurplus changes the verified surplus of a licence for a pollutant.
func (tx *Tx) ChangeSurplus(licence int64, pollutant string, change func(*market.Surplus)) {
	key := surplusKey{licence, pollutant}
	if tx.dry != nil {
		tx.dry.changeSurplus(key, tx.Surplus(licence, pollutant), change)
		return
	}
	s := tx.surplus[key]
	isNew := s == nil
	if isNew {
		s = &market.Surplus{ID: tx.nextID(Surpluses.name), Licence: licence, Pollutant: pollutant}
		tx.surplus[key] = s
	}
	if isNew || s.Command != tx.Number {
		tx.touched.surpluses = append(tx.touched.surpluses, surplusMark{s, s.Command})
	}
	change(s)
	if s.Held < 0 || s.Used < 0 || s.Available() < 0 {
		panic("app: a surplus is used or held beyond what was verified")
	}
	s.Command = tx.Number
	if tx.batch.Surplus.put(s.ID, isNew, *s) {
		tx.batch.rows++
	}
}

// putOrder writes an order in its present state and keeps the map of open ones.
func (tx *Tx) putOrder(o *market.Record, isNew bool) {
	if isNew || o.Command != tx.Number {
		tx.touched.orders = append(tx.touched.orders, mark[int64]{o.ID, o.Command})
	}
	o.Command = tx.Number
	if o.State == market.Open {
		tx.orders[o.ID] = o
	} else {
		delete(tx.orders, o.ID)
	}
	if tx.batch.Orders.put(o.ID, isNew, *o) {
		tx.batch.rows++
	}
}

func (tx *Tx) putTrade(t market.Trade) market.Trade {
	if tx.dry != nil {
		t.ID = tx.dry.nextID()
		shown := t
		if tx.dry.party != 0 { // his own fee is in what his funds have left
			shown.BuyerFee, shown.SellerFee = 0, 0
		}
		tx.dry.others = append(tx.dry.others, fieldEffects("trade", 0, nil, &shown, tx.Today)...)
		return t
	}
	t.ID = tx.nextID(Trades.name)
	t.Command = tx.Number
	tx.batch.Trades = append(tx.batch.Trades, t)
	tx.batch.rows++
	tx.changed.trades = true
	return t
}

// digest returns the after-images of the mutable rows that the command wrote,
// and the digest over them and the immutable ones.
func (tx *Tx) digest() (changes, digest []byte) {
	start := len(tx.batch.arena)
	b := tx.batch.arena
	for _, m := range tx.touched.balances {
		row := tx.ledger.BalanceOf(m.id)
		b = appendChange(b, Balances.name, m.previous, func(b []byte) []byte { return appendBalance(b, &row) })
	}
	for _, m := range tx.touched.orders {
		row := tx.batch.Orders.get(m.id)
		b = appendChange(b, Orders.name, m.previous, func(b []byte) []byte { return appendOrder(b, row) })
	}
	for _, m := range tx.touched.acquisitions {
		b = appendChange(b, Acquisitions.name, m.previous, func(b []byte) []byte { return appendAcquisition(b, m.row) })
	}
	for _, m := range tx.touched.surpluses {
		b = appendChange(b, Surpluses.name, m.previous, func(b []byte) []byte { return appendSurplus(b, m.row) })
	}
	for _, m := range tx.touched.planted { // before what the command has made of it
		b = appendChange(b, m.table, planted, func(b []byte) []byte { return append(b, m.image...) })
	}
	for _, m := range tx.touched.records {
		row := tx.batch.Records[m.table].ByID[m.id]
		b = appendChange(b, m.table, m.previous, func(b []byte) []byte { return appendRecord(b, row) })
	}
	tx.batch.arena = b
	changes = b[start:len(b):len(b)]
	sum := tx.hasher.rows(changes, tx.touched.accounts, tx.batch.Postings[tx.touched.postings:], tx.batch.Trades[tx.touched.trades:])
	return changes, tx.batch.keep(sum)
}

// get returns a staged row.
func (c *Changes[K, R]) get(key K) *R {
	p := c.at[key]
	if p.isNew {
		return &c.New[p.index]
	}
	return &c.Changed[p.index]
}

// HoldingKey is the account of a licence's permits of an instrument.
func HoldingKey(l catalog.Licence, i catalog.Instrument, origin ledger.Origin) ledger.Key {
	return ledger.HoldingKey(l.Region, i.Pollutant, l.Party, l.ID, i.ID, origin)
}
