package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Each state, step and role of a block trade is in the table or is refused, and a
// trade that is over takes no step.
func TestBlock_NextEveryStateEventRole(t *testing.T) {
	t.Parallel()
	for _, state := range market.BlockStates {
		for _, event := range market.BlockEvents {
			for _, role := range market.BlockRoles {
				for _, officer := range []bool{false, true} {
					b := market.Block{State: state, NeedsOfficer: officer}
					rows := slices.DeleteFunc(slices.Clone(market.BlockTransitions), func(r market.BlockTransition) bool {
						return r.From != state || r.Event != event || r.By != role || r.Officer && !officer || r.NoOfficer && officer
					})
					to, as, err := b.Next(event, role)
					switch f, _ := fault.As(err); {
					case len(rows) == 1 && (err != nil || to != rows[0].To || as != role):
						t.Errorf("%s %s by %s: %s, %v", state, event, role, to, err)
					case len(rows) == 0 && state.IsOpen() && f.Code != market.ErrBlockStep.Code, !state.IsOpen() && f.Code != market.ErrBlockOver.Code:
						t.Errorf("%s %s by %s: %v", state, event, role, err)
					case len(rows) > 1:
						t.Errorf("%s %s by %s has %d rows", state, event, role, len(rows))
					}
				}
			}
		}
	}
}

// A block trade holds both sides from their word on, settles when both and an
// officer agree, and makes no price; one that nobody takes up lapses with its day.
func TestBlock_Lifecycle(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{Band: new(market.ListedBand), BlockBand: new(market.BlockBand), BlockLeast: 1000 * one, BlockOfficer: true})
	seller, buyer := o.firms[0], o.firms[1]
	o.places(0, market.Sell, "79.00", 1)
	o.places(1, market.Buy, "79.00", 1)
	o.at(1, "10:00") // the close is 79.00
	c := BlockPropose{
		Market: ticks, Instrument: o.inst.Code, Side: market.Sell, Licence: seller.licence.ID, CounterpartyParty: buyer.party,
		CounterpartyLicence: buyer.licence.ID, Quantity: 1000 * one, Price: 5530 * quantity.OnePrice / 100,
	}
	for change, want := range map[*fault.Error]func(*BlockPropose){
		ErrBlockTooSmall:       func(c *BlockPropose) { c.Quantity = 999 * one },
		ErrOutsideBand:         func(c *BlockPropose) { c.Price -= quantity.OnePrice / 100 },
		ErrPartyNotOfLicence:   func(c *BlockPropose) { c.CounterpartyParty = seller.party },
		ErrQuantityStep:        func(c *BlockPropose) { c.Quantity++ },
		ErrSelfTrade:           func(c *BlockPropose) { c.CounterpartyParty, c.CounterpartyLicence = seller.party, seller.licence.ID },
		ledger.ErrInsufficient: func(c *BlockPropose) { c.Quantity = 2_000_000 * one },
	} {
		wrong := c
		want(&wrong)
		o.refuses(seller.user, wrong, change)
	}
	key := HoldingKey(seller.licence, o.inst, ledger.Paid)
	lapses := done[BlockResult](o.office, seller.user, c).Block
	o.refuses(seller.user, BlockStep{Block: lapses.ID, Event: market.BlockConfirm}, market.ErrBlockStep)
	if held := o.balance(key).Held; held != int64(c.Quantity) {
		t.Errorf("%d is held for a proposal", held)
	}
	o.at(2, "00:00")
	if held := o.balance(key).Held; held != 0 {
		t.Errorf("%d is held for one that has lapsed", held)
	}
	b := done[BlockResult](o.office, seller.user, c).Block
	done[BlockResult](o.office, buyer.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	o.restart()
	done[BlockResult](o.office, o.leader, BlockStep{Block: b.ID, Event: market.BlockApprove, Document: "d"})
	trades := o.trades()
	last := trades[len(trades)-1]
	if last.Kind != market.BlockTrade || last.Amount != 55_300*quantity.OneMoney || o.balance(ledger.FundsKey(buyer.party)).Held != 0 {
		t.Errorf("the trade: %+v", last)
	}
	o.refuses(o.leader, BlockStep{Block: b.ID, Event: market.BlockApprove}, market.ErrBlockOver)
	o.at(3, "00:00")
	closes := tableOf(o.office, Closes)
	if c := closes[len(closes)-1]; text(c.Price) != "79" {
		t.Errorf("a block trade made a price: %+v", c)
	}
	candles, err := Candles(t.Context(), o.store, 1, o.inst.ID, dayOne.Date(), dayOne.Date().AddDays(3))
	if err != nil || len(candles) != 3 || candles[2].BlockVolume != 1000*one || candles[2].Volume != 0 || candles[0].Trades != 1 || text(candles[0].Close) != "79" {
		t.Errorf("candles: %+v (%v)", candles, err)
	}
}

