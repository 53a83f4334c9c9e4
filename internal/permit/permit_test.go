package permit_test

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

func date(d int32) calendar.Date { return calendar.Date(d) }

func q(t *testing.T, s string) quantity.Quantity {
	t.Helper()
	v, err := quantity.ParseQuantity("", s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// decided is a need with a ratio, of which so much is bought.
func decided(t *testing.T, need, ratio, bought string) permit.Need {
	t.Helper()
	r, err := quantity.ParseRatio("", ratio)
	if err != nil {
		t.Fatal(err)
	}
	n, err := permit.Need{Need: q(t, need)}.Decided(r, "rule")
	if err != nil {
		t.Fatal(err)
	}
	n.Bought = q(t, bought)
	return n
}

// Facts 8 to 10: what the state needs from a firm is rounded up at four
// decimals, what a purchase supports down, and the difference retired.
func TestNeed_Facts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, need, ratio, needed, assigned, kept, retired string }{
		{"8: Jiaxing 2008, buy 1.5, hold 1, retire 0.5", "1", "1.5", "1.5", "1.5", "1", "0.5"},
		{"9: 3.8750 supports 3.2291, not 3.2292", "3.2291", "1.2", "3.875", "3.875", "3.2291", "0.6459"},
		{"10: 1.2345 at 2", "1.2345", "2", "2.469", "2.469", "1.2345", "1.2345"},
		{"one for one", "13.257", "1", "13.257", "13.257", "13.257", "0"},
	} {
		n := decided(t, c.need, c.ratio, c.needed)
		share := n.Share(q(t, c.assigned))
		if n.Needed != q(t, c.needed) || share != q(t, c.retired) || q(t, c.assigned)-share != q(t, c.kept) {
			t.Errorf("fact %s: needed %s, retired %s", c.name, n.Needed, share)
		}
	}
}

// Assigned in parts, a project keeps what it would keep at once, and never
// more than its purchase supports.
func TestNeed_ShareOfParts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ratio := quantity.Ratio(rapid.Int64Range(1_000_000, 3_000_000).Draw(t, "ratio"))
		parts := rapid.SliceOfN(rapid.Int64Range(1, 50_000), 1, 12).Draw(t, "parts")
		n := permit.Need{Ratio: ratio}
		var sum quantity.Quantity
		for _, p := range parts {
			part := quantity.Quantity(p) * 100
			share := n.Share(part)
			if share < 0 || share > part {
				t.Fatalf("%s of %s would be retired", share, part)
			}
			n = n.With(permit.Entry{Bought: part, Assigned: part, Retired: share})
			sum += part
		}
		if at := (permit.Need{Ratio: ratio}).Share(sum); at != n.Retired {
			t.Errorf("in parts %s is retired, at once %s", n.Retired, at)
		}
	})
}

// A reduction frees exactly what is bought beyond the new need: what is
// released plus what stays is what there was, the retired share stays
// retired, and the figures hold together.
func TestNeed_Reduced(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ratio := quantity.Ratio(rapid.Int64Range(1_000_000, 3_000_000).Draw(t, "ratio"))
		need := quantity.Quantity(rapid.Int64Range(1, 100_000).Draw(t, "need")) * 100
		n, err := permit.Need{Need: need}.Decided(ratio, "rule")
		if err != nil {
			t.Fatal(err)
		}
		bought := quantity.Quantity(rapid.Int64Range(0, int64(n.Needed)).Draw(t, "bought"))
		assigned := quantity.Quantity(rapid.Int64Range(0, int64(bought)).Draw(t, "assigned"))
		n = n.With(permit.Entry{Bought: bought, Assigned: assigned, Retired: n.Share(assigned)})
		lower := quantity.Quantity(rapid.Int64Range(0, int64(need)/100-1).Draw(t, "lower")) * 100
		after, freed, err := n.Reduced(lower)
		if err != nil {
			t.Fatal(err)
		}
		if !after.IsSound() || n.With(freed).Bought != after.Bought || n.With(freed).Assigned != after.Assigned || n.With(freed).Retired != after.Retired {
			t.Fatalf("%+v frees %+v and leaves %+v", n, freed, after)
		}
		won := quantity.Quantity(rapid.Int64Range(1, int64(n.Needed)).Draw(t, "won"))
		if freed.Needed != after.Needed || freed.Lowered != n.Needed-after.Needed || freed.Missing != after.Missing() || freed.Lowered <= 0 ||
			freed.Uncovers(won) != (n.Missing() >= won && after.Missing() < won) {
			t.Errorf("%+v lowered to %+v, recorded as %+v", n, after, freed)
		}
		held, left := n.Bought-n.Retired, after.Bought-after.Retired
		if freed.Surplus != held-left || freed.Surplus < 0 || freed.Retired > 0 {
			t.Errorf("of %s in the holding %s stay and %s are surplus", held, left, freed.Surplus)
		}
		if n.Kept() >= lower && after.Kept()+after.Unassigned() < lower && bought >= after.Needed {
			t.Errorf("%s kept for a need of %s", after.Kept(), lower)
		}
	})
}

// Given up, a project of the ratio 1.5 that has assigned 1.5 of 3 leaves 1 and
// 1.5 to be bought back; 0.5 stays retired.
func TestNeed_GivenUp(t *testing.T) {
	t.Parallel()
	n := decided(t, "2", "1.5", "3").With(permit.Entry{Assigned: q(t, "1.5"), Retired: q(t, "0.5")})
	after, freed, err := n.Reduced(0)
	if err != nil || freed.Surplus != q(t, "2.5") || freed.Retired != -q(t, "0.5") || after.Bought != 0 || after.Needed != 0 {
		t.Errorf("%+v, %+v, %v", after, freed, err)
	}
}

// The table, written out: every state × event. Who proposes and who approves a
// step is the table of four eyes.
func TestProject_Transitions(t *testing.T) {
	t.Parallel()
	to := map[permit.ProjectState]map[permit.ProjectEvent]permit.ProjectState{
		permit.Proposed:  {permit.Approve: permit.Approved, permit.Cancel: permit.Cancelled},
		permit.Approved:  {permit.Reduce: permit.Reduced, permit.Cancel: permit.Cancelled, permit.Complete: permit.Completed},
		permit.Reduced:   {permit.Reduce: permit.Reduced, permit.Cancel: permit.Cancelled, permit.Complete: permit.Completed},
		permit.Cancelled: {},
		permit.Completed: {},
	}
	for _, from := range permit.ProjectStates {
		for _, e := range permit.ProjectEvents {
			want, allowed := to[from][e]
			got, err := permit.Project{State: from}.Next(e)
			switch {
			case allowed:
				if err != nil || got != want {
					t.Errorf("%s %s: %s, %v, want %s", from, e, got, err, want)
				}
			case !errors.Is(err, permit.ErrProjectStep):
				t.Errorf("%s %s: %s, %v", from, e, got, err)
			}
		}
		if may := from == permit.Approved || from == permit.Reduced; from.MayBuy() != may {
			t.Errorf("a project that is %s may buy: %t", from, from.MayBuy())
		}
	}
	for _, row := range permit.Transitions {
		if !slices.Contains(permit.ProjectStates, row.To) || len(row.From) == 0 {
			t.Errorf("%+v", row)
		}
	}
}
