package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// creditDesk is an auction desk with a scheme of the last firm's, which has
// 1,000 t. The others have CNY 1,000,000 each, and so has the seller.
type creditDesk struct {
	*auctionDesk
	carbon *carbonOffice
	seller firm
}

func openCreditDesk(t *testing.T, bidders int) *creditDesk {
	t.Helper()
	d := openAuctionDesk(t, bidders+1)
	seller := d.firms[bidders]
	d.firms = d.firms[:bidders]
	c := &creditDesk{d, carbonOf(d.office, seller), seller}
	c.carbon.issue(1, 600)
	c.carbon.issue(2, 400)
	return c
}

// offerOf is an offer of 100 t from CNY 40, changed as the test wants.
func (d *creditDesk) offerOf(format auction.Format, change func(*CreditOffer)) CreditOffer {
	d.t.Helper()
	c := CreditOffer{Seller: d.seller.party, Series: 1, OfferTerms: d.auctionDesk.offerOf(format, nil).OfferTerms}
	c.Quantity, c.ReservePrice, c.LotSize, c.Deposit, c.Document = 100*one, yuan(40), one, 100_00, "寄售 1"
	if change != nil {
		change(&c)
	}
	var err error
	if c.OfferTerms, err = d.app.SealOffer(identity.Actor{Person: d.seller.user}, fmt.Sprintf("credits-%d", d.keys), c.OfferTerms); err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *creditDesk) announce(c CreditOffer) auction.Offer {
	d.t.Helper()
	return done[OfferResult](d.office, d.seller.user, c).Offer
}

func (d *creditDesk) registers(offer int64, bidders ...firm) {
	d.t.Helper()
	for _, f := range bidders {
		done[auction.Registration](d.office, f.user, RegistrationApply{Offer: offer, Party: f.party})
	}
}

// sells runs an offer of 100 t to its certified winners at CNY 45: the first
// firm wins 60 t, the second 30, and 10 t are not sold.
func (d *creditDesk) sells() (auction.Offer, []auction.Award) {
	d.t.Helper()
	o := d.announce(d.offerOf(auction.Uniform, nil))
	d.registers(o.ID, d.firms[:2]...)
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(50, 60*one))
	d.bid(d.firms[1], o.ID, ask(45, 30*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	return d.offerNow(o.ID), rowsIn(d.office, Awards, Where("offer", o.ID))
}

// contracts brings an award to its contract.
func (d *creditDesk) contracts(f firm, a auction.Award) {
	d.t.Helper()
	awarded(d.office, f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, fmt.Sprint("合同 ", a.ID)})
}

func (d *creditDesk) wantCredits(when string, f firm, balance, held int64) {
	d.t.Helper()
	b := d.balance(ledger.CreditKey(ledger.Credits, "330421", "JXCP-2026", f.party))
	if b.Balance != balance*int64(quantity.OneTonne) || b.Held != held*int64(quantity.OneTonne) {
		d.t.Errorf("%s: the party has %d with %d held; want %d and %d t", when, b.Balance, b.Held, balance, held)
	}
}

