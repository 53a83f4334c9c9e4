package app

import (
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// blockRows reads the settled block trades, and holds the open ones against what
// they hold aside (I-51).
func (c *checker) blockRows(s *sessionSums) error {
	holds := map[int64]ledger.Hold{}
	of := Where("purpose", string(ledger.ForBlockTrade))
	if err := eachOf(c.ctx, c.r, Holds, of, func(h ledger.Hold) { holds[h.ID] = h }); err != nil {
		return err
	}
	tariffs, err := c.tariffs()
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Blocks, Query{}, func(b market.Block) {
		money := holds[b.MoneyHold]
		if b.State == market.BlockSettled {
			s.blocks[b.Trade], s.held[b.Trade] = b, quantity.Money(money.Amount)
		}
		price := b.Amount + b.Fee(tariffAt(tariffs, b.Market, b.ProposedAt.Date()), market.Buy)
		if int64(b.Amount) == money.Amount {
			price = b.Amount // it is of before block trades paid fees
		}
		for id, amount := range map[int64]int64{b.PermitHold: goodsHeld(b.OfCredits(), b.Quantity), b.MoneyHold: int64(price)} {
			h := holds[id]
			if id != 0 && (h.Reference != b.ID || h.Amount != amount || (h.State == ledger.HoldActive) != b.State.IsOpen()) {
				c.report("I-51", Blocks.name, b.ID, "is %s, its hold %d is %s with %d of %d", b.State, id, h.State, h.Amount, amount)
			}
		}
	})
}
