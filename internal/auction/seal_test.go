package auction

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"
)

// The draw of docs/clearing.md, reckoned with openssl and sha256sum: who has the
// published key draws the same, so none of it may change.
func TestLots_ByHand(t *testing.T) {
	var key [KeySize]byte
	for i := range key {
		key[i] = byte(i)
	}
	s := NewSeal(key)
	if got, want := s.KeyDigest(), "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd"; got != want {
		t.Errorf("digest of the key: %s, want %s", got, want)
	}
	if got, want := s.SeedDigest(), "a27f830e4db288099b3c2f1181fe63fafc68e1d305216e7e885629762ed9a3d8"; got != want {
		t.Errorf("digest of the seed: %s, want %s", got, want)
	}
	head := sha256.Sum256([]byte("head"))
	lots, drawn := NewLots(s.Seed(), head[:]), []int64{8, 9, 10, 11, 12}
	slices.SortFunc(drawn, func(a, b int64) int {
		x, y := lots.Of(a), lots.Of(b)
		return bytes.Compare(x[:], y[:])
	})
	if want := []int64{8, 11, 10, 12, 9}; !slices.Equal(drawn, want) {
		t.Errorf("drawn %v, want %v", drawn, want)
	}
}
