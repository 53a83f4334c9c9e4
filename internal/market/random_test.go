package market

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// twins is a book and its naive twin, to which the same is done.
type twins struct {
	t     rapid.TB
	book  *Book
	naive *naiveBook
}

func newTwins(t rapid.TB) *twins { return &twins{t: t, book: NewBook(), naive: new(naiveBook)} }

// same compares what the two returned.
func (w *twins) same(what string, book, naive any) {
	w.t.Helper()
	if diff := cmp.Diff(naive, book); diff != "" {
		w.t.Fatalf("%s (-naive +book):\n%s", what, diff)
	}
}

func (w *twins) place(o Order, tif TimeInForce) {
	w.t.Helper()
	crossing := met(w.book, o)
	w.same("crossing", crossing, met(w.naive, o))
	if tif == FOK && !w.naive.canFill(o) {
		crossing = nil
	}
	fills, rests := w.book.Place(o, tif, nil)
	wantFills, wantRests := w.naive.Place(o, tif, nil)
	w.same("fills", fills, wantFills)
	w.same("rests", rests, wantRests)
	var makers []int64
	for _, f := range fills {
		makers = append(makers, f.Maker)
	}
	w.same("makers", makers, crossing)
}

// placeApart places an order as a market does that forbids it to meet some.
func (w *twins) placeApart(o Order, tif TimeInForce, own func(maker int64) bool) {
	w.t.Helper()
	mayMeet := func(maker int64) bool { return !own(maker) }
	for _, most := range []int{0, 1, math.MaxInt} {
		w.same("reach", w.book.Reach(o, most, mayMeet), w.naive.Reach(o, most, mayMeet))
	}
	var fills []Fill
	var rests quantity.Quantity
	if cut, cutTIF, may := w.book.Reach(o, math.MaxInt, mayMeet).Cut(o, tif); may {
		fills, rests = w.book.Place(cut, cutTIF, nil)
	}
	wantFills, wantRests := w.naive.placeApart(o, tif, own)
	w.same("fills", fills, wantFills)
	w.same("rests", rests, wantRests)
}

func (w *twins) cancel(id int64) {
	w.t.Helper()
	o, ok := w.book.Cancel(id)
	want, wantOK := w.naive.Cancel(id)
	w.same("cancelled", o, want)
	w.same("cancelled", ok, wantOK)
}

func (w *twins) reduce(id int64, to quantity.Quantity) {
	w.t.Helper()
	w.same("reduced", w.book.Reduce(id, to), w.naive.Reduce(id, to))
}

// compare compares all that can be seen of the two, and checks the book.
func (w *twins) compare() {
	w.t.Helper()
	w.same("length", w.book.Len(), w.naive.Len())
	for _, side := range []Side{Buy, Sell} {
		price, ok := w.book.Best(side)
		wantPrice, wantOK := w.naive.Best(side)
		w.same("best price", price, wantPrice)
		w.same("best price", ok, wantOK)
		for _, n := range []int{1, 3, math.MaxInt} {
			w.same("depth", w.book.Depth(side, n, nil), w.naive.Depth(side, n, nil))
		}
	}
	w.same("orders", ordersOf(w.book), ordersOf(w.naive))
	w.same("digest", w.book.Digest(), w.naive.Digest())
	mustBeSound(w.t, w.book)
	mustBeSound(w.t, w.naive)
}

func ordersOf(b anyBook) (out []Order) {
	b.Each(func(o Order) bool {
		out = append(out, o)
		return true
	})
	return out
}

// met are the makers that Crossing names.
func met(b anyBook, o Order) (out []int64) {
	b.Crossing(o.Side, o.Price, o.Quantity, func(maker int64) bool {
		out = append(out, maker)
		return true
	})
	return out
}

