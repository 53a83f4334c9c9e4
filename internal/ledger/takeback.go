package ledger

// Brought are the acquisitions of a holding that a deal brought and that have
// something left. The caller must not change them.
func (l *Ledger) Brought(id AccountID, deal int64) []*Acquisition {
	var rows []*Acquisition
	for _, a := range l.lots[id] {
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
	rows := l.lots[id]
	kept := rows[:0]
	for _, a := range rows {
		if a.Deal == deal {
			a.Remaining, a.Command = 0, command
			continue
		}
		kept = append(kept, a)
	}
	clear(rows[len(kept):])
	l.lots[id] = kept
	return changed
}
