package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// Blocks are the block trades of the markets.
var Blocks = cold[market.Block]("block_trade")

const timerBlock = "block_trade.lapse"

// The faults of a block trade, in the order in which they are checked. Those of
// an order's form and market come before them, those of the rules after.
var (
	// ErrNoBlocks is returned when the market has no block trades.
	ErrNoBlocks = fault.New(fault.Refused, "block_trade.none", "the market has no block trades").At("market").Under("market.block_trade", "terms of the market")
	// ErrBlockTooSmall is returned when the quantity is less than that of a block trade.
	ErrBlockTooSmall = fault.New(fault.Refused, "block_trade.too_small", "the quantity is less than that of a block trade").At("quantity").
				Under("market.block_trade", "terms of the market")
)

// BlockPropose proposes a block trade to another party. What the proposer gives
// is held at once.
type BlockPropose struct {
	Market              string
	Instrument          string
	Side                market.Side // of the proposer
	Licence             int64       // of the proposer; 0: credits
	Party               int64       // the proposer, of credits; 0: permits
	CounterpartyParty   int64
	CounterpartyLicence int64 // 0: credits
	Quantity            quantity.Quantity
	Price               quantity.Price

	Project      int64 // of who buys, that it is for
	ExistingUnit bool  // of who buys: it is for the unit that his licence has
}

// BlockStep takes the next step of a block trade.
type BlockStep struct {
	Block    int64
	Event    market.BlockEvent
	Document string // of an officer's approval
	Reason   string // of a rejection, which needs it, or a withdrawal

	Project      int64 // of the buyer, who confirms, that it is for
	ExistingUnit bool  // of the buyer, who confirms: it is for the unit that his licence has
}

// BlockResult is a block trade with the codes of its market and instrument.
type BlockResult struct {
	Block      market.Block
	Market     string
	Instrument string
}

var (
	_ = declare(BlockPropose{}, BlockStep{})
	_ = declareTimer(timerBlock, lapseBlock)
)

// Operation is BlockPropose.
func (BlockPropose) Operation() identity.Operation { return identity.BlockPropose }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (BlockPropose) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// Decide checks the trade and the proposer's side of it. The result is a BlockResult.
func (c BlockPropose) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.BlockPropose, identity.Target{}); err != nil {
		return nil, err // the role, before anything that could tell what exists
	}
	own, err := v.trader(identity.BlockPropose, c.Party, c.Licence)
	if err != nil {
		return nil, err
	}
	other, err := c.counterparty(v)
	if err != nil {
		return nil, err
	}
	b, err := c.block(v, own, other)
	if err != nil {
		return nil, err
	}
	if err := v.checkBlock(b); err != nil {
		return nil, err
	}
	if err := v.nameUse(&b, c.Side, use{c.Project, c.ExistingUnit}); err != nil {
		return nil, err
	}
	hold, err := v.blockHold(b, b.Proposer)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		b = Put(tx, Blocks, b)
		hold(tx, &b)
		tx.Arm(b.LapsesAt, timerBlock, b.ID)
		return tx.blockResult(b)
	}, nil
}

// block is the trade that is proposed, after its form was checked.
func (c BlockPropose) block(v *View, own, other catalog.Licence) (market.Block, error) {
	m, err := v.Market("market", c.Market)
	if err != nil {
		return market.Block{}, err
	}
	i, err := v.Tradable("instrument", c.Instrument)
	if err != nil {
		return market.Block{}, err
	}
	if err := checkBlockTraders(i, own, other); err != nil {
		return market.Block{}, err
	}
	form := PlaceOrder{Side: c.Side, Price: c.Price, Quantity: c.Quantity, TimeInForce: market.GTC}
	if err := form.checkTerms(v, m, i); err != nil {
		return market.Block{}, err
	}
	t, exempt := v.termsOf(m.ID), v.tariffOf(m.ID, v.Today).Exempt
	b := market.Block{
		Market: m.ID, Instrument: i.ID, State: market.BlockProposed, Proposer: c.Side, Quantity: c.Quantity, Price: c.Price,
		Months: int32((&entry{market: m, inst: i}).monthsOf(v)), NeedsOfficer: t.BlockOfficer, //nolint:gosec // months of a term
		ProposedBy: v.Actor.Person, ProposedAt: v.Now, LapsesAt: v.Today.AddDays(1).Start() - 1,
	}
	seller, buyer := own, other
	if c.Side == market.Buy {
		seller, buyer = other, own
	}
	b.SellerParty, b.SellerLicence = seller.Party, seller.ID
	b.BuyerParty, b.BuyerLicence = buyer.Party, buyer.ID
	from, to := v.blockKeys(b)
	b.SellerRegion, b.BuyerRegion = from.Region, to.Region
	b.SellerExempt = v.known.exemptBy(exempt, seller.Party, v.Today) != ""
	b.BuyerExempt = v.known.exemptBy(exempt, buyer.Party, v.Today) != ""
	if t.BlockLeast == 0 {
		return b, ErrNoBlocks.With("the market %s has no block trades", m.Code)
	}
	if c.Quantity < t.BlockLeast {
		return b, ErrBlockTooSmall.With("a block trade in %s is of at least %s t", m.Code, t.BlockLeast)
	}
	b.Amount, err = market.HoldOf(b.Price, b.Quantity, int(b.Months))
	return b, err
}

