package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// auctionDesk is an office with a reserve of 100 t/a in Jiashan and firms with
// CNY 1,000,000 each. The window of its offers is Monday 13 July 2026, 10 to 11.
type auctionDesk struct {
	*office
	i     catalog.Instrument
	firms []firm
}

var (
	windowOpens  = calendar.NewDate(2026, 7, 13).Start() + 10*3600*second
	windowCloses = windowOpens + 3600*second
)

func openAuctionDesk(t *testing.T, firms int) *auctionDesk {
	t.Helper()
	o := openOffice(t)
	d := &auctionDesk{office: o, i: o.instrument()}
	o.setCap(jiashan, 1000*one, 100*one)
	for n := range firms {
		f := o.firm(jiashan, n+1)
		o.does(o.finance, DepositConfirm{Party: f.party, Amount: 1_000_000_00, BankReference: fmt.Sprintf("bank %d", n), ReceivedOn: 20260701})
		d.firms = append(d.firms, f)
	}
	return d
}

// offerOf is an announcement of 10 t/a from CNY 4,000, changed as the test wants.
func (d *auctionDesk) offerOf(format auction.Format, change func(*OfferAnnounce)) OfferAnnounce {
	c := OfferAnnounce{
		Region: jiashan, Pollutant: vocs, Instrument: d.i.Code,
		OfferTerms: OfferTerms{
			Format: format, Quantity: 10 * one, ReservePrice: yuan(4000), LotSize: one / 10,
			Tick: yuan(1), Collateral: auction.DepositCollateral, Deposit: 5000_00, Sight: auction.SeesNothing, InterruptionMost: 86_400,
			InterruptionRule: auction.Extends, RegisterUntil: calendar.NewDate(2026, 7, 10).Start(), OpensAt: windowOpens, ClosesAt: windowCloses,
			Title: "VOCs 2026-1", Document: "嘉善告 1",
		},
	}
	switch format { //nolint:exhaustive // the others need nothing more
	case auction.Uniform, auction.PayAsBid, auction.ReverseUniform:
		c.Tie, c.Undersubscribed = auction.ByTime, auction.SellAnyway
	case auction.PayAsBidShare:
		c.WinShare, c.QuotesMost = 700_000, 10
	case auction.Ascending:
		c.Step, c.FreeSeconds, c.ClockSeconds, c.ClosesAt = yuan(100), 600, 240, 0
	}
	if change != nil {
		change(&c)
	}
	return c
}

// prepared is an announcement with its seal.
func (d *auctionDesk) prepared(c OfferAnnounce) OfferAnnounce {
	d.t.Helper()
	var err error
	if c.OfferTerms, err = d.app.SealOffer(identity.Actor{Person: d.clerk}, fmt.Sprintf("seal-%d", d.keys), c.OfferTerms); err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *auctionDesk) announce(c OfferAnnounce) auction.Offer {
	d.t.Helper()
	return done[OfferResult](d.office, d.clerk, d.prepared(c)).Offer
}

func (d *auctionDesk) register(offer int64, f firm, project int64) auction.Registration {
	d.t.Helper()
	return done[auction.Registration](d.office, f.user, RegistrationApply{Offer: offer, Licence: f.licence.ID, Project: project, ExistingUnit: project == 0})
}

// oneBidder announces an offer of a format, for which the first firm is registered, and
// opens its window.
func (d *auctionDesk) oneBidder(format auction.Format) auction.Offer {
	d.t.Helper()
	o := d.announce(d.offerOf(format, nil))
	d.register(o.ID, d.firms[0], 0)
	d.now.set(windowOpens)
	d.settle()
	return o
}

// quote bids one step; the office's next command key is that of the quote.
func (d *auctionDesk) quoteOf(f firm, offer int64, steps ...auction.Step) Command {
	d.t.Helper()
	c, err := d.app.SealQuote(identity.Actor{Person: f.user}, fmt.Sprintf("k-%d", d.keys+1), offer, auction.Terms{Steps: steps})
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *auctionDesk) bid(f firm, offer int64, steps ...auction.Step) {
	d.t.Helper()
	done[QuoteReceipt](d.office, f.user, d.quoteOf(f, offer, steps...))
}

