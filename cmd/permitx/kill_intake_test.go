package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/quantity"
	"permitx/internal/store"
	"permitx/internal/store/storetest"
)

// What is sent while the server is killed: each line is a ride of its own, but
// one in ten, which was sent before or is being sent by another sender.
const (
	killSenders   = 4
	killBatches   = 25 // of a sender
	killLines     = 200
	killRepeated  = 10 // one line in so many
	killsOfIntake = 3
	killsOfClose  = 2
)

// Activities are counted once and a month is issued once, whenever the process is
// killed: between two batches, in a commit, at the close, in the delivery.
func TestKill_Intake(t *testing.T) {
	t.Parallel()
	onBoth(t, killTheIntake)
}

// killedIntake is an intake whose server is killed while it works.
type killedIntake struct {
	t       *testing.T
	place   []string
	random  *rand.Rand
	scheme  int64
	month   intake.Month
	rides   int // that differ
	senders []*batchSender

	operator, verifier, leader string // API keys
}

func killTheIntake(t *testing.T, url string, place ...string) {
	t.Helper()
	k := &killedIntake{t: t, place: place, random: rand.New(rand.NewPCG(5, 2026))}
	k.register(url)
	k.render()
	for range killsOfIntake {
		k.serve(k.random.IntN(300), k.sendAll)
	}
	k.serve(never, k.sendAll)
	for range killsOfClose {
		k.serve(k.random.IntN(60), k.closeMonth)
	}
	k.serve(never, func(address string) {
		k.sendAll(address) // all of it again
		k.closeMonth(address)
		k.awaitIssuance(address)
	})
	k.countOnce(url)
	if code, stdout, stderr := do(t, append([]string{"check"}, place[:2]...)...); code != exitOK {
		t.Errorf("check: exit code %d:\n%s%s", code, stdout, stderr)
	}
}

// register makes a scheme that counts bus rides of the month before this one.
func (k *killedIntake) register(url string) {
	k.t.Helper()
	s, err := store.Open(k.t.Context(), url)
	if err != nil {
		k.t.Fatal(err)
	}
	defer s.Close()
	w := apptest.NewWorld(k.t, s, 1)
	const since = 20260101
	k.scheme = apptest.Result[carbon.Scheme](w, w.Leader, app.SchemeRegister{
		Code: "KILL", Name: "kill", Region: apptest.Jiashan, Operator: w.Firms[0].Party, SerialUnit: quantity.OneReduction, Salt: "KILL", ValidFrom: since, Source: "project default",
	}).ID
	w.Must(w.Leader, app.MethodologyRegister{
		Code: "BUS", Version: 1, Name: "BUS", Formula: "rides * per", ResultUnit: "kgCO2e", RoundTo: 1, Rounding: carbon.RoundDown,
		Most: 10 * quantity.OneReduction, ValidFrom: since, Source: "project default",
		Inputs:  []carbon.Input{{Name: "rides", Unit: "ride", Most: 10 * quantity.OneMeasure}},
		Factors: []carbon.Factor{{Name: "per", Unit: "kgCO2e/ride", Value: "0.052", Source: "project default"}},
	})
	w.Must(w.Leader, app.ScenarioRegister{
		Scheme: k.scheme, Code: "BUS", Name: "BUS", Methodology: "BUS", ClaimFrom: 0, ClaimTo: 366, ValidFrom: since, Source: "project default",
	})
	for key, person := range map[*string]int64{
		&k.operator: w.Person("operator", app.GrantAdd{Role: identity.Operator, Region: apptest.Jiashan, Party: w.Firms[0].Party}),
		&k.verifier: w.Person("verifier", app.GrantAdd{Role: identity.Verifier, Region: apptest.Jiashan}),
		&k.leader:   w.Leader,
	} {
		secret := newSecret()
		*key = secret.text
		w.Must(w.Admin, app.KeyMake{Person: person, Label: "kill", Hash: secret.hash, Prefix: secret.prefix})
	}
	if err := w.App.Close(); err != nil {
		k.t.Fatal(err)
	}
}

