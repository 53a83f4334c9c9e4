package intake

import "runtime"

// linesABreath are activities between two breaths: about 100 µs of work.
const linesABreath = 64

// Breathe lets whatever waits for a processor go first, after each few lines of
// a batch: an order waits for a breath of the intake and not for the 10 ms
// after which the scheduler would take the processor from it.
func Breathe(line int) {
	if line%linesABreath == linesABreath-1 {
		runtime.Gosched()
	}
}
