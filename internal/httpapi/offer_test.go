package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var (
	windowOpens  = calendar.NewDate(2026, 7, 13).Start().Add(10 * time.Hour)
	windowCloses = windowOpens.Add(time.Hour)
)

const sealedOffer = `{"region":"330421","pollutant":"VOCs","instrument":"VOCs-20310630","format":"uniform","quantity":"90","reserve_price":"4000",
	"lot_size":"0.0001","tick":"0.0001","collateral":"deposit","deposit":"10","tie":"drawn","undersubscribed":"clear","interruption_seconds":86400,
	"interruption_rule":"extend","register_until":"2026-07-10T00:00:00+08:00","opens_at":"2026-07-13T10:00:00+08:00","closes_at":"2026-07-13T11:00:00+08:00",
	"title":"VOCs","document":"d"}`

// state waits until an offer is in a state.
func (w *world) offerState(id int64, want string) (o api.AuctionOffer) {
	w.t.Helper()
	waitFor(w.t, "the offer to be "+want, func() bool {
		o = decode[api.AuctionOffer](w.t, w.get(fmt.Sprintf("/v1/offers/%d", id), w.leader)) // who sees a result before it is certified
		return string(o.State) == want
	})
	return o
}

// An auction over HTTP, by everybody who takes part. While its window is open no
// role learns a bid through any operation, as JSON or exported, or stream of events, and neither the
// files of the databases nor the log, at its finest, have a trace of it; afterwards those see it who may.
// A new operation is walked by itself, a new table lies in the files.
func TestOffer_OverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	offer := decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, sealedOffer))
	at := fmt.Sprintf("/v1/offers/%d", offer.ID)
	bidder, other := w.firms[0], w.firms[1]
	for _, f := range []firm{bidder, other} {
		w.want(http.StatusCreated, w.post(at+"/registrations", f.key, registration(f)))
	}
	w.clock.Set(windowOpens)
	w.offerState(offer.ID, "bidding")
	const price, amount = "54321.9876", "73.9173"
	w.offer = offer.ID // what the walk asks about
	actors := w.actors()
	everybody := append(keysOf(actors), "", bidder.key, other.key)
	streams := w.streams(t, everybody)
	receipt := w.post(at+"/quotes", bidder.key, `{"steps":[{"price":"`+price+`","quantity":"`+amount+`"}]}`)
	w.want(http.StatusCreated, receipt)
	traces := []string{price, "543219876", amount, "73917300"} // as text, and as atoms
	tells := func(where string, content []byte) {
		t.Helper()
		for _, trace := range traces {
			if bytes.Contains(content, []byte(trace)) {
				t.Errorf("%s has %s", where, trace)
			}
		}
	}
	tells("the receipt", receipt.body)
	w.want(http.StatusUnprocessableEntity, w.post(at+"/quotes", bidder.key, `{"steps":[{"price":"3999","quantity":"1"}]}`))
	w.want(http.StatusCreated, w.post(at+"/quotes", other.key, `{"steps":[{"price":"4000","quantity":"20"}]}`))
	if own := decode[api.QuotePage](t, w.get(at+"/quotes", bidder.key)); len(own.Items) != 1 || own.Items[0].Sealed == nil {
		t.Errorf("own receipts: %+v", own)
	}
	w.reads(everybody, func(_, where string, content []byte) { tells(where, content) })
	w.isProblem(w.get(at+"/case", w.leader), http.StatusConflict, "offer.no_case", "")
	for name, content := range w.files() {
		tells(name, content)
	}
	w.want(http.StatusCreated, w.post("/v1/orders", bidder.key, order(bidder, "sell", "2400", "1")))
	for _, s := range streams { // which have told all before this
		s.next(api.MarketEventKindBook)
		text := s.text.String()
		tells("a stream", []byte(text))
		if strings.Contains(text, "quote") {
			t.Errorf("a stream tells of bids: %s", text)
		}
		s.cancel()
	}
	if said := w.logged.String(); len(said) == 0 {
		t.Error("nothing was logged: the log cannot be looked at")
	} else {
		tells("the log", []byte(said))
	}
	w.haltAndResume(at, other)
	w.clock.Set(windowCloses.Add(time.Minute)) // by as long as it was halted
	ranked := w.offerState(offer.ID, "ranked")
	if *ranked.ClearingPrice != "4000" || *ranked.Volume != "90" || ranked.SealKey == nil {
		t.Fatalf("ranked: %+v", ranked)
	}
	late := w.post(at+"/quotes", bidder.key, `{"steps":[{"price":"60000","quantity":"1"}]}`)
	if late.status != http.StatusUnprocessableEntity || !strings.Contains(string(late.body), "quote.late") {
		t.Errorf("late: %d %s", late.status, late.body)
	}
	for who, want := range map[string]int{w.leader: 2, w.auditor: 2, bidder.key: 1, other.key: 1, w.west: 0} {
		if got := decode[api.OpenedBidPage](t, w.get(at+"/bids", who)); len(got.Items) != want {
			t.Errorf("sees %d opened bids, want %d", len(got.Items), want)
		}
	}
	w.clearsAgain(at, ranked, bidder.key, other.key)
	certified := w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, *ranked.ResultDigest))
	if certified.status >= http.StatusMultipleChoices {
		t.Fatalf("%d %s", certified.status, certified.body)
	}
	w.offerState(offer.ID, "certified")
}