// A rejection says why, whatever else it says, and no step has the text of another.
func TestBlock_Texts(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{BlockLeast: 1000 * one, BlockOfficer: true})
	seller, buyer := o.firms[0], o.firms[1]
	b := done[BlockResult](o.office, seller.user, BlockPropose{
		Market: ticks, Instrument: o.inst.Code, Side: market.Sell, Licence: seller.licence.ID, CounterpartyParty: buyer.party,
		CounterpartyLicence: buyer.licence.ID, Quantity: 1000 * one, Price: 79 * quantity.OnePrice,
	}).Block
	for _, c := range []struct {
		field string
		step  BlockStep
	}{
		{"reason", BlockStep{Event: market.BlockReject}},
		{"document", BlockStep{Event: market.BlockReject, Document: "d"}}, // it had taken this for the reason
		{"reason", BlockStep{Event: market.BlockReject, Reason: "a\u202eb"}},
		{"document", BlockStep{Event: market.BlockConfirm, Document: " "}},
		{"reason", BlockStep{Event: market.BlockConfirm, Reason: "r"}},
	} {
		c.step.Block = b.ID
		o.refusesAt(buyer.user, c.step, fault.Invalidf("", ""), c.field)
	}
	o.refusesAt(seller.user, BlockStep{Block: b.ID, Event: market.BlockWithdraw, Reason: "\t"}, fault.Invalidf("", ""), "reason")
	done[BlockResult](o.office, buyer.user, BlockStep{Block: b.ID, Event: market.BlockReject, Reason: "r"})
}

// A block trade pays fees by the schedule of its day: the buyer holds his with the
// money, the seller pays out of what the trade brings him.
// What was acquired today waits until tomorrow in a block trade too.
func TestBlock_ResaleNextDay(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 3, MarketTerms{BlockLeast: 1000 * one})
	o.does(o.admin, MarketOpen{
		Code: "T1", Name: "T1", Pollutant: vocs, Regions: []string{qingpu, jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.Outright, Approval: "approval", ResaleNextDay: true,
	})
	o.does(o.leader, MarketTerms{Market: "T1", ValidFrom: dayOne.Date(), BlockLeast: 1000 * one})
	in := func(n int, side market.Side, q int64) PlaceOrder {
		c := o.order(n, side, "20", q)
		c.Market = "T1"
		return c
	}
	o.does(o.firms[0].user, in(0, market.Sell, 1_000_000))
	o.does(o.firms[1].user, in(1, market.Buy, 1000))
	o.does(o.leader, SurplusVerify{
		Licence: o.firms[1].licence.ID, Pollutant: vocs, Quantity: 1000 * one, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true,
		VerifiedOn: 20260701, Document: "d", NoYear: "n",
	})
	o.does(o.firms[1].user, in(1, market.Sell, 1_000_000)) // all from before
	block := BlockPropose{
		Market: "T1", Instrument: o.inst.Code, Side: market.Sell, Licence: o.firms[1].licence.ID, CounterpartyParty: o.firms[2].party,
		CounterpartyLicence: o.firms[2].licence.ID, Quantity: 1000 * one, Price: 20 * quantity.OnePrice,
	}
	o.refuses(o.firms[1].user, block, ErrResaleToday)
	o.at(1, "10:00")
	o.does(o.firms[1].user, block)
}

