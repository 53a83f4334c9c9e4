package app

import (
	"fmt"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// Awards are what becomes of what was won, one for each winner.
var Awards = watched[auction.Award]("award")

// awardKind is what the public notice of an award is about.
const awardKind = "auction_award"

// AwardSign is the winner's signature under the contract.
type AwardSign struct{ Award int64 }

// AwardContract is the bureau's signature: it sets the share of a sale aside and
// asks for its payment.
type AwardContract struct {
	Award    int64
	Contract string // its number
}

// AwardDefault finds that a winner has not signed or not paid in time: what he put
// up is forfeited, his share is available again, and he is barred for a year.
type AwardDefault struct {
	Award  int64
	Reason string
}

// AwardRevoke takes an award back to which an objection was upheld, that the
// winner's project no longer needs by a step after the close, or that the rules no
// longer let him have.
type AwardRevoke struct {
	Award  int64
	Reason string
}

var _ = declare(AwardSign{}, AwardContract{}, AwardDefault{}, AwardRevoke{})

// openAwards returns what gives each of some winners his award, and publishes it.
func (v *View) openAwards(o auction.Offer) (func(tx *Tx, w auction.Winner), error) {
	contractBy, err := v.auctionDay(rulebook.AuctionContract, o, v.Today)
	if err != nil {
		return nil, err
	}
	if err := v.checkAnswerable(v.noticeOf(o, awardKind, 0, "", "")); err != nil {
		return nil, err
	}
	return func(tx *Tx, w auction.Winner) {
		a := Put(tx, Awards, auction.Award{
			Winner: w.ID, Offer: o.ID, Registration: w.Registration, Party: w.Party, Region: o.Region, Seller: o.Seller, Quantity: w.Quantity, Price: w.Price,
			Amount: w.Amount, State: auction.Awarded, ContractBy: contractBy,
		})
		title := fmt.Sprintf("竞价结果公示 · Award of offer %d: %s, %s %s", o.ID, o.Pollutant, w.Quantity, o.Unit())
		a.PublicNotice = Put(tx, PublicNotices, tx.noticeOf(o, awardKind, a.ID, title, awardText(o, w, mustGet(tx, Parties, w.Party).Name))).ID
		Put(tx, Awards, a)
	}, nil
}

// awardText is what the public notice of an award says.
func awardText(o auction.Offer, w auction.Winner, name string) string {
	what, per, priced := "排污权", "元/（吨·年）", "CNY %s for a t/a and year"
	if o.OfCredits() {
		what, per, priced = "碳普惠减排量", "元/吨", "CNY %s for a tonne"
	}
	return fmt.Sprintf("%s 竞得 %s %s %s %s，成交单价 %s %s，成交金额 %s 元。公示期内可以提出异议。\n"+
		"%s has won %s %s of %s at "+priced+", in all CNY %s. Objections are filed while this notice stands.",
		name, o.Pollutant, what, w.Quantity, o.Unit(), w.Price, per, w.Amount, name, w.Quantity, o.Unit(), o.Pollutant, w.Price, w.Amount)
}

// auctionDay is the last of the working days that a parameter of auctions gives from a day on.
func (v *View) auctionDay(key rulebook.Key, o auction.Offer, from calendar.Date) (calendar.Date, error) {
	return v.Calendar().AddWorkingDays(from, v.spanOn(key, o.Region, o.Pollutant, from))
}

// placeOfOffer is what the parameters of an auction are looked up by.
func placeOfOffer(o auction.Offer) rulebook.Place {
	return rulebook.Place{Region: o.Region, Pollutant: o.Pollutant}
}

// award returns an award of a party or region after the actor's right was checked.
func (v *View) award(op identity.Operation, id int64) (auction.Award, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return auction.Award{}, err
	}
	a, err := Get(v, Awards, "id", id)
	if err != nil {
		return a, err
	}
	return a, v.AuthoriseAt("id", op, identity.OfParty(a.Party, a.Region))
}

// awardBefore returns an award as award does, and a fault unless its state allows
// a step: what is over is not told to wait for an objection.
func (v *View) awardBefore(op identity.Operation, id int64, e auction.AwardEvent, by auction.AwardRole) (auction.Award, error) {
	a, err := v.award(op, id)
	if err == nil {
		_, err = a.Next(e, by)
	}
	return a, err
}

