package market

import (
	"math"
	"math/rand/v2"

	"permitx/internal/quantity"
)

// Step is what a message of a load asks for.
type Step uint8

// The steps.
const (
	Enter  Step = iota // an order comes in
	Leave              // the order is cancelled
	Reduce             // what is left of the order is lowered: it keeps its place
	Move               // the order gets another price or more: it loses its place

	Collect         // a limit order waits for a call
	CollectAtMarket // a market order waits for it
	Uncross         // the call is over: what meets at the price of Order trades
)

// Message is one step of a load. Of one to leave only the order's number counts.
type Message struct {
	Step        Step
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
	loadAmends                     = 5         // one in so many of those who would cancel amends
	loadGroups                     = 50        // orders of one group do not trade with each other
)

// MixedLoad returns n messages that are always the same for a seed. A first
// tenth fills the book, which keeps about this size from then on: two messages
// of three place an order, one cancels or amends. So nearly half of the orders
// are cancelled, a quarter is priced to trade at once and a quarter is traded
// with. Few cancels come too late, because those cost little.
//
// Prices lie within 500 ticks of a mid price that wanders, most of them near
// it; quantities are 1 to 50 lots. A quarter of the takers is GTC, DAY and IOC
// and FOK each; one of the IOC in two is a market order, whose price lies far
// away. Every order belongs to one of 50 groups and ends before one of its own.
//
// Every 4,000 messages a call collects 250, of the orders one in four a market
// order, and trades at the price at which the most does.
func MixedLoad(seed uint64, n int) []Message {
	g := loadGenerator{random: rand.New(rand.NewPCG(seed, 0)), book: NewBook(), mid: loadMid}
	load := make([]Message, 0, n)
	for i := range n {
		switch {
		case i < n/loadWarmUp:
			load = append(load, g.enter(false))
		case collects(i):
			load = append(load, g.collect())
		case g.book.IsCrossed():
			load = append(load, g.uncross())
		case g.oneIn(3):
			load = append(load, g.change())
		default:
			load = append(load, g.enter(g.oneIn(4)))
		}
	}
	return load
}

// Replay sends a load through a book and returns the number of fills.
func Replay(b *Book, load []Message) (fills int) {
	buffer := make([]Fill, 0, loadLotsMax)
	for i := range load {
		buffer, _ = load[i].send(b, buffer[:0])
		fills += len(buffer)
	}
	return fills
}

// send does to a book what the message asks for, as a market does it, and
// returns the fills with what rests of an order afterwards.
func (m *Message) send(b *Book, fills []Fill) ([]Fill, quantity.Quantity) {
	switch m.Step {
	case Leave:
		b.Cancel(m.Order.ID)
		return fills, 0
	case Reduce:
		b.Reduce(m.Order.ID, m.Order.Quantity)
		return fills, m.Order.Quantity
	case Move:
		if _, rests := b.Cancel(m.Order.ID); !rests {
			return fills, 0
		}
	case Collect:
		b.Rest(m.Order)
		return fills, m.Order.Quantity
	case CollectAtMarket:
		b.RestAtCall(m.Order)
		return fills, m.Order.Quantity
	case Uncross:
		return m.uncross(b, fills), 0
	case Enter:
	}
	reach := b.Reach(m.Order, math.MaxInt, m.mayMeet)
	if o, tif, may := reach.Cut(m.Order, m.TimeInForce); may {
		return b.Place(o, tif, fills)
	}
	return fills, 0
}

func (m *Message) mayMeet(maker int64) bool { return maker%loadGroups != m.Order.ID%loadGroups }

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

// change is for an order that rests, or now and then for any.
func (g *loadGenerator) change() Message {
	for len(g.rested) > 0 {
		last := len(g.rested) - 1
		i := g.random.IntN(last + 1)
		if g.oneIn(2) {
			i = last - g.random.IntN(min(last+1, loadRecent))
		}
		id := g.rested[i]
		if g.oneIn(loadLate) {
			return g.sent(Message{Step: Leave, Order: Order{ID: 1 + g.random.Int64N(g.lastID)}})
		}
		g.rested[i] = g.rested[last]
		g.rested = g.rested[:last]
		if o, rests := g.book.Get(id); rests && g.oneIn(loadAmends) {
			return g.sent(g.amend(o))
		} else if rests {
			return g.sent(Message{Step: Leave, Order: Order{ID: id}})
		}
	}
	return g.enter(false)
}

// amend lowers an order that rests by a lot, or moves it by a tick.
func (g *loadGenerator) amend(o Order) Message {
	if o.Quantity > loadLot && g.oneIn(2) {
		o.Quantity -= loadLot
		return Message{Step: Reduce, Order: o}
	}
	o.Price += loadTick
	return Message{Step: Move, Order: o, TimeInForce: GTC}
}

// enter is for an order that waits on its side of the mid, or for a taker.
func (g *loadGenerator) enter(taker bool) Message {
	if g.oneIn(loadCalm) {
		g.mid += loadTick * quantity.Price(2*g.random.IntN(2)-1)
	}
	// The product of two draws crowds near zero.
	away := 1 + g.random.IntN(loadDistance)*g.random.IntN(loadDistance)/loadDistance
	tif := GTC
	if taker {
		away = -g.random.IntN(loadThrough)
		if tif = TimesInForce[g.random.IntN(len(TimesInForce))]; tif == IOC && g.oneIn(2) { // a market order
			away = -loadDistance
		}
	}
	side := Sell
	if g.oneIn(2) {
		side, away = Buy, -away
	}
	g.lastID++
	return g.sent(Message{TimeInForce: tif, Order: Order{
		ID:       g.lastID,
		Side:     side,
		Price:    max(g.mid+loadTick*quantity.Price(away), loadTick),
		Quantity: loadLot * quantity.Quantity(1+g.random.IntN(loadLotsMax)),
	}})
}

// sent does to the generator's book what a message asks for.
func (g *loadGenerator) sent(m Message) Message {
	var left quantity.Quantity
	g.fills, left = m.send(g.book, g.fills[:0])
	if left > 0 {
		g.rested = append(g.rested, m.Order.ID)
	}
	return m
}
