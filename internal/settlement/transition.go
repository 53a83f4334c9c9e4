package settlement

import "slices"

// DealState is where a deal is in its life.
type DealState string

// The states of a deal.
const (
	DealProposed              DealState = "proposed"
	DealSellerSigned          DealState = "seller_signed" // the permits are held
	DealBuyerConfirmed        DealState = "buyer_confirmed"
	DealEligibilityChecked    DealState = "eligibility_checked"
	DealBureauApproved        DealState = "bureau_approved"
	DealSellerRegionConfirmed DealState = "seller_region_confirmed"
	DealBuyerRegionConfirmed  DealState = "buyer_region_confirmed"
	DealUpperApproved         DealState = "upper_approved"
	DealEscrowFunded          DealState = "escrow_funded"          // cross-region: the money is in escrow
	DealPaid                  DealState = "paid"                   // local: the money is in escrow; both: direct payment is confirmed
	DealDelivered             DealState = "delivered"              // local: settled
	DealSettledAccounts       DealState = "settled_accounts"       // cross-region: settled, both caps moved
	DealPermitsChangedSeller  DealState = "permits_changed_seller" // only the seller's bureau has changed the licence
	DealPermitsChangedBuyer   DealState = "permits_changed_buyer"  // only the buyer's bureau has changed the licence
	DealCertified             DealState = "certified"
	DealClosed                DealState = "closed"
	DealRejected              DealState = "rejected"
	DealWithdrawn             DealState = "withdrawn"
	DealRescinded             DealState = "rescinded"
	DealLapsed                DealState = "lapsed"
	DealReversed              DealState = "reversed"
)

// DealStates are all states of a deal.
var DealStates = []DealState{
	DealProposed, DealSellerSigned, DealBuyerConfirmed, DealEligibilityChecked, DealBureauApproved,
	DealSellerRegionConfirmed, DealBuyerRegionConfirmed, DealUpperApproved, DealEscrowFunded, DealPaid,
	DealDelivered, DealSettledAccounts, DealPermitsChangedSeller, DealPermitsChangedBuyer, DealCertified,
	DealClosed, DealRejected, DealWithdrawn, DealRescinded, DealLapsed, DealReversed,
}

// The states by what has happened. A state is in exactly one of these.
var (
	// OpenStates are those before the settlement: permits and money can still go back.
	OpenStates = []DealState{
		DealProposed, DealSellerSigned, DealBuyerConfirmed, DealEligibilityChecked, DealBureauApproved,
		DealSellerRegionConfirmed, DealBuyerRegionConfirmed, DealUpperApproved, DealEscrowFunded, DealPaid,
	}
	// SettledStates are those after the settlement.
	SettledStates = []DealState{
		DealDelivered, DealSettledAccounts, DealPermitsChangedSeller, DealPermitsChangedBuyer, DealCertified, DealClosed,
	}
	// EndedStates are those of a deal that came to nothing, or was undone.
	EndedStates = []DealState{DealRejected, DealWithdrawn, DealRescinded, DealLapsed, DealReversed}
)

// IsOpen reports whether a deal in this state is not yet settled and may be.
func (s DealState) IsOpen() bool { return slices.Contains(OpenStates, s) }

// DealEvent is a step of a deal.
type DealEvent string

// The steps of a deal.
const (
	SellerSign            DealEvent = "seller_sign"
	BuyerConfirm          DealEvent = "buyer_confirm"
	CheckEligibility      DealEvent = "check_eligibility"
	BureauApprove         DealEvent = "bureau_approve"
	SellerRegionConfirm   DealEvent = "seller_region_confirm"
	BuyerRegionConfirm    DealEvent = "buyer_region_confirm"
	UpperApprove          DealEvent = "upper_approve"
	Fund                  DealEvent = "fund"
	ConfirmPaymentBuyer   DealEvent = "confirm_payment_buyer"
	ConfirmPaymentSeller  DealEvent = "confirm_payment_seller"
	ConfirmPaymentFinance DealEvent = "confirm_payment_finance"
	Settle                DealEvent = "settle"
	AcknowledgeSeller     DealEvent = "acknowledge_seller"
	AcknowledgeBuyer      DealEvent = "acknowledge_buyer"
	Certify               DealEvent = "certify"
	Reject                DealEvent = "reject"
	Withdraw              DealEvent = "withdraw"
	ConsentReversal       DealEvent = "consent_reversal"
	Reverse               DealEvent = "reverse"
	Lapse                 DealEvent = "lapse"
)

