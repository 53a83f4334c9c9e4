package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"permitx/internal/intake"
)

// dropTriggers lets a test change what is only ever added.
func dropTriggers(t *testing.T, path string) {
	t.Helper()
	db, _, _, err := intakeOwner(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var names string
	if err := db.QueryRowContext(t.Context(), "SELECT group_concat(name) FROM sqlite_master WHERE type = 'trigger'").Scan(&names); err != nil {
		t.Fatal(err)
	}
	for name := range strings.SplitSeq(names, ",") {
		execIntake(t, path, "DROP TRIGGER "+name)
	}
}

// What proves the activities is never changed nor deleted, not even by hand.
func TestIntake_AppendOnly(t *testing.T) {
	t.Parallel()
	path := freshSQLiteIntake(t)
	s, now := openedIntake(t, path), someDay
	in := intakeOf(t, s, &now)
	submit(t, in, "k", ride("1", "anna", 3, 8, 0))
	if err := errors.Join(in.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	execIntake(t, path, "INSERT INTO month_taken VALUES (202001, 1, x'00')")
	db, _, _, err := intakeOwner(t.Context(), path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for table, column := range map[string]string{
		"journal": "amount", "batch_month": "amount", "pool_part": "amount", "activity_key": "activity", "month_taken": "at", "activity_202607": "amount",
	} {
		for _, q := range []string{"UPDATE " + table + " SET " + column + " = 1", "DELETE FROM " + table} {
			if _, err := db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "never") {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}

// Whatever is changed in the tables of an intake is found, by its invariant.
func TestIntake_Tamper(t *testing.T) {
	t.Parallel()
	sound := filepath.Join(t.TempDir(), "intake.db")
	if _, err := MigrateIntake(t.Context(), sound); err != nil {
		t.Fatal(err)
	}
	s, now := openedIntake(t, sound), someDay
	in := intakeOf(t, s, &now)
	var all []intake.Activity
	for _, who := range strings.Fields("a b c d e f g h i j k l m n o p q r s t") {
		all = append(all, ride(who+"1", who, 3, 8, 0), ride(who+"2", who, 3, 9, 0))
	}
	submit(t, in, "k", all...)
	now = now.Add(30 * 24 * time.Hour)
	if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
		t.Fatal(err)
	}
	verified(t, s)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ invariant, statement string }{
		{"I-70", `DELETE FROM activity_key WHERE activity = 1`},
		{"I-70", `UPDATE activity_key SET key = randomblob(16), activity = activity + 999999`},
		{"I-70", `UPDATE activity_key SET key = randomblob(16) WHERE activity = 1`},
		{"I-71", `UPDATE participant SET amount = amount + 1 WHERE id = 1`},
		{"I-71", `UPDATE participant SET amount = amount + iif(id = 1, 1000, -1000) WHERE id IN (1, 2)`},
		{"I-79", `UPDATE participant SET points = points + iif(id = 1, 1000000, -1000000) WHERE id IN (1, 2)`},
		{"I-71", `UPDATE participant_day SET participant = participant + 1000 WHERE participant = 1`},
		{"I-71", `UPDATE participant SET id = -id; UPDATE participant_day SET participant = -participant`},
		{"I-71", `UPDATE day_total SET scenario = scenario + 40, day = day - 1`},
		{"I-71", `UPDATE day_total SET methodology = methodology + 1`},
		{"I-71", `UPDATE day_total SET activities = activities + 1`},
		{"I-72", `UPDATE pool SET carried = carried + 1 WHERE NOT closed`},
		{"I-72", `DELETE FROM pool WHERE NOT closed`},
		{"I-72", `DELETE FROM outbox`},
		{"I-72", `UPDATE outbox SET units = units + 1`},
		{"I-72", `UPDATE outbox SET evidence = x'00'`},
		{"I-73", `UPDATE participant_day SET amount = amount - 1 WHERE participant = 1`},
		{"I-73", `UPDATE participant_day SET spans = x'027832d0960204643cd09602' WHERE participant = 1`}, // two periods that overlap
		{"I-74", `UPDATE journal SET accepted = accepted - 1 WHERE kind = 'activity_batch'`},
		{"I-74", `UPDATE batch_month SET digest = x'00'`},
		{"I-74", `DELETE FROM pool_part`},
		{"I-74", `DROP TABLE activity_202607`},
		{"I-75", `UPDATE pool_part SET amount = amount + 1`},
		{"I-75", `UPDATE pool SET items = items + 1 WHERE closed`},
		{"I-75", `UPDATE pool SET evidence = x'00' WHERE closed`},
	} {
		t.Run(c.statement, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "intake.db")
			data, err := os.ReadFile(sound)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			dropTriggers(t, path)
			execIntake(t, path, c.statement)
			found, err := intake.Check(t.Context(), openedIntake(t, path), ridesRules)
			if err != nil {
				t.Fatal(err)
			}
			for _, v := range found {
				if v.Invariant == c.invariant {
					return
				}
			}
			t.Errorf("nothing of %s is found, but %v", c.invariant, found)
		})
	}
}
