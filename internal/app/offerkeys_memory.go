package app

import (
	"fmt"
	"strconv"
	"sync"

	"permitx/internal/auction"
)

// MemoryKeys are the keys of offers in memory, for tests and measurements: they
// are drawn from a counter and secret from nobody.
type MemoryKeys struct {
	mu   sync.Mutex
	keys map[string][auction.KeySize]byte
	made int
}

// NewMemoryKeys returns an empty key store.
func NewMemoryKeys() *MemoryKeys { return &MemoryKeys{keys: map[string][auction.KeySize]byte{}} }

// Make is part of SealKeys.
func (m *MemoryKeys) Make(name string) ([auction.KeySize]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key, known := m.keys[name]; known {
		return key, nil
	}
	m.made++
	var key [auction.KeySize]byte
	copy(key[:], "test key "+strconv.Itoa(m.made))
	m.keys[name] = key
	return key, nil
}

// Key is part of SealKeys.
func (m *MemoryKeys) Key(name string) ([auction.KeySize]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key, known := m.keys[name]
	if !known {
		return key, fmt.Errorf("app: there is no key %q", name)
	}
	return key, nil
}

// Lose takes all keys away, and returns what brings them back.
func (m *MemoryKeys) Lose() (back func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.keys
	m.keys = map[string][auction.KeySize]byte{}
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.keys = kept
	}
}