func (d *auctionDesk) offerNow(id int64) auction.Offer {
	d.t.Helper()
	d.settle()
	o, _ := ReadTable(d.app.Reference(), Offers).Get(id)
	return o
}

// pass lets time go by as it does while the registry runs.
func (d *auctionDesk) pass(until calendar.Instant) {
	d.t.Helper()
	for now := d.now.get(); now < until; {
		now = min(now+pulseTime, until)
		d.now.set(now)
		d.settle()
	}
}

// wantWaiting holds that an offer waits for somebody until an instant.
func (d *auctionDesk) wantWaiting(person int64, action string, until calendar.Instant) {
	d.t.Helper()
	all, err := Inbox(d.t.Context(), d.store, d.app.st.actor(person))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, w := range all {
		if w.Kind == Offers.name && w.Action == action && w.Until == until {
			return
		}
	}
	d.t.Errorf("no offer waits for %s until %s: %+v", action, until, all)
}

func (d *auctionDesk) wantFunds(f firm, want string) {
	d.t.Helper()
	if got := quantity.Money(d.balance(ledger.FundsKey(f.party)).Balance).String(); got != want {
		d.t.Errorf("the party has CNY %s, want %s", got, want)
	}
}

func rowsIn[R any](o *office, t Table[R], q Query) (rows []R) {
	o.t.Helper()
	if err := o.store.Find(o.t.Context(), t.name, q, &rows); err != nil {
		o.t.Fatal(err)
	}
	return rows
}

func ask(price int64, q quantity.Quantity) auction.Step {
	return auction.Step{Price: yuan(price), Quantity: q}
}

// A uniform auction from the announcement to its certified winners: lots are
// listed, collateral is held, the key is published at the close, the result is
// what the bids clear to.
func TestOffer_Uniform(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 4)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	if o.State != auction.OfferAnnounced || o.Notice == 0 || o.SealKey != "" || len(o.SeedDigest) != 64 {
		t.Fatalf("announced: %+v", o)
	}
	d.now.set(o.RegisterFrom + 1)
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.wantFunds(d.firms[0], "995000.00")
	d.now.set(windowOpens + second)
	if s := d.offerNow(o.ID).State; s != auction.OfferBidding {
		t.Fatalf("the offer is %s", s)
	}
	d.wantWaiting(d.firms[3].user, "quotes", windowCloses)
	d.bid(d.firms[0], o.ID, ask(5000, 4*one))
	d.bid(d.firms[1], o.ID, ask(4500, 3*one), ask(4200, 2*one))
	d.bid(d.firms[2], o.ID, ask(4100, 8*one))
	d.bid(d.firms[2], o.ID, ask(4300, 8*one)) // replaces
	d.now.set(windowCloses)
	d.check()
	o = d.offerNow(o.ID)
	if o.State != auction.OfferRanked || o.ClearingPrice != yuan(4300) || o.Volume != 10*one || o.SealKey == "" || o.Quotes != 4 || o.Bids != 4 {
		t.Fatalf("ranked: %+v", o)
	}
	if o.CertifyBy != 20260720 {
		t.Errorf("to be certified by %s, want the fifth working day", o.CertifyBy)
	}
	d.wantWaiting(d.leader, "certify", through(o.CertifyBy))
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	d.check()
	if o = d.offerNow(o.ID); o.State != auction.OfferCertified {
		t.Fatalf("certified: %+v", o)
	}
	var got []string
	for _, w := range rowsIn(d.office, Winners, Query{}) {
		got = append(got, fmt.Sprint(w.Party == d.firms[len(got)].party, w.Quantity, w.Price, w.Amount, w.Collateral))
	}
	want := []string{"true 4 4300 86000.00 5000.00", "true 3 4300 64500.00 5000.00", "true 3 4300 64500.00 5000.00"}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		t.Errorf("winners\n got %v\nwant %v", got, want)
	}
	for _, r := range rowsIn(d.office, Registrations, Where("party", d.firms[3].party)) {
		if r.State != auction.Lost || r.Place != 0 || r.Hold != 0 { // given back by now
			t.Errorf("who did not bid: %+v", r)
		}
	}
}

