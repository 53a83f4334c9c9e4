package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// What the index finds is what walking the tables finds, while issuances and mirrors
// come and come to nothing, and after a start.
func TestIssuanceIndex(t *testing.T) {
	t.Parallel()
	n := openNeighbours(t)
	random := rand.New(rand.NewPCG(7, 5))
	same := func(when string) {
		t.Helper()
		v := &View{state: n.app.st}
		var last int64
		for i := range All(v, Issuances) {
			last = max(last, i.LastUnit)
			var walked []int64
			for other := range All(v, Issuances) {
				if other.Live() && (i.Project != 0 && v.plantOf(other) == v.plantOf(i) || i.Outbox != 0 && other.Outbox != 0 && pooledMonthOf(other) == pooledMonthOf(i)) {
					walked = append(walked, other.ID)
				}
			}
			if found := v.counted(i); (i.Project != 0 || i.Outbox != 0) && !slices.Equal(found, walked) {
				t.Fatalf("%s: with issuance %d count %v, walked %v", when, i.ID, found, walked)
			}
			if used := v.issuances.evidence[i.EvidenceDigest]; i.Live() && used != i.ID || !i.Live() && used == i.ID {
				t.Fatalf("%s: the evidence of issuance %d, which is %s, is that of %d", when, i.ID, i.State, used)
			}
			if m, _ := v.mirrorOf(i); m.Issuance != i.ID && i.Origin != "" {
				t.Fatalf("%s: issuance %d is of mirror %+v", when, i.ID, m)
			}
		}
		if v.issuances.lastUnit != last {
			t.Fatalf("%s: the last unit is %d, walked %d", when, v.issuances.lastUnit, last)
		}
		for m := range All(v, Mirrors) {
			var locked []int64
			for _, r := range rowsOf(v.state, CreditRanges).rows {
				if r.Mirror == m.ID {
					locked = append(locked, r.ID)
				}
			}
			if slices.Sort(locked); !slices.Equal(locked, slices.Sorted(slices.Values(v.credits.locked[m.ID]))) {
				t.Fatalf("%s: locked for mirror %d are %v, walked %v", when, m.ID, v.credits.locked[m.ID], locked)
			}
			var walked int64
			for other := range All(v, Mirrors) {
				if !other.Released && other.Place == m.Place && other.FirstUnit <= m.LastUnit && m.FirstUnit <= other.LastUnit {
					walked = max(walked, other.ID)
				}
			}
			if over, found := v.mirrorOver(m); found != (walked != 0) || !m.Released && over.ID != m.ID {
				t.Fatalf("%s: over mirror %d lies %d, walked %d", when, m.ID, over.ID, walked)
			}
		}
		holders := map[int64][]int64{}
		for h, held := range v.credits.of {
			if !held.isEmpty() {
				holders[h.series] = append(holders[h.series], h.party)
			}
		}
		for series, parties := range holders {
			if slices.Sort(parties); !slices.Equal(parties, v.credits.holders[series]) {
				t.Fatalf("%s: holders of series %d are %v, walked %v", when, series, v.credits.holders[series], parties)
			}
		}
	}
	n.issue(1, 400)
	var open []int64
	for k := range int64(60) {
		switch first := 1 + random.Int64N(390); random.IntN(4) {
		case 0:
			n.do(n.operator, n.pool(2+k, 1+random.Int64N(9)))
		case 1:
			if got, is := tried[CreditMirrorResult](n.office, n.owner.user, n.mirror(fmt.Sprintf("JXCP-PV-P202605-2026-%d-%d", first, first+random.Int64N(10)), "")); is {
				open = append(open, got.Issuance.ID)
			}
		case 2:
			if len(open) > 0 {
				n.do(n.verifier, IssuanceStep{Issuance: open[random.IntN(len(open))], Event: carbon.Reject, Document: "d"})
			}
		default:
			n.do(n.owner.user, CreditRetire{Party: n.owner.party, Series: 1, Units: 1 + random.Int64N(3), Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"})
		}
		same(fmt.Sprintf("step %d", k))
	}
	n.restart()
	same("started")
	n.check()
}

// What it costs to expire, to unlock and to count once does not grow with what there is.
func BenchmarkCredits(b *testing.B) {
	for _, ranges := range []int64{10_000, 1_000_000} {
		st := benchCredits(b, ranges)
		v := &View{
			state: st, batch: &Batch{Records: map[string]*Records{}}, Now: dayOne, Today: today, Number: 1,
			Actor: identity.Actor{Person: 1, Grants: []identity.Grant{{Role: identity.Operator, Region: jiashan, Party: 1}}},
		}
		b.Run(fmt.Sprintf("issue/%d", ranges), func(b *testing.B) {
			c := CreditIssue{Scheme: 1, Methodology: "PV", Month: 20260401, Units: 1, EvidenceDigest: digest(1 << 40), Items: 1, Outbox: 1 << 40}
			for b.Loop() {
				if _, err := c.Decide(v); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("unlock/%d", ranges), func(b *testing.B) {
			for b.Loop() {
				v.unlockUnits(rowsOf(st, Issuances).rows[1])
			}
		})
		b.Run(fmt.Sprintf("expire/%d", ranges), func(b *testing.B) {
			for b.Loop() {
				apply, err := expireCredits(v, 1)
				if err != nil {
					b.Fatal(err)
				}
				tx := &Tx{View: v}
				apply(tx)
				tx.digest()
				v.Number++
				clear(v.batch.Records)
			}
		})
	}
}

// benchCredits is a state with so many ranges of units: half of them of one holder of a
// series that has expired, the others of as many holders of another; and a tenth as many issuances.
func benchCredits(b *testing.B, ranges int64) *state {
	b.Helper()
	st := benchState(b, 1)
	rowsOf(st, Parties).put(1, catalog.Party{ID: 1, State: catalog.PartyActive, Region: jiashan})
	rowsOf(st, CarbonSchemes).put(1, carbon.Scheme{ID: 1, Code: "JXCP", Region: jiashan, Operator: 1, SerialUnit: quantity.OneReduction, ValidFrom: 20200101})
	rowsOf(st, Methodologies).put(1, carbon.Methodology{ID: 1, Code: "PV", Version: 1, ValidFrom: 20200101})
	for id := range int64(2) {
		rowsOf(st, CreditSeries).put(1+id, carbon.Series{ID: 1 + id, Code: fmt.Sprintf("JXCP-%d", 2024+id), Scheme: 1, Vintage: int32(2024 + id), ValidTo: calendar.Date(20250101)})
	}
	for id := int64(1); id <= ranges/10; id++ {
		first := calendar.Date(20200101).AddMonths(int(id % 60))
		rowsOf(st, Issuances).put(id, carbon.Issuance{
			ID: id, Scheme: 1, Methodology: fmt.Sprintf("M%d", id/60), Vintage: int32(first.Year()), PeriodFrom: first, PeriodTo: first.AddMonths(1).AddDays(-1), Units: 10,
			FirstUnit: 10*id - 9, LastUnit: 10 * id, EvidenceDigest: digest(id), Outbox: id, DeclaredBy: 1, State: carbon.Issued, Command: 1,
		})
	}
	rowsOf(st, Mirrors).put(1, carbon.Mirror{ID: 1, Issuance: 1, Party: 1, Home: 1, FirstUnit: 1, LastUnit: 1})
	i := rowsOf(st, Issuances).rows[1]
	i.Origin = "x"
	rowsOf(st, Issuances).put(1, i)
	for id := int64(1); id <= ranges; id++ {
		r := carbon.Range{ID: id, Issuance: 1 + (id-1)/10, Series: 1, FirstUnit: id, LastUnit: id, Party: 1, Region: jiashan, State: carbon.Held, Command: 1}
		if id%2 == 0 {
			r.Series, r.Party = 2, id
		}
		if id == 1 {
			r.Mirror = 1
		}
		rowsOf(st, CreditRanges).put(id, r)
	}
	for id := range int64(3) { // ends, with their counterparts
		kind := []ledger.Kind{ledger.Credits, ledger.CreditsIssued, ledger.CreditsExpired}[id]
		a := ledger.Account{ID: ledger.AccountID(100 + id), Kind: kind, Region: jiashan, Pollutant: "JXCP-2024"}
		if kind == ledger.Credits {
			a.Party = 1
		}
		st.ledger.Load(a, ledger.Balance{ID: a.ID, Balance: []int64{ranges / 2, ranges / 2, 0}[id] * int64(quantity.OneReduction)})
	}
	st.indexRanges()
	st.indexIssuances()
	return st
}
