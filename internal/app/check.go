package app

import (
	"context"
	"fmt"
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
}

func (c *checker) report(invariant, table string, id int64, format string, args ...any) {
	c.found = append(c.found, Violation{invariant, table, id, fmt.Sprintf(format, args...)})
}

// Check verifies every invariant of a registry and returns all violations, not
// the first. r must read from one snapshot, so that it can run beside a live
// server; memory is bounded by the number of accounts, not by history. An
// error means that the rows could not be read.
func Check(ctx context.Context, r Reader, registry Registry) ([]Violation, error) {
	c := &checker{ctx: ctx, r: r, registry: registry}
	for _, step := range []func() error{
		c.checkJournal, c.checkRows, c.checkPostings, c.checkBalances, c.checkHolds, c.checkAcquisitions,
		c.checkConservation, c.checkOrders, c.checkTrades,
	} {
		if err := step(); err != nil {
			return c.found, err
		}
	}
	for _, step := range domainChecks {
		if err := step(c); err != nil {
			return c.found, err
		}
	}
	return c.found, nil
}

// domainChecks are the checks of capabilities, each declared beside its commands.
var domainChecks []func(*checker) error

func declareCheck(step func(*checker) error) bool {
	domainChecks = append(domainChecks, step)
	return true
}