// The share sale of Zhejiang: ten quotes, each higher; the first 70 % win, each
// at his own last quote.
func TestOffer_PayAsBidShare(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o := d.announce(d.offerOf(auction.PayAsBidShare, func(c *OfferAnnounce) { c.ConfirmFactor, c.Sight = 5*quantity.OneRatio, auction.SeesOwnRank }))
	d.refuses(d.firms[0].user, RegistrationApply{Offer: o.ID, Licence: d.firms[0].licence.ID}, auction.ErrNeedMissing)
	for _, f := range d.firms {
		if r := d.register(o.ID, f, d.project(f, 2*one, quantity.OneRatio)); r.Quantity != 2*one {
			t.Fatalf("the need: %+v", r)
		}
	}
	d.now.set(windowOpens)
	d.settle()
	for n := range 10 {
		d.bid(d.firms[0], o.ID, ask(int64(4000+n), 0))
	}
	d.refuses(d.firms[0].user, d.quoteOf(d.firms[0], o.ID, ask(4999, 0)), auction.ErrQuoteCount)
	d.bid(d.firms[1], o.ID, ask(4009, 0)) // the same price, later
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, ask(4009, 0)), auction.ErrNotHigher)
	d.refuses(d.firms[2].user, d.quoteOf(d.firms[2], o.ID, ask(20001, 0)), auction.ErrConfirmPrice)
	d.bid(d.firms[2], o.ID, ask(4500, 0))
	order := map[int64]int{}
	for n, r := range rowsIn(d.office, Registrations, Query{}) {
		order[int64(n)] = d.app.BidderSight(d.offerNow(o.ID), r.ID).OwnRank
	}
	if order[0] != 2 || order[1] != 3 || order[2] != 1 {
		t.Errorf("ranks in the window: %v", order)
	}
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Volume != 4*one {
		t.Fatalf("ranked: %s %s %s %d %+v", o.State, o.Volume, o.ResultStatus, o.Bids, rowsIn(d.office, OpenedBids, Query{}))
	}
	var places []string
	for _, r := range rowsIn(d.office, Registrations, Query{}) {
		places = append(places, fmt.Sprint(r.Place, r.State, r.Won, r.Price))
	}
	if got := strings.Join(places, "; "); got != "2won2 4009; 3lost0 0; 1won2 4500" {
		t.Errorf("places %s", got)
	}
}