// DealEvents are all steps of a deal.
var DealEvents = []DealEvent{
	SellerSign, BuyerConfirm, CheckEligibility, BureauApprove, SellerRegionConfirm, BuyerRegionConfirm, UpperApprove, Fund,
	ConfirmPaymentBuyer, ConfirmPaymentSeller, ConfirmPaymentFinance, Settle, AcknowledgeSeller, AcknowledgeBuyer, Certify,
	Reject, Withdraw, ConsentReversal, Reverse, Lapse,
}

// DealRole is the body on whose behalf a person takes a step.
type DealRole string

// The bodies that take part in a deal.
const (
	AsSeller       DealRole = "seller"        // a user of the seller
	AsBuyer        DealRole = "buyer"         // a user of the buyer
	AsBureau       DealRole = "bureau"        // local: the leader of the region's bureau
	AsSellerBureau DealRole = "seller_bureau" // cross-region
	AsBuyerBureau  DealRole = "buyer_bureau"  // cross-region
	AsUpper        DealRole = "upper"         // the body above both regions
	AsFinance      DealRole = "finance"       // of either region
	AsSystem       DealRole = "system"        // timers
)

// DealRoles are all bodies of a deal.
var DealRoles = []DealRole{AsSeller, AsBuyer, AsBureau, AsSellerBureau, AsBuyerBureau, AsUpper, AsFinance, AsSystem}

// Condition restricts a transition to some deals or to some of their moments.
type Condition string

// The conditions of transitions.
const (
	IfEscrow          Condition = "escrow"           // the money goes through escrow
	IfDirect          Condition = "direct"           // the money goes from firm to firm
	IfSellerBureau    Condition = "seller_bureau"    // the pair asks the seller region's bureau
	IfNoSellerBureau  Condition = "no_seller_bureau" // … does not
	IfBuyerBureau     Condition = "buyer_bureau"     // the pair asks the buyer region's bureau
	IfNoBuyerBureau   Condition = "no_buyer_bureau"  // … does not
	IfUpper           Condition = "upper"            // the pair asks the upper body
	IfNoUpper         Condition = "no_upper"         // … does not
	IfUnpaid          Condition = "unpaid"           // nobody has confirmed a direct payment
	IfNotYet          Condition = "not_yet"          // this body has not taken this step
	IfPaymentComplete Condition = "payment_complete" // with this one, all three have confirmed the direct payment
	IfPaymentOpen     Condition = "payment_open"     // after this one, another confirmation is still missing
	IfAllConsented    Condition = "all_consented"    // everyone who may consent to a reversal has
)

// Transition is a row of the table: in one of the states From, one of the
// bodies By may take the step Event, and the deal is To. All conditions of
// When must hold.
type Transition struct {
	Kind     DealKind
	From     []DealState
	Event    DealEvent
	By       []DealRole
	To       DealState // "": it stays where it is
	When     []Condition
	Document bool // the step names a document
	Note     bool // the step gives a reason
}

// The sets of states and bodies that the rows below share.
var (
	parties    = by(AsSeller, AsBuyer)
	bureaus    = by(AsSellerBureau, AsBuyerBureau)
	localUnset = in(DealProposed, DealSellerSigned, DealBuyerConfirmed, DealEligibilityChecked, DealBureauApproved)
	localHeld  = in(DealBuyerConfirmed, DealEligibilityChecked, DealBureauApproved, DealPaid)
	crossUnset = in(DealProposed, DealSellerSigned, DealBuyerConfirmed, DealSellerRegionConfirmed, DealBuyerRegionConfirmed, DealUpperApproved)
	crossHeld  = in(DealBuyerConfirmed, DealSellerRegionConfirmed, DealBuyerRegionConfirmed, DealUpperApproved, DealEscrowFunded, DealPaid)
	crossOpen  = slices.Concat(crossUnset, in(DealEscrowFunded, DealPaid))
	crossDone  = in(DealSettledAccounts, DealPermitsChangedSeller, DealPermitsChangedBuyer)
)