// checkBlock holds what must be true of a block trade at every step up to its
// settlement: the market trades, the price is in the band, and the rules let the
// two sides trade. What a side has is looked at where it is held already or where
// it is the actor's own; another's is his secret.
func (v *View) checkBlock(b market.Block) error {
	m, i := rowsOf(v.state, Markets).rows[b.Market], rowsOf(v.state, Instruments).rows[b.Instrument]
	form := PlaceOrder{Side: b.Proposer, Price: b.Price, Quantity: b.Quantity, TimeInForce: market.GTC}
	if err := form.checkTerms(v, m, i); err != nil {
		return err
	}
	if v.phaseOf(m.ID) == market.PhaseClosed {
		return ErrPhaseClosed.With("the market %s is closed at this time", m.Code)
	}
	t, id := v.termsOf(m.ID), bookID{m.ID, i.ID}
	if band, err := v.bandOf(id, t.BlockBand, m.Tick); err != nil || !band.Holds(b.Price) {
		if err != nil {
			return err
		}
		return ErrOutsideBand.With("the price of a block trade must be from CNY %s to %s: ±%s of the close of CNY %s on %s (%s)",
			band.Low, band.High, t.BlockBand, v.quote(id).Close, v.quote(id).ClosedOn, t.Source)
	}
	if v.isOwn(b.SellerParty, b.BuyerParty) {
		return ErrSelfTrade
	}
	return v.judgeBlock(b, m, i)
}

// blockHold holds one side of a block trade: what is sold, permits with the surplus
// that covers them, or the money.
func (v *View) blockHold(b market.Block, side market.Side) (func(*Tx, *market.Block), error) {
	i := rowsOf(v.state, Instruments).rows[b.Instrument]
	party := b.BuyerParty
	if side == market.Sell {
		party = b.SellerParty
	}
	if err := v.checkSigner(party, b.Amount); err != nil {
		return nil, err
	}
	if side == market.Buy {
		total, err := quantity.Add(b.Amount, v.blockFee(b, market.Buy))
		if err != nil {
			return nil, err
		}
		if total > 0 {
			if err := v.ledger.CheckHold(ledger.FundsKey(party), int64(total)); err != nil {
				return nil, atField(err, "quantity")
			}
		}
		return func(tx *Tx, b *market.Block) {
			if total > 0 {
				b.MoneyHold = tx.putHold(ledger.FundsKey(b.BuyerParty), int64(total), ledger.ForBlockTrade, b.ID).ID
			}
			tx.want(b.BuyerLicence, i.Pollutant, b.Quantity)
			tx.projectBids(b.Project, i.Pollutant, b.Quantity)
		}, nil
	}
	key, _ := v.blockKeys(b)
	if err := v.checkBlockGoods(b, key); err != nil {
		return nil, err
	}
	if fee := v.blockFee(b, market.Sell); fee > b.Amount {
		return nil, ErrFeeNotCovered.With("the sale brings %s and its fee comes to %s", b.Amount, fee).At("quantity")
	}
	return func(tx *Tx, b *market.Block) {
		b.PermitHold = tx.putHold(key, goodsHeld(b.OfCredits(), b.Quantity), ledger.ForBlockTrade, b.ID).ID
		tx.blockSurplus(*b, b.Quantity)
	}, nil
}

// blockFee is what a side pays for a block trade by the schedule of the day on which
// it was proposed, which is also that of its settlement.
func (v *View) blockFee(b market.Block, side market.Side) quantity.Money {
	return b.Fee(v.tariffOf(b.Market, b.ProposedAt.Date()), side)
}

