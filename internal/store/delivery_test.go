package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
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
)

// bothEnds is a trading registry with a scheme of two methodologies, and an
// intake beside it. Both lose commits; what calls them does not know which.
type bothEnds struct {
	t       *testing.T
	random  *rand.Rand
	world   *apptest.World
	trading *apptest.Faulty
	keep    *Store // below trading
	store   *IntakeStore
	in      *intake.Intake
	scheme  int64
	keys    int
	crashes int
}

// onBothEnds runs a test on a fresh pair of registries of each kind.
func onBothEnds(t *testing.T, f func(e *bothEnds)) {
	t.Helper()
	open := func(t *testing.T, trading, in string) {
		t.Helper()
		e := &bothEnds{t: t, random: rand.New(rand.NewPCG(5, 25)), keep: opened(t, trading), store: openedIntake(t, in)}
		e.trading = &apptest.Faulty{Store: e.keep}
		e.world = apptest.NewWorld(t, e.trading, 1)
		e.register()
		f(e)
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		open(t, migratedSQLite(t), freshSQLiteIntake(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		open(t, migratedPostgres(t), freshPostgresIntake(t))
	})
}

// register makes the scheme: bus rides of 0.52 kg, and steps of 0.03 kg a
// thousand, whose formula changes in the middle of June.
func (e *bothEnds) register() {
	e.t.Helper()
	w := e.world
	e.scheme = apptest.Result[carbon.Scheme](w, w.Leader, app.SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: apptest.Jiashan, Operator: w.Firms[0].Party, SerialUnit: quantity.OneReduction, Salt: "S1",
		ValidFrom: 20260510, Source: "project default",
	}).ID
	for _, m := range []struct {
		code, scenario string
		version        int32
		from, to       calendar.Date
		per            string
	}{{"BUS", "BUS", 1, 20260501, 0, "0.52"}, {"WALK", "WALK", 1, 20260501, 20260614, "0.03"}, {"WALK", "", 2, 20260615, 0, "0.031"}} {
		w.Must(w.Leader, app.MethodologyRegister{
			Code: m.code, Version: m.version, Name: m.code, Formula: "n * per", ResultUnit: "kgCO2e", RoundTo: 1, Rounding: carbon.RoundDown,
			Most: 10 * quantity.OneReduction, ValidFrom: m.from, ValidTo: m.to, Source: "project default",
			Inputs:  []carbon.Input{{Name: "n", Unit: "1", Most: 100 * quantity.OneMeasure}},
			Factors: []carbon.Factor{{Name: "per", Unit: "kgCO2e", Value: m.per, Source: "project default"}},
		})
		if m.scenario != "" {
			w.Must(w.Leader, app.ScenarioRegister{
				Scheme: e.scheme, Code: m.scenario, Name: m.code, Methodology: m.code, DailyCap: 2 * quantity.OneReduction, ClaimFrom: 0, ClaimTo: 100,
				ValidFrom: 20260510, Source: "project default",
			})
		}
	}
}

// writer is the intake, opened anew after a crash.
func (e *bothEnds) writer() *intake.Intake {
	if e.in == nil {
		in, err := intake.Open(e.t.Context(), intake.Config{
			Store: &failing{e.store, e.random}, Register: e.world.App.IntakeRegister(func(carbon.Scheme) ([]byte, error) { return []byte("salt"), nil }),
			Clock: e.world.Clock.Now, Log: slog.New(slog.NewTextHandler(e.t.Output(), nil)),
		})
		if err != nil {
			e.t.Fatal(err)
		}
		e.in = in
	}
	return e.in
}

// until repeats a command until it is answered; now and then the intake
// crashes between two tries.
func (e *bothEnds) until(do func(in *intake.Intake) error) error {
	e.t.Helper()
	for range 200 {
		err := do(e.writer())
		if f, isFault := fault.As(err); err == nil || isFault && f.Kind != fault.Unavailable {
			return err
		}
		e.crash()
	}
	e.t.Fatal("a command was never answered")
	return nil
}

func (e *bothEnds) crash() {
	if e.random.IntN(3) == 0 {
		e.crashes++
		e.in.Close()
		e.in = nil
	}
}

var errCrash = errors.New("the program crashed")

// Outgoing, Sent and DoSystem are both ends of a delivery that crashes before
// or after anything that it does.
func (e *bothEnds) Outgoing(ctx context.Context, after int64, limit int) ([]intake.Outgoing, error) {
	return e.writer().Outgoing(ctx, after, limit)
}

func (e *bothEnds) Sent(ctx context.Context, number int64) error {
	if e.random.IntN(3) == 0 {
		return errCrash
	}
	err := e.writer().Sent(ctx, number)
	e.crash()
	return err
}

func (e *bothEnds) Returns(ctx context.Context) ([]intake.PoolReturn, error) {
	return e.writer().Returns(ctx)
}

