package app

import (
	"bytes"
	"testing"

	"permitx/internal/market"
)

// Whatever a journal's payload holds, it is decoded or refused; what is decoded
// is written again in one form, which decodes to the same.
func FuzzDecodeCommand(f *testing.F) {
	for _, c := range []Command{
		PlaceOrder{Market: "YRD", Instrument: "VOCs-20310630", Licence: 7, Side: market.Buy, Price: 24_000_000, Quantity: 100, TimeInForce: market.GTC},
		CancelOrder{Order: 5},
		FireTimer{3},
		PersonAdd{Name: "王"},
		OrderBatch{Items: []OrderBatchItem{{Cancel: 4}}},
	} {
		payload, _ := encodePayload(c)
		f.Add(string(c.Operation()), payload)
	}
	f.Add("no.such", []byte(`{}`))
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		c, err := DecodeCommand(kind, payload)
		if err != nil {
			return
		}
		first, _ := encodePayload(c)
		again, err := DecodeCommand(kind, first)
		if err != nil {
			t.Fatalf("%s was written as %s, which cannot be read: %v", kind, first, err)
		}
		if second, _ := encodePayload(again); !bytes.Equal(first, second) {
			t.Fatalf("%s: %s, then %s", kind, first, second)
		}
	})
}