// clearsAgain holds that officers of the region and auditors, and nobody else, get what
// an offer was cleared from, and that it clears to what the offer says.
func (w *world) clearsAgain(at string, ranked api.AuctionOffer, bidders ...string) {
	w.t.Helper()
	for _, key := range []string{w.leader, w.auditor} {
		got := decode[api.AuctionCase](w.t, w.get(at+"/case", key))
		c, err := auction.Decode(got.Input)
		if err != nil {
			w.t.Fatalf("%v: %s", err, got.Input)
		}
		r, err := auction.Clear(&c)
		if err != nil || r.ClearingPrice.String() != *ranked.ClearingPrice || r.Volume.String() != *ranked.Volume || got.ResultDigest != *ranked.ResultDigest || got.SealKey != *ranked.SealKey {
			w.t.Errorf("%v: cleared again %+v, published is %+v", err, r, ranked)
		}
	}
	w.isProblem(w.get(at+"/case", w.west), http.StatusNotFound, "record.not_found", "id")
	for _, key := range bidders {
		w.want(http.StatusForbidden, w.get(at+"/case", key))
	}
	w.want(http.StatusUnauthorized, w.get(at+"/case", ""))
}

// streams are the events of the market, as every one of some users gets them.
func (w *world) streams(t *testing.T, keys []string) (all []*stream) {
	t.Helper()
	for _, key := range keys {
		if key == "" {
			all = append(all, w.listen(t, "", ""))
		} else {
			all = append(all, w.listen(t, "", "", key))
		}
	}
	return all
}

func keysOf(actors []actor) (keys []string) {
	for _, a := range actors {
		keys = append(keys, a.key)
	}
	return keys
}

func (w *world) want(status int, a answer) {
	w.t.Helper()
	if a.status != status {
		w.t.Fatalf("%d %s, want %d", a.status, a.body, status)
	}
}

// files are the files of both databases as they lie on the disk, by name.
func (w *world) files() map[string][]byte {
	w.t.Helper()
	contents := map[string][]byte{}
	for _, database := range []string{w.file, w.beside} {
		names, err := filepath.Glob(database + "*")
		if err != nil || len(names) == 0 {
			w.t.Fatalf("no file of the database %s: %v", database, err)
		}
		for _, name := range names {
			if contents[name], err = os.ReadFile(name); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	return contents
}

// haltAndResume halts an offer's window for a minute, of which the notices and the
// offer tell, and lets it go on.
func (w *world) haltAndResume(at string, bidder firm) {
	w.t.Helper()
	w.isProblem(w.post(at+"/halt", w.leader, `{}`), http.StatusBadRequest, "request.invalid", "/reason")
	w.isProblem(w.post(at+"/resume", w.leader, `{"reason":"r"}`), http.StatusConflict, "offer.not_now", "")
	if o := decode[api.AuctionOffer](w.t, w.ok(at+"/halt", w.leader, `{"reason":"电力故障"}`)); o.State != api.AuctionStateHalted {
		w.t.Errorf("halted: %+v", o)
	}
	w.wantRefusal(w.post(at+"/quotes", bidder.key, `{"steps":[{"price":"4000","quantity":"21"}]}`), "quote.halted")
	w.clock.Set(windowOpens.Add(time.Minute))
	if waits := string(w.get("/v1/inbox", w.leader).body); !strings.Contains(waits, `"resume"`) {
		w.t.Errorf("the inbox does not tell the leader that a window is halted: %s", waits)
	}
	o := decode[api.AuctionOffer](w.t, w.ok(at+"/resume", w.leader, `{"reason":"恢复供电"}`))
	shown := decode[api.AuctionOffer](w.t, w.get(at, ""))
	if waits := string(w.get("/v1/inbox", w.leader).body); strings.Contains(waits, `"resume"`) {
		w.t.Errorf("it goes on and is in the inbox: %s", waits)
	}
	if o.State != api.AuctionStateBidding || len(shown.Incidents) == 0 || shown.Incidents[len(shown.Incidents)-1].Kind != api.IncidentKindHalt {
		w.t.Errorf("resumed: %+v\n%+v", o, shown.Incidents)
	}
	if notices := string(w.get("/v1/public-notices", "").body); !strings.Contains(notices, "电力故障") || !strings.Contains(notices, "恢复供电") {
		w.t.Errorf("the notices: %s", notices)
	}
}