func (e *bothEnds) Return(ctx context.Context, number int64) error {
	if e.random.IntN(3) == 0 {
		return errCrash
	}
	err := e.writer().Return(ctx, number)
	e.crash()
	return err
}

// reject rejects an issuance that waits, of a commit that may be lost.
func (e *bothEnds) reject() {
	for _, i := range e.issuances() {
		if i.State != carbon.Checked || e.random.IntN(2) == 0 {
			continue
		}
		if e.random.IntN(2) == 0 {
			e.trading.Before(apptest.LoseOnce())
		}
		_, _ = e.world.Do(e.world.Leader, app.IssuanceStep{Issuance: i.ID, Event: carbon.Reject, Document: "a piece of evidence does not hold"}) // or later
		return
	}
}

func (e *bothEnds) Reference() *app.Reference { return e.world.App.Reference() }

func (e *bothEnds) DoSystem(ctx context.Context, key string, c app.Command) (app.Answer, error) {
	switch e.random.IntN(6) {
	case 0:
		return app.Answer{}, errCrash
	case 1:
		e.trading.Before(apptest.LoseOnce())
	case 2:
		e.trading.After(unknownOnce())
	case 3:
		_, err := e.world.App.DoSystem(ctx, key, c)
		e.restart()
		return app.Answer{}, errors.Join(errCrash, err)
	}
	return e.world.App.DoSystem(ctx, key, c)
}

// unknownOnce is a hook that makes the outcome of one commit unknown.
func unknownOnce() func(*app.Batch, error) error {
	var once sync.Once
	return func(_ *app.Batch, err error) error {
		once.Do(func() { err = errors.Join(err, app.ErrUnknown) })
		return err
	}
}

// restart stops the trading registry and starts it again, and the intake with it.
func (e *bothEnds) restart() {
	e.crashes++
	if err := errors.Join(e.writer().Close(), e.world.App.Close()); err != nil {
		e.t.Error(err)
	}
	e.in, e.world.App = nil, apptest.Open(e.t, e.trading, e.world.Clock)
}

func (e *bothEnds) key() string {
	e.keys++
	return fmt.Sprint("delivery ", e.keys)
}

// batch is random activities of three months: duplicates, overlaps and reversals.
func (e *bothEnds) batch() []intake.Activity {
	var all []intake.Activity
	r := e.random
	for range 1 + r.IntN(60) {
		from := calendar.InstantOf(time.Date(2026, time.Month(5+r.IntN(2)), 1+r.IntN(30), r.IntN(24), r.IntN(60), 0, 0, calendar.Shanghai))
		a := intake.Activity{
			SourceID: fmt.Sprint(r.IntN(900)), Participant: fmt.Sprint("p", r.IntN(20)), Scenario: []string{"BUS", "WALK"}[r.IntN(2)],
			From: from, To: from.Add(9 * time.Minute), Inputs: []carbon.Value{{Name: "n", Amount: quantity.Measure(1+r.IntN(3_000)) * quantity.OneMeasure / 1000}},
			Evidence: [32]byte{byte(r.IntN(256))},
		}
		if r.IntN(10) == 0 {
			a.Reverses, a.From, a.To = fmt.Sprint(r.IntN(900)), 0, 0
		}
		all = append(all, a)
	}
	return all
}

// Activities with duplicates, replays, overlaps and reversals, months that are
// closed, rejections, and a delivery both ways, with crashes of either registry
// and of the delivery at any point: each message is issued exactly once or
// comes back exactly once, Σ issued + carried + pending is Σ computed to the
// milligram, and a replay changes nothing.
func TestDelivery_Random(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		sent := map[string][]intake.Activity{}
		var keys []string
		submit := func(key string) {
			e.t.Helper()
			err := e.until(func(in *intake.Intake) error {
				_, err := in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: e.scheme, Key: key, Digest: [32]byte{1}, Activities: sent[key]})
				return err
			})
			if err != nil {
				e.t.Fatal(err)
			}
		}
		deliver := func() error {
			return errors.Join(app.Deliver(e.t.Context(), e, e, e.key, nil), app.TakeBack(e.t.Context(), e, e))
		}
		for round := range 40 {
			key := fmt.Sprint("batch ", round)
			sent[key], keys = e.batch(), append(keys, key)
			submit(key)
			if m := intake.Month(202605 + e.random.IntN(2)); e.random.IntN(6) == 0 {
				_ = e.until(func(in *intake.Intake) error { // a month out of order is refused
					_, err := in.CloseMonth(e.t.Context(), 2, fmt.Sprint("close ", round), intake.MonthClose{Scheme: e.scheme, Month: m, Early: true})
					return err
				})
			}
			_ = deliver() // where it crashes, it is delivered later
			if e.random.IntN(4) == 0 {
				e.reject()
			}
		}
		for _, m := range []intake.Month{202605, 202606} {
			_ = e.until(func(in *intake.Intake) error {
				_, err := in.CloseMonth(e.t.Context(), 2, fmt.Sprint("close ", m), intake.MonthClose{Scheme: e.scheme, Month: m, Early: true})
				return err
			})
		}
		for range 200 {
			_ = deliver()
		}
		waiting, err := e.writer().Outgoing(e.t.Context(), 0, 10)
		if err != nil || len(waiting) > 0 {
			e.t.Fatalf("messages wait: %v, %v", waiting, err)
		}
		e.verify()
		before := e.state()
		for _, i := range e.random.Perm(len(keys)) {
			submit(keys[i])
		}
		_ = deliver()
		if after := e.state(); after != before {
			e.t.Errorf("a replay has changed %s to %s", before, after)
		}
		e.in.Close()
		if e.crashes < 5 {
			e.t.Errorf("only %d crashes", e.crashes)
		}
	})
}

