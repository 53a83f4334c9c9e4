package app

import (
	"cmp"
	"fmt"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// The faults of offers, in the order in which they are checked; the others are
// in auction.
var (
	// ErrNotWorkingDay is returned when a window would open or close on a day that is not worked.
	ErrNotWorkingDay = fault.New(fault.Refused, "offer.not_a_working_day", "a window opens and closes on working days").
				Under("offer.working_days", "project default")
	// ErrBudgetLimit is returned when a buy-back does not say what it may spend.
	ErrBudgetLimit = fault.New(fault.Invalid, "offer.budget_limit", "a reverse auction says how much of the budget it may spend").At("budget_limit")
	// ErrSealUsed is returned when an offer would be sealed with the key of another: its Idempotency-Key was used before.
	ErrSealUsed = fault.New(fault.Conflict, "offer.seal_used", "an earlier offer was announced with this Idempotency-Key, from which its seal follows: use a new one").At("Idempotency-Key")
	// ErrCancelLate is returned when an offer would be cancelled after its window has opened.
	ErrCancelLate = fault.New(fault.Conflict, "offer.bidding_has_begun", "an offer is cancelled only before its window opens")
	// ErrResultChanged is returned when the officer has seen another result than there is.
	ErrResultChanged = fault.New(fault.Conflict, "offer.other_result", "the digest is not that of the result: look at it again").At("result_digest")
)

// OfferTerms are the terms on which an auction is announced. App.SealOffer gives
// them their seal.
type OfferTerms struct {
	Format           auction.Format
	Quantity         quantity.Quantity
	ReservePrice     quantity.Price
	LotSize          quantity.Quantity
	Tick             quantity.Price
	Quota            quantity.Quantity
	Collateral       auction.Collateral
	Deposit          quantity.Money
	DepositPer       auction.DepositPer
	Tie              auction.Tie
	Undersubscribed  auction.Undersubscribed
	WinShare         quantity.Ratio
	Fit              auction.Fit
	BiddersMin       int32
	QuotesMost       int32
	ConfirmFactor    quantity.Ratio
	Sight            auction.Sight
	Step             quantity.Price
	FreeSeconds      int32
	ClockSeconds     int32
	InterruptionMost int32
	InterruptionRule auction.InterruptionRule

	NoncompetitiveQuota quantity.Quantity
	NoncompetitiveShare quantity.Ratio // 0: the default, where there is a quota

	RegisterFrom  calendar.Instant // 0: at once
	RegisterUntil calendar.Instant
	OpensAt       calendar.Instant
	ClosesAt      calendar.Instant // of ascending 0: it follows from its clock
	Title         string
	Document      string

	SealName   string
	KeyDigest  string
	SeedDigest string
}

// OfferAnnounce announces an auction of the government: a sale of a part of the
// reserve, or a buy-back from a budget.
type OfferAnnounce struct {
	Region      string
	Pollutant   string
	Instrument  string
	Budget      int64
	BudgetLimit quantity.Money // most that a buy-back spends; it is committed
	Programme   string         // that the offer belongs to
	LotChoice
	OfferTerms
}

// OfferCancel takes an offer back before its window has opened.
type OfferCancel struct {
	Offer  int64
	Reason string
}

// OfferVoid ends an offer without a result: its window is halted, or has closed
// and nothing is certified.
type OfferVoid struct {
	Offer  int64
	Reason string
}

// OfferResult is an offer with the code of its instrument, or of its series and
// the name of who sells.
type OfferResult struct {
	Offer      auction.Offer
	Instrument string
	Seller     string // of credits
}

var _ = declare(OfferAnnounce{}, OfferCancel{}, OfferVoid{})

// Operation is OfferAnnounce.
func (OfferAnnounce) Operation() identity.Operation { return identity.OfferAnnounce }

// Decide checks the terms, the working days, and that the reserve or the budget
// covers the offer. The result is an OfferResult.
func (c OfferAnnounce) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.OfferAnnounce, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if err := v.basicAccount("region", c.Region, c.Pollutant); err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	o := c.offer(v)
	o.Region, o.Pollutant, o.Instrument, o.Budget, o.BudgetLimit, o.Committed = c.Region, c.Pollutant, i.ID, c.Budget, c.BudgetLimit, c.BudgetLimit
	if o.Programme = c.Programme; o.Programme != "" {
		o.Planned = o.Quantity
	}
	if c.OpensAt.Date() <= i.TermEnd {
		o.Months = int32(calendar.RemainingMonths(c.OpensAt.Date(), i.TermEnd, !o.Buys())) //nolint:gosec // a term
	}
	if err := fault.First(v.checkOffer(o, c.OfferTerms), checkOfferTerm(o, i), v.checkProgramme(o)); err != nil {
		return nil, err
	}
	take, err := c.take(v, o)
	if err != nil {
		return nil, err
	}
	return v.announce(o, announcementOf(o, c.Title, i.Code), take)
}

