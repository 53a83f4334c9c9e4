package encumbrance_test

import (
	"errors"
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/ledger"
)

// possible is every transition again, as a person of the field would say it:
// what is not here must be refused.
var possible = map[string]encumbrance.State{
	"pending start system":      encumbrance.Active,
	"pending extend officer":    encumbrance.Pending,
	"pending release officer":   encumbrance.Released,
	"pending end system":        encumbrance.Ended,
	"emergency confirm officer": encumbrance.Active,
	"emergency lapse system":    encumbrance.Lapsed,
	"emergency release officer": encumbrance.Released,
	"emergency end system":      encumbrance.Ended,
	"active extend officer":     encumbrance.Active,
	"active sell officer":       encumbrance.Active,
	"active exhaust system":     encumbrance.Enforced,
	"active release officer":    encumbrance.Released,
	"active expire system":      encumbrance.Expired,
	"active end system":         encumbrance.Ended,
}

// Every state × event × role is possible or refused with the reason.
func TestNext_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	possible := maps.Clone(possible) // what is left at the end is not there
	for _, s := range encumbrance.States {
		for _, e := range encumbrance.Events {
			for _, r := range encumbrance.Roles {
				name := fmt.Sprintf("%s %s %s", s, e, r)
				want, ok := possible[name]
				delete(possible, name)
				got, err := encumbrance.Next(s, e, r)
				if ok && (err != nil || got != want) {
					t.Errorf("%s: %s %v, want %s", name, got, err, want)
				}
				if !ok && (!errors.Is(err, encumbrance.ErrState) || got != s) {
					t.Errorf("%s: %s %v, want it refused", name, got, err)
				}
			}
		}
	}
	if len(possible) > 0 {
		t.Errorf("no such state, event or role: %v", possible)
	}
}

// A freeze in a final state keeps nothing aside, and each state is final or open.
func TestStates(t *testing.T) {
	t.Parallel()
	for _, s := range encumbrance.States {
		if s.IsInEffect() && !s.IsOpen() {
			t.Errorf("%s is in effect and final", s)
		}
		f := encumbrance.Freeze{State: s, Amount: 5, Frozen: 0}
		if (f.Short() > 0) != s.IsInEffect() {
			t.Errorf("%s: short of %d", s, f.Short())
		}
	}
}

// What is available goes to the freezes in the order in which they took
// effect, each as far as it is short: an obvious loop over single atoms agrees.
func TestShare_AgreesWithAtoms(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var freezes []encumbrance.Freeze
		for i := range rapid.IntRange(0, 5).Draw(t, "freezes") {
			f := encumbrance.Freeze{
				ID: int64(i + 1), State: rapid.SampledFrom(encumbrance.States).Draw(t, "state"), Amount: rapid.Int64Range(1, 9).Draw(t, "amount"),
				EffectiveAt: calendar.Instant(rapid.IntRange(1, 3).Draw(t, "at")),
			}
			f.Frozen = rapid.Int64Range(0, f.Amount).Draw(t, "frozen")
			f.Taken = rapid.Int64Range(0, f.Amount-f.Frozen).Draw(t, "taken")
			freezes = append(freezes, f)
		}
		available := rapid.Int64Range(0, 30).Draw(t, "available")
		encumbrance.InOrder(freezes)
		want := make([]int64, len(freezes))
		for range available {
			for i, f := range freezes {
				if f.State.IsInEffect() && f.Frozen+f.Taken+want[i] < f.Amount {
					want[i]++
					break
				}
			}
		}
		if got := encumbrance.Share(freezes, available); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%+v of %d: %v, want %v", freezes, available, got, want)
		}
		for i := 1; i < len(freezes); i++ {
			if a, b := freezes[i-1], freezes[i]; a.EffectiveAt > b.EffectiveAt || a.EffectiveAt == b.EffectiveAt && a.ID > b.ID {
				t.Fatalf("%d is before %d", a.ID, b.ID)
			}
		}
	})
}

// A freeze names one holding or one party's funds, an order, and a period.
func TestFreeze_Validate(t *testing.T) {
	t.Parallel()
	good := encumbrance.Freeze{
		Party: 1, Licence: 2, Instrument: 3, Pollutant: "VOCs", Origin: ledger.Paid, Amount: 1, Issuer: encumbrance.Court, IssuerName: "嘉善县人民法院",
		OrderNumber: "（2026）浙0421执保1号", Reason: "诉前保全", StartsOn: 20260701, EndsOn: 20270630,
	}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change func(*encumbrance.Freeze)
		field  string
	}{
		{func(f *encumbrance.Freeze) { f.Licence = 0 }, "origin"},
		{func(f *encumbrance.Freeze) { f.Origin = ledger.NoOrigin }, "origin"},
		{func(f *encumbrance.Freeze) { f.Amount = 0 }, "quantity"},
		{func(f *encumbrance.Freeze) { f.Licence, f.Instrument, f.Origin, f.Amount = 0, 0, 0, -1 }, "amount"},
		{func(f *encumbrance.Freeze) { f.Issuer = "bank" }, "issuer"},
		{func(f *encumbrance.Freeze) { f.IssuerName = "" }, "issuer_name"},
		{func(f *encumbrance.Freeze) { f.OrderNumber = " x" }, "order_number"},
		{func(f *encumbrance.Freeze) { f.Reason = "" }, "reason"},
		{func(f *encumbrance.Freeze) { f.StartsOn = 20260230 }, "starts_on"},
		{func(f *encumbrance.Freeze) { f.EndsOn = 20261301 }, "ends_on"},
		{func(f *encumbrance.Freeze) { f.EndsOn = 20260630 }, "ends_on"},
		{func(f *encumbrance.Freeze) { f.ConfirmBy, f.EndsOn = 20260702, 20260701 }, "ends_on"},
	} {
		f := good
		tt.change(&f)
		got, ok := fault.As(f.Validate())
		if !ok || got.Kind != fault.Invalid || got.Field != tt.field {
			t.Errorf("%+v: %v, want a fault about %q", f, got, tt.field)
		}
	}
}

// An extension is later than what it extends; no end is the latest.
func TestFreeze_Extend(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		from, to calendar.Date
		ok       bool
	}{{20260701, 20260702, true}, {20260701, 0, true}, {20260701, 20260701, false}, {20260701, 20260630, false}, {0, 20260701, false}, {0, 0, false}, {20260701, 20260732, false}} {
		f, err := encumbrance.Freeze{EndsOn: tt.from}.Extend(tt.to)
		if (err == nil) != tt.ok || tt.ok && f.EndsOn != tt.to || !tt.ok && f.EndsOn != tt.from {
			t.Errorf("%s to %s: %s %v", tt.from, tt.to, f.EndsOn, err)
		}
	}
}

// A sale takes what is frozen, and no more.
func TestFreeze_Sell(t *testing.T) {
	t.Parallel()
	f := encumbrance.Freeze{State: encumbrance.Active, Amount: 10, Frozen: 4, Taken: 1}
	if got, err := f.Sell(4); err != nil || got.Frozen != 0 || got.Taken != 5 || got.Short() != 5 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := f.Sell(5); !errors.Is(err, encumbrance.ErrNotFrozen) {
		t.Error(err)
	}
	if _, err := f.Sell(0); err == nil {
		t.Error("nothing was sold")
	}
}