// From the announcement to the delivery: the tonnes on sale are nobody's to use,
// what is not sold is free again, and each winner gets his serial numbers
// against his payment.
func TestCreditOffer_Sale(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 3)
	offer := d.offerOf(auction.Uniform, nil)
	d.propose(d.seller.user, offer)
	d.wantCredits("proposed", d.seller, 1000, 0)
	o, awards := d.sells()
	if o.Region != "330421" || o.Pollutant != "JXCP-2026" || o.Months != 12 || o.ClearingPrice != yuan(45) || o.Unsold() != 10*one {
		t.Fatalf("sold: %+v", o)
	}
	d.wantCredits("certified", d.seller, 1000, 90)
	if len(awards) != 2 || awards[0].Amount != 60*45_00 || awards[0].Seller != d.seller.party {
		t.Fatalf("awards: %+v", awards)
	}
	d.refuses(d.seller.user, CreditTransfer{Party: d.seller.party, Series: 1, To: d.firms[2].party, Units: 911, Document: "d"}, carbon.ErrUnits)
	d.refuses(d.firms[0].user, AwardSettle{awards[0].ID}, auction.ErrAwardStep)
	d.contracts(d.firms[0], awards[0])
	d.check()
	d.refuses(d.firms[1].user, AwardSettle{awards[0].ID}, identity.ErrNotYours)
	d.refuses(d.finance, AwardPay{Award: awards[0].ID, Amount: awards[0].Amount, Proof: "p", PaidOn: 20260713}, ErrAwardOfSale)
	a := awarded(d.office, d.firms[0].user, AwardSettle{awards[0].ID})
	if a.State != auction.AwardDelivered || a.Transfer == 0 || a.PaidAt != d.now.get() {
		t.Errorf("settled: %+v", a)
	}
	d.wantCredits("settled", d.seller, 940, 30)
	d.wantCredits("settled", d.firms[0], 60, 0)
	d.wantFunds(d.firms[0], "997300.00")
	d.wantFunds(d.seller, "1002700.00")
	for _, r := range rowsIn(d.office, CreditRanges, Where("party", d.firms[0].party)) {
		if r.FirstUnit != 11 || r.LastUnit != 70 || r.Offer != 0 {
			t.Errorf("the winner has %+v; want units 11 to 70: 1 to 10 were not sold", r)
		}
	}
	d.restart()
	d.check()
}

// Bidders are seen by the officers of the region that sells, wherever they are at
// home: what bounds a sealed bid is no business of their own region's.
func TestCreditOffer_BidderOfAnotherRegion(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 0)
	f := d.firm("330402", 2)
	d.does(d.finance, DepositConfirm{Party: f.party, Amount: 1_000_000_00, BankReference: "nanhu", ReceivedOn: 20260701})
	o := d.announce(d.offerOf(auction.Uniform, nil))
	r := done[auction.Registration](d.office, f.user, RegistrationApply{Offer: o.ID, Party: f.party})
	if r.Region != o.Region {
		t.Errorf("the bidder is shown to %s; want %s", r.Region, o.Region)
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(f, o.ID, ask(45, 30*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	if w := rowsIn(d.office, Winners, Where("offer", o.ID)); len(w) != 1 || w[0].Region != o.Region {
		t.Errorf("winners %+v; want one, of %s", w, o.Region)
	}
	d.check()
}

// A winner who cannot pay loses his deposit after the deadline, and the tonnes
// are the seller's again; so they are when the offer comes to nothing.
func TestCreditOffer_ComesToNothing(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 2)
	_, awards := d.sells()
	d.contracts(d.firms[1], awards[1])
	d.payee(d.firms[1].party, "bank")
	d.does(d.firms[1].user, WithdrawRequest{Party: d.firms[1].party, Amount: 999_900_00, PayeeAccount: "bank"})
	d.refuses(d.firms[1].user, AwardSettle{awards[1].ID}, ledger.ErrInsufficient)
	d.later(10)
	awarded(d.office, d.clerk, AwardDefault{awards[1].ID, "not paid"})
	d.wantCredits("defaulted", d.seller, 1000, 60)
	d.check()

	o := d.announce(d.offerOf(auction.Ascending, func(c *CreditOffer) {
		c.RegisterUntil, c.OpensAt = d.now.get()+second, calendar.NewDate(2026, 8, 3).Start()+10*3600*second
	}))
	d.wantCredits("announced", d.seller, 1000, 160)
	d.does(d.leader, OfferCancel{o.ID, "withdrawn"})
	d.settle()
	d.wantCredits("cancelled", d.seller, 1000, 60)
	d.check()
}

// What cannot be offered, or bid for, is refused, and the field is named.
func TestCreditOffer_Refuses(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 2)
	for _, test := range map[string]struct {
		change func(*CreditOffer)
		want   *fault.Error
	}{
		"another's":        {func(c *CreditOffer) { c.Seller = d.firms[0].party }, identity.ErrNotYours},
		"no such series":   {func(c *CreditOffer) { c.Series = 9 }, ErrNoRecord},
		"too much":         {func(c *CreditOffer) { c.Quantity = 1001 * one }, carbon.ErrUnits},
		"of one issuance":  {func(c *CreditOffer) { c.Issuance, c.Quantity = 2, 401*one }, carbon.ErrUnits},
		"parts of a tonne": {func(c *CreditOffer) { c.LotSize = one / 10 }, fault.Invalidf("lot_size", "")},
		"for nothing":      {func(c *CreditOffer) { c.ReservePrice, c.Tick = 1, 1 }, fault.Invalidf("reserve_price", "")},
		"for needs":        {func(c *CreditOffer) { c.Format, c.Tie, c.Undersubscribed = auction.PayAsBidShare, "", "" }, auction.ErrCreditFormat},
		"for a budget":     {func(c *CreditOffer) { c.Format = auction.ReverseUniform }, auction.ErrCreditFormat},
		"announced too late": {func(c *CreditOffer) {
			c.OpensAt, c.RegisterUntil = d.now.get().Date().AddDays(2).Start(), d.now.get()+second
		}, auction.ErrAnnounceShort},
	} {
		d.refuses(d.seller.user, d.offerOf(auction.Uniform, test.change), test.want)
	}
	o := d.announce(d.offerOf(auction.Uniform, func(c *CreditOffer) { c.Issuance = 2 }))
	if r := rowsIn(d.office, CreditRanges, Where("offer", o.ID)); len(r) != 1 || r[0].FirstUnit != 601 || r[0].LastUnit != 700 {
		t.Errorf("of the second issuance %+v is on sale", r)
	}
	apply := RegistrationApply{Offer: o.ID, Party: d.seller.party}
	d.refuses(d.seller.user, apply, auction.ErrOwnOffer)
	apply.Party = d.firms[0].party
	d.refuses(d.firms[1].user, apply, identity.ErrNotYours)
	d.refuses(d.firms[0].user, RegistrationApply{Offer: o.ID, Licence: d.firms[0].licence.ID}, fault.Invalidf("licence", ""))
	d.does(d.leader, FactRecord{Kind: rulebook.Blacklisted, Party: apply.Party, Value: rulebook.Listed, ValidFrom: 20260701, Document: "d"})
	d.refuses(d.firms[0].user, apply, rulebook.ErrBlacklisted)
	d.check()
}

