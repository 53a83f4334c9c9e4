package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"weak"

	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// slow is a store whose commits take so long that what comes after them is judged
// before they have arrived, and of which some may be lost.
type slow struct {
	*IntakeStore
	mu    sync.Mutex
	r     *rand.Rand
	loses bool
	ahead int // what was read while a commit was on its way
	on    bool
	reads atomic.Int64
}

func (s *slow) Answered(ctx context.Context, keys []intake.ActorKey) ([]intake.JournalRow, error) {
	found, err := s.IntakeStore.Answered(ctx, keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on {
		s.ahead++
	}
	s.reads.Add(1)
	return found, err
}

func (s *slow) Commit(ctx context.Context, c *intake.Changes) error {
	s.mu.Lock()
	s.on = true
	wait, fate := time.Duration(s.r.IntN(4))*time.Millisecond, s.r.IntN(12)
	if s.ahead < enoughAhead { // on a machine that is busy with other things, too
		wait *= 10
	}
	s.mu.Unlock()
	time.Sleep(wait)
	defer func() {
		s.mu.Lock()
		s.on = false
		s.mu.Unlock()
	}()
	if !s.loses || fate > 3 {
		return s.IntakeStore.Commit(ctx, c)
	}
	if fate == 0 {
		return errors.New("lost before")
	}
	if fate == 1 {
		return fmt.Errorf("refused: %w", intake.ErrRejected)
	}
	if err := s.IntakeStore.Commit(ctx, c); err != nil {
		return err
	}
	if fate == 2 {
		return errors.New("lost after")
	}
	return intake.ErrUnknown
}

// queued is a context that says when a command stands in the queue: it is asked
// for its end from then on.
type queued struct {
	context.Context
	once sync.Once
	now  chan struct{}
}

func (q *queued) Done() <-chan struct{} {
	q.once.Do(func() { close(q.now) })
	return q.Context.Done()
}

// enoughAhead are the commits that a test must have seen judged ahead.
const enoughAhead = 10

type someCommand func(context.Context, *intake.Intake) (intake.Answer, error)

// answer runs a command and gives its answer, or its fault.
func (do someCommand) answer(ctx context.Context, t *testing.T, in *intake.Intake) string {
	t.Helper()
	a, err := do(ctx, in)
	if f, isFault := fault.As(err); isFault && f.Kind != fault.Unavailable {
		return f.Error()
	}
	if err != nil {
		t.Error(err)
	}
	return atOf.ReplaceAllString(string(a.Body), "")
}

// atOf is the time in an answer, which differs: commands that are refused have one, too.
var atOf = regexp.MustCompile(`"at":"[^"]*",`)

// someCommands are random commands about a few people: rides with duplicates, overlaps and
// reversals, keys that come again, erasures, burns and closes.
func someCommands(r *rand.Rand, n int) []someCommand {
	all := make([]someCommand, n)
	for i := range all {
		who := fmt.Sprint("p", r.IntN(12))
		key := fmt.Sprint("key ", i)
		switch kind := r.IntN(60); {
		case kind == 0:
			all[i] = func(ctx context.Context, in *intake.Intake) (intake.Answer, error) {
				return in.Erase(ctx, 7, key, 1, who)
			}
		case kind <= 2:
			all[i] = func(ctx context.Context, in *intake.Intake) (intake.Answer, error) {
				return in.Burn(ctx, 7, key, intake.Exchange{Scheme: 1, Participant: who, Points: quantity.OneMeasure, Reward: "bus ticket"})
			}
		case kind == 3:
			all[i] = func(ctx context.Context, in *intake.Intake) (intake.Answer, error) {
				return in.CloseMonth(ctx, 2, key, intake.MonthClose{Scheme: 1, Month: 202606, Early: true})
			}
		case kind == 4 && i > 0:
			all[i] = all[i-1] // sent again at once
		default:
			batch := intake.Batch{Actor: 1, Source: 1, Key: key, Digest: [32]byte{byte(i)}, Activities: someRides(r, 1+r.IntN(8))}
			all[i] = func(ctx context.Context, in *intake.Intake) (intake.Answer, error) {
				return in.Submit(ctx, batch)
			}
		}
	}
	return all
}

func someRides(r *rand.Rand, n int) []intake.Activity {
	all := make([]intake.Activity, n)
	for i := range all {
		all[i] = ride(fmt.Sprint(r.IntN(200)), fmt.Sprint("p", r.IntN(40)), 2+r.IntN(8), r.IntN(24), r.IntN(60))
		switch r.IntN(10) {
		case 0, 1:
			all[i].Reverses = fmt.Sprint(r.IntN(200))
		case 2:
			all[i].Scenario, all[i].Inputs = "plant", []carbon.Value{{Name: "energy", Amount: quantity.OneMeasure, Unit: "kWh"}}
		case 3: // refused when its participant and day are there, who may be new
			all[i].Scenario, all[i].Inputs = "plant", []carbon.Value{{Name: "energy", Amount: 200_000_000_000 * quantity.OneMeasure, Unit: "kWh"}}
		}
	}
	return all
}

// Commands that are judged while those before them are written come to exactly
// what they come to one after the other.
func TestIntake_JudgesAhead(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		onBothIntakes(t, func(t *testing.T, url string) {
			t.Helper()
			commands := someCommands(rand.New(rand.NewPCG(seed, 1)), 150)
			s := &slow{IntakeStore: openedIntake(t, url), r: rand.New(rand.NewPCG(seed, 2))}
			now := someDay
			in := intakeOf(t, s, &now)
			ahead, inTurn := make([]string, len(commands)), make([]string, len(commands))
			var all sync.WaitGroup
			for i, do := range commands {
				ctx := &queued{Context: t.Context(), now: make(chan struct{})}
				all.Go(func() { ahead[i] = do.answer(ctx, t, in) })
				before := s.reads.Load()
				<-ctx.now
				for s.draw(100) > 0 && s.reads.Load() == before { // mostly until it is judged
					time.Sleep(50 * time.Microsecond)
				}
			}
			all.Wait()
			in.Close()
			verified(t, s.IntakeStore)
			if s.ahead < enoughAhead {
				t.Errorf("only %d commits were judged ahead", s.ahead)
			}

			one := openedIntake(t, freshLike(t, url))
			in = intakeOf(t, one, &now)
			for i, do := range commands {
				if inTurn[i] = do.answer(t.Context(), t, in); ahead[i] != inTurn[i] {
					t.Fatalf("command %d, judged ahead:\n%s\none after the other:\n%s", i, ahead[i], inTurn[i])
				}
			}
			in.Close()
			if a, b := rowsOf(t, s.IntakeStore), rowsOf(t, one); !reflect.DeepEqual(a, b) {
				t.Errorf("judged ahead the journal has other rows: %x, one after the other %x", a, b)
			}
		})
	}
}

