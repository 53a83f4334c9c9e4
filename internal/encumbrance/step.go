package encumbrance

import (
	"slices"

	"permitx/internal/calendar"
)

// Body is on whose behalf a step of a lease or pledge is taken.
type Body string

// The bodies.
const (
	ByLessor Body = "lessor"
	ByLessee Body = "lessee"
	ByHolder Body = "holder" // who pledges
	ByBank   Body = "bank"   // the pledgee
	ByBuyer  Body = "buyer"  // of what is sold out of a pledge
	ByBureau Body = "bureau" // the leader of the region's bureau
	BySystem Body = "system" // timers, and what follows from another command
)

// Bodies are all bodies.
var Bodies = []Body{ByLessor, ByLessee, ByHolder, ByBank, ByBuyer, ByBureau, BySystem}

// StepOf is a row of a table of steps: in one of the states From, one of By may
// take the step Event, and what it is about is To ("": it stays where it is).
type StepOf[S, E ~string] struct {
	From     []S
	Event    E
	By       []Body
	To       S
	Document bool // the step names a document
	Note     bool // the step gives a reason
}

// find is the row of a step that one of some bodies may take, and that body.
func find[S, E ~string](table []StepOf[S, E], at S, e E, bodies []Body) (row StepOf[S, E], by Body, found bool) {
	for _, row := range table {
		if row.Event != e || !slices.Contains(row.From, at) {
			continue
		}
		for _, b := range bodies {
			if slices.Contains(row.By, b) {
				if row.To == "" {
					row.To = at
				}
				return row, b, true
			}
		}
	}
	return row, by, false
}

// Kind is what a step is about.
type Kind string

// The kinds.
const (
	OfLease  Kind = "lease"
	OfPledge Kind = "pledge"
)

// TakenStep is a step that was taken. It never changes.
type TakenStep struct {
	ID        int64
	Kind      Kind
	Reference int64 // the lease or pledge
	Event     string
	Person    int64 // 0: the system
	Body      Body
	FromState string
	ToState   string
	Document  string
	Note      string
	At        calendar.Instant
	Command   int64
}
