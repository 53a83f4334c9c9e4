package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
)

// The bounds of one step after the close: what keeps the writer below 20 ms,
// with the commit, where a row costs 20 µs to 50 µs.
const (
	chainBids  = 100                  // opened, or given their outcome
	chainBacks = 50                   // collaterals given back, five rows each
	chainRest  = 5 * time.Millisecond // between two steps, about a batch: so an order waits for one step at most
	chainPause = 5 * time.Second      // after a step that failed
)

// chain does what follows by itself on a closed window, on a certification and
// on the end of an offer that came to nothing: one bounded command after the
// other, each of which leaves the offer in a state that can be seen, and from
// which a start goes on. The result is computed here, outside the writer.
func (a *App) chain(ctx context.Context) {
	defer close(a.chained)
	results := map[int64][]auction.Outcome{}
	for {
		select {
		case <-a.stopped:
			return
		case <-a.links:
		}
		for id, o := range ReadTable(a.Reference(), Offers).All() {
			for o.IsChained() {
				if err := a.link(ctx, o, results); err != nil {
					if a.chainFailed(o, err) {
						return
					}
					break
				}
				if o, _ = ReadTable(a.Reference(), Offers).Get(id); o.IsChained() && a.isStoppedAfter(chainRest) {
					return
				}
			}
			delete(results, id)
		}
	}
}

// isStoppedAfter waits for a time; it reports whether the writer has ended meanwhile.
func (a *App) isStoppedAfter(d time.Duration) bool {
	select {
	case <-a.stopped:
		return true
	case <-time.After(d):
		return false
	}
}

// chainFailed waits before the next try; it reports whether the writer has ended.
func (a *App) chainFailed(o auction.Offer, err error) (over bool) {
	if errors.Is(err, ErrStopping) {
		return true
	}
	a.config.Log.Error("an offer does not get on", slog.Int64("offer", o.ID), slog.String("state", string(o.State)), slog.Any("error", err))
	go func() {
		if !a.isStoppedAfter(chainPause) {
			a.linkWaits()
		}
	}()
	return false
}

// linkWaits wakes the chain.
func (a *App) linkWaits() {
	select {
	case a.links <- struct{}{}:
	default:
	}
}

// link takes the next step of an offer.
func (a *App) link(ctx context.Context, o auction.Offer, results map[int64][]auction.Outcome) error {
	switch {
	case o.Releasing:
		return a.linkBack(ctx, o)
	case o.State == auction.OfferClosed:
		return a.send(ctx, fmt.Sprintf("offer-%d-open-%d", o.ID, o.Opened), OfferOpenBids{o.ID})
	case o.State == auction.OfferCertifying:
		return a.linkAward(ctx, o)
	}
	outcomes, known := results[o.ID]
	if !known {
		computed, r, err := computeResult(ctx, a.config.Store, o)
		if err != nil {
			return err
		}
		outcomes = computed
		results[o.ID] = outcomes
		if o.State == auction.OfferOpened {
			return a.send(ctx, fmt.Sprintf("offer-%d-compute", o.ID), r)
		}
		if r.Digest != o.ResultDigest {
			return fmt.Errorf("app: the result of offer %d is %s, computed again it is %s", o.ID, o.ResultDigest, r.Digest)
		}
	}
	next, _ := slices.BinarySearchFunc(outcomes, o.Applied+1, func(x auction.Outcome, id int64) int { return int(x.Registration - id) })
	end, rows := next, 0
	for end < len(outcomes) && rows < chainBids {
		rows += 1 + len(outcomes[end].Bids)
		end++
	}
	return a.send(ctx, fmt.Sprintf("offer-%d-apply-%d", o.ID, o.Applied), OfferApply{o.ID, outcomes[next:end], end == len(outcomes)})
}

// send does a command of the registry's own; a key that was used has done it.
func (a *App) send(ctx context.Context, key string, c Command) error {
	answer, err := a.DoSystem(ctx, key, c)
	if err == nil && answer.Status >= 300 {
		return fmt.Errorf("app: %s was answered with %d: %s", c.Operation(), answer.Status, answer.Body)
	}
	return err
}

func (a *App) linkBack(ctx context.Context, o auction.Offer) error {
	var rows []auction.Registration
	err := a.config.Store.Find(ctx, Registrations.name, Where("offer", o.ID).And("hold", Gt, 0).Page(0, chainBacks), &rows)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("offer-%d-back-end", o.ID)
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i], key = r.ID, fmt.Sprintf("offer-%d-back-%d", o.ID, r.ID)
	}
	return a.send(ctx, key, OfferGiveBack{o.ID, ids})
}

