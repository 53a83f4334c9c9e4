package httpapi_test

import (
	"net/http"
	"strconv"
	"testing"

	"permitx/api"
)

// An order is placed, traded, read, cancelled, and a repeated command gets the
// stored answer.
func TestOrders(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	a := w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "10"))
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	sell := decode[api.Order](t, a)
	a = w.post("/v1/orders", buyer.key, order(buyer, "buy", "2500", "4"))
	buy := decode[api.Order](t, a)
	if a.status != http.StatusCreated || buy.State != api.OrderStateFilled || len(buy.Fills) != 1 || buy.Fills[0].Price != "2400" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	a = w.get("/v1/orders/"+itoa(sell.ID), seller.key)
	if got := decode[api.Order](t, a); got.Remaining != "6" || len(got.Fills) != 1 || got.Fills[0].Trade != buy.Fills[0].Trade {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a = w.get("/v1/orders/"+itoa(sell.ID), buyer.key); a.status != http.StatusNotFound {
		t.Errorf("another firm reads the order: %d %s", a.status, a.body)
	}
	if page := decode[api.OrderPage](t, w.get("/v1/orders?state=open&side=sell", seller.key)); len(page.Items) != 1 || page.Items[0].Fills != nil {
		t.Errorf("open orders: %+v", page)
	}
	repeat := func(r *http.Request) { r.Header.Set("Idempotency-Key", "same") }
	first := w.send(http.MethodPost, "/v1/orders/"+itoa(sell.ID)+"/cancel", seller.key, "", repeat)
	again := w.send(http.MethodPost, "/v1/orders/"+itoa(sell.ID)+"/cancel", seller.key, "", repeat)
	if first.status != http.StatusOK || string(first.body) != string(again.body) || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("cancel: %d %s, again %d %s %v", first.status, first.body, again.status, again.body, again.header)
	}
}

// Orders of a batch are done in turn; a refused one does not stop the others,
// and its problem says where it is.
func TestOrderBatch(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	a := w.post("/v1/order-batches", f.key, `{"orders":[{"place":`+order(f, "sell", "2400", "10")+`},{"place":`+
		order(f, "sell", "2400", "0.00001")+`},{"cancel":1},{"cancel":99}]}`)
	got := decode[api.OrderBatchResult](t, a)
	if a.status != http.StatusOK || len(got.Results) != 4 || got.Results[0].Order == nil || got.Results[2].Order == nil {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if p := got.Results[1].Problem; p == nil || p.Code != "order.quantity_off_lot" || *p.Field != "/orders/1/place/quantity" {
		t.Errorf("problem %+v", p)
	}
	if p := got.Results[3].Problem; p == nil || p.Code != "record.not_found" || *p.Field != "/orders/3/cancel" {
		t.Errorf("problem %+v", p)
	}
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
