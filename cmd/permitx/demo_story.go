package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"permitx/api"
	"permitx/internal/calendar"
)

// termMonths is what the four deals pay for: five years.
const termMonths = 60

// story is the demo while it is told. It knows the server only by its address.
type story struct {
	url      string
	progress io.Writer
	today    calendar.Date

	clock *demoClock

	cast    *cast
	jiaxing *demoRegion
	bidders []*bidder
	regions []*demoRegion
	deals   []agreed

	projects int // registered so far

	admin, finance, upper, auditor *actor
	actors                         []*actor

	termEnd, oldTermEnd calendar.Date
	before              map[accountKey]parts
	bought              buyBackFigure
	guaranteed          guaranteeFigure
	stated              statementFigure
	sold                saleFigure
	called              callFigure
	counted             carbonFigure
}

// actor is a person with a key.
type actor struct {
	name, role, key string
	*api.ClientWithResponses
}

func newStory(s *server, clock *demoClock, progress io.Writer) *story {
	c := newCast()
	today := clock.now().Date()
	t := &story{url: s.url, progress: progress, today: today, clock: clock, cast: c, regions: newRegions(), deals: c.firstBatch(), jiaxing: newJiaxing(), bidders: newBidders()}
	t.termEnd = termEndFor(today)
	t.oldTermEnd = calendar.QuarterEnd(today.AddMonths(15))
	t.admin = &actor{name: bootstrapName, role: "admin", key: s.bootstrapKey}
	return t
}

// termEndFor is the first end of a quarter with at least five years left.
func termEndFor(today calendar.Date) calendar.Date {
	for end := calendar.QuarterEnd(today.AddMonths(termMonths - 3)); ; end = calendar.QuarterEnd(end.AddDays(1)) {
		if calendar.RemainingMonths(today, end, true) >= termMonths {
			return end
		}
	}
}

// say prints a line of progress.
func (t *story) say(format string, args ...any) { fmt.Fprintf(t.progress, format+"\n", args...) }

// tell plays the story from the first administrator to the check of the books.
func (t *story) tell(ctx context.Context, where databaseConfig) (demoResult, error) {
	t.say("permitx demo: %s, server on %s", where.describe(), t.url)
	t.say("Totals of the four cross-region deals are the real ones; their split, the firms, caps and the market are made up.")
	for _, chapter := range []struct {
		title string
		tell  func(context.Context) error
	}{
		{"Persons, roles and keys", t.people},
		{"Regions: caps, reserves, and which pairs may deal", t.government},
		{"Enterprises: licences, balances taken over, surplus, money", t.enterprises},
		{"The first cross-province batch: four deals", t.crossRegion},
		{"A continuous session of the market " + marketID + " (made up)", t.session},
		{"A buy-back from application to lot (made up)", t.buyBack},
		{"A major project guaranteed from the reserve (made up)", t.guarantee},
		{"The 11th NH3-N sale of Jiaxing, by electronic bidding", t.sale},
		{"A call auction of the market " + callMarket + " (made up)", t.call},
		{"A day of a carbon-inclusive scheme of Jiaxing (made up)", t.carbon},
	} {
		t.say("\n== %s", chapter.title)
		if err := chapter.tell(ctx); err != nil {
			return demoResult{}, fmt.Errorf("%s: %w", chapter.title, err)
		}
	}
	return t.end(ctx, where)
}

// instrument is the code of a pollutant's instrument of the deals' term, or of
// the older one.
func (t *story) instrument(pollutant string, old bool) string {
	end := t.termEnd
	if old {
		end = t.oldTermEnd
	}
	return fmt.Sprintf("%s-%08d", pollutant, end)
}

// region finds a region by its code.
func (t *story) region(code string) *demoRegion {
	for _, r := range append(slices.Clone(t.regions), t.jiaxing) {
		if r.code == code {
			return r
		}
	}
	panic("demo: no region " + code)
}

// monthsAgo is a day in the past.
func (t *story) monthsAgo(n int) api.Date { return t.today.AddMonths(-n).String() }

// made is a made-up document.
func made(what string) string { return madeUp + what }

// as is a pointer to a value, for optional fields.
func as[T any](v T) *T { return &v }
