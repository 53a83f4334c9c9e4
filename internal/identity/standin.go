package identity

import "permitx/internal/calendar"

// StandInState is where a stand-in's order is in its time.
type StandInState string

// The states of an order that somebody stands in.
const (
	StandInPending StandInState = "pending"
	StandInActive  StandInState = "active"
	StandInEnded   StandInState = "ended"
)

// A StandIn is an order by which a person acts in the role of another for some
// days. While it is active the person has a grant of his own, made by it.
type StandIn struct {
	ID          int64
	RoleGrant   int64 // the role
	StandsInFor int64 // whose it is
	Person      int64 // who acts
	ValidFrom   calendar.Date
	ValidTo     calendar.Date // included
	Document    string
	State       StandInState
	OwnGrant    int64 // the grant that the order made; 0: not yet
	Command     int64
}
