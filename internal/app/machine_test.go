package app

import (
	"maps"
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
)

// A machine is a workflow as the writer runs it: one record in an office that
// is brought to each state by the commands of its table, and there meets every
// event by everybody. What the table has happens; what it has not is refused
// with a reason and changes nothing.
type machine[S, E ~string] struct {
	office  *office // the record is in its first state
	players []player
	states  []S // that are looked at: each must be reached; nil: all that are
	events  []E
	next    func(S, E, player) (S, error)      // the table
	takes   func(S, E, player) bool            // whether it is for the player to take such a step at all
	command func(o *office, at S, e E) Command // that asks for the step; nil: nothing does
	ready   func(o *office, at S, e E)         // what else a step needs before it is taken; nil: nothing
	passes  map[E]func(o *office, at S) bool   // brings about what nobody asks for; false: not from this state
	state   func(o *office) S
	because []*fault.Error // why a step is refused to those who take it
	denied  []*fault.Error // what others are told, beside that their role may not or that there is no such record
}

// A player is somebody in a role.
type player struct {
	name   string
	role   identity.Role
	person int64
	isAway bool // of another region or party than the record
}

// cast is somebody in each role, for a record of Jiashan and of a firm: its own
// people, and the like of another region or party.
func (o *office) cast(own firm) []player {
	o.t.Helper()
	other := o.firm(jiaxing, 77)
	bank := done[PartyResult](o, o.clerk, PartyRegister{Name: "bank", USCC: uscc(jiaxing, 78), Region: jiaxing, Industry: "6621"}).Party.ID
	all := []player{
		{"its user", identity.Enterprise, own.user, false},
		{"another's user", identity.Enterprise, other.user, true},
		{"admin", identity.Admin, o.admin, false},
	}
	for _, role := range identity.Roles {
		if role == identity.Enterprise || role == identity.Admin {
			continue
		}
		g := GrantAdd{Role: role}
		if role == identity.Operator {
			g.Party = own.party
		}
		if role == identity.BankOfficer {
			g.Party = bank
		}
		all = append(all, player{string(role), role, o.person(string(role), g), role == identity.BankOfficer})
		if slices.Contains(identity.Regional, role) {
			g.Region = qingpu
			all = append(all, player{string(role) + " elsewhere", role, o.person(string(role)+" elsewhere", g), true})
		}
	}
	return all
}

// registry is who brings about what nobody asks for.
var registry = player{name: "the registry", role: identity.System}

// isOf reports whether identity.Table lets the player do an operation to the record.
func (p player) isOf(op identity.Operation) bool {
	relation := identity.Table[op][p.role]
	return relation == identity.Any || relation == identity.Own && !p.isAway
}

// byTable is a machine whose steps are taken by those whom identity.Table names
// for the operation of each.
func byTable[S, E ~string](next func(S, E) (S, error), operation func(S, E) identity.Operation) (m machine[S, E]) {
	m.takes = func(at S, e E, p player) bool { return p == registry || p.isOf(operation(at, e)) }
	m.next = func(at S, e E, p player) (S, error) {
		if !m.takes(at, e, p) {
			return at, identity.ErrForbidden
		}
		return next(at, e)
	}
	return m
}

// steps is a table of steps that is written out.
func steps[S, E ~string](refused *fault.Error, table map[S]map[E]S) func(S, E) (S, error) {
	return func(at S, e E) (S, error) {
		if to, can := table[at][e]; can {
			return to, nil
		}
		return at, refused
	}
}

