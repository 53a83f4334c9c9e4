package market

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Candle is what was traded of an instrument in a market on a day. Block trades
// are counted apart: they make no price.
type Candle struct {
	Day                   calendar.Date
	Open, High, Low, Last quantity.Price // 0: nothing but block trades
	Volume                quantity.Quantity
	Amount                quantity.Money
	Trades                int64
	BlockVolume           quantity.Quantity
	BlockAmount           quantity.Money
	BlockTrades           int64
	Close                 quantity.Price // the day's closing price; 0: none is written
}

// Add counts a trade; trades come in their order.
func (c *Candle) Add(t Trade) {
	if t.Kind == BlockTrade {
		c.BlockVolume, c.BlockAmount, c.BlockTrades = c.BlockVolume+t.Quantity, c.BlockAmount+t.Amount, c.BlockTrades+1
		return
	}
	if c.Trades == 0 {
		c.Open, c.High, c.Low = t.Price, t.Price, t.Price
	}
	c.High, c.Low, c.Last = max(c.High, t.Price), min(c.Low, t.Price), t.Price
	c.Volume, c.Amount, c.Trades = c.Volume+t.Quantity, c.Amount+t.Amount, c.Trades+1
}
