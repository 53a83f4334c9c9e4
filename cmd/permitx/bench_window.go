package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"permitx/api"
	"permitx/internal/bench"
	"permitx/internal/calendar"
)

// The windows that are measured: one in whose last second half of the bidders
// bid, and one in which all of them bid ten prices each. Bidders, registrations
// and bids all come over HTTP.
const (
	windowBidders      = 10_000
	windowQuickBidders = 500 // with --quick: another figure
	windowPrices       = 10
	windowReserve      = 1_000     // CNY/(t·a)
	windowQuantity     = "10000"   // t/a that is offered
	windowOfBidder     = "0.2"     // t/a for each price: of 100,000 bids half win
	windowCapMoved     = "1000000" // t/a, from unallocated into the reserve
	windowRushTime     = time.Second
	windowStartTime    = 10 * time.Second // for a server to read the bids, before anything is to happen
	windowCloseTime    = 5 * time.Minute  // a close that takes longer will not come
	windowProfileTime  = 5 * time.Second
	windowPoll         = 20 * time.Millisecond
)

// windowMeasures are of windows that close.
var windowMeasures = []benchMeasure{
	{name: "window_postgres", place: onPostgres, run: measureWindow},
	{name: "window_sqlite", place: onSQLite, run: measureWindow},
}

var windowRatios = []benchRatio{
	{bench.Goal{Name: "last_second_bids_per_order", Must: 0.4, Aim: 0.8}, "window_postgres_bids_per_s", "window_postgres_orders_per_s", []string{"window_postgres"}},
	{bench.Goal{Name: "last_second_bids_per_order_sqlite", Must: 0.4, Aim: 0.8}, "window_sqlite_bids_per_s", "window_sqlite_orders_per_s", []string{"window_sqlite"}},
	{ // less is better
		bench.Goal{Name: "order_p99_while_100k_bids_close", Must: 2, Aim: 1.2},
		"window_postgres_order_p99_closing_ms", "window_postgres_order_p99_ms",
		[]string{"window_postgres"},
	},
	{
		bench.Goal{Name: "order_p99_while_100k_bids_close_sqlite", Must: 2, Aim: 1.2},
		"window_sqlite_order_p99_closing_ms", "window_sqlite_order_p99_ms",
		[]string{"window_sqlite"},
	},
}

// benchWindow is a registry with two auctions and their bidders.
type benchWindow struct {
	*benchRun
	figure   string // prefix of the figures
	args     []string
	database benchDatabase
	site     *benchSite
	bidders  []benchFirm
	crowd    api.ID // the auction with all bids
	rush     api.ID // the auction of the last second
}

