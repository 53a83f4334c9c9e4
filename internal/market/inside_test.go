package market

import (
	"maps"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// keyWithTag inverts tagOf: it gives different keys of one tag for different n.
func keyWithTag(tag, n uint32) int64 {
	const golden = 0x9e3779b97f4a7c15
	inverse := uint64(golden)
	for range 6 { // Newton's method doubles the right bits
		inverse *= 2 - golden*inverse
	}
	return int64((uint64(tag)<<32 | uint64(n)) * inverse)
}

// A table finds what was put in and not removed, also among keys of one tag
// and in a shard whose entries run over its end.
func TestTable_EqualsMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		table, want := newTable(), map[int64]int32{}
		var keys []int64 // by slot
		find := func(key int64) spot {
			p := table.first(tagOf(key))
			for p.slot != none && keys[p.slot-1] != key {
				p = p.next(tagOf(key))
			}
			return p
		}
		tag := rapid.SampledFrom([]uint32{0, 1, 2, 1 << 20, 1<<26 - 2, 1<<26 - 1, 1 << 26, math.MaxUint32})
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				for key, slot := range want {
					if got := find(key).slot; got != slot {
						rt.Fatalf("key %d is in slot %d, want %d", key, got, slot)
					}
				}
			},
			"insert": func(rt *rapid.T) {
				key := keyWithTag(tag.Draw(rt, "tag"), rapid.Uint32Range(0, 20).Draw(rt, "n"))
				if _, ok := want[key]; ok {
					return
				}
				keys = append(keys, key)
				want[key] = int32(len(keys))
				table.insert(tagOf(key), int32(len(keys)))
			},
			"remove": func(rt *rapid.T) {
				if len(want) == 0 {
					return
				}
				key := rapid.SampledFrom(slices.Sorted(maps.Keys(want))).Draw(rt, "key")
				find(key).remove()
				delete(want, key)
				if got := find(key).slot; got != none {
					rt.Fatalf("key %d is still in slot %d", key, got)
				}
			},
		})
	})
}

// Orders and levels whose tags are equal are still told apart.
func TestBook_EqualTags(t *testing.T) {
	t.Parallel()
	w := newTwins(t)
	var keys, numbers []int64
	for n := uint32(0); len(keys) < 6 || len(numbers) < 6; n++ {
		key := keyWithTag(77, n)
		if key > 0 && len(keys) < 6 {
			keys = append(keys, key)
		}
		if key > 0 && key>>(63-lineBits) == 0 && len(numbers) < 6 { // of a line
			numbers = append(numbers, key<<lineBits|5)
		}
	}
	for i, number := range numbers {
		if tagOfNumber(number) != tagOfNumber(numbers[0]) {
			t.Fatalf("orders %d and %d have different tags", numbers[0], number)
		}
		w.place(Order{ID: number, Side: Buy, Price: quantity.Price(keys[i]), Quantity: 1}, GTC)
		w.compare()
	}
	for _, i := range []int{2, 0, 5, 1, 4, 3} {
		w.reduce(numbers[i], 1)
		w.cancel(numbers[i])
		w.cancel(numbers[i])
		w.compare()
	}
}

// Eight orders whose numbers follow each other lie in one line of the table.
func TestTable_NeighboursInLine(t *testing.T) {
	t.Parallel()
	table := newTable()
	for id := range int64(100_000) {
		table.insert(tagOfNumber(id), int32(id+1))
	}
	apart := 0
	for id := range int64(100_000) {
		spot, first := table.first(tagOfNumber(id)), table.first(tagOfNumber(id&^(lineSize-1)))
		if spot.shard != first.shard || spot.at/lineSize != first.at/lineSize {
			apart++
		}
	}
	if apart > 1_000 {
		t.Errorf("%d of 100,000 orders lie apart from their neighbours", apart)
	}
}

// The shards of a table that takes order numbers in sequence grow at different
// times, so that no message waits for many of them.
func TestTable_GrowsInPieces(t *testing.T) {
	t.Parallel()
	table := newTable()
	sizes, most := map[int]int{}, 0
	grownAt := 0 // the last number at which a shard grew
	for id := range int64(200_000) {
		tag := tagOfNumber(id)
		s := table.first(tag).shard
		before := len(s.entries)
		table.insert(tag, int32(id+1))
		if len(s.entries) != before {
			sizes[int(id)/1_000]++
			grownAt = int(id)
		}
		most = max(most, len(s.entries))
	}
	if grownAt < 150_000 || most < 4_096 {
		t.Fatalf("the last shard grew at %d, the largest has %d entries", grownAt, most)
	}
	for at, grown := range sizes {
		if at > 10 && grown > shardCount/6 {
			t.Errorf("%d of %d shards grew within the 1,000 orders from %d", grown, shardCount, at*1_000)
		}
	}
}

// A ladder keeps the levels in order, whatever comes and goes in its chunks.
func TestLadder_EqualsSortedSlice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var l ladder
		var want []int64
		anyKey := rapid.Int64Range(1, 2_000)
		some := rapid.SliceOfN(anyKey, 1, 600)
		rt.Repeat(map[string]func(*rapid.T){
			"": func(rt *rapid.T) {
				var got []int64
				for slot := range l.bestFirst {
					got = append(got, int64(slot))
				}
				slices.Reverse(got)
				if !slices.Equal(got, want) {
					rt.Fatalf("got %v, want %v", got, want)
				}
				key, slot := l.best()
				if len(want) == 0 && slot != none || len(want) > 0 && key != want[len(want)-1] {
					rt.Fatalf("the best is %d in slot %d", key, slot)
				}
				for _, c := range l.chunks {
					if c.n == 0 || c.n > chunkSize {
						rt.Fatalf("a chunk has %d levels", c.n)
					}
				}
			},
			"insert": func(rt *rapid.T) {
				for _, key := range some.Draw(rt, "keys") {
					if i, found := slices.BinarySearch(want, key); !found {
						l.insert(key, int32(key))
						want = slices.Insert(want, i, key)
					}
				}
			},
			"remove": func(rt *rapid.T) {
				for _, key := range some.Draw(rt, "keys") {
					if i, found := slices.BinarySearch(want, key); found {
						l.remove(key)
						want = slices.Delete(want, i, i+1)
					}
				}
			},
			"removeRange": func(rt *rapid.T) {
				low := anyKey.Draw(rt, "low")
				want = slices.DeleteFunc(want, func(key int64) bool {
					if key < low || key > low+500 {
						return false
					}
					l.remove(key)
					return true
				})
			},
		})
	})
}