// objected is what the objections to an award mean for it: whether one was upheld, and the day
// of the last answer. Returns auction.ErrAwardSuspended while one is open.
func (v *View) objected(a auction.Award) (upheld bool, answered calendar.Date, err error) {
	rows, err := Find(v, Objections, Where("notice", a.PublicNotice))
	for _, o := range rows {
		if o.State == approval.ObjectionOpen {
			return false, 0, auction.ErrAwardSuspended.With("objection %d to the award is to be answered by %s", o.ID, o.DueOn)
		}
		upheld, answered = upheld || o.Upheld, max(answered, o.AnsweredAt.Date())
	}
	return upheld, answered, err
}

// checkFree returns auction.ErrAwardSuspended or auction.ErrAwardUpheld where an
// objection stands in the way.
func (v *View) checkFree(a auction.Award) error {
	upheld, _, err := v.objected(a)
	if err == nil && upheld {
		err = auction.ErrAwardUpheld
	}
	return err
}

// Operation is AwardSign.
func (AwardSign) Operation() identity.Operation { return identity.AwardSign }

// NeedsApproval is true of an amount over the limit from a user who may not sign.
func (AwardSign) NeedsApproval(v *View) bool { return v.unsigned != 0 }

// Decide checks that the award waits for its winner. The result is an AwardResult.
func (c AwardSign) Decide(v *View) (Apply, error) {
	a, err := v.award(identity.AwardSign, c.Award)
	if err != nil {
		return nil, err
	}
	if a, err = a.Signed(v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	if err := v.checkFree(a); err != nil {
		return nil, err
	}
	if err := v.checkSigner(a.Party, a.Amount); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return tx.putAward(a) }, nil
}

// Operation is AwardContract.
func (AwardContract) Operation() identity.Operation { return identity.AwardContract }

// Decide checks that the winner has signed, and may still receive what he has
// won. The result is an AwardResult.
func (c AwardContract) Decide(v *View) (Apply, error) {
	a, err := v.award(identity.AwardContract, c.Award)
	if err != nil {
		return nil, err
	}
	o := must(Get(v, Offers, "offer", a.Offer))
	payBy, err := v.auctionDay(rulebook.AuctionPayment, o, v.Today)
	if err != nil {
		return nil, err
	}
	if a, err = a.Contracted(c.Contract, v.Actor.Person, v.Now, payBy); err != nil {
		return nil, err
	}
	if err := v.checkFree(a); err != nil {
		return nil, err
	}
	if o.Buys() || o.OfCredits() { // the treasury pays, or the winner by AwardSettle
		return func(tx *Tx) any { return tx.putAward(a) }, nil
	}
	ask, err := v.askFor(a, o)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		a.Notice = ask(tx).Notice.ID
		return tx.putAward(a)
	}, nil
}

// askFor returns what asks for the payment of an award out of the offer's lots.
func (v *View) askFor(a auction.Award, o auction.Offer) (func(tx *Tx) NoticeResult, error) {
	w, err := Get(v, Winners, "winner", a.Winner)
	if err != nil {
		return nil, err
	}
	r, err := v.registration("registration", a.Registration)
	if err != nil {
		return nil, err
	}
	l, i := must(Get(v, Licences, "licence", w.Licence)), must(Get(v, Instruments, "instrument", w.Instrument))
	n := reserve.PaymentNotice{
		Party: a.Party, Region: o.Region, Licence: l.ID, Project: w.Project, Instrument: i.ID, Pollutant: o.Pollutant, Quantity: a.Quantity, Price: a.Price,
		Months: o.Months, Amount: a.Amount, DueOn: a.PayBy, Document: a.Contract, State: reserve.NoticeIssued, IssuedAt: v.Now,
	}
	if n.Amount == 0 {
		return nil, reserve.ErrNoAmount
	}
	if n.DueOn > i.TermEnd {
		return nil, ErrDueAfterTerm.With("the term of %s ends on %s", i.Code, i.TermEnd)
	}
	if err := v.checkExpected(rulebook.PrimarySale, l, i, n.Quantity, v.comingByBid(a.Registration)); err != nil {
		return nil, err
	}
	if n.Project != 0 {
		_, need, err := v.projectFor(n.Project, l, i.Pollutant)
		if err == nil {
			need.Bidding -= r.Bidding
			err = checkProjectRoom(need, n.Quantity)
		}
		if err != nil {
			return nil, err
		}
	}
	picks, err := v.pickClaims(claimant{reserve.ForOffer, o.ID}, n.Quantity)
	if err != nil {
		return nil, err
	}
	counter := v.noticeNumbers(n.Region)
	return func(tx *Tx) NoticeResult {
		tx.awardAsked(r)
		return tx.issueNotice(n, reserve.Sale{Kind: reserve.ByAuction}, counter, picks)
	}, nil
}

