package app

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// The bounds of what is kept of an API key, in characters.
const (
	keyLabelMax  = 100
	keyPrefixMax = 16
	keyHashLen   = 64
)

var (
	keysWith = indexed(Keys, func(k identity.Key) []string { return []string{k.Hash} })
	openKeys = indexed(Keys, func(k identity.Key) []int64 { return when(k.RevokedAt == 0, k.Person) })
)

// The faults of API keys, in the order in which they are checked.
var (
	// ErrKeyTaken is returned when two keys would have the same secret.
	ErrKeyTaken = fault.New(fault.Conflict, "identity.key_taken", "there is a key with this secret already: make another one")
	// ErrKeyRevoked is returned when a key is revoked already.
	ErrKeyRevoked = fault.New(fault.Conflict, "identity.key_revoked", "the key is revoked already")
	// ErrNotEmpty is returned when the first administrator of a registry is made
	// a second time.
	ErrNotEmpty = fault.New(fault.Conflict, "registry.not_empty", "the registry has persons already: ask an administrator for a key")
)

// KeyMake makes an API key. The secret is not part of it, only its hash: who
// sends the command has made the secret and shows it once.
type KeyMake struct {
	Person    int64
	Label     string
	Hash      string           // identity.HashSecret of the secret
	Prefix    string           // the secret's first characters
	ExpiresAt calendar.Instant // 0: never
}

// KeyResult is a key that was made.
type KeyResult struct{ Key identity.Key }

// KeyRevoke ends an API key.
type KeyRevoke struct{ Key int64 }

// Bootstrap makes the first administrator of an empty registry, with a key.
type Bootstrap struct {
	Name   string
	Label  string
	Hash   string
	Prefix string
}

// BootstrapResult is who was made, and with what.
type BootstrapResult struct {
	Person catalog.Person
	Grant  identity.Grant
	Key    identity.Key
}

var _ = declare(KeyMake{}, KeyRevoke{}, Bootstrap{})

// Operation is KeyMake.
func (KeyMake) Operation() identity.Operation { return identity.KeyMake }

// Decide checks the person and the key. The result is a KeyResult.
func (c KeyMake) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.KeyMake, identity.Target{}); err != nil {
		return nil, err
	}
	p, err := Get(v, Persons, "person", c.Person)
	if err != nil {
		return nil, err
	}
	k := identity.Key{
		Person: c.Person, Label: c.Label, Hash: c.Hash, Prefix: c.Prefix, CreatedAt: v.Now, ExpiresAt: c.ExpiresAt,
	}
	if err := v.checkNewKey(k); err != nil {
		return nil, err
	}
	if p.State != catalog.PersonActive {
		return nil, ErrPersonNotActive.With("the person is %s", p.State)
	}
	return func(tx *Tx) any { return KeyResult{Put(tx, Keys, k)} }, nil
}

func (v *View) checkNewKey(k identity.Key) error {
	if err := catalog.CheckText("label", k.Label, keyLabelMax); err != nil {
		return err
	}
	if len(k.Hash) != keyHashLen || strings.Trim(k.Hash, "0123456789abcdef") != "" {
		return fault.Invalidf("hash", "must be the SHA-256 of the secret in lower-case hexadecimal")
	}
	if !strings.HasPrefix(k.Prefix, identity.KeyPrefix) || len(k.Prefix) > keyPrefixMax {
		return fault.Invalidf("prefix", "must be the first characters of the secret, at most %d", keyPrefixMax)
	}
	if k.ExpiresAt != 0 && k.ExpiresAt <= v.Now {
		return fault.Invalidf("expires_at", "must lie in the future")
	}
	if keysWith.has(v, k.Hash) {
		return ErrKeyTaken
	}
	return nil
}

// Operation is KeyRevoke.
func (KeyRevoke) Operation() identity.Operation { return identity.KeyRevoke }

// Decide checks that the key is not revoked. The result is an identity.Key.
func (c KeyRevoke) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.KeyRevoke, identity.Target{}); err != nil {
		return nil, err
	}
	k, err := Get(v, Keys, "id", c.Key)
	if err != nil {
		return nil, err
	}
	if k.RevokedAt != 0 {
		return nil, ErrKeyRevoked
	}
	k.RevokedAt = v.Now
	return func(tx *Tx) any { return Put(tx, Keys, k) }, nil
}

// Operation is Bootstrap.
func (Bootstrap) Operation() identity.Operation { return identity.Bootstrap }

// Decide checks that nobody is there yet. The result is a BootstrapResult.
func (c Bootstrap) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.Bootstrap, identity.Target{}); err != nil {
		return nil, err
	}
	if len(rowsOf(v.state, Persons).rows) > 0 {
		return nil, ErrNotEmpty
	}
	p := catalog.Person{Name: c.Name, State: catalog.PersonActive}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	k := identity.Key{Label: c.Label, Hash: c.Hash, Prefix: c.Prefix, CreatedAt: v.Now}
	if err := v.checkNewKey(k); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := BootstrapResult{Person: Put(tx, Persons, p)}
		r.Grant = tx.grant(identity.Grant{Person: r.Person.ID, Role: identity.Admin})
		k.Person = r.Person.ID
		r.Key = Put(tx, Keys, k)
		tx.startCount()
		tx.startAmountRun()
		return r
	}, nil
}
