package app

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// StandIns are the orders by which a person acts for another.
var StandIns = resident[identity.StandIn]("stand_in")

// standInKey is what orders to stand in are found by: the person, the grant by which he
// acts, or the role that he stands in for.
type standInKey struct{ person, own, role int64 }

var standInsBy = indexed(StandIns, func(s identity.StandIn) []standInKey {
	return []standInKey{{person: s.Person}, {own: s.OwnGrant}, {role: s.RoleGrant}}
})

// StandInOrder lets a person act in the role of another from one day to
// another, by an order.
type StandInOrder struct {
	Grant     int64 // the role
	Person    int64 // who stands in
	ValidFrom calendar.Date
	ValidTo   calendar.Date
	Document  string
}

var (
	_ = declare(StandInOrder{})
	_ = declareTimer("stand_in.begin", beginStandIn)
	_ = declareTimer("stand_in.end", endStandIn)
)

// The faults of standing in, in the order in which they are checked.
var (
	// ErrStandInDays is returned when the days are in the past or run backwards.
	ErrStandInDays = fault.New(fault.Invalid, "stand_in.days", "a stand-in acts from today or a later day to that day or one after it")
	// ErrStandInSelf is returned when a person would stand in for himself.
	ErrStandInSelf = fault.New(fault.Invalid, "stand_in.self", "nobody stands in for himself").At("person")
	// ErrNoOfficerRole is returned when the role is not an officer's own and active one.
	ErrNoOfficerRole = fault.New(fault.Conflict, "stand_in.role", "only an officer's own active role can be stood in for").At("grant")
)

// Operation is StandInOrder.
func (StandInOrder) Operation() identity.Operation { return identity.StandInOrder }

// Decide checks the order and that the stand-in may hold the role. The result
// is an identity.StandIn.
func (c StandInOrder) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.StandInOrder, identity.Target{}); err != nil {
		return nil, err
	}
	role, err := Get(v, Grants, "grant", c.Grant)
	if err != nil {
		return nil, err
	}
	if _, err := Get(v, Persons, "person", c.Person); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if !c.ValidFrom.Valid() || c.ValidFrom < v.Today {
		return nil, ErrStandInDays.At("valid_from")
	}
	if !c.ValidTo.Valid() || c.ValidTo < c.ValidFrom {
		return nil, ErrStandInDays.At("valid_to")
	}
	if c.Person == role.Person {
		return nil, ErrStandInSelf
	}
	if role.State != identity.GrantActive || role.Role.IsOfParty() || role.Role == identity.Admin || v.isStandIn(role.ID) {
		return nil, ErrNoOfficerRole
	}
	s := identity.StandIn{
		RoleGrant: role.ID, StandsInFor: role.Person, Person: c.Person, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo,
		Document: c.Document, State: identity.StandInPending,
	}
	begin, err := v.standIn(s)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		s = Put(tx, StandIns, s)
		if s.ValidFrom <= tx.Today {
			s = begin(tx, s)
		} else {
			tx.Arm(s.ValidFrom.Start(), "stand_in.begin", s.ID)
		}
		tx.Arm(s.ValidTo.AddDays(1).Start(), "stand_in.end", s.ID)
		return s
	}, nil
}

// standIn checks that the person may hold the role and returns what gives it.
func (v *View) standIn(s identity.StandIn) (func(*Tx, identity.StandIn) identity.StandIn, error) {
	p, err := Get(v, Persons, "person", s.Person)
	if err != nil {
		return nil, err
	}
	if p.State != catalog.PersonActive {
		return nil, ErrPersonNotActive.With("the person is %s", p.State)
	}
	g, err := Get(v, Grants, "grant", s.RoleGrant)
	if err != nil {
		return nil, err
	}
	g.ID, g.Person = 0, s.Person
	if err := checkRoles(v.actor(s.Person).Grants, g); err != nil {
		return nil, err
	}
	return func(tx *Tx, s identity.StandIn) identity.StandIn {
		s.OwnGrant, s.State = tx.grant(g).ID, identity.StandInActive
		return Put(tx, StandIns, s)
	}, nil
}

// checkAnother returns a fault unless the actor may do an operation as another
// than the person who did what it is about: neither he himself, nor who acts only
// in his stead.
func (v *View) checkAnother(than int64, op identity.Operation, t identity.Target, same *fault.Error) error {
	own := v.Actor.Without(v.standInGrants(v.Actor.Person, than)...)
	if v.Actor.Person == than || identity.Authorise(own, op, t) != nil {
		return same
	}
	return nil
}

// isStandIn reports whether a grant was made by an order to stand in.
func (v *View) isStandIn(grant int64) bool {
	return standInsBy.has(v, standInKey{own: grant})
}

// standInGrants are the grants by which a person acts for another.
func (v *View) standInGrants(person, standsInFor int64) (grants []int64) {
	for s := range standInsBy.of(v, standInKey{person: person}) {
		if s.StandsInFor == standsInFor && s.OwnGrant != 0 {
			grants = append(grants, s.OwnGrant)
		}
	}
	return grants
}

// standInsOf returns what ends the orders to stand in for a role.
func (v *View) standInsOf(grant int64) (ending []Apply, err error) {
	for s := range standInsBy.of(v, standInKey{role: grant}) {
		if s.State != identity.StandInEnded {
			end, err := endStandIn(v, s.ID)
			if err != nil {
				return nil, err
			}
			ending = append(ending, end)
		}
	}
	return ending, nil
}

// beginStandIn gives the role on the first day, where the role still is.
func beginStandIn(v *View, id int64) (Apply, error) {
	s, err := Get(v, StandIns, "id", id)
	if err != nil || s.State != identity.StandInPending {
		return nil, err
	}
	role, err := Get(v, Grants, "grant", s.RoleGrant)
	if err != nil {
		return nil, err
	}
	if role.State != identity.GrantActive {
		return nil, ErrNoOfficerRole
	}
	begin, err := v.standIn(s)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return begin(tx, s) }, nil
}

// endStandIn takes the role back after the last day.
func endStandIn(v *View, id int64) (Apply, error) {
	s, err := Get(v, StandIns, "id", id)
	if err != nil {
		return nil, err
	}
	s.State = identity.StandInEnded
	return func(tx *Tx) any {
		if s.OwnGrant != 0 {
			if g := mustGet(tx, Grants, s.OwnGrant); g.State == identity.GrantActive {
				tx.endGrant(g)
			}
		}
		return Put(tx, StandIns, s)
	}, nil
}
