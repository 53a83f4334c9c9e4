package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

const (
	dayTerms = `{"valid_from":"2026-07-02","band":"0.1","timetable":[{"phase":"call","from":"09:15","until":"09:25"},
		{"phase":"continuous","from":"09:30","until":"15:00"}]}`
	marketPath = "/v1/markets/" + marketCode
)

var tradingDay = calendar.NewDate(2026, 7, 2)

// at moves the clock to a time of the trading day and waits for the market to
// come to its phase.
func (w *world) at(hours, minutes int, phase api.MarketPhase) (s api.MarketStatus) {
	w.t.Helper()
	w.clock.Set(tradingDay.Start().Add(time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute))
	waitFor(w.t, "the market's phase "+string(phase), func() bool {
		s = decode[api.MarketStatus](w.t, w.get(marketPath+"/status", ""))
		return s.Phase == phase
	})
	return s
}

func (w *world) wantRefusal(a answer, code string) {
	w.t.Helper()
	if p := decode[api.Problem](w.t, a); a.status != http.StatusUnprocessableEntity || p.Code != code {
		w.t.Errorf("%d %s, want the refusal %s", a.status, a.body, code)
	}
}

// A trading day over HTTP: a call collects orders and shows what it would come to,
// its fills are at one price, the market trades on, is halted and resumes, closes
// with the mean of its trades, and the next day keeps to the band. The stream tells
// all of it, each event with the one before it; who comes back with his last event
// gets what he has missed.
func TestSession_OverHTTP(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, dayTerms))
	w.at(8, 0, api.MarketPhaseClosed)
	w.wantRefusal(w.post("/v1/orders", seller.key, order(seller, "sell", "4000", "1")), "order.market_closed")
	w.at(9, 15, api.MarketPhaseCall)
	s := w.listen(t, "?instrument="+instrumentCode, "")
	w.want(http.StatusCreated, w.post("/v1/orders", seller.key, order(seller, "sell", "4000", "5")))
	w.want(http.StatusCreated, w.post("/v1/orders", buyer.key, order(buyer, "buy", "4200", "3")))
	immediate := order(buyer, "buy", "4200", "3")
	immediate = immediate[:len(immediate)-1] + `,"time_in_force":"ioc"}`
	w.wantRefusal(w.post("/v1/orders", buyer.key, immediate), "order.not_in_call")
	var last api.MarketEvent
	for last.Indicative == nil || last.Indicative.Volume != "3" {
		last = s.any()
	}
	status := w.at(9, 16, api.MarketPhaseCall)
	if got := status.Instruments[0].Indicative; got == nil || deref(got.Price) != "4000" || got.Volume != "3" || got.Surplus != "-2" || *status.NextPhase != api.MarketPhaseClosed {
		t.Errorf("the call shows %+v, the market %+v", got, status)
	}
	w.at(9, 25, api.MarketPhaseClosed)
	trade, events := s.until(&last, api.MarketEventKindTrade)
	if trade.Trade.Price != "4000" || trade.Trade.Quantity != "3" || trade.Trade.Kind != api.MarketTradeKindCall {
		t.Errorf("the call made %+v", trade.Trade)
	}
	calls := decode[api.CallPage](t, w.get(marketPath+"/calls", "")).Items
	if len(calls) != 1 || calls[0].Price != "4000" || calls[0].Traded != "3" || calls[0].Trades != 1 {
		t.Errorf("calls %+v", calls)
	}
	missed := events + w.continuous(s, &last, seller, buyer)
	again := w.listen(t, "?instrument="+instrumentCode, trade.ID)
	for previous := trade.ID; previous != last.ID; missed-- {
		e := again.any()
		if *e.Previous != previous || missed == 0 {
			t.Fatalf("%s after %s, it says after %s", e.ID, previous, *e.Previous)
		}
		previous = e.ID
	}
	w.closeAndBand(seller)
}

// continuous trades, halts the market and resumes it, and returns how many events
// that made.
func (w *world) continuous(s *stream, last *api.MarketEvent, seller, buyer firm) (events int) {
	w.t.Helper()
	w.at(9, 30, api.MarketPhaseContinuous)
	w.want(http.StatusCreated, w.post("/v1/orders", buyer.key, order(buyer, "buy", "4000", "1")))
	e, n := s.until(last, api.MarketEventKindTrade)
	if e.Trade.Kind != api.MarketTradeKindContinuous || e.Trade.Price != "4000" {
		w.t.Errorf("traded %+v", e.Trade)
	}
	events += n
	state := func(state string) {
		w.t.Helper()
		w.want(http.StatusOK, w.post(marketPath+"/state", w.leader, fmt.Sprintf(`{"state":%q,"reason":"a fault of the network"}`, state)))
		e, n := s.until(last, api.MarketEventKindState)
		if string(*e.State) != state || deref(e.Reason) == "" {
			w.t.Errorf("the stream says %+v", e)
		}
		events += n
	}
	state("halted")
	resting := decode[api.OrderPage](w.t, w.get("/v1/orders?state=open", seller.key)).Items
	w.wantRefusal(w.post("/v1/orders", buyer.key, order(buyer, "buy", "4000", "1")), "order.market_not_open")
	state("cancel_only")
	w.wantRefusal(w.post("/v1/orders", buyer.key, order(buyer, "buy", "4000", "1")), "order.market_not_open")
	w.want(http.StatusOK, w.post(fmt.Sprintf("/v1/orders/%d/cancel", resting[0].ID), seller.key, ""))
	state("open")
	return events
}

// closeAndBand ends the day and holds that the next one keeps to its band.
func (w *world) closeAndBand(seller firm) {
	w.t.Helper()
	w.at(15, 0, api.MarketPhaseClosed)
	closes := decode[api.ClosePage](w.t, w.get(marketPath+"/closes", "")).Items
	if len(closes) != 1 || closes[0].Price != "4000" || closes[0].Trades != 2 || closes[0].Volume != "4" {
		w.t.Errorf("closes %+v", closes)
	}
	status := w.at(24+9, 30, api.MarketPhaseContinuous)
	if band := status.Instruments[0].Band; band == nil || band.Low != "3600" || band.High != "4400" {
		w.t.Errorf("the band is %+v", band)
	}
	w.wantRefusal(w.post("/v1/orders", seller.key, order(seller, "sell", "4401", "1")), "order.outside_band")
	w.want(http.StatusCreated, w.post("/v1/orders", seller.key, order(seller, "sell", "4400", "1")))
	candles := decode[api.CandleList](w.t, w.get(marketPath+"/candles?instrument="+instrumentCode+"&from=2026-07-02&to=2026-07-02", "")).Items
	if len(candles) != 1 || candles[0].Volume != "4" || candles[0].Trades != 2 {
		w.t.Errorf("candles %+v", candles)
	}
}

// until reads events until one of a kind, which becomes the last one, and holds
// that each names the one before it. It returns how many it read.
func (s *stream) until(last *api.MarketEvent, kind api.MarketEventKind) (e api.MarketEvent, read int) {
	s.t.Helper()
	for e.Kind != kind {
		e = s.any()
		if last.ID != "" && *e.Previous != last.ID {
			s.t.Fatalf("%s says that %s came before it, which was %s", e.ID, *e.Previous, last.ID)
		}
		*last = e
		read++
	}
	return e, read
}
