package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

const blockMarket = "JS-BLOCKS"

// openUseDesk opens a room desk with a market that asks for no project and has block trades.
func openUseDesk(t *testing.T, formats ...auction.Format) *roomDesk {
	t.Helper()
	k := openRoomDesk(t, formats...)
	k.does(k.admin, MarketOpen{
		Code: blockMarket, Name: "嘉善", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	k.does(k.leader, MarketTerms{Market: blockMarket, ValidFrom: dayOne.Date(), BlockLeast: one})
	return k
}

// block is a block trade that a side proposes.
func (k *roomDesk) block(side market.Side, q quantity.Quantity, u use) BlockPropose {
	own, other := k.seller, k.buyer
	if side == market.Buy {
		own, other = other, own
	}
	return BlockPropose{
		Market: blockMarket, Instrument: k.inst.Code, Side: side, Licence: own.licence.ID, CounterpartyParty: other.party,
		CounterpartyLicence: other.licence.ID, Quantity: q, Price: 100 * quantity.OnePrice, Project: u.project, ExistingUnit: u.existingUnit,
	}
}

// ways are all ways in which the buyer of the desk buys permits, each for what he says.
func (k *roomDesk) ways() map[string]func(q quantity.Quantity, u use) *fault.Error {
	order := func(q quantity.Quantity, u use) PlaceOrder {
		c := k.order(k.buyer, market.Buy, q, u.project)
		c.Market, c.ExistingUnit = blockMarket, u.existingUnit
		return c
	}
	return map[string]func(q quantity.Quantity, u use) *fault.Error{
		"order": func(q quantity.Quantity, u use) *fault.Error { return k.do(k.buyer.user, order(q, u)) },
		"market order": func(q quantity.Quantity, u use) *fault.Error {
			c := order(q, u)
			c.Kind, c.TimeInForce = market.AtMarket, market.IOC
			return k.do(k.buyer.user, c)
		},
		"block trade that he proposes": func(q quantity.Quantity, u use) *fault.Error { return k.do(k.buyer.user, k.block(market.Buy, q, u)) },
		"block trade that he confirms": func(q quantity.Quantity, u use) *fault.Error {
			b := done[BlockResult](k.office, k.seller.user, k.block(market.Sell, q, use{})).Block
			f := k.do(k.buyer.user, BlockStep{Block: b.ID, Event: market.BlockConfirm, Project: u.project, ExistingUnit: u.existingUnit})
			if f != nil {
				k.does(k.seller.user, BlockStep{Block: b.ID, Event: market.BlockWithdraw})
			}
			return f
		},
		"deal that he proposes": func(q quantity.Quantity, u use) *fault.Error {
			c := k.offer(k.seller, k.buyer, q, 100)
			c.Project, c.ExistingUnit, c.Proposer = u.project, u.existingUnit, settlement.BuyerSide
			return k.do(k.buyer.user, c)
		},
		"deal that he confirms": func(q quantity.Quantity, u use) *fault.Error {
			c := k.offer(k.seller, k.buyer, q, 100)
			c.Project, c.Proposer = u.project, settlement.SellerSide
			d := k.propose(c, k.seller)
			k.dealDesk.step(d, k.seller.user, settlement.SellerSign)
			f := k.do(k.buyer.user, DealStep{Deal: d.ID, Event: settlement.BuyerConfirm, ExistingUnit: u.existingUnit})
			if f != nil {
				k.dealDesk.step(d, k.seller.user, settlement.Withdraw)
			}
			return f
		},
		"registration": func(q quantity.Quantity, u use) *fault.Error {
			if len(k.offers) == 0 {
				k.offers = append(k.offers, k.d.announce(k.d.offerOf(auction.Uniform, nil)))
			}
			c := k.registration(0, q)
			c.Project, c.ExistingUnit = u.project, u.existingUnit
			f := k.do(k.buyer.user, c)
			if f == nil { // one bidder registers once
				k.offers = nil
			}
			return f
		},
		"payment notice": func(q quantity.Quantity, u use) *fault.Error {
			return k.do(k.clerk, NoticeIssue{
				Licence: k.buyer.licence.ID, Instrument: k.inst.Code, Quantity: q, Price: 100 * quantity.OnePrice, DueOn: 20260801,
				Project: u.project, ExistingUnit: u.existingUnit,
			})
		},
	}
}

// Whichever way a licence buys that has a project which still needs the pollutant, it
// names the project, which caps it, or says that it buys for its existing unit (I-120).
func TestUse_EveryWay(t *testing.T) {
	t.Parallel()
	for name := range (&roomDesk{}).ways() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := openUseDesk(t)
			buys := k.ways()[name]
			wants := func(q quantity.Quantity, u use, want *fault.Error) {
				t.Helper()
				f := buys(q, u)
				if want == nil && f != nil || want != nil && (f == nil || f.Code != want.Code) {
					t.Errorf("%s for %+v: %v, want %v", q, u, f, want)
				}
			}
			wants(one, use{}, ErrForWhichUnit)
			wants(one, use{existingUnit: true}, nil)
			k.wantRoom(name, 20*one)
			most := k.order(k.buyer, market.Buy, 19*one+one/2, k.project)
			most.Price = quantity.OnePrice
			rests := done[OrderResult](k.office, k.buyer.user, most).Order
			wants(one, use{project: k.project}, ErrBeyondNeed)
			k.does(k.buyer.user, CancelOrder{rests.ID})
			wants(one, use{project: k.project}, nil)
			k.does(k.leader, k.step(k.project, permit.Cancel, 0))
			wants(one, use{}, nil)
		})
	}
}

