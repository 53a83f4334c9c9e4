// Package identity says who may do what: persons, their roles, and one table
// of operation × role × relation. It is pure; keys are compared by hash.
//
// A person's grants tie a role to a region (with or without its children), to
// a party, or to nothing. What a caller may not know exists is answered as if
// it did not exist.
package identity

import (
	"crypto/sha256"
	"encoding/hex"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// Role is what a person does on the exchange.
type Role string

// The roles of the exchange.
const (
	Public       Role = "public" // no key
	Enterprise   Role = "enterprise"
	BureauClerk  Role = "bureau_clerk"
	BureauLeader Role = "bureau_leader"
	Finance      Role = "finance"
	Upper        Role = "upper"
	Partner      Role = "partner"
	BankOfficer  Role = "bank"
	Operator     Role = "operator"
	Verifier     Role = "verifier"
	Auditor      Role = "auditor"
	Admin        Role = "admin"
	System       Role = "system" // timers; nobody holds it
)

// IsOfParty reports whether who holds the role acts for a party.
func (r Role) IsOfParty() bool { return r == Enterprise || r == BankOfficer }

// Roles are the roles that a grant may give.
var Roles = []Role{Enterprise, BureauClerk, BureauLeader, Finance, Upper, Partner, BankOfficer, Operator, Verifier, Auditor, Admin}

// Regional are the roles that may be tied to a region: its officers, and who
// runs or verifies its carbon schemes.
var Regional = []Role{BureauClerk, BureauLeader, Finance, Upper, Operator, Verifier}

// ParseRole reads a role that a grant may give.
func ParseRole(field, s string) (Role, error) {
	for _, r := range Roles {
		if string(r) == s {
			return r, nil
		}
	}
	return "", fault.Invalidf(field, "%q is not a role; a role is one of enterprise, bureau_clerk, bureau_leader, finance, upper, partner, bank, operator, verifier, auditor, admin", s)
}

// Grant gives a person a role, over a region or a party where the role is tied to one.
type Grant struct {
	ID           int64
	Person       int64
	Role         Role
	Region       string // Regional: GB/T 2260 code; "" is every region of the registry
	WithChildren bool   // Regional: also the regions below
	Party        int64  // enterprise, bank: whose user this is; operator: which runs the schemes
	Signer       bool   // enterprise: may confirm over the party's limit
	State        GrantState
	GrantedAt    calendar.Instant // 0: not recorded, it was given before that was
	RevokedAt    calendar.Instant // 0: it is active, or nobody recorded when it ended
	Command      int64
}

// WasHeld reports whether the role was held at some time from one instant to
// another, as far as that was recorded.
func (g Grant) WasHeld(from, to calendar.Instant) bool {
	return g.GrantedAt <= to && (g.RevokedAt == 0 || g.RevokedAt >= from)
}

// GrantState is active or revoked.
type GrantState string

// The states of a grant.
const (
	GrantActive  GrantState = "active"
	GrantRevoked GrantState = "revoked"
)

// Key is an API key of a person. The secret is shown once and never stored.
type Key struct {
	ID        int64
	Person    int64
	Label     string
	Hash      string // SHA-256 of the secret, in hex
	Prefix    string // the first characters, to recognise it by
	CreatedAt calendar.Instant
	ExpiresAt calendar.Instant // 0: never
	RevokedAt calendar.Instant // 0: not revoked
	Command   int64
}

// KeyPrefix begins every API key's secret.
const KeyPrefix = "px_"

// HashSecret is what is stored of an API key. The secrets are 256 random
// bits, so a plain hash is enough.
func HashSecret(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// IsUsable reports whether the key opens anything at an instant.
func (k Key) IsUsable(at calendar.Instant) bool {
	return k.RevokedAt == 0 && (k.ExpiresAt == 0 || at < k.ExpiresAt)
}

// Actor is who sends a command or asks a question.
type Actor struct {
	Person int64 // 0: the public, or the system's timers
	Grants []Grant
}

// SystemActor runs the timers.
var SystemActor = Actor{Grants: []Grant{{Role: System}}}

// Has reports whether the actor holds any of the roles, whatever its relation.
func (a Actor) Has(roles ...Role) bool {
	for _, g := range a.Grants {
		for _, r := range roles {
			if g.Role == r {
				return true
			}
		}
	}
	return false
}

// Parties are the parties whose user the actor is.
func (a Actor) Parties() []int64 {
	var out []int64
	for _, g := range a.Grants {
		if g.Role == Enterprise && g.Party != 0 {
			out = append(out, g.Party)
		}
	}
	return out
}

// Banks are the parties that the actor acts for as their bank officer.
func (a Actor) Banks() []int64 {
	var out []int64
	for _, g := range a.Grants {
		if g.Role == BankOfficer {
			out = append(out, g.Party)
		}
	}
	return out
}

// MaySign reports whether the actor is a signer of a party.
func (a Actor) MaySign(party int64) bool {
	for _, g := range a.Grants {
		if g.Role == Enterprise && g.Party == party && g.Signer {
			return true
		}
	}
	return false
}

// covers reports whether the grant's region takes in region.
func (g Grant) covers(region string) bool {
	return g.Region == "" || catalog.IsWithin(region, g.Region, g.WithChildren)
}

// Target is what an operation is about, for the relation.
type Target struct {
	Parties []int64  // own: the actor is a user of one of them
	Regions []string // own: the actor's grant covers one of them

	Operator int64 // of a scheme: own of who holds the role operator of this party only; 0: of no scheme
}

// OfParty is a target that belongs to a party and, for officers, a region.
func OfParty(party int64, region string) Target {
	return Target{Parties: []int64{party}, Regions: []string{region}}
}

// OfRegion is a target that belongs to a region.
func OfRegion(region string) Target { return Target{Regions: []string{region}} }

// OfScheme is a target that belongs to a carbon-inclusive scheme: to the officers
// of its region, and there to the party that runs it.
func OfScheme(region string, operator int64) Target {
	return Target{Regions: []string{region}, Operator: operator}
}

// The faults of authorisation, in the order in which they are checked.
var (
	// ErrNoKey is returned when a call that needs a key has none.
	ErrNoKey = fault.New(fault.Unauthenticated, "identity.key_missing", "this call needs an API key: send the header Authorization: Bearer px_…")
	// ErrBadKey is returned for a key that is unknown, expired or revoked.
	ErrBadKey = fault.New(fault.Unauthenticated, "identity.key_not_valid", "the API key is unknown, expired or revoked")
	// ErrForbidden is returned when none of the actor's roles may do this.
	ErrForbidden = fault.New(fault.Forbidden, "identity.forbidden", "your role may not do this")
	// ErrNotYours is returned when the role may do this, but not to this object.
	ErrNotYours = fault.New(fault.NotFound, "record.not_found", "there is no such record, or you may not see it")
)

// Authorise returns nil when a may do op to t. With a zero target only the
// role is checked.
func Authorise(a Actor, op Operation, t Target) error {
	rule, known := Table[op]
	if !known {
		panic("identity: no rule for operation " + string(op))
	}
	if err := rule.authorise(a, t); err != ErrForbidden { //nolint:errorlint // the sentinel itself
		return err
	}
	return ErrForbidden.With("%s may be done by %s", op, rule.names())
}

func (r Rule) authorise(a Actor, t Target) error {
	roleFits := false
	for _, g := range a.Grants {
		relation, ok := r[g.Role]
		if !ok {
			continue
		}
		roleFits = true
		if g.fits(relation, t) {
			return nil
		}
	}
	switch {
	case r[Public] != None:
		return nil
	case roleFits:
		return ErrNotYours
	case a.Person == 0 && len(a.Grants) == 0:
		return ErrNoKey
	}
	return ErrForbidden
}

// runs reports whether the grant is of another role than operator, or of the
// party that runs a scheme; 0: what it is about is of no scheme.
func (g Grant) runs(operator int64) bool {
	return g.Role != Operator || operator == 0 || g.Party == operator
}

func (g Grant) fits(r Relation, t Target) bool {
	switch r {
	case Any:
		return true
	case Own:
		if g.Role.IsOfParty() {
			for _, p := range t.Parties {
				if p == g.Party {
					return true
				}
			}
			return len(t.Parties) == 0 && len(t.Regions) == 0
		}
		for _, region := range t.Regions {
			if g.covers(region) && g.runs(t.Operator) {
				return true
			}
		}
		return len(t.Parties) == 0 && len(t.Regions) == 0
	case None:
	}
	return false
}