// announce publishes an offer and sets aside what it is about. The result is an
// OfferResult.
func (v *View) announce(o auction.Offer, n approval.PublicNotice, take func(tx *Tx, o auction.Offer)) (Apply, error) {
	if err := n.Validate(v.Today, v.span(rulebook.NoticeDays, n.Region, "")); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		o := Put(tx, Offers, o)
		n.Subject = o.ID
		o.Notice = Put(tx, PublicNotices, n).ID
		take(tx, o)
		tx.Arm(o.RegisterFrom, timerRegistration, o.ID)
		tx.Arm(o.RegisterUntil, timerRegistrationEnd, o.ID)
		tx.Arm(o.OpensAt, timerWindow, o.ID)
		return tx.offerResult(Put(tx, Offers, o))
	}, nil
}

func (v *View) offerResult(o auction.Offer) OfferResult {
	if o.OfCredits() {
		return OfferResult{o, o.Pollutant, rowsOf(v.state, Parties).rows[o.Seller].Name}
	}
	return OfferResult{o, rowsOf(v.state, Instruments).rows[o.Instrument].Code, ""}
}

const titleMost = 200 // characters

// offer is the record of what is announced.
func (c OfferTerms) offer(v *View) auction.Offer {
	o := auction.Offer{
		Format: c.Format, Quantity: c.Quantity, ReservePrice: c.ReservePrice, LotSize: c.LotSize, Tick: c.Tick, Quota: c.Quota,
		Collateral: cmp.Or(c.Collateral, auction.DepositCollateral), Deposit: c.Deposit, DepositPer: c.DepositPer, Tie: c.Tie, Undersubscribed: c.Undersubscribed, WinShare: c.WinShare, Fit: c.Fit,
		BiddersMin: c.BiddersMin, QuotesMost: c.QuotesMost, ConfirmFactor: c.ConfirmFactor, Sight: c.Sight, Step: c.Step,
		FreeSeconds: c.FreeSeconds, ClockSeconds: c.ClockSeconds, InterruptionMost: c.InterruptionMost, InterruptionRule: c.InterruptionRule,
		RegisterFrom: max(c.RegisterFrom, v.Now), RegisterUntil: c.RegisterUntil, OpensAt: c.OpensAt, ClosesAt: c.ClosesAt,
		SealName: c.SealName, KeyDigest: c.KeyDigest, SeedDigest: c.SeedDigest,
		NoncompetitiveQuota: c.NoncompetitiveQuota, NoncompetitiveShare: c.NoncompetitiveShare,
		State: auction.OfferAnnounced, Document: c.Document, AnnouncedBy: v.Actor.Person, AnnouncedAt: v.Now,
	}
	if c.RegisterFrom != 0 && c.RegisterFrom < v.Today.Start() {
		o.RegisterFrom = c.RegisterFrom // it is refused
	}
	if o.NoncompetitiveQuota != 0 && o.NoncompetitiveShare == 0 {
		o.NoncompetitiveShare = auction.DefaultNoncompetitiveShare
	}
	switch o.Format { //nolint:exhaustive // the others have no such options
	case auction.PayAsBidShare:
		o.WinShare, o.QuotesMost = cmp.Or(o.WinShare, auction.DefaultWinShare), cmp.Or(o.QuotesMost, auction.QuotesMost)
	case auction.Ascending:
		o.ClockSeconds = cmp.Or(o.ClockSeconds, auction.ClockSeconds)
	}
	if o.IsOpen() && o.ClosesAt == 0 {
		o.ClosesAt = o.OpensAt + calendar.Instant(o.FreeSeconds+o.ClockSeconds)*second
	}
	return o
}

