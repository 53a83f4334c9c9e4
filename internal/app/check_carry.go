package app

import (
	"permitx/internal/auction"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkCarryOvers)

// checkCarryOvers holds what offers of programmes took over against what others
// did not sell, before the window that it changed (I-88).
func (c *checker) checkCarryOvers() error {
	offers := map[int64]auction.Offer{}
	if err := eachOf(c.ctx, c.r, Offers, Query{}, func(o auction.Offer) { offers[o.ID] = o }); err != nil {
		return err
	}
	in, out := map[int64]quantity.Quantity{}, map[int64]quantity.Quantity{}
	err := eachOf(c.ctx, c.r, CarryOvers, Query{}, func(x auction.CarryOver) {
		from, to := offers[x.FromOffer], offers[x.ToOffer]
		in[to.ID] += x.Quantity
		out[from.ID] += x.Quantity
		ended := from.State == auction.OfferCertified || from.State == auction.OfferFailed
		if !ended || !from.IsSameProgramme(to) || x.At < from.ClosedAt || x.At >= to.OpensAt || x.Notice == 0 {
			c.report("I-88", CarryOvers.name, x.ID, "carries %s over from offer %d, which is %s, to offer %d, which opened at %s, on %s", x.Quantity, from.ID, from.State, to.ID, to.OpensAt, x.At)
		}
	})
	for id, o := range offers {
		if o.Carried != in[id] || out[id] > o.Unsold() || o.Programme != "" && o.Quantity != o.Planned+o.Carried {
			c.report("I-88", Offers.name, id, "offers %s of %s planned, took over %s of %s, and %s of %s unsold went on", o.Quantity, o.Planned, o.Carried, in[id], out[id], o.Unsold())
		}
	}
	return err
}