// After any calls in any order the book has returned what its naive twin has,
// and looks the same. Few prices and numbers make the orders meet; some
// quantities are so large that sums leave 64 bits.
func TestBook_EqualsNaive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		w := newTwins(rt)
		anyQuantity := rapid.OneOf(rapid.Int64Range(1, 20), rapid.SampledFrom([]int64{math.MaxInt64 - 1, math.MaxInt64}))
		anyID := rapid.Int64Range(1, 60)
		rt.Repeat(map[string]func(*rapid.T){
			"": func(*rapid.T) { w.compare() },
			"place": func(rt *rapid.T) {
				o := Order{
					ID:       anyID.Draw(rt, "id"),
					Side:     rapid.SampledFrom([]Side{Buy, Sell}).Draw(rt, "side"),
					Price:    quantity.Price(rapid.Int64Range(1, 12).Draw(rt, "price")),
					Quantity: quantity.Quantity(anyQuantity.Draw(rt, "quantity")),
				}
				if _, rests := w.naive.Get(o.ID); rests {
					return
				}
				w.place(o, rapid.SampledFrom(TimesInForce).Draw(rt, "tif"))
			},
			"place apart": func(rt *rapid.T) { // numbers of one remainder are of one group
				o := Order{
					ID:       anyID.Draw(rt, "id"),
					Side:     rapid.SampledFrom([]Side{Buy, Sell}).Draw(rt, "side"),
					Price:    quantity.Price(rapid.Int64Range(1, 12).Draw(rt, "price")),
					Quantity: quantity.Quantity(anyQuantity.Draw(rt, "quantity")),
				}
				if _, rests := w.naive.Get(o.ID); rests {
					return
				}
				tif := rapid.SampledFrom(TimesInForce).Draw(rt, "tif")
				w.placeApart(o, tif, func(maker int64) bool { return maker%5 == o.ID%5 })
			},
			"move": func(rt *rapid.T) { // an amended order loses its place
				o, rests := w.naive.Get(anyID.Draw(rt, "id"))
				if !rests {
					return
				}
				w.cancel(o.ID)
				o.Price = quantity.Price(rapid.Int64Range(1, 12).Draw(rt, "price"))
				w.place(o, GTC)
			},
			"cancel": func(rt *rapid.T) { w.cancel(anyID.Draw(rt, "id")) },
			"reduce": func(rt *rapid.T) {
				w.reduce(anyID.Draw(rt, "id"), quantity.Quantity(anyQuantity.Draw(rt, "to")))
			},
		})
	})
}

// On a load like that of the benchmark, with a thousand levels, the two agree
// on every message.
func TestBook_EqualsNaiveOnMixedLoad(t *testing.T) {
	t.Parallel()
	w := newTwins(t)
	for i, m := range MixedLoad(7, 5_000) {
		switch m.Step {
		case Leave:
			w.cancel(m.Order.ID)
		case Reduce:
			w.reduce(m.Order.ID, m.Order.Quantity)
		case Move:
			w.cancel(m.Order.ID)
			fallthrough
		case Enter:
			w.placeApart(m.Order, m.TimeInForce, func(maker int64) bool { return !m.mayMeet(maker) })
		case Collect, CollectAtMarket, Uncross: // TestBook_AtCallRandom
		}
		if i%500 == 0 {
			w.compare()
		}
	}
	w.compare()
	if chunks := len(w.book.ladder(Buy).chunks); chunks < 2 {
		t.Errorf("the load is too small: %d chunks of levels", chunks)
	}
}

// A book rebuilt by Rest from what Each gave goes on as the one before would
// have: this is a restart.
func TestBook_Rebuilt(t *testing.T) {
	t.Parallel()
	load := MixedLoad(3, 20_000)
	before, after := NewBook(), NewBook()
	Replay(before, load[:10_000])
	before.Each(func(o Order) bool {
		after.Rest(o)
		return true
	})
	for _, m := range load[10_000:] {
		want, _ := m.send(before, nil)
		got, _ := m.send(after, nil)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("order %d (-before +after):\n%s", m.Order.ID, diff)
		}
	}
	if before.Digest() != after.Digest() {
		t.Error("the books differ")
	}
	if err := after.Validate(); err != nil {
		t.Error(err)
	}
}
