package app

import (
	"context"

	"permitx/internal/auction"
	"permitx/internal/identity"
)

// A result waits for its certification, and a halted window to go on; an open
// window waits for the bids of those who are registered; collateral is put up
// until a deadline.
var (
	_ = declareInbox(Offers, Where("state", string(auction.OfferRanked)), identity.OfferCertify,
		func(o auction.Offer) (Waiting, identity.Target) {
			return Waiting{Action: "certify", Region: o.Region, Since: o.ClosedAt, Until: through(o.CertifyBy)}, identity.OfRegion(o.Region)
		})
	_ = declareInbox(Offers, Where("state", string(auction.OfferHalted)), identity.OfferResume,
		func(o auction.Offer) (Waiting, identity.Target) {
			return Waiting{Action: "resume", Region: o.Region, Since: o.SeenAt}, identity.OfRegion(o.Region)
		})
	_ = declareWaiting(windowsWaiting)
)

// windowsWaiting are the open windows that a bidder is registered for.
func windowsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	parties := a.Parties()
	if len(parties) == 0 {
		return nil
	}
	open := map[int64]auction.Offer{}
	err := eachOf(ctx, r, Offers, Query{}.And("state", In, anyOf([]auction.OfferState{auction.OfferBidding, auction.OfferHalted})), func(o auction.Offer) { open[o.ID] = o })
	if err != nil || len(open) == 0 {
		return err
	}
	q := Where("state", string(auction.Registered)).And("party", In, parties)
	return eachOf(ctx, r, Registrations, q, func(x auction.Registration) {
		if o, bidding := open[x.Offer]; bidding {
			each(Waiting{Kind: Offers.name, ID: o.ID, Action: "quotes", Region: o.Region, Party: x.Party, Since: o.OpensAt, Until: o.ClosesAt})
		}
	})
}