// state is how far both registries have come.
func (e *bothEnds) state() string {
	e.t.Helper()
	in, err := e.store.Registry(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	trading, err := e.trading.Registry(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	text, err := json.Marshal([]any{in.Length, in.Head, in.Activity, trading.Length, trading.Head})
	if err != nil {
		e.t.Fatal(err)
	}
	return string(text)
}

// verify checks both registries, and adds up activities, pools and issuances.
func (e *bothEnds) verify() {
	e.t.Helper()
	apptest.Check(e.t, e.keep)
	found, err := app.CheckIntake(e.t.Context(), e.store, e.trading)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, v := range found {
		e.t.Error(v)
	}
	var computed, issued, left quantity.Reduction
	for _, m := range []intake.Month{202605, 202606} {
		err = errors.Join(err, e.store.Activities(e.t.Context(), m, func(r intake.Row) error {
			computed += r.Amount
			return nil
		}))
	}
	pools, poolsErr := e.store.AllPools(e.t.Context())
	if err := errors.Join(err, poolsErr); err != nil {
		e.t.Fatal(err)
	}
	last := map[int64]quantity.Reduction{}
	for _, p := range pools {
		last[p.Methodology] = p.Left()
	}
	for _, l := range last {
		left += l
	}
	serials := map[string]bool{}
	rejected := 0
	for _, i := range e.issuances() {
		serials[i.Methodology+i.Source] = true
		if i.State == carbon.Rejected {
			rejected++
			continue
		}
		issued += i.Reduced
	}
	if issued+left != computed || issued == 0 {
		e.t.Errorf("%s issued and %s left, and %s computed", issued, left, computed)
	}
	if returns, err := e.store.Returns(e.t.Context()); err != nil || len(returns) != rejected || rejected == 0 {
		e.t.Errorf("%d came back, %v, and %d were rejected", len(returns), err, rejected)
	}
	if len(last) != 2 || len(serials) < 3 {
		e.t.Errorf("pools of %d methodologies, issuances %v", len(last), serials)
	}
}

// lyingReader is an intake whose outbox says something else.
type lyingReader struct {
	intake.Source
	outgoing intake.Outgoing
}

func (l *lyingReader) Messages(_ context.Context, _ int64, each func(intake.Outgoing) error) error {
	return each(l.outgoing)
}

// shown holds why the activities of May 2026 may still have to be shown.
func (e *bothEnds) shown(want error) {
	e.t.Helper()
	if err := app.CheckNotShown(e.t.Context(), e.store, e.trading, 202605); !errors.Is(err, want) {
		e.t.Errorf("%v; want %v", err, want)
	}
}

func (e *bothEnds) issuances() (all []carbon.Issuance) {
	e.t.Helper()
	if err := e.trading.Find(e.t.Context(), app.Issuances.Name(), app.Query{}, &all); err != nil {
		e.t.Fatal(err)
	}
	return all
}

// The units of a month that was rejected go, with their evidence, into the
// month that is open: a sample of that one leads to the activities of both.
func TestDelivery_Rejected(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		ride := func(id string, month time.Month) intake.Activity {
			from := calendar.InstantOf(time.Date(2026, month, 20, 8, 0, 0, 0, calendar.Shanghai))
			return intake.Activity{
				SourceID: id, Participant: id, Scenario: "BUS", From: from, To: from.Add(time.Minute),
				Inputs: []carbon.Value{{Name: "n", Amount: 2 * quantity.OneMeasure}},
			}
		}
		month := func(key string, m intake.Month, all ...intake.Activity) {
			for _, do := range []func(in *intake.Intake) error{
				func(in *intake.Intake) error {
					_, err := in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: e.scheme, Key: key, Activities: all})
					return err
				},
				func(in *intake.Intake) error {
					_, err := in.CloseMonth(e.t.Context(), 2, "close "+key, intake.MonthClose{Scheme: e.scheme, Month: m, Early: true})
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
		}
		month("may", 202605, ride("1", time.May), ride("2", time.May), ride("3", time.May))
		e.world.Must(e.world.Leader, app.IssuanceStep{Issuance: 1, Event: carbon.Reject, Document: "a piece of evidence does not hold"})
		for range 50 {
			_ = app.TakeBack(e.t.Context(), e, e)
		}
		month("june", 202606, ride("4", time.June))
		got := e.issuances()
		if len(got) != 2 || got[1].Units != 4 || got[1].Items != 4 || got[1].State != carbon.Checked {
			e.t.Fatalf("got %+v; want 4 units of 4 pieces of evidence", got)
		}
		e.shown(app.ErrShownWaits) // its evidence is that of June's issuance
		sampled, err := e.writer().Sample(e.t.Context(), 2, []int64{1, 3, 4}, func(version int64) bool { return version == 1 })
		if err != nil {
			e.t.Fatal(err)
		}
		for i, want := range []string{"1", "3", "4"} {
			if sampled[i].Row.SourceID != want {
				e.t.Errorf("piece %d leads to activity %q", sampled[i].Number, sampled[i].Row.SourceID)
			}
		}
		found, err := app.CheckIntake(e.t.Context(), e.store, e.trading)
		if err != nil || len(found) > 0 {
			e.t.Errorf("%v, %v", found, err)
		}
		e.in.Close()
	})
}

