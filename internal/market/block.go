package market

import (
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Block is a block trade: two parties agree on a quantity and a price beside the
// book of a market (大宗协议). It lapses with the day on which it was proposed.
type Block struct {
	ID            int64
	Market        int64
	Instrument    int64
	State         BlockState
	Proposer      Side
	SellerParty   int64
	SellerLicence int64 // 0: of credits, which are a party's
	SellerRegion  string
	BuyerParty    int64
	BuyerLicence  int64 // 0: of credits
	BuyerRegion   string
	Quantity      quantity.Quantity
	Price         quantity.Price
	Months        int32 // 0 where the price is outright
	Amount        quantity.Money
	BuyerExempt   bool // from the fee, by the schedule and the facts of the day on which it was proposed
	SellerExempt  bool
	NeedsOfficer  bool  // an officer approves it: so the market's terms said when it was proposed
	PermitHold    int64 // of what is sold; 0: none
	MoneyHold     int64 // 0: none
	Document      string
	Reason        string // of its end
	Trade         int64  // 0: not settled
	ProposedBy    int64
	ConfirmedBy   int64
	ApprovedBy    int64
	ProposedAt    calendar.Instant
	LapsesAt      calendar.Instant
	Project       int64 // of the buyer, that it is for; 0: none
	Command       int64
}

// OfCredits reports whether credits are traded, not permits.
func (b Block) OfCredits() bool { return b.SellerLicence == 0 }

// BlockState is where a block trade is in its life.
type BlockState string

// The states of a block trade; all but the first two are final.
const (
	BlockProposed  BlockState = "proposed"  // the proposer's side is held
	BlockConfirmed BlockState = "confirmed" // both sides are held; an officer decides
	BlockSettled   BlockState = "settled"
	BlockRejected  BlockState = "rejected"
	BlockWithdrawn BlockState = "withdrawn"
	BlockLapsed    BlockState = "lapsed"
)

// BlockStates are all states of a block trade.
var BlockStates = []BlockState{BlockProposed, BlockConfirmed, BlockSettled, BlockRejected, BlockWithdrawn, BlockLapsed}

// IsOpen reports whether a block trade may still be settled.
func (s BlockState) IsOpen() bool { return s == BlockProposed || s == BlockConfirmed }

// BlockEvent is a step of a block trade.
type BlockEvent string

// The steps of a block trade.
const (
	BlockConfirm  BlockEvent = "confirm"
	BlockApprove  BlockEvent = "approve"
	BlockReject   BlockEvent = "reject"
	BlockWithdraw BlockEvent = "withdraw"
	BlockLapse    BlockEvent = "lapse"
)

// BlockEvents are all steps of a block trade.
var BlockEvents = []BlockEvent{BlockConfirm, BlockApprove, BlockReject, BlockWithdraw, BlockLapse}

// BlockRole is whom a person acts for in a block trade.
type BlockRole string

// The roles of a block trade.
const (
	AsProposer     BlockRole = "proposer"
	AsCounterparty BlockRole = "counterparty"
	AsOfficer      BlockRole = "officer" // the leader of the bureau of one of the market's regions
	AsTimer        BlockRole = "timer"
)

// BlockRoles are all roles of a block trade.
var BlockRoles = []BlockRole{AsProposer, AsCounterparty, AsOfficer, AsTimer}

// BlockTransition is a row of the table: in state From a role may take the step
// Event, and the block trade is To. An officer's approval is asked where the terms
// of the market say so; Officer restricts a row to these, and NoOfficer to the
// others.
type BlockTransition struct {
	From               BlockState
	Event              BlockEvent
	By                 BlockRole
	To                 BlockState
	Officer, NoOfficer bool
}

// BlockTransitions are every step that can be taken. What is not here is refused.
var BlockTransitions = []BlockTransition{
	{From: BlockProposed, Event: BlockConfirm, By: AsCounterparty, To: BlockSettled, NoOfficer: true},
	{From: BlockProposed, Event: BlockConfirm, By: AsCounterparty, To: BlockConfirmed, Officer: true},
	{From: BlockConfirmed, Event: BlockApprove, By: AsOfficer, To: BlockSettled},
	{From: BlockProposed, Event: BlockReject, By: AsCounterparty, To: BlockRejected},
	{From: BlockConfirmed, Event: BlockReject, By: AsOfficer, To: BlockRejected},
	{From: BlockProposed, Event: BlockWithdraw, By: AsProposer, To: BlockWithdrawn},
	{From: BlockConfirmed, Event: BlockWithdraw, By: AsProposer, To: BlockWithdrawn},
	{From: BlockConfirmed, Event: BlockWithdraw, By: AsCounterparty, To: BlockWithdrawn},
	{From: BlockProposed, Event: BlockLapse, By: AsTimer, To: BlockLapsed},
	{From: BlockConfirmed, Event: BlockLapse, By: AsTimer, To: BlockLapsed},
}

// The faults of a step, in the order in which they are checked.
var (
	// ErrBlockOver is returned when a block trade is settled or has come to nothing.
	ErrBlockOver = fault.New(fault.Conflict, "block_trade.over", "the block trade is over")
	// ErrBlockStep is returned when the actor may not take this step in this state.
	ErrBlockStep = fault.New(fault.Conflict, "block_trade.step_not_possible", "this step is not for this role in this state").At("event")
	// ErrBlockOwn is returned when one person would act for two sides.
	ErrBlockOwn = fault.New(fault.Forbidden, "block_trade.own", "who proposed or confirmed a block trade does not act for another side of it").Under("block_trade.two_persons", "project default")
)

// Next is the state after a step by someone who stands in some roles, and the
// role in which he takes it. Returns ErrBlockOver or ErrBlockStep.
func (b Block) Next(event BlockEvent, roles ...BlockRole) (BlockState, BlockRole, error) {
	if !b.State.IsOpen() {
		return "", "", ErrBlockOver.With("the block trade is %s", b.State)
	}
	for _, t := range BlockTransitions {
		for _, role := range roles {
			if t.From == b.State && t.Event == event && t.By == role && (!t.Officer || b.NeedsOfficer) && (!t.NoOfficer || !b.NeedsOfficer) {
				return t.To, role, nil
			}
		}
	}
	return "", "", ErrBlockStep.With("a block trade that is %s does not take the step %s from this role", b.State, event)
}

// MayAct returns ErrBlockOwn when a person has acted for another side already.
func (b Block) MayAct(person int64, event BlockEvent) error {
	if event == BlockConfirm && person == b.ProposedBy || event == BlockApprove && (person == b.ProposedBy || person == b.ConfirmedBy) {
		return ErrBlockOwn
	}
	return nil
}

// Fee is what a side pays by the tariff of the day on which the trade was proposed.
func (b *Block) Fee(t *Tariff, side Side) quantity.Money {
	if side == Buy && b.BuyerExempt || side == Sell && b.SellerExempt {
		return 0
	}
	return t.Fee(side, b.Amount, false)
}
