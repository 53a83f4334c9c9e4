package httpapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// reads asks everything that can be read, as JSON and exported, by each of some users.
func (w *walked) reads(keys []string, each func(key, where string, content []byte)) {
	w.t.Helper()
	contractOperations(func(method, _ string, o *openapi3.Operation) {
		if method != http.MethodGet || slices.Contains(ungoverned, o.OperationID) || o.OperationID == "streamMarketEvents" {
			return
		}
		path, _ := w.request(o.OperationID, "")
		for _, key := range keys {
			a := w.send(http.MethodGet, path, key, "")
			each(key, o.OperationID, a.body)
			if a.status == http.StatusOK {
				_, _, content := w.exportedTo(key, path, asCSV)
				each(key, o.OperationID+" as CSV", content)
			}
		}
	})
	for _, path := range []string{"/notices", "/docs"} {
		each("", path, w.send(http.MethodGet, path, "", "").body)
	}
}

// bid is a bid with what would tell of it.
type bid struct {
	of     firm
	quote  string
	traces []string
}

// closedAuction runs a sale to its rank: two bidders win all of it, and one loses.
func (w *walked) closedAuction() (at string, ranked api.AuctionOffer, bids []bid) {
	w.t.Helper()
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	offer := decode[api.AuctionOffer](w.t, w.approved("/v1/offers", w.leader, sealedOffer))
	at, w.offer = fmt.Sprintf("/v1/offers/%d", offer.ID), offer.ID
	bids = []bid{
		{w.firms[0], `{"price":"54321.9876","quantity":"50"}`, []string{"54321.9876", "543219876"}},
		{w.firms[1], `{"price":"4500.1234","quantity":"40"}`, []string{"4500.1234", "45001234"}},
		{w.newFirm(50, apptest.Jiashan), `{"price":"4100.4321","quantity":"61.2347"}`, []string{"4100.4321", "41004321", "61.2347", "61234700", "151.2347"}},
	}
	for _, b := range bids {
		w.want(http.StatusCreated, w.post(at+"/registrations", b.of.key, registration(b.of)))
	}
	w.clock.Set(windowOpens)
	w.offerState(offer.ID, "bidding")
	for _, b := range bids {
		w.want(http.StatusCreated, w.post(at+"/quotes", b.of.key, `{"steps":[`+b.quote+`]}`))
	}
	w.clock.Set(windowCloses)
	return at, w.offerState(offer.ID, "ranked"), bids
}

// wantUntold holds that nothing that some users read tells of a bid.
func (w *walked) wantUntold(when string, of bid, keys ...string) {
	w.t.Helper()
	w.reads(keys, func(key, where string, content []byte) {
		for _, trace := range of.traces {
			if bytes.Contains(content, []byte(trace)) {
				w.t.Errorf("%s, %s tells %.12q of the bid %s", when, where, key, of.quote)
			}
		}
	})
}

// After the close nobody but the officers knows a bid before the result is certified,
// and of who has lost nobody learns anything afterwards either, through no
// operation: not the public, not a rival who has won, not an enterprise that stood by.
func TestOffer_LosersOverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	outsider := w.newFirm(51, apptest.Jiashan).key
	at, ranked, bids := w.closedAuction()
	first, rival, loser := bids[0], bids[1], bids[2]
	for _, b := range []bid{first, rival, loser} {
		w.wantUntold("ranked", b, "", outsider)
	}
	w.wantUntold("ranked", loser, first.of.key, rival.of.key)
	w.wantUntold("ranked", first, rival.of.key, loser.of.key)
	if o := decode[api.AuctionOffer](t, w.get(at, rival.of.key)); o.ResultDigest != nil { // who knows a part of what it is made of would guess the rest
		t.Errorf("ranked: a bidder is shown the digest %s", *o.ResultDigest)
	}
	w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, *ranked.ResultDigest))
	if o := w.offerState(w.offer, "certified"); *o.ClearingPrice != "4500.1234" {
		t.Errorf("certified: %+v", o)
	}
	w.wantUntold("certified", loser, "", outsider, first.of.key, rival.of.key)
	got := decode[api.AuctionResult](t, w.get(at+"/result", ""))
	if got.Bidders != 3 || got.MinPrice != nil || got.Wanted != nil || got.CoverRatio != nil || len(got.Winners) != 2 {
		t.Errorf("of one loser beside two winners: %+v", got)
	}
}

// Of an auction that is declared void after its close nobody ever learns what was bid but
// its bidder and the auditor, in no role and through no operation, also not the price
// at which it would have been sold.
func TestOffer_VoidOverHTTP(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	keys := []string{"", w.newFirm(51, apptest.Jiashan).key, w.leader, w.second}
	at, _, bids := w.closedAuction()
	for _, a := range w.actors() {
		if a.role != identity.Auditor && a.role != identity.Enterprise {
			keys = append(keys, a.key)
		}
	}
	own := map[string]string{}
	for _, b := range bids {
		keys, own[b.of.key] = append(keys, b.of.key), b.quote
	}
	if seen := decode[api.OpenedBidPage](t, w.get(at+"/bids", w.leader)); len(seen.Items) != len(bids) {
		t.Fatalf("while they count an officer sees %d bids", len(seen.Items))
	}
	w.approved(at+"/void", w.leader, `{"reason":"r"}`)
	w.offerState(w.offer, "void")
	w.reads(keys, func(key, where string, content []byte) {
		for _, b := range bids {
			for _, trace := range b.traces {
				if own[key] != b.quote && bytes.Contains(content, []byte(trace)) {
					t.Errorf("%s tells %.12q of the bid %s", where, key, b.quote)
				}
			}
		}
	})
	for key, want := range map[string]int{w.leader: 0, w.second: 0, w.finance: 0, w.auditor: 3, bids[0].of.key: 1, bids[2].of.key: 1} {
		got, quotes := decode[api.OpenedBidPage](t, w.get(at+"/bids", key)), decode[api.QuotePage](t, w.get(at+"/quotes", key))
		if len(got.Items) != want || len(quotes.Items) != want {
			t.Errorf("%.12q sees %d bids and %d sealed quotes, want %d", key, len(got.Items), len(quotes.Items), want)
		}
	}
	for key, sees := range map[string]bool{"": false, w.leader: false, w.auditor: true} {
		if o := decode[api.AuctionOffer](t, w.get(at, key)); (o.ClearingPrice != nil) != sees || (o.Volume != nil) != sees || (o.ResultDigest != nil) != sees {
			t.Errorf("%.12q sees %+v", key, o)
		}
	}
}
