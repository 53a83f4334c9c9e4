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

// TimeInForce says what becomes of the part of an order that finds no
// counterpart at once. The zero value is none.
type TimeInForce uint8

// The times in force.
const (
	GTC TimeInForce = 1 // good till cancelled: the rest waits in the book
	IOC TimeInForce = 2 // immediate or cancel: the rest is dropped
)

// String gives "gtc" or "ioc", as in JSON and SQL.
func (t TimeInForce) String() string {
	switch t {
	case GTC:
		return "gtc"
	case IOC:
		return "ioc"
	}
	return "tif?"
}

// ParseTimeInForce reads what String prints. Anything else is a fault about
// field.
func ParseTimeInForce(field, s string) (TimeInForce, error) {
	switch s {
	case "gtc":
		return GTC, nil
	case "ioc":
		return IOC, nil
	}
	return 0, fault.Invalidf(field, `%q is not a time in force: use "gtc" or "ioc"`, s)
}

// Order is an order as the book sees it.
type Order struct {
	ID       int64 // unique among the orders that rest
	Side     Side
	Price    quantity.Price    // the limit, > 0
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
