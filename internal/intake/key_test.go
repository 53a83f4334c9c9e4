package intake

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"permitx/internal/carbon"
)

// TestKey_NeighboursLieTogether: ten thousand ids that were counted up come in
// two runs of the index, whatever else is in it, and none has another's key.
func TestKey_NeighboursLieTogether(t *testing.T) {
	t.Parallel()
	const counted, others = 10_000, 50_000
	type entry struct {
		key     Key
		counted bool
	}
	all := make([]entry, 0, counted+others)
	for i := range counted {
		all = append(all, entry{keyOf("BUS", 7, fmt.Sprintf("2026-%08d", 4_321_000+i)), true})
	}
	for i := range others {
		all = append(all, entry{keyOf("BUS", 7, fmt.Sprintf("other %d at %d", i*7919, i)), false})
	}
	slices.SortFunc(all, func(a, b entry) int { return a.key.compare(b.key) })
	runs := 0
	for i, e := range all {
		if i > 0 && e.key == all[i-1].key {
			t.Fatalf("two activities have the key %x", e.key)
		}
		if e.counted && (i == 0 || !all[i-1].counted) {
			runs++
		}
	}
	if runs != 2 {
		t.Errorf("the ids lie in %d places of the index; want 2", runs)
	}
}

// TestKey_Of: a key is of methodology, source and the whole id, and of one that
// is shorter than what is left out of its block too.
func TestKey_Of(t *testing.T) {
	t.Parallel()
	first := keyOf("BUS", 1, "abcd1234")
	if again := keyOf("BUS", 1, "abcd1234"); again != first {
		t.Errorf("the same activity has two keys, %x and %x", first, again)
	}
	seen := []Key{first}
	for _, k := range []Key{
		keyOf("BUS", 2, "abcd1234"), keyOf("BU", 1, "abcd1234"), keyOf("METRO", 1, "abcd1234"),
		keyOf("BUS", 1, "abcd1235"), keyOf("BUS", 1, "abcd"), keyOf("BUS", 1, "a"), keyOf("BUS", 1, ""), keyOf("BUS", 2, ""),
	} {
		if slices.Contains(seen, k) {
			t.Errorf("two activities have the key %x", k)
		}
		seen = append(seen, k)
	}
	if own, shared := keyIn(&carbon.Scenario{Methodology: "BUS"}, 1, "abcd1234"), sharedKey("BUS", "abcd1234"); own != first || shared == first ||
		shared != keyIn(&carbon.Scenario{Methodology: "METRO", DataSource: "BUS"}, 2, "abcd1234") || sharedKey("BUS", "abcd1235") == shared {
		t.Errorf("the keys of a data source are %x and %x", shared, own)
	}
	short, empty := keyOf("BUS", 1, "a"), keyOf("BUS", 1, "")
	if !bytes.Equal(short[:keyBlock], empty[:keyBlock]) {
		t.Errorf("ids shorter than %d characters have different blocks", idTail)
	}
}
