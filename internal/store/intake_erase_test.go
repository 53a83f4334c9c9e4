package store

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// A person who was erased cannot be found again by anything that is kept: two
// intakes in which different people have done the same, and were erased, are
// the same in each cell of each table. So whoever has the database, the salts
// and a list of candidates learns nothing.
func TestIntake_ErasedIsNowhere(t *testing.T) {
	t.Parallel()
	lives := map[string]map[string][]string{}
	for _, who := range []string{"ann", "bob"} {
		for kind, url := range map[string]string{"sqlite": freshSQLiteIntake(t), "postgres": freshPostgresIntake(t)} {
			s, now := openedIntake(t, url), someDay
			in := intakeOf(t, s, &now)
			live(t, in, who, &now)
			verified(t, s)
			if err := in.Close(); err != nil {
				t.Fatal(err)
			}
			if lives[kind] == nil {
				lives[kind] = map[string][]string{}
			}
			lives[kind][who] = everyRow(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if kind == "sqlite" {
				file, err := os.ReadFile(url)
				name := sha256.Sum256([]byte("\x02salt" + who)) // as intake.Pseudonym is made, of scheme 1
				if err != nil || bytes.Contains(file, name[:16]) {
					t.Errorf("the pseudonym of %s is in the file still, %v", who, err)
				}
				if other := sha256.Sum256([]byte("\x02saltcarl")); !bytes.Contains(file, other[:16]) {
					t.Error("the pseudonym of who was not erased is not where the test looks for it")
				}
			}
		}
	}
	for kind, l := range lives {
		if len(l["ann"]) < 20 || !slices.Equal(l["ann"], l["bob"]) {
			t.Errorf("%s: the rows tell ann from bob:\n%s\n\n%s", kind, strings.Join(l["ann"], "\n"), strings.Join(l["bob"], "\n"))
		}
	}
}

// Who was erased is in no file of a SQLite intake soon after: the log is cut as soon as nobody
// reads what was there before. Of very few a split of a page has left a copy in what is free
// of it, until VACUUM.
func TestIntake_ErasedIsInNoFile(t *testing.T) {
	t.Parallel()
	url, now := freshSQLiteIntake(t), someDay
	s := &hooked{IntakeStore: openedIntake(t, url), forgot: make(chan bool, 1)}
	in := intakeOf(t, s, &now)
	defer in.Close()
	const people, erased, copied = 3000, 200, 3
	var all []intake.Activity
	for p := range people {
		all = append(all, ride(fmt.Sprint(p), fmt.Sprint("p", p), 3, 8, 0))
	}
	for first := 0; first < people; first += people / 6 {
		submit(t, in, fmt.Sprint("batch ", first), all[first:first+people/6]...)
	}
	erase := func(p int) {
		t.Helper()
		if _, err := in.Erase(t.Context(), 7, fmt.Sprint("erase ", p), 1, fmt.Sprint("p", p)); err != nil {
			t.Fatal(err)
		}
	}
	for !<-s.forgot { //nolint:revive // what was there at the start is forgotten first
	}
	if n := found(t, people, url, url+"-wal"); n != people {
		t.Fatalf("%d of %d are where the test looks for them", n, people)
	}
	r, end, err := s.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Months(t.Context()); err != nil {
		t.Fatal(err)
	}
	erase(0)
	if <-s.forgot {
		t.Error("the log was cut under a reader")
	}
	if n := found(t, 1, url, url+"-wal"); n != 1 {
		t.Error("while somebody reads, the test does not see who was erased")
	}
	end()
	for !<-s.forgot { //nolint:revive // tried again
	}
	if n := found(t, 1, url, url+"-wal", url+"-shm"); n != 0 {
		t.Error("who was erased first is in the files")
	}
	for p := 1; p < erased; p++ {
		erase(p)
		for !<-s.forgot { //nolint:revive // tried again
		}
	}
	if n := found(t, erased, url+"-wal"); n != 0 {
		t.Errorf("%d are in the log", n)
	}
	if n := found(t, erased, url); n > copied {
		t.Errorf("%d are in the file", n)
	}
	if _, err := s.write.ExecContext(t.Context(), "VACUUM"); err != nil {
		t.Fatal(err)
	}
	if done, err := s.IntakeStore.Forget(t.Context()); !done || err != nil {
		t.Fatal(done, err)
	}
	if n := found(t, people, url, url+"-wal"); n != people-erased {
		t.Errorf("%d are in the files after VACUUM; want %d", n, people-erased)
	}
}

// found is how many of the first people have their pseudonym in one of some files.
func found(t *testing.T, people int, files ...string) (n int) {
	t.Helper()
	var all []byte
	for _, name := range files {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, file...)
	}
	for p := range people {
		if name := sha256.Sum256(fmt.Append([]byte("\x02salt"), "p", p)); bytes.Contains(all, name[:16]) {
			n++
		}
	}
	return n
}

