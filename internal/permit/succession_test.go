package permit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// A successor is named of a licence that has nothing, and is one other licence.
func TestCheckParts_Successor(t *testing.T) {
	t.Parallel()
	some := map[permit.HoldingID]quantity.Quantity{{Instrument: 1, Origin: ledger.Paid}: 5}
	part := []permit.SuccessionPart{{ToLicence: 2, Instrument: 1, Origin: ledger.Paid, Quantity: 5}}
	for _, tt := range []struct {
		s     permit.Succession
		parts []permit.SuccessionPart
		has   map[permit.HoldingID]quantity.Quantity
		want  error
	}{
		{permit.Succession{Kind: permit.NewHolder, Licence: 1, Successor: 2}, nil, nil, nil},
		{permit.Succession{Kind: permit.Merger, Licence: 1, Successor: 2}, nil, nil, nil},
		{permit.Succession{Kind: permit.Merger, Licence: 1}, nil, nil, permit.ErrNoParts},
		{permit.Succession{Kind: permit.Division, Licence: 1, Successor: 2}, nil, nil, permit.ErrSuccessor},
		{permit.Succession{Kind: permit.Merger, Licence: 1, Successor: 1}, nil, nil, permit.ErrSuccessor},
		{permit.Succession{Kind: permit.Merger, Licence: 1, Successor: 2}, nil, some, permit.ErrSuccessor},
		{permit.Succession{Kind: permit.Merger, Licence: 1, Successor: 2}, part, some, permit.ErrSuccessor},
	} {
		if err := tt.s.CheckParts(tt.parts, tt.has, nil, func(int64) string { return "" }); !errors.Is(err, tt.want) {
			t.Errorf("%+v, %d parts: %v, want %v", tt.s, len(tt.parts), err, tt.want)
		}
	}
}

// Each thing that may rest on a licence has a fate and a reason.
func TestRests(t *testing.T) {
	t.Parallel()
	fates := map[permit.Fate]bool{permit.Follows: true, permit.Withdrawn: true, permit.Blocks: true}
	all := []permit.Resting{
		permit.RestingOrder, permit.RestingDeal, permit.RestingNotice, permit.RestingHold, permit.RestingLease, permit.RestingPledge, permit.RestingProject, permit.RestingRenewal, permit.RestingFreeze, permit.RestingDebt, permit.RestingIdle, permit.RestingBid, permit.RestingPlan, permit.RestingBuyBack, permit.RestingBlock,
	}
	if len(all) != len(permit.Rests) {
		t.Errorf("%d things, %d rows", len(all), len(permit.Rests))
	}
	for _, what := range all {
		for _, split := range []bool{false, true} {
			if fate, why := permit.FateOf(what, split); !fates[fate] || why == "" {
				t.Errorf("%s, split %v: %q because %q", what, split, fate, why)
			}
		}
	}
}

// The parts of a division are accepted exactly when each holding and each
// surplus is given away whole.
func TestCheckParts_Division(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := permit.Succession{Kind: permit.Division, Licence: 1}
		has, surplus := map[permit.HoldingID]quantity.Quantity{}, map[string]quantity.Quantity{}
		var parts []permit.SuccessionPart
		for i := int64(1); i <= 2; i++ {
			for _, origin := range []ledger.Origin{ledger.Paid, ledger.Free} {
				for to := int64(1); to <= 3; to++ {
					q := quantity.Quantity(rapid.IntRange(0, 4).Draw(t, "part"))
					if q == 0 {
						continue
					}
					p := permit.SuccessionPart{ToLicence: to, Instrument: i, Pollutant: "VOCs", Origin: origin, Quantity: q}
					if origin == ledger.Paid {
						p.Surplus = quantity.Quantity(rapid.IntRange(0, int(q)).Draw(t, "surplus"))
						surplus["VOCs"] += p.Surplus
					}
					has[permit.HoldingID{Instrument: i, Origin: origin}] += q
					parts = append(parts, p)
				}
			}
		}
		if len(parts) == 0 {
			if err := s.CheckParts(parts, has, surplus, codeOf); !errors.Is(err, permit.ErrNoParts) {
				t.Fatal(err)
			}
			return
		}
		if err := s.CheckParts(parts, has, surplus, codeOf); err != nil {
			t.Fatal(err)
		}
		spoiled := append([]permit.SuccessionPart(nil), parts...)
		n := rapid.IntRange(0, len(parts)-1).Draw(t, "which")
		switch rapid.IntRange(0, 4).Draw(t, "how") {
		case 0:
			spoiled[n].Quantity++
		case 1:
			spoiled = append(spoiled[:n:n], spoiled[n+1:]...)
		case 2:
			spoiled = append(spoiled, spoiled[n])
		case 3:
			spoiled[n].Surplus = spoiled[n].Quantity + 1
		case 4:
			spoiled[n].Instrument = 9
		}
		if err := s.CheckParts(spoiled, has, surplus, codeOf); err == nil {
			t.Fatalf("%+v passes", spoiled)
		}
	})
}

