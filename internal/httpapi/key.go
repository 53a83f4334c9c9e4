package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// An API key's secret is 32 random bytes: px_ and 43 characters.
const (
	secretBytes  = 32
	prefixLength = 9 // characters of the secret that lists show
)

var (
	_ = register(func(r app.KeyResult) api.CreatedKey { return api.CreatedKey{Key: keyOf(r.Key)} }, identity.KeyMake)
	_ = register(keyOf, identity.KeyRevoke)
	_ = register(func(r app.BootstrapResult) api.Me {
		return api.Me{Person: personOf(r.Person), Key: keyOf(r.Key), Grants: []api.Grant{grantOf(r.Grant)}}
	}, identity.Bootstrap)
)

// ListKeys lists API keys, without their secrets.
func (s *Server) ListKeys(ctx context.Context, r gen.ListKeysRequestObject) (gen.ListKeysResponseObject, error) {
	if err := identity.Authorise(callOf(ctx).actor, identity.KeyRead, identity.Target{}); err != nil {
		return nil, err
	}
	rows, next := published(s, app.Keys, pageOf(r.Params.Limit, r.Params.After), func(k identity.Key) bool {
		return is(r.Params.Person, k.Person)
	})
	return gen.ListKeys200JSONResponse{Items: convertAll(rows, keyOf), Next: next}, nil
}

// CreateKey makes an API key. Its secret is made here and added to the first
// answer: neither the command nor the stored answer has it, so that a replay
// has none either. The command does have the secret's hash, which differs each
// time; see repeatKey.
func (s *Server) CreateKey(ctx context.Context, r gen.CreateKeyRequestObject) (gen.CreateKeyResponseObject, error) {
	var in input
	c := app.KeyMake{
		Person: r.Body.Person, Label: r.Body.Label, ExpiresAt: readOptional(&in, "expires_at", r.Body.ExpiresAt, calendar.ParseInstant),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	secret := newSecret()
	c.Hash, c.Prefix = identity.HashSecret(secret), secret[:prefixLength]
	a, err := s.create(ctx, r.Params.IdempotencyKey, c)
	if errors.Is(err, app.ErrKeyReused) {
		return s.repeatKey(ctx, r.Params.IdempotencyKey, c)
	}
	if isMade := a.Status == http.StatusCreated || a.Status == http.StatusAccepted; isMade && !a.Replayed {
		a.Body = withSecret(a.Body, secret)
	}
	return a, err
}

func newSecret() string {
	var random [secretBytes]byte
	rand.Read(random[:])
	return identity.KeyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// withSecret adds the secret to a stored answer, an object with a field.
func withSecret(stored []byte, secret string) []byte {
	b := append(slices.Clip(stored[:len(stored)-1]), `,"secret":`...)
	return append(appendText(b, secret), '}')
}

// maxRepeats bounds the keys that a repetition is compared with.
const maxRepeats = 100

// repeatKey answers a KeyMake whose idempotency key was used before. The first
// one had the hash of another secret. If it was the same command otherwise, a
// key with what it asks for exists, and with that key's hash the command is
// the same altogether: it is replayed. Else it stays app.ErrKeyReused. Nothing
// can be made here, because the idempotency key is used.
func (s *Server) repeatKey(ctx context.Context, key string, c app.KeyMake) (gen.Answer, error) {
	made := []identity.Key{}
	for _, k := range app.ReadTable(s.app.Reference(), app.Keys).All() {
		if k.Person == c.Person && k.Label == c.Label && k.ExpiresAt == c.ExpiresAt {
			made = append(made, k)
		}
	}
	for i := range min(len(made), maxRepeats) {
		k := made[len(made)-1-i]
		c.Hash, c.Prefix = k.Hash, k.Prefix
		if a, err := s.create(ctx, key, c); !errors.Is(err, app.ErrKeyReused) {
			return a, err
		}
	}
	return gen.Answer{}, app.ErrKeyReused
}

// RevokeKey ends an API key.
func (s *Server) RevokeKey(ctx context.Context, r gen.RevokeKeyRequestObject) (gen.RevokeKeyResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.KeyRevoke{Key: r.ID})
}