// Every refusal of a quote, each naming its rule, and none telling a figure.
func TestOffer_QuoteRefusals(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	full := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
		c.Collateral, c.Deposit, c.Quota, c.ConfirmFactor = auction.FullCollateral, 0, 5*one, 2*quantity.OneRatio
	}))
	f, other := d.firms[0], d.firms[1]
	d.refuses(f.user, RegistrationApply{Offer: full.ID, Licence: f.licence.ID, Guarantee: 100}, auction.ErrGuarantee)
	done[auction.Registration](d.office, f.user, RegistrationApply{Offer: full.ID, Licence: f.licence.ID, Guarantee: 100_000_00})
	d.refuses(f.user, RegistrationApply{Offer: full.ID, Licence: f.licence.ID, Guarantee: 100_000_00}, auction.ErrRegisteredTwice)
	d.refuses(f.user, d.quoteOf(f, full.ID, ask(4000, one)), auction.ErrNotBidding)
	d.now.set(windowOpens)
	d.settle()
	for _, c := range []struct {
		who   firm
		steps []auction.Step
		want  *fault.Error
	}{
		{other, []auction.Step{ask(4000, one)}, ErrNotRegistered},
		{f, []auction.Step{ask(4000, one), ask(4000, one)}, auction.ErrQuoteSteps},
		{f, []auction.Step{{Price: yuan(4000) + 1, Quantity: one}}, auction.ErrOffTick},
		{f, []auction.Step{ask(4000, one/20)}, auction.ErrOffLot},
		{f, []auction.Step{ask(4000, 0)}, auction.ErrOffLot},
		{f, []auction.Step{ask(3999, one)}, auction.ErrBelowReserve},
		{f, []auction.Step{ask(4100, 3*one), ask(4000, 3*one)}, auction.ErrOverQuota},
		{f, []auction.Step{ask(8001, one)}, auction.ErrConfirmPrice},
		{f, []auction.Step{ask(5100, 4*one)}, auction.ErrNotCovered}, // 5100 × 4 × 60/12 = 102,000
	} {
		if f, ok := fault.As(error(c.want)); !ok || f.Kind == fault.Refused && f.Rule == "" {
			t.Errorf("%s names no rule", c.want.Code)
		}
		d.refuses(c.who.user, d.quoteOf(c.who, full.ID, c.steps...), c.want)
	}
	d.bid(f, full.ID, ask(5000, 4*one))
	d.now.set(windowCloses - 1)
	d.bid(f, full.ID, ask(4900, 4*one)) // the last moment
	d.now.set(windowCloses)
	d.refuses(f.user, d.quoteOf(f, full.ID, ask(5000, 4*one)), auction.ErrLateQuote)
	if o := d.offerNow(full.ID); o.ClearingPrice != yuan(4900) || o.Quotes != 2 {
		t.Errorf("ranked: %+v", o)
	}
}

// An ascending auction: bids are public, each a step higher, each extends the
// clock; the last bidder wins.
func TestOffer_Ascending(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(auction.Ascending, nil))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(4000, 0))
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, ask(4050, 0)), auction.ErrNotHigher)
	d.bid(d.firms[1], o.ID, ask(4100, 0))
	if o = d.offerNow(o.ID); o.ClosesAt != windowOpens+840*second || o.ClearingPrice != yuan(4100) {
		t.Fatalf("in the free period: closes at %s, best %s", o.ClosesAt, o.ClearingPrice)
	}
	for n := range 3 { // each within the clock
		d.now.set(windowOpens + calendar.Instant(830+n*200)*second)
		d.settle()
		d.bid(d.firms[n%2], o.ID, ask(int64(4200+n*100), 0))
	}
	d.now.set(windowOpens + 1470*second - 1)
	if o = d.offerNow(o.ID); o.State != auction.OfferBidding {
		t.Fatalf("before the clock has run out the offer is %s", o.State)
	}
	d.now.set(windowOpens + 1470*second)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.ClearingPrice != yuan(4400) || o.Volume != 10*one {
		t.Fatalf("ranked: %+v", o)
	}
	d.check()
}

