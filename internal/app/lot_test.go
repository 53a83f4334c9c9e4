package app

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// lotRows are the lots of a region for VOCs as they are stored, by id.
func (o *office) lotRows(region string) []reserve.Lot {
	o.t.Helper()
	var rows []reserve.Lot
	if err := o.store.Find(o.t.Context(), Lots.name, Where("region", region), &rows); err != nil {
		o.t.Fatal(err)
	}
	return rows
}

// lots writes the lots of a region for VOCs: their buckets that are not empty.
func (o *office) lots(region string) (out []string) {
	for _, l := range o.lotRows(region) {
		s := fmt.Sprint(l.ID)
		for _, b := range reserve.Buckets {
			if q := l.In(b); q > 0 {
				s += fmt.Sprintf(" %s %s", b, q)
			}
		}
		out = append(out, s)
	}
	return out
}

func (o *office) wantLots(region string, want ...string) {
	o.t.Helper()
	if got := o.lots(region); !slices.Equal(got, want) {
		o.t.Errorf("lots of %s:\n%q, want\n%q", region, got, want)
	}
}

// Every way into the reserve and out of it goes through its lots: the sum of
// the lots is the ledger's account, and each part is where it went.
func TestLots_EveryPath(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 6*one)
	done[reserve.Movement](o, o.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 4 * one, "second", LotChoice{}})
	o.wantLots(jiashan, "1 available 6", "2 available 4")
	done[reserve.Movement](o, o.leader, ReserveMove{jiashan, vocs, reserve.ToUnallocated, one, "d", LotChoice{}})
	o.wantLots(jiashan, "1 available 5 withdrawn 1", "2 available 4")
	done[reserve.LevelTransfer](o, o.upper, LevelMove{jiashan, jiaxing, vocs, 2 * one, reserve.Reserve, "d", LotChoice{}})
	o.wantLots(jiashan, "1 available 3 withdrawn 3", "2 available 4")
	o.wantLots(jiaxing, "3 available 2")
	if l := o.lotRows(jiaxing)[0]; l.Source != 1 || l.Provenance != reserve.PreReserved {
		t.Errorf("%+v", l)
	}
	done[AllocationResult](o, o.leader, Allocate{f.licence.ID, i.Code, reserve.Initial, reserve.Reserve, ledger.Free, one, 0, false, today, "d", LotChoice{}})
	o.wantLots(jiashan, "1 available 2 transferred 1 withdrawn 3", "2 available 4")

	sold := done[NoticeResult](o, o.clerk, NoticeIssue{f.licence.ID, i.Code, 3 * one, quantity.OnePrice, today, "", 0, LotChoice{}, false}).Notice
	o.wantLots(jiashan, "1 reserved 2 transferred 1 withdrawn 3", "2 available 3 reserved 1")
	o.refuses(o.leader, ReserveMove{jiashan, vocs, reserve.ToUnallocated, 4 * one, "d", LotChoice{}}, ledger.ErrInsufficient.At("quantity"))
	done[NoticeResult](o, o.leader, NoticeCancel{sold.ID, "r"})
	o.wantLots(jiashan, "1 available 2 transferred 1 withdrawn 3", "2 available 4")
	sold = done[NoticeResult](o, o.clerk, NoticeIssue{f.licence.ID, i.Code, 3 * one, quantity.OnePrice, today, "", 0, LotChoice{}, false}).Notice
	done[NoticeResult](o, o.finance, NoticeProve{sold.ID, sold.Amount, "p", today})
	done[NoticeResult](o, o.finance, NoticeConfirm{sold.ID, "seen"})
	done[NoticeResult](o, o.leader, NoticeDeliver{sold.ID})
	o.wantLots(jiashan, "1 transferred 3 withdrawn 3", "2 available 3 transferred 1")
	o.restart()
	o.check()
	o.wantLots(jiashan, "1 transferred 3 withdrawn 3", "2 available 3 transferred 1")
	var paid quantity.Money
	var rows []reserve.LotMovement
	if err := o.store.Find(t.Context(), LotMovements.name, Where("event", string(reserve.Delivery)), &rows); err != nil {
		t.Fatal(err)
	}
	for _, m := range rows {
		paid += m.Amount
	}
	if len(rows) != 2 || paid != sold.Amount {
		t.Errorf("%s was paid, the movements say %s: %+v", sold.Amount, paid, rows)
	}
}

// manyLots is a state with lots in it: n of one region, and one of another.
func manyLots(n int) *View {
	r := rand.New(rand.NewSource(int64(n)))
	s := &state{caches: map[string]anyCache{}, lastID: map[string]int64{}, ledger: ledger.New()}
	for name, info := range tables {
		if info.resident {
			s.caches[name] = info.newCache()
		}
	}
	for id := int64(1); id <= int64(n); id++ {
		l, _ := reserve.Lot{
			ID: id, Region: jiashan, Pollutant: vocs, Provenance: reserve.BoughtBack, Document: "d", Quantity: quantity.Quantity(r.Int63n(9)+1) * one,
			AcquiredOn: today.AddDays(-r.Intn(1000)), Cost: quantity.Money(r.Int63n(1_000_000)),
		}.New(reserve.Added, today)
		if id == int64(n) {
			l.Region = jiaxing
		}
		rowsOf(s, Lots).put(id, l)
	}
	s.lastID[Lots.name] = int64(n)
	s.indexLots()
	return &View{state: s, Today: today}
}