// draw is a random number that the test draws beside the commits.
func (s *slow) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.IntN(n)
}

func headOf(t *testing.T, s *IntakeStore) []byte {
	t.Helper()
	r, err := s.Registry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r.Head
}

// rowsOf are the digests of what the journal's commands wrote.
func rowsOf(t *testing.T, s *IntakeStore) (digests [][]byte) {
	t.Helper()
	all, err := s.Journal(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		digests = append(digests, all[i].Rows)
	}
	return digests
}

// freshLike is a fresh intake on the database of another.
func freshLike(t *testing.T, url string) string {
	t.Helper()
	if IsPostgres(url) {
		return freshPostgresIntake(t)
	}
	return freshSQLiteIntake(t)
}

// Where commits are lost, known or not, all that was judged after them is judged
// again: nothing is counted twice, and a replay of all batches changes nothing.
func TestIntake_LosesWhatWasJudgedAhead(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		r := rand.New(rand.NewPCG(4, 5))
		s := &slow{IntakeStore: openedIntake(t, url), r: rand.New(rand.NewPCG(6, 7)), loses: true}
		now := someDay
		in := intakeOf(t, s, &now)
		defer func() { in.Close() }()
		batches := make([]intake.Batch, 120)
		for i := range batches {
			batches[i] = intake.Batch{Actor: 1, Source: 1, Key: fmt.Sprint(i), Digest: [32]byte{byte(i)}, Activities: someRides(r, 1+r.IntN(8))}
		}
		answers := make([][]byte, len(batches))
		sendAll := func() {
			var all sync.WaitGroup
			for client := range 6 {
				all.Go(func() {
					for i := client; i < len(batches); i += 6 {
						answers[i] = sendUntilTaken(t, in, batches[i])
					}
				})
			}
			all.Wait()
		}
		sendAll()
		before, first := headOf(t, s.IntakeStore), bytes.Join(answers, nil)
		sendAll()
		if after := headOf(t, s.IntakeStore); !bytes.Equal(before, after) || !bytes.Equal(first, bytes.Join(answers, nil)) {
			t.Errorf("a replay of all batches ends in %x, not in %x, or was answered otherwise", after, before)
		}
		verified(t, s.IntakeStore)
		if s.ahead < enoughAhead {
			t.Errorf("only %d commits were judged ahead", s.ahead)
		}
	})
}