func (a *App) linkAward(ctx context.Context, o auction.Offer) error {
	var rows []auction.Registration
	q := Where("offer", o.ID).And("state", Eq, string(auction.Won)).Page(o.Awarded, chainBids/2)
	if err := a.config.Store.Find(ctx, Registrations.name, q, &rows); err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return a.send(ctx, fmt.Sprintf("offer-%d-award-%d", o.ID, o.Awarded), OfferAward{o.ID, ids})
}

// The steps after the close. Only the registry itself takes them.
type (
	// OfferOpenBids opens the quotes of some bidders.
	OfferOpenBids struct{ Offer int64 }
	// OfferCompute fixes the result of an offer by its digest.
	OfferCompute struct {
		Offer         int64
		Status        auction.Status
		ClearingPrice int64 // quantity.Price
		Volume        int64 // quantity.Quantity
		Digest        string
	}
	// OfferApply gives some bidders their outcome.
	OfferApply struct {
		Offer    int64
		Outcomes []auction.Outcome
		Last     bool
	}
	// OfferAward writes what some of the certified winners have won.
	OfferAward struct {
		Offer         int64
		Registrations []int64 // none: all have theirs
	}
	// OfferGiveBack gives some bidders back what they put up for an offer that came to nothing.
	OfferGiveBack struct {
		Offer         int64
		Registrations []int64 // none: all have theirs
	}
)

var _ = declare(OfferOpenBids{}, OfferCompute{}, OfferApply{}, OfferAward{}, OfferGiveBack{})

// OfferProgress is how far an offer has got by a step of the registry's own.
type OfferProgress struct {
	Offer int64
	State auction.OfferState
}

// putProgress writes an offer after such a step.
func (tx *Tx) putProgress(o auction.Offer) OfferProgress {
	o = Put(tx, Offers, o)
	return OfferProgress{o.ID, o.State}
}

// ErrChain is returned for a step that is not the next one.
var ErrChain = fault.New(fault.Conflict, "offer.other_step", "this is not the offer's next step")

func (v *View) chainStep(op identity.Operation, id int64, e auction.OfferEvent) (auction.Offer, error) {
	o, err := v.offer(op, id)
	if err != nil {
		return o, err
	}
	_, err = o.Next(e, auction.AsSystem)
	return o, err
}

// Operation is OfferOpenBids.
func (OfferOpenBids) Operation() identity.Operation { return identity.OfferOpenBids }

// Decide opens the quotes of the next bidders. The result is an OfferProgress.
func (c OfferOpenBids) Decide(v *View) (Apply, error) {
	o, err := v.chainStep(identity.OfferOpenBids, c.Offer, auction.OpenBids)
	if err != nil {
		return nil, err
	}
	room, err := v.readyRoom(o)
	if err != nil {
		return nil, err
	}
	if o, err = v.withKey(o); err != nil {
		return nil, err
	}
	bids, done := room.next(o, func(id int64) auction.Registration { return rowsOf(v.state, Registrations).rows[id] })
	if done {
		if o, err = o.Next(auction.AllBidsOpen, auction.AsSystem); err != nil {
			return nil, err
		}
	}
	o.Quotes = room.quotes
	return func(tx *Tx) any {
		for _, b := range bids {
			b = Put(tx, OpenedBids, b)
			room.opened[b.ID] = b
			o.Opened = b.Registration
			o.Bids++
		}
		return tx.putProgress(o)
	}, nil
}

// next are the bids to be opened after those that are; done says that they are the last.
func (r *offerRoom) next(o auction.Offer, bidder func(id int64) auction.Registration) (bids []auction.OpenedBid, done bool) {
	if o.IsOpen() {
		return nil, true
	}
	ids := r.inOrder()
	at, _ := slices.BinarySearch(ids, o.Opened+1)
	for ; at < len(ids) && len(bids) < chainBids; at++ {
		q := r.last[ids[at]]
		for _, s := range o.Within(q.terms, bidder(ids[at])).Steps {
			bids = append(bids, auction.OpenedBid{
				Offer: o.ID, Registration: ids[at], Quote: q.quote, Price: s.Price, Quantity: s.Quantity, PlacedAt: q.at,
			})
		}
	}
	return bids, at == len(ids)
}

// Operation is OfferCompute.
func (OfferCompute) Operation() identity.Operation { return identity.OfferCompute }

// Decide fixes the result. The result is an OfferProgress.
func (c OfferCompute) Decide(v *View) (Apply, error) {
	o, err := v.chainStep(identity.OfferCompute, c.Offer, auction.Compute)
	if err != nil {
		return nil, err
	}
	if o, err = o.Next(auction.Compute, auction.AsSystem); err != nil {
		return nil, err
	}
	o = c.fill(o)
	return func(tx *Tx) any { return tx.putProgress(o) }, nil
}