// naivePick is the obvious picking: sort all lots and take from the front.
func naivePick(v *View, q quantity.Quantity, order func(a, b reserve.Lot) int) (picks []reserve.Pick) {
	var lots []reserve.Lot
	for l := range All(v, Lots) {
		if l.Region == jiashan && l.Available > 0 {
			lots = append(lots, l)
		}
	}
	slices.SortFunc(lots, order)
	for _, l := range lots {
		part := min(q, l.Available)
		if q -= part; part > 0 {
			picks = append(picks, reserve.Pick{Lot: l.ID, Quantity: part})
		}
	}
	return picks
}

// The lots that leave are those that sorting all of them would give, also after
// lots have come and gone.
func TestPickLots_AgainstNaive(t *testing.T) {
	t.Parallel()
	v := manyLots(300)
	r := rand.New(rand.NewSource(1))
	age := func(a, b reserve.Lot) int {
		return cmp.Or(cmp.Compare(a.AcquiredOn, b.AcquiredOn), cmp.Compare(a.ID, b.ID))
	}
	cost := func(a, b reserve.Lot) int {
		return cmp.Or(cmp.Compare(a.UnitCost(), b.UnitCost()), age(a, b))
	}
	for range 200 {
		q := quantity.Quantity(r.Int63n(60)+1) * one / 2
		order, naive := reserve.OldestFirst, age
		if r.Intn(2) == 0 {
			order, naive = reserve.CheapestFirst, cost
		}
		picks, err := v.pickLots(jiashan, vocs, q, LotChoice{Order: order})
		if err != nil {
			if f, _ := fault.As(err); f.Code != reserve.ErrPickShort.Code {
				t.Fatal(err)
			}
			break
		}
		if want := naivePick(v, q, naive); !slices.Equal(picks, want) {
			t.Fatalf("%s first of %s: %v, want %v", order, q, picks, want)
		}
		for _, p := range picks {
			l, _, err := rowsOf(v.state, Lots).rows[p.Lot].Move(reserve.Withdraw, reserve.AvailableBucket, p.Quantity, today)
			if err != nil {
				t.Fatal(err)
			}
			rowsOf(v.state, Lots).put(l.ID, l)
			v.indexLot(l)
		}
	}
}

// A choice of lots is refused with the reason.
func TestPickLots_Refused(t *testing.T) {
	t.Parallel()
	v := manyLots(3)
	first := rowsOf(v.state, Lots).rows[1]
	for _, tt := range []struct {
		q    quantity.Quantity
		c    LotChoice
		want *fault.Error
	}{
		{one, LotChoice{Order: "newest"}, invalid},
		{one, LotChoice{Lots: []int64{1}}, reserve.ErrPickNames},
		{one, LotChoice{Order: reserve.NamedLots}, reserve.ErrPickNames},
		{one, LotChoice{Order: reserve.NamedLots, Lots: []int64{4}}, ErrNoRecord},
		{one, LotChoice{Order: reserve.NamedLots, Lots: []int64{3}}, reserve.ErrPickElsewhere},
		{one, LotChoice{Order: reserve.NamedLots, Lots: []int64{1, 1}}, reserve.ErrPickTwice},
		{first.Quantity + 1, LotChoice{Order: reserve.NamedLots, Lots: []int64{1}}, reserve.ErrPickShort},
		{100 * one, LotChoice{}, reserve.ErrPickShort},
	} {
		_, err := v.pickLots(jiashan, vocs, tt.q, tt.c)
		if f, ok := fault.As(err); !ok || f.Code != tt.want.Code {
			t.Errorf("%s by %+v: %v, want %s", tt.q, tt.c, err, tt.want.Code)
		}
	}
	if _, err := manyLots(700).pickLots(jiashan, vocs, 3000*one, LotChoice{}); err == nil {
		t.Error("more lots were picked than a command may touch")
	}
}

// Picking costs what it picks, however many lots there are.
func BenchmarkPickLots(b *testing.B) {
	v := manyLots(100_000)
	for b.Loop() {
		if _, err := v.pickLots(jiashan, vocs, 20*one, LotChoice{Order: reserve.CheapestFirst}); err != nil {
			b.Fatal(err)
		}
	}
}

// A command that moves the reserve's account without its lots is a broken
// invariant: it is not answered, and nothing of it is kept.
func TestReserve_OnlyThroughLots(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	o.setCap(jiashan, 10*one, 5*one)
	if err := o.app.Close(); err != nil { // the state is this test's alone
		t.Fatal(err)
	}
	tx := &Tx{View: &View{state: o.app.st, batch: o.app.newBatch(), Number: 1 << 40}}
	defer func() {
		if recover() == nil {
			t.Error("the reserve was moved without its lots")
		}
	}()
	tx.Post(reserve.MovementTransfer(reserve.Movement{Region: jiashan, Pollutant: vocs, Direction: reserve.ToReserve, Quantity: one}))
	tx.mustAgree()
}
