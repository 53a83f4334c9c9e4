package market

import (
	"fmt"

	"permitx/internal/quantity"
)

// Book is the order book of one instrument. It is not safe for concurrent
// use: the writer owns it. NewBook makes one.
type Book struct {
	orders slab
	levels levels
	byID   table     // orders by number
	byKey  table     // levels by key
	sides  [2]ladder // the levels of the buys and of the sells
	atCall *Book     // the market orders that wait for a call, by the prices that protect them; nil: none ever did
	heads  [2]heads  // of them, those of the buys and of the sells that trade next
}

// NewBook returns an empty book.
func NewBook() *Book {
	return &Book{orders: newSlab(), levels: newLevels(), byID: newTable(), byKey: newTable()}
}

// Len is the number of orders that rest, market orders of a call among them.
func (b *Book) Len() int {
	if b.atCall != nil {
		return b.orders.used + b.atCall.orders.used
	}
	return b.orders.used
}

// Place matches an order with those of the other side, best price first and
// oldest first within a price, at the makers' prices and never beyond its own
// limit. It appends the fills in this order to fills, which the caller may use
// again, and returns them with the quantity that rests afterwards: 0 when the
// order is filled or its rest is dropped, which is that of an IOC. A FOK looks
// before it acts: unless the book fills all of it, nothing moves.
//
// It panics, having changed nothing, when an order with this ID rests or a
// field is not valid: the caller checks what comes from users.
func (b *Book) Place(o Order, tif TimeInForce, fills []Fill) ([]Fill, quantity.Quantity) {
	if tif < GTC || tif > FOK {
		panic(fmt.Sprintf("market: order %d has time in force %d", o.ID, tif))
	}
	b.mustAccept(&o)
	if tif == FOK && !b.fills(&o) {
		return fills, 0
	}
	key := keyOf(o.Side, o.Price)
	against := b.ladder(o.Side.Opposite())
	for o.Quantity > 0 {
		best, at := against.best()
		if at == none || best < -key { // −key is this limit seen from the other side
			break
		}
		fills, o.Quantity = b.trade(at, o.Quantity, fills)
	}
	if o.Quantity == 0 || !tif.Rests() {
		return fills, 0
	}
	b.add(key, o.ID, o.Quantity)
	return fills, o.Quantity
}

// Rest puts an order at the end of its level without matching: it rebuilds a
// book from orders that come by price and time, for instance in the sequence
// of [Book.Each]. An order that crosses the other side is taken as it is, and
// [Book.Validate] reports it. Rest panics as Place does.
func (b *Book) Rest(o Order) {
	b.mustAccept(&o)
	b.add(keyOf(o.Side, o.Price), o.ID, o.Quantity)
}

// Cancel takes an order out of the book and returns it as it was. It returns
// false when no such order rests.
func (b *Book) Cancel(id int64) (Order, bool) {
	found := b.findOrder(id)
	if found.slot == none {
		if b.atCall != nil {
			return b.atCall.Cancel(id)
		}
		return Order{}, false
	}
	o := b.order(found.slot)
	at := b.orders.at(found.slot).level
	l := &b.levels.at[at]
	l.subtract(o.Quantity)
	found.remove()
	b.unlink(l, found.slot)
	if l.orders == 0 {
		b.dropLevel(at)
	}
	return o, true
}

// Reduce lowers what is left of an order; the order keeps its place. It
// returns false, having changed nothing, when no such order rests or when to
// is not above 0 or is more than what is left.
func (b *Book) Reduce(id int64, to quantity.Quantity) bool {
	slot := b.findOrder(id).slot
	if slot == none {
		return b.atCall != nil && b.atCall.Reduce(id, to)
	}
	n := b.orders.at(slot)
	if to <= 0 || to > n.left {
		return false
	}
	b.levels.at[n.level].subtract(n.left - to)
	n.left = to
	return true
}

// Get returns an order that rests, or false.
func (b *Book) Get(id int64) (Order, bool) {
	slot := b.findOrder(id).slot
	if slot == none {
		if b.atCall != nil {
			return b.atCall.Get(id)
		}
		return Order{}, false
	}
	return b.order(slot), true
}