// Operation is OfferApply.
func (OfferApply) Operation() identity.Operation { return identity.OfferApply }

// Decide holds that these are the next outcomes of the result that was fixed;
// with the last the digests must agree. The result is an OfferProgress.
func (c OfferApply) Decide(v *View) (Apply, error) {
	o, err := v.chainStep(identity.OfferApply, c.Offer, auction.Apply)
	if err != nil {
		return nil, err
	}
	if len(c.Outcomes) > 0 && c.Outcomes[0].Registration <= o.Applied {
		return nil, ErrChain
	}
	room, err := v.readyRoom(o)
	if err != nil {
		return nil, err
	}
	for _, x := range c.Outcomes {
		o.Applied, o.AppliedDigest = x.Registration, auction.Chain(o.AppliedDigest, x)
	}
	if o.AppliedDigest == "" {
		o.AppliedDigest = auction.NobodyDigest
	}
	if !c.Last {
		return func(tx *Tx) any { return tx.applyOutcomes(o, room, c.Outcomes) }, nil
	}
	if o.AppliedDigest != o.ResultDigest {
		return nil, ErrChain.With("the outcomes come to %s, the result is %s", o.AppliedDigest, o.ResultDigest)
	}
	end, back := auction.Rank, func(_ *Tx, o auction.Offer) auction.Offer { return o }
	if o.Volume == 0 {
		end, o.Reason = auction.FailOffer, o.Failure()
		if back, err = v.giveBackUnsold(o); err != nil {
			return nil, err
		}
	}
	if o, err = o.Next(end, auction.AsSystem); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.applyOutcomes(o, room, c.Outcomes)
		delete(tx.rooms, o.ID)
		o := back(tx, o)
		return OfferProgress{o.ID, o.State}
	}, nil
}

func (tx *Tx) applyOutcomes(o auction.Offer, room *offerRoom, outcomes []auction.Outcome) OfferProgress {
	for _, x := range outcomes {
		r := mustGet(tx, Registrations, x.Registration)
		r.State, r.Place, r.Won = auction.Lost, x.Place, x.Won()
		for _, b := range x.Bids {
			if b.Won == 0 {
				continue
			}
			bid := room.opened[b.Bid]
			bid.Won, bid.Paid = b.Won, b.Paid
			room.opened[b.Bid] = Put(tx, OpenedBids, bid)
			r.State, r.Price = auction.Won, x.Price()
		}
		Put(tx, Registrations, tx.keepWon(r, o.Pollutant))
	}
	return tx.putProgress(o)
}

// Operation is OfferGiveBack.
func (OfferGiveBack) Operation() identity.Operation { return identity.OfferGiveBack }

// Decide gives collateral back. The result is an OfferProgress.
func (c OfferGiveBack) Decide(v *View) (Apply, error) {
	o, err := v.offer(identity.OfferGiveBack, c.Offer)
	if err != nil {
		return nil, err
	}
	if !o.Releasing {
		return nil, ErrChain
	}
	if len(c.Registrations) == 0 {
		o.Releasing = false
		return func(tx *Tx) any {
			delete(tx.rooms, o.ID)
			return tx.putProgress(o)
		}, nil
	}
	rows, err := Find(v, Registrations, Query{}.And("id", In, c.Registrations).And("offer", Eq, o.ID).And("hold", Gt, 0))
	if err != nil {
		return nil, err
	}
	holds := make([]ledger.Hold, len(rows))
	for i, r := range rows {
		if holds[i], err = Get(v, Holds, "id", r.Hold); err != nil {
			return nil, err
		}
	}
	return func(tx *Tx) any {
		for i, r := range rows {
			tx.returnCollateral(r, holds[i])
			r.State, r.Hold, r.Won, r.Price = auction.ReleasedUndecided, 0, 0, 0
			Put(tx, Registrations, tx.freeOfBidder(r))
		}
		return OfferProgress{o.ID, o.State}
	}, nil
}

// readyRoom is the room of an offer, or ErrNoSealKey; when the key has come
// back, the room is opened now.
func (v *View) readyRoom(o auction.Offer) (*offerRoom, error) {
	if v.rooms[o.ID] == nil {
		if err := v.openRoom(o); err != nil {
			return nil, ErrNotDurable.Because(err)
		}
	}
	if r := v.rooms[o.ID]; r != nil {
		return r, nil
	}
	return nil, ErrNoSealKey
}