func TestBlock_Fees(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 2, MarketTerms{BlockLeast: 1000 * one})
	seller, buyer := o.firms[0], o.firms[1]
	o.does(o.admin, FeeScheduleSet{Market: ticks, Scheme: market.Chengdu, ValidFrom: dayOne.Date().AddDays(1), Document: "d"})
	o.at(1, "10:00")
	c := BlockPropose{
		Market: ticks, Instrument: o.inst.Code, Side: market.Buy, Licence: buyer.licence.ID, CounterpartyParty: seller.party,
		CounterpartyLicence: seller.licence.ID, Quantity: 1000 * one, Price: 55 * quantity.OnePrice,
	}
	amount, chengdu := 55_000*quantity.OneMoney, market.TariffOf(market.Chengdu)
	buys, sells := chengdu.Fee(market.Buy, amount, false), chengdu.Fee(market.Sell, amount, false)
	before := o.balance(ledger.FundsKey(seller.party)).Balance
	b := done[BlockResult](o.office, buyer.user, c).Block
	if held := o.balance(ledger.FundsKey(buyer.party)).Held; held != int64(amount+buys) || buys == 0 {
		t.Errorf("%d is held for %s and a fee of %s", held, amount, buys)
	}
	o.check()
	done[BlockResult](o.office, seller.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
	trade := o.trades()[0]
	if trade.BuyerFee != buys || trade.SellerFee != sells || o.balance(ledger.FundsKey(buyer.party)).Held != 0 {
		t.Errorf("the trade: %+v", trade)
	}
	if got := o.balance(ledger.FundsKey(seller.party)).Balance - before; got != int64(amount-sells) {
		t.Errorf("the seller got %d", got)
	}
	if fees := o.balance(ledger.MoneyKey(ledger.Fee)).Balance; fees != int64(buys+sells) {
		t.Errorf("the exchange got %d", fees)
	}
	o.check()
}

// A signer is shown what a block trade does to his party. What the other side has is
// none of his business, and moves on without making what he approves stale.
func TestBlock_ShownToSigner(t *testing.T) {
	t.Parallel()
	o := openSessionOffice(t, 1, MarketTerms{BlockLeast: 1000 * one})
	limited, other := firm{name: "limited"}, o.firms[0]
	code := uscc(jiashan, 9)
	limited.party = done[PartyResult](o.office, o.clerk, PartyRegister{Name: "limited", USCC: code, Region: jiashan, Industry: "2319", SignerLimit: 100_00}).Party.ID
	limited.licence = done[LicenceResult](o.office, o.clerk, LicenceRegister{
		Party: limited.party, Number: code + "001P", Kind: catalog.KindLicence, Site: "site", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	limited.user = o.person("handler", GrantAdd{Role: identity.Enterprise, Party: limited.party})
	signer := o.person("signer", GrantAdd{Role: identity.Enterprise, Party: limited.party, Signer: true})
	done[DepositResult](o.office, o.finance, DepositConfirm{Party: limited.party, Amount: 1_000_000 * quantity.OneMoney, BankReference: "limited", ReceivedOn: 20260701})
	done[AllocationResult](o.office, o.leader, Allocate{
		Licence: limited.licence.ID, Instrument: o.inst.Code, Origin: ledger.Paid, Kind: reserve.Opening, Part: reserve.Unallocated,
		Quantity: 10_000 * one, Price: 20 * quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260601, Document: "opening",
	})
	done[SurplusResult](o.office, o.leader, SurplusVerify{
		Licence: limited.licence.ID, Pollutant: vocs, Quantity: 10_000 * one, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true,
		VerifiedOn: 20260701, Document: "surplus", NoYear: "test",
	})
	for n, side := range []market.Side{market.Buy, market.Sell} { // of the other
		b := done[BlockResult](o.office, other.user, BlockPropose{
			Market: ticks, Instrument: o.inst.Code, Side: side, Licence: other.licence.ID, CounterpartyParty: limited.party,
			CounterpartyLicence: limited.licence.ID, Quantity: 1000 * one, Price: 55 * quantity.OnePrice,
		}).Block
		p := o.propose(limited.user, BlockStep{Block: b.ID, Event: market.BlockConfirm})
		shown := func(f firm) bool {
			return strings.Contains(p.Effects, o.app.st.accountName(ledger.FundsKey(f.party))+`"`) || strings.Contains(p.Effects, o.app.st.accountName(HoldingKey(f.licence, o.inst, ledger.Paid))+`"`) ||
				strings.Contains(p.Effects, fmt.Sprintf("surplus of licence %d ", f.licence.ID))
		}
		if !shown(limited) || shown(other) {
			t.Errorf("the other %vs, the signer is shown %s", side, p.Effects)
		}
		done[DepositResult](o.office, o.finance, DepositConfirm{Party: other.party, Amount: quantity.OneMoney, BankReference: fmt.Sprint("more ", n), ReceivedOn: 20260701})
		o.does(signer, ProposalApprove{p.ID, p.EffectsDigest})
		if now := rowsIn(o.office, Blocks, Where("id", b.ID))[0]; now.State != market.BlockSettled {
			t.Errorf("the block trade is %s", now.State)
		}
	}
}
