package permit

import (
	"slices"

	"permitx/internal/fault"
)

// A ProjectState is where a project is in its life.
type ProjectState string

// The states of a project; the last two are final.
const (
	Proposed  ProjectState = "proposed"
	Approved  ProjectState = "approved"
	Reduced   ProjectState = "reduced" // approved, and needs less than it did
	Cancelled ProjectState = "cancelled"
	Completed ProjectState = "completed" // accepted: it keeps what it discharges
)

// ProjectStates are all states of a project.
var ProjectStates = []ProjectState{Proposed, Approved, Reduced, Cancelled, Completed}

// MayBuy reports whether permits may be bought for a project and put to it.
func (s ProjectState) MayBuy() bool { return s == Approved || s == Reduced }

// A ProjectEvent is a step of a project.
type ProjectEvent string

// The steps of a project.
const (
	Approve  ProjectEvent = "approve"
	Reduce   ProjectEvent = "reduce"
	Cancel   ProjectEvent = "cancel"
	Complete ProjectEvent = "complete"
)

// ProjectEvents are all steps of a project.
var ProjectEvents = []ProjectEvent{Approve, Reduce, Cancel, Complete}

// A Transition is a row of the table: in one of the states From, the region's
// bureau may take the step Event, under four eyes, and the project is To.
type Transition struct {
	From  []ProjectState
	Event ProjectEvent
	To    ProjectState
}

// Transitions are every step that can be taken. What is not here is refused.
var Transitions = []Transition{
	{From: []ProjectState{Proposed}, Event: Approve, To: Approved},
	{From: []ProjectState{Approved, Reduced}, Event: Reduce, To: Reduced},
	{From: []ProjectState{Proposed, Approved, Reduced}, Event: Cancel, To: Cancelled},
	{From: []ProjectState{Approved, Reduced}, Event: Complete, To: Completed},
}

// The faults of a step, in the order in which they are checked.
var (
	// ErrProjectStep is returned when the state of a project does not allow a step.
	ErrProjectStep = fault.New(fault.Conflict, "project.step_not_allowed", "the state of the project does not allow this step").At("event")
)

// Next is the project's state after a step. Returns ErrProjectStep.
func (p Project) Next(e ProjectEvent) (ProjectState, error) {
	for _, t := range Transitions {
		if t.Event != e || !slices.Contains(t.From, p.State) {
			continue
		}
		return t.To, nil
	}
	return "", ErrProjectStep.With("a project that is %s cannot %s", p.State, e)
}