// batchSender is a system of the operator: it sends its batches in order until
// each is answered, and now and then one that has been.
type batchSender struct {
	random   *rand.Rand
	keys     []string
	bodies   []string
	answered [][]byte
	next     int
}

// render makes all batches.
func (k *killedIntake) render() {
	now := calendar.InstantOf(time.Now()).Date()
	day := now.AddDays(-now.Day()) // the last one of the month before
	k.month = intake.MonthOf(day)
	for n := range killSenders {
		s := &batchSender{random: rand.New(rand.NewPCG(uint64(n), 5)), answered: make([][]byte, killBatches)}
		for b := range killBatches {
			var body strings.Builder
			for range killLines {
				ride := k.rides
				if k.random.IntN(killRepeated) == 0 && ride > 0 {
					ride = k.random.IntN(ride)
				} else {
					k.rides++
				}
				const people, minute = 1000, calendar.Instant(time.Minute / time.Microsecond)
				from := day.Start() + calendar.Instant(ride/people)*10*minute
				fmt.Fprintf(&body, `{"source_id":"%d","scenario":"BUS","participant":"%032x","from":"%s","to":"%s","inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"%064x"}`+"\n",
					ride, ride%people, from, from+9*minute, ride)
			}
			s.keys = append(s.keys, fmt.Sprintf("batch-%d-%d", n, b))
			s.bodies = append(s.bodies, body.String())
		}
		k.senders = append(k.senders, s)
	}
}

// never is when a server is killed only after the work is done.
const never = -1

// serve does work on a server, which is killed some milliseconds after that has
// begun, and in any case in the end.
func (k *killedIntake) serve(after int, work func(address string)) {
	k.t.Helper()
	server := startKilled(k.t, k.place...)
	var killing sync.WaitGroup
	if after != never {
		killing.Go(func() {
			time.Sleep(time.Duration(after) * time.Millisecond)
			server.kill(k.t)
		})
	}
	work(server.address)
	killing.Wait()
	server.kill(k.t)
	if after == never && server.process.ProcessState.Success() {
		k.t.Error("the server ended by itself")
	}
}

// sendAll lets all senders send until nothing is left, or the server is gone.
func (k *killedIntake) sendAll(address string) {
	client, err := api.NewBearerClient(address, k.operator)
	if err != nil {
		k.t.Fatal(err)
	}
	var sending sync.WaitGroup
	for _, s := range k.senders {
		sending.Go(func() { s.sendAll(k.t, client, k.scheme) })
	}
	sending.Wait()
}

func (s *batchSender) sendAll(t *testing.T, client *api.ClientWithResponses, scheme int64) {
	t.Helper()
	isRepeat := s.next == killBatches
	if isRepeat {
		s.next = 0
	}
	for ; s.next < killBatches; s.next++ {
		if !s.send(t, client, scheme, s.next) {
			break
		}
		if again := s.random.IntN(s.next + 1); s.random.IntN(4) == 0 && !s.send(t, client, scheme, again) {
			break
		}
	}
	if isRepeat && s.next < killBatches {
		t.Error("a batch was not answered again")
	}
}

// send sends a batch and reports whether it is answered. Once it is, the answer
// stays the same.
func (s *batchSender) send(t *testing.T, client *api.ClientWithResponses, scheme int64, batch int) bool {
	t.Helper()
	r, err := read(client.SubmitActivityBatchWithBody(context.WithoutCancel(t.Context()),
		&api.SubmitActivityBatchParams{Scheme: scheme, IdempotencyKey: s.keys[batch]}, "application/x-ndjson", strings.NewReader(s.bodies[batch])))
	switch {
	case err != nil: // killed
		return false
	case r.status != http.StatusOK:
		t.Errorf("%s: status %d: %s", s.keys[batch], r.status, r.body)
		return false
	case s.answered[batch] == nil:
		s.answered[batch] = r.body
	case !bytes.Equal(s.answered[batch], r.body):
		t.Errorf("%s has two answers:\n%.300s\n%.300s", s.keys[batch], s.answered[batch], r.body)
	}
	return true
}