// A reverse auction holds the sellers' permits and commits the budget.
func TestOffer_Reverse(t *testing.T) {
	t.Parallel()
	b := openBuyBackDesk(t)
	d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	o := d.announce(d.offerOf(auction.ReverseUniform, func(c *OfferAnnounce) {
		c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 80_000_00
	}))
	r := done[auction.Registration](d.office, b.f.user, RegistrationApply{Offer: o.ID, Licence: b.f.licence.ID, Quantity: 5 * one})
	if held := b.holding(ledger.Paid).Held; held != int64(5*one) {
		t.Fatalf("held %d", held)
	}
	d.now.set(windowOpens)
	d.settle()
	d.refuses(b.f.user, d.quoteOf(b.f, o.ID, ask(4001, one)), auction.ErrAboveCeiling)
	d.refuses(b.f.user, d.quoteOf(b.f, o.ID, ask(3000, 6*one)), auction.ErrOverQuota)
	d.bid(b.f, o.ID, ask(3000, 5*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	if o.State != auction.OfferRanked || o.Volume != 5*one || o.ClearingPrice != yuan(3000) {
		t.Fatalf("ranked: %+v", o)
	}
	p := d.propose(d.clerk, OfferVoid{o.ID, "the budget is needed elsewhere"}) // what is given back follows in steps of its own
	if f, _ := d.send(d.second, ProposalApprove{p.ID, p.EffectsDigest}); f != nil {
		t.Fatal(f)
	}
	d.settle()
	if held := b.holding(ledger.Paid).Held; held != 0 {
		t.Errorf("after the end %d are held for registration %d", held, r.ID)
	}
	d.check()
}

// Registrations are withdrawn until their deadline, offers are cancelled before
// the window; everything goes back.
func TestOffer_Withdrawals(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	first := d.register(o.ID, d.firms[0], 0)
	d.does(d.firms[0].user, RegistrationWithdraw{first.ID})
	d.wantFunds(d.firms[0], "1000000.00")
	d.refuses(d.firms[0].user, RegistrationWithdraw{first.ID}, auction.ErrRegistrationState)
	first = d.register(o.ID, d.firms[0], 0)
	d.now.set(o.RegisterUntil)
	d.settle()
	d.refuses(d.firms[0].user, RegistrationWithdraw{first.ID}, auction.ErrNotRegistering)
	d.refuses(d.firms[1].user, RegistrationApply{Offer: o.ID, Licence: d.firms[1].licence.ID}, auction.ErrNotRegistering)
	d.does(d.leader, OfferCancel{o.ID, "withdrawn"})
	d.settle()
	d.wantFunds(d.firms[0], "1000000.00")
	if o = d.offerNow(o.ID); o.State != auction.OfferCancelled || o.Releasing || o.SealKey != "" {
		t.Errorf("cancelled: %+v", o)
	}
	d.check()
}

// Nobody bids: the offer fails, the lots and what was put up go back.
func TestOffer_Fails(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	d.register(o.ID, d.firms[0], 0)
	d.now.set(windowCloses + 1)
	d.settle()
	if o = d.offerNow(o.ID); o.State != auction.OfferFailed || o.Releasing {
		t.Fatalf("%+v", o)
	}
	d.wantFunds(d.firms[0], "1000000.00")
	d.check()
	d.refuses(d.clerk, OfferCertify{o.ID, o.ResultDigest, "document"}, auction.ErrOfferState)
}

// interruptions are what comes of a window that the server has lost from its
// opening on, where an offer allows 300 s.
var interruptions = []struct {
	rule    auction.InterruptionRule
	lost    calendar.Instant
	state   auction.OfferState
	closes  calendar.Instant
	outcome auction.IncidentOutcome
}{
	{auction.Extends, 200 * second, auction.OfferBidding, windowCloses, auction.Tolerated},
	{auction.Extends, 900 * second, auction.OfferBidding, windowCloses + 900*second, auction.Extended},
	{auction.Extends, 7200 * second, auction.OfferBidding, windowCloses + 7200*second, auction.Extended},
	{auction.Voids, 900 * second, auction.OfferVoid, windowCloses, auction.Voided},
}

// A stop in the window is recorded; by the offer's rule the window is extended
// by what was lost, or nobody's quote counts. Quotes survive in their rows.
func TestOffer_Interruption(t *testing.T) {
	t.Parallel()
	for _, c := range interruptions {
		d := openAuctionDesk(t, 1)
		o := d.announce(d.offerOf(auction.PayAsBid, func(a *OfferAnnounce) { a.InterruptionRule, a.InterruptionMost = c.rule, 300 }))
		d.register(o.ID, d.firms[0], 0)
		d.now.set(windowOpens)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(4000, one))
		if err := d.app.Close(); err != nil {
			t.Fatal(err)
		}
		d.now.set(windowOpens + c.lost)
		d.start()
		o = d.offerNow(o.ID)
		if o.State != c.state || o.ClosesAt != c.closes {
			t.Errorf("%s after %v: %s until %s, want %s until %s", c.rule, c.lost, o.State, o.ClosesAt, c.state, c.closes)
		}
		x := rowsIn(d.office, OfferIncidents, Query{})
		if len(x) != 1 || x[0].Outcome != c.outcome || x[0].Since != windowOpens || x[0].Until != windowOpens+c.lost {
			t.Errorf("%s after %v: incidents %+v", c.rule, c.lost, x)
		}
		d.check()
		rows := d.store.table(Offers.name)
		for _, lost := range []calendar.Instant{o.Lost - 1, o.Lost + 1} {
			wrong := o
			wrong.Lost = lost
			rows.put(o.ID, wrong)
			if found, err := Check(t.Context(), d.store, d.store.row()); err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-107" }) {
				t.Errorf("check does not see that %d µs were lost, not %d: %v, %v", o.Lost, lost, found, err)
			}
		}
		rows.put(o.ID, o)
		if o.State == auction.OfferBidding {
			d.pass(o.ClosesAt)
			if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Quotes != 1 {
				t.Errorf("the acknowledged quote counts: %+v", o)
			}
		} else {
			d.wantFunds(d.firms[0], "1000000.00")
		}
	}
}

