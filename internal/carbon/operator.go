package carbon

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// An OperatorChange gives a scheme another operator from a day on.
type OperatorChange struct {
	ID        int64
	Scheme    int64
	Former    int64 // the party that runs it until then
	Operator  int64 // the party that runs it from then on
	ValidFrom calendar.Date
	WithUnits bool // what the former operator has of its pools, and is free, passes
	Document  string
	State     OperatorChangeState
	Command   int64
}

// An OperatorChangeState is where a change is.
type OperatorChangeState string

// The states of a change. ChangeDone and ChangeWithdrawn are final.
const (
	ChangePlanned   OperatorChangeState = "planned"
	ChangePassing   OperatorChangeState = "passing" // the operator is another, and units still pass
	ChangeDone      OperatorChangeState = "done"
	ChangeWithdrawn OperatorChangeState = "withdrawn" // before its day
)

// Begun reports whether the day of the change has come.
func (c OperatorChange) Begun() bool { return c.State == ChangePassing || c.State == ChangeDone }

// The faults of a change, in the order in which they are checked.
var (
	// ErrSameOperator is returned when the party runs the scheme already, and nothing else is planned.
	ErrSameOperator = fault.New(fault.Conflict, "carbon.same_operator", "the party runs the scheme already").At("operator")
	// ErrChangePlanned is returned while another change of the scheme waits for its day.
	ErrChangePlanned = fault.New(fault.Conflict, "carbon.operator_change_planned", "another operator is planned already: name the present one to withdraw that first").At("scheme")
)

// FromPool reports whether an issuance is of a scheme's participants.
func (i Issuance) FromPool() bool { return i.Project == 0 && i.Origin == "" }