// closeMonth closes the month, with the same key each time.
func (k *killedIntake) closeMonth(address string) {
	client, err := api.NewBearerClient(address, k.verifier)
	if err != nil {
		k.t.Fatal(err)
	}
	r, err := read(client.ClosePool(context.WithoutCancel(k.t.Context()), &api.ClosePoolParams{IdempotencyKey: "close"},
		api.PoolCloseInput{Scheme: k.scheme, Month: k.month.String(), Early: new(true)}))
	if err == nil && r.status != http.StatusOK {
		k.t.Errorf("close: status %d: %s", r.status, r.body)
	}
}

// awaitIssuance awaits the month's issuance.
func (k *killedIntake) awaitIssuance(address string) {
	client, err := api.NewBearerClient(address, k.leader)
	if err != nil {
		k.t.Fatal(err)
	}
	err = await(k.t.Context(), "the delivery", func() (bool, error) {
		p, err := answer[api.IssuancePage](read(client.ListIssuances(k.t.Context(), &api.ListIssuancesParams{Scheme: &k.scheme})))
		return len(p.Items) > 0, err
	})
	if err != nil {
		k.t.Error(err)
	}
}

// countOnce holds both registries against what was sent.
func (k *killedIntake) countOnce(url string) {
	k.t.Helper()
	k.countAnswers()
	in, err := store.OpenIntake(k.t.Context(), store.IntakeURL(url), nil)
	if err != nil {
		k.t.Fatal(err)
	}
	defer in.Close()
	const ride = 52_000 // 10⁻⁶ kgCO2e
	amount, activities, err := in.SumOf(k.t.Context(), k.scheme)
	if want := quantity.Reduction(k.rides) * ride; err != nil || amount != want || activities != int64(k.rides) {
		k.t.Errorf("%d activities of %s kgCO2e are there, %v; %d of %s were sent", activities, amount, err, k.rides, want)
	}
	var issued []carbon.Issuance
	if err := storetest.Open(k.t, url).Find(k.t.Context(), "issuance", app.Query{}, &issued); err != nil {
		k.t.Fatal(err)
	}
	if units := int64(k.rides) * ride / int64(quantity.OneReduction); len(issued) != 1 || issued[0].Units != units {
		k.t.Errorf("issued are %+v; want %d units, once", issued, units)
	}
}

// countAnswers holds that one line of each ride was accepted, and that all others
// were answered with its number.
func (k *killedIntake) countAnswers() {
	k.t.Helper()
	accepted, duplicates := map[string]api.ID{}, map[string]api.ID{}
	for _, s := range k.senders {
		for i, body := range s.answered {
			var batch api.ActivityBatch
			if err := unmarshal(body, &batch); err != nil {
				k.t.Fatalf("%s: %v", s.keys[i], err)
			}
			for _, a := range batch.Activities {
				switch {
				case a.Status == api.ActivityStatusDuplicate:
					duplicates[a.SourceID] = *a.Activity
				case a.Status != api.ActivityStatusAccepted, accepted[a.SourceID] != 0:
					k.t.Errorf("ride %s is %s, and has the number %d", a.SourceID, a.Status, accepted[a.SourceID])
				default:
					accepted[a.SourceID] = *a.Activity
				}
			}
		}
	}
	if len(accepted) != k.rides || len(duplicates) == 0 {
		k.t.Errorf("%d rides were accepted and %d repeated; %d were sent", len(accepted), len(duplicates), k.rides)
	}
	for id, number := range duplicates {
		if accepted[id] != number {
			k.t.Errorf("ride %s was accepted as %d and repeated as %d", id, accepted[id], number)
		}
	}
}
