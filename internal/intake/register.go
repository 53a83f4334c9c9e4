package intake

import (
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// Scenario is what the register says of a kind of activity on a day.
type Scenario struct {
	ID          int64
	Scheme      int64
	Methodology int64              // the version in force
	Counted     string             // code of the methodology: what an activity is counted once for
	Salt        []byte             // of the scheme's pseudonyms
	DailyCap    quantity.Reduction // kgCO2e a person; 0: none
	ClaimFrom   int                // days after the activity's day from which it may be declared
	ClaimUntil  int                // the last such day
	Compute     func([]carbon.Value) (quantity.Reduction, error)
}

// Register answers what is registered. It is a snapshot: a batch is judged by
// one of them.
type Register interface {
	// Scenario is the scenario of a code as of a day that a source may declare,
	// or a fault that says why not.
	Scenario(source int64, code string, day calendar.Date) (*Scenario, error)
	// Salt is that of a scheme's pseudonyms, or false.
	Salt(scheme int64) ([]byte, bool)
	// Unit is the kgCO2e of one serial unit of a scheme, or false.
	Unit(scheme int64) (quantity.Reduction, bool)
}