// checkOfferTerm holds that the term of what is offered lasts beyond the window.
func checkOfferTerm(o auction.Offer, i catalog.Instrument) error {
	switch {
	case i.Pollutant != o.Pollutant:
		return reserve.ErrElsewhere.With("the instrument is for %s, the offer for %s", i.Pollutant, o.Pollutant).At("instrument")
	case o.Months < 1:
		return ErrDueAfterTerm.With("the term of %s ends on %s", i.Code, i.TermEnd).At("opens_at")
	}
	return nil
}

// checkOffer holds that an offer's terms go together, that its window lies on
// working days, and that it has its seal.
func (v *View) checkOffer(o auction.Offer, c OfferTerms) error {
	if err := fault.First(o.Validate(v.Now, v.span(rulebook.AuctionAnnounce, o.Region, o.Pollutant)), catalog.CheckText("title", c.Title, titleMost)); err != nil {
		return err
	}
	for _, x := range []struct {
		field string
		at    calendar.Instant
	}{{"opens_at", o.OpensAt}, {"closes_at", o.ClosesAt - 1}} {
		working, err := v.Calendar().IsWorkingDay(x.at.Date())
		if err != nil {
			return atField(err, x.field)
		}
		if !working {
			return ErrNotWorkingDay.With("%s is not a working day", x.at.Date()).At(x.field)
		}
	}
	if _, err := v.auctionDay(rulebook.AuctionCertify, o, o.ClosesAt.Date()); err != nil {
		return atField(err, "closes_at")
	}
	return v.checkSeal(c)
}

// checkSeal returns ErrNoSealKey for an announcement that was not prepared, and
// ErrSealUsed where its seal is that of an earlier offer (I-102): a key that is
// published must open nothing that is still to be bid.
func (v *View) checkSeal(c OfferTerms) error {
	if c.SealName == "" || len(c.KeyDigest) != 64 || len(c.SeedDigest) != 64 {
		return ErrNoSealKey
	}
	if v.offers.sealed[c.KeyDigest] != 0 {
		return ErrSealUsed
	}
	return nil
}

// announcementOf is the public notice of an offer; it stands until the window opens.
func announcementOf(o auction.Offer, title, instrument string) approval.PublicNotice {
	verb, price := "offered out of the reserve", "CNY/(t·a)"
	switch {
	case o.Buys():
		verb = "sought for the reserve"
	case o.OfCredits():
		verb, price = "offered for its holder", "CNY/t"
	}
	return approval.PublicNotice{
		Region: o.Region, Kind: "offer", Title: title, Document: o.Document,
		Body: fmt.Sprintf("%s %s of %s (%s) are %s by auction (%s), from %s %s. Registration until %s, bids from %s until %s. SHA-256 of the seed that draws ties: %s; of the key that seals the bids: %s.",
			o.Quantity, o.Unit(), o.Pollutant, instrument, verb, o.Format, o.ReservePrice, price, o.RegisterUntil, o.OpensAt, o.ClosesAt, o.SeedDigest, o.KeyDigest),
		StartsOn: o.AnnouncedAt.Date(), EndsOn: o.OpensAt.Date(), State: approval.NoticePosted, PostedAt: o.AnnouncedAt,
	}
}

// take sets aside what the offer is about: lots of the reserve, or money of a budget.
func (c OfferAnnounce) take(v *View, o auction.Offer) (func(tx *Tx, o auction.Offer), error) {
	if o.Buys() {
		return c.commit(v, o)
	}
	if c.BudgetLimit != 0 {
		return nil, ErrBudgetLimit.With("only a reverse auction spends from a budget")
	}
	picks, err := v.pickLots(c.Region, c.Pollutant, c.Quantity, c.LotChoice)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, o auction.Offer) {
		tx.moveLots(lotMove{
			event: reserve.Offering, from: reserve.AvailableBucket, picks: picks, claimant: claimant{reserve.ForOffer, o.ID}, reference: o.ID, document: o.Document,
		})
	}, nil
}