// Who sells says nothing of a use, nobody names both, and the eligibility answer says
// what the commands do.
func TestUse_Said(t *testing.T) {
	t.Parallel()
	k := openUseDesk(t, auction.Uniform)
	sell := k.order(k.seller, market.Sell, one, 0)
	sell.ExistingUnit = true
	k.refuses(k.seller.user, sell, ErrProjectOfSale)
	k.refuses(k.seller.user, k.block(market.Sell, one, use{existingUnit: true}), ErrProjectOfSale)
	k.refuses(k.buyer.user, k.block(market.Buy, one, use{k.project, true}), ErrProjectOrUnit)
	both := k.registration(0, one)
	both.ExistingUnit = true
	k.refuses(k.buyer.user, both, ErrProjectOrUnit)
	deal := k.offer(k.seller, k.buyer, one, 100)
	deal.ExistingUnit, deal.Proposer = true, settlement.SellerSide
	k.refuses(k.seller.user, deal, ErrProjectOfSale)
	deal.ExistingUnit = false
	d := k.propose(deal, k.seller)
	k.refuses(k.seller.user, DealStep{Deal: d.ID, Event: settlement.SellerSign, ExistingUnit: true}, ErrProjectOfSale)
	k.does(k.leader, MarketTerms{Market: siteMarket, ValidFrom: dayOne.Date(), BlockLeast: one})
	asked := k.block(market.Buy, one, use{existingUnit: true})
	asked.Market = siteMarket
	k.refuses(k.buyer.user, asked, ErrProjectNeeded)
	asked.Project, asked.ExistingUnit = k.project, false
	k.does(k.buyer.user, asked)
	b := done[BlockResult](k.office, k.seller.user, k.block(market.Sell, one, use{})).Block
	k.refuses(k.seller.user, BlockStep{Block: b.ID, Event: market.BlockWithdraw, Project: k.project}, ErrProjectOfSale)

	buy := k.order(k.buyer, market.Buy, one, 0)
	buy.Market, buy.ExistingUnit, buy.Price = blockMarket, true, quantity.OnePrice
	placed := done[OrderResult](k.office, k.buyer.user, buy).Order
	more := OrderAmend{Order: placed.ID, Quantity: 2 * one}
	k.refuses(k.buyer.user, more, ErrForWhichUnit)
	k.does(k.buyer.user, OrderAmend{Order: placed.ID, Price: 2 * quantity.OnePrice})
	more.ExistingUnit = true
	k.does(k.buyer.user, more)
	k.does(k.buyer.user, OrderAmend{Order: placed.ID, Quantity: one, ExistingUnit: true}) // as it was

	asks := func(by firm, action rulebook.Action, existingUnit bool) (codes string) {
		t.Helper()
		q := Question{Action: action, Instrument: k.inst.Code, Buyer: k.buyer.licence.ID, Quantity: one, ExistingUnit: existingUnit}
		if action == rulebook.Deal {
			q.Seller = k.seller.licence.ID
		}
		e, err := k.app.Eligibility(t.Context(), k.actor(by.user), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range e.Obstacles {
			codes += o.Code
		}
		return codes
	}
	for _, action := range useActions {
		if got := asks(k.buyer, action, false); got != ErrForWhichUnit.Code {
			t.Errorf("%s: %q", action, got)
		}
		if got := asks(k.buyer, action, true); got != "" {
			t.Errorf("%s for the existing unit: %q", action, got)
		}
	}
	if got := asks(k.seller, rulebook.Deal, false); got != "" {
		t.Errorf("the seller learns of a project: %q", got)
	}
}

// What an order is for stays as it is: an amendment that says something else is refused,
// also one that lowers the order, keeps its quantity, or is of a sale.
func TestUse_Amended(t *testing.T) {
	t.Parallel()
	k := openUseDesk(t)
	buy := k.order(k.buyer, market.Buy, 2*one, k.project)
	buy.Price = quantity.OnePrice
	sell := k.order(k.seller, market.Sell, 2*one, 0)
	for by, c := range map[int64]PlaceOrder{k.buyer.user: buy, k.seller.user: sell} {
		want := ErrProjectOrUnit
		if c.Side == market.Sell {
			want = ErrProjectOfSale
		}
		id := done[OrderResult](k.office, by, c).Order.ID
		for _, a := range []OrderAmend{
			{Quantity: one}, {Quantity: 3 * one}, {Price: c.Price + quantity.OnePrice}, {Price: c.Price + quantity.OnePrice, Quantity: one},
		} {
			a.Order = id
			said := a
			said.ExistingUnit = true
			k.refuses(by, said, want)
			k.does(by, a)
		}
	}
	k.check()
}

// A block trade for a project counts as a deal does: bid for from the buyer's word to
// its end, bought with an entry when it is settled; a step that lowers the need ends it.
func TestUse_BlockOfProject(t *testing.T) {
	t.Parallel()
	k := openUseDesk(t)
	of := use{project: k.project}
	b := done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, 5*one, of)).Block
	k.is(k.project, 5*one, 0, 0, 0)
	k.does(k.buyer.user, BlockStep{Block: b.ID, Event: market.BlockWithdraw})
	k.is(k.project, 0, 0, 0, 0)
	b = done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, 5*one, of)).Block
	k.restart()
	k.does(k.seller.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	k.is(k.project, 0, 5*one, 0, 0)
	entries := rowsIn(k.office, ProjectEntries, Where("project", k.project))
	if e := entries[len(entries)-1]; e.Kind != permit.ByBlock || e.Reference != b.ID || e.Bought != 5*one {
		t.Errorf("the entry: %+v", e)
	}
	k.check()

	stays := done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, 2*one, of)).Block
	ends := done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, 3*one, of)).Block
	offered := done[BlockResult](k.office, k.seller.user, k.block(market.Sell, one, use{})).Block
	held := k.balance(ledger.FundsKey(k.buyer.party)).Held
	reduce := k.step(k.project, permit.Reduce, 8*one)
	proposed := k.office.propose(k.clerk, reduce)
	moved := done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, one, of)).Block // makes nothing stale
	k.does(k.leader, ProposalApprove{proposed.ID, proposed.EffectsDigest})
	k.is(k.project, 2*one, 5*one, 0, 0)
	states := map[int64]market.BlockState{}
	for _, row := range rowsIn(k.office, Blocks, Query{}) {
		states[row.ID] = row.State
	}
	for id, want := range map[int64]market.BlockState{
		stays.ID: market.BlockProposed, ends.ID: market.BlockLapsed, moved.ID: market.BlockLapsed, offered.ID: market.BlockProposed,
	} {
		if states[id] != want {
			t.Errorf("block trade %d is %s, want %s", id, states[id], want)
		}
	}
	if now := k.balance(ledger.FundsKey(k.buyer.party)).Held; now != held-int64(ends.Amount) {
		t.Errorf("%d is held, %d was for three", now, held)
	}
	k.check()
	k.refuses(k.leader, k.step(k.project, permit.Complete, 0), ErrNotCovered)
}

// A block trade for a project is its entry, and an entry is that of its block trade.
func TestCheck_BlockOfProject(t *testing.T) {
	t.Parallel()
	k := openUseDesk(t)
	b := done[BlockResult](k.office, k.buyer.user, k.block(market.Buy, one, use{project: k.project})).Block
	k.does(k.seller.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	k.check()
	b = rowsIn(k.office, Blocks, Where("id", b.ID))[0]
	entry := rowsIn(k.office, ProjectEntries, Where("reference", b.ID).And("kind", Eq, string(permit.ByBlock)))[0]
	b.Project = 0
	k.store.table(Blocks.name).put(b.ID, b)
	k.finds("I-120", entry.ID)
	b.Project, entry.Bought = k.project, entry.Bought-1
	k.store.table(Blocks.name).put(b.ID, b)
	k.store.table(ProjectEntries.name).put(entry.ID, entry)
	k.finds("I-120", b.ID)
}
