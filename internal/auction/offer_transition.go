package auction

import (
	"slices"

	"permitx/internal/fault"
)

// OfferState is where an offer is in its life.
type OfferState string

// The states of an offer.
const (
	OfferAnnounced   OfferState = "announced"
	OfferRegistering OfferState = "registering"
	OfferPrepared    OfferState = "prepared" // registration is over, the window is not yet open
	OfferBidding     OfferState = "bidding"
	OfferHalted      OfferState = "halted"  // an officer has interrupted the window
	OfferClosed      OfferState = "closed"  // what counts is frozen; it is being opened
	OfferOpened      OfferState = "opened"  // every bid is known; the result is being computed
	OfferRanking     OfferState = "ranking" // the result is fixed by its digest; each bidder gets his outcome
	OfferRanked      OfferState = "ranked"
	OfferCertifying  OfferState = "certifying" // certified; the awards are being written
	OfferCertified   OfferState = "certified"
	OfferCancelled   OfferState = "cancelled"
	OfferVoid        OfferState = "void"
	OfferFailed      OfferState = "failed" // nobody could win
)

// OfferStates are all states.
var OfferStates = []OfferState{
	OfferAnnounced, OfferRegistering, OfferPrepared, OfferBidding, OfferHalted, OfferClosed, OfferOpened, OfferRanking, OfferRanked, OfferCertifying, OfferCertified, OfferCancelled, OfferVoid, OfferFailed,
}

// IsChained reports whether the next step is the registry's own: it follows at once.
func (s OfferState) IsChained() bool {
	return slices.Contains([]OfferState{OfferClosed, OfferOpened, OfferRanking, OfferCertifying}, s)
}

// IsChained reports whether a step of the registry's own follows at once.
func (o Offer) IsChained() bool { return o.State.IsChained() || o.Releasing }

// IsSealed reports whether nobody may read a bid in this state.
func (s OfferState) IsSealed() bool {
	return slices.Contains([]OfferState{OfferAnnounced, OfferRegistering, OfferPrepared, OfferBidding, OfferHalted}, s)
}

// InWindow reports whether the window is open in this state, or interrupted.
func (s OfferState) InWindow() bool { return s == OfferBidding || s == OfferHalted }

// OfferEvent is what happens to an offer.
type OfferEvent string

// The events.
const (
	BeginRegistration OfferEvent = "begin_registration"
	EndRegistration   OfferEvent = "end_registration"
	OpenWindow        OfferEvent = "open_window"
	PlaceBid          OfferEvent = "bid"
	ExtendWindow      OfferEvent = "extend" // after an interruption, or by a bid of an ascending auction
	Interrupt         OfferEvent = "interrupt"
	HaltWindow        OfferEvent = "halt"
	ResumeWindow      OfferEvent = "resume"
	CloseWindow       OfferEvent = "close"
	OpenBids          OfferEvent = "open_bids"
	AllBidsOpen       OfferEvent = "opened"
	Compute           OfferEvent = "compute"
	Apply             OfferEvent = "apply"
	Rank              OfferEvent = "rank"
	Certify           OfferEvent = "certify"
	WriteAwards       OfferEvent = "award"
	Finish            OfferEvent = "finish"
	CancelOffer       OfferEvent = "cancel"
	VoidOffer         OfferEvent = "void"
	FailOffer         OfferEvent = "fail"
)

// OfferEvents are all events.
var OfferEvents = []OfferEvent{
	BeginRegistration, EndRegistration, OpenWindow, PlaceBid, ExtendWindow, Interrupt, HaltWindow, ResumeWindow, CloseWindow, OpenBids, AllBidsOpen, Compute, Apply, Rank,
	Certify, WriteAwards, Finish, CancelOffer, VoidOffer, FailOffer,
}

// OfferRole is on whose behalf something happens to an offer.
type OfferRole string

// The roles. An officer's certification and voiding need a second officer.
const (
	AsOfficer OfferRole = "officer"
	AsBidder  OfferRole = "bidder"
	AsSystem  OfferRole = "system" // timers, and the steps after the close
)

// OfferRoles are all roles.
var OfferRoles = []OfferRole{AsOfficer, AsBidder, AsSystem}

// OfferTransition is a row of the table: in one of the states From, By may do
// Event, and the offer is To.
type OfferTransition struct {
	From  []OfferState
	Event OfferEvent
	By    OfferRole
	To    OfferState // "": it stays where it is
}

// OfferTransitions are everything that can happen to an offer. What is not
// here is refused. docs/offer-states.md shows it; a test compares the two.
var OfferTransitions = []OfferTransition{
	{[]OfferState{OfferAnnounced}, BeginRegistration, AsSystem, OfferRegistering},
	{[]OfferState{OfferRegistering}, EndRegistration, AsSystem, OfferPrepared},
	{[]OfferState{OfferPrepared}, OpenWindow, AsSystem, OfferBidding},
	{[]OfferState{OfferBidding}, PlaceBid, AsBidder, ""},
	{[]OfferState{OfferBidding}, ExtendWindow, AsSystem, ""},
	{[]OfferState{OfferBidding}, Interrupt, AsSystem, OfferVoid},
	{[]OfferState{OfferBidding}, HaltWindow, AsOfficer, OfferHalted},
	{[]OfferState{OfferHalted}, ResumeWindow, AsOfficer, OfferBidding},
	{[]OfferState{OfferBidding}, CloseWindow, AsSystem, OfferClosed},
	{[]OfferState{OfferClosed}, OpenBids, AsSystem, ""},
	{[]OfferState{OfferClosed}, AllBidsOpen, AsSystem, OfferOpened},
	{[]OfferState{OfferOpened}, Compute, AsSystem, OfferRanking},
	{[]OfferState{OfferRanking}, Apply, AsSystem, ""},
	{[]OfferState{OfferRanking}, Rank, AsSystem, OfferRanked},
	{[]OfferState{OfferRanking}, FailOffer, AsSystem, OfferFailed},
	{[]OfferState{OfferRanked}, Certify, AsOfficer, OfferCertifying},
	{[]OfferState{OfferCertifying}, WriteAwards, AsSystem, ""},
	{[]OfferState{OfferCertifying}, Finish, AsSystem, OfferCertified},
	{[]OfferState{OfferAnnounced, OfferRegistering, OfferPrepared}, CancelOffer, AsOfficer, OfferCancelled},
	{[]OfferState{OfferHalted, OfferClosed, OfferOpened, OfferRanking, OfferRanked}, VoidOffer, AsOfficer, OfferVoid},
}

// ErrOfferState is returned when an offer does not allow this in its state.
var ErrOfferState = fault.New(fault.Conflict, "offer.not_now", "the offer does not allow this now")

// Next returns the state of an offer after an event, or ErrOfferState.
func (s OfferState) Next(e OfferEvent, by OfferRole) (OfferState, error) {
	for _, t := range OfferTransitions {
		if t.Event == e && t.By == by && slices.Contains(t.From, s) {
			if t.To == "" {
				return s, nil
			}
			return t.To, nil
		}
	}
	return s, ErrOfferState.With("the offer is %s: %s by the %s is not possible", s, e, by)
}

// Next is the offer after an event, or ErrOfferState.
func (o Offer) Next(e OfferEvent, by OfferRole) (Offer, error) {
	s, err := o.State.Next(e, by)
	o.State = s
	return o, err
}