func (c OfferAnnounce) commit(v *View, o auction.Offer) (func(tx *Tx, o auction.Offer), error) {
	if c.BudgetLimit <= 0 {
		return nil, ErrBudgetLimit
	}
	b, err := Get(v, Budgets, "budget", c.Budget)
	if err != nil {
		return nil, err
	}
	if err := b.CheckSpend(c.Region, v.Today); err != nil {
		return nil, err
	}
	if b, err = b.Apply(reserve.BudgetCommit, o.Committed); err != nil {
		return nil, atField(err, "budget_limit")
	}
	return func(tx *Tx, o auction.Offer) { tx.putBudget(b, reserve.BudgetCommit, o.Committed, o.ID, o.Document) }, nil
}

// offer returns an offer after the actor's right to do this in its region was checked.
func (v *View) offer(op identity.Operation, id int64) (auction.Offer, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return auction.Offer{}, err
	}
	o, err := Get(v, Offers, "id", id)
	if err != nil {
		return o, err
	}
	return o, v.AuthoriseAt("id", op, identity.OfRegion(o.Region))
}

// Operation is OfferCancel.
func (OfferCancel) Operation() identity.Operation { return identity.OfferCancel }

// Decide checks that the window has not opened. The result is an OfferResult.
func (c OfferCancel) Decide(v *View) (Apply, error) {
	return v.endOffer(identity.OfferCancel, c.Offer, auction.CancelOffer, c.Reason)
}

// Operation is OfferVoid.
func (OfferVoid) Operation() identity.Operation { return identity.OfferVoid }

// Decide checks that the window is halted, or has closed and nothing is certified.
// The result is an OfferResult.
func (c OfferVoid) Decide(v *View) (Apply, error) {
	return v.endOffer(identity.OfferVoid, c.Offer, auction.VoidOffer, c.Reason)
}

func (v *View) endOffer(op identity.Operation, id int64, e auction.OfferEvent, reason string) (Apply, error) {
	o, err := v.offer(op, id)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", reason); err != nil {
		return nil, err
	}
	if e == auction.CancelOffer && v.Now >= o.OpensAt && o.State == auction.OfferPrepared {
		return nil, ErrCancelLate
	}
	if o, err = o.Next(e, auction.AsOfficer); err != nil {
		return nil, err
	}
	o.Reason = reason
	back := v.giveBack(o)
	return func(tx *Tx) any { return tx.offerResult(back(tx, o)) }, nil
}

// giveBack ends an offer that came to nothing: what it was about is free again,
// and a notice says so; what bidders have put up follows in steps of its own.
func (v *View) giveBack(o auction.Offer) func(tx *Tx, o auction.Offer) auction.Offer {
	free := supplyOf(o).freeAll(v)
	return func(tx *Tx, o auction.Offer) auction.Offer { return tx.endWithoutSale(free(tx, o)) }
}

// endWithoutSale writes an offer that came to nothing, and says so in public.
func (tx *Tx) endWithoutSale(o auction.Offer) auction.Offer {
	Put(tx, PublicNotices, tx.noticeOf(o, "offer_end", o.ID, fmt.Sprintf("Offer %d has ended without a sale", o.ID),
		fmt.Sprintf("%s: %s. It was for %s %s of %s, by auction (%s). Bids that were opened: %d. What bidders have put up goes back.",
			o.State, o.Reason, o.Quantity, o.Unit(), o.Pollutant, o.Format, o.Bids)))
	o.Releasing = true
	return Put(tx, Offers, o)
}

// giveBackUnsold is giveBack for an offer whose window closed by the rules and
// sold nothing: of a programme, the next offers take it over.
func (v *View) giveBackUnsold(o auction.Offer) (func(tx *Tx, o auction.Offer) auction.Offer, error) {
	if o.Programme == "" {
		return v.giveBack(o), nil
	}
	free, err := supplyOf(o).freeUnsold(v)
	return func(tx *Tx, o auction.Offer) auction.Offer { return tx.endWithoutSale(free(tx, o)) }, err
}

// depositKey is the account of what a party has put up.
func depositKey(party int64) ledger.Key { return ledger.Key{Kind: ledger.Deposit, Party: party} }
