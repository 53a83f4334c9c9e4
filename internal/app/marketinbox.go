package app

import (
	"context"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/market"
)

// blocksWaiting are the block trades that wait for the other side's word, or for an
// officer's approval, until they lapse with their day.
func blocksWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.BlockStep) {
		return nil
	}
	return eachOf(ctx, r, Blocks, openBlocks(), func(b market.Block) {
		for _, e := range []market.BlockEvent{market.BlockConfirm, market.BlockApprove} {
			if _, _, err := b.Next(e, blockRoles(a, b)...); err != nil || b.MayAct(a.Person, e) != nil {
				continue
			}
			w := Waiting{Kind: Blocks.name, ID: b.ID, Action: string(e), Region: b.BuyerRegion, Party: b.BuyerParty, Since: b.ProposedAt, Until: b.LapsesAt, by: b.Command}
			if b.Proposer == market.Buy { // it waits for the seller
				w.Region, w.Party = b.SellerRegion, b.SellerParty
			}
			each(w)
		}
	})
}

// awardsWaiting are the awards that their winners have not signed, since the result
// of the auction was certified.
func awardsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.AwardSign) {
		return nil
	}
	var awards []auction.Award
	var offers []int64
	err := eachOf(ctx, r, Awards, Where("state", string(auction.Awarded)), func(w auction.Award) {
		if identity.Authorise(a, identity.AwardSign, identity.OfParty(w.Party, w.Region)) == nil {
			awards, offers = append(awards, w), append(offers, w.Offer)
		}
	})
	if err != nil {
		return err
	}
	certified, err := certifiedTimes(ctx, r, offers)
	for _, w := range awards {
		each(Waiting{
			Kind: Awards.name, ID: w.ID, Action: "sign", Region: w.Region, Party: w.Party, Since: certified[w.Offer], Until: through(w.ContractBy),
		})
	}
	return err
}

var certifiedTimes = timesOf(Offers, Query{}, "id", func(o auction.Offer) (int64, calendar.Instant) { return o.ID, o.CertifiedAt })