// A window that was extended is halted when its first timer comes, and goes on
// before it closes: it closes all the same.
func TestOffer_HaltOverFirstClose(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.PayAsBid, func(a *OfferAnnounce) { a.InterruptionMost = 300 }))
	d.register(o.ID, d.firms[0], 0)
	d.pass(windowOpens)
	d.bid(d.firms[0], o.ID, ask(4000, one))
	done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
	d.pass(windowOpens + 900*second)
	done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
	d.pass(windowCloses - 10*second)
	done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
	d.pass(windowCloses + 60*second)
	done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
	if o = d.offerNow(o.ID); o.State != auction.OfferBidding || o.ClosesAt != windowCloses+970*second {
		t.Fatalf("%s until %s, want bidding until %s", o.State, o.ClosesAt, windowCloses+970*second)
	}
	d.pass(o.ClosesAt)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Quotes != 1 {
		t.Errorf("the window has not closed: %+v", o)
	}
	d.check()
}

// Terms by which others are divided are refused when they are 0.
func TestOffer_ZeroSteps(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 0)
	for field, change := range map[string]func(a *OfferAnnounce){
		"lot_size": func(a *OfferAnnounce) { a.LotSize, a.NoncompetitiveQuota = 0, one },
		"tick":     func(a *OfferAnnounce) { a.Tick, a.NoncompetitiveQuota = 0, one },
	} {
		if f := d.do(d.leader, d.offerOf(auction.Uniform, change)); f == nil || f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%s of 0: %v", field, f)
		}
	}
}

