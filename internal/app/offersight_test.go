package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// The cut-off that a window shows is the lowest price that wins when it closes as it
// is: of the first 70 %, those whom the supply reaches, by the notice's rule for one
// who does not fit; none with too few bidders.
func TestBidderSight_CutOff(t *testing.T) {
	t.Parallel()
	needs := []quantity.Quantity{3 * one, 4 * one, one, one}
	for name, c := range map[string]struct {
		change func(*OfferAnnounce)
		want   quantity.Price
	}{
		"cut":        {func(c *OfferAnnounce) { c.Fit = auction.FitCut }, yuan(8900)},
		"dropped":    {func(c *OfferAnnounce) { c.Fit = auction.FitDropped }, yuan(8800)},
		"refused":    {func(c *OfferAnnounce) { c.Fit = auction.FitRefused }, yuan(9000)},
		"as agreed":  {nil, yuan(8900)}, // the second bidder takes a part
		"all fit":    {func(c *OfferAnnounce) { c.Quantity = 9 * one }, yuan(8800)},
		"too few":    {func(c *OfferAnnounce) { c.BiddersMin = 5 }, 0},
		"every wins": {func(c *OfferAnnounce) { c.Quantity, c.WinShare = 9*one, quantity.OneRatio }, yuan(8700)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openAuctionDesk(t, len(needs))
			o := d.announce(d.offerOf(auction.PayAsBidShare, func(o *OfferAnnounce) {
				o.Sight, o.Quantity = auction.SeesCutOff, 5*one
				if c.change != nil {
					c.change(o)
				}
			}))
			for n, f := range d.firms {
				project := d.project(f, needs[n], quantity.OneRatio)
				done[auction.Registration](d.office, f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID, Project: project, AcceptsPart: n == 1})
			}
			d.now.set(windowOpens)
			d.settle()
			for n, f := range d.firms {
				d.bid(f, o.ID, ask(int64(9000-100*n), 0))
			}
			if got := d.app.BidderSight(d.offerNow(o.ID), 1).CutOff; got != c.want {
				t.Errorf("shown: %s; want %s", got, c.want)
			}
			d.restart()
			if got := d.app.BidderSight(d.offerNow(o.ID), 1).CutOff; got != c.want {
				t.Errorf("shown after a restart: %s; want %s", got, c.want)
			}
			d.now.set(windowCloses)
			d.settle()
			var lowest quantity.Price
			for _, r := range rowsIn(d.office, Registrations, Query{}) {
				if r.Won > 0 && (lowest == 0 || r.Price < lowest) {
					lowest = r.Price
				}
			}
			if lowest != c.want {
				t.Errorf("the lowest price that won is %s; want %s", lowest, c.want)
			}
		})
	}
}
