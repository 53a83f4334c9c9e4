package intake_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// Whatever participants did on whichever days, each line that is published is of
// at least three of them, or is all that there is of its scenario's month; together the
// lines are exactly what was done.
func TestPublished_Random(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(10, 5))
	for range 2000 {
		people := map[intake.TotalKey]map[int64]bool{}
		totals := map[intake.TotalKey]intake.Total{}
		var sum quantity.Reduction
		for range random.IntN(40) {
			scenario := 1 + random.Int64N(2)
			k := intake.TotalKey{Scheme: 1, Scenario: scenario, Methodology: scenario, Day: calendar.NewDate(2026, time.Month(6+random.IntN(2)), 1+random.IntN(5))}
			if people[k] == nil {
				people[k] = map[int64]bool{}
			}
			people[k][1+random.Int64N(5)] = true
			total := totals[k]
			amount := quantity.Reduction(1 + random.Int64N(1000))
			total.TotalKey, total.Amount, total.Activities = k, total.Amount+amount, total.Activities+1
			totals[k] = total
			sum += amount
		}
		var lines []intake.Total
		var few []intake.DayKey
		for k, total := range totals {
			lines = append(lines, total)
			if len(people[k]) < intake.Fewest {
				for p := range people[k] {
					few = append(few, intake.DayKey{Scenario: k.Scenario, Day: k.Day, Participant: p})
				}
			}
		}
		shown := map[intake.TotalKey]bool{} // days that have a line
		published := intake.Published(lines, few)
		for _, p := range published {
			sum -= p.Amount
			if !p.OfMonth {
				shown[p.TotalKey] = true
				if len(people[p.TotalKey]) < intake.Fewest {
					t.Fatalf("%v is of %d participants", p.TotalKey, len(people[p.TotalKey]))
				}
			}
		}
		for _, p := range published {
			together, days := map[int64]bool{}, 0
			for k, of := range people {
				if p.OfMonth && k.Scenario == p.Scenario && intake.MonthOf(k.Day) == intake.MonthOf(p.Day) {
					days++
					for who := range of {
						if !shown[k] {
							together[who] = true
						}
					}
				}
			}
			left := 0
			for k := range shown {
				if k.Scenario == p.Scenario && intake.MonthOf(k.Day) == intake.MonthOf(p.Day) {
					left++
				}
			}
			if p.OfMonth && len(together) < intake.Fewest && left > 0 {
				t.Fatalf("of %s %d of %d days are of %d participants together", intake.MonthOf(p.Day), days-left, days, len(together))
			}
		}
		if sum != 0 {
			t.Fatalf("the lines miss %s", sum)
		}
	}
}
