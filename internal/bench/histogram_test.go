package bench

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Every duration lies in the bucket that its number says, and buckets grow.
func TestHistogram_Buckets(t *testing.T) {
	t.Parallel()
	last := time.Duration(-1)
	for i := range bucketsCount {
		end := bucketEnd(i)
		if end <= last {
			t.Fatalf("bucket %d ends at %d, the one before at %d", i, end, last)
		}
		if bucketOf(end) != i || bucketOf(last+1) != i {
			t.Fatalf("bucket %d: %d to %d lie in %d and %d", i, last+1, end, bucketOf(last+1), bucketOf(end))
		}
		last = end
	}
	if last != 1<<63-1 {
		t.Errorf("the last bucket ends at %d", last)
	}
}

// A quantile is that of the sorted durations, off by 3.2 % upwards at most.
func TestHistogram_Quantile(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var whole, half, other Histogram
	all := make([]time.Duration, 10_000)
	for i := range all {
		all[i] = time.Duration(random.ExpFloat64() * float64(3*time.Millisecond))
		whole.Add(all[i])
		if i%2 == 0 {
			half.Add(all[i])
		} else {
			other.Add(all[i])
		}
	}
	slices.Sort(all)
	half.Merge(&other)
	for _, q := range []float64{0, 0.01, 0.5, 0.99, 0.999, 1} {
		want := all[max(0, int(q*float64(len(all)))-1)]
		got := whole.Quantile(q)
		if got < want || float64(got) > 1.032*float64(want)+1 {
			t.Errorf("quantile %v is %s, want %s", q, got, want)
		}
		if merged := half.Quantile(q); merged != got {
			t.Errorf("quantile %v of the merged ones is %s, want %s", q, merged, got)
		}
	}
	if whole.Total() != int64(len(all)) || whole.Quantile(1) != all[len(all)-1] {
		t.Errorf("%d durations up to %s, want %d up to %s", whole.Total(), whole.Quantile(1), len(all), all[len(all)-1])
	}
}

func TestHistogram_Empty(t *testing.T) {
	t.Parallel()
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Total() != 0 {
		t.Errorf("an empty histogram has %d durations, the median %s", h.Total(), h.Quantile(0.5))
	}
	h.Add(-time.Second)
	if h.Quantile(0.5) != 0 || h.Total() != 1 {
		t.Errorf("a negative duration counts as %s, %d times", h.Quantile(0.5), h.Total())
	}
}
