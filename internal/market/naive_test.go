package market

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"

	"permitx/internal/quantity"
)

// naiveBook says what a Book must do, in the plainest way: one slice of orders
// by time, searched from end to end for everything.
type naiveBook struct {
	orders []Order
}

// anyBook is what the tests need of either.
type anyBook interface {
	Place(o Order, tif TimeInForce, fills []Fill) ([]Fill, quantity.Quantity)
	Rest(o Order)
	Cancel(id int64) (Order, bool)
	Reduce(id int64, to quantity.Quantity) bool
	Get(id int64) (Order, bool)
	Best(side Side) (quantity.Price, bool)
	Len() int
	Depth(side Side, n int, out []Level) []Level
	Each(f func(Order) bool)
	Crossing(side Side, limit quantity.Price, q quantity.Quantity, f func(maker int64) bool)
	Reach(o Order, most int, mayMeet func(maker int64) bool) Reach
	Digest() [32]byte
	Validate() error
}

var (
	_ anyBook = (*Book)(nil)
	_ anyBook = (*naiveBook)(nil)
)

func (b *naiveBook) Place(o Order, tif TimeInForce, fills []Fill) ([]Fill, quantity.Quantity) {
	if tif == FOK && !b.canFill(o) {
		return fills, 0
	}
	for o.Quantity > 0 {
		i := b.makerFor(o.Side, o.Price)
		if i < 0 {
			break
		}
		maker := &b.orders[i]
		q := min(o.Quantity, maker.Quantity)
		o.Quantity -= q
		maker.Quantity -= q
		fills = append(fills, Fill{Maker: maker.ID, Price: maker.Price, Quantity: q, Left: maker.Quantity})
		if maker.Quantity == 0 {
			b.orders = slices.Delete(b.orders, i, i+1)
		}
	}
	if o.Quantity == 0 || tif == IOC || tif == FOK {
		return fills, 0
	}
	b.Rest(o)
	return fills, o.Quantity
}

// canFill tries it on a copy of the book.
func (b *naiveBook) canFill(o Order) bool {
	tried := naiveBook{slices.Clone(b.orders)}
	_, rests := tried.Place(o, GTC, nil)
	return rests == 0
}

// placeApart places an order that trades with others until it would meet one
// of its own group: there its rest ends. A FOK that cannot be filled before
// that does nothing.
func (b *naiveBook) placeApart(o Order, tif TimeInForce, own func(maker int64) bool) (fills []Fill, rests quantity.Quantity) {
	tried := naiveBook{slices.Clone(b.orders)}
	left := o.Quantity
	for left > 0 {
		i := tried.makerFor(o.Side, o.Price)
		if i < 0 {
			return b.Place(o, tif, nil)
		}
		if own(tried.orders[i].ID) {
			break
		}
		step := o
		step.Quantity = min(left, tried.orders[i].Quantity)
		left -= step.Quantity
		fills, _ = tried.Place(step, IOC, fills)
	}
	if left > 0 && tif == FOK {
		return nil, 0
	}
	*b = tried
	return fills, 0
}

func (b *naiveBook) Reach(o Order, most int, mayMeet func(maker int64) bool) (r Reach) {
	for _, maker := range b.sorted(o.Side.Opposite()) {
		if r.Quantity == o.Quantity || r.Makers > most || !within(o.Side, o.Price, maker.Price) {
			break
		}
		if !mayMeet(maker.ID) {
			r.Barred = maker.ID
			break
		}
		r.Makers++
		r.Quantity += min(maker.Quantity, o.Quantity-r.Quantity)
	}
	return r
}

// makerFor is the index of the order that one of a side and limit trades with
// first, or −1: among the best prices within the limit the oldest.
func (b *naiveBook) makerFor(side Side, limit quantity.Price) int {
	best := -1
	for i, o := range b.orders {
		if o.Side == side || !within(side, limit, o.Price) {
			continue
		}
		if best < 0 || o.Price != b.orders[best].Price && within(side, b.orders[best].Price, o.Price) {
			best = i
		}
	}
	return best
}

// within reports whether a price is at least as good as the limit for a side.
func within(side Side, limit, price quantity.Price) bool {
	if side == Buy {
		return price <= limit
	}
	return price >= limit
}

func (b *naiveBook) Rest(o Order) { b.orders = append(b.orders, o) }

func (b *naiveBook) index(id int64) int {
	return slices.IndexFunc(b.orders, func(o Order) bool { return o.ID == id })
}

func (b *naiveBook) Cancel(id int64) (Order, bool) {
	o, ok := b.Get(id)
	if ok {
		i := b.index(id)
		b.orders = slices.Delete(b.orders, i, i+1)
	}
	return o, ok
}

func (b *naiveBook) Reduce(id int64, to quantity.Quantity) bool {
	i := b.index(id)
	if i < 0 || to <= 0 || to > b.orders[i].Quantity {
		return false
	}
	b.orders[i].Quantity = to
	return true
}

func (b *naiveBook) Get(id int64) (Order, bool) {
	i := b.index(id)
	if i < 0 {
		return Order{}, false
	}
	return b.orders[i], true
}

func (b *naiveBook) Best(side Side) (quantity.Price, bool) {
	for _, o := range b.sorted(side) {
		return o.Price, true
	}
	return 0, false
}

func (b *naiveBook) Len() int { return len(b.orders) }

// sorted is one side, best price first and oldest first within a price.
func (b *naiveBook) sorted(side Side) []Order {
	var out []Order
	for _, o := range b.orders {
		if o.Side == side {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(x, y Order) int {
		if side == Buy {
			return cmp.Compare(y.Price, x.Price)
		}
		return cmp.Compare(x.Price, y.Price)
	})
	return out
}

func (b *naiveBook) Depth(side Side, n int, out []Level) []Level {
	var levels []Level
	sum := new(big.Int)
	for _, o := range b.sorted(side) {
		if len(levels) == 0 || levels[len(levels)-1].Price != o.Price {
			levels = append(levels, Level{Price: o.Price})
			sum.SetInt64(0)
		}
		last := &levels[len(levels)-1]
		last.Orders++
		last.Quantity = math.MaxInt64
		if sum.Add(sum, big.NewInt(int64(o.Quantity))); sum.IsInt64() {
			last.Quantity = quantity.Quantity(sum.Int64())
		}
	}
	return append(out, levels[:min(len(levels), max(n, 0))]...)
}

func (b *naiveBook) Each(f func(Order) bool) {
	for _, o := range append(b.sorted(Buy), b.sorted(Sell)...) {
		if !f(o) {
			return
		}
	}
}

func (b *naiveBook) Crossing(side Side, limit quantity.Price, q quantity.Quantity, f func(maker int64) bool) {
	for _, o := range b.sorted(side.Opposite()) {
		if q <= 0 || !within(side, limit, o.Price) || !f(o.ID) {
			return
		}
		q -= o.Quantity
	}
}

func (b *naiveBook) Digest() [32]byte {
	var all bytes.Buffer
	b.Each(func(o Order) bool {
		row := struct {
			Side                uint8
			ID, Price, Quantity int64
		}{uint8(o.Side), o.ID, int64(o.Price), int64(o.Quantity)}
		return binary.Write(&all, binary.BigEndian, row) == nil
	})
	return sha256.Sum256(all.Bytes())
}

func (b *naiveBook) Validate() error {
	buy, bids := b.Best(Buy)
	if sell, asks := b.Best(Sell); bids && asks && buy >= sell {
		return fmt.Errorf("crossed: %s, %s", buy, sell)
	}
	return nil
}
