package app

import (
	"permitx/internal/ledger"
	"permitx/internal/outside"
)

var _ = declareCheck((*checker).checkMirrored)

// checkMirrored holds that each mirrored deal has its outside number and posted
// what it says, and that no posting of this kind is without one (I-60).
func (c *checker) checkMirrored() error {
	posted := map[int64]ledger.Posting{}
	if err := eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Mirrored)), func(p ledger.Posting) { posted[p.Transfer] = p }); err != nil {
		return err
	}
	type name struct {
		system outside.System
		number string
	}
	numbers := map[int64]name{}
	ofKind := Where("kind", string(outside.MirroredDeal))
	if err := eachOf(c.ctx, c.r, OutsideNumbers, ofKind, func(n outside.Number) { numbers[n.Object] = name{n.System, n.Number} }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, MirroredDeals, Query{}, func(m outside.Mirror) {
		p := posted[m.Transfer]
		from, to := c.ledger.accounts[p.Debit], c.ledger.accounts[p.Credit]
		if p.Amount != int64(m.Quantity) || p.Reference != m.ID || from.Licence != m.SellerLicence || to.Licence != m.BuyerLicence ||
			from.Instrument != m.Instrument || to.Instrument != m.Instrument || from.Origin != ledger.Paid || to.Origin != ledger.Paid {
			c.report("I-60", MirroredDeals.name, m.ID, "moved %s t/a by transfer %d, which is not posted so", m.Quantity, m.Transfer)
		}
		if numbers[m.ID] != (name{m.System, m.Number}) {
			c.report("I-60", MirroredDeals.name, m.ID, "is %s there, its outside number is %s", m.Number, numbers[m.ID].number)
		}
		delete(posted, m.Transfer)
	})
	for transfer := range posted {
		c.report("I-60", Postings.name, transfer, "is of no mirrored deal")
	}
	return err
}
