package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// Every command that the app knows has a result that Encode can write.
func TestEncode_EveryOperation(t *testing.T) {
	t.Parallel()
	for _, op := range app.Operations() {
		if registered[op] == nil {
			t.Errorf("nothing is registered for the results of %s", op)
		}
	}
	for op := range registered {
		known := false
		for _, o := range app.Operations() {
			known = known || o == op
		}
		if !known {
			t.Errorf("a result is registered for %s, which is no command", op)
		}
	}
}

// A result of a type that nobody registered is a programmer's error.
func TestEncode_Unregistered(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	Encode(struct{}{}, nil)
}

// sampleOrders are orders of both sides and in every state.
func sampleOrders() []app.OrderResult {
	at := calendar.NewDate(2026, 7, 1).Start() + 123_456
	trade := market.Trade{ID: 7, Price: 24_000_000, Quantity: 1_500_000, Amount: 123_456}
	order := market.Record{
		ID: 1, Market: 2, Instrument: 3, Party: 4, Licence: 5, Project: 6, Side: market.Buy, TimeInForce: market.GTC, State: market.Open,
		Price: 23_972_200, Quantity: 13_257_000, Remaining: 100, Hold: 15_890_000, PlacedAt: at, Command: 9,
	}
	sell := order
	sell.Project = 0
	sell.Side, sell.TimeInForce, sell.State, sell.Hold = market.Sell, market.IOC, market.Cancelled, 1
	return []app.OrderResult{
		{Order: order, Market: "YRD-VOCS", Instrument: "VOCs-20310630"},
		{Order: order, Market: "YRD-VOCS", Instrument: "VOCs-20310630", Fills: []market.Trade{trade}},
		{Order: sell, Market: `odd "<name>"`, Instrument: "长三角", Fills: []market.Trade{trade, trade, {}}},
		{},
	}
}

// sampleFaults are faults with and without a field, a rule and odd letters.
func sampleFaults() []*fault.Error {
	return []*fault.Error{
		app.ErrNoSurplus.Under("seller.paid_and_surplus", "浙江省大气污染防治条例 第十六条"),
		app.ErrOrderNotOpen, fault.Invalidf("quantity", `must be <"small"> & \ tidy`+"\x01"), ledger.ErrInsufficient,
	}
}

// What is written by hand is what encoding/json writes of the contract's types.
func TestEncode_ByHand(t *testing.T) {
	t.Parallel()
	same := func(result, contract any) {
		t.Helper()
		status, got := Encode(result, nil)
		want, err := json.Marshal(contract)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); status != http.StatusOK || diff != "" {
			t.Errorf("%T: status %d, want − got +\n%s", result, status, diff)
		}
	}
	var batch app.OrderBatchResult
	for _, r := range sampleOrders() {
		same(r, orderOf(r))
		batch.Items = append(batch.Items, app.OrderItem{Order: r})
	}
	var transfers app.TransferBatchResult
	for _, f := range sampleFaults() {
		batch.Items = append(batch.Items, app.OrderItem{Fault: f}, app.OrderItem{Fault: f.At("cancel")})
		transfers.Items = append(transfers.Items, app.TransferItem{Fault: f}, app.TransferItem{Transfer: 4})
	}
	same(batch, orderBatchOf(batch))
	same(transfers, transferBatchOf(transfers))
	for _, kind := range []ledger.Kind{ledger.Funds, ledger.Holding} {
		for _, note := range []string{"", "备注 <b>"} {
			r := app.TransferResult{
				Postings: []ledger.Posting{{ID: 3, Transfer: 3, Reason: ledger.Correction, Reference: 1, Debit: 4, Credit: 5, Amount: 1234567, Command: 8}},
				Kind:     kind, Document: "文号", Note: note, At: calendar.NewDate(2026, 12, 31).Start() - 1,
			}
			same(r, transferOf(r))
		}
	}
}

// A problem is written as encoding/json writes the contract's type.
func TestProblem_ByHand(t *testing.T) {
	t.Parallel()
	for _, f := range sampleFaults() {
		p := problemOf(f)
		p.request = "abc-1"
		want := api.Problem{
			Citation: optional(f.Citation), Code: f.Code, Detail: f.Detail, RequestID: new("abc-1"), Rule: optional(f.Rule),
			Status: p.status, Title: titles[f.Kind], Type: "/problems/" + f.Code,
		}
		if f.Field != "" {
			want.Field = new("/" + f.Field)
		}
		wanted, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(wanted), string(p.append(nil, nil))); diff != "" {
			t.Error(diff)
		}
	}
	several := fault.Together([]*fault.Error{fault.Invalidf("/a", "is missing"), fault.Invalidf("/b", "is missing")})
	var got api.Problem
	if err := json.Unmarshal(problemOf(several).append(nil, nil), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Errors) != 2 || got.Errors[1].Field != "/b" || *got.Field != "/a" || got.Code != "request.invalid" {
		t.Errorf("%+v", got)
	}
}

// Every kind of fault has a status of its own and a title.
func TestProblem_Kinds(t *testing.T) {
	t.Parallel()
	seen := map[int]fault.Kind{}
	for _, k := range fault.Kinds {
		if int(k) >= len(statuses) || statuses[k] < http.StatusBadRequest || titles[k] == "" {
			t.Fatalf("kind %d has no status or no title", k)
		}
		if other, twice := seen[statuses[k]]; twice {
			t.Errorf("kinds %d and %d have the same status", k, other)
		}
		seen[statuses[k]] = k
	}
}

// An error that is not a fault loses its text.
func TestProblem_Internal(t *testing.T) {
	t.Parallel()
	p := problemOf(errors.New("dial postgres: password=secret"))
	body := string(p.append(nil, nil))
	if p.status != http.StatusInternalServerError || p.Code != "internal" {
		t.Errorf("%d %s", p.status, p.Code)
	}
	for _, leak := range []string{"secret", "postgres"} {
		if contains(body, leak) {
			t.Errorf("%s has %q", body, leak)
		}
	}
}

// Instants are written as calendar writes them, also at the ends of the range.
func TestAppendInstant(t *testing.T) {
	t.Parallel()
	for _, i := range []calendar.Instant{
		1, -1, 1_782_000_000_123_456, calendar.NewDate(1900, 1, 1).Start(), calendar.NewDate(9999, 12, 31).Start(), calendar.NewDate(2024, 2, 29).Start() - 1,
	} {
		if got := string(appendInstant(nil, i)); got != i.String() {
			t.Errorf("%d is %s, want %s", i, got, i)
		}
	}
}

// Writing an order costs the writer one allocation.
func BenchmarkEncode_Order(b *testing.B) {
	orders := sampleOrders()
	b.ReportAllocs()
	for b.Loop() {
		Encode(orders[1], nil)
	}
}
