package main

import (
	"crypto/rand"
	"encoding/base64"

	"permitx/internal/identity"
)

// An API key's secret is 32 random bytes, so px_ and 43 characters.
const (
	secretBytes  = 32
	prefixLength = 9 // of the characters that a list shows
)

// secret is the secret of an API key, and what is kept of it.
type secret struct{ text, hash, prefix string }

func newSecret() secret {
	var random [secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails: it would end the program
	text := identity.KeyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
	return secret{text: text, hash: identity.HashSecret(text), prefix: text[:prefixLength]}
}

// commandKey is a fresh idempotency key.
func commandKey() string { return rand.Text() }
