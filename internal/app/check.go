package app

import (
	"context"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
)

// Violation is one thing that is not as it must be.
type Violation struct {
	Invariant string // its number in docs/invariants.md
	Table     string
	ID        int64 // of the row, where there is one
	Detail    string
}

// String says it for a person.
func (v Violation) String() string {
	if v.ID == 0 {
		return fmt.Sprintf("%s %s: %s", v.Invariant, v.Table, v.Detail)
	}
	return fmt.Sprintf("%s %s %d: %s", v.Invariant, v.Table, v.ID, v.Detail)
}

// checker walks a registry and collects what is wrong.
type checker struct {
	ctx   context.Context //nolint:containedctx // of one walk
	r     Reader
	found []Violation

	ledger   ledgerSums
	registry Registry
	from     Point

	series  map[int64]carbon.Series // read when they are first asked for
	schemes map[int64]carbon.Scheme
}

// Point is how far a registry was verified. A later check that begins there
// takes what was done before as verified: it reads no journal row, posting or
// trade up to it, and of other rows only those that changed since.
type Point struct {
	Number                  int64 // of the last journal row
	Head                    []byte
	Account, Posting, Trade int64 // the last ids
}

func (c *checker) report(invariant, table string, id int64, format string, args ...any) {
	c.found = append(c.found, Violation{invariant, table, id, fmt.Sprintf(format, args...)})
}

// InvariantStart says from which journal row on an invariant holds. A
// migration writes it: what a registry did before it had the rule is no
// violation.
type InvariantStart struct {
	ID        int64
	Invariant string
	Number    int64 // the last journal row before
	Command   int64
}

// InvariantStarts are the invariants that came after registries were in service.
var InvariantStarts = cold[InvariantStart]("invariant_start")

// start is the last journal row before an invariant held.
func (c *checker) start(invariant string) (int64, error) {
	var rows []InvariantStart
	if err := c.r.Find(c.ctx, InvariantStarts.name, Where("invariant", invariant), &rows); err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Number, nil
}

// startedAt is when an invariant began to be held; 0: always.
func (c *checker) startedAt(invariant string) (calendar.Instant, error) {
	number, err := c.start(invariant)
	if err != nil || number == 0 {
		return 0, err
	}
	var rows []JournalRow
	if err := c.r.Find(c.ctx, Journal.name, Where("number", number), &rows); err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].At, nil
}

// Check verifies every invariant of a registry from its beginning; see CheckFrom.
func Check(ctx context.Context, r Reader, registry Registry) ([]Violation, error) {
	found, _, err := CheckFrom(ctx, r, registry, Point{})
	return found, err
}

// CheckFrom verifies every invariant of a registry from a point on and returns
// all violations, not the first, and the point that it reached. What can only
// be told from the whole history (an order's trades, the caps as the sum of
// decisions, deals and fills) is verified from the beginning only. r must read from one snapshot, so that it can run beside a live
// server; memory is bounded by the number of accounts, not by history. An
// error means that the rows could not be read.
func CheckFrom(ctx context.Context, r Reader, registry Registry, from Point) ([]Violation, Point, error) {
	c := &checker{ctx: ctx, r: r, registry: registry, from: from}
	for _, step := range []func() error{
		c.checkJournal, c.checkRows, c.checkPostings, c.checkBalances, c.checkHolds, c.checkAcquisitions,
		c.checkConservation, c.checkOrders, c.checkTrades,
	} {
		if err := step(); err != nil {
			return c.found, from, err
		}
	}
	for _, step := range domainChecks {
		if err := step(c); err != nil {
			return c.found, from, err
		}
	}
	return c.found, c.reached(), nil
}

// isWhole reports whether the walk begins at the beginning.
func (c *checker) isWhole() bool { return c.from.Number == 0 }

// reached is the point behind everything that was verified.
func (c *checker) reached() Point {
	return Point{
		Number: c.registry.Length, Head: c.registry.Head, Account: c.ledger.lastAccount,
		Posting: max(c.from.Posting, c.ledger.lastPosting), Trade: max(c.from.Trade, c.ledger.lastTrade),
	}
}

// domainChecks are the checks of capabilities, each declared beside its commands.
var domainChecks []func(*checker) error

func declareCheck(step func(*checker) error) bool {
	domainChecks = append(domainChecks, step)
	return true
}