func codeOf(instrument int64) string { return fmt.Sprint("VOCs-", instrument) }

// A merger gives all to one licence, and nothing stays.
func TestCheckParts_Merger(t *testing.T) {
	t.Parallel()
	s := permit.Succession{Kind: permit.Merger, Licence: 1}
	has := map[permit.HoldingID]quantity.Quantity{{Instrument: 1, Origin: ledger.Paid}: 5, {Instrument: 1, Origin: ledger.Free}: 2}
	part := func(to int64, o ledger.Origin, q quantity.Quantity) permit.SuccessionPart {
		return permit.SuccessionPart{ToLicence: to, Instrument: 1, Pollutant: "VOCs", Origin: o, Quantity: q}
	}
	for _, tt := range []struct {
		parts []permit.SuccessionPart
		want  *fault.Error
	}{
		{[]permit.SuccessionPart{part(2, ledger.Paid, 5), part(2, ledger.Free, 2)}, nil},
		{[]permit.SuccessionPart{part(2, ledger.Paid, 5)}, permit.ErrPartsSum},
		{[]permit.SuccessionPart{part(2, ledger.Paid, 5), part(3, ledger.Free, 2)}, permit.ErrOneSuccessor},
		{[]permit.SuccessionPart{part(1, ledger.Paid, 5), part(1, ledger.Free, 2)}, permit.ErrStays},
		{[]permit.SuccessionPart{part(2, ledger.Paid, 3), part(2, ledger.Paid, 2), part(2, ledger.Free, 2)}, permit.ErrPartTwice},
		{[]permit.SuccessionPart{{ToLicence: 2, Instrument: 1, Origin: ledger.Free, Quantity: 2, Surplus: 1}}, permit.ErrPartSurplus},
	} {
		err := s.CheckParts(tt.parts, has, nil, codeOf)
		if errors.Is(err, permit.ErrPartsSum) && !strings.Contains(err.Error(), codeOf(1)) {
			t.Errorf("%v does not name the instrument", err)
		}
		if tt.want == nil && err != nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%+v: %v, want %v", tt.parts, err, tt.want)
		}
	}
}

// A departure that is open is completed or withdrawn; one at its end stays there.
func TestDeparture_EveryStateEvent(t *testing.T) {
	t.Parallel()
	want := map[permit.DepartureState]map[permit.DepartureEvent]permit.DepartureState{
		permit.DepartureOpen: {permit.CompleteDeparture: permit.DepartureCompleted, permit.WithdrawDeparture: permit.DepartureWithdrawn},
	}
	for _, s := range permit.DepartureStates {
		for _, e := range permit.DepartureEvents {
			got, err := permit.Departure{State: s}.Next(e)
			to, ok := want[s][e]
			if ok && (err != nil || got.State != to) || !ok && (!errors.Is(err, permit.ErrDepartureState) || got.State != s) {
				t.Errorf("%s %s: %s, %v", s, e, got.State, err)
			}
		}
	}
}
