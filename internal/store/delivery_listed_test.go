package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/quantity"
	"permitx/internal/report"
)

// plantRide is an activity of a day of May or June 2026 that names a plant.
func plantRide(id, plant string, month time.Month) intake.Activity {
	from := calendar.InstantOf(time.Date(2026, month, 20, 8, 0, 0, 0, calendar.Shanghai))
	return intake.Activity{
		SourceID: id, Participant: id, Scenario: "BUS", From: from, To: from.Add(time.Minute), Identifier: plant,
		Inputs: []carbon.Value{{Name: "n", Amount: 2 * quantity.OneMeasure}},
	}
}

// brought submits activities of a month, closes it, and has its message taken.
func (e *bothEnds) brought(m intake.Month, all ...intake.Activity) carbon.Issuance {
	e.t.Helper()
	for _, do := range []func(in *intake.Intake) error{
		func(in *intake.Intake) error {
			_, err := in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: e.scheme, Key: "of " + m.String(), Activities: all})
			return err
		},
		func(in *intake.Intake) error {
			_, err := in.CloseMonth(e.t.Context(), 2, "close "+m.String(), intake.MonthClose{Scheme: e.scheme, Month: m, Early: true})
			return err
		},
	} {
		if err := e.until(do); err != nil {
			e.t.Fatal(err)
		}
	}
	for range 50 {
		_ = app.Deliver(e.t.Context(), e, e, e.key, nil)
	}
	issuances := e.issuances()
	return issuances[len(issuances)-1]
}

// asked is up to where lists have nothing of an issuance, or the fault that says what they have.
func (e *bothEnds) asked(i carbon.Issuance) (int64, *fault.Error) {
	e.t.Helper()
	asked, err := app.AskLists(e.t.Context(), e.writer(), e.trading, i)
	f, _ := fault.As(err)
	if err != nil && f == nil {
		e.t.Fatal(err)
	}
	return asked, f
}

func (e *bothEnds) imports(source string, entries ...app.ExclusionEntry) {
	e.t.Helper()
	e.world.Must(e.world.Leader, app.ExclusionImport{Region: apptest.Jiashan, List: carbon.GreenCertificate, Source: source, Entries: entries})
}

// What a list gets after the close is found when the units are to be issued: the
// issuance is rejected, the next close takes the activity back, and Σ issued + left is
// Σ computed. What it gets while it is asked is found by the step itself.
func TestDelivery_Listed(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		w := e.world
		verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
		verified := func(i carbon.Issuance) {
			e.t.Helper()
			w.Must(verifier, app.SampleLook{Issuance: i.ID})
			w.Must(verifier, app.IssuanceStep{Issuance: i.ID, Event: carbon.Verify, Document: "report"})
		}
		e.imports("before", app.ExclusionEntry{Identifier: "GRID-1", ValidFrom: 20260601}, app.ExclusionEntry{Identifier: "GRID-9", ValidFrom: 20260601, ValidTo: 20260619})
		may := e.brought(202605, plantRide("1", "GRID-1", time.May), plantRide("2", "GRID-2", time.May), plantRide("3", "", time.May), plantRide("4", "GRID-4", time.May))
		verified(may)
		if asked, refused := e.asked(may); asked == 0 || refused != nil {
			e.t.Fatalf("before a list has anything: %d, %v", asked, refused)
		}
		e.imports("since the close", app.ExclusionEntry{Identifier: "GRID-2", ValidFrom: 20260101}, app.ExclusionEntry{Identifier: "GRID-4", ValidFrom: 20260520, ValidTo: 20260520})
		_, refused := e.asked(may)
		if refused == nil || refused.Code != carbon.ErrExcluded.Code || !strings.Contains(refused.Detail, "green_certificate") || !strings.Contains(refused.Detail, `"GRID-2"`) {
			e.t.Fatalf("a list has got GRID-2 since: %v", refused)
		}
		w.Must(w.Leader, app.IssuanceStep{Issuance: may.ID, Event: carbon.Reject, Document: "in a list"})
		for range 50 {
			_ = app.TakeBack(e.t.Context(), e, e)
		}

		june := e.brought(202606, plantRide("5", "GRID-9", time.June), plantRide("6", "", time.June))
		if june.Units != 4 {
			e.t.Errorf("%d units; want 4 of 4 rides that no list has", june.Units)
		}
		verified(june)
		asked, refused := e.asked(june)
		if refused != nil {
			e.t.Fatal(refused)
		}
		e.imports("while it was asked", app.ExclusionEntry{Identifier: "GRID-7", ValidFrom: 20260101})
		issue := app.IssuanceStep{Issuance: june.ID, Event: carbon.Issue, ListsAsked: asked}
		if f := w.Refused(w.Leader, issue); f != app.ErrListsChanged.Code {
			e.t.Errorf("a list that changed meanwhile: %s", f)
		}
		if issue.ListsAsked, refused = e.asked(june); refused != nil {
			e.t.Fatal(refused)
		}
		w.Must(w.Leader, issue)
		if i := e.issuances()[1]; i.State != carbon.Issued || i.ListsAsked != issue.ListsAsked {
			e.t.Errorf("issued: %+v", i)
		}
		e.sums()
		if err := e.keep.write.Exec("UPDATE issuance SET lists_asked = command WHERE id = ?", june.ID).Error; err == nil || !strings.Contains(err.Error(), "issuance_lists_asked_before") {
			e.t.Errorf("lists that were asked after the issue: %v", err)
		}
		if err := e.keep.write.Exec("UPDATE exclusion SET valid_to = 0 WHERE identifier = 'GRID-9'").Error; err != nil {
			e.t.Fatal(err)
		}
		found, err := app.CheckIntake(e.t.Context(), e.store, e.trading)
		if err != nil || !slices.ContainsFunc(found, func(v app.Violation) bool { return v.Invariant == "I-132" && v.ID == june.ID }) {
			e.t.Errorf("an issuance that counts what a list had: %v, %v", found, err)
		}
		e.in.Close()
	})
}

