package intake

import (
	"context"
	"strings"
	"testing"

	"permitx/internal/carbon"
)

// monthReader is one month of a reader.
type monthReader struct {
	Reader
	rows  []Row
	reads int
}

func (r *monthReader) Activities(_ context.Context, _ Month, each func(Row) error) error {
	r.reads++
	for _, row := range r.rows {
		if err := each(row); err != nil {
			return err
		}
	}
	return nil
}

func (r *monthReader) Reversals(_ context.Context, _ Month, each func(back, was Row) error) error {
	for _, row := range r.rows {
		if row.Reverses != 0 {
			if err := each(row, r.rows[row.Reverses-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (*monthReader) Cut(context.Context, Month, func(Row, []Span) error) error { return nil }

// Where more was taken back than is kept at once, the days are replayed for some
// participants after the others: what is wrong with each is found.
func TestCapped_InParts(t *testing.T) {
	t.Parallel()
	for atOnce, reads := range map[int64]int{1: 9, 2: 5, 100: 1} {
		r := &monthReader{}
		for participant := int64(1); participant <= 7; participant++ {
			row := Row{Scheme: 1, Scenario: 1, Methodology: 1, Participant: participant, Day: 20260703, From: 1, To: 2, Computed: 52, Amount: 52}
			for _, reverses := range []int64{0, 0, 0, int64(len(r.rows)) + 1} { // the third is beyond the cap, until the first is taken back
				row.ID, row.Reverses = int64(len(r.rows))+1, reverses
				if reverses != 0 {
					row.Computed, row.Amount = -row.Computed, -row.Amount
				}
				r.rows = append(r.rows, row)
			}
		}
		c := &checker{r: r, rows: newRowSums(), atOnce: atOnce, rules: Rules{Scenarios: map[int64]carbon.Scenario{1: {ID: 1, Scheme: 1, DailyCap: 104}}}}
		back, err := c.reversals(t.Context(), 202607)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Activities(t.Context(), 202607, func(row Row) error { back.row(&row); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := c.capped(t.Context(), 202607, back); err != nil {
			t.Fatal(err)
		}
		if len(c.found) != 7 || r.reads != reads {
			t.Errorf("%d at once: %d found in %d reads: %v", atOnce, len(c.found), r.reads, c.found)
		}
		for _, v := range c.found {
			if v.Invariant != "I-119" || !strings.Contains(v.Detail, "has left 0") {
				t.Errorf("%d at once: %v", atOnce, v)
			}
		}
	}
}