// live is a life in an intake, up to the erasure and beyond it.
func live(t *testing.T, in *intake.Intake, who string, now *calendar.Instant) {
	t.Helper()
	back := ride("r", who, 3, 8, 0)
	back.Reverses = "1"
	first := []intake.Activity{
		ride("1", who, 3, 8, 0), ride("2", who, 3, 9, 0), ride("3", "carl", 3, 8, 0),
		ride("early", who, 1, 8, 0), ride("over", who, 3, 9, 5), ride("cap", who, 3, 12, 0), ride("1", who, 3, 8, 0),
	}
	submit(t, in, "a", first...)
	burn := func(key string, points quantity.Measure) (intake.Answer, error) {
		return in.Burn(t.Context(), 7, key, intake.Exchange{Scheme: 1, Participant: who, Points: points * quantity.OneMeasure, Reward: "bus ticket"})
	}
	if _, err := burn("b", 1); err != nil {
		t.Fatal(err)
	}
	if _, err := burn("too many", 100); !errors.Is(err, intake.ErrPointsShort) {
		t.Fatal(err)
	}
	submit(t, in, "c", back)
	if _, err := in.Erase(t.Context(), 7, "e", 1, who); err != nil {
		t.Fatal(err)
	}
	if again, err := in.Erase(t.Context(), 7, "e", 1, who); err != nil || !again.Replayed {
		t.Errorf("erased again: %+v, %v", again, err)
	}
	if again, err := burn("b", 1); err != nil || !again.Replayed {
		t.Errorf("burned again after the erasure: %+v, %v", again, err)
	}
	if got := submit(t, in, "a", first...); got.Accepted != 3 {
		t.Errorf("the first batch again after the erasure: %+v", got)
	}
	*now = now.Add(30 * 24 * time.Hour)
	if _, err := in.CloseMonth(t.Context(), 2, "close", intake.MonthClose{Scheme: 1, Month: 202607, Early: true}); err != nil {
		t.Fatal(err)
	}
}

// A key that was used for one participant is not answered for another, though
// no digest says whose it was.
func TestIntake_KeyOfAnother(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		batch := func(who string) error {
			_, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: "k", Activities: []intake.Activity{ride("1", who, 3, 8, 0), ride("2", "carl", 3, 8, 0)}})
			return err
		}
		burn := func(who string) error {
			_, err := in.Burn(t.Context(), 7, "b", intake.Exchange{Scheme: 1, Participant: who, Points: quantity.OneMeasure, Reward: "bus ticket"})
			return err
		}
		erase := func(who string) error {
			_, err := in.Erase(t.Context(), 7, "e", 1, who)
			return err
		}
		for name, do := range map[string]func(who string) error{"batch": batch, "burn": burn} {
			_ = batch("ann") // before all
			if err := errors.Join(do("ann"), do("ann")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, who := range []string{"carl", "nobody"} {
				if err := do(who); !errors.Is(err, intake.ErrKeyUsed) {
					t.Errorf("%s with the key of ann's for %s: %v", name, who, err)
				}
			}
		}
		if err := errors.Join(erase("ann"), erase("ann")); err != nil {
			t.Error(err)
		}
		if err := erase("carl"); !errors.Is(err, intake.ErrKeyUsed) {
			t.Errorf("carl would be told that he is erased: %v", err)
		}
		verified(t, s)
	})
}

// everyRow is each row of each table of an intake, as text.
func everyRow(t *testing.T, s *IntakeStore) []string {
	t.Helper()
	var tables, all []string
	query := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if _, ok := s.dialect.(*intakePostgres); ok {
		query = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	do := func(query string, each func(*sql.Rows) error) {
		t.Helper()
		if err := eachRow(t.Context(), s.read, each, query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	do(query, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		tables = append(tables, name)
		return err
	})
	for _, table := range tables {
		if strings.HasPrefix(table, "goose") || strings.HasPrefix(table, "sqlite") {
			continue
		}
		do("SELECT * FROM "+table, func(r *sql.Rows) error {
			columns, err := r.Columns()
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			err = errors.Join(err, r.Scan(cells...))
			text := table
			for i, c := range cells {
				text += fmt.Sprintf(" %s=%v", columns[i], *c.(*any)) //nolint:forcetypeassert // made above
			}
			all = append(all, text)
			return err
		})
	}
	slices.Sort(all)
	return all
}
