package market

import (
	"cmp"
	"slices"
)

// chunkSize is the number of levels that a chunk has room for. In one sorted
// slice, opening a level far from the best price moved all that are better:
// 250 µs with a million levels, where a chunk takes 0.6 µs; with a thousand
// levels there was no difference.
const chunkSize = 128

// ladder is the levels of one side, sorted by key, the best at the end, where
// levels come and go. It is cut into chunks so that a new level moves at most
// a chunk of others.
type ladder struct {
	chunks []*chunk // none is empty
	spare  []*chunk // emptied ones, to be used again
}

// chunk is a run of neighbouring levels.
type chunk struct {
	n     int
	keys  [chunkSize]int64 // keys[:n] ascends
	slots [chunkSize]int32 // slots[i] is that of the level keys[i]
}

// best returns the best level's key and slot; the slot is none when there is
// no level.
func (l *ladder) best() (key int64, at int32) {
	if len(l.chunks) == 0 {
		return 0, none
	}
	c := l.chunks[len(l.chunks)-1]
	return c.keys[c.n-1], c.slots[c.n-1]
}

// bestFirst yields the slots of the levels, best first.
func (l *ladder) bestFirst(yield func(at int32) bool) {
	for i := len(l.chunks) - 1; i >= 0; i-- {
		c := l.chunks[i]
		for j := c.n - 1; j >= 0; j-- {
			if !yield(c.slots[j]) {
				return
			}
		}
	}
}

// chunkOf is the index of the chunk where a key is or belongs: the last one
// that begins at or below it, otherwise the first. There must be a chunk.
func (l *ladder) chunkOf(key int64) int {
	last := len(l.chunks) - 1
	if l.chunks[last].keys[0] <= key { // most orders are near the best price
		return last
	}
	i, found := slices.BinarySearchFunc(l.chunks, key, func(c *chunk, key int64) int {
		return cmp.Compare(c.keys[0], key)
	})
	if found || i == 0 {
		return i
	}
	return i - 1
}

// insert adds a level whose key is not there yet.
func (l *ladder) insert(key int64, at int32) {
	if len(l.chunks) == 0 {
		l.chunks = append(l.chunks, l.newChunk())
	}
	i := l.chunkOf(key)
	c := l.chunks[i]
	if c.n == chunkSize {
		c = l.split(i, key)
	}
	j := c.search(key)
	copy(c.keys[j+1:c.n+1], c.keys[j:c.n])
	copy(c.slots[j+1:c.n+1], c.slots[j:c.n])
	c.keys[j], c.slots[j] = key, at
	c.n++
}

// remove deletes the level with a key that is there. Chunks are not merged:
// an empty one is dropped, so that there are never more of them than levels.
func (l *ladder) remove(key int64) {
	i := l.chunkOf(key)
	c := l.chunks[i]
	j := c.search(key)
	copy(c.keys[j:c.n-1], c.keys[j+1:c.n])
	copy(c.slots[j:c.n-1], c.slots[j+1:c.n])
	c.n--
	if c.n == 0 {
		l.chunks = slices.Delete(l.chunks, i, i+1)
		l.spare = append(l.spare, c)
	}
}

// split moves the better half of a full chunk into a new one behind it and
// returns the one of the two where key belongs.
func (l *ladder) split(i int, key int64) *chunk {
	const half = chunkSize / 2
	c, better := l.chunks[i], l.newChunk()
	copy(better.keys[:], c.keys[half:])
	copy(better.slots[:], c.slots[half:])
	c.n, better.n = half, chunkSize-half
	l.chunks = slices.Insert(l.chunks, i+1, better)
	if better.keys[0] <= key {
		return better
	}
	return c
}

func (l *ladder) newChunk() *chunk {
	if n := len(l.spare); n > 0 {
		c := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return c
	}
	return new(chunk)
}

// search returns where in keys[:n] a key is or belongs. It begins at the
// better end, where most of them are.
func (c *chunk) search(key int64) int {
	j := c.n
	for j > 0 && c.keys[j-1] >= key {
		j--
	}
	return j
}
