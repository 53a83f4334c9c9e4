package app

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A bid of a case; of a share sale the quantity is what the bidder needs.
type ruledBid struct{ price, tons int64 }

// offerRules are the rules of an offer of 10 t/a that the clearing alone applies,
// each with what the bidders get by hand. want has two where lots are drawn: who
// bid first is the first of the tied in the draw, or the second is.
var offerRules = []struct {
	name   string
	format auction.Format
	change func(*OfferAnnounce)
	bids   []ruledBid
	state  auction.OfferState
	want   [2]string
}{
	// Of 4 bidders the first 3 win (70 %, half up): 6, and of the 4 left 5 and 3.
	{"cut", auction.PayAsBidShare, func(c *OfferAnnounce) { c.Fit = auction.FitCut }, needs, auction.OfferRanked, [2]string{"6 4 0 0"}},
	{"refused", auction.PayAsBidShare, func(c *OfferAnnounce) { c.Fit = auction.FitRefused }, needs, auction.OfferRanked, [2]string{"6 0 0 0"}},
	{"dropped", auction.PayAsBidShare, func(c *OfferAnnounce) { c.Fit = auction.FitDropped }, needs, auction.OfferRanked, [2]string{"6 0 3 0"}},
	{"as agreed, with no part", auction.PayAsBidShare, nil, needs, auction.OfferRanked, [2]string{"6 0 3 0"}},

	{"as many bidders as are wanted", auction.PayAsBidShare, func(c *OfferAnnounce) { c.BiddersMin = 4 }, needs, auction.OfferRanked, [2]string{"6 0 3 0"}},
	{"fewer bidders than are wanted", auction.PayAsBidShare, func(c *OfferAnnounce) { c.BiddersMin = 5 }, needs, auction.OfferFailed, [2]string{"0 0 0 0"}},

	// 8 and 9 tie for 10: their shares are 4.7 and 5.3, of which one lot is left.
	{"by time", auction.Uniform, tie(auction.ByTime), tied, auction.OfferRanked, [2]string{"8 2"}},
	{"drawn", auction.Uniform, tie(auction.Drawn), tied, auction.OfferRanked, [2]string{"8 2", "1 9"}},
	{"pro rata", auction.Uniform, tie(auction.ProRata), tied, auction.OfferRanked, [2]string{"5 5"}},
	{"pro rata, the rest drawn", auction.Uniform, tie(auction.ProRataFloor), tied, auction.OfferRanked, [2]string{"5 5", "4 6"}},
}

var (
	needs = []ruledBid{{5000, 6}, {4900, 5}, {4800, 3}, {4700, 1}}
	tied  = []ruledBid{{4500, 8}, {4500, 9}}
)

func tie(rule auction.Tie) func(*OfferAnnounce) {
	return func(c *OfferAnnounce) { c.Tie, c.LotSize = rule, one }
}

// The rules of an announcement are those by which it is cleared; and the head
// that the draw is made with is that of the last journal row that counts.
func TestOffer_RulesOfTheClearing(t *testing.T) {
	t.Parallel()
	for _, c := range offerRules {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := openAuctionDesk(t, len(c.bids))
			o := d.announce(d.offerOf(c.format, c.change))
			for n, f := range d.firms {
				var project int64
				if c.format == auction.PayAsBidShare {
					project = d.project(f, quantity.Quantity(c.bids[n].tons)*one, quantity.OneRatio)
				}
				d.register(o.ID, f, project)
			}
			d.now.set(windowOpens)
			d.settle()
			for n, f := range d.firms {
				q := quantity.Quantity(c.bids[n].tons) * one
				if c.format == auction.PayAsBidShare {
					q = 0
				}
				d.bid(f, o.ID, ask(c.bids[n].price, q))
			}
			d.now.set(windowCloses)
			if o = d.offerNow(o.ID); o.State != c.state {
				t.Fatalf("the offer is %s: %s", o.State, o.ResultStatus)
			}
			d.wantHead(o)
			d.clearsAgain(o.ID)
			want := c.want[0]
			if c.want[1] != "" && !d.firstIsDrawn(o) {
				want = c.want[1]
			}
			var got []string
			for _, r := range rowsIn(d.office, Registrations, Query{}) {
				got = append(got, fmt.Sprint(r.Won))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("got %v, want %s", got, want)
			}
			d.check()
		})
	}
}

