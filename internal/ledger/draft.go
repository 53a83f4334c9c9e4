package ledger

import "slices"

// Draft is the balances as some changes would leave them, beside a ledger that
// stays as it is. Accounts that do not exist yet count as empty: Post opens
// them.
type Draft struct {
	ledger  *Ledger
	changed map[Key]Balance
	keys    []Key // in the order in which they were first changed
}

// Draft begins with the balances as they are.
func (l *Ledger) Draft() *Draft { return &Draft{ledger: l, changed: map[Key]Balance{}} }

// Balance is the balance of an account as the changes so far would leave it.
func (d *Draft) Balance(k Key) Balance {
	if b, ok := d.changed[k]; ok {
		return b
	}
	return d.ledger.Balance(k)
}

func (d *Draft) set(k Key, b Balance) {
	if _, again := d.changed[k]; !again {
		d.keys = append(d.keys, k)
	}
	d.changed[k] = b
}

// Add makes a posting, or returns its fault and leaves the draft as it was.
func (d *Draft) Add(r Reason, leg Leg) error {
	debit, credit, err := posted(r, leg, d.Balance(leg.Debit), d.Balance(leg.Credit))
	if err != nil {
		return err
	}
	d.set(leg.Debit, debit)
	d.set(leg.Credit, credit)
	return nil
}

// Post makes a transfer as far as its first fault, which it returns.
func (d *Draft) Post(t Transfer) error {
	for _, leg := range t.Legs {
		if err := d.Add(t.Reason, leg); err != nil {
			return err
		}
	}
	return nil
}

// Hold sets amount aside; a negative amount gives it back.
func (d *Draft) Hold(k Key, amount int64) {
	b := d.Balance(k)
	b.Held += amount
	d.set(k, b)
}

// Keys are the accounts that the changes so far touch.
func (d *Draft) Keys() []Key { return slices.Clone(d.keys) }

// Each calls f with every account that the changes touch, in the order in
// which they were first touched, with its balance before and after them.
func (d *Draft) Each(f func(k Key, before, after Balance)) {
	for _, k := range d.keys {
		f(k, d.ledger.Balance(k), d.changed[k])
	}
}