// Transitions are every step that can be taken: state × event × body → state.
// What is not here is refused. docs/deal-states.md shows it; a test compares
// the two.
var Transitions = slices.Concat(
	[]Transition{
		{Kind: Local, From: in(DealProposed), Event: SellerSign, By: by(AsSeller), To: DealSellerSigned},
		{Kind: Local, From: in(DealSellerSigned), Event: BuyerConfirm, By: by(AsBuyer), To: DealBuyerConfirmed},
		{Kind: Local, From: in(DealBuyerConfirmed), Event: CheckEligibility, By: by(AsBureau), To: DealEligibilityChecked},
		{Kind: Local, From: in(DealEligibilityChecked), Event: BureauApprove, By: by(AsBureau), To: DealBureauApproved, Document: true},
	},
	payment(Local, DealBureauApproved, DealPaid),
	[]Transition{
		{Kind: Local, From: in(DealPaid), Event: Settle, By: by(AsBureau), To: DealDelivered},
		{Kind: Local, From: in(DealDelivered), Event: Certify, By: by(AsBureau), To: DealCertified},
		{Kind: Local, From: localHeld, Event: Reject, By: by(AsBureau), To: DealRejected, Note: true},
		{Kind: Local, From: localUnset, Event: Withdraw, By: parties, To: DealRescinded, When: when(IfUnpaid)},
		{Kind: Local, From: slices.Concat(localUnset, in(DealPaid)), Event: Lapse, By: by(AsSystem), To: DealLapsed},
		{Kind: Local, From: in(DealDelivered), Event: ConsentReversal, By: parties, When: when(IfNotYet)},
		{Kind: Local, From: in(DealDelivered), Event: ConsentReversal, By: by(AsFinance), When: when(IfDirect, IfNotYet)},
		{Kind: Local, From: in(DealDelivered), Event: Reverse, By: by(AsBureau), To: DealReversed, When: when(IfAllConsented), Document: true},

		{Kind: CrossRegion, From: in(DealProposed), Event: SellerSign, By: by(AsSeller), To: DealSellerSigned},
		{Kind: CrossRegion, From: in(DealSellerSigned), Event: BuyerConfirm, By: by(AsBuyer), To: DealBuyerConfirmed},
		{Kind: CrossRegion, From: in(DealBuyerConfirmed), Event: SellerRegionConfirm, By: by(AsSellerBureau), To: DealSellerRegionConfirmed, When: when(IfSellerBureau)},
		{Kind: CrossRegion, From: in(DealBuyerConfirmed), Event: BuyerRegionConfirm, By: by(AsBuyerBureau), To: DealBuyerRegionConfirmed, When: when(IfNoSellerBureau, IfBuyerBureau)},
		{Kind: CrossRegion, From: in(DealSellerRegionConfirmed), Event: BuyerRegionConfirm, By: by(AsBuyerBureau), To: DealBuyerRegionConfirmed, When: when(IfSellerBureau, IfBuyerBureau)},
		{Kind: CrossRegion, From: in(DealBuyerConfirmed), Event: UpperApprove, By: by(AsUpper), To: DealUpperApproved, When: when(IfNoSellerBureau, IfNoBuyerBureau, IfUpper), Document: true},
		{Kind: CrossRegion, From: in(DealSellerRegionConfirmed), Event: UpperApprove, By: by(AsUpper), To: DealUpperApproved, When: when(IfSellerBureau, IfNoBuyerBureau, IfUpper), Document: true},
		{Kind: CrossRegion, From: in(DealBuyerRegionConfirmed), Event: UpperApprove, By: by(AsUpper), To: DealUpperApproved, When: when(IfBuyerBureau, IfUpper), Document: true},
	},
	payment(CrossRegion, DealUpperApproved, DealEscrowFunded, IfUpper),
	payment(CrossRegion, DealBuyerRegionConfirmed, DealEscrowFunded, IfBuyerBureau, IfNoUpper),
	payment(CrossRegion, DealSellerRegionConfirmed, DealEscrowFunded, IfSellerBureau, IfNoBuyerBureau, IfNoUpper),
	[]Transition{
		{Kind: CrossRegion, From: in(DealEscrowFunded, DealPaid), Event: Settle, By: by(AsUpper), To: DealSettledAccounts, When: when(IfUpper)},
		{Kind: CrossRegion, From: in(DealEscrowFunded, DealPaid), Event: Settle, By: bureaus, To: DealSettledAccounts, When: when(IfNoUpper)},
		{Kind: CrossRegion, From: in(DealSettledAccounts), Event: AcknowledgeSeller, By: by(AsSellerBureau), To: DealPermitsChangedSeller},
		{Kind: CrossRegion, From: in(DealSettledAccounts), Event: AcknowledgeBuyer, By: by(AsBuyerBureau), To: DealPermitsChangedBuyer},
		{Kind: CrossRegion, From: in(DealPermitsChangedSeller), Event: AcknowledgeBuyer, By: by(AsBuyerBureau), To: DealClosed},
		{Kind: CrossRegion, From: in(DealPermitsChangedBuyer), Event: AcknowledgeSeller, By: by(AsSellerBureau), To: DealClosed},
		{Kind: CrossRegion, From: crossHeld, Event: Reject, By: by(AsSellerBureau, AsBuyerBureau, AsUpper), To: DealRejected, Note: true},
		{Kind: CrossRegion, From: slices.Concat(crossUnset, in(DealEscrowFunded)), Event: Withdraw, By: parties, To: DealWithdrawn, When: when(IfUnpaid)},
		{Kind: CrossRegion, From: crossOpen, Event: Lapse, By: by(AsSystem), To: DealLapsed},
		{Kind: CrossRegion, From: crossDone, Event: ConsentReversal, By: bureaus, When: when(IfNotYet)},
		{Kind: CrossRegion, From: crossDone, Event: ConsentReversal, By: by(AsSeller, AsBuyer, AsFinance), When: when(IfDirect, IfNotYet)},
		{Kind: CrossRegion, From: crossDone, Event: Reverse, By: by(AsUpper), To: DealReversed, When: when(IfAllConsented), Document: true},
	},
)

