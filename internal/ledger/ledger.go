package ledger

import (
	"fmt"
	"math"
	"slices"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of a transfer or a hold, in the order in which they are checked.
var (
	// ErrAmountNotPositive is returned when an amount is zero or negative.
	ErrAmountNotPositive = fault.New(fault.Invalid, "ledger.amount_not_positive", "an amount must be greater than zero")
	// ErrAccountsEqual is returned when a posting debits and credits the same account.
	ErrAccountsEqual = fault.New(fault.Invalid, "ledger.accounts_equal", "the debited and the credited account must differ")
	// ErrAssetsDiffer is returned when the two accounts count different things.
	ErrAssetsDiffer = fault.New(fault.Invalid, "ledger.assets_differ", "both accounts must count the same asset: the permits of one region and pollutant, the credits of one series, or money")
	// ErrInstrumentsDiffer is returned when a posting would change the term or pollutant of a holding without a reason that may.
	ErrInstrumentsDiffer = fault.New(fault.Refused, "ledger.instruments_differ", "permits keep their instrument; only renewal changes it")
	// ErrInsufficient is returned when the available part of a balance is too small.
	ErrInsufficient = fault.New(fault.Refused, "ledger.insufficient_balance", "the available balance is too small")
	// ErrHeldTooSmall is returned when the held part of a balance is too small.
	ErrHeldTooSmall = fault.New(fault.Refused, "ledger.insufficient_held", "the held part of the balance is too small")
	// ErrOverflow is returned when a balance would exceed what 63 bits hold.
	ErrOverflow = fault.New(fault.Refused, "ledger.overflow", "the balance would be too large")
)

// Ledger is every account and balance of a registry, in memory.
type Ledger struct {
	accounts map[AccountID]*Account
	balances map[AccountID]*Balance
	byKey    map[Key]AccountID
	lots     map[AccountID]*queue
}

// New returns an empty ledger.
func New() *Ledger {
	return &Ledger{
		accounts: map[AccountID]*Account{}, balances: map[AccountID]*Balance{},
		byKey: map[Key]AccountID{}, lots: map[AccountID]*queue{},
	}
}

// Load adds an account as it was stored.
func (l *Ledger) Load(a Account, b Balance) {
	l.accounts[a.ID] = &a
	l.balances[a.ID] = &b
	l.byKey[a.Key()] = a.ID
}

// LoadAcquisition adds an acquisition with something left, as it was stored;
// rows must come in the order of their ids.
func (l *Ledger) LoadAcquisition(a Acquisition) { l.AddAcquisition(&a) }

// Find returns the id of the account with this key.
func (l *Ledger) Find(k Key) (AccountID, bool) {
	id, ok := l.byKey[k]
	return id, ok
}

// Account returns an account by id.
func (l *Ledger) Account(id AccountID) (Account, bool) {
	a, ok := l.accounts[id]
	if !ok {
		return Account{}, false
	}
	return *a, true
}

// Balance returns the balance of the account with this key: zero where there
// is no such account yet.
func (l *Ledger) Balance(k Key) Balance {
	if id, ok := l.byKey[k]; ok {
		return *l.balances[id]
	}
	return Balance{}
}

// BalanceOf returns the balance of an account by id.
func (l *Ledger) BalanceOf(id AccountID) Balance {
	if b, ok := l.balances[id]; ok {
		return *b
	}
	return Balance{}
}

// Open adds a new account. The key must be free.
func (l *Ledger) Open(a Account) {
	if _, taken := l.byKey[a.Key()]; taken {
		panic(fmt.Sprintf("ledger: account %+v is open already", a.Key()))
	}
	l.Load(a, Balance{ID: a.ID, Command: a.Command})
}

// Each calls f with every account and its balance, in no order.
func (l *Ledger) Each(f func(Account, Balance)) {
	for id, a := range l.accounts {
		f(*a, *l.balances[id])
	}
}

// Len is the number of accounts.
func (l *Ledger) Len() int { return len(l.accounts) }

// change is what a posting does to one balance.
func change(k Kind, debit bool, amount int64) int64 {
	if k.IsContra() == debit {
		return amount
	}
	return -amount
}

// Check returns the first fault of making the transfers in order, or nil. It
// changes nothing.
func (l *Ledger) Check(transfers ...Transfer) error {
	d := l.Draft()
	for _, t := range transfers {
		if err := d.Post(t); err != nil {
			return err
		}
	}
	return nil
}

// CheckOne is Check for a transfer of a single posting: nothing is allocated
// unless it fails.
func (l *Ledger) CheckOne(r Reason, leg Leg) error {
	_, _, err := posted(r, leg, l.Balance(leg.Debit), l.Balance(leg.Credit))
	return err
}

// posted returns both balances after a posting, or its fault.
func posted(r Reason, leg Leg, debit, credit Balance) (Balance, Balance, error) {
	if err := checkForm(r, leg); err != nil {
		return debit, credit, err
	}
	debit, err := applied(debit, leg.Debit, change(leg.Debit.Kind, true, leg.Amount), leg.FromHeld)
	if err == nil {
		credit, err = applied(credit, leg.Credit, change(leg.Credit.Kind, false, leg.Amount), false)
	}
	return debit, credit, err
}

func checkForm(r Reason, leg Leg) error {
	switch d, c := leg.Debit, leg.Credit; {
	case leg.Amount <= 0:
		return ErrAmountNotPositive
	case d == c:
		return ErrAccountsEqual
	case d.Asset() != c.Asset() || !SameCount(d.Kind, c.Kind):
		return ErrAssetsDiffer
	case d.Kind == Holding && c.Kind == Holding && d.Instrument != c.Instrument && !r.MayChangeInstrument():
		return ErrInstrumentsDiffer
	}
	return nil
}

// applied returns b after a change, or the fault that forbids it.
func applied(b Balance, k Key, delta int64, fromHeld bool) (Balance, error) {
	switch {
	case delta < 0 && fromHeld && b.Held < -delta:
		return b, ErrHeldTooSmall.With("%s holds %s aside, %s is needed", k, k.Format(b.Held), k.Format(-delta))
	case delta < 0 && !fromHeld && b.Available() < -delta:
		return b, ErrInsufficient.With("%s has %s available, %s is needed", k, k.Format(b.Available()), k.Format(-delta))
	case delta > 0 && b.Balance > math.MaxInt64-delta:
		return b, ErrOverflow
	}
	b.Balance += delta
	if delta < 0 && fromHeld {
		b.Held += delta
	}
	return b, nil
}

// Post makes one transfer and returns its postings; their ids start at first.
// Every account must be open (see Find and Open). A transfer that Check would
// refuse is a programmer's error: Post panics, and better no answer than a
// wrong one.
func (l *Ledger) Post(t Transfer, command, first int64, out []Posting) []Posting {
	for i, leg := range t.Legs {
		if err := checkForm(t.Reason, leg); err != nil {
			panic(fmt.Sprintf("ledger: %s transfer: %v", t.Reason, err))
		}
		p := Posting{
			ID: first + int64(i), Transfer: first, Reason: t.Reason, Reference: t.Reference,
			Amount: leg.Amount, Command: command,
		}
		p.Debit, p.DebitAfter, p.DebitPrevious = l.move(leg.Debit, change(leg.Debit.Kind, true, leg.Amount), leg.FromHeld, p)
		p.Credit, p.CreditAfter, p.CreditPrevious = l.move(leg.Credit, change(leg.Credit.Kind, false, leg.Amount), false, p)
		out = append(out, p)
	}
	return out
}

func (l *Ledger) move(k Key, delta int64, fromHeld bool, p Posting) (id AccountID, after, previous int64) {
	id, ok := l.byKey[k]
	if !ok {
		panic(fmt.Sprintf("ledger: %s is not open", k))
	}
	b := l.balances[id]
	moved, err := applied(*b, k, delta, fromHeld)
	if err != nil {
		panic(fmt.Sprintf("ledger: %s transfer: %v", p.Reason, err))
	}
	previous = b.LastPosting
	moved.LastPosting, moved.Command = p.ID, p.Command
	*b = moved
	return id, moved.Balance, previous
}

// CheckHold returns the fault of setting amount aside, or nil.
func (l *Ledger) CheckHold(k Key, amount int64) error {
	if amount <= 0 {
		return ErrAmountNotPositive
	}
	if b := l.Balance(k); b.Available() < amount {
		return ErrInsufficient.With("%s has %s available, %s is needed", k, k.Format(b.Available()), k.Format(amount))
	}
	return nil
}

// Hold sets amount aside. CheckHold must have passed.
func (l *Ledger) Hold(id AccountID, amount, command int64) {
	b := l.balances[id]
	if amount < 0 || b.Available() < amount {
		panic(fmt.Sprintf("ledger: account %d has %d available, cannot hold %d", id, b.Available(), amount))
	}
	b.Held += amount
	b.Command = command
}

// Release gives a held amount back to the available part.
func (l *Ledger) Release(id AccountID, amount, command int64) {
	b := l.balances[id]
	if amount < 0 || b.Held < amount {
		panic(fmt.Sprintf("ledger: account %d has %d held, cannot release %d", id, b.Held, amount))
	}
	b.Held -= amount
	b.Command = command
}

// queue is the acquisitions of a holding that have something left, first in
// first. Rows are taken from the head, so that a sale costs the same however
// many there are.
type queue struct {
	rows     []*Acquisition // rows[:head] are used up
	head     int
	unpriced quantity.Quantity // what is left of rows without a price
}

func (q *queue) left() []*Acquisition { return q.rows[q.head:] }

// add puts a row at its place: by date, then by id; most are the newest.
func (q *queue) add(a *Acquisition) {
	rows := q.rows
	i := len(rows)
	for i > q.head && (rows[i-1].AcquiredOn > a.AcquiredOn || rows[i-1].AcquiredOn == a.AcquiredOn && rows[i-1].ID > a.ID) {
		i--
	}
	q.rows = slices.Insert(rows, i, a)
	if !a.PriceKnown {
		q.unpriced += a.Remaining
	}
}

// take uses up a part of a row.
func (q *queue) take(a *Acquisition, part quantity.Quantity, command int64) {
	a.Remaining -= part
	a.Command = command
	if !a.PriceKnown {
		q.unpriced -= part
	}
}

// drop forgets the rows that are used up: those at the head, and with all set
// also those behind rows that were passed over.
func (q *queue) drop(all bool) {
	for q.head < len(q.rows) && q.rows[q.head].Remaining == 0 {
		q.rows[q.head] = nil
		q.head++
	}
	if all || q.head > 32 && q.head > len(q.rows)/2 {
		q.rows = slices.DeleteFunc(q.rows, func(a *Acquisition) bool { return a == nil || a.Remaining == 0 })
		q.head = 0
	}
}

// AddAcquisition puts a at its place among the holding's acquisitions: by
// date, then by id.
func (l *Ledger) AddAcquisition(a *Acquisition) {
	q := l.lots[a.Account]
	if q == nil {
		q = &queue{}
		l.lots[a.Account] = q
	}
	q.add(a)
}

// Acquisitions returns the rows of a holding that have something left, first
// in first. The caller must not change them.
func (l *Ledger) Acquisitions(id AccountID) []*Acquisition {
	if q := l.lots[id]; q != nil {
		return q.left()
	}
	return nil
}

// Unpriced is the part of a holding that was taken over without a price and
// so cannot be sold.
func (l *Ledger) Unpriced(id AccountID) quantity.Quantity {
	if q := l.lots[id]; q != nil {
		return q.unpriced
	}
	return 0
}

// Consume takes q from the holding's acquisitions, first in first out, and
// returns the rows that changed. With priced set, rows without a price are
// passed over: they cannot be sold. The rows must cover q.
func (l *Ledger) Consume(id AccountID, q quantity.Quantity, priced bool, command int64, changed []*Acquisition) []*Acquisition {
	lots := l.lots[id]
	passed := false
	for _, a := range l.Acquisitions(id) {
		if q == 0 {
			break
		}
		if priced && !a.PriceKnown {
			passed = true
			continue
		}
		take := min(q, a.Remaining)
		lots.take(a, take, command)
		q -= take
		changed = append(changed, a)
	}
	if q > 0 {
		panic(fmt.Sprintf("ledger: acquisitions of account %d are short by %s", id, q))
	}
	lots.drop(passed)
	return changed
}