// Interruptions of a window are added up: what was tolerated is made up for by the
// one that passes what the offer allows, which voids the offer where its rule says
// so; each later one is made up for at once. What an officer halts does not count.
func TestOffer_InterruptionsAddUp(t *testing.T) {
	t.Parallel()
	for _, rule := range auction.InterruptionRules {
		d := openAuctionDesk(t, 1)
		o := d.announce(d.offerOf(auction.PayAsBid, func(a *OfferAnnounce) { a.InterruptionRule, a.InterruptionMost = rule, 300 }))
		d.register(o.ID, d.firms[0], 0)
		d.pass(windowOpens)
		d.bid(d.firms[0], o.ID, ask(4000, one))
		down := func(seconds calendar.Instant) auction.Offer {
			t.Helper()
			if err := d.app.Close(); err != nil {
				t.Fatal(err)
			}
			d.now.set(d.now.get() + seconds*second)
			d.start()
			d.check()
			return d.offerNow(o.ID)
		}
		if o = down(200); o.ClosesAt != windowCloses || o.Lost != 200*second {
			t.Errorf("%s: the first is tolerated: until %s, lost %d", rule, o.ClosesAt, o.Lost)
		}
		done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
		o = down(1000)
		done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
		halted := windowCloses + 1000*second
		if o = d.offerNow(o.ID); o.State != auction.OfferBidding || o.ClosesAt != halted || o.Lost != 200*second {
			t.Errorf("%s: the halt is made up for: %s until %s, lost %d", rule, o.State, o.ClosesAt, o.Lost)
		}
		o = down(150)
		if rule == auction.Voids {
			if o.State != auction.OfferVoid {
				t.Errorf("both together are longer than it allows: %s", o.State)
			}
			continue
		}
		if o.ClosesAt != halted+350*second {
			t.Errorf("both are made up for: until %s, want %s", o.ClosesAt, halted+350*second)
		}
		if o = down(60); o.ClosesAt != halted+410*second || o.Lost != 410*second {
			t.Errorf("so is each later one: until %s, lost %d", o.ClosesAt, o.Lost)
		}
		d.pass(o.ClosesAt)
		if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Quotes != 1 {
			t.Errorf("the acknowledged quote counts: %+v", o)
		}
		d.check()
	}
}

// A halted window writes nothing while it waits, and waits in the inbox of the
// leaders; when it goes on the registry gives one sign of life at a time again.
func TestOffer_HaltWaits(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	d.register(o.ID, d.firms[0], 0)
	d.pass(windowOpens)
	rows := func() int64 { return d.app.st.registry.Length }
	waits := func(person int64) bool {
		all := must(Inbox(t.Context(), d.store, d.app.st.actor(person)))
		return slices.ContainsFunc(all, func(w Waiting) bool { return w.Kind == Offers.name && w.ID == o.ID && w.Action == "resume" })
	}
	for range 2 { // the second halt is shorter than the time between two signs of life
		done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
		done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
	}
	done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
	d.pass(d.now.get() + 20*second) // the last one was armed before
	if !waits(d.leader) || waits(d.clerk) || waits(d.firms[0].user) {
		t.Error("a halted window waits for its leader, and for nobody else")
	}
	before := rows()
	for range 30 {
		d.pass(d.now.get() + 60*second)
	}
	if n := rows() - before; n != 0 {
		t.Errorf("%d journal rows in half an hour of a halt", n)
	}
	done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
	before = rows()
	for range 6 {
		d.pass(d.now.get() + pulseTime)
	}
	if n := rows() - before; n != 6 || waits(d.leader) {
		t.Errorf("%d signs of life in a minute", n)
	}
	d.check()
}

// A leader halts a window and lets it go on: it is extended by as long as it was
// halted, whatever the offer allows and by whatever rule, so that he makes no offer
// void alone. While it is halted no quote is taken, also past its close and after
// a restart; acknowledged quotes count.
func TestOffer_Halt(t *testing.T) {
	t.Parallel()
	for _, c := range interruptions {
		d := openAuctionDesk(t, 1)
		o := d.announce(d.offerOf(auction.PayAsBid, func(a *OfferAnnounce) { a.InterruptionRule, a.InterruptionMost = c.rule, 300 }))
		d.register(o.ID, d.firms[0], 0)
		d.refuses(d.leader, OfferHalt{o.ID, "not open yet"}, auction.ErrOfferState)
		d.now.set(windowOpens)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(4000, one))
		d.refuses(d.clerk, OfferHalt{o.ID, "电力故障"}, identity.ErrForbidden)
		done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
		d.refuses(d.leader, OfferHalt{o.ID, "again"}, auction.ErrOfferState)
		d.pass(windowOpens + c.lost/2)
		d.refuses(d.firms[0].user, d.quoteOf(d.firms[0], o.ID, ask(4100, one)), auction.ErrHalted)
		d.restart()
		d.pass(windowOpens + c.lost)
		if o = d.offerNow(o.ID); o.State != auction.OfferHalted || o.SealKey != "" {
			t.Fatalf("halted: %+v", o)
		}
		d.check()
		done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"})
		if o = d.offerNow(o.ID); o.State != auction.OfferBidding || o.ClosesAt != windowCloses+c.lost || o.Lost != 0 {
			t.Errorf("%s after %v: %s until %s", c.rule, c.lost, o.State, o.ClosesAt)
		}
		x := rowsIn(d.office, OfferIncidents, Where("kind", string(auction.Halt)))
		if len(x) != 1 || x[0].Outcome != auction.Extended || x[0].Since != windowOpens || x[0].Until != windowOpens+c.lost {
			t.Errorf("%s after %v: incidents %+v", c.rule, c.lost, x)
		}
		d.check()
		d.pass(o.ClosesAt)
		if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Quotes != 1 {
			t.Errorf("the acknowledged quote counts: %+v", o)
		}
	}
}

