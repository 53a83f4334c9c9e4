package intake

import (
	"runtime"
	"time"
)

// The manners of the intake, so that an order waits for a breath of it and not
// for the 10 ms after which a scheduler would take the processor from it.
const (
	linesABreath = 64                     // about 100 µs of work
	breath       = 200 * time.Microsecond // while a command of the exchange waits
	rowsAPart    = 500                    // some milliseconds of a database that does not breathe
	restMost     = 100 * time.Millisecond // of a statement that has waited for something else than a processor
)

// Pace lets the trading path go first. The zero value and nil know of none. It
// is safe for concurrent use.
type Pace struct {
	Trading func() bool // reports whether a command of the exchange is on its way
}

// Breathe is called after each line of a batch, or row of a commit: it leaves
// the processor to what waits for it after each few lines. While the exchange
// is at work it sleeps, since the other side of that work may be another
// process: the database, or who trades.
func (p *Pace) Breathe(line int) {
	switch {
	case line%linesABreath != linesABreath-1:
	case p.trading():
		time.Sleep(breath)
	default:
		runtime.Gosched()
	}
}

// Part is up to where rows from first on are given to a database in one statement: to
// the last of them, but while the exchange is at work only some.
func (p *Pace) Part(first, last int) int {
	if p.trading() {
		return min(first+rowsAPart, last)
	}
	return last
}

// Rest is called after a statement that took a time: while the exchange is at work it sleeps as long, but
// never so long that a database that was stuck for a while would have the intake stuck as long again.
func (p *Pace) Rest(took time.Duration) {
	if p.trading() {
		time.Sleep(min(took, restMost))
	}
}

// trading reports whether the exchange is at work.
func (p *Pace) trading() bool { return p != nil && p.Trading != nil && p.Trading() }
