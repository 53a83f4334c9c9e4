package market

import "math/bits"

// table finds a slot by a number: a hash table with open addressing, linear
// probing and no tombstones, so that it never has to be rebuilt unless it
// grows. It is at most half full.
type table struct {
	entries []entry // length a power of two
	shift   uint    // 64 − log2(len(entries))
	used    int
}

type entry struct {
	key  int64
	slot int32 // none: the entry is free
}

const tableSizeMin = 64 // entries

func newTable() table { return sizedTable(tableSizeMin) }

func sizedTable(size int) table {
	return table{entries: make([]entry, size), shift: uint(64 - bits.TrailingZeros(uint(size)))}
}

// home is where the search for a key begins.
func (t *table) home(key int64) uint {
	const golden = 0x9e3779b97f4a7c15 // 2⁶⁴ ÷ φ
	return uint(uint64(key) * golden >> t.shift)
}

// find returns the slot of a key, or none.
func (t *table) find(key int64) int32 {
	mask := uint(len(t.entries) - 1)
	for i := t.home(key); ; i++ {
		e := &t.entries[i&mask]
		if e.slot == none || e.key == key {
			return e.slot
		}
	}
}

// insert adds a key that is not in the table.
func (t *table) insert(key int64, slot int32) {
	if t.used*2 >= len(t.entries) {
		t.grow()
	}
	t.used++
	t.put(entry{key: key, slot: slot})
}

func (t *table) put(e entry) {
	mask := uint(len(t.entries) - 1)
	i := t.home(e.key) & mask
	for t.entries[i].slot != none {
		i = (i + 1) & mask
	}
	t.entries[i] = e
}

func (t *table) grow() {
	larger := sizedTable(2 * len(t.entries))
	for _, e := range t.entries {
		if e.slot != none {
			larger.put(e)
		}
	}
	larger.used = t.used
	*t = larger
}

// remove deletes a key and returns its slot, or none. The entries behind it
// move up so that no search ends too early.
func (t *table) remove(key int64) int32 {
	mask := uint(len(t.entries) - 1)
	i := t.home(key) & mask
	for t.entries[i].key != key || t.entries[i].slot == none {
		if t.entries[i].slot == none {
			return none
		}
		i = (i + 1) & mask
	}
	slot := t.entries[i].slot
	for j := (i + 1) & mask; t.entries[j].slot != none; j = (j + 1) & mask {
		if (j-t.home(t.entries[j].key))&mask >= (j-i)&mask { // its search passes i
			t.entries[i] = t.entries[j]
			i = j
		}
	}
	t.entries[i] = entry{}
	t.used--
	return slot
}