// Operation is AwardDefault.
func (AwardDefault) Operation() identity.Operation { return identity.AwardDefault }

// Decide checks that the deadline has passed; an objection that was dismissed
// meanwhile has given its days again, and who may not act because one was upheld is
// in no default, nor is whose credits have expired before it. What the winner's project no longer needs he does not owe:
// auction.ErrNotNeeded. In the same command he leaves the auctions that he is
// registered for. The result is an AwardResult.
func (c AwardDefault) Decide(v *View) (Apply, error) {
	a, err := v.awardBefore(identity.AwardDefault, c.Award, auction.DefaultAward, auction.AsBureau)
	if err != nil {
		return nil, err
	}
	o := must(Get(v, Offers, "offer", a.Offer))
	if o.Buys() && a.State == auction.AwardContracted {
		return nil, auction.ErrAwardStep.With("the treasury owes the payment, not the winner")
	}
	if needed, err := v.isNeeded(a); err != nil {
		return nil, err
	} else if !needed {
		return nil, auction.ErrNotNeeded
	}
	deadline, err := v.awardDeadline(a)
	if err != nil {
		return nil, err
	}
	if err := v.checkAwardUsable(a, deadline); err != nil {
		return nil, err
	}
	r, h, err := v.putUpFor(a)
	if err != nil {
		return nil, err
	}
	lost := o.Forfeit(a, r.Collateral)
	if a, err = a.Defaulted(deadline, c.Reason, v.Now, lost, v.Today.AddMonths(v.span(rulebook.AuctionBar, o.Region, o.Pollutant))); err != nil {
		return nil, err
	}
	free, err := supplyOf(o).freeShare(v, a)
	if err != nil {
		return nil, err
	}
	barred, err := v.biddersOut(bidder{party: a.Party}, because("barred", fmt.Sprintf("award %d was let go", a.ID)))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		free(tx)
		tx.forfeit(tx.awardAsked(r), h, lost, forfeitsOf(a))
		tx.excludeSome(barred, timerPartyBidders, a.Party)
		return tx.putAward(a)
	}, nil
}

// awardDeadline is the day by which the winner must act, with the days that an
// objection has cost him. Returns auction.ErrAwardUpheld where he may not act.
func (v *View) awardDeadline(a auction.Award) (calendar.Date, error) {
	upheld, answered, err := v.objected(a)
	switch {
	case err != nil:
		return 0, err
	case upheld:
		return 0, auction.ErrAwardUpheld
	case answered == 0:
		return a.Deadline(), nil
	}
	key, o := rulebook.AuctionContract, must(Get(v, Offers, "offer", a.Offer))
	if a.State == auction.AwardContracted {
		key = rulebook.AuctionPayment
	}
	again, err := v.auctionDay(key, o, answered)
	return max(a.Deadline(), again), err
}

// putUpFor is the registration of a winner with what it has put up, if it was not
// given back.
func (v *View) putUpFor(a auction.Award) (r auction.Registration, h ledger.Hold, err error) {
	if r, err = v.registration("registration", a.Registration); err == nil && r.Hold != 0 {
		h, err = Get(v, Holds, "hold", r.Hold)
	}
	return r, h, err
}

// Operation is AwardRevoke.
func (AwardRevoke) Operation() identity.Operation { return identity.AwardRevoke }

// Decide checks that an objection was upheld, that the project no longer needs it,
// or that the rules refuse the winner what he has won, which then stands in the
// reason. What was put up goes back. The result is an AwardResult.
func (c AwardRevoke) Decide(v *View) (Apply, error) {
	a, err := v.awardBefore(identity.AwardRevoke, c.Award, auction.RevokeAward, auction.AsBureau)
	if err != nil {
		return nil, err
	}
	upheld, _, err := v.objected(a)
	if err != nil {
		return nil, err
	}
	needed, err := v.isNeeded(a)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	reason := c.Reason
	if !upheld && needed {
		refusal := v.refusalOf(a)
		if refusal == nil {
			return nil, auction.ErrNotUpheld
		}
		reason += ": " + reasonOf(refusal)
	}
	revoke, err := v.revoke(a, reason)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return revoke(tx) }, nil
}
