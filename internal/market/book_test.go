package market

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// bookOf has the orders of three levels: two buys at 90, a buy at 80 and a
// sell at 100.
func bookOf(t *testing.T) *Book {
	t.Helper()
	b := NewBook()
	for _, o := range []Order{
		{ID: 1, Side: Buy, Price: 90, Quantity: 10},
		{ID: 2, Side: Buy, Price: 90, Quantity: 20},
		{ID: 3, Side: Buy, Price: 80, Quantity: 30},
		{ID: 4, Side: Sell, Price: 100, Quantity: 40},
	} {
		b.Rest(o)
	}
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	return b
}

// An order that must not come in is a programmer's error: Place and Rest say
// which and why, and leave the book as it was.
func TestBook_RefusesByPanic(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order Order
		tif   TimeInForce
		want  string
	}{
		"NumberAtRest":     {Order{ID: 1, Side: Sell, Price: 90, Quantity: 1}, GTC, "order 1 is in the book already"},
		"NumberAtRestIOC":  {Order{ID: 4, Side: Buy, Price: 100, Quantity: 1}, IOC, "order 4 is in the book already"},
		"NoSide":           {Order{ID: 9, Price: 90, Quantity: 1}, GTC, "order 9 is not valid: side 0, price 90, quantity 1"},
		"ThirdSide":        {Order{ID: 9, Side: 3, Price: 90, Quantity: 1}, GTC, "side 3"},
		"PriceZero":        {Order{ID: 9, Side: Buy, Quantity: 1}, GTC, "price 0"},
		"PriceNegative":    {Order{ID: 9, Side: Buy, Price: -1, Quantity: 1}, GTC, "price -1"},
		"QuantityZero":     {Order{ID: 9, Side: Buy, Price: 90}, GTC, "quantity 0"},
		"QuantityNegative": {Order{ID: 9, Side: Buy, Price: 90, Quantity: -1}, GTC, "quantity -1"},
		"NoTimeInForce":    {Order{ID: 9, Side: Buy, Price: 100, Quantity: 1}, 0, "order 9 has time in force 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t)
			before := b.Digest()
			wantPanic(t, c.want, func() { b.Place(c.order, c.tif, nil) })
			if c.tif != 0 {
				wantPanic(t, c.want, func() { b.Rest(c.order) })
			}
			if b.Digest() != before {
				t.Error("the book has changed")
			}
			if err := b.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func wantPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "market: ") || !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	f()
}

// Place appends to the caller's slice and leaves what is in it.
func TestBook_PlaceAppends(t *testing.T) {
	t.Parallel()
	b := bookOf(t)
	first := Fill{Maker: 99}
	fills, _ := b.Place(Order{ID: 5, Side: Sell, Price: 90, Quantity: 15}, GTC, []Fill{first})
	want := []Fill{first, {Maker: 1, Price: 90, Quantity: 10}, {Maker: 2, Price: 90, Quantity: 5, Left: 15}}
	if !slices.Equal(fills, want) {
		t.Errorf("got %+v, want %+v", fills, want)
	}
	levels := b.Depth(Buy, 1, []Level{{Price: 7}})
	if want := []Level{{Price: 7}, {Price: 90, Quantity: 15, Orders: 1}}; !slices.Equal(levels, want) {
		t.Errorf("got %+v, want %+v", levels, want)
	}
}

// Each ends when it is told to, on either side of the book.
func TestBook_EachEnds(t *testing.T) {
	t.Parallel()
	for want := 1; want <= 4; want++ {
		seen := 0
		bookOf(t).Each(func(Order) bool {
			seen++
			return seen < want
		})
		if seen != want {
			t.Errorf("%d orders were seen, want %d", seen, want)
		}
	}
}

// The digest is that of these bytes and no others: it is stored and compared
// with that of a later build.
func TestBook_Digest(t *testing.T) {
	t.Parallel()
	if got := NewBook().Digest(); got != sha256.Sum256(nil) {
		t.Errorf("the digest of an empty book is %x", got)
	}
	b := NewBook()
	b.Rest(Order{ID: 0x0102030405060708, Side: Sell, Price: 0x0a0b, Quantity: 0x0c})
	b.Rest(Order{ID: -2, Side: Buy, Price: 1, Quantity: 2})
	want := sha256.Sum256([]byte("" +
		"\x01" + "\xff\xff\xff\xff\xff\xff\xff\xfe" + "\x00\x00\x00\x00\x00\x00\x00\x01" + "\x00\x00\x00\x00\x00\x00\x00\x02" +
		"\x02" + "\x01\x02\x03\x04\x05\x06\x07\x08" + "\x00\x00\x00\x00\x00\x00\x0a\x0b" + "\x00\x00\x00\x00\x00\x00\x00\x0c"))
	if got := b.Digest(); got != want {
		t.Errorf("got %x, want %x", got, want)
	}
}

// Two orders at one price in the other sequence are another book, in which
// another order trades first.
func TestBook_DigestSeesQueues(t *testing.T) {
	t.Parallel()
	one, other := Order{ID: 1, Side: Buy, Price: 9, Quantity: 1}, Order{ID: 2, Side: Buy, Price: 9, Quantity: 1}
	a, b := NewBook(), NewBook()
	a.Rest(one)
	a.Rest(other)
	b.Rest(other)
	b.Rest(one)
	if a.Digest() == b.Digest() {
		t.Error("the digests are equal")
	}
}

