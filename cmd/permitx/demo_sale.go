package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

// saleNote goes with the figures of the sale.
const saleNote = "Known of the 11th NH3-N sale of Jiaxing, June 2024: base price CNY 4,000/(t·a), window of 1 hour, at most 10 quotes, 19 bidders of whom 13 won, average about CNY 20,000/(t·a). The firms, needs and bids are made up."

// The terms of the sale.
const (
	saleBase    = "4000" // CNY/(t·a)
	saleDeposit = "5000" // CNY, of each bidder; made up
	saleShare   = "0.7"  // of the bidders who win
	saleQuotes  = 10     // at most
	saleWindow  = time.Hour
	saleJumps   = 2 * saleWindow   // that moving the clock may take of a window: an interruption to the registry
	saleNotice  = 9                // days from the announcement to the window, at least
	lastMoments = 10 * time.Second // in which most bids came
)

// saleFigure is the electronic sale.
type saleFigure struct {
	Offer     int64  `json:"offer"`
	Base      string `json:"base_price"` // CNY/(t·a)
	Bidders   int    `json:"bidders"`
	Winners   int    `json:"winners"`
	Sold      string `json:"sold"` // t/a
	Average   string `json:"average_price"`
	Delivered int    `json:"delivered"`
	Checked   string `json:"certificate_status"` // of the first winner's, as the public sees it
	Note      string `json:"note"`
}

// sale tells the electronic sale from its announcement to the certificates.
func (t *story) sale(ctx context.Context) error {
	t.say("%s", saleNote)
	if err := t.gather(ctx); err != nil {
		return err
	}
	o, err := t.announce(ctx)
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	for _, step := range []struct {
		name string
		take func(context.Context, api.AuctionOffer) error
	}{
		{"register", t.registerBidders}, {"window", t.window}, {"certify", t.certify}, {"deliver", t.deliverAwards}, {"certificate", t.checkCertificate},
	} {
		if err := step.take(ctx, o); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

// announce puts the sale up, on the first working day from when its notice has stood.
func (t *story) announce(ctx context.Context) (o api.AuctionOffer, err error) {
	r := t.jiaxing
	for day := t.today.AddDays(saleNotice); ; day = day.AddDays(1) {
		opens := day.Start().Add(10 * time.Hour)
		o, err = approved[api.AuctionOffer](ctx, r.leader)(read(r.clerk.AnnounceOffer(ctx, &api.AnnounceOfferParams{IdempotencyKey: commandKey()}, api.AuctionOfferInput{
			Region: r.code, Pollutant: nh3n, Instrument: t.instrument(nh3n, false), Format: api.AuctionFormatPayAsBidShare, Quantity: r.nh3nReserve,
			ReservePrice: saleBase, LotSize: "0.0001", Tick: "1", Collateral: as(api.AuctionCollateralDeposit), Deposit: as(saleDeposit),
			WinShare: as(saleShare), MinBidders: as(3), MaxQuotes: as(saleQuotes), Sight: as(api.AuctionSightOwnRank),
			InterruptionSeconds: int(saleJumps.Seconds()), InterruptionRule: api.InterruptionRuleExtend,
			RegisterUntil: day.AddDays(-1).Start().String(), OpensAt: opens.String(), ClosesAt: as(opens.Add(saleWindow).String()),
			Title: "NH3-N排污权电子竞价（演示）", Document: made("电子竞价公告"),
		})))
		if !isProblem(err, "offer.not_a_working_day") {
			break
		}
	}
	if err == nil {
		t.say("Offer %d: %s t/a of %s by %s, base CNY %s/(t·a), window %s to %s; its key's SHA-256 is published, %.16s…",
			o.ID, o.Quantity, o.Pollutant, o.Format, o.ReservePrice, o.OpensAt, o.ClosesAt, o.KeyDigest)
	}
	return o, err
}

// registerBidders admits the nineteen, each for the need of its project.
func (t *story) registerBidders(ctx context.Context, o api.AuctionOffer) error {
	for _, b := range t.bidders {
		project, err := t.project(ctx, &b.firm, "技改项目（虚构）", nh3n, b.need, "1")
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		_, err = answer[api.Registration](read(b.handler.RegisterBidder(ctx, o.ID, &api.RegisterBidderParams{IdempotencyKey: commandKey()},
			api.RegistrationInput{Licence: &b.licence, Project: &project})))
		if err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
	}
	t.say("%d bidders are registered, each for the need approved for its project; their deposits are set aside", len(t.bidders))
	return nil
}

// certify lets a clerk name the result that he has seen, and the leader approve it.
func (t *story) certify(ctx context.Context, o api.AuctionOffer) error {
	ranked, err := t.offerIn(ctx, o.ID, api.AuctionStateRanked)
	if err != nil {
		return err
	}
	r := t.jiaxing
	_, err = approved[api.AuctionOffer](ctx, r.leader)(read(r.clerk.CertifyOffer(ctx, o.ID, &api.CertifyOfferParams{IdempotencyKey: commandKey()},
		api.CertifyInput{ResultDigest: *ranked.ResultDigest, Document: made("竞价结果确认")})))
	if err != nil {
		return err
	}
	if _, err := t.offerIn(ctx, o.ID, api.AuctionStateCertified); err != nil {
		return err
	}
	result, err := answer[api.AuctionResult](read(t.auditor.GetOfferResult(ctx, o.ID, &api.GetOfferResultParams{})))
	if err != nil {
		return err
	}
	t.sold = saleFigure{
		Offer: o.ID, Base: o.ReservePrice, Bidders: result.Bidders, Winners: len(result.Winners), Sold: result.Sold, Average: orElse(result.AveragePrice, ""), Note: saleNote,
	}
	t.say("Certified: %d bidders, %d winners (%s of the bidders, half up), %s t/a sold at CNY %s/(t·a) on average; the losers are not named",
		t.sold.Bidders, t.sold.Winners, saleShare, t.sold.Sold, t.sold.Average)
	for _, w := range result.Winners {
		t.say("    %s t/a at CNY %s/(t·a) = CNY %s  %s", w.Quantity, w.Price, w.Amount, w.Name)
	}
	return nil
}

// offerIn waits until the registry has brought an offer to a state.
func (t *story) offerIn(ctx context.Context, id api.ID, state api.AuctionState) (o api.AuctionOffer, err error) {
	err = await(ctx, "the offer becomes "+string(state), func() (bool, error) {
		o, err = answer[api.AuctionOffer](read(t.auditor.GetOffer(ctx, id)))
		return o.State == state, err
	})
	return o, err
}

// instantOf reads an instant of the contract.
func instantOf(text api.Instant) (calendar.Instant, error) {
	at, err := time.Parse(time.RFC3339, text)
	return calendar.InstantOf(at), err
}

// refused returns an error unless err is the problem with that code, which it tells.
func (t *story) refused(what string, err error, code string) error {
	var p problemError
	if !errors.As(err, &p) || p.Code != code {
		return fmt.Errorf("%s: must be refused with %s, was answered %w", what, code, errors.Join(err))
	}
	t.say("    %s: refused, %s", what, p.Error())
	return nil
}