// drive holds the machine to its table, state × event × player, and returns the
// states that it has looked at.
func (m machine[S, E]) drive(t *testing.T) []S {
	t.Helper()
	offices, taken := m.reach(t), 0
	if m.states == nil {
		m.states = slices.Sorted(maps.Keys(offices))
	}
	for _, at := range m.states {
		o := offices[at]
		if o == nil {
			t.Errorf("nothing leads to %s", at)
			continue
		}
		before := o.mutable()
		for _, e := range m.events {
			for _, p := range m.players {
				taken += m.meets(t, o, at, e, p)
			}
		}
		if o.mutable() != before || m.state(o) != at {
			t.Errorf("%s: a refused step has changed something: it is %s", at, m.state(o))
		}
		o.check()
	}
	t.Logf("%d of %d steps were taken", taken, len(m.states)*len(m.events)*len(m.players))
	for _, o := range offices {
		o.app.Close()
	}
	return m.states
}

// reach is an office for each state, with the record in it, along the table.
func (m machine[S, E]) reach(t *testing.T) map[S]*office {
	t.Helper()
	first := m.state(m.office)
	offices, todo := map[S]*office{first: m.office}, []S{first}
	for ; len(todo) > 0; todo = todo[1:] {
		at := todo[0]
		for _, e := range m.events {
			for _, p := range append(m.players, registry) {
				to, err := m.next(at, e, p)
				if err != nil || offices[to] != nil || (p == registry) != (m.passes[e] != nil) {
					continue
				}
				o := offices[at].twin()
				if p == registry && !m.passes[e](o, at) {
					o.app.Close()
					continue
				}
				if p != registry {
					if f := m.take(o, at, e, p); f != nil {
						t.Fatalf("%s %s by %s: %v", at, e, p.name, f)
					}
				}
				o.check()
				if got := m.state(o); got != to {
					t.Fatalf("%s %s by %s: it is %s, want %s", at, e, p.name, got, to)
				}
				offices[to], todo = o, append(todo, to)
			}
		}
	}
	return offices
}

// take sends a step that the table has.
func (m machine[S, E]) take(o *office, at S, e E, p player) *fault.Error {
	o.t.Helper()
	if m.ready != nil {
		m.ready(o, at, e)
	}
	return o.do(p.person, m.command(o, at, e))
}

// meets tries one step of one player, and returns 1 where it was taken.
func (m machine[S, E]) meets(t *testing.T, o *office, at S, e E, p player) int {
	t.Helper()
	c := m.command(o, at, e)
	if c == nil {
		return 0
	}
	if to, err := m.next(at, e, p); err == nil {
		twin := o.twin()
		defer twin.app.Close()
		if f := m.take(twin, at, e, p); f != nil {
			t.Errorf("%s %s by %s: %v", at, e, p.name, f)
		} else if got := m.state(twin); got != to {
			t.Errorf("%s %s by %s: it is %s, want %s", at, e, p.name, got, to)
		}
		return 1
	}
	reasons := m.because
	if !m.takes(at, e, p) {
		reasons = append([]*fault.Error{identity.ErrForbidden, identity.ErrNotYours}, m.denied...)
	}
	switch f, proposed := o.ask(p.person, c); {
	case f == nil:
		t.Errorf("%s %s by %s: done (a proposal: %t), want it refused", at, e, p.name, proposed)
	case !slices.ContainsFunc(reasons, func(r *fault.Error) bool { return r.Code == f.Code }):
		t.Errorf("%s %s by %s: refused by %v", at, e, p.name, f)
	}
	return 0
}

// twin is an office with the same rows at the same time, that goes its own way.
func (o *office) twin() *office {
	o.t.Helper()
	o.settle()
	o.store.mu.Lock()
	s := &fakeStore{registry: o.store.registry, tables: map[string]*fakeTable{}, unique: o.store.unique, reads: map[string]int{}}
	for name, t := range o.store.tables {
		s.tables[name] = &fakeTable{maps.Clone(t.rows), slices.Clone(t.ids)}
	}
	o.store.mu.Unlock()
	twin := &office{
		t: o.t, store: s, seals: o.seals, keys: o.keys,
		admin: o.admin, clerk: o.clerk, leader: o.leader, finance: o.finance, upper: o.upper, second: o.second,
	}
	twin.now.set(o.now.get())
	twin.start()
	return twin
}
