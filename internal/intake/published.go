package intake

import (
	"cmp"
	"slices"
)

// Fewest is how many participants what is published of a day is of, at least
// (project default, after the rule of three of official statistics).
const Fewest = 3

// PublishedTotal is what anybody may see of what all participants did.
type PublishedTotal struct {
	Total
	OfMonth bool // of some days of the month, which its first day names
}

// Published are the totals of whole months as anybody may see them: a line of a day
// with fewer than Fewest participants is folded into one of its month, and where those
// days have fewer participants together, so is that of the other day with the fewest
// activities. What is folded depends on nothing but the month: two periods that are
// asked for tell no day by their difference. few are the participants of such days.
func Published(totals []Total, few []DayKey) []PublishedTotal {
	of := map[scenarioDay][]int64{}
	for _, d := range few {
		k := scenarioDay{d.Scenario, d.Day}
		of[k] = append(of[k], d.Participant)
	}
	groups, order := map[TotalKey][]Total{}, []TotalKey{}
	for _, t := range totals {
		k := t.TotalKey
		k.Day = MonthOf(t.Day).First()
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	var all []PublishedTotal
	for _, k := range order {
		all = append(all, publishedMonth(k, groups[k], of)...)
	}
	slices.SortStableFunc(all, func(a, b PublishedTotal) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Methodology, b.Methodology))
	})
	return all
}

// publishedMonth folds the lines of a scenario's month.
func publishedMonth(month TotalKey, days []Total, few map[scenarioDay][]int64) (all []PublishedTotal) {
	folded := PublishedTotal{Total{TotalKey: month}, true}
	together := map[int64]bool{}
	fold := func(t Total) {
		folded.Amount += t.Amount
		folded.Activities += t.Activities
	}
	var rest []Total
	for _, t := range days {
		people, isFew := few[scenarioDay{t.Scenario, t.Day}]
		if !isFew && t.Activities > 0 {
			rest = append(rest, t)
			continue
		}
		fold(t)
		for _, p := range people {
			together[p] = true
		}
	}
	if folded.Activities > 0 && len(together) < Fewest && len(rest) > 0 {
		least := 0
		for i, t := range rest {
			if t.Activities < rest[least].Activities {
				least = i
			}
		}
		fold(rest[least])
		rest = slices.Delete(rest, least, least+1)
	}
	for _, t := range rest {
		all = append(all, PublishedTotal{Total: t})
	}
	if folded.Activities > 0 {
		all = append(all, folded)
	}
	return all
}