// step names the rows of the table that are about one event.
type step struct {
	kind  DealKind
	event DealEvent
}

// rows is the table by event.
var rows = func() map[step][]Transition {
	m := map[step][]Transition{}
	for _, t := range Transitions {
		m[step{t.Kind, t.Event}] = append(m[step{t.Kind, t.Event}], t)
	}
	return m
}()

// payment are the rows from an approved state to a paid one: the buyer funds
// the escrow, or both sides and finance confirm a direct payment in any order.
func payment(k DealKind, from, funded DealState, conditions ...Condition) []Transition {
	with := func(more ...Condition) []Condition { return slices.Concat(conditions, more) }
	out := []Transition{{Kind: k, From: in(from), Event: Fund, By: by(AsBuyer), To: funded, When: with(IfEscrow)}}
	for _, c := range []struct {
		event    DealEvent
		role     DealRole
		document bool
	}{{ConfirmPaymentBuyer, AsBuyer, true}, {ConfirmPaymentSeller, AsSeller, false}, {ConfirmPaymentFinance, AsFinance, true}} {
		out = append(out,
			Transition{Kind: k, From: in(from), Event: c.event, By: by(c.role), When: with(IfDirect, IfNotYet, IfPaymentOpen), Document: c.document},
			Transition{Kind: k, From: in(from), Event: c.event, By: by(c.role), To: DealPaid, When: with(IfDirect, IfNotYet, IfPaymentComplete), Document: c.document})
	}
	return out
}

func in(states ...DealState) []DealState { return states }
func by(roles ...DealRole) []DealRole    { return roles }
func when(c ...Condition) []Condition    { return c }