// wantHead holds that an offer's head is the hash of the row that it names, and
// that this is the row before its closing: behind the last quote.
func (d *auctionDesk) wantHead(o auction.Offer) {
	d.t.Helper()
	rows := rowsIn(d.office, Journal, Where("number", o.CloseRow))
	if len(rows) != 1 || hex.EncodeToString(rows[0].Hash) != o.CloseHead {
		d.t.Errorf("close_head %q is not the hash of row %d: %+v", o.CloseHead, o.CloseRow, rows)
	}
	quotes := rowsIn(d.office, Quotes, Where("offer", o.ID))
	if last := quotes[len(quotes)-1].Command; last > o.CloseRow {
		d.t.Errorf("the last quote is row %d, the close counts up to %d", last, o.CloseRow)
	}
}

// firstIsDrawn draws again as docs say it: SHA-256(SHA-256(seed ‖ head) ‖ bid).
func (d *auctionDesk) firstIsDrawn(o auction.Offer) bool {
	d.t.Helper()
	seal, err := keyOf(o)
	if err != nil {
		d.t.Fatal(err)
	}
	head, err := hex.DecodeString(o.CloseHead)
	if err != nil {
		d.t.Fatal(err)
	}
	draw := sha256.Sum256(append(seal.Seed(), head...))
	place := func(bid int64) string {
		h := sha256.Sum256(fmt.Append(draw[:], bid))
		return string(h[:])
	}
	bids := rowsIn(d.office, OpenedBids, Query{})
	if len(bids) != 2 {
		d.t.Fatalf("opened are %+v", bids)
	}
	return place(bids[0].ID) < place(bids[1].ID)
}

// A window opens and closes on working days.
func TestOffer_NotWorkingDay(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 0)
	at := func(day calendar.Date, hour calendar.Instant) calendar.Instant { return day.Start() + hour*3600*second }
	for _, c := range []struct {
		name          string
		opens, closes calendar.Instant
		want          *fault.Error
	}{
		{"opens on a Sunday", at(20260712, 10), at(20260713, 11), ErrNotWorkingDay},
		{"closes on a Saturday", at(20260717, 10), at(20260718, 11), ErrNotWorkingDay},
		{"closes when Friday ends", at(20260717, 10), at(20260718, 0), nil},
	} {
		a := d.prepared(d.offerOf(auction.Uniform, func(a *OfferAnnounce) { a.OpensAt, a.ClosesAt = c.opens, c.closes }))
		if c.want != nil {
			d.refuses(d.clerk, a, c.want)
		} else if f := d.do(d.clerk, a); f != nil {
			t.Errorf("%s: %v", c.name, f)
		}
	}
}

// Who certifies names the result that he has seen.
func TestOffer_AnotherResult(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.oneBidder(auction.PayAsBid)
	d.bid(d.firms[0], o.ID, ask(4000, one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	other := "0" + o.ResultDigest[1:]
	if other == o.ResultDigest {
		other = "1" + o.ResultDigest[1:]
	}
	for _, digest := range []string{"", other, strings.ToUpper(o.ResultDigest) + "0", auction.NobodyDigest} {
		d.refuses(d.clerk, OfferCertify{o.ID, digest, "document"}, ErrResultChanged)
	}
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked {
		t.Fatalf("the offer is %s", o.State)
	}
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "document"})
}

// An offer admits so many bidders as can be ranked together, and not one more.
func TestOffer_Full(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	const most = 100_000 // a million bids, of ten prices each
	all := map[int64]int64{}
	for n := range int64(most - 1) {
		all[-1-n] = n
	}
	d.settle()
	d.app.st.bidders[o.ID] = all
	d.register(o.ID, d.firms[0], 0)
	d.refuses(d.firms[1].user, RegistrationApply{Offer: o.ID, Licence: d.firms[1].licence.ID}, auction.ErrBiddersMost)
}

// An offer whose window should be open is not cancelled, even before the timer
// that opens it has come.
func TestOffer_CancelLate(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	d.pass(windowOpens - second)
	if o = d.offerNow(o.ID); o.State != auction.OfferPrepared {
		t.Fatalf("the offer is %s", o.State)
	}
	for at, want := range map[calendar.Instant]error{windowOpens - 1: nil, windowOpens: ErrCancelLate} {
		v := &View{state: d.app.st, Now: at, Today: at.Date(), Actor: d.app.st.actor(d.leader)}
		if _, err := (OfferCancel{o.ID, "withdrawn"}).Decide(v); !errors.Is(err, want) {
			t.Errorf("at %s: %v, want %v", at, err, want)
		}
	}
	d.now.set(windowOpens)
	d.refuses(d.leader, OfferCancel{o.ID, "withdrawn"}, auction.ErrOfferState) // the timer comes before it
}
