package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// answered submits activities to a scheme and returns what became of each: its
// status, and the activity's number or why it was refused.
func (e *bothEnds) answered(key string, scheme int64, all ...intake.Activity) (results []string) {
	e.t.Helper()
	var a intake.Answer
	if err := e.until(func(in *intake.Intake) (err error) {
		a, err = in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: scheme, Key: key, Activities: all})
		return err
	}); err != nil {
		e.t.Fatal(err)
	}
	var got struct {
		Activities []struct {
			Status, Code string
			Activity     int64
		}
	}
	if err := json.Unmarshal(a.Body, &got); err != nil {
		e.t.Fatal(err)
	}
	for _, r := range got.Activities {
		results = append(results, fmt.Sprint(r.Status, " ", r.Activity, r.Code))
	}
	return results
}

// trip is a ride of a minute on a day.
func trip(id string, day calendar.Date) intake.Activity {
	from := day.Start().Add(8 * time.Hour)
	return intake.Activity{SourceID: id, Participant: "of " + id, Scenario: "BUS", From: from, To: from.Add(time.Minute), Inputs: []carbon.Value{{Name: "n", Amount: quantity.OneMeasure}}}
}

// A trip of a data source that two schemes name is counted once in both, whichever
// declares it first; a scheme that named it later counts nothing again that it had
// counted before, on whatever day. What the other scheme has counted it cannot take back.
func TestIntake_DataSource(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		w := e.world
		other := apptest.Result[carbon.Scheme](w, w.Leader, app.SchemeRegister{
			Code: "HZCP", Name: "杭州碳普惠", Region: apptest.Jiashan, Operator: w.Firms[0].Party, SerialUnit: quantity.OneReduction, Salt: "S2", ValidFrom: 20260510, Source: "project default",
		}).ID
		scenario := app.ScenarioRegister{
			Scheme: other, Code: "BUS", Name: "n", Methodology: "BUS", DailyCap: 2 * quantity.OneReduction, ClaimTo: 100, DataSource: "JXMETRO", ValidFrom: 20260510, Source: "project default",
		}
		w.Must(w.Leader, scenario)
		want := func(what string, got []string, want ...string) {
			e.t.Helper()
			if !slices.Equal(got, want) {
				e.t.Errorf("%s: %q; want %q", what, got, want)
			}
		}
		today := w.Clock.Now().Date()
		want("before", e.answered("1", e.scheme, trip("t1", today.AddDays(-3))), "accepted 1")
		want("the other scheme", e.answered("2", other, trip("t2", today.AddDays(-3)), trip("t1", today.AddDays(-3))), "accepted 2", "accepted 3")

		scenario.Scheme, scenario.ValidFrom = e.scheme, today.AddDays(1)
		w.Must(w.Leader, scenario)
		for _, source := range []string{"", "HZMETRO"} {
			scenario.DataSource, scenario.ValidFrom = source, today.AddDays(9)
			if code := w.Refused(w.Leader, scenario); code != app.ErrDataSource.Code {
				e.t.Errorf("the data source becomes %q: %s", source, code)
			}
		}
		walk := scenario
		walk.Code, walk.Methodology, walk.DataSource, walk.ValidFrom = "STEPS", "WALK", "JXMETRO", 20260620
		if code := w.Refused(w.Leader, walk); code != app.ErrDataSource.Code {
			e.t.Errorf("another methodology by the ids of the data source: %s", code)
		}
		want("of a day before it was named", e.answered("3", e.scheme, trip("t2", today.AddDays(-2)), trip("t4", today.AddDays(-2))), "duplicate 2", "accepted 4")

		w.Clock.Set(today.AddDays(4).Start())
		want("since", e.answered("4", e.scheme, trip("t1", today.AddDays(2)), trip("t4", today.AddDays(2)), trip("t3", today.AddDays(2)), trip("t3", today.AddDays(1))),
			"duplicate 3", "duplicate 4", "accepted 5", "duplicate 5")
		want("the other scheme since", e.answered("5", other, trip("t3", today.AddDays(2)), trip("t5", today.AddDays(2))), "duplicate 5", "accepted 6")
		back := func(id string) intake.Activity {
			return intake.Activity{SourceID: "back " + id, Reverses: id, Scenario: "BUS"}
		}
		want("what the other one has", e.answered("6", other, back("t3")), "refused 0"+intake.ErrNoActivity.Code)
		want("taken back", e.answered("7", e.scheme, back("t3"), back("t4"), back("t5"), back("t3"), back("t1")),
			"accepted 7", "accepted 8", "refused 0"+intake.ErrNoActivity.Code, "duplicate 7", "accepted 9") // its own t1, not that of the other scheme
		want("counted once all the same", e.answered("8", other, trip("t3", today.AddDays(2))), "duplicate 5")
		apptest.Check(e.t, e.keep)
		if found, err := app.CheckIntake(e.t.Context(), e.store, e.trading); err != nil || len(found) > 0 {
			e.t.Errorf("%v, %v", found, err)
		}
		if err := e.keep.write.Exec("UPDATE scenario SET data_source = 'HZMETRO' WHERE scheme = ?", other).Error; err != nil {
			e.t.Fatal(err)
		}
		found, err := app.CheckIntake(e.t.Context(), e.store, e.trading)
		if err != nil || !slices.ContainsFunc(found, func(v app.Violation) bool { return v.Invariant == "I-70" }) {
			e.t.Errorf("keys of another data source: %v, %v", found, err)
		}
		e.in.Close()
	})
}
