package bench

import (
	"math/bits"
	"time"
)

// The buckets of a Histogram: 32 to each power of two, so that a value is off
// by 3 % at most.
const (
	subBits      = 5
	subBuckets   = 1 << subBits
	bucketsCount = (64 - subBits) * subBuckets
)

// Histogram counts durations. The zero value is empty; it is not safe for
// concurrent use.
type Histogram struct {
	counts [bucketsCount]uint32
	total  int64
	max    time.Duration
}

// Add counts one duration; a negative one counts as zero.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(d)]++
	h.total++
	h.max = max(h.max, d)
}

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// Total is how many durations were counted.
func (h *Histogram) Total() int64 { return h.total }

// Quantile returns the duration that a share q of all does not exceed, 0 when
// nothing was counted. Rounded up to the end of its bucket.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := int64(q*float64(h.total) + 0.5)
	var seen int64
	for i, n := range h.counts {
		seen += int64(n)
		if n > 0 && seen >= rank {
			return min(bucketEnd(i), h.max)
		}
	}
	return h.max
}

// bucketOf is exact below 2·32 ns; above, the five bits after the first one
// choose the bucket within the power of two.
func bucketOf(d time.Duration) int {
	v := uint64(d) //nolint:gosec // not negative
	if v < subBuckets {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - subBits
	return shift*subBuckets + int(v>>shift) //nolint:gosec // below bucketsCount
}

// bucketEnd is the largest duration that falls into a bucket.
func bucketEnd(i int) time.Duration {
	if i < 2*subBuckets {
		return time.Duration(i)
	}
	shift := i/subBuckets - 1
	return time.Duration((i-shift*subBuckets+1)<<shift - 1)
}
