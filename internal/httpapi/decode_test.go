package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx"
	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

const goodOrder = `{"market":"YRD-VOCS","instrument":"VOCs-20310630","licence":17,"side":"buy","price":"2397.22","quantity":"13.257","time_in_force":"ioc"}`

// schema is a schema of the contract.
func schema(tb testing.TB, name string) *openapi3.Schema {
	tb.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(permitx.OpenAPI)
	if err != nil {
		tb.Fatal(err)
	}
	return doc.Components.Schemas[name].Value
}

// slowly decodes a body as the contract and encoding/json say.
func slowly[T any](s *openapi3.Schema, data []byte) (T, error) {
	var v T
	value, err := parseJSON(data)
	if err != nil {
		return v, err
	}
	if wrong := compare(s, value); len(wrong) > 0 {
		return v, wrong.err()
	}
	return v, json.Unmarshal(data, &v)
}

func slowOrder(s *openapi3.Schema, data []byte) (app.PlaceOrder, error) {
	in, err := slowly[api.OrderInput](s, data)
	if err != nil {
		return app.PlaceOrder{}, err
	}
	return orderFrom(in)
}

func orderFrom(in api.OrderInput) (app.PlaceOrder, error) {
	tif := "gtc"
	if in.Kind != nil && *in.Kind == api.OrderKindMarket {
		tif = "ioc"
	}
	if in.TimeInForce != nil {
		tif = string(*in.TimeInForce)
	}
	var errs [4]error
	o := app.PlaceOrder{Market: in.Market, Instrument: in.Instrument, Licence: deref(in.Licence), Party: deref(in.Party)}
	if in.Project != nil {
		o.Project = *in.Project
	}
	o.Side, errs[0] = market.ParseSide("", string(in.Side))
	o.TimeInForce, errs[1] = market.ParseTimeInForce("", tif)
	if in.Price != nil {
		o.Price, errs[2] = quantity.ParsePositivePrice("", *in.Price)
	}
	if in.Kind != nil && *in.Kind == api.OrderKindMarket {
		o.Kind = market.AtMarket
	}
	o.Quantity, errs[3] = quantity.ParsePositiveQuantity("", in.Quantity)
	return o, errors.Join(errs[:]...)
}