// Whatever is announced, sold, settled, let go and cancelled, in any order, the
// held part of the seller's account is his ranges on sale, and each tonne has
// one holder.
func TestCreditOffer_Random(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 3)
	random := rand.New(rand.NewPCG(2026, 11))
	for round := range 3 {
		at := []calendar.Date{20260713, 20260810, 20260907}[round].Start() + 10*3600*second
		o := d.announce(d.offerOf(auction.PayAsBid, func(c *CreditOffer) {
			c.Quantity = quantity.Quantity(20+random.Int64N(150)) * one
			c.RegisterUntil, c.OpensAt, c.ClosesAt = at-second, at, at+3600*second
		}))
		d.registers(o.ID, d.firms...)
		if round == 2 {
			d.does(d.leader, OfferCancel{o.ID, "withdrawn"})
			break
		}
		d.now.set(at)
		d.settle()
		for _, f := range d.firms {
			d.bid(f, o.ID, ask(40+random.Int64N(20), quantity.Quantity(1+random.Int64N(20))*one), ask(61, one))
		}
		d.now.set(at + 3600*second)
		o = d.offerNow(o.ID)
		done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
		d.settle()
		d.check()
		for _, a := range rowsIn(d.office, Awards, Where("offer", o.ID)) {
			for _, f := range d.firms {
				if f.party == a.Party && random.IntN(3) > 0 {
					d.contracts(f, a)
					awarded(d.office, f.user, AwardSettle{a.ID})
				}
			}
			some := 1 + random.Int64N(9)
			d.does(d.seller.user, CreditTransfer{Party: d.seller.party, Series: 1, To: d.firms[0].party, Units: some, Document: "d"})
		}
		d.check()
		d.restart()
	}
	d.settle()
	d.check()
}
