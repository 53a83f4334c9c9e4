package market

import (
	"math/rand/v2"

	"permitx/internal/quantity"
)

// Message is one step of a load: an order to place, or the number of one to
// cancel.
type Message struct {
	Cancel      bool // Order.ID is to be cancelled; the other fields are not used
	Order       Order
	TimeInForce TimeInForce
}

// The shape of the mixed load.
const (
	loadTick     quantity.Price    = 100       // 10⁻⁴ CNY: one fen
	loadMid      quantity.Price    = 1_000_000 // 10⁻⁴ CNY: the first mid price, 100 CNY
	loadLot      quantity.Quantity = 100_000   // 10⁻⁶ t: 0.1 t
	loadLotsMax                    = 50        // lots in an order
	loadDistance                   = 500       // ticks from the mid to the furthest order
	loadThrough                    = 50        // ticks by which a taker's limit may lie beyond the mid
	loadCalm                       = 10        // the mid moves by a tick with one order in so many
	loadWarmUp                     = 10        // one message in so many is spent to fill the book
	loadLate                       = 20        // one cancel in so many names any order, mostly one that is gone
	loadRecent                     = 1_000     // youngest orders, of which half of the cancels choose
)

// MixedLoad returns n messages that are always the same for a seed. A first
// tenth fills the book, which keeps about this size from then on: two messages
// of three place an order, one cancels. So half of the orders are cancelled,
// a quarter is priced to trade at once and a quarter is traded with. Few
// cancels come too late, because those cost little.
//
// Prices lie within 500 ticks of a mid price that wanders, most of them near
// it; quantities are 1 to 50 lots; half of the takers are IOC.
func MixedLoad(seed uint64, n int) []Message {
	g := loadGenerator{random: rand.New(rand.NewPCG(seed, 0)), book: NewBook(), mid: loadMid}
	load := make([]Message, 0, n)
	for i := range n {
		switch {
		case i < n/loadWarmUp:
			load = append(load, g.place(false))
		case g.oneIn(3):
			load = append(load, g.cancel())
		default:
			load = append(load, g.place(g.oneIn(4)))
		}
	}
	return load
}

// Replay sends a load through a book and returns the number of fills.
func Replay(b *Book, load []Message) (fills int) {
	buffer := make([]Fill, 0, loadLotsMax)
	for i := range load {
		m := &load[i]
		if m.Cancel {
			b.Cancel(m.Order.ID)
			continue
		}
		buffer, _ = b.Place(m.Order, m.TimeInForce, buffer[:0])
		fills += len(buffer)
	}
	return fills
}

// loadGenerator sends what it makes to a book of its own, to know which orders
// can be cancelled.
type loadGenerator struct {
	random *rand.Rand
	book   *Book
	fills  []Fill
	lastID int64
	mid    quantity.Price
	rested []int64 // orders that have rested and are not cancelled, about by age; some are filled since
}

func (g *loadGenerator) oneIn(n int) bool { return g.random.IntN(n) == 0 }

// cancel is for an order that rests, or now and then for any.
func (g *loadGenerator) cancel() Message {
	for len(g.rested) > 0 {
		last := len(g.rested) - 1
		i := g.random.IntN(last + 1)
		if g.oneIn(2) {
			i = last - g.random.IntN(min(last+1, loadRecent))
		}
		id := g.rested[i]
		if g.oneIn(loadLate) {
			id = 1 + g.random.Int64N(g.lastID)
			g.book.Cancel(id)
			return Message{Cancel: true, Order: Order{ID: id}}
		}
		g.rested[i] = g.rested[last]
		g.rested = g.rested[:last]
		if _, ok := g.book.Cancel(id); ok {
			return Message{Cancel: true, Order: Order{ID: id}}
		}
	}
	return g.place(false)
}

// place is for an order that waits on its side of the mid, or for a taker.
func (g *loadGenerator) place(taker bool) Message {
	if g.oneIn(loadCalm) {
		g.mid += loadTick * quantity.Price(2*g.random.IntN(2)-1)
	}
	// The product of two draws crowds near zero.
	away := 1 + g.random.IntN(loadDistance)*g.random.IntN(loadDistance)/loadDistance
	tif := GTC
	if taker {
		away = -g.random.IntN(loadThrough)
		if g.oneIn(2) {
			tif = IOC
		}
	}
	side := Sell
	if g.oneIn(2) {
		side, away = Buy, -away
	}
	g.lastID++
	o := Order{
		ID:       g.lastID,
		Side:     side,
		Price:    max(g.mid+loadTick*quantity.Price(away), loadTick),
		Quantity: loadLot * quantity.Quantity(1+g.random.IntN(loadLotsMax)),
	}
	var left quantity.Quantity
	g.fills, left = g.book.Place(o, tif, g.fills[:0])
	if left > 0 {
		g.rested = append(g.rested, o.ID)
	}
	return Message{Order: o, TimeInForce: tif}
}
