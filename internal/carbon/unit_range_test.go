package carbon_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// After 100,000 random splits, transfers and retirements each unit must have
// exactly one holder or be retired, as an array with one cell for each unit
// says that was changed beside the ranges.
func TestSplit_EachUnitOnce(t *testing.T) {
	t.Parallel()
	const units, parties, rounds = 20_000, 8, 100_000
	random := rand.New(rand.NewPCG(4, 5))
	holder := make([]int64, units+1) // by unit; 0: retired
	held := map[int64][]carbon.Range{1: {{ID: 1, FirstUnit: 1, LastUnit: units, Party: 1, State: carbon.Held}}}
	for u := range holder {
		holder[u] = 1
	}
	last, retired := int64(1), int64(0)
	for range rounds {
		from, to := 1+random.Int64N(parties), 1+random.Int64N(parties)
		if random.Int64N(200) == 0 {
			to = 0
		}
		want := 1 + random.Int64N(6)
		taken, err := carbon.Split(slices.Values(held[from]), want)
		if err != nil {
			if !errors.Is(err, carbon.ErrUnits) {
				t.Fatal(err)
			}
			continue
		}
		whole := held[from][:len(taken)]
		held[from] = held[from][len(taken):]
		for i, r := range taken {
			for _, left := range whole[i].Without(r) {
				last++
				left.ID = last
				held[from] = append(held[from], left)
			}
			for u := r.FirstUnit; u <= r.LastUnit; u++ {
				if holder[u] != from {
					t.Fatalf("unit %d was not %d's", u, from)
				}
				holder[u] = to
			}
			want -= r.Units()
			r.Party = to
			if to == 0 {
				retired += r.Units()
				continue
			}
			held[to] = append(held[to], r)
		}
		if want != 0 {
			t.Fatalf("the ranges that were taken are off by %d units", want)
		}
	}
	seen := make([]bool, units+1)
	total := retired
	for party, ranges := range held {
		for _, r := range ranges {
			total += r.Units()
			for u := r.FirstUnit; u <= r.LastUnit; u++ {
				if seen[u] || holder[u] != party {
					t.Fatalf("unit %d is in two ranges, or not %d's", u, party)
				}
				seen[u] = true
			}
		}
	}
	if total != units || retired == 0 {
		t.Fatalf("%d of %d units are left, %d of them retired", total, units, retired)
	}
}

// Units must be taken from ranges in the order in which these come, of the last the
// lowest numbers, and as many as there are.
func TestSplit(t *testing.T) {
	t.Parallel()
	ranges := slices.Values([]carbon.Range{{ID: 7, FirstUnit: 51, LastUnit: 60}, {ID: 3, FirstUnit: 1, LastUnit: 10}})
	taken, err := carbon.Split(ranges, 12)
	if err != nil || len(taken) != 2 || taken[0].ID != 7 || taken[0].Units() != 10 || taken[1].FirstUnit != 1 || taken[1].LastUnit != 2 {
		t.Errorf("got %+v, %v", taken, err)
	}
	if taken, err = carbon.Split(ranges, 20); err != nil || len(taken) != 2 {
		t.Errorf("all of them: got %+v, %v", taken, err)
	}
	if _, err = carbon.Split(ranges, 21); !errors.Is(err, carbon.ErrUnits) {
		t.Errorf("more than there are: got %v", err)
	}
	if _, err = carbon.Split(ranges, 0); err == nil {
		t.Error("nothing was taken")
	}
	many := make([]carbon.Range, 501)
	for i := range many {
		many[i] = carbon.Range{ID: int64(i) + 1, FirstUnit: int64(i) + 1, LastUnit: int64(i) + 1}
	}
	if _, err = carbon.Split(slices.Values(many), 501); !errors.Is(err, carbon.ErrPieces) {
		t.Errorf("501 ranges: got %v", err)
	}
	if _, err = carbon.Split(slices.Values(many), 500); err != nil {
		t.Errorf("500 ranges: got %v", err)
	}
}

// What is left of a range lies before and behind what is taken.
func TestRange_Without(t *testing.T) {
	t.Parallel()
	whole := carbon.Range{ID: 1, FirstUnit: 1, LastUnit: 10}
	for _, c := range []struct{ first, last, before, behind int64 }{{1, 10, 0, 0}, {1, 4, 0, 6}, {5, 10, 4, 0}, {3, 7, 2, 3}} {
		part := whole
		part.FirstUnit, part.LastUnit = c.first, c.last
		sum := part.Units()
		for _, left := range whole.Without(part) {
			if left.LastUnit < part.FirstUnit && left.Units() != c.before || left.FirstUnit > part.LastUnit && left.Units() != c.behind || left.Units() == 0 {
				t.Errorf("%d to %d: %+v is left", c.first, c.last, left)
			}
			sum += left.Units()
		}
		if sum != whole.Units() {
			t.Errorf("%d to %d: %d units became %d", c.first, c.last, whole.Units(), sum)
		}
	}
}

// Of an obligation of 1,000,000 t credits may offset 5 %: 50,000 t, and
// 50,001 t are refused. In Beijing at most half of that comes from outside.
func TestFacts_OffsetCap(t *testing.T) {
	t.Parallel()
	shanghai := carbon.Obligation{Amount: 1_000_000 * quantity.OneTonne, Share: 50_000, Outside: quantity.OneRatio}
	beijing := shanghai
	beijing.Outside = 500_000
	for _, c := range []struct {
		o       carbon.Obligation
		tonnes  quantity.Reduction
		outside bool
		ok      bool
	}{
		{shanghai, 50_000, false, true},
		{shanghai, 50_001, false, false},
		{shanghai, 50_000, true, true},
		{beijing, 50_000, false, true},
		{beijing, 25_000, true, true},
		{beijing, 25_001, true, false},
	} {
		after, err := c.o.Use(c.tonnes*quantity.OneTonne, c.outside)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, carbon.ErrOffsetCap) {
			t.Errorf("%d t, from outside %v, of %s: got %v", c.tonnes, c.outside, c.o.Outside, err)
		}
		if c.ok && c.tonnes == 25_000 { // what was used is used
			if _, err := after.Use(quantity.OneTonne, true); err == nil {
				t.Error("25,001 t from outside in two parts")
			}
			if _, err := after.Use(25_000*quantity.OneTonne, false); err != nil {
				t.Errorf("25,000 t of its own beside: %v", err)
			}
		}
	}
}
