package app

import (
	"fmt"
	"maps"
	"slices"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/rulebook"
)

// The units of a series expire together, on the day after its last one: its open
// orders are cancelled, and what holders may dispose of goes from their accounts. What
// another relies on (an auction, a lock for a mirror, a freeze) stays until that is
// over, is of no use meanwhile, and expires on the next day (I-131).

const (
	timerExpiry       = "credit_series.expire"
	timerExpiryNotice = "credit_series.notice"
)

var (
	_ = declareTimer(timerExpiry, expireCredits)
	_ = declareTimer(timerExpiryNotice, tellExpiry)
)

// expiryRanges is how many ranges of units expire in one command.
const expiryRanges = 400

// expireCredits does the next part of a series' end, and comes again while any of its
// units are held: at once, or on the next day for what others rely on today.
func expireCredits(v *View, id int64) (Apply, error) {
	series, err := Get(v, CreditSeries, "series", id)
	if err != nil || !series.Expired(v.Today) {
		return nil, err
	}
	if orders := v.ordersOfSeries(id); len(orders) > 0 {
		return func(tx *Tx) any {
			tx.Arm(tx.Now, timerExpiry, id)
			return tx.cancelEach(orders, market.Cancelled, market.TermIsOver)
		}, nil
	}
	moves, more, kept := v.expiring(series)
	return func(tx *Tx) any {
		for _, m := range moves {
			tx.expireUnits(m, id)
		}
		switch {
		case more:
			tx.Arm(tx.Now, timerExpiry, id)
		case kept > 0:
			tx.Arm(tx.Today.AddDays(1).Start(), timerExpiry, id)
		}
		return kept
	}, nil
}

// ordersOfSeries are open orders of a series, as many as one command cancels.
func (v *View) ordersOfSeries(series int64) []*market.Record {
	for i := range All(v, Instruments) {
		if i.Series == series {
			return v.openOrders(i.ID)
		}
	}
	return nil
}

// expiring is what of a series expires next, by holder, whether there is more of it, and
// how many units of it are held beside that.
func (v *View) expiring(s carbon.Series) (moves []creditMove, more bool, kept int64) {
	left := expiryRanges
	for _, party := range v.credits.holders[s.ID] {
		h := creditHolder{s.ID, party}
		key, scheme := v.creditAccount(h)
		kept += v.ledger.Balance(key).Balance / int64(scheme.SerialUnit)
		var m creditMove
		units := int64(0)
		for r := range v.spareRanges(h) {
			if more = left == 0; more {
				break
			}
			left--
			m.taken = append(m.taken, r)
			units += r.Units()
		}
		if units > 0 {
			m.transfer = transferOf(ledger.CreditExpiry, key, creditKey(ledger.CreditsExpired, scheme, s, 0), units*int64(scheme.SerialUnit))
			moves = append(moves, m)
			kept -= units
		}
		if more {
			break
		}
	}
	return moves, more, kept
}

// expireUnits takes what has expired from its holder, and counts it in its issuances. Of a
// mirror that was revoked but for it, the units at home are free again.
func (tx *Tx) expireUnits(m creditMove, series int64) {
	of := map[int64]int64{} // units, by issuance
	for _, r := range tx.moveUnits(m, series, func(r *carbon.Range) { r.State, r.ExpiredOn = carbon.RangeExpired, tx.Today }) {
		of[r.Issuance] += r.Units()
	}
	for _, id := range slices.Sorted(maps.Keys(of)) {
		i := mustGet(tx, Issuances, id).Without(0, of[id])
		tx.unlockRevoked(i, tx.owes(i.ID, 0))(tx)
		Put(tx, Issuances, i)
	}
}

// tellExpiry tells the holders of a series of its last day, by a public notice.
func tellExpiry(v *View, id int64) (Apply, error) {
	s, err := Get(v, CreditSeries, "series", id)
	if err != nil || s.Expired(v.Today) {
		return nil, err
	}
	scheme := rowsOf(v.state, CarbonSchemes).rows[s.Scheme]
	n := approval.PublicNotice{
		Region: scheme.Region, Kind: "credit_expiry", Subject: id, Title: fmt.Sprintf("碳普惠减排量到期公告 · The credits %s expire", s.Code),
		Body: fmt.Sprintf("%s 的最后使用日为 %s，次日起失效。\nThe last day on which credits %s of %s can be used is %s. What is not used by then expires.",
			s.Code, s.ValidTo, s.Code, scheme.Name, s.ValidTo),
		Document: v.lifeOf(s.Scheme, s.Vintage).Document, StartsOn: v.Today, EndsOn: max(s.ValidTo, v.noticeEnd(scheme.Region)),
		State: approval.NoticePosted, PostedAt: v.Now,
	}
	return func(tx *Tx) any { return Put(tx, PublicNotices, n) }, nil
}

// checkPaidInTime returns carbon.ErrExpired unless the winners of an offer of credits
// can pay on or before their last day, in the time that they have for the contract and
// the payment.
func (v *View) checkPaidInTime(o auction.Offer, s carbon.Series) error {
	if s.ValidTo.IsZero() {
		return nil
	}
	day := o.ClosesAt.Date()
	for _, key := range []rulebook.Key{rulebook.AuctionCertify, rulebook.AuctionContract, rulebook.AuctionPayment} {
		var err error
		if day, err = v.auctionDay(key, o, day); err != nil {
			return err
		}
	}
	return atField(s.CheckUsable(day), "closes_at")
}

// checkOfferUsable returns carbon.ErrExpired when the credits that are on sale cannot be
// used on a day. Permits are none.
func (v *View) checkOfferUsable(o auction.Offer, on calendar.Date) error {
	return rowsOf(v.state, CreditSeries).rows[o.Series].CheckUsable(on)
}

// checkAwardUsable is checkOfferUsable of what was won.
func (v *View) checkAwardUsable(a auction.Award, on calendar.Date) error {
	return v.checkOfferUsable(must(Get(v, Offers, "offer", a.Offer)), on)
}
