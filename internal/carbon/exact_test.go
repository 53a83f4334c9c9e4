package carbon

import (
	"math"
	"testing"

	"permitx/internal/quantity"
)

// A bound that no activity can plausibly reach is none, and is refused when it is registered.
func TestMethodology_CheckPlausible(t *testing.T) {
	t.Parallel()
	for most, ok := range map[quantity.Reduction]bool{1_000_000 * quantity.OneTonne: true, 1_000_000*quantity.OneTonne + 1: false, 9_000_000_000_000 * quantity.OneReduction: false} {
		if err := (Methodology{Most: most}).CheckPlausible(); (err == nil) != ok {
			t.Errorf("%s: %v", most, err)
		}
	}
}

// The smallest number has no opposite: what cannot be turned is computed by big fractions.
func TestSmall_Smallest(t *testing.T) {
	t.Parallel()
	least := small{math.MinInt64, 1}
	if got, ok := (small{1, 1}).sub(least); ok {
		t.Errorf("1 - %d is %v", least.n, got)
	}
	if got, ok := (small{1, 1}).div(least); ok {
		t.Errorf("1 / %d is %v", least.n, got)
	}
	if _, fits := (small{1, 1}).less(least); fits {
		t.Error("they were compared")
	}
}
