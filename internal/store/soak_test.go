//go:build soak

package store

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/app/apptest"
)

// Random orders and cancels agree with the model for many seeds: a fixed list
// and as many that nobody has chosen.
func TestSoakRandomCommands(t *testing.T) {
	t.Parallel()
	const seeds, steps = 50, 1500
	for i := range uint64(2 * seeds) {
		seed := i
		if i >= seeds {
			seed = rand.Uint64()
		}
		for name, url := range map[string]func(testing.TB) string{"sqlite": migratedSQLite, "postgres": migratedPostgres} {
			t.Run(fmt.Sprintf("%s/seed=%d", name, seed), func(t *testing.T) {
				t.Parallel()
				s := opened(t, url(t))
				apptest.RandomCommands(t, s, seed, steps)
				apptest.Check(t, s)
			})
		}
	}
}

// After 100,000 splits, transfers and retirements each unit has one holder or is retired.
func TestSoakCreditRange(t *testing.T) {
	t.Parallel()
	splitCredits(t, 100_000)
}
