// Package ledger is the double-entry ledger of permits and money.
//
// # Terms
//
// A posting moves an amount greater than zero from one account to another of
// the same asset: it debits one and credits the other, so it is balanced by
// construction. A transfer is one or more postings made together, with a
// reason and a reference. Postings are never changed or deleted; an error is
// corrected by a reversing transfer.
//
// The asset of a permit account is its region and pollutant, in 10⁻⁶ t/a; the
// asset of a money account is CNY, in fen. Contra accounts (cap, bank) grow by
// debits, all others by credits. No balance is ever negative.
//
// A hold sets an amount of a balance aside (for an order, a deal, a
// withdrawal, a pledge, a freeze). available = balance − held, and both are
// never negative. A hold ends by being posted, voided or expired.
//
// A holding is backed by acquisitions: when, at which price, from which
// document the permits came, used first in, first out. Their sum is the
// holding's balance.
//
// # Invariants
//
// I-1 to I-6 in docs/invariants.md. Check tests a transfer before it is made,
// the tables carry the same conditions as named constraints, and permitx check
// recomputes them.
//
// The package is pure: no clock, no database. A Ledger belongs to the writer
// and is not safe for concurrent use.
package ledger
