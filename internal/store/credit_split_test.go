package store

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// splitUnits are the units that are issued, in tonnes; splitFirms share them.
const (
	splitUnits = 640_000
	splitFirms = 64
)

// splitRun is what the firms have done, by what they were answered.
type splitRun struct {
	mu      sync.Mutex
	has     map[int64]int64 // units, by party
	retired int64
	done    int
}

// After random splits, transfers and retirements by many at a time, each unit has
// one holder, or is retired: by the rows of the database, unit by unit, by a count of
// its own, and by check. The database itself keeps ranges apart all the while. TestSoakCreditRange
// does 100,000.
func TestCreditRange_Splits(t *testing.T) {
	t.Parallel()
	splitCredits(t, 2000)
}

func splitCredits(t *testing.T, splits int) {
	t.Helper()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		w := apptest.NewWorld(t, s, splitFirms)
		issueAll(w)
		run := &splitRun{has: map[int64]int64{w.Firms[0].Party: splitUnits}}
		for _, f := range w.Firms[1:] {
			w.Must(w.Firms[0].Person, app.CreditTransfer{Party: w.Firms[0].Party, Series: 1, To: f.Party, Units: splitUnits / splitFirms, Document: "d"})
			run.has[f.Party] += splitUnits / splitFirms
			run.has[w.Firms[0].Party] -= splitUnits / splitFirms
		}
		var all sync.WaitGroup
		for k := range w.Firms {
			all.Go(func() { run.firm(w, k, 1+splits/splitFirms) })
		}
		all.Wait()
		if t.Failed() {
			return
		}
		if run.done < splits {
			t.Errorf("%d commands were done; want %d", run.done, splits)
		}
		t.Logf("%d units are retired after %d splits, transfers and retirements", run.retired, run.done)
		run.eachUnitOnce(t, s)
		apptest.Check(t, s)
		keptApart(t, s)
	})
}

// issueAll issues the units of a project to the first firm.
func issueAll(w *apptest.World) {
	w.T.Helper()
	owner := w.Firms[0]
	verifier := w.Person("verifier", app.GrantAdd{Role: identity.Verifier})
	operator := w.Person("operator", app.GrantAdd{Role: identity.Operator, Region: apptest.Jiashan, Party: owner.Party})
	scheme := apptest.Result[carbon.Scheme](w, w.Leader, app.SchemeRegister{
		Code: "JXCP", Name: "嘉兴碳普惠", Region: apptest.Jiashan, Operator: owner.Party, SerialUnit: quantity.OneTonne, Salt: "S1", ValidFrom: 20250101, Source: "project default",
	}).ID
	w.Must(w.Leader, app.MethodologyRegister{
		Code: "PV", Version: 1, Name: "PV", Formula: "n * per", ResultUnit: "tCO2e", RoundTo: quantity.OneTonne, Rounding: carbon.RoundDown,
		Most: 100 * quantity.OneTonne, ValidFrom: 20250101, Source: "project default",
		Inputs:  []carbon.Input{{Name: "n", Unit: "1", Most: 100 * quantity.OneMeasure}},
		Factors: []carbon.Factor{{Name: "per", Unit: "tCO2e", Value: "1", Source: "project default"}},
	})
	id := apptest.Result[app.IssuanceResult](w, operator, app.CreditIssue{
		Scheme: scheme, Methodology: "PV", Month: 20260501, Units: splitUnits, EvidenceDigest: strings.Repeat("a1", 32), Items: 100, Outbox: 1,
	}).Issuance.ID
	w.Must(verifier, app.SampleLook{Issuance: id})
	w.Must(verifier, app.IssuanceStep{Issuance: id, Event: carbon.Verify, Document: "d"})
	w.Must(w.Leader, app.IssuanceStep{Issuance: id, Event: carbon.Issue})
}

// firm sends that many commands of a firm.
func (run *splitRun) firm(w *apptest.World, k, commands int) {
	random := rand.New(rand.NewPCG(100, uint64(k)))
	me := w.Firms[k]
	for range commands {
		units, to := 1+random.Int64N(9), w.Firms[(k+1+random.IntN(splitFirms-1))%splitFirms].Party
		var c app.Command = app.CreditTransfer{Party: me.Party, Series: 1, To: to, Units: units, Document: "d"}
		switch random.IntN(100) {
		case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9:
			c, to = app.CreditRetire{Party: me.Party, Series: 1, Units: units, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}, 0
		case 10: // many ranges at a time
			units = 500
			c = app.CreditTransfer{Party: me.Party, Series: 1, To: to, Units: units, Document: "d"}
		}
		a, err := w.Send(me.Person, c)
		if code := apptest.Code(w.T, a, err); code == carbon.ErrUnits.Code {
			continue // it has given too much away
		} else if code != "" {
			w.T.Errorf("%T of %d units: %s", c, units, code)
			return
		}
		run.notes(me.Party, to, units)
	}
}

// notes that units have gone from a party to another, or to nobody.
func (run *splitRun) notes(from, to, units int64) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.done++
	if run.has[from] -= units; to == 0 {
		run.retired += units
		return
	}
	run.has[to] += units
}

// eachUnitOnce counts every unit in the rows of ranges.
func (run *splitRun) eachUnitOnce(t *testing.T, s *Store) {
	t.Helper()
	var rows []carbon.Range
	if err := s.Find(t.Context(), app.CreditRanges.Name(), app.Query{}, &rows); err != nil {
		t.Fatal(err)
	}
	fate := make([]int64, splitUnits) // by unit: its holder; -1: retired; 0: in no range
	has, retired := map[int64]int64{}, int64(0)
	for _, r := range rows {
		for u := r.FirstUnit; u <= r.LastUnit; u++ {
			if fate[u-1] != 0 {
				t.Fatalf("unit %d is in two ranges, one is %+v", u, r)
			}
			fate[u-1] = r.Party
			if r.State == carbon.Retired {
				fate[u-1] = -1
			}
		}
	}
	for u, party := range fate {
		switch party {
		case 0:
			t.Fatalf("unit %d is in no range", u+1)
		case -1:
			retired++
		default:
			has[party]++
		}
	}
	if retired != run.retired {
		t.Errorf("%d units are retired; want %d", retired, run.retired)
	}
	for party, want := range run.has {
		if has[party] != want {
			t.Errorf("party %d has %d units; want %d", party, has[party], want)
		}
	}
	t.Logf("%d ranges", len(rows))
}

// keptApart asks the database, which refuses a range that has a unit of another.
func keptApart(t *testing.T, s *Store) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 7))
	for n := range int64(50) {
		first := 1 + random.Int64N(splitUnits)
		err := s.write.Exec(`INSERT INTO credit_range (id, issuance, series, first_unit, last_unit, party, region, state, retirement, command)
			VALUES (?, 1, 1, ?, ?, 1, '330421', 'held', 0, 1)`, 1_000_000_000+n, first, min(splitUnits, first+random.Int64N(20))).Error
		if err == nil || !strings.Contains(fmt.Sprint(err), "credit_range_no_overlap") {
			t.Errorf("from unit %d: a second range is taken: %v", first, err)
		}
	}
}
