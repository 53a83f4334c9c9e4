package app

import (
	"sync"

	"permitx/internal/auction"
)

// sealRing knows the seals of offers by the names of their keys: a key is read
// once. It is safe for concurrent use.
type sealRing struct {
	keys SealKeys
	mu   sync.RWMutex
	have map[string]*auction.Seal
}

func newSealRing(keys SealKeys) *sealRing {
	return &sealRing{keys: keys, have: map[string]*auction.Seal{}}
}

// of returns the seal of an offer, or ErrNoSealKey. A key that is not the one
// that was announced counts as missing.
func (r *sealRing) of(o auction.Offer) (*auction.Seal, error) {
	r.mu.RLock()
	s := r.have[o.SealName]
	r.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	if r.keys == nil {
		return nil, ErrNoSealKey
	}
	key, err := r.keys.Key(o.SealName)
	if err != nil {
		return nil, ErrNoSealKey.Because(err)
	}
	if s = auction.NewSeal(key); s.KeyDigest() != o.KeyDigest {
		return nil, ErrNoSealKey.With("the key of this offer is not the one that was announced; an operator must bring it back")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.have[o.SealName] = s
	return s, nil
}
