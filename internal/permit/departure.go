package permit

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A DepartureKind says why a site leaves its region's permits.
type DepartureKind string

// The kinds of departure.
const (
	Relocation DepartureKind = "relocation" // 迁出: the site moves to another region
	Closure    DepartureKind = "closure"    // 关闭
	Bankruptcy DepartureKind = "bankruptcy" // 破产
)

// DepartureKinds are all kinds of departure.
var DepartureKinds = []DepartureKind{Relocation, Closure, Bankruptcy}

// A DepartureState is where a departure is in its life.
type DepartureState string

// The states of a departure.
const (
	DepartureOpen      DepartureState = "open"      // what was free is taken back; the paid part is to be disposed of
	DepartureCompleted DepartureState = "completed" // nothing is left: the licence is revoked
	DepartureWithdrawn DepartureState = "withdrawn" // the site stays; what was taken back stays taken back
)

// DepartureStates are all states of a departure.
var DepartureStates = []DepartureState{DepartureOpen, DepartureCompleted, DepartureWithdrawn}

// A DepartureEvent is a step of a departure.
type DepartureEvent string

// The steps of a departure.
const (
	CompleteDeparture DepartureEvent = "complete"
	WithdrawDeparture DepartureEvent = "withdraw"
)

// DepartureEvents are all steps of a departure.
var DepartureEvents = []DepartureEvent{CompleteDeparture, WithdrawDeparture}

// departures are the steps that can be taken, by the leader of the bureau.
var departures = map[DepartureState]map[DepartureEvent]DepartureState{
	DepartureOpen: {CompleteDeparture: DepartureCompleted, WithdrawDeparture: DepartureWithdrawn},
}

// The faults of a departure, in the order in which they are checked.
var (
	// ErrDepartureOpen is returned when the licence is leaving already.
	ErrDepartureOpen = fault.New(fault.Conflict, "departure.open", "a departure of this licence is open already").At("licence")
	// ErrDepartureState is returned when the departure has come to its end.
	ErrDepartureState = fault.New(fault.Conflict, "departure.state", "the departure has come to its end")
	// ErrDepartureLeft is returned when the licence still has permits, or something rests on it.
	ErrDepartureLeft = fault.New(fault.Refused, "departure.left", "something is left of the licence: have it bought back, sold, or moved by a cross-region deal first").
				Under("departure.nothing_left", "project default")
)

// Departure is that a site leaves: it moves to another region, or ends. Its
// free permits are taken back into the reserve (无偿收回); its paid ones are
// bought back, sold or moved by a cross-region deal before it is complete.
type Departure struct {
	ID          int64
	Kind        DepartureKind
	Party       int64
	Licence     int64
	Region      string
	Document    string
	EffectiveOn calendar.Date
	Reclaimed   quantity.Quantity // free permits, of all pollutants, that came into the reserve; t/a
	Transfer    int64             // 0: nothing was free
	State       DepartureState
	EndDocument string
	RecordedAt  calendar.Instant
	EndedAt     calendar.Instant
	Command     int64
}

// Validate returns a fault that names the first field that is wrong.
func (d Departure) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("kind", d.Kind, DepartureKinds),
		catalog.CheckDocument("document", d.Document),
	); err != nil {
		return err
	}
	if !d.EffectiveOn.Valid() {
		return fault.Invalidf("effective_on", "must be the day from which it holds")
	}
	return nil
}

// Next is the departure after a step, or ErrDepartureState.
func (d Departure) Next(e DepartureEvent) (Departure, error) {
	to, ok := departures[d.State][e]
	if !ok {
		return d, ErrDepartureState.With("the departure is %s", d.State)
	}
	d.State = to
	return d, nil
}
