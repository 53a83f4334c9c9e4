package catalog

import "permitx/internal/fault"

// A PersonState says whether a person may act.
type PersonState string

// The states of a person.
const (
	PersonActive    PersonState = "active"
	PersonSuspended PersonState = "suspended"
	PersonClosed    PersonState = "closed" // left; the record stays, as the journal names it
)

// PersonStates are all states of a person.
var PersonStates = []PersonState{PersonActive, PersonSuspended, PersonClosed}

// A Person is one human being. Keys and roles belong to a person, so that two
// roles of the same one never count as four eyes.
type Person struct {
	ID      int64
	Name    string
	State   PersonState
	Command int64
}

// Validate returns a fault that names the first field that is wrong.
func (p Person) Validate() error {
	return fault.First(checkText("name", p.Name, textMax), checkOneOf("state", p.State, PersonStates))
}
