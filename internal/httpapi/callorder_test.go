package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
)

// A market order comes in while a call collects, is shown beside the book, lowered, and trades
// before a better limit order at the price of the call; what is left of it ends with the
// call and gives its money back. What a call does not take is refused by name.
func TestSession_MarketOrderInCall(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[1]
	w.want(http.StatusCreated, w.approved(marketPath+"/terms", w.leader, dayTerms))
	w.at(9, 15, api.MarketPhaseCall)
	forCall := func(tif string) string {
		body := order(buyer, "buy", "4300", "4")
		return body[:len(body)-1] + fmt.Sprintf(`,"kind":"market","time_in_force":%q}`, tif)
	}
	w.want(http.StatusCreated, w.post("/v1/orders", seller.key, order(seller, "sell", "4100", "3")))
	limit := decode[api.Order](t, w.post("/v1/orders", buyer.key, order(buyer, "buy", "4200", "1")))
	w.wantRefusal(w.post("/v1/orders", buyer.key, forCall("fok")), "order.not_in_call")
	w.want(http.StatusBadRequest, w.post("/v1/orders", buyer.key, forCall("gtc")))
	waits := decode[api.Order](t, w.post("/v1/orders", buyer.key, forCall("ioc")))
	if waits.State != api.OrderStateOpen || waits.Kind != api.OrderKindMarket || waits.Remaining != "4" || waits.Hold == "0.00" {
		t.Errorf("the market order: %+v", waits)
	}
	book := decode[api.Book](t, w.get(marketPath+"/book?instrument="+instrumentCode, ""))
	if len(book.Bids) != 1 || book.Bids[0].Price != "4200" {
		t.Errorf("the book has bids %+v", book.Bids)
	}
	path := fmt.Sprintf("/v1/orders/%d", waits.ID)
	lowered := decode[api.Order](t, w.post(path+"/amend", buyer.key, `{"quantity":"3.5"}`))
	if lowered.Remaining != "3.5" || lowered.State != api.OrderStateOpen {
		t.Errorf("lowered: %+v", lowered)
	}
	in := w.at(9, 16, api.MarketPhaseCall).Instruments[0].Indicative
	if in == nil || deref(in.MarketBids) != "3.5" || in.MarketAsks != nil || deref(in.Price) != "4200" || in.Volume != "3" || in.Surplus != "1.5" {
		t.Errorf("the call would come to %+v", in)
	}
	w.at(9, 25, api.MarketPhaseClosed)
	got := decode[api.Order](t, w.get(path, buyer.key))
	if got.State != api.OrderStateCancelled || got.Remaining != "0.5" || got.Hold != "0.00" || got.Ending == nil || *got.Ending != api.OrderEndingUnfilled {
		t.Errorf("after the call: %+v", got)
	}
	if l := decode[api.Order](t, w.get(fmt.Sprintf("/v1/orders/%d", limit.ID), buyer.key)); l.Remaining != "1" || l.State != api.OrderStateOpen {
		t.Errorf("the limit order: %+v", l)
	}
	calls := decode[api.CallPage](t, w.get(marketPath+"/calls", "")).Items
	if len(calls) != 1 || calls[0].Price != "4200" || calls[0].Traded != "3" || calls[0].Surplus != "1.5" {
		t.Errorf("calls %+v", calls)
	}
}
