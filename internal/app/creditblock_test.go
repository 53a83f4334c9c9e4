package app

import (
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/rulebook"
)

// openBlockFloor is a floor whose market has block trades from 100 t on.
func openBlockFloor(t *testing.T, buyers int, terms MarketTerms) *creditFloor {
	t.Helper()
	f := openCreditFloor(t, buyers)
	terms.Market, terms.ValidFrom, terms.BlockLeast = "JXCP", f.now.get().Date(), 100*one
	f.does(f.leader, terms)
	return f
}

// block is what a party proposes to another, who buys at 40 CNY/t.
func (f *creditFloor) block(to firm, tonnes quantity.Quantity) BlockPropose {
	return BlockPropose{
		Market: "JXCP", Instrument: f.inst.Code, Side: market.Sell, Party: f.seller.party, CounterpartyParty: to.party, Quantity: tonnes * one, Price: yuan(40),
	}
}

// A block trade of credits holds tonnes and money, delivers the longest ranges against
// payment with its fees, and is counted with the credits of the market.
func TestCreditBlock_Settles(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 1, MarketTerms{})
	buyer := f.firms[0]
	f.does(f.admin, FeeScheduleSet{Market: "JXCP", Scheme: market.Chengdu, ValidFrom: f.now.get().Date().AddDays(1), Document: "d"})
	f.now.set(f.now.get().Date().AddDays(1).Start())
	c := f.block(buyer, 650)
	errCounterparty := ErrTraderOfCredits.At("counterparty_licence")
	for want, change := range map[*fault.Error]func(*BlockPropose){
		ErrTrader:              func(c *BlockPropose) { c.Licence = buyer.licence.ID },
		errCounterparty:        func(c *BlockPropose) { c.CounterpartyParty, c.CounterpartyLicence = buyer.party, buyer.licence.ID },
		ErrTraderOfPermits:     func(c *BlockPropose) { c.Instrument = tableOf(f.office, Instruments)[0].Code },
		ErrNoRecord:            func(c *BlockPropose) { c.CounterpartyParty = 9999 },
		ErrSelfTrade:           func(c *BlockPropose) { c.CounterpartyParty = f.seller.party },
		ErrBlockTooSmall:       func(c *BlockPropose) { c.Quantity = 99 * one },
		ErrQuantityStep:        func(c *BlockPropose) { c.Quantity += one / 2 },
		ledger.ErrInsufficient: func(c *BlockPropose) { c.Quantity = 1001 * one },
	} {
		wrong := c
		change(&wrong)
		f.refuses(f.seller.user, wrong, want)
	}
	b := done[BlockResult](f.office, f.seller.user, c).Block
	f.wantCredits("proposed", f.seller, 1000, 650)
	f.refuses(f.seller.user, CreditTransfer{Party: f.seller.party, Series: 1, To: buyer.party, Units: 351, Document: "d"}, ErrInBook)
	f.refuses(f.seller.user, f.order(f.seller, market.Sell, 351, 40), ledger.ErrInsufficient)
	f.restart()
	f.check()
	got, fees := f.balance(ledger.FundsKey(f.seller.party)).Balance, f.balance(ledger.MoneyKey(ledger.Fee)).Balance
	done[BlockResult](f.office, buyer.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	trade := tableOf(f.office, Trades)[0]
	chengdu, amount := market.TariffOf(market.Chengdu), 26_000*quantity.OneMoney
	if trade.Kind != market.BlockTrade || trade.Amount != amount || trade.BuyerFee != chengdu.Fee(market.Buy, amount, false) || trade.SellerFee != chengdu.Fee(market.Sell, amount, false) {
		t.Errorf("the trade: %+v", trade)
	}
	if more := f.balance(ledger.FundsKey(f.seller.party)).Balance - got; more != int64(amount-trade.SellerFee) {
		t.Errorf("the seller got %d fen", more)
	}
	if more := f.balance(ledger.MoneyKey(ledger.Fee)).Balance - fees; more != int64(trade.BuyerFee+trade.SellerFee) {
		t.Errorf("the exchange got %d fen", more)
	}
	if got := f.serials(buyer); !slices.Equal(got, []string{"JXCP-PV-P202605-2026-1-600", "JXCP-PV-P202605-2026-601-650"}) {
		t.Errorf("the buyer has %v", got)
	}
	f.wantCredits("settled", f.seller, 350, 0)
	f.wantCredits("settled", buyer, 650, 0)
	f.check()
	trades, err := fillsOf(t.Context(), f.store, 0, f.now.get().Date().AddDays(1).Start(), 0)
	if err != nil || len(trades.trades) != 1 || trades.trades[0].Kind != report.CreditMarket || trades.trades[0].Pollutant != "JXCP-2026" {
		t.Errorf("counted: %+v (%v)", trades, err)
	}
	table := f.store.table(Blocks.name)
	other := table.rows[b.ID].(market.Block)
	other.BuyerParty = f.seller.party
	table.put(b.ID, other)
	found, err := Check(t.Context(), f.store, f.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-84" && v.ID == trade.ID }) {
		t.Errorf("a trade of other sides: %v, %v", found, err)
	}
}