func sendUntilTaken(t *testing.T, in *intake.Intake, b intake.Batch) []byte {
	t.Helper()
	for range 100 {
		if a, err := in.Submit(t.Context(), b); err == nil {
			return a.Body
		}
	}
	t.Errorf("batch %s was never taken", b.Key)
	return nil
}

// Batches of very many rows are written in another way than small ones: all of one or
// nothing, behind the same fence; and in parts while the exchange trades.
func TestIntake_ManyRows(t *testing.T) {
	t.Parallel()
	for _, pace := range []*intake.Pace{nil, {Trading: func() bool { return true }}} {
		testManyRows(t, pace)
	}
}

func testManyRows(t *testing.T, pace *intake.Pace) {
	t.Helper()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := pacedIntake(t, url, pace), someDay
		in := pacedIntakeOf(t, s, &now, pace)
		many := func(from int) (all []intake.Activity) {
			for i := range 1200 {
				all = append(all, ride(fmt.Sprint(from+i), fmt.Sprint("p", from+i), 3, 8, 0))
			}
			return append(all, all[7])
		}
		if got := submit(t, in, "first", many(0)...); got.Accepted != 1200 || got.Duplicates != 1 || got.Amount != "62.4" {
			t.Errorf("%d accepted, %d duplicates, %s kgCO2e", got.Accepted, got.Duplicates, got.Amount)
		}
		if got := submit(t, in, "second", many(600)...); got.Accepted != 600 || got.Duplicates != 601 {
			t.Errorf("%d accepted, %d duplicates of rides of which a half came before", got.Accepted, got.Duplicates)
		}
		verified(t, s)

		if _, err := openedIntake(t, url).TakeOver(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := headOf(t, s)
		if _, err := in.Submit(t.Context(), intake.Batch{Actor: 1, Source: 1, Key: "third", Activities: many(5000)}); err == nil {
			t.Error("a writer that was fenced wrote")
		}
		<-in.Stopped()
		if !bytes.Equal(before, headOf(t, s)) {
			t.Error("a writer that was fenced left something")
		}
		verified(t, s)
	})
}

// What the database refuses of very many rows fails alone.
func TestIntake_ManyRowsRefused(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		all := func(from, daysBefore int) (all []intake.Activity) {
			for i := range 700 {
				all = append(all, ride(fmt.Sprint(from+i), fmt.Sprint("p", i), daysBefore, 8, 0))
			}
			return all
		}
		submit(t, in, "first", all(0, 3)...)
		execIntake(t, url, "DROP TABLE activity_202607")
		if got := submit(t, in, "second", all(1000, 4)...); got.Accepted != 0 || got.Activities[0].Code != "activity.month_taken_away" {
			t.Errorf("into a month whose table is gone: %d accepted, %s", got.Accepted, got.Activities[0].Code)
		}
	})
}

// However long there is always a commit on its way, only the last of them are kept.
func TestIntake_KeepsNoCommitThatHasArrived(t *testing.T) {
	t.Parallel()
	const looked, most = 30, 4
	s := &hooked{IntakeStore: openedIntake(t, freshSQLiteIntake(t))}
	var sent []weak.Pointer[intake.Changes]
	var kept atomic.Int64
	s.commit = func(ctx context.Context, c *intake.Changes) error {
		sent = append(sent, weak.Make(c))
		for until := time.Now().Add(time.Second); s.reads.Load() <= int64(len(sent)) && time.Now().Before(until); { // the next one is judged
			time.Sleep(100 * time.Microsecond)
		}
		if len(sent) == looked {
			runtime.GC()
			for _, w := range sent {
				if w.Value() != nil {
					kept.Add(1)
				}
			}
		}
		return s.IntakeStore.Commit(ctx, c)
	}
	now := someDay
	in := intakeOf(t, s, &now)
	defer in.Close()
	ctx, end := context.WithCancel(t.Context())
	defer end()
	clients := make(chan struct{})
	for client := range 3 {
		go func() {
			for i := 0; kept.Load() == 0 && ctx.Err() == nil; i++ {
				if _, err := in.Submit(ctx, aRide(fmt.Sprint(client, i))); err != nil {
					t.Error(err)
					break
				}
			}
			clients <- struct{}{}
		}()
	}
	for range 3 {
		<-clients
	}
	if got := kept.Load(); got == 0 || got > most {
		t.Errorf("after %d commits in a row %d are kept", looked, got)
	}
}

// Who closes an intake that has just started need not wait until the participants are read.
func TestIntake_ClosesWhileItReadsAhead(t *testing.T) {
	t.Parallel()
	now := someDay
	s := &hooked{IntakeStore: openedIntake(t, freshSQLiteIntake(t))}
	reads := make(chan struct{})
	s.newest = func(ctx context.Context) error {
		close(reads)
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Error("it was read on")
		}
		return ctx.Err()
	}
	in := intakeOf(t, s, &now)
	<-reads
	in.Close()
}