// A delivered month waits for a second person, and its serial numbers name its
// methodology. Where the two ends say different things, check finds it.
func TestDelivery_Verified(t *testing.T) {
	t.Parallel()
	onBothEnds(t, func(e *bothEnds) {
		w := e.world
		var all []intake.Activity
		for i := range 10 {
			a := e.batch()[0]
			from := calendar.InstantOf(time.Date(2026, 5, 20, i, 0, 0, 0, calendar.Shanghai))
			a.SourceID, a.Reverses, a.Participant, a.Scenario, a.From, a.To = fmt.Sprint("v", i), "", fmt.Sprint(i), "BUS", from, from.Add(time.Minute)
			a.Inputs = []carbon.Value{{Name: "n", Amount: 2 * quantity.OneMeasure}}
			all = append(all, a)
		}
		done := func(err error) {
			t.Helper()
			if err != nil {
				e.t.Fatal(err)
			}
		}
		done(e.until(func(in *intake.Intake) error {
			_, err := in.Submit(e.t.Context(), intake.Batch{Actor: 1, Source: e.scheme, Key: "k", Activities: all})
			return err
		}))
		e.shown(intake.ErrShownOpen)
		done(e.until(func(in *intake.Intake) error {
			_, err := in.CloseMonth(e.t.Context(), 2, "close", intake.MonthClose{Scheme: e.scheme, Month: 202605, Early: true})
			return err
		}))
		e.shown(intake.ErrShownUnsent)
		for range 50 {
			_ = app.Deliver(e.t.Context(), e, e, e.key, nil)
		}
		issuances := e.issuances()
		if len(issuances) != 1 || issuances[0].State != carbon.Checked || issuances[0].Units != 10 || issuances[0].Items != 10 || issuances[0].DeclaredBy != 0 {
			e.t.Fatalf("got %+v; want 10 units of 10 activities that wait to be verified", issuances)
		}
		verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
		w.Must(verifier, app.SampleLook{Issuance: 1})
		w.Must(verifier, app.IssuanceStep{Issuance: 1, Event: carbon.Verify, Document: "report"})
		e.shown(app.ErrShownWaits) // it may still be rejected
		r := apptest.Result[app.IssuanceResult](w, w.Leader, app.IssuanceStep{Issuance: 1, Event: carbon.Issue})
		if r.Serial != "JXCP-BUS-P202605-2026-1-10" {
			e.t.Errorf("the serial numbers are %s", r.Serial)
		}
		e.shown(nil)
		for _, change := range []func(*lyingReader){
			func(l *lyingReader) { l.outgoing.Units++ }, func(l *lyingReader) { l.outgoing.Methodology = 2 },
			func(l *lyingReader) { l.outgoing.Evidence = nil }, func(l *lyingReader) { l.outgoing.Number++ },
		} {
			l := &lyingReader{Source: e.store}
			if err := e.store.Messages(t.Context(), 0, func(o intake.Outgoing) error { l.outgoing = o; return nil }); err != nil {
				e.t.Fatal(err)
			}
			change(l)
			found, err := app.CheckIntake(t.Context(), l, e.trading)
			if err != nil || !slices.ContainsFunc(found, func(v app.Violation) bool { return v.Invariant == "I-76" }) {
				e.t.Errorf("message %+v: found %v, %v", l.outgoing, found, err)
			}
		}
		e.in.Close()
	})
}
