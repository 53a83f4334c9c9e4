package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// The faults of persons and grants, in the order in which they are checked.
var (
	// ErrPersonNotActive is returned when a person is suspended or has left.
	ErrPersonNotActive = fault.New(fault.Conflict, "person.not_active", "the person is suspended or has left").At("person")
	// ErrRolesConflict is returned when one human being would act for an enterprise
	// and for those who supervise or pay it: officers do not trade, and four eyes are
	// two persons.
	ErrRolesConflict = fault.New(fault.Refused, "identity.roles_conflict", "who acts for an enterprise holds no other role").At("role").
				Under("identity.officers_do_not_trade", "project default")
	// ErrGrantExists is returned when the person holds the same role already.
	ErrGrantExists = fault.New(fault.Conflict, "identity.grant_exists", "the person holds this role already")
	// ErrGrantRevoked is returned when a grant is revoked already.
	ErrGrantRevoked = fault.New(fault.Conflict, "identity.grant_revoked", "the grant is revoked already")
	// ErrLastAdmin is returned when nobody would be left to administer the registry.
	ErrLastAdmin = fault.New(fault.Refused, "identity.last_admin", "this is the last administrator: name another one first").
			Under("identity.one_admin", "project default")
)

// PersonAdd records a human being.
type PersonAdd struct{ Name string }

// GrantAdd gives a person a role.
type GrantAdd struct {
	Person       int64
	Role         identity.Role
	Region       string // officers; "" is every region
	WithChildren bool   // officers
	Party        int64  // enterprise
	Signer       bool   // enterprise
}

// GrantRevoke takes a role away.
type GrantRevoke struct{ Grant int64 }

var _ = declare(PersonAdd{}, GrantAdd{}, GrantRevoke{})

// Operation is PersonAdd.
func (PersonAdd) Operation() identity.Operation { return identity.PersonAdd }

// Decide checks the name. The result is a catalog.Person.
func (c PersonAdd) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PersonAdd, identity.Target{}); err != nil {
		return nil, err
	}
	p := catalog.Person{Name: c.Name, State: catalog.PersonActive}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, Persons, p) }, nil
}

// Operation is GrantAdd.
func (GrantAdd) Operation() identity.Operation { return identity.GrantAdd }

// Decide checks that the role fits what it is tied to, and the person's other
// roles. The result is an identity.Grant.
func (c GrantAdd) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.GrantAdd, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, Persons, "person", c.Person)
	if err != nil {
		return nil, err
	}
	if err := c.checkTies(v); err != nil {
		return nil, err
	}
	if p.State != catalog.PersonActive {
		return nil, ErrPersonNotActive.With("the person is %s", p.State)
	}
	g := identity.Grant{
		Person: c.Person, Role: c.Role, Region: c.Region, WithChildren: c.WithChildren,
		Party: c.Party, Signer: c.Signer,
	}
	if err := checkRoles(v.actor(c.Person).Grants, g); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.grant(g) }, nil
}

// grant gives a role from now on.
func (tx *Tx) grant(g identity.Grant) identity.Grant {
	g.State, g.GrantedAt = identity.GrantActive, tx.Now
	return Put(tx, Grants, g)
}

// endGrant takes a role away from now on.
func (tx *Tx) endGrant(g identity.Grant) identity.Grant {
	g.State, g.RevokedAt = identity.GrantRevoked, tx.Now
	return Put(tx, Grants, g)
}

// checkTies holds that the user of an enterprise or bank has a party, an
// operator of schemes the party that runs them, and an officer a region or every
// region; other roles are tied to nothing.
func (c GrantAdd) checkTies(v *View) error {
	if _, err := identity.ParseRole("role", string(c.Role)); err != nil {
		return err
	}
	isOfficer := slices.Contains(identity.Regional, c.Role)
	isUser := c.Role.IsOfParty()
	runs := c.Role == identity.Operator
	switch {
	case isUser && c.Party == 0:
		return fault.Invalidf("party", "name the party whose user the person is")
	case runs && c.Party == 0:
		return fault.Invalidf("party", "name the party that runs the schemes")
	case !isUser && !runs && c.Party != 0:
		return fault.Invalidf("party", "only the roles enterprise, bank and operator are tied to a party")
	case c.Role != identity.Enterprise && c.Signer:
		return fault.Invalidf("signer", "only a user of a party can be its signer")
	case !isOfficer && c.Region != "":
		return fault.Invalidf("region", "the role %s is not tied to a region", c.Role)
	case c.Region == "" && c.WithChildren:
		return fault.Invalidf("with_children", "without a region the role holds for every region")
	}
	if c.Region != "" {
		if _, err := v.Region("region", c.Region); err != nil {
			return err
		}
	}
	if c.Party != 0 {
		if _, err := Get(v, Parties, "party", c.Party); err != nil {
			return err
		}
	}
	if c.Role == identity.BankOfficer {
		if licencesOf.has(v, c.Party) {
			return ErrBankLicence.At("party")
		}
	}
	return nil
}

// checkRoles compares a new grant with those that the person has.
func checkRoles(has []identity.Grant, g identity.Grant) error {
	for _, other := range has {
		if other.Role != g.Role && (other.Role.IsOfParty() || g.Role.IsOfParty()) {
			return ErrRolesConflict.With("the person is %s: who acts for an enterprise or a bank holds no other role", other.Role)
		}
	}
	for _, other := range has {
		if other.Role == g.Role && other.Region == g.Region && other.WithChildren == g.WithChildren &&
			other.Party == g.Party && other.Signer == g.Signer {
			return ErrGrantExists.With("the person holds this role already, by grant %d", other.ID)
		}
	}
	return nil
}

// Operation is GrantRevoke.
func (GrantRevoke) Operation() identity.Operation { return identity.GrantRevoke }

// Decide checks that the grant is active and not that of the last
// administrator. The result is an identity.Grant.
func (c GrantRevoke) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.GrantRevoke, identity.Target{}); err != nil {
		return nil, err
	}
	g, err := Get(v, Grants, "id", c.Grant)
	if err != nil {
		return nil, err
	}
	if g.State != identity.GrantActive {
		return nil, ErrGrantRevoked
	}
	if g.Role == identity.Admin && !v.hasOtherAdmin(g.ID) {
		return nil, ErrLastAdmin
	}
	ending, err := v.standInsOf(g.ID)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		for _, end := range ending {
			end(tx)
		}
		return tx.endGrant(g)
	}, nil
}

func (v *View) hasOtherAdmin(grant int64) bool {
	for g := range adminGrants.of(v, identity.Admin) {
		if g.ID != grant {
			return true
		}
	}
	return false
}
