package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// programme announces offers of one programme, a week apart from the window of
// the desk on; every firm registers for each of them.
func (d *auctionDesk) programme(volumes ...quantity.Quantity) (ids []int64) {
	d.t.Helper()
	for n, q := range volumes {
		week := calendar.Instant(n) * 7 * 24 * 3600 * second
		o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
			c.Programme, c.Quantity = "2026", q
			c.OpensAt, c.ClosesAt = c.OpensAt+week, c.ClosesAt+week
		}))
		ids = append(ids, o.ID)
	}
	d.now.set(d.now.get() + second)
	for _, id := range ids {
		for _, f := range d.firms {
			d.register(id, f, 0)
		}
	}
	return ids
}

// sells runs the window of an offer; of no firm there is no bid. It certifies what is ranked.
func (d *auctionDesk) sells(id int64, wanted ...quantity.Quantity) auction.Offer {
	d.t.Helper()
	d.now.set(d.offerNow(id).OpensAt)
	d.settle()
	for n, q := range wanted {
		if q > 0 {
			d.bid(d.firms[n], id, ask(int64(4000+n), q))
		}
	}
	d.now.set(d.offerNow(id).ClosesAt)
	o := d.offerNow(id)
	if o.State == auction.OfferRanked {
		done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
		o = d.offerNow(id)
	}
	return o
}

// What an offer of a programme does not sell goes evenly to the next ones, up to a
// quarter of what they had planned, with a notice of the new volume before their
// windows; what does not fit is free.
func TestProgramme(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	ids := d.programme(10*one, 20*one, 8*one)
	d.wantLots("announced", "62 38 0 0")
	d.sells(ids[0], 4*one)
	second, third := d.offerNow(ids[1]), d.offerNow(ids[2])
	if second.Quantity != 24*one || second.Carried != 4*one || second.Planned != 20*one || third.Quantity != 10*one {
		t.Fatalf("six are carried over as 4 and 2: %s and %s", second.Quantity, third.Quantity)
	}
	d.wantLots("carried over", "62 38 0 0")
	carries := rowsIn(d.office, CarryOvers, Query{})
	if x := rowsIn(d.office, PublicNotices, Where("id", carries[0].Notice))[0]; len(carries) != 2 || x.Subject != second.ID || x.EndsOn != second.OpensAt.Date() || x.EndsOn <= x.StartsOn || !strings.Contains(x.Body, "it offers 24 t/a now, of 20 that were planned") {
		t.Errorf("the notice: %+v", x)
	}
	d.check()
	if o := d.sells(ids[1]); o.State != auction.OfferFailed { // all of it is left, and nothing fits any more
		t.Fatalf("the second is %s", o.State)
	}
	if third = d.offerNow(ids[2]); third.Quantity != 10*one {
		t.Errorf("the third took over %s", third.Carried)
	}
	d.wantLots("what does not fit is free", "86 14 0 0")
	d.check()
	if o := d.sells(ids[2], 3*one, 7*one); o.Volume != 10*one {
		t.Errorf("the third sold %s", o.Volume)
	}
	d.wantLots("the end", "86 14 0 0")
	d.check()
}

// An offer whose window is open never changes; offers of a programme go together.
func TestProgramme_Refusals(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	in := func(format auction.Format, change func(*OfferAnnounce)) OfferAnnounce {
		return d.prepared(d.offerOf(format, func(c *OfferAnnounce) {
			c.Programme = "2026"
			if change != nil {
				change(c)
			}
		}))
	}
	first := done[OfferResult](d.office, d.clerk, in(auction.Uniform, nil)).Offer
	other := done[OfferResult](d.office, d.clerk, in(auction.Uniform, func(c *OfferAnnounce) { c.ClosesAt += 60 * second })).Offer
	d.refuses(d.clerk, in(auction.Uniform, func(c *OfferAnnounce) { c.LotSize = one }), auction.ErrProgramme)
	d.refuses(d.clerk, in(auction.PayAsBid, nil), auction.ErrFormatOption)
	d.refuses(d.clerk, in(auction.Uniform, func(c *OfferAnnounce) { c.Programme = strings.Repeat("x", 101) }), auction.ErrFormatOption)
	d.register(first.ID, d.firms[0], 0)
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], first.ID, ask(4000, one))
	d.now.set(windowCloses)
	d.settle()
	first = d.offerNow(first.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{first.ID, first.ResultDigest, "成交确认"})
	if o := d.offerNow(other.ID); o.State != auction.OfferBidding || o.Carried != 0 {
		t.Errorf("the open window: %s, took over %s", o.State, o.Carried)
	}
	d.wantLots("free", "89 11 0 0")
	d.check()
}

// Through any programme what was planned is what was sold, what is free again and
// what is still on offer.
func TestProgramme_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 88))
			d := openAuctionDesk(t, 2)
			var volumes []quantity.Quantity
			planned := quantity.Quantity(0)
			for range 2 + r.IntN(3) {
				volumes = append(volumes, quantity.Quantity(1+r.IntN(200))*one/10)
				planned += volumes[len(volumes)-1]
			}
			ids := d.programme(volumes...)
			sold := quantity.Quantity(0)
			for n, id := range ids {
				most := int(d.offerNow(id).Quantity / (one / 10))
				sold += d.sells(id, quantity.Quantity(r.IntN(most+1))*one/10, quantity.Quantity(r.IntN(most/2+1))*one/10).Volume
				listed := quantity.Quantity(0)
				for _, next := range ids[n+1:] {
					o := d.offerNow(next)
					listed += o.Quantity
					if 4*o.Quantity > 5*o.Planned {
						t.Errorf("%s are offered of %s planned", o.Quantity, o.Planned)
					}
				}
				free := 100*one - sold - listed
				d.wantLots(fmt.Sprintf("after offer %d", n), fmt.Sprint(free, sold+listed, 0, 0))
				if sold+listed > planned {
					t.Errorf("%s are sold and %s on offer of %s planned", sold, listed, planned)
				}
				d.check()
			}
			d.restart()
			d.check()
		})
	}
}

// A carry-over that was changed is found.
func TestCheck_CarryOver(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	ids := d.programme(10*one, 20*one)
	d.sells(ids[0], one)
	o := d.offerNow(ids[1])
	if o.Carried != 5*one {
		t.Fatalf("took over %s", o.Carried)
	}
	offers, carries := d.store.table(Offers.name), d.store.table(CarryOvers.name)
	for name, alter := range map[string]func() func(){
		"I-88 carried":  func() func() { return swap(offers, o.ID, func(o *auction.Offer) { o.Carried-- }) },
		"I-88 planned":  func() func() { return swap(offers, o.ID, func(o *auction.Offer) { o.Planned++ }) },
		"I-88 quantity": func() func() { return swap(carries, 1, func(x *auction.CarryOver) { x.Quantity = 10 * one }) },
		"I-88 notice":   func() func() { return swap(carries, 1, func(x *auction.CarryOver) { x.Notice = 0 }) },
		"I-88 time":     func() func() { return swap(carries, 1, func(x *auction.CarryOver) { x.At = o.OpensAt }) },
		"I-88 source":   func() func() { return swap(carries, 1, func(x *auction.CarryOver) { x.FromOffer = o.ID }) },
	} {
		restore := alter()
		d.names(name)
		restore()
	}
	d.check()
}