// wantedOfBlock is what a block trade adds to what its buyer's licence may still
// get: its quantity, from the buyer's word to its end.
func wantedOfBlock(b market.Block) quantity.Quantity {
	if !b.OfCredits() && b.State.IsOpen() && (b.Proposer == market.Buy || b.State == market.BlockConfirmed) {
		return b.Quantity
	}
	return 0
}

// want counts what a licence may still get of a pollutant; credits are got for none.
func (tx *Tx) want(licence int64, pollutant string, q quantity.Quantity) {
	if tx.dry == nil && licence != 0 {
		tx.wanted.add(licence, pollutant, q)
	}
}

// Operation is BlockStep.
func (BlockStep) Operation() identity.Operation { return identity.BlockStep }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (BlockStep) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// BlockTarget is a block trade for the table of who may do what.
func BlockTarget(b market.Block) identity.Target {
	return identity.Target{Parties: []int64{b.SellerParty, b.BuyerParty}, Regions: []string{b.SellerRegion, b.BuyerRegion}}
}

// Decide looks the step up in the table, and checks what it would do. The result
// is a BlockResult.
func (c BlockStep) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.BlockStep, identity.Target{}); err != nil {
		return nil, err
	}
	b, err := Get(v, Blocks, "id", c.Block)
	if err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("id", identity.BlockStep, BlockTarget(b)); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("event", c.Event, market.BlockEvents); err != nil {
		return nil, err
	}
	to, role, err := b.Next(c.Event, blockRoles(v.Actor, b)...)
	if err != nil {
		return nil, err
	}
	if err := b.MayAct(v.Actor.Person, c.Event); err != nil {
		return nil, err
	}
	return c.step(v, b, to, role)
}

// blockRoles are those in which an actor may stand to a block trade.
func blockRoles(a identity.Actor, b market.Block) (roles []market.BlockRole) {
	proposer, other := b.SellerParty, b.BuyerParty
	if b.Proposer == market.Buy {
		proposer, other = other, proposer
	}
	parties := a.Parties()
	if slices.Contains(parties, proposer) {
		roles = append(roles, market.AsProposer)
	}
	if slices.Contains(parties, other) {
		roles = append(roles, market.AsCounterparty)
	}
	for _, region := range [2]string{b.SellerRegion, b.BuyerRegion} {
		if hasRole(a, identity.BlockStep, identity.BureauLeader, identity.OfRegion(region)) {
			return append(roles, market.AsOfficer)
		}
	}
	return roles
}

// step is what a step that is allowed does.
func (c BlockStep) step(v *View, b market.Block, to market.BlockState, role market.BlockRole) (Apply, error) {
	if err := c.checkTexts(); err != nil {
		return nil, err
	}
	if (use{c.Project, c.ExistingUnit}).isSaid() && c.Event != market.BlockConfirm {
		return nil, ErrProjectOfSale
	}
	if to != market.BlockSettled && to != market.BlockConfirmed {
		return v.endBlock(b, to, c.Reason)
	}
	if err := v.checkBlock(b); err != nil {
		return nil, err
	}
	if err := v.checkBlockRanges(b); err != nil {
		return nil, err
	}
	held, err := v.holdsOfBlock(b)
	if err != nil {
		return nil, err
	}
	hold := func(*Tx, *market.Block) {}
	if role == market.AsCounterparty {
		if err := v.nameUse(&b, b.Proposer.Opposite(), use{c.Project, c.ExistingUnit}); err != nil {
			return nil, err
		}
		if hold, err = v.blockHold(b, b.Proposer.Opposite()); err != nil {
			return nil, err
		}
		b.ConfirmedBy = v.Actor.Person
	} else {
		b.ApprovedBy, b.Document = v.Actor.Person, c.Document
	}
	return func(tx *Tx) any {
		hold(tx, &b)
		b.State = to
		if to == market.BlockSettled {
			return tx.settleBlock(b, held)
		}
		return tx.blockResult(b)
	}, nil
}

// checkTexts holds that a rejection says why, and that no step has the text of another.
func (c BlockStep) checkTexts() error {
	switch {
	case c.Document != "" && c.Event != market.BlockApprove:
		return fault.Invalidf("document", "only an approval has a document")
	case c.Reason != "" && (c.Event == market.BlockApprove || c.Event == market.BlockConfirm):
		return fault.Invalidf("reason", "only a rejection or a withdrawal has a reason")
	case c.Document != "":
		return catalog.CheckDocument("document", c.Document)
	case c.Reason != "" || c.Event == market.BlockReject:
		return catalog.CheckDocument("reason", c.Reason)
	}
	return nil
}

