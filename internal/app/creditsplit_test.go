package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// splitFloor is a floor whose seller has 200,000 t more, and a neighbour that
// recognises them.
type splitFloor struct {
	*creditFloor
	firms  []firm
	other  carbon.Scheme
	random *rand.Rand
	moved  int            // ranges
	done   map[string]int // commands, by kind
	orders []int64
}

// After 100,000 ranges were split, transferred, retired, revoked, mirrored or sold,
// over restarts, each unit has one holder or one fate, by a count of its own, by the
// ledger and by check.
func TestCredit_HundredThousandSplits(t *testing.T) {
	t.Parallel()
	f := &splitFloor{creditFloor: openCreditFloor(t, 3), random: rand.New(rand.NewPCG(100, 4)), done: map[string]int{}}
	f.firms = append([]firm{f.seller}, f.creditFloor.firms...)
	f.carbon.issue(3, 200_000)
	f.other = done[carbon.Scheme](f.office, f.leader, SchemeRegister{
		Code: "HZCP", Name: "杭州碳普惠", Region: "330421", Operator: f.seller.party, SerialUnit: quantity.OneReduction, Salt: "S2", ValidFrom: 20250101, Source: "project default",
	})
	f.does(f.clerk, RecognitionSet{
		Scheme: f.other.ID, Origin: "JXCP", Methodology: "PV", Unit: quantity.OneTonne, Factor: quantity.OneRatio, ValidFrom: 20260101, Document: "长三角互认 1",
	})
	f.every = 600
	for n := range 1500 { // crumbs
		f.gives(f.seller, f.firms[1+n%3], 1+f.random.Int64N(4))
	}
	for n := 0; f.moved < 100_000; n++ {
		if n == 3000 {
			t.Fatalf("only %d ranges have moved: %v", f.moved, f.done)
		}
		f.step()
		if n%400 == 399 {
			f.restart()
		}
	}
	f.eachUnitOnce()
	f.check()
	for _, kind := range []string{"transfer", "retire", "revoke", "mirror", "reject", "sell", "buy", "cancel"} {
		if f.done[kind] == 0 {
			t.Errorf("no %s was done: %v", kind, f.done)
		}
	}
	t.Log(f.moved, f.done)
}

// tried sends a command that may be refused.
func tried[R any](o *office, person int64, c Command) (r R, ok bool) {
	o.t.Helper()
	if o.do(person, c) != nil {
		return r, false
	}
	return last[R](o), true
}

// notes counts a command that was done, and the ranges that it moved.
func (f *splitFloor) notes(kind string, ranges int) {
	f.done[kind]++
	f.moved += ranges
}

func (f *splitFloor) gives(from, to firm, units int64) {
	f.t.Helper()
	if from.party == to.party {
		return
	}
	if r, ok := tried[CreditResult](f.office, from.user, CreditTransfer{Party: from.party, Series: 1, To: to.party, Units: units, Document: "d"}); ok {
		f.notes("transfer", len(r.Serials))
	}
}

// step is a random command.
func (f *splitFloor) step() {
	f.t.Helper()
	from, to := f.firms[f.random.IntN(4)], f.firms[1+f.random.IntN(3)]
	some := 1 + f.random.Int64N(9)
	switch f.random.IntN(20) {
	case 0:
		if r, ok := tried[RetirementResult](f.office, from.user, CreditRetire{Party: from.party, Series: 1, Units: some, Purpose: carbon.Voluntary, Beneficiary: "b", Occasion: "o"}); ok {
			f.notes("retire", len(r.Serials))
		}
	case 1:
		if r, ok := tried[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1 + f.random.Int64N(3), Units: some, Document: "d"}); ok {
			f.notes("revoke", 1)
			if r.Debt.ID != 0 {
				f.do(f.seller.user, CreditRepay{Debt: r.Debt.ID, Series: 1, Units: r.Debt.Units})
			}
		}
	case 2:
		f.mirrors()
	case 3:
		f.trades("sell", from, market.Sell, some)
	case 4:
		f.trades("buy", to, market.Buy, some)
	case 5:
		if len(f.orders) > 0 {
			at := f.random.IntN(len(f.orders))
			for _, by := range f.firms {
				if f.do(by.user, CancelOrder{Order: f.orders[at]}) == nil {
					f.notes("cancel", 0)
				}
			}
		}
	default:
		h := creditHolder{1, to.party}
		if free := f.app.st.credits.free[h]; free > 2 {
			f.gives(to, f.firms[1+f.random.IntN(3)], min(free/2+f.random.Int64N(free/2), 900))
		}
	}
}

func (f *splitFloor) trades(kind string, by firm, side market.Side, tonnes int64) {
	f.t.Helper()
	if r, ok := tried[OrderResult](f.office, by.user, f.order(by, side, quantity.Quantity(tonnes), 38+f.random.Int64N(5))); ok {
		f.orders = append(f.orders, r.Order.ID)
		f.notes(kind, len(r.Fills))
	}
}

// mirrors has some units of the seller's longest range recognised, and now and
// then rejects it.
func (f *splitFloor) mirrors() {
	f.t.Helper()
	held := rowsIn(f.office, CreditRanges, Where("party", f.seller.party).And("state", Eq, string(carbon.Held)))
	r := held[f.random.IntN(len(held))]
	if r.Mirror != 0 || r.Series != 1 {
		return
	}
	first := r.FirstUnit + f.random.Int64N(r.Units())
	serial := fmt.Sprintf("JXCP-PV-P202605-2026-%d-%d", first, min(r.LastUnit, first+2))
	got, ok := tried[CreditMirrorResult](f.office, f.seller.user, CreditMirror{Scheme: f.other.ID, Party: f.seller.party, Serial: serial})
	if !ok {
		return
	}
	f.notes("mirror", 1)
	if f.random.IntN(2) == 0 {
		f.does(f.leader, IssuanceStep{Issuance: got.Issuance.ID, Event: carbon.Reject, Document: "d"})
		f.notes("reject", 1)
	}
}

// eachUnitOnce counts the units of the series in all rows of ranges, unit by unit.
func (f *splitFloor) eachUnitOnce() {
	f.t.Helper()
	seen, twice := map[int64]bool{}, 0
	for _, r := range rowsIn(f.office, CreditRanges, Where("series", int64(1))) {
		for u := r.FirstUnit; u <= r.LastUnit; u++ {
			if seen[u] {
				twice++
			}
			seen[u] = true
		}
	}
	if twice > 0 || len(seen) != 201_000 {
		f.t.Errorf("%d of 201,000 units are in a range, %d in two", len(seen), twice)
	}
}