// orderSeeds are bodies around the edges of what is accepted.
func orderSeeds() []string {
	with := func(field, value string) string {
		var o map[string]json.RawMessage
		if err := json.Unmarshal([]byte(goodOrder), &o); err != nil {
			panic(err)
		}
		if o[field] = json.RawMessage(value); value == "" {
			delete(o, field)
		}
		b, err := json.Marshal(o)
		if err != nil {
			return strings.Replace(goodOrder, "}", fmt.Sprintf(`,%q:%s}`, field, value), 1)
		}
		return string(b)
	}
	seeds := []string{
		goodOrder, " \n\t" + goodOrder + "\r\n", goodOrder + "x", goodOrder + "{}", "", "{", "{}", "[]", "null", `"x"`, "1", "\x00", goodOrder[:40],
		`{"market":"A\u0042","market":"C"}`, strings.Replace(goodOrder, "YRD", `\u0059RD`, 1), strings.Replace(goodOrder, "{", "{,", 1),
		strings.Replace(goodOrder, "}", ",}", 1), strings.Repeat("[", 100) + strings.Repeat("]", 100), `{"x":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		"{\"market\":\"a\xff\"}", `{"market":"a` + "\n" + `"}`, `{"\u006darket":"A"}`, `{"market":"\ud800"}`, `{"market":"\x"}`,
	}
	for _, v := range []string{
		"", "null", "true", "1", "1.0", "1e2", "-1", "0", `"0"`, `"-1"`, `"1e5"`, `".5"`, `"5."`, `"+1"`, `"1_000"`, `"１"`, `"01"`, `"1.1234567"`, `"1.12345"`,
		`"9999999999999"`, `"123456789012345678901234567890"`, `"922337203685477.5807"`, `"9223372036854.775807"`, `"9223372036854.775808"`, `{}`, `[]`, `[1]`, `"a-b"`, `"a--b"`, `"-a"`, `"a-"`, `"A-20310630"`,
		`"20310630"`, `"gtc"`, `"day"`, `"fok"`, `"limit"`, `"market"`, `"sell"`, "9223372036854775807", "9223372036854775808", "01", "-", `"` + strings.Repeat("a", 33) + `"`, `"` + strings.Repeat("a", 32) + `"`, `"a-1-20310630"`, `"a-1-2031063"`,
		`"` + strings.Repeat("a", 33) + `-20310630"`,
	} {
		for _, f := range []string{"market", "instrument", "licence", "side", "price", "quantity", "time_in_force", "other"} {
			seeds = append(seeds, with(f, v))
		}
	}
	return seeds
}

// The decoder by hand accepts what the contract and encoding/json accept, and
// reads the same from it.
func FuzzDecodeOrder(f *testing.F) {
	s := schema(f, "OrderInput")
	for _, seed := range orderSeeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		want, slowErr := slowOrder(s, data)
		got, err := decodeOrder(bytes.Clone(data))
		agree(t, data, got, err, want, slowErr)
	})
}

// agree compares two decodings. Faults must say where and have a sentence.
func agree(t *testing.T, data []byte, got any, err error, want any, slowErr error) {
	t.Helper()
	if (err == nil) != (slowErr == nil) {
		t.Fatalf("%s\nby hand: %v\nslowly:  %v", data, err, slowErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nby hand: %+v\nslowly:  %+v", data, got, want)
	}
	if err == nil {
		return
	}
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || f.Detail == "" || f.Code == "" {
		t.Fatalf("%s: %v is not a fault of the request", data, err)
	}
	if len(f.All) > maxInvalid {
		t.Fatalf("%d errors", len(f.All))
	}
}

// Batches of orders are decoded as the contract says.
func FuzzDecodeOrderBatch(f *testing.F) {
	s := schema(f, "OrderBatchInput")
	for _, seed := range orderSeeds() {
		f.Add([]byte(`{"orders":[{"place":` + seed + `},{"cancel":7}]}`))
	}
	for _, seed := range []string{
		`{"orders":[]}`, `{"orders":[{}]}`, `{"orders":[{"cancel":1,"place":{}}]}`, `{"orders":[1]}`, `{"orders":{}}`, `{"orders":null}`, `{}`, `{"orders":[{"cancel":1}],"orders":[]}`,
		`{"orders":[{"cancel":0}]}`, `{"orders":[{"cancel":1},]}`, `{"orders":[{"cancel":1}`, `{"orders":[` + strings.Repeat(`{"cancel":1},`, 1000) + `{"cancel":1}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, slowErr := slowly[api.OrderBatchInput](s, data)
		var want app.OrderBatch
		for _, item := range in.Orders {
			var o app.OrderBatchItem
			if item.Place != nil {
				var err error
				o.Place, err = orderFrom(*item.Place)
				slowErr = errors.Join(slowErr, err)
			}
			o.Cancel = deref(item.Cancel)
			want.Items = append(want.Items, o)
		}
		got, err := decodeOrderBatch(bytes.Clone(data))
		agree(t, data, got, err, want, slowErr)
	})
}

// Transfers are decoded as the contract says.
func FuzzDecodeTransfers(f *testing.F) {
	s := schema(f, "TransferBatchInput")
	one := `{"debit_account":1,"credit_account":2,"amount":"5.12","document":"文号","note":"n"}`
	for _, seed := range []string{
		`{"transfers":[` + one + `]}`, `{"transfers":[` + one + `,{}],"mode":"all"}`, `{"mode":"each"}`, `{"transfers":[` + strings.Replace(one, "5.12", "5.1234567", 1) + `]}`,
		`{"transfers":[` + strings.Replace(one, "n\"}", "\\u0000\"}", 1) + `]}`, `{"transfers":[` + strings.Replace(one, `"n"`, `""`, 1) + `]}`, `{"transfers":[` + strings.Replace(one, `5.12`, `012`, 1) + `]}`,
		`{"transfers":[` + strings.Replace(one, `n"}`, strings.Repeat("字", 500)+`"}`, 1) + `],"mode":"both"}`, `{"transfers":[` + strings.Replace(one, `n"}`, strings.Repeat("字", 501)+`"}`, 1) + `]}`,
		`{"transfers":[` + strings.Replace(one, `5.12`, `123456789012345678`, 1) + `]}`, `{"transfers":[` + strings.Replace(one, `5.12`, `12345678901234567.123456`, 1) + `]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, slowErr := slowly[api.TransferBatchInput](s, data)
		mode := app.EachItem
		if in.Mode != nil {
			mode = app.BatchMode(*in.Mode)
		}
		want := make([]transferInput, 0, len(in.Transfers))
		for i, x := range in.Transfers {
			want = append(want, transferInput{
				TransferPost: app.TransferPost{Debit: ledger.AccountID(x.DebitAccount), Credit: ledger.AccountID(x.CreditAccount), Document: x.Document, Note: deref(x.Note)},
				amount:       x.Amount, at: fmt.Sprintf("/transfers/%d/amount", i),
			})
		}
		got, gotMode, err := decodeTransferBatch(bytes.Clone(data))
		agree(t, data, []any{got, gotMode}, err, []any{want, mode}, slowErr)
	})
}

// A wrong order says for each wrong field where it is and what would be right.
func TestDecodeOrder_Sentences(t *testing.T) {
	t.Parallel()
	_, err := decodeOrder([]byte(`{"market":3,"instrument":"VOCs","side":"bye","price":2397.22,"quantity":"1.1234567","tif":1}`))
	wrong, ok := fault.As(err)
	if !ok {
		t.Fatal(err)
	}
	got := wrong.All
	want := []string{
		`/market: must be a string such as "YRD-VOCS", not a number`,
		`/instrument: must be a string such as "VOCs-20310630"`,
		`/side: must be one of buy, sell`,
		`/price: must be a string such as "2397.22", not a number`,
		`/quantity: "1.1234567" has 7 decimals; at most 6 are allowed`,
		`/tif: there is no such field; the fields are existing_unit, instrument, kind, licence, market, party, price, project, quantity, side, time_in_force`,
	}
	for i, f := range got {
		if i >= len(want) || f.Field+": "+f.Detail != want[i] {
			t.Errorf("%s: %s", f.Field, f.Detail)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d errors, want %d", len(got), len(want))
	}
}

// The sentences by hand are those that the contract gives.
func TestDecode_ExpectedAsInContract(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fields{
		"OrderInput": &orderFields, "OrderBatchInput": &orderBatchFields, "TransferInput": &transferFields, "TransferBatchInput": &transferBatchFields,
	} {
		s := schema(t, name)
		if len(s.Properties) != len(f.names) {
			t.Errorf("%s has %d fields, by hand %d", name, len(s.Properties), len(f.names))
		}
		for i, field := range f.names {
			p := s.Properties[field]
			if p == nil || expected(p.Value) != f.expected[i] {
				t.Errorf("%s.%s: by hand %q", name, field, f.expected[i])
			}
			required := false
			for _, r := range s.Required {
				required = required || r == field
			}
			if required != (f.required&(1<<i) != 0) {
				t.Errorf("%s.%s: required is %v in the contract", name, field, required)
			}
		}
	}
}

// The limits by hand are those of the contract.
func TestDecode_LimitsAsInContract(t *testing.T) {
	t.Parallel()
	if n := *schema(t, "OrderBatchInput").Properties["orders"].Value.MaxItems; n != app.MaxBatchOrders {
		t.Errorf("orders: %d", n)
	}
	if n := *schema(t, "TransferBatchInput").Properties["transfers"].Value.MaxItems; n != app.MaxTransfers {
		t.Errorf("transfers: %d", n)
	}
}

func BenchmarkDecodeOrder(b *testing.B) {
	data := []byte(goodOrder)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeOrder(data); err != nil {
			b.Fatal(err)
		}
	}
}

// The same by the contract and encoding/json.
func BenchmarkDecodeOrder_Slowly(b *testing.B) {
	data, s := []byte(goodOrder), schema(b, "OrderInput")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := slowOrder(s, data); err != nil {
			b.Fatal(err)
		}
	}
}
