package app

import (
	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// refusalOf is what refuses the winner of an award what he has won, as the rules
// and the facts are now: what his contract, his delivery or his settlement would be
// refused with. nil: nothing does. Who sells to the state is asked for nothing more.
func (v *View) refusalOf(a auction.Award) *fault.Error {
	o := must(Get(v, Offers, "offer", a.Offer))
	var err error
	switch {
	case !a.State.IsOpen() || o.Buys():
	case o.OfCredits():
		err = v.judgeCreditParty(v.known, "party", a.Party)
	case a.Notice == 0:
		if a.PayBy, err = v.auctionDay(rulebook.AuctionPayment, o, v.Today); err == nil {
			_, err = v.askFor(a, o)
		}
	default:
		err = v.refusedDelivery(a)
	}
	if f, is := fault.As(err); is && f.Kind != fault.Unavailable {
		return f
	}
	return nil
}

// refusedDelivery is what refuses the delivery of an award whose payment was asked for.
func (v *View) refusedDelivery(a auction.Award) error {
	n, err := Get(v, Notices, "notice", a.Notice)
	if err != nil || n.State != reserve.NoticeIssued && n.State != reserve.NoticeProved {
		return err
	}
	sold, err := v.complete(n)
	if err == nil {
		_, err = v.delivery(sold)
	}
	return err
}