// A block trade of credits that nobody takes up gives back what it held; one that
// needs an officer waits for the leader of the scheme's region, and who is on the
// blacklist by then does not get it.
func TestCreditBlock_Ends(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 2, MarketTerms{BlockOfficer: true})
	buyer := f.firms[0]
	lapses := done[BlockResult](f.office, f.seller.user, f.block(buyer, 100)).Block
	if lapses.SellerRegion != "330421" || lapses.BuyerRegion != "330421" || lapses.SellerLicence != 0 || lapses.BuyerLicence != 0 {
		t.Errorf("the block trade: %+v", lapses)
	}
	f.now.set(f.now.get().Date().AddDays(1).Start())
	f.does(f.admin, PersonAdd{Name: "the timers come before it"})
	f.wantCredits("lapsed", f.seller, 1000, 0)
	buys := f.block(f.seller, 100)
	buys.Side, buys.Party = market.Buy, buyer.party
	b := done[BlockResult](f.office, buyer.user, buys).Block
	done[BlockResult](f.office, f.seller.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	f.does(f.leader, FactRecord{Kind: rulebook.Blacklisted, Party: buyer.party, Value: rulebook.Listed, ValidFrom: f.now.get().Date(), Document: "d"})
	approve := BlockStep{Block: b.ID, Event: market.BlockApprove, Document: "d"}
	f.refuses(f.leader, approve, rulebook.ErrBlacklisted)
	done[BlockResult](f.office, f.leader, BlockStep{Block: b.ID, Event: market.BlockReject, Reason: "r"})
	f.wantCredits("rejected", f.seller, 1000, 0)
	b = done[BlockResult](f.office, f.seller.user, f.block(f.firms[1], 1000)).Block
	done[BlockResult](f.office, f.firms[1].user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	approve.Block = b.ID
	done[BlockResult](f.office, f.leader, approve)
	f.wantCredits("approved", f.firms[1], 1000, 0)
	f.check()
}

// What a block trade sells is taken back from nobody: a revocation cancels orders, and
// the rest is owed. What was bought today in a market with T+1 waits.
func TestCreditBlock_RevokedAndResold(t *testing.T) {
	t.Parallel()
	f := openBlockFloor(t, 2, MarketTerms{})
	buyer, other := f.firms[0], f.firms[1]
	f.places(f.seller, market.Sell, 200, 40)
	b := done[BlockResult](f.office, f.seller.user, f.block(buyer, 700)).Block
	r := done[RevocationResult](f.office, f.leader, CreditRevoke{Issuance: 1, Units: 600, Document: "d"})
	if r.Revoked != 300 || r.Debt.Units != 300 || len(r.Cancelled) != 1 {
		t.Errorf("revoked: %+v", r)
	}
	f.wantCredits("revoked", f.seller, 700, 700)
	done[BlockResult](f.office, buyer.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	f.wantCredits("settled", buyer, 700, 0)
	f.check()
	done[MarketResult](f.office, f.admin, f.market(func(m *MarketOpen) { m.Code, m.ResaleNextDay = "T1", true }))
	f.does(f.leader, MarketTerms{Market: "T1", ValidFrom: f.now.get().Date(), BlockLeast: 100 * one})
	c := f.block(other, 100)
	c.Market, c.Party = "T1", buyer.party
	b = done[BlockResult](f.office, buyer.user, c).Block
	done[BlockResult](f.office, other.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	c.Party, c.CounterpartyParty = other.party, buyer.party
	f.refuses(other.user, c, ErrResaleToday)
	f.now.set(f.now.get().Date().AddDays(1).Start())
	f.does(other.user, c)
	f.check()
}
