// Package app is the exchange as a program: its commands and queries, one
// file a capability, and the single writer that runs them.
//
// # The way of a command
//
//	handler ─▶ App.Do ─▶ stamp time ─▶ queue ─▶ writer: take all that waits
//	  each: idempotency ─▶ decide (may refuse, changes nothing) ─▶ apply (cannot fail)
//	  flush the staged rows, advance the fence, COMMIT ─▶ publish snapshots ─▶ answer
//
// A command's Decide gets a View, which cannot write, and returns an Apply,
// which gets a Tx and cannot refuse: a refused command leaves no trace
// because it had no means to leave one. What Apply changes in memory is
// staged in the batch; when the flush fails, the memory is thrown away and
// read again from the database, which is always right.
//
// Nothing here knows HTTP, SQL or JSON schemas. The clock is read in one
// place (clock.go), when a command enters the queue.
//
// # Invariants
//
// I-7 to I-14 in docs/invariants.md.
package app
