package market

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Side says whether an order buys or sells. The zero value is neither.
type Side uint8

// The two sides of a book.
const (
	Buy  Side = 1
	Sell Side = 2
)

// String gives "buy" or "sell", as in JSON and SQL.
func (s Side) String() string {
	switch s {
	case Buy:
		return "buy"
	case Sell:
		return "sell"
	}
	return "side?"
}

// Opposite is the side that s trades with.
func (s Side) Opposite() Side { return Buy + Sell - s }

// ParseSide reads what String prints. Anything else is a fault about field.
func ParseSide(field, s string) (Side, error) {
	switch s {
	case "buy":
		return Buy, nil
	case "sell":
		return Sell, nil
	}
	return 0, fault.Invalidf(field, `%q is not a side: use "buy" or "sell"`, s)
}

// PriceMost is the highest price of an order, in CNY for a t or t/a: a call reckons
// with no more.
const PriceMost = 100_000_000_000 * quantity.OnePrice

// Kind says what the price of an order is. The zero value is a limit order:
// those from before there were kinds were that.
type Kind uint8

// The kinds of orders.
const (
	// Limit trades at its price or better; what is left may wait in the book.
	Limit Kind = 0
	// AtMarket trades at whatever the book offers, or at the price of a call, up
	// to a price that protects it; what is left never waits beyond that call.
	AtMarket Kind = 1
)

// String gives "limit" or "market", as in JSON and SQL.
func (k Kind) String() string {
	switch k {
	case Limit:
		return "limit"
	case AtMarket:
		return "market"
	}
	return "kind?"
}

// TimeInForce says what becomes of the part of an order that finds no
// counterpart at once. The zero value is none.
type TimeInForce uint8

// The times in force. Their numbers are stored: never renumber.
const (
	GTC TimeInForce = 1 // good till cancelled: the rest waits in the book
	IOC TimeInForce = 2 // immediate or cancel: the rest is dropped; of a market order in a call, when the call is over
	DAY TimeInForce = 3 // the rest waits until the end of the trading day
	FOK TimeInForce = 4 // fill or kill: all at once or nothing
)

// TimesInForce are all of them.
var TimesInForce = []TimeInForce{GTC, IOC, DAY, FOK}

var timeInForceNames = [...]string{GTC: "gtc", IOC: "ioc", DAY: "day", FOK: "fok"}

// String gives the name that JSON and the views use.
func (t TimeInForce) String() string {
	if int(t) < len(timeInForceNames) && timeInForceNames[t] != "" {
		return timeInForceNames[t]
	}
	return "tif?"
}

// Rests reports whether what an order does not trade at once may wait.
func (t TimeInForce) Rests() bool { return t == GTC || t == DAY }

// MayWaitAtCall reports whether an order may come in while a call collects: a
// limit order that rests, or a market order for this call alone.
func MayWaitAtCall(k Kind, t TimeInForce) bool {
	return k == Limit && t.Rests() || k == AtMarket && t == IOC
}

// ParseTimeInForce reads what String prints. Anything else is a fault about
// field.
func ParseTimeInForce(field, s string) (TimeInForce, error) {
	for _, t := range TimesInForce {
		if s == t.String() {
			return t, nil
		}
	}
	return 0, fault.Invalidf(field, `%q is not a time in force: use "gtc", "day", "ioc" or "fok"`, s)
}

// Order is an order as the book sees it.
type Order struct {
	ID       int64 // unique among the orders that rest
	Side     Side
	Price    quantity.Price    // the limit, or the price that protects a market order; > 0
	Quantity quantity.Quantity // what is left, > 0
}

// Fill is one trade of an incoming order with one that rested.
type Fill struct {
	Maker    int64             // the order that rested
	Price    quantity.Price    // the maker's
	Quantity quantity.Quantity // traded, > 0
	Left     quantity.Quantity // of the maker afterwards; 0: it has left the book
}

// Level is one price of one side of the book.
type Level struct {
	Price    quantity.Price
	Quantity quantity.Quantity // left in all its orders; the largest Quantity if the sum is above that
	Orders   int
}
