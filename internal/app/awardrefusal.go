package app

import (
	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// refusalOf is what refuses the winner of an award what he has won, as the rules
// and the facts are now. nil: nothing does. What passes by itself or by his own
// doing (the calendar of a year that is not published, frozen lots, his open
// orders) is none. Who sells to the state is asked for nothing more.
func (v *View) refusalOf(a auction.Award) *fault.Error {
	o := must(Get(v, Offers, "offer", a.Offer))
	var err error
	switch {
	case !a.State.IsOpen() || o.Buys():
	case o.OfCredits():
		err = fault.First(v.judgeCreditParty(v.known, "party", a.Party), v.checkAwardUsable(a, v.Today))
	case a.Notice == 0:
		err = v.refusedContract(a)
	default:
		err = v.refusedDelivery(a)
	}
	if f, is := fault.As(err); is && f.Kind != fault.Unavailable {
		return f
	}
	return nil
}

// refusedContract is what refuses the contract of an award. Who has signed and has
// since bought what his project needs can be in no default, so that it refuses, too.
func (v *View) refusedContract(a auction.Award) error {
	w, err := Get(v, Winners, "winner", a.Winner)
	if err != nil {
		return err
	}
	l, i := must(Get(v, Licences, "licence", w.Licence)), must(Get(v, Instruments, "instrument", w.Instrument))
	if err := v.checkExpected(rulebook.PrimarySale, l, i, a.Quantity, v.comingByBid(a.Registration)); err != nil || w.Project == 0 || a.State != auction.AwardSigned {
		return err
	}
	if n, _ := v.needOf(w.Project, i.Pollutant); n.Missing() < a.Quantity {
		return ErrBeyondNeed.With("the project misses %s t/a of %s and not %s", n.Missing(), i.Pollutant, a.Quantity)
	}
	return nil
}

// refusedDelivery is what refuses the delivery of an award whose payment was asked for.
func (v *View) refusedDelivery(a auction.Award) error {
	n, err := Get(v, Notices, "notice", a.Notice)
	if err != nil || n.State != reserve.NoticeIssued && n.State != reserve.NoticeProved {
		return err
	}
	l, i := must(Get(v, Licences, "licence", n.Licence)), must(Get(v, Instruments, "instrument", n.Instrument))
	return v.checkExpected(rulebook.PrimarySale, l, i, n.Quantity, v.comingByNotice(n.ID))
}
