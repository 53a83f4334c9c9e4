package outside

import (
	"errors"
	"slices"
	"testing"
)

// In each state each step leads where the table says, or is refused.
func TestTransitions(t *testing.T) {
	t.Parallel()
	want := map[ImportState]map[ImportEvent]ImportState{ImportOpen: {ImportExplain: ImportOpen, ImportClose: ImportClosed}}
	for _, state := range ImportStates {
		for _, event := range ImportEvents {
			got, err := (Import{State: state}).Step(event)
			if next, can := want[state][event]; can && (err != nil || got.State != next) || !can && !errors.Is(err, ErrPackageNotNow) {
				t.Errorf("an import that is %s, %s: %s, %v", state, event, got.State, err)
			}
		}
	}
	for _, state := range ExportStates {
		got, err := (Export{State: state}).Received("r", 20260701)
		if state == ExportMade && (err != nil || got.State != ExportReceived) || state != ExportMade && !errors.Is(err, ErrPackageNotNow) {
			t.Errorf("the receipt of an export that is %s: %s, %v", state, got.State, err)
		}
	}
}

// Every kind of line has its fields, and no kind is one of both.
func TestFields(t *testing.T) {
	t.Parallel()
	for _, kind := range LineKinds {
		if len(Fields[kind]) == 0 || len(Fields[kind]) > ImportValues {
			t.Errorf("%s has the fields %v", kind, Fields[kind])
		}
	}
	if slices.Contains(Kinds, Holding) || len(Fields) != len(LineKinds) {
		t.Error("a holding has no number of its own; each kind has fields")
	}
}

// Decimals are compared by value, texts letter by letter; an object that is not
// known differs as a whole.
func TestLine_Compare(t *testing.T) {
	t.Parallel()
	ours := Known{Object: 7, Number: "A", Numbered: true, Values: []Value{{"quantity", "3.1"}, {"state", "paid"}}}
	for _, tt := range []struct {
		name string
		line Line
		ours Known
		want []string
	}{
		{"the same", Line{Number: "A", Values: []Value{{"quantity", "3.100"}, {"state", "paid"}}}, ours, nil},
		{"another number", Line{Number: "B"}, ours, []string{NumberField}},
		{"other values", Line{Number: "A", Values: []Value{{"quantity", "3.11"}, {"state", "Paid"}}}, ours, []string{"quantity", "state"}},
		{"not known", Line{Number: "A", Values: []Value{{"quantity", "3.1"}}}, Known{}, []string{ObjectField}},
		{"without numbers", Line{Number: "X", Values: []Value{{"quantity", "3.1"}}}, Known{Object: 1, Values: ours.Values}, nil},
	} {
		var got []string
		for _, d := range tt.line.Compare(1, tt.ours) {
			got = append(got, d.Field)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A deal within a region changes no cap; one between two changes both.
func TestMirror_CapChange(t *testing.T) {
	t.Parallel()
	local, across := Mirror{Region: "a", Quantity: 5}, Mirror{Region: "a", BuyerRegion: "b", Quantity: 5, Arriving: 4}
	if local.CapChange("a") != 0 || local.Arrived() != 5 || across.CapChange("a") != -5 || across.CapChange("b") != 4 || across.CapChange("c") != 0 || across.Arrived() != 4 {
		t.Errorf("%+v, %+v", local, across)
	}
}
