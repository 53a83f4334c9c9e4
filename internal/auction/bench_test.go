package auction

import (
	"fmt"
	"testing"
)

// BenchmarkClear measures each format by the number of bids.
func BenchmarkClear(b *testing.B) {
	for _, f := range Formats() {
		for _, n := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", f, n), func(b *testing.B) {
				c := Load(f, n)
				for b.Loop() {
					if r, err := Clear(&c); err != nil || r.Volume == 0 {
						b.Fatal(r.Status, err)
					}
				}
			})
		}
	}
}
