package app

import (
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/opening"
)

// packaging is the machine of a package of a file: what the registry does after its
// sign-off it does at once.
func packaging(t *testing.T, file sheets) machine[opening.State, opening.Event] {
	t.Helper()
	o := openOffice(t)
	id := o.submits(o.clerk, file).Package.ID
	m := byTable(func(at opening.State, e opening.Event) (opening.State, error) {
		if e == opening.Refuse && at == opening.Checked { // signed off, and something has come between
			return opening.Refused, nil
		}
		p, err := opening.Package{State: at}.Step(e, opening.Officer)
		if p.State == opening.Verifying {
			p.State = opening.Taken
		}
		return p.State, err
	}, func(opening.State, opening.Event) identity.Operation { return identity.OpeningTake })
	m.office, m.players, m.events = o, o.cast(o.firm(qingpu, 1)), opening.Events
	m.state = func(o *office) opening.State { o.settle(); return storedRow(o, OpeningPackages, id).State }
	m.command = func(_ *office, _ opening.State, e opening.Event) Command {
		if e == opening.SignOff {
			return OpeningTake{id}
		}
		return nil
	}
	m.passes = map[opening.Event]func(*office, opening.State) bool{
		opening.Refuse: func(o *office, _ opening.State) bool {
			o.now.set(calendar.Date(20290102).Start()) // the term of a row is over
			o.does(o.leader, OpeningTake{id})
			return true
		},
	}
	m.because = []*fault.Error{opening.ErrState}
	return m
}

// A package in each state in which it waits, and in each of its ends, meets every
// step by everybody. While it is verified and taken nobody changes anything
// (TestOpening_*).
func TestOpeningPackage_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	t.Run("checked", func(t *testing.T) {
		t.Parallel()
		m := packaging(t, small())
		m.states = []opening.State{opening.Checked, opening.Taken, opening.Refused}
		m.drive(t)
	})
	t.Run("faulty", func(t *testing.T) {
		t.Parallel()
		file := small()
		file.add("caps", jiashan, vocs, "not a number", "60", "10", "总量1", "2021-03-01")
		m := packaging(t, file)
		m.states = []opening.State{opening.Faulty}
		m.drive(t)
	})
}
