package httpapi

import (
	"bytes"
	"fmt"

	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// What the fields of an order must be, in the words that sentence uses.
const (
	aMarket      = `a string such as "YRD-VOCS"`
	anInstrument = `a string such as "VOCs-20310630"`
	aNumber      = "a whole number from 1"
	aSide        = "one of buy, sell"
	aPrice       = `a string such as "2397.22"`
	aQuantity    = `a string such as "13.257"`
	aTimeInForce = "one of gtc, day, ioc, fok"
	aKind        = "one of limit, market"
	aFlag        = "true or false"
)

// The fields of an order, by place in orderFields.
const (
	fieldMarket = iota
	fieldInstrument
	fieldLicence
	fieldSide
	fieldPrice
	fieldQuantity
	fieldTimeInForce
	fieldProject
	fieldKind
	fieldParty
	fieldExistingUnit
)

var orderFields = fields{
	names:    []string{"market", "instrument", "licence", "side", "price", "quantity", "time_in_force", "project", "kind", "party", "existing_unit"},
	expected: []string{aMarket, anInstrument, aNumber, aSide, aPrice, aQuantity, aTimeInForce, aNumber, aKind, aNumber, aFlag},
	required: 1<<fieldMarket | 1<<fieldInstrument | 1<<fieldSide | 1<<fieldQuantity,
}

// decodeOrder reads the body of placeOrder.
func decodeOrder(data []byte) (app.PlaceOrder, error) {
	s := scanner{data: data}
	o := s.order()
	return o, s.err()
}

// order reads an OrderInput.
func (s *scanner) order() app.PlaceOrder {
	var o app.PlaceOrder
	s.complete(&orderFields, func(field int) {
		switch field {
		case fieldMarket:
			o.Market = s.code("market", aMarket, isMarketCode)
		case fieldInstrument:
			o.Instrument = s.code("instrument", anInstrument, isInstrumentCode)
		case fieldLicence:
			o.Licence = s.whole("licence")
		case fieldSide:
			o.Side = s.side()
		case fieldPrice:
			o.Price = decimal(s, "price", aPrice, quantity.ParsePositivePrice)
		case fieldQuantity:
			o.Quantity = decimal(s, "quantity", aQuantity, quantity.ParsePositiveQuantity)
		case fieldTimeInForce:
			o.TimeInForce = s.timeInForce()
		case fieldProject:
			o.Project = s.whole("project")
		case fieldKind:
			o.Kind = s.kind()
		case fieldParty:
			o.Party = s.whole("party")
		case fieldExistingUnit:
			o.ExistingUnit = s.flag("existing_unit")
		}
	})
	if o.TimeInForce == 0 {
		o.TimeInForce = market.GTC
		if o.Kind == market.AtMarket {
			o.TimeInForce = market.IOC
		}
	}
	return o
}

// code reads a code of a given form.
func (s *scanner) code(field, expected string, has func([]byte) bool) string {
	text, ok := s.str(field, expected)
	switch {
	case !ok:
	case has(text):
		return string(text)
	default:
		s.refuse(field, "must be "+expected)
	}
	return ""
}

func (s *scanner) side() market.Side {
	text, ok := s.str("side", aSide)
	switch {
	case !ok:
	case string(text) == "buy":
		return market.Buy
	case string(text) == "sell":
		return market.Sell
	default:
		s.refuse("side", "must be "+aSide)
	}
	return 0
}

func (s *scanner) timeInForce() market.TimeInForce {
	text, ok := s.str("time_in_force", aTimeInForce)
	if !ok {
		return 0
	}
	for _, tif := range market.TimesInForce {
		if string(text) == tif.String() {
			return tif
		}
	}
	s.refuse("time_in_force", "must be "+aTimeInForce)
	return 0
}

func (s *scanner) kind() market.Kind {
	text, ok := s.str("kind", aKind)
	switch {
	case !ok || string(text) == "limit":
	case string(text) == "market":
		return market.AtMarket
	default:
		s.refuse("kind", "must be "+aKind)
	}
	return market.Limit
}

// decimal reads a decimal string.
func decimal[T any](s *scanner, field, expected string, parse func(field, text string) (T, error)) (v T) {
	text, ok := s.str(field, expected)
	if !ok {
		return v
	}
	v, err := parse("", string(text))
	if err != nil {
		if f, ok := fault.As(err); ok {
			s.note(f.At(s.pointer(field)))
		}
	}
	return v
}

// isMarketCode holds MarketCode's form: words of letters and digits with
// hyphens between them, a letter first.
func isMarketCode(b []byte) bool {
	const most = 32
	return len(b) <= most && isWords(b)
}

// isInstrumentCode holds InstrumentCode's form: a pollutant and a day, or a scheme
// and a year.
func isInstrumentCode(b []byte) bool {
	const most, day, year = 41, 8, 4
	at := bytes.LastIndexByte(b, '-') + 1
	if len(b) > most || at == 0 || len(b)-at != day && len(b)-at != year || !isWords(b) {
		return false
	}
	for _, c := range b[at:] {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func isWords(b []byte) bool {
	if len(b) == 0 || !isLetter(b[0]) {
		return false
	}
	for i, c := range b {
		hyphen := c == '-' && i < len(b)-1 && b[i+1] != '-'
		if !hyphen && !isLetter(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// The fields of a batch of orders.
var (
	orderBatchFields = fields{
		names: []string{"orders"}, expected: []string{aBatch}, required: 1,
	}
	orderItemFields = fields{
		names: []string{"place", "cancel"}, expected: []string{"an object", aNumber},
	}
)

const aBatch = "a list of 1 to 1000 items"

// decodeOrderBatch reads the body of submitOrderBatch.
func decodeOrderBatch(data []byte) (app.OrderBatch, error) {
	s := scanner{data: data}
	var b app.OrderBatch
	s.complete(&orderBatchFields, func(int) {
		n, ok := s.list("orders", aBatch, func() { b.Items = append(b.Items, s.orderItem()) })
		if ok && (n < 1 || n > app.MaxBatchOrders) {
			s.refuse("orders", fmt.Sprintf("must have 1 to %d items", app.MaxBatchOrders))
		}
	})
	return b, s.err()
}

func (s *scanner) orderItem() app.OrderBatchItem {
	var item app.OrderBatchItem
	seen, ok := s.object(&orderItemFields, func(field int) {
		if field == 0 {
			s.path = append(s.path, "place")
			item.Place = s.order()
			s.path = s.path[:len(s.path)-1]
		} else {
			item.Cancel = s.whole("cancel")
		}
	})
	if ok && seen != 1 && seen != 2 {
		s.refuse("", "must have exactly one of the fields cancel, place")
	}
	return item
}
