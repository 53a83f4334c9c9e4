package intake

import (
	"context"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// Scenario is what the register says of a kind of activity on a day.
type Scenario struct {
	carbon.Scenario        // its methodology's code is what an activity is counted once for
	SharedAs        string // the data source that another scenario of the methodology names in the scheme, where this one names none
	Version         int64  // the version of the methodology that is in force
	First           int64  // its first version, which stands for the methodology in pools
	Salt            []byte // of the scheme's pseudonyms
	Compute         func([]carbon.Value) (quantity.Reduction, error)
}

// Register answers what is registered. It is a snapshot: a batch is judged by
// one of them.
type Register interface {
	// Scenario is the scenario of a code as of a day that a source may declare,
	// or a fault that says why not.
	Scenario(source int64, code string, day calendar.Date) (*Scenario, error)
	// Upheld reports whether a complaint about the refusal of a source's activity
	// was upheld: the same one, of that day and shown by the same evidence, may be
	// declared after its claim window.
	Upheld(source int64, a *Activity) bool
	// Takes are all scenarios that a source's code has ever named, the newest first:
	// one for each methodology and data source. A reversal need not say which it was.
	Takes(source int64, code string) []*Scenario
	// Counted is a scenario that has counted something, and how many inputs the
	// version of its methodology has. What computes is not of it.
	Counted(scenario, version int64) (s *Scenario, inputs int)
	// Excluded are the entries that other registers' lists have of identifiers.
	Excluded(ctx context.Context, identifiers []string) ([]carbon.Exclusion, error)
	// Salt is that of a scheme's pseudonyms, or false.
	Salt(scheme int64) ([]byte, bool)
	// Unit is the kgCO2e of one serial unit of a scheme, or false.
	Unit(scheme int64) (quantity.Reduction, bool)
	// ClaimedUntil is the last day on which any activity of a scheme's month can be
	// declared, without a complaint; 0: the scheme counts nothing of it.
	ClaimedUntil(scheme int64, m Month) calendar.Date
}