// What a list gets after units were issued is found, for the month in which it got it:
// by the pool that has the activities at last, which may have come back of another.
func TestDelivery_ListedSinceIssue(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		w := e.world
		verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
		may := e.brought(202605, plantRide("1", "GRID-1", time.May), plantRide("2", "GRID-2", time.May))
		w.Must(w.Leader, app.IssuanceStep{Issuance: may.ID, Event: carbon.Reject, Document: "not shown"})
		for range 50 {
			_ = app.TakeBack(e.t.Context(), e, e)
		}
		june := e.brought(202606, plantRide("3", "", time.June), plantRide("4", "GRID-2", time.June), plantRide("5", "GRID-9", time.June))
		e.submits("late", plantRide("6", "GRID-2", time.June)) // into the pool that is open
		w.Must(verifier, app.SampleLook{Issuance: june.ID})
		w.Must(verifier, app.IssuanceStep{Issuance: june.ID, Event: carbon.Verify, Document: "report"})
		asked, refused := e.asked(june)
		if refused != nil {
			e.t.Fatal(refused)
		}
		w.Must(w.Leader, app.IssuanceStep{Issuance: june.ID, Event: carbon.Issue, ListsAsked: asked})
		e.listedSince()
		e.imports("since", app.ExclusionEntry{Identifier: "GRID-9", ValidFrom: 20260601, ValidTo: 20260619}, app.ExclusionEntry{Identifier: "GRID-7", ValidFrom: 20260101})
		e.listedSince()
		e.imports("the list of July", app.ExclusionEntry{Identifier: "GRID-2", ValidFrom: 20260101})
		e.listedSince(fmt.Sprintf(`[{issuance %d} {exclusion 3}] JXCP-BUS-P202606-2026-1-5: activity 2 of participant 2 on 2026-05-20 and 1 more name "GRID-2", which the list green_certificate has from 2026-01-01 on (the list of July); 0 of 5 units are revoked`, june.ID))
		e.submits("back", intake.Activity{SourceID: "r", Scenario: "BUS", Reverses: "2"})
		w.Must(w.Leader, app.CreditRevoke{Issuance: june.ID, Units: 2, Document: "d"})
		e.listedSince(fmt.Sprintf(`[{issuance %d} {exclusion 3}] JXCP-BUS-P202606-2026-1-5: activity 4 of participant 4 on 2026-06-20 and 0 more name "GRID-2", which the list green_certificate has from 2026-01-01 on (the list of July); 2 of 5 units are revoked`, june.ID))
		w.Must(w.Leader, app.ExclusionCorrect{Exclusion: 3, ValidFrom: 20260101, Void: true, Document: "another plant"})
		e.listedSince()
		e.in.Close()
	})
}

// submits sends activities until they are taken in.
func (e *bothEnds) submits(key string, all ...intake.Activity) {
	e.t.Helper()
	if err := e.until(func(in *intake.Intake) error {
		_, err := in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: e.scheme, Key: key, Activities: all})
		return err
	}); err != nil {
		e.t.Fatal(err)
	}
}

// listedSince holds what an auditor finds in this month, and that he finds nothing in the one before.
func (e *bothEnds) listedSince(want ...string) {
	e.t.Helper()
	this := report.MonthOf(e.world.Clock.Now().Date())
	for month, want := range map[calendar.Date][]string{this: want, report.MonthOf(this.AddDays(-1)): nil} {
		found, err := e.world.App.Exceptions(e.t.Context(), app.ExceptionQuery{Kind: report.ListedSince, Month: month, Intake: e.writer()})
		if err != nil {
			e.t.Fatal(err)
		}
		var got []string
		for _, x := range found {
			got = append(got, fmt.Sprintf("%v %s", x.Objects, x.Detail))
		}
		if !slices.Equal(got, want) {
			e.t.Errorf("in %s: %q\nwant %q", month, got, want)
		}
	}
}

// sums holds that nothing is wrong in either registry, and Σ issued + left = Σ computed.
func (e *bothEnds) sums() {
	e.t.Helper()
	apptest.Check(e.t, e.keep)
	found, err := app.CheckIntake(e.t.Context(), e.store, e.trading)
	if err != nil || len(found) > 0 {
		e.t.Errorf("%v, %v", found, err)
	}
	var computed, issued, left quantity.Reduction
	for _, m := range []intake.Month{202605, 202606} {
		if err := e.store.Activities(e.t.Context(), m, func(r intake.Row) error { computed += r.Amount; return nil }); err != nil {
			e.t.Fatal(err)
		}
	}
	pools, err := e.store.AllPools(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, p := range pools {
		left = p.Left() // of the last
	}
	for _, i := range e.issuances() {
		if i.State == carbon.Issued {
			issued += i.Reduced
		}
	}
	if issued+left != computed || issued == 0 {
		e.t.Error(fmt.Sprint(issued, " issued and ", left, " left, and ", computed, " computed"))
	}
}
