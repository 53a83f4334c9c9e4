package app

import (
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// blockEnd is an open block trade that rests on what a project no longer needs.
type blockEnd struct {
	block market.Block
	holds dealHolds
}

// endBlocksOf ends the block trades of a need, the newest first, until what is bid
// for fits what is needed.
func (v *View) endBlocksOf(n *permit.Need) (ends []blockEnd, err error) {
	q := openBlocks().And("project", Eq, n.Project).And("project", Gt, int64(0))
	q.Desc, q.Limit = true, endedOfProject
	blocks, err := Find(v, Blocks, q)
	for _, b := range blocks {
		bids := wantedOfBlock(b)
		if n.Room() >= 0 || bids == 0 || rowsOf(v.state, Instruments).rows[b.Instrument].Pollutant != n.Pollutant {
			continue
		}
		holds, err := v.holdsOfBlock(b)
		if err != nil {
			return nil, err
		}
		n.Open -= bids
		ends = append(ends, blockEnd{b, holds})
	}
	return ends, err
}

func (v *View) holdsOfBlock(b market.Block) (dealHolds, error) {
	return v.dealHolds(settlement.Deal{PermitHold: b.PermitHold, MoneyHold: b.MoneyHold})
}

// endEach ends block trades that a project no longer needs.
func (tx *Tx) endEach(ends []blockEnd) (ids []int64) {
	for _, e := range ends {
		if tx.dry != nil {
			tx.dryEndBlock(e)
		} else {
			tx.closeBlock(e.block, e.holds, market.BlockLapsed, projectGone)
		}
		ids = append(ids, e.block.ID)
	}
	return ids
}

// closeBlock gives back what a block trade holds.
func (tx *Tx) closeBlock(b market.Block, h dealHolds, to market.BlockState, why string) BlockResult {
	pollutant := mustGet(tx, Instruments, b.Instrument).Pollutant
	bids := wantedOfBlock(b)
	tx.want(b.BuyerLicence, pollutant, -bids)
	tx.projectBids(b.Project, pollutant, -bids)
	if b.PermitHold != 0 {
		tx.closeHold(h.permits, ledger.HoldVoided)
		tx.blockSurplus(b, -b.Quantity)
	}
	if b.MoneyHold != 0 {
		tx.closeHold(h.money, ledger.HoldVoided)
	}
	b.State, b.Reason = to, why
	return tx.blockResult(b)
}

// dryEndBlock is closeBlock in a dry run. As of an open order, what it holds stands
// beside what is approved: else two parties could make a proposal stale, again and again.
func (tx *Tx) dryEndBlock(e blockEnd) {
	i := mustGet(tx, Instruments, e.block.Instrument)
	for _, h := range [2]ledger.Hold{e.holds.permits, e.holds.money} {
		if account, known := tx.ledger.Account(h.Account); known {
			tx.beside(func() { tx.Release(account.Key(), h.Amount) }, account.Key())
		}
	}
	if e.block.PermitHold != 0 {
		seller := surplusKey{e.block.SellerLicence, i.Pollutant}
		tx.dry.surplusOf(seller, tx.Surplus(seller.licence, seller.pollutant)).Held -= e.block.Quantity
	}
	tx.dryUnbid(e.block.Project, i.Pollutant, wantedOfBlock(e.block))
	tx.dry.blocks++
}

// dryUnbid takes what is ended beside what is approved out of a need, as it is and
// as it was.
func (tx *Tx) dryUnbid(project int64, pollutant string, q quantity.Quantity) {
	tx.projectBids(project, pollutant, -q)
	for _, w := range tx.dry.written {
		if n, is := w.before.(*permit.Need); is && n.Project == project && n.Pollutant == pollutant {
			n.Open -= q
		}
	}
}
