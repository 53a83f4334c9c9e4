package main

import (
	"path/filepath"
	"testing"

	"permitx/internal/intake"
	"permitx/internal/store"
)

// What an intake is filled with are activities as the writer would keep them: each
// has its key, and is in its participant's day; nobody has two rides at a time.
func TestFillIntake(t *testing.T) {
	t.Parallel()
	const people, activities = 50, 3_000
	ctx, dir := t.Context(), t.TempDir()
	url := store.IntakeURL(filepath.Join(dir, dataFile))
	if _, err := store.MigrateIntake(ctx, url); err != nil {
		t.Fatal(err)
	}
	r := &carbonRegistry{place: onSQLite, url: url, owner: url, salts: &saltFolder{folder: filepath.Join(dir, "salts")}}
	if err := r.register(ctx, 1, people); err != nil {
		t.Fatal(err)
	}
	if err := r.fill(ctx, activities, people, func(int) {}); err != nil {
		t.Fatal(err)
	}
	if size, err := r.weigh(ctx); err != nil || size.activities != activities || size.participants != people || size.bytes == 0 {
		t.Errorf("it has %+v, %v", size, err)
	}
	s, err := store.OpenIntake(ctx, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if registry, err := s.Registry(ctx); err != nil || registry.Activity != activities || registry.Participant != people {
		t.Errorf("the registry goes on after %+v, %v", registry, err)
	}
	salt, err := r.salts.read(carbonSalt, false)
	if err != nil {
		t.Fatal(err)
	}
	if p, known, err := s.Participant(ctx, intake.PseudonymOf(1, salt, carbonPerson(7))); err != nil || !known || p.ID != 8 {
		t.Errorf("participant 7 is %+v, %t, %v", p, known, err)
	}
	keys, days := map[int64]intake.Month{}, map[intake.DayKey]int{}
	if err := s.EachKey(ctx, func(k intake.KeyRow) error { keys[k.Activity] = k.Month; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.EachDay(ctx, func(d intake.Day) error { days[d.DayKey] += len(d.Spans); return nil }); err != nil {
		t.Fatal(err)
	}
	months, err := s.Months(ctx)
	if err != nil || len(months) != carbonMonths {
		t.Errorf("there are the months %v, %v", months, err)
	}
	for _, m := range months {
		err := s.Activities(ctx, m, func(a intake.Row) error {
			if keys[a.ID] != m || a.From.Date() != a.Day || a.To.Date() != a.Day {
				t.Errorf("activity %d of %s has a key of %s and lies from %s to %s", a.ID, a.Day, keys[a.ID], a.From, a.To)
			}
			delete(keys, a.ID)
			days[intake.DayKey{Scenario: a.Scenario, Day: a.Day, Participant: a.Participant}]--
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(keys) != 0 {
		t.Errorf("%d keys have no activity", len(keys))
	}
	for k, left := range days {
		if left != 0 || k.Participant > people {
			t.Errorf("%+v has %d activities more than there are", k, left)
		}
	}
}
