package ledger

import "fmt"

// Brought are the acquisitions of a holding that a deal brought and that have
// something left. The caller must not change them.
func (l *Ledger) Brought(id AccountID, deal int64) []*Acquisition {
	var rows []*Acquisition
	for _, a := range l.Acquisitions(id) {
		if a.Deal == deal {
			rows = append(rows, a)
		}
	}
	return rows
}

// TakeBack takes what a deal brought out of the holding's acquisitions,
// whatever was first in: the deal is undone. It returns the rows that changed.
func (l *Ledger) TakeBack(id AccountID, deal, command int64) []*Acquisition {
	changed := l.Brought(id, deal)
	for _, a := range changed {
		l.lots[id].take(a, a.Remaining, command)
	}
	if len(changed) > 0 {
		l.lots[id].drop(true)
	}
	return changed
}

// Use takes named parts out of a holding's acquisitions, whatever was first in;
// the Quantity of a part is what is taken of the row with its ID. It returns
// the rows that changed. The rows must cover the parts.
func (l *Ledger) Use(id AccountID, parts []Acquisition, command int64) []*Acquisition {
	lots := l.lots[id]
	changed := make([]*Acquisition, 0, len(parts))
	rows := make(map[int64]*Acquisition, len(parts))
	for _, a := range l.Acquisitions(id) {
		rows[a.ID] = a
	}
	for _, p := range parts {
		a := rows[p.ID]
		if a == nil || a.Remaining < p.Quantity {
			panic(fmt.Sprintf("ledger: acquisition %d of account %d does not have %s left", p.ID, id, p.Quantity))
		}
		lots.take(a, p.Quantity, command)
		changed = append(changed, a)
	}
	if len(changed) > 0 {
		lots.drop(true)
	}
	return changed
}
