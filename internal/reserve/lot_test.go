package reserve

import (
	"errors"
	"math/rand"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

const t1 = quantity.OneQuantity

func lotOf(q quantity.Quantity, cost quantity.Money) Lot {
	l, _ := Lot{
		ID: 1, Region: "330421", Pollutant: "VOCs", Provenance: BoughtBack, AcquiredOn: 20260701, Document: "d", Quantity: q, Cost: cost,
	}.New(Added, 20260702)
	return l
}

// A part of a lot goes from a bucket by an event where the table says so, and
// nowhere else; the buckets always sum to the quantity.
func TestLot_Move(t *testing.T) {
	t.Parallel()
	for _, from := range Buckets {
		for _, event := range LotEvents {
			l := lotOf(10*t1, 100)
			l.Available = 0
			*l.bucket(from) = 10 * t1
			want := Bucket("refused")
			for _, row := range LotTransitions {
				if row.Event == event && row.From == from {
					want = row.To
				}
			}
			moved, m, err := l.Move(event, from, 4*t1, 20260703)
			switch {
			case want == "refused":
				if !errors.Is(err, ErrLotEvent) || !moved.SameBuckets(l) {
					t.Errorf("%s from %s: %v", event, from, err)
				}
			case err != nil || m.ToBucket != want || moved.In(from) != 6*t1 || moved.In(want) != 4*t1:
				t.Errorf("%s from %s: %v, %+v", event, from, err, moved)
			}
		}
	}
	if _, _, err := lotOf(t1, 0).Move(Offering, AvailableBucket, t1+1, 20260703); !errors.Is(err, ErrLotShort) {
		t.Error(err)
	}
	if _, _, err := lotOf(t1, 0).Move(Offering, AvailableBucket, 0, 20260703); !errors.Is(err, ErrQuantity) {
		t.Error(err)
	}
}

// Every event of the table leads from the outside in, or starts in a bucket
// that another one leads to: no row is dead.
func TestLotTransitions_Reachable(t *testing.T) {
	t.Parallel()
	reached := map[Bucket]bool{Outside: true}
	for range Buckets {
		for _, row := range LotTransitions {
			if reached[row.From] {
				reached[row.To] = true
			}
		}
	}
	for _, b := range Buckets {
		if !reached[b] {
			t.Errorf("nothing comes to be %s", b)
		}
	}
}

// However a lot leaves the reserve, the costs of its parts sum to its cost, and
// what is set aside or left is never negative.
func TestLot_CostOfParts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(1))
	for range 200 {
		l := lotOf(quantity.Quantity(r.Int63n(1e9)+1), quantity.Money(r.Int63n(1e9)))
		var cost quantity.Money
		for l.Open {
			q := min(l.Available, quantity.Quantity(r.Int63n(int64(l.Quantity))+1))
			next, m, err := l.Move(Withdraw, AvailableBucket, q, 20260703)
			if err != nil || m.Cost < 0 {
				t.Fatalf("%v %+v", err, m)
			}
			l, cost = next, cost+m.Cost
			if l.CostLeft() != l.Cost-cost {
				t.Fatalf("%s of the cost is left, %s went", l.CostLeft(), cost)
			}
		}
		if cost != l.Cost || l.ClosedOn != 20260703 {
			t.Fatalf("the parts cost %s, the lot %s", cost, l.Cost)
		}
	}
}

// A new lot names what it is; what came for nothing has no cost.
func TestLot_Validate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		change func(*Lot)
		field  string
	}{
		{func(*Lot) {}, ""},
		{func(l *Lot) { l.Provenance = "found" }, "provenance"},
		{func(l *Lot) { l.Quantity = 0 }, "quantity"},
		{func(l *Lot) { l.AcquiredOn = 20260231 }, "acquired_on"},
		{func(l *Lot) { l.Document = "" }, "document"},
		{func(l *Lot) { l.Cost = -1 }, "cost"},
		{func(l *Lot) { l.Price = -1 }, "price"},
		{func(l *Lot) { l.Months = -1 }, "months"},
		{func(l *Lot) { l.Provenance = PreReserved }, "cost"},
	} {
		l := lotOf(t1, 100)
		tt.change(&l)
		err := l.Validate()
		f, _ := fault.As(err)
		if (err == nil) != (tt.field == "") || err != nil && f.Field != tt.field {
			t.Errorf("want a fault about %q, got %v", tt.field, err)
		}
	}
}
