package apptest

import (
	"fmt"
	"time"

	"permitx/internal/app"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// The days of Trading.
var (
	tradingDay   = calendar.NewDate(2026, 7, 2)
	windowOpens  = calendar.NewDate(2026, 7, 15).Start().Add(10 * time.Hour)
	windowCloses = windowOpens.Add(time.Hour)
	yuan         = quantity.OnePrice
)

// Trading makes one of everything about trading, and takes the clock to 21 July:
// a market by a timetable with fees, of which one day has a call, continuous
// trades, a day order, a sweep, a block trade and a close; a certified auction
// with an award that is contracted, one that was let go and a loser, and an
// auction that still takes bidders; an order of that day; a lease that runs and one that is offered;
// two pledges of the same permits of which a part was sold.
func (w *World) Trading() {
	w.T.Helper()
	seller, buyer := w.NewFirm(30, Jiashan), w.NewFirm(31, Jiashan)
	for _, f := range []Firm{seller, buyer} {
		w.Grant(f, 100*ton, 50*ton, 2000*yuan)
		w.Fund(f, 10_000_000_00)
	}
	offer := w.announced(auction.PayAsBid)
	bidders := []Firm{seller, buyer, w.NewFirm(32, Jiashan)}
	w.Fund(bidders[2], 10_000_00)
	for _, f := range bidders {
		w.Must(f.Person, app.RegistrationApply{Offer: offer.ID, Licence: f.Licence.ID})
	}
	w.leases(seller, buyer)
	w.pledges(seller, buyer)
	w.marketDay(seller, buyer)
	w.auctioned(offer.ID, bidders)
	open := w.announced(auction.Uniform)
	w.Must(seller.Person, app.RegistrationApply{Offer: open.ID, Licence: seller.Licence.ID})
	today := w.sell(seller, ton, 4500)
	today.TimeInForce = market.DAY
	w.Must(seller.Person, today)
}

// announced is a sale of 10 t/a, 14 days from now.
func (w *World) announced(format auction.Format) auction.Offer {
	w.T.Helper()
	opens := w.Clock.Now().Date().AddDays(14).Start().Add(10 * time.Hour)
	terms, err := w.App.SealOffer(identity.Actor{Person: w.Leader}, w.key("seal"), app.OfferTerms{
		Format: format, Quantity: 10 * ton, ReservePrice: 4000 * yuan, LotSize: ton / 10, Tick: yuan, Collateral: auction.DepositCollateral,
		Deposit: 5000_00, Sight: auction.SeesNothing, InterruptionMost: 86_400, Tie: auction.ByTime, Undersubscribed: auction.SellAnyway,
		InterruptionRule: auction.Extends, RegisterUntil: opens, OpensAt: opens, ClosesAt: opens.Add(time.Hour), Title: "VOCs", Document: "notice",
	})
	if err != nil {
		w.T.Fatal(err)
	}
	c := app.OfferAnnounce{Region: Jiashan, Pollutant: VOCs, Instrument: w.Instrument.Code, OfferTerms: terms}
	return Result[app.OfferResult](w, w.Leader, c).Offer
}

// auctioned runs a sale to its awards: the first bidder contracts, the second lets
// his go, the third loses.
func (w *World) auctioned(offer int64, bidders []Firm) {
	w.T.Helper()
	w.Clock.Set(windowOpens)
	w.offerBecomes(offer, auction.OfferBidding)
	for n, price := range []quantity.Price{5000, 4500, 4000} {
		f, key := bidders[n], w.key("quote")
		steps := []auction.Step{{Price: price * yuan, Quantity: 5 * ton}}
		c, err := w.App.SealQuote(identity.Actor{Person: f.Person}, key, offer, auction.Terms{Steps: steps})
		if err != nil {
			w.T.Fatal(err)
		}
		w.Must(f.Person, c)
	}
	w.Clock.Set(windowCloses)
	ranked := w.offerBecomes(offer, auction.OfferRanked)
	w.Must(w.Leader, app.OfferCertify{Offer: offer, ResultDigest: ranked.ResultDigest, Document: "d"})
	w.offerBecomes(offer, auction.OfferCertified)
	awards := read[auction.Award](w.T, w.App.Reader(), "award", app.Where("offer", offer))
	w.Must(bidders[0].Person, app.AwardSign{Award: awards[0].ID})
	w.Must(w.Leader, app.AwardContract{Award: awards[0].ID, Contract: "contract"})
	w.Clock.Set(calendar.NewDate(2026, 7, 21).Start())
	w.Must(w.Leader, app.AwardDefault{Award: awards[1].ID, Reason: "not signed"})
}

// offerBecomes waits until an auction has got to a state by its timers.
func (w *World) offerBecomes(id int64, state auction.OfferState) auction.Offer {
	w.T.Helper()
	for range 1000 {
		if o := read[auction.Offer](w.T, w.App.Reader(), "offer", app.Where("id", id))[0]; o.State == state {
			return o
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.T.Fatalf("auction %d does not become %s", id, state)
	return auction.Offer{}
}

// marketDay trades through a day by a timetable.
func (w *World) marketDay(seller, buyer Firm) {
	w.T.Helper()
	w.Must(w.Admin, app.MarketOpen{
		Code: "DAY", Name: "by a timetable", Pollutant: VOCs, Regions: []string{Jiashan}, LotSize: 100, Tick: yuan, PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	w.Must(w.Leader, app.MarketTerms{Market: "DAY", ValidFrom: tradingDay, Timetable: "call 09:15-09:25, continuous 09:30-15:00", BlockLeast: ton})
	w.Must(w.Admin, app.FeeScheduleSet{Market: "DAY", Scheme: market.Chengdu, ValidFrom: tradingDay, Document: "d"})
	order := func(f Firm, side market.Side, price int64, q quantity.Quantity) app.PlaceOrder {
		c := w.sell(f, q, price)
		c.Market, c.Side = "DAY", side
		return c
	}
	w.Clock.Set(tradingDay.Start().Add(9*time.Hour + 15*time.Minute))
	w.Must(seller.Person, order(seller, market.Sell, 4000, 5*ton))
	w.Must(buyer.Person, order(buyer, market.Buy, 4000, 3*ton))
	w.Clock.Set(tradingDay.Start().Add(9*time.Hour + 30*time.Minute))
	w.Must(buyer.Person, order(buyer, market.Buy, 4000, ton)) // of the rest
	day := order(seller, market.Sell, 4500, ton)
	day.TimeInForce = market.DAY
	w.Must(seller.Person, day)
	w.Must(buyer.Person, order(buyer, market.Buy, 3000, ton))
	w.Must(buyer.Person, app.OrderSweep{Party: buyer.Party, Market: "DAY"})
	block := app.BlockPropose{
		Market: "DAY", Instrument: w.Instrument.Code, Side: market.Sell, Licence: seller.Licence.ID,
		CounterpartyParty: buyer.Party, CounterpartyLicence: buyer.Licence.ID, Quantity: ton, Price: 4100 * yuan,
	}
	settled := Result[app.BlockResult](w, seller.Person, block)
	w.Must(buyer.Person, app.BlockStep{Block: settled.Block.ID, Event: market.BlockConfirm})
	w.Clock.Set(tradingDay.Start().Add(15 * time.Hour))
	w.Must(w.Admin, app.PersonAdd{Name: "after the close"}) // the timers come before it
}

// leases makes a lease that begins at once and one that is offered.
func (w *World) leases(lessor, lessee Firm) {
	w.T.Helper()
	offer := app.LeaseOffer{
		LessorLicence: lessor.Licence.ID, LesseeLicence: lessee.Licence.ID, Instrument: w.Instrument.Code, Quantity: ton, Price: 8000 * yuan, Months: 2,
		From: Start.Date(),
	}
	l := Result[app.LeaseResult](w, lessor.Person, offer).Lease
	w.Must(lessee.Person, app.LeaseStep{Lease: l.ID, Event: encumbrance.AgreeLease})
	w.Must(w.Leader, app.LeaseStep{Lease: l.ID, Event: encumbrance.ApproveLease, Document: "d"})
	w.Must(lessee.Person, app.LeaseStep{Lease: l.ID, Event: encumbrance.PayLease})
	offer.From = tradingDay.AddDays(60)
	w.Must(lessor.Person, offer)
}

// pledges makes a pledge that was enforced in part, and one behind it.
func (w *World) pledges(holder, buyer Firm) {
	w.T.Helper()
	apply := app.PledgeApply{Licence: holder.Licence.ID, Instrument: w.Instrument.Code, Quantity: 10 * ton, Value: 200_000_00, Assessment: "report"}
	var first encumbrance.Pledge
	var firstBanker int64
	for n, loan := range []quantity.Money{100_000_00, 60_000_00} {
		bank := Result[app.PartyResult](w, w.Leader, app.PartyRegister{Name: fmt.Sprint("bank ", n), USCC: USCC(Jiashan, 90+n), Region: Jiashan, Industry: "6621"}).Party.ID
		banker := w.Person(fmt.Sprint("banker ", n), app.GrantAdd{Role: identity.BankOfficer, Party: bank})
		apply.Bank, apply.Loan, apply.Behind = bank, loan, first.ID
		p := Result[app.PledgeResult](w, holder.Person, apply).Pledge
		w.Must(w.Leader, app.PledgeStep{Pledge: p.ID, Event: encumbrance.ConfirmPledge, Document: "d"})
		w.Must(banker, app.PledgeStep{Pledge: p.ID, Event: encumbrance.ApprovePledge, Loan: loan, Rate: 38_500, DueOn: 20270630, Document: "d"})
		w.Must(holder.Person, app.PledgeStep{Pledge: p.ID, Event: encumbrance.RegisterPledge})
		if n == 0 {
			first, firstBanker = p, banker
		}
	}
	w.Must(firstBanker, app.PledgeStep{Pledge: first.ID, Event: encumbrance.DemandPledge, Claim: 105_000_00, Document: "d"})
	w.Must(w.Leader, app.PledgeOffer{Pledge: first.ID, Quantity: 6 * ton, Price: 3000 * yuan, Document: "d"})
	w.Must(buyer.Person, app.PledgeBuy{Pledge: first.ID, BuyerLicence: buyer.Licence.ID})
}
