package app

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// Each order of a batch stands alone, in order, as if it had come by itself.
func TestOrderBatch(t *testing.T) {
	t.Parallel()
	o, i, seller, buyer := tradingOffice(t)
	o.refuses(o.finance, OrderBatch{Items: []OrderBatchItem{{Cancel: 1}}}, identity.ErrForbidden)
	o.refuses(seller.user, OrderBatch{}, ErrBatchSize)
	o.refuses(seller.user, OrderBatch{Items: make([]OrderBatchItem, MaxBatchOrders+1)}, ErrBatchSize)
	old := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	gone := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	done[OrderResult](o, seller.user, CancelOrder{gone})
	off := o.order(seller, i, market.Sell, 3000, 101)
	r := done[OrderBatchResult](o, seller.user, OrderBatch{Items: []OrderBatchItem{
		{Place: o.order(seller, i, market.Sell, 2500, one)}, // 0
		{Place: off},   // 1
		{Cancel: old},  // 2
		{Cancel: old},  // 3: cancelled by the one before
		{Cancel: gone}, // 4: cancelled long ago
		{Cancel: 9999}, // 5
		{Place: o.order(buyer, i, market.Buy, 2000, one)},       // 6: another's
		{Place: o.order(seller, i, market.Sell, 2500, 200*one)}, // 7
		{Place: PlaceOrder{Market: "YRD", Licence: 9999}},       // 8
		{Cancel: old + 2}, // 9: the first one
	}})
	want := []string{"", ErrQuantityStep.Code, "", ErrOrderNotOpen.Code, ErrOrderNotOpen.Code, ErrNoRecord.Code, ErrNoRecord.Code, "ledger.insufficient_balance", ErrNoRecord.Code, ""}
	got := make([]string, len(r.Items))
	for n, item := range r.Items {
		if item.Fault != nil {
			got[n] = item.Fault.Code
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want (-), got (+):\n%s", diff)
	}
	if r.Items[9].Order.Order.State != market.Cancelled || len(o.app.st.orders) != 0 {
		t.Errorf("%+v", r.Items[9])
	}
}

// Whether an order does not exist, is another's or was another's looks the
// same, one by one and in a batch.
func TestCancel_HidesOrdersOfOthers(t *testing.T) {
	t.Parallel()
	o, i, seller, buyer := tradingOffice(t)
	theirs := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	gone := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	done[OrderResult](o, seller.user, CancelOrder{gone})
	ids := []int64{9999, theirs, gone}
	var batch OrderBatch
	for _, id := range ids {
		_, err := CancelOrder{id}.Decide(&View{state: o.app.st, batch: o.app.newBatch(), Actor: o.app.st.actor(buyer.user)})
		got, ok := fault.As(err)
		if !ok {
			t.Fatalf("order %d: %v", id, err)
		}
		if diff := cmp.Diff(ErrNoRecord.At("id"), got, cmpopts.IgnoreUnexported(fault.Error{})); diff != "" {
			t.Errorf("order %d, by itself:\n%s", id, diff)
		}
		batch.Items = append(batch.Items, OrderBatchItem{Cancel: id})
	}
	for n, item := range done[OrderBatchResult](o, buyer.user, batch).Items {
		if diff := cmp.Diff(ErrNoRecord.At("cancel"), item.Fault, cmpopts.IgnoreUnexported(fault.Error{})); diff != "" {
			t.Errorf("order %d, in a batch:\n%s", ids[n], diff)
		}
	}
}

// A batch reads no order from the database when all that it cancels are open.
func TestOrderBatch_ReadsNothing(t *testing.T) {
	t.Parallel()
	o, i, seller, _ := tradingOffice(t)
	id := done[OrderResult](o, seller.user, o.order(seller, i, market.Sell, 3000, one)).Order.ID
	v := &View{state: o.app.st, batch: o.app.newBatch(), Now: o.now.get(), Today: today, Actor: o.app.st.actor(seller.user)}
	before := o.store.reads[Orders.name]
	if _, err := (OrderBatch{Items: []OrderBatchItem{{Cancel: id}, {Place: o.order(seller, i, market.Sell, 3000, one)}}}).Decide(v); err != nil {
		t.Fatal(err)
	}
	if n := o.store.reads[Orders.name] - before; n != 0 {
		t.Errorf("%d reads", n)
	}
}

// Orders that trade with many fill a batch; the rest is told to come again.
func TestOrderBatch_Full(t *testing.T) {
	t.Parallel()
	o, i, seller, buyer := tradingOffice(t)
	for range 3 {
		var b OrderBatch
		for range 400 {
			b.Items = append(b.Items, OrderBatchItem{Place: o.order(seller, i, market.Sell, 3000, 100)})
		}
		done[OrderBatchResult](o, seller.user, b)
	}
	var b OrderBatch
	for range 3 {
		b.Items = append(b.Items, OrderBatchItem{Place: o.order(buyer, i, market.Buy, 3000, 400*100)})
	}
	r := done[OrderBatchResult](o, buyer.user, b)
	if len(r.Items[0].Order.Fills) != 400 || r.Items[1].Fault == nil || r.Items[1].Fault.Code != ErrOrderBatchFull.Code {
		t.Errorf("%d fills, then %v", len(r.Items[0].Order.Fills), r.Items[1].Fault)
	}
	if rows := o.rowsOfLastCommand(); rows > commandRows {
		t.Errorf("%d rows", rows)
	}
}

// The payloads that are written without reflection are read back by
// encoding/json into the same command.
func TestPayload_OfBatches(t *testing.T) {
	t.Parallel()
	place := PlaceOrder{"YRD", "VOCs-20310630", 7, market.Sell, 3000 * quantity.OnePrice, one, market.IOC, 8, market.AtMarket, 9, false}
	orders := OrderBatch{Items: []OrderBatchItem{{Place: place}, {Cancel: 5}, {}}}
	transfers := TransferBatch{Mode: AllItems, Transfers: []TransferPost{
		{1, 2, 3, "浙环发〔2013〕45号 \"a\\b\"", ""}, {4, 5, -6, "", "注\u2028"},
	}}
	var o2 OrderBatch
	payload, _ := encodePayload(orders)
	if err := json.Unmarshal(payload, &o2); err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	if diff := cmp.Diff(orders, o2); diff != "" {
		t.Error(diff)
	}
	var t2 TransferBatch
	payload, _ = encodePayload(transfers)
	if err := json.Unmarshal(payload, &t2); err != nil {
		t.Fatalf("%s: %v", payload, err)
	}
	if diff := cmp.Diff(transfers, t2); diff != "" {
		t.Error(diff)
	}
}