// Who is new and had nothing accepted is nobody to the commands after it, be they of the
// same commit.
func TestIntake_NobodyWithinACommit(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := &hooked{IntakeStore: openedIntake(t, url), read: make(chan struct{}, 9)}, someDay
		goOn := make(chan struct{})
		s.commit = func(ctx context.Context, c *intake.Changes) error {
			<-goOn
			return s.IntakeStore.Commit(ctx, c)
		}
		in := intakeOf(t, s, &now)
		defer in.Close()
		var all sync.WaitGroup
		send := func(b intake.Batch) {
			ctx := &queued{Context: t.Context(), now: make(chan struct{})}
			all.Go(func() {
				if _, err := in.Submit(ctx, b); err != nil {
					t.Error(err)
				}
			})
			<-ctx.now
		}
		for before := range 2 { // one is on its way, and one is judged: what comes now waits
			send(aRide(fmt.Sprint(before)))
			<-s.read
		}
		tooMuch := ride("3", "nobody", 3, 8, 0)
		tooMuch.Scenario, tooMuch.Inputs = "plant", []carbon.Value{{Name: "energy", Amount: 200_000_000_000 * quantity.OneMeasure, Unit: "kWh"}}
		send(intake.Batch{Actor: 1, Source: 1, Key: "3", Activities: []intake.Activity{tooMuch}})
		ctx := &queued{Context: t.Context(), now: make(chan struct{})}
		all.Go(func() {
			_, err := in.Burn(ctx, 7, "4", intake.Exchange{Scheme: 1, Participant: "nobody", Points: quantity.OneMeasure, Reward: "bus ticket"})
			if f, is := fault.As(err); !is || f.Code != intake.ErrNoParticipant.Code {
				t.Errorf("points of nobody: %v", err)
			}
		})
		<-ctx.now
		close(goOn)
		all.Wait()
		if got := s.reads.Load(); got != 3 {
			t.Errorf("%d commits, not 3", got)
		}
		verified(t, s.IntakeStore)
	})
}

// While the exchange trades a batch is a commit of its own, but small ones go together, and
// nothing is read while they are written.
func TestIntake_GivesWayToTheExchange(t *testing.T) {
	t.Parallel()
	const batches = 12
	for _, c := range []struct {
		trades                     bool
		activities                 int // a batch
		wantTogether, mayReadAhead bool
	}{
		{true, 500, false, false}, {true, 1, true, false}, {false, 1, true, true},
	} {
		commits, together, ahead := beside(t, c.trades, batches, c.activities)
		if (together > 0) != c.wantTogether || (commits < batches) != c.wantTogether || !c.mayReadAhead && ahead > 0 {
			t.Errorf("%+v: %d batches are %d commits, %d of several and %d with reads beside", c, batches, commits, together, ahead)
		}
	}
}

// beside sends batches at once to an intake beside an exchange. It counts their commits,
// those of several batches, and those beside which something was read.
func beside(t *testing.T, trades bool, batches, activities int) (commits, together, ahead int) {
	t.Helper()
	s, now := &hooked{IntakeStore: openedIntake(t, freshSQLiteIntake(t))}, someDay
	var waiting sync.WaitGroup
	waiting.Add(batches)
	s.commit = func(ctx context.Context, c *intake.Changes) error {
		waiting.Wait() // so that there is something to take
		before := s.reads.Load()
		for until := time.Now().Add(20 * time.Millisecond); s.reads.Load() == before && time.Now().Before(until); {
			time.Sleep(100 * time.Microsecond)
		}
		commits++
		if len(c.Journal) > 1 {
			together++
		}
		if s.reads.Load() > before {
			ahead++
		}
		return s.IntakeStore.Commit(ctx, c)
	}
	in := pacedIntakeOf(t, s, &now, &intake.Pace{Trading: func() bool { return trades }})
	var all sync.WaitGroup
	for i := range batches {
		b := intake.Batch{Actor: 1, Source: 1, Key: fmt.Sprint(i)}
		for n := range activities {
			b.Activities = append(b.Activities, ride(fmt.Sprint(i, " ", n), fmt.Sprint("p", i, " ", n), 3, 8, 0))
		}
		ctx := &queued{Context: t.Context(), now: make(chan struct{})}
		all.Go(func() {
			if _, err := in.Submit(ctx, b); err != nil {
				t.Error(err)
			}
		})
		<-ctx.now
		waiting.Done()
	}
	all.Wait()
	in.Close()
	verified(t, s.IntakeStore)
	return commits, together, ahead
}