// Sides and times in force are read as they are printed, and what is neither
// is a fault that names the field.
func TestParse(t *testing.T) {
	t.Parallel()
	for _, side := range []Side{Buy, Sell} {
		if got, err := ParseSide("/side", side.String()); err != nil || got != side || side.Opposite().Opposite() != side || side.Opposite() == side {
			t.Errorf("%s is read as %s (%v)", side, got, err)
		}
	}
	for _, tif := range []TimeInForce{GTC, IOC} {
		if got, err := ParseTimeInForce("/tif", tif.String()); err != nil || got != tif {
			t.Errorf("%s is read as %s (%v)", tif, got, err)
		}
	}
	for _, s := range []string{"", "Buy", "BUY", " buy", "GTC", "aon", "1", Side(0).String(), TimeInForce(9).String()} {
		_, sideErr := ParseSide("/x", s)
		_, tifErr := ParseTimeInForce("/x", s)
		for _, err := range []error{sideErr, tifErr} {
			if f, ok := fault.As(err); !ok || f.Kind != fault.Invalid || f.Field != "/x" {
				t.Errorf("%q gives %v", s, err)
			}
		}
	}
}

// Validate finds whatever is wrong with the book's inside, and goes on to
// the end.
func TestBook_Validate(t *testing.T) {
	t.Parallel()
	node := func(b *Book, id int64) *node { return b.orders.at(b.findOrder(id).slot) }
	at := func(b *Book, key int64) *level { return &b.levels.at[b.findLevel(key).slot] }
	for name, c := range map[string]struct {
		spoil func(b *Book)
		want  string
	}{
		"Crossed":         {func(b *Book) { b.Rest(Order{ID: 5, Side: Buy, Price: 100, Quantity: 1}) }, "the book is crossed: best buy 0.01, best sell 0.01"},
		"NothingLeft":     {func(b *Book) { node(b, 1).left = 0 }, "order 1 has 0 left"},
		"OtherLevel":      {func(b *Book) { node(b, 1).level = 3 }, "order 1 is in the queue of level slot 1, it says 3"},
		"LinkBack":        {func(b *Book) { node(b, 2).prev = none }, "order 2 comes after slot 1, it says 0"},
		"LinkCut":         {func(b *Book) { node(b, 1).next = none }, "level 90 ends at slot 2, its queue at 1"},
		"LinkRound":       {func(b *Book) { node(b, 2).next = 1 }, "level 90 comes to the order in slot 1 a second time"},
		"LinkAway":        {func(b *Book) { node(b, 2).next = 500 }, "level 90 has an order in slot 500"},
		"LinkToNeighbour": {func(b *Book) { node(b, 2).next = 3 }, "level 90 comes to the order in slot 3 a second time"},
		"Number":          {func(b *Book) { node(b, 1).id = 7 }, "order 7 is in slot 1, the table says 0"},
		"NumberTwice":     {func(b *Book) { node(b, 1).id = 2 }, "order 2 is in slot 1, the table says 2"},
		"NumberGone":      {func(b *Book) { b.findOrder(3).remove() }, "the order table has 3 entries for 4"},
		"TableCount":      {func(b *Book) { b.findOrder(3).shard.used++ }, "of the order table says 5 entries of at most 4, it has 4"},
		"Sum":             {func(b *Book) { at(b, 90).sum++ }, "level 90 says 2 orders of 0.000031, it has 2 of 0.00003"},
		"SumOver":         {func(b *Book) { at(b, 90).over++ }, "level 90 says 2 orders of"},
		"Count":           {func(b *Book) { at(b, 90).orders++ }, "level 90 says 3 orders"},
		"LevelEmpty":      {func(b *Book) { at(b, 80).head, at(b, 80).tail = none, none }, "level 80 says 1 orders of 0.00003, it has 0 of 0"},
		"LevelKey":        {func(b *Book) { at(b, 80).key = 81 }, "level 80 is in the slot of level 81"},
		"LevelGone":       {func(b *Book) { b.findLevel(-100).remove() }, "level -100 is in slot 3, the table says 0"},
		"LevelSlot":       {func(b *Book) { b.ladder(Sell).chunks[0].slots[0] = 9 }, "level -100 is in slot 9, which does not exist"},
		"LevelSide":       {func(b *Book) { b.ladder(Sell).insert(7, 1) }, "key 7 of the sell side comes after -100"},
		"LevelOrder":      {func(b *Book) { slices.Reverse(b.ladder(Buy).chunks[0].keys[:2]) }, "key 80 of the buy side comes after 90"},
		"ChunkEmpty":      {func(b *Book) { b.ladder(Buy).chunks[0].n = 0 }, "chunk 0 of the buy side has 0 levels"},
		"OrdersUsed":      {func(b *Book) { b.orders.used++ }, "5 orders rest, the levels have 4"},
		"OrderFree":       {func(b *Book) { b.orders.free = 2 }, "the order in slot 2 is both free and in a queue"},
		"OrderLost":       {func(b *Book) { b.orders.take() }, "of 5 slots for orders 4 are used and 0 free"},
		"LevelsUsed":      {func(b *Book) { b.levels.used-- }, "there are 2 levels, the sides have 3"},
		"LevelLost":       {func(b *Book) { b.levels.take(5) }, "of 4 slots for levels 3 are used and 0 free"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t)
			c.spoil(b)
			if err := b.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got:\n%v\nwant: %s", err, c.want)
			}
		})
	}
}

// Validate returns all that is wrong, not the first of it.
func TestBook_ValidateReturnsAll(t *testing.T) {
	t.Parallel()
	b := bookOf(t)
	b.orders.at(1).left = -1
	b.orders.at(4).id = 99
	b.Rest(Order{ID: 5, Side: Sell, Price: 80, Quantity: quantity.OneQuantity})
	err := b.Validate()
	for _, want := range []string{"order 1 has", "order 99 is in slot 4", "crossed"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%v", want, err)
		}
	}
}
