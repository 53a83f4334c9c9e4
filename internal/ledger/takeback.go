package ledger

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
