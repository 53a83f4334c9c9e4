package encumbrance

import "slices"

// State is where a freeze is in its life.
type State string

// The states of a freeze.
const (
	Pending   State = "pending"   // it begins on a day to come
	Emergency State = "emergency" // in effect, and lapses unless it is confirmed
	Active    State = "active"    // in effect
	Released  State = "released"
	Expired   State = "expired"  // its last day has passed
	Lapsed    State = "lapsed"   // an emergency freeze that nobody confirmed
	Enforced  State = "enforced" // all of it went to buyers of judicial sales
	Ended     State = "ended"    // the term of the permits is over
)

// States are all states of a freeze.
var States = []State{Pending, Emergency, Active, Released, Expired, Lapsed, Enforced, Ended}

// InEffect are the states in which a freeze keeps something aside.
var InEffect = []State{Emergency, Active}

// Open are the states that are not final.
var Open = []State{Pending, Emergency, Active}

// IsInEffect reports whether a freeze in this state keeps something aside.
func (s State) IsInEffect() bool { return slices.Contains(InEffect, s) }

// IsOpen reports whether the state is not final.
func (s State) IsOpen() bool { return slices.Contains(Open, s) }

// Event is what happens to a freeze.
type Event string

// The events.
const (
	Start   Event = "start"   // its first day has come
	Confirm Event = "confirm" // a second person agrees to an emergency freeze
	Lapse   Event = "lapse"   // nobody did
	Extend  Event = "extend"
	Sell    Event = "sell"    // a part goes to the buyer of a judicial sale
	Exhaust Event = "exhaust" // all of it has gone
	Release Event = "release"
	Expire  Event = "expire"
	End     Event = "end" // the term of the permits is over
)

// Events are all events.
var Events = []Event{Start, Confirm, Lapse, Extend, Sell, Exhaust, Release, Expire, End}

// Role is on whose behalf an event happens.
type Role string

// The roles.
const (
	AsOfficer Role = "officer" // of the bureau of the freeze's region
	AsSystem  Role = "system"  // timers, and what follows from another command
)

// Roles are all roles.
var Roles = []Role{AsOfficer, AsSystem}

// Transition is a row of the table: in one of the states From, By may do
// Event, and the freeze is To.
type Transition struct {
	From  []State
	Event Event
	By    Role
	To    State // "": it stays where it is
}

// Transitions are everything that can happen to a freeze: state × event × role
// → state. What is not here is refused.
var Transitions = []Transition{
	{[]State{Pending}, Start, AsSystem, Active},
	{[]State{Emergency}, Confirm, AsOfficer, Active},
	{[]State{Emergency}, Lapse, AsSystem, Lapsed},
	{[]State{Pending, Active}, Extend, AsOfficer, ""},
	{[]State{Active}, Sell, AsOfficer, ""},
	{[]State{Active}, Exhaust, AsSystem, Enforced},
	{[]State{Pending, Emergency, Active}, Release, AsOfficer, Released},
	{[]State{Active}, Expire, AsSystem, Expired},
	{[]State{Pending, Emergency, Active}, End, AsSystem, Ended},
}

// Next returns the state of a freeze after an event, or ErrState.
func Next(s State, e Event, by Role) (State, error) {
	for _, t := range Transitions {
		if t.Event == e && t.By == by && slices.Contains(t.From, s) {
			if t.To == "" {
				return s, nil
			}
			return t.To, nil
		}
	}
	return s, ErrState.With("the freeze is %s: %s by the %s is not possible", s, e, by)
}

// Next is the freeze after an event, or ErrState.
func (f Freeze) Next(e Event, by Role) (Freeze, error) {
	s, err := Next(f.State, e, by)
	f.State = s
	return f, err
}