// A halt that ends after the close is made up for before the window closes, and the
// acknowledged quotes count. A halted window that never goes on is declared void by two persons.
func TestOffer_HaltPastClose(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	for n, ends := range []auction.OfferState{auction.OfferRanked, auction.OfferVoid} {
		late := calendar.Instant(n) * 7 * 24 * 3600 * second
		o := d.announce(d.offerOf(auction.PayAsBid, func(a *OfferAnnounce) {
			a.InterruptionMost = 3600
			a.RegisterUntil, a.OpensAt, a.ClosesAt = a.RegisterUntil+late, a.OpensAt+late, a.ClosesAt+late
		}))
		d.register(o.ID, d.firms[0], 0)
		d.now.set(o.OpensAt)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(4000, one))
		d.pass(o.ClosesAt - 60*second)
		done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "电力故障"})
		d.pass(o.ClosesAt + 600*second)
		if ends == auction.OfferRanked {
			o = done[OfferResult](d.office, d.leader, OfferResume{o.ID, "恢复供电"}).Offer
			d.pass(o.ClosesAt - second)
			d.bid(d.firms[0], o.ID, ask(4100, one))
			d.pass(o.ClosesAt)
		} else {
			p := d.propose(d.clerk, OfferVoid{o.ID, "not to be repaired"})
			if f, _ := d.send(d.second, ProposalApprove{p.ID, p.EffectsDigest}); f != nil {
				t.Fatal(f)
			}
		}
		if o = d.offerNow(o.ID); o.State != ends {
			t.Errorf("is %s, want %s", o.State, ends)
		}
		d.check()
	}
	d.refuses(d.leader, OfferResume{2, "too late"}, auction.ErrOfferState)
}

// Without its key an offer takes no bids and opens none; nothing is lost.
func TestOffer_KeyMissing(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.oneBidder(auction.PayAsBid)
	d.bid(d.firms[0], o.ID, ask(4000, one))
	sealed := d.quoteOf(d.firms[0], o.ID, ask(4100, one))
	back := d.seals.Lose()
	d.stuck = true
	d.restart()
	if _, err := d.app.SealQuote(identity.Actor{Person: d.firms[0].user}, "k", o.ID, auction.Terms{Steps: []auction.Step{ask(4100, one)}}); !errors.Is(err, ErrNoSealKey) {
		t.Errorf("sealing: %v", err)
	}
	d.refuses(d.firms[0].user, sealed, ErrNoSealKey)
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferClosed || o.SealKey != "" {
		t.Fatalf("closed without its key: %+v", o)
	}
	kinds := ""
	for _, x := range rowsIn(d.office, OfferIncidents, Query{}) {
		kinds += string(x.Kind) + " "
	}
	if !strings.Contains(kinds, "key_missing") {
		t.Errorf("incidents: %s", kinds)
	}
	back()
	d.stuck = false
	d.restart()
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Volume != one || o.SealKey == "" {
		t.Fatalf("with its key: %+v", o)
	}
	d.check()
}
