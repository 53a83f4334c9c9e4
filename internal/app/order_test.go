package app

import (
	"errors"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// What is malformed in an order is refused before anything else is looked at,
// in the order of the list, and never reaches the book.
func TestPlaceOrder_Malformed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*PlaceOrder)
		want   *fault.Error
	}{
		{func(c *PlaceOrder) { c.Side = 0 }, ErrNoSide},
		{func(c *PlaceOrder) { c.Side = 3 }, ErrNoSide},
		{func(c *PlaceOrder) { c.TimeInForce = 0 }, ErrNoTimeInForce},
		{func(c *PlaceOrder) { c.Price = 0 }, ErrPriceNotPositive},
		{func(c *PlaceOrder) { c.Price = -1 }, ErrPriceNotPositive},
		{func(c *PlaceOrder) { c.Quantity = 0 }, ErrQuantityNotPositive},
		{func(c *PlaceOrder) { c.Quantity = -100 }, ErrQuantityNotPositive},
	} {
		order := PlaceOrder{Side: market.Buy, TimeInForce: market.GTC, Price: quantity.OnePrice, Quantity: quantity.OneQuantity}
		c.change(&order)
		if err := order.checkTerms(&View{}, catalog.Market{}, catalog.Instrument{}); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", order, err, c.want)
		}
	}
}