// Best returns the highest price of the buys or the lowest of the sells, and
// false when that side is empty. Market orders name no price.
func (b *Book) Best(side Side) (price quantity.Price, ok bool) {
	_, at := b.ladder(side).best()
	if at == none {
		return 0, false
	}
	return b.levels.at[at].price(), true
}

// mustAccept panics when an order must not come into the book.
func (b *Book) mustAccept(o *Order) {
	if o.Side != Buy && o.Side != Sell || o.Price <= 0 || o.Quantity <= 0 {
		panic(fmt.Sprintf("market: order %d is not valid: side %d, price %d, quantity %d", o.ID, o.Side, int64(o.Price), int64(o.Quantity)))
	}
	if b.findOrder(o.ID).slot != none {
		panic(fmt.Sprintf("market: order %d is in the book already", o.ID))
	}
}

// fills reports whether the levels within an order's limit have all of it.
func (b *Book) fills(o *Order) bool {
	worst, want := -keyOf(o.Side, o.Price), o.Quantity
	for at := range b.ladder(o.Side.Opposite()).bestFirst {
		l := &b.levels.at[at]
		if l.key < worst {
			break
		}
		if want -= l.quantity(); want <= 0 {
			return true
		}
	}
	return false
}

// trade takes up to want from the oldest orders of a level and returns what
// is still wanted. A level that is used up leaves the book.
func (b *Book) trade(at int32, want quantity.Quantity, fills []Fill) ([]Fill, quantity.Quantity) {
	l := &b.levels.at[at]
	price := l.price()
	for want > 0 && l.orders > 0 {
		slot := l.head
		n := b.orders.at(slot)
		q := min(want, n.left)
		want -= q
		n.left -= q
		l.subtract(q)
		fills = append(fills, Fill{Maker: n.id, Price: price, Quantity: q, Left: n.left})
		if n.left == 0 {
			b.findOrder(n.id).remove()
			b.unlink(l, slot)
		}
	}
	if l.orders == 0 {
		b.dropLevel(at)
	}
	return fills, want
}

// add puts an order at the end of its level, which it opens if need be.
func (b *Book) add(key, id int64, left quantity.Quantity) {
	at := b.findLevel(key).slot
	if at == none {
		at = b.levels.take(key)
		b.byKey.insert(tagOf(key), at)
		b.ladder(sideOf(key)).insert(key, at)
	}
	l := &b.levels.at[at]
	slot := b.orders.take()
	*b.orders.at(slot) = node{id: id, left: left, prev: l.tail, level: at}
	if l.tail == none {
		l.head = slot
	} else {
		b.orders.at(l.tail).next = slot
	}
	l.tail = slot
	l.orders++
	l.add(left)
	b.byID.insert(tagOfNumber(id), slot)
}

// unlink takes an order out of its level's queue and gives its slot back. The
// level's sum and the table are the caller's matter.
func (b *Book) unlink(l *level, slot int32) {
	n := b.orders.at(slot)
	if n.prev == none {
		l.head = n.next
	} else {
		b.orders.at(n.prev).next = n.next
	}
	if n.next == none {
		l.tail = n.prev
	} else {
		b.orders.at(n.next).prev = n.prev
	}
	l.orders--
	b.orders.give(slot)
}

// dropLevel takes a level without orders out of the book.
func (b *Book) dropLevel(at int32) {
	key := b.levels.at[at].key
	b.findLevel(key).remove()
	b.ladder(sideOf(key)).remove(key)
	b.levels.give(at)
}

func (b *Book) findOrder(id int64) spot {
	tag := tagOfNumber(id)
	found := b.byID.first(tag)
	for found.slot != none && b.orders.at(found.slot).id != id {
		found = found.next(tag)
	}
	return found
}

// findLevel finds a level by hash: a binary search of the ladder for each
// order cost 30 ns a message more, most of it branches guessed wrong.
func (b *Book) findLevel(key int64) spot {
	tag := tagOf(key)
	found := b.byKey.first(tag)
	for found.slot != none && b.levels.at[found.slot].key != key {
		found = found.next(tag)
	}
	return found
}

func (b *Book) order(slot int32) Order {
	n := b.orders.at(slot)
	l := &b.levels.at[n.level]
	return Order{ID: n.id, Side: sideOf(l.key), Price: l.price(), Quantity: n.left}
}

func (b *Book) ladder(side Side) *ladder { return &b.sides[side-Buy] }