// endBlock gives back what a block trade holds.
func (v *View) endBlock(b market.Block, to market.BlockState, why string) (Apply, error) {
	h, err := v.holdsOfBlock(b)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.closeBlock(b, h, to, why) }, nil
}

// settleBlock moves permits or credits, and money, out of what both sides hold, and reports the
// trade. It is in no book, and its price counts neither as the last nor for the close.
func (tx *Tx) settleBlock(b market.Block, held dealHolds) BlockResult {
	seller, buyer := tx.blockKeys(b)
	permits, money := tx.heldFor(b.PermitHold, held.permits), tx.heldFor(b.MoneyHold, held.money)
	t := tx.putTrade(market.Trade{
		Market: b.Market, Instrument: b.Instrument, Taker: b.Proposer.Opposite(), Price: b.Price, Quantity: b.Quantity, Months: b.Months,
		Amount: b.Amount, BuyerRegion: buyer.Region, SellerRegion: seller.Region, At: tx.Now, Kind: market.BlockTrade,
		BuyerFee: max(quantity.Money(money.Amount)-b.Amount, 0), SellerFee: tx.blockFee(b, market.Sell),
	})
	tx.deliverBlock(b, t, seller, buyer)
	tx.postFees(t, b.BuyerParty, b.SellerParty)
	for _, h := range [2]ledger.Hold{permits, money} {
		if h.ID != 0 {
			tx.closeHold(h, ledger.HoldPosted)
		}
	}
	b.Trade = t.ID
	return tx.blockResult(b)
}

// heldFor is a hold that Decide has read, unless this command has made it.
func (tx *Tx) heldFor(id int64, known ledger.Hold) ledger.Hold {
	if id == known.ID {
		return known
	}
	return mustGet(tx, Holds, id)
}

// BlockSeenBy is a block trade as an actor sees it: the project that the buyer buys for
// stands in it for those who may see his projects.
func BlockSeenBy(a identity.Actor, b market.Block) market.Block {
	if identity.Authorise(a, identity.ProjectRead, identity.OfParty(b.BuyerParty, b.BuyerRegion)) != nil {
		b.Project = 0
	}
	return b
}

// blockResult writes a block trade and returns it as the actor sees it.
func (tx *Tx) blockResult(b market.Block) BlockResult {
	return BlockResult{BlockSeenBy(tx.Actor, Put(tx, Blocks, b)), mustGet(tx, Markets, b.Market).Code, mustGet(tx, Instruments, b.Instrument).Code}
}

func lapseBlock(v *View, id int64) (Apply, error) {
	b, err := Get(v, Blocks, "block", id)
	if err != nil || !b.State.IsOpen() {
		return nil, err
	}
	to, _, err := b.Next(market.BlockLapse, market.AsTimer)
	if err != nil {
		return nil, err
	}
	return v.endBlock(b, to, "the day is over")
}

// loadWanted counts what the buyers of block trades and of deals that they have
// confirmed may still get.
func (s *state) loadWanted() error {
	err := each(s, Blocks, openBlocks(), func(b market.Block) {
		s.wanted.add(b.BuyerLicence, rowsOf(s, Instruments).rows[b.Instrument].Pollutant, wantedOfBlock(b))
	})
	if err != nil {
		return err
	}
	return each(s, Deals, openDeals(), func(d settlement.Deal) { s.wanted.add(d.BuyerLicence, d.Pollutant, wantedOfDeal(d)) })
}

// openBlocks selects the block trades that are not settled and may be.
func openBlocks() Query {
	return Query{}.And("state", In, []string{string(market.BlockProposed), string(market.BlockConfirmed)})
}

// openDeals selects the deals that are not settled and may be.
func openDeals() Query {
	return Query{}.And("state", In, anyOf(settlement.OpenStates))
}

// unfinishedDeals are the states of deals that may still move permits: open, or
// settled and neither certified nor closed.
var unfinishedDeals = anyOf(slices.DeleteFunc(slices.Concat(settlement.OpenStates, settlement.SettledStates), func(s settlement.DealState) bool {
	return s == settlement.DealCertified || s == settlement.DealClosed
}))

// wantedOfDeal is what a deal adds to what its buyer's licence may still get, once
// the buyer has confirmed it.
func wantedOfDeal(d settlement.Deal) quantity.Quantity {
	if d.IsBuyersWord() {
		return d.Delivered
	}
	return 0
}