// measureWindow measures what bids in the last second and the close of a large
// auction cost, beside orders on the same server.
func measureWindow(ctx context.Context, b *benchRun, m benchMeasure) (err error) {
	w := &benchWindow{benchRun: b, figure: m.name, bidders: make([]benchFirm, windowBidders)}
	if b.command.Quick {
		w.bidders, w.figure = w.bidders[:windowQuickBidders], fmt.Sprintf("%s_%d_bids", m.name, windowQuickBidders*windowPrices)
		b.why[m.name] = fmt.Sprintf("only %d bids were made, for want of time", windowQuickBidders*windowPrices)
	}
	if w.args, w.database, err = b.statementRegistry(ctx, m); err != nil {
		return err
	}
	w.args = append(w.args, "--seal-keys", filepath.Join(b.dir, m.name+"-seals"))
	if w.site, err = b.openSite(ctx, w.args...); err != nil {
		return err
	}
	defer func() {
		if stop := w.site.server.stop(); err == nil {
			err = stop
		}
	}()
	for _, step := range []func(context.Context) error{w.announce, w.register, w.measureRush, w.fillCrowd, w.measureClose} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// announce offers something out of the reserve twice.
func (w *benchWindow) announce(ctx context.Context) error {
	seeder, err := w.site.seeder(ctx)
	if err != nil {
		return err
	}
	if err := seeder.reserve(); err != nil {
		return err
	}
	for _, offer := range []*api.ID{&w.crowd, &w.rush} {
		if *offer, err = seeder.offer(); err != nil {
			return err
		}
	}
	return nil
}

// offer announces an auction for the first day that an offer may open on.
func (s *benchSeeder) offer() (api.ID, error) {
	const announced, holidays = 7, 10 // days
	deposit, tie, rest := "1", api.AuctionTieDrawn, api.AuctionUndersubscribedClear
	for day := s.today.AddDays(announced); ; day = day.AddDays(1) {
		opens, closes := day.Start(), day.AddDays(1).Start().String()
		o, err := approved[api.AuctionOffer](s.ctx, s.approver)(read(s.officer.AnnounceOffer(s.ctx, &api.AnnounceOfferParams{IdempotencyKey: commandKey()}, api.AuctionOfferInput{
			Region: benchRegion, Pollutant: benchPollutant, Instrument: s.site.instrument, Format: api.AuctionFormatUniform, Quantity: windowQuantity,
			ReservePrice: fmt.Sprint(windowReserve), LotSize: benchLot, Tick: "1", Collateral: new(api.AuctionCollateralDeposit), Deposit: &deposit,
			Tie: &tie, Undersubscribed: &rest, InterruptionSeconds: 24 * 60 * 60, InterruptionRule: api.InterruptionRuleExtend,
			RegisterUntil: opens.String(), OpensAt: opens.String(), ClosesAt: &closes, Title: benchDocument, Document: benchDocument,
		})))
		if !isProblem(err, "offer.not_a_working_day") || day > s.today.AddDays(announced+holidays) {
			return o.ID, err
		}
	}
}

// register makes the bidders and registers all of them for both auctions.
func (w *benchWindow) register(ctx context.Context) error {
	w.progress("%s: making %d bidders", w.figure, len(w.bidders))
	seeder, err := w.site.seeder(ctx)
	if err != nil {
		return err
	}
	err = inParallel(len(w.bidders), func(i int) (err error) {
		w.bidders[i], err = seeder.member(benchMany + i)
		return err
	})
	if err != nil {
		return err
	}
	for _, offer := range []api.ID{w.crowd, w.rush} {
		if err := w.site.await(ctx, offer, api.AuctionStateRegistering); err != nil {
			return err
		}
		requests := w.requests(offer, "registrations", w.bidders, func(f benchFirm) string { return fmt.Sprintf(`{"licence":%d}`, f.licence) })
		if err := bench.Each(ctx, w.site.server.address, benchFew, requests, wantCreated); err != nil {
			return err
		}
	}
	return nil
}

// requests are a request of each bidder about an auction.
func (w *benchWindow) requests(offer api.ID, what string, bidders []benchFirm, body func(benchFirm) string) [][]byte {
	all := make([][]byte, len(bidders))
	for i, f := range bidders {
		all[i] = bench.NewRequest(fmt.Sprintf("/v1/offers/%d/%s", offer, what), f.key, commandKey(), []byte(body(f))).WithKey(0)
	}
	return all
}

func wantCreated(_ int, r bench.Response, _ time.Duration) error {
	if r.Status != http.StatusCreated {
		return fmt.Errorf("answered %d: %s", r.Status, r.Body)
	}
	return nil
}

// windowSQL moves the window of an auction whose server is stopped: nobody waits
// seven days for a measure. Nothing is journaled: check would complain.
// Parameters: offer, now, close.
var windowSQL = []string{
	`UPDATE offer SET register_until = CASE WHEN register_until > $2 THEN $2 ELSE register_until END,
 opens_at = CASE WHEN opens_at > $2 THEN $2 ELSE opens_at END, closes_at = $3 WHERE id = $1`,
	`UPDATE timer SET due_at = CASE purpose WHEN 'offer.close' THEN CAST($3 AS BIGINT) ELSE CAST($2 AS BIGINT) END
  WHERE reference = $1 AND purpose LIKE 'offer.%' AND state = 'pending'`,
}

// move lets an auction bid from now until a time, over a restart of the server.
func (w *benchWindow) move(ctx context.Context, offer api.ID, closes time.Time) error {
	if err := w.site.server.stop(); err != nil {
		return err
	}
	db, err := sql.Open(w.database.driver, w.database.source)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range windowSQL {
		if _, err := db.ExecContext(ctx, statement, offer, time.Now().UnixMicro(), closes.UnixMicro()); err != nil {
			return err
		}
	}
	server, err := startBenchServer(ctx, w.dir, w.command.Profile != "", w.args...)
	if err != nil {
		return err
	}
	w.site.server = server
	return w.site.await(ctx, offer, api.AuctionStateBidding)
}

// await returns when an auction is in a state.
func (s *benchSite) await(ctx context.Context, offer api.ID, state api.AuctionState) error {
	client, err := s.as(s.officer)
	if err != nil {
		return err
	}
	for until := time.Now().Add(windowCloseTime); ; {
		o, err := answer[api.AuctionOffer](read(client.GetOffer(ctx, offer)))
		switch {
		case err != nil:
			return err
		case o.State == state:
			return nil
		case time.Now().After(until):
			return fmt.Errorf("auction %d is %s, not %s\n%s", offer, o.State, state, s.server.log)
		}
		if err := pause(ctx, windowPoll); err != nil {
			return err
		}
	}
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// measureRush lets half of the bidders bid in the last second of a window, as
// many connections at a time as the orders with which it is compared have. Each
// bid must be judged by its stamp: none is lost, and none that is late counts.
func (w *benchWindow) measureRush(ctx context.Context) error {
	w.progress("%s: a window's last second", w.figure)
	closes := time.Now().Add(windowStartTime).Truncate(time.Millisecond)
	if err := w.move(ctx, w.rush, closes); err != nil {
		return err
	}
	requests := w.requests(w.rush, "quotes", w.bidders[:len(w.bidders)/2], func(benchFirm) string {
		return fmt.Sprintf(`{"steps":[{"price":"%d","quantity":"%s"}]}`, windowReserve, windowOfBidder)
	})
	ahead := time.Until(closes.Add(-windowRushTime))
	if ahead < 0 {
		return fmt.Errorf("the server was ready only %s before the window closed", time.Until(closes))
	}
	if err := pause(ctx, ahead); err != nil {
		return err
	}
	var latency bench.Histogram
	var counted, late int
	var last time.Time // that a bid was accepted
	started := time.Now()
	err := bench.Each(ctx, w.site.server.address, benchMany, requests, func(_ int, r bench.Response, took time.Duration) error {
		latency.Add(took)
		switch {
		case r.Status == http.StatusCreated:
			counted++
			last = time.Now()
		case r.Status == http.StatusUnprocessableEntity && bytes.Contains(r.Body, []byte(`"quote.late"`)):
			late++
		default:
			return fmt.Errorf("a bid was answered with %d: %s", r.Status, r.Body)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.site.await(ctx, w.rush, api.AuctionStateRanked); err != nil {
		return err
	}
	if err := w.checkRush(ctx, counted, closes); err != nil {
		return err
	}
	w.add(w.figure+"_bids_per_s", "1/s", float64(counted)/last.Sub(started).Seconds())
	w.add(w.figure+"_bid_p99_ms", "ms", milliseconds(latency.Quantile(0.99)))
	w.add(w.figure+"_bids_in_time", "of all", float64(counted)/float64(counted+late))
	clients := make([]*benchClient, benchMany)
	for i := range clients {
		clients[i] = w.site.client("/v1/orders", w.site.firms[i].key, w.site.orders(&w.site.firms[i]), created)
	}
	r, err := bench.Run(ctx, bench.Load{Address: w.site.server.address, Clients: asClients(clients), WarmUp: w.warmUp, Measure: w.length})
	w.add(w.figure+"_orders_per_s", "1/s", r.PerSecond())
	return err
}

// checkRush holds that the bids that were accepted, and only those, are kept
// and stamped before the close.
func (w *benchWindow) checkRush(ctx context.Context, counted int, closes time.Time) error {
	client, err := w.site.as(w.site.officer)
	if err != nil {
		return err
	}
	quotes, err := pages(func(after *api.ID) ([]api.Quote, *api.ID, error) {
		p, err := answer[api.QuotePage](read(client.ListQuotes(ctx, w.rush, &api.ListQuotesParams{After: after})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return err
	}
	if len(quotes) != counted || counted == 0 {
		return fmt.Errorf("%d bids were accepted and %d are kept", counted, len(quotes))
	}
	for _, q := range quotes {
		at, err := calendar.ParseInstant("placed_at", q.PlacedAt)
		if err != nil || at >= calendar.InstantOf(closes) {
			return fmt.Errorf("bid %d is stamped %s, the window closed at %s: %w", q.ID, q.PlacedAt, closes, err)
		}
	}
	return nil
}

// fillCrowd lets every bidder bid ten prices.
func (w *benchWindow) fillCrowd(ctx context.Context) error {
	w.progress("%s: bidding %d prices", w.figure, len(w.bidders)*windowPrices)
	if err := w.move(ctx, w.crowd, time.Now().Add(24*time.Hour)); err != nil {
		return err
	}
	n := 0
	requests := w.requests(w.crowd, "quotes", w.bidders, func(benchFirm) string {
		var steps bytes.Buffer
		for i := range windowPrices {
			if i > 0 {
				steps.WriteByte(',')
			}
			fmt.Fprintf(&steps, `{"price":"%d","quantity":"%s"}`, windowReserve+(n*7919)%997+1000*i, windowOfBidder)
		}
		n++
		return `{"steps":[` + steps.String() + `]}`
	})
	return bench.Each(ctx, w.site.server.address, benchFew, requests, wantCreated)
}

// measureClose measures orders before the window with all the bids closes, and
// from its close until every bidder has his outcome.
func (w *benchWindow) measureClose(ctx context.Context) error {
	orders := w.fewOrders(w.site)
	closes := time.Now().Add(windowStartTime + orders.WarmUp + orders.Measure)
	if err := w.move(ctx, w.crowd, closes); err != nil {
		return err
	}
	w.progress("%s: orders before and while %d bids close", w.figure, len(w.bidders)*windowPrices)
	orders.Address = w.site.server.address
	alone, err := bench.Run(ctx, orders)
	if err != nil {
		return err
	}
	w.add(w.figure+"_order_p99_ms", "ms", milliseconds(alone.Latency.Quantile(0.99)))
	orders.WarmUp, orders.Measure = time.Until(closes), windowCloseTime
	if orders.WarmUp <= 0 {
		return errors.New("the window closed before it was to be measured")
	}
	closing, stop := context.WithCancelCause(ctx)
	go func() {
		stop(w.site.await(ctx, w.crowd, api.AuctionStateRanked))
	}()
	profiled := w.profile(ctx, w.site.server, w.figure+".closing", orders.WarmUp+windowProfileTime)
	during, err := bench.Run(closing, orders)
	if cause := context.Cause(closing); errors.Is(cause, context.Canceled) { // it is ranked
		err = ctx.Err()
	} else if cause != nil {
		err = cause
	}
	w.add(w.figure+"_order_p99_closing_ms", "ms", milliseconds(during.Latency.Quantile(0.99)))
	w.add(w.figure+"_ranked_s", "s", time.Since(closes).Seconds())
	return errors.Join(err, <-profiled)
}
