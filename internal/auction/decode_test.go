package auction_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"permitx/internal/auction"
	"permitx/internal/fault"
)

// Whatever is wrong with a case must be refused with the path of the place.
func TestDecode_Refuses(t *testing.T) {
	t.Parallel()
	const bid = `{"id":"A","price":"5","qty":"2","seq":1}`
	uniform := func(rest string) string { return `{"format":"uniform","supply":"3",` + rest + `}` }
	withBid := func(b string) string { return uniform(`"bids":[` + bid + `,` + b + `]`) }
	for _, c := range []struct{ name, input, field, text string }{
		{"Empty", ``, "", "empty"},
		{"NotJSON", `{"format":"uniform",}`, "", "not JSON"},
		{"CutOff", `{"format":"uniform"`, "", "too early"},
		{"NotUTF8", "{\"format\":\"\xff\"}", "", "UTF-8"},
		{"NotAnObject", `[]`, "", "an array"},
		{"Trailing", `{"format":"call","bids":[],"asks":[]} {}`, "", "behind"},
		{"TooDeep", strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20), "[0][0][0][0][0][0][0][0]", "deep"},
		{"NoFormat", `{"bids":[]}`, "format", "missing"},
		{"FormatUnknown", `{"format":"dutch","bids":[]}`, "format", "uniform"},
		{"FormatNumber", `{"format":3}`, "format", "not a string"},
		{"FieldUnknown", uniform(`"suply":"3","bids":[]`), "suply", "reserve_price"},
		{"FieldOfOtherFormat", uniform(`"bids":[],"ceiling_price":"3"`), "ceiling_price", "not a field of uniform"},
		{"FieldTwice", uniform(`"supply":"3","bids":[]`), "supply", "twice"},
		{"SupplyMissing", `{"format":"uniform","bids":[]}`, "supply", "missing"},
		{"BidsMissing", `{"format":"uniform","supply":"3"}`, "bids", "missing"},
		{"AsksMissing", `{"format":"call","bids":[]}`, "asks", "missing"},
		{"DemandMissing", `{"format":"reverse_uniform","asks":[]}`, "demand", "missing"},
		{"SupplyNumber", `{"format":"uniform","supply":3,"bids":[]}`, "supply", `"12.5"`},
		{"SupplyNull", `{"format":"uniform","supply":null,"bids":[]}`, "supply", "null"},
		{"SupplyZero", `{"format":"uniform","supply":"0","bids":[]}`, "supply", "more than 0"},
		{"SupplyExponent", `{"format":"uniform","supply":"3e1","bids":[]}`, "supply", "plain decimal"},
		{"SupplyNegative", `{"format":"uniform","supply":"-3","bids":[]}`, "supply", "more than 0"},
		{"SupplyTooFine", `{"format":"uniform","supply":"3.0000001","bids":[]}`, "supply", "decimals"},
		{"SupplyTooLarge", `{"format":"uniform","supply":"99999999999999","bids":[]}`, "supply", "between"},
		{"ReserveNegative", uniform(`"reserve_price":"-1","bids":[]`), "reserve_price", "from 0"},
		{"TieUnknown", uniform(`"tie":"lottery","bids":[]`), "tie", "pro_rata_floor"},
		{"TieEmpty", uniform(`"tie":"","bids":[]`), "tie", "pro_rata_floor"},
		{"TieOfCall", `{"format":"call","bids":[],"asks":[],"tie":"drawn"}`, "tie", "time"},
		{"UndersubscribedUnknown", uniform(`"undersubscribed":"keep","bids":[]`), "undersubscribed", "cancel"},
		{"FitUnknown", `{"format":"pay_as_bid_share","bids":[],"fit":"half"}`, "fit", "dropped"},
		{"ShareOverOne", `{"format":"pay_as_bid_share","bids":[],"win_share":"70"}`, "win_share", "at most 1"},
		{"ShareZero", `{"format":"pay_as_bid_share","bids":[],"win_share":"0"}`, "win_share", "more than 0"},
		{"BiddersText", `{"format":"pay_as_bid_share","bids":[],"min_bidders":"3"}`, "min_bidders", "whole number"},
		{"BiddersNegative", `{"format":"pay_as_bid_share","bids":[],"min_bidders":-1}`, "min_bidders", "whole number"},
		{"YearsZero", uniform(`"years":"0","bids":[]`), "years", "more than 0"},
		{"YearsNotMonths", uniform(`"years":"0.3","bids":[]`), "years", "whole months"},
		{"YearsTooMany", uniform(`"years":"101","bids":[]`), "years", "more than"},
		{"YearsNull", uniform(`"years":null,"bids":[]`), "years", "null"},
		{"YearsAndMonths", uniform(`"years":"1","months":12,"bids":[]`), "months", "not both"},
		{"MonthsZero", uniform(`"months":0,"bids":[]`), "months", "from 1"},
		{"LotSizeZero", uniform(`"lot_size":"0","bids":[]`), "lot_size", "more than 0"},
		{"SupplyOffLot", uniform(`"lot_size":"2","bids":[]`), "supply", "lot size 2"},
		{"NextOffLot", uniform(`"lot_size":"3","bids":[],"next_auctions":["3","4"]`), "next_auctions[1]", "lot size 3"},
		{"NextNumber", uniform(`"bids":[],"next_auctions":["3",4]`), "next_auctions[1]", "decimal string"},
		{"NextNegative", uniform(`"bids":[],"next_auctions":["-3"]`), "next_auctions[0]", "negative"},
		{"BidsObject", uniform(`"bids":{}`), "bids", "not an array"},
		{"BidText", withBid(`"B"`), "bids[1]", "not an object"},
		{"BidFieldUnknown", withBid(`{"id":"B","price":"5","quantity":"2","seq":2}`), "bids[1].quantity", "qty"},
		{"BidFieldTwice", withBid(`{"id":"B","price":"5","price":"6","qty":"2","seq":2}`), "bids[1].price", "twice"},
		{"IDMissing", withBid(`{"price":"5","qty":"2","seq":2}`), "bids[1].id", "missing"},
		{"IDEmpty", withBid(`{"id":"","price":"5","qty":"2","seq":2}`), "bids[1].id", "from 1"},
		{"IDTwice", withBid(bid), "bids[1].id", "twice"},
		{"IDOnBothSides", `{"format":"call","bids":[` + bid + `],"asks":[` + bid + `]}`, "asks[0].id", "twice"},
		{"PriceMissing", withBid(`{"id":"B","qty":"2","seq":2}`), "bids[1].price", "missing"},
		{"PriceNumber", withBid(`{"id":"B","price":5,"qty":"2","seq":2}`), "bids[1].price", "decimal string"},
		{"PriceZero", withBid(`{"id":"B","price":"0","qty":"2","seq":2}`), "bids[1].price", "more than 0"},
		{"PriceOfMarketOrder", withBid(`{"id":"B","price":null,"qty":"2","seq":2}`), "bids[1].price", "only a call"},
		{"PriceTooFine", withBid(`{"id":"B","price":"5.00001","qty":"2","seq":2}`), "bids[1].price", "decimals"},
		{"PriceTooHigh", withBid(`{"id":"B","price":"100000000001","qty":"2","seq":2}`), "bids[1].price", "100000000000"},
		{"PriceOffTick", uniform(`"tick":"0.5","bids":[{"id":"A","price":"5.1","qty":"1","seq":1}]`), "bids[0].price", "tick 0.5"},
		{"QuantityMissing", withBid(`{"id":"B","price":"5","seq":2}`), "bids[1].qty", "missing"},
		{"QuantityZero", withBid(`{"id":"B","price":"5","qty":"0","seq":2}`), "bids[1].qty", "more than 0"},
		{"QuantityNegative", withBid(`{"id":"B","price":"5","qty":"-2","seq":2}`), "bids[1].qty", "more than 0"},
		{"QuantityOffLot", uniform(`"lot_size":"1","bids":[{"id":"A","price":"5","qty":"1.5","seq":1}]`), "bids[0].qty", "lot size 1"},
		{"QuantityNotSupply", `{"format":"ascending","supply":"3","bids":[` + bid + `]}`, "bids[0].qty", "supply 3"},
		{"SeqMissing", withBid(`{"id":"B","price":"5","qty":"2"}`), "bids[1].seq", "missing"},
		{"SeqText", withBid(`{"id":"B","price":"5","qty":"2","seq":"2"}`), "bids[1].seq", "whole number"},
		{"SeqFraction", withBid(`{"id":"B","price":"5","qty":"2","seq":1.5}`), "bids[1].seq", "whole number"},
		{"SeqNegative", withBid(`{"id":"B","price":"5","qty":"2","seq":-1}`), "bids[1].seq", "whole number"},
		{"PartText", withBid(`{"id":"B","price":"5","qty":"2","seq":2,"accepts_part":"yes"}`), "bids[1].accepts_part", "true or false"},
		{"ProtectionOfLimit", `{"format":"call","bids":[],"asks":[{"id":"B","price":"5","qty":"2","seq":2,"protection":"4"}]}`, "asks[0].protection", "only a market order"},
		{"ProtectionOfPriceTaker", uniform(`"noncompetitive_limit":"2","bids":[{"id":"B","price":null,"qty":"2","seq":2,"protection":"4"}]`), "bids[0].protection", "of a call"},
		{"ProtectionOffTick", `{"format":"call","tick":"0.5","bids":[],"asks":[{"id":"B","price":null,"qty":"2","seq":2,"protection":"4.2"}]}`, "asks[0].protection", "tick 0.5"},
		{"DrawUnknown", uniform(`"tie":"drawn","bids":[` + bid + `],"draw":["B"]`), "draw[0]", "no bid"},
		{"DrawTwice", uniform(`"tie":"drawn","bids":[` + bid + `],"draw":["A","A"]`), "draw[1]", "twice"},
		{"DrawNumber", uniform(`"tie":"drawn","bids":[` + bid + `],"draw":[1]`), "draw[0]", "id of a bid"},
		{"DrawLacksTied", uniform(`"tie":"drawn","bids":[` + bid + `,{"id":"B","price":"5","qty":"2","seq":2}],"draw":["A"]`), "draw", `"B"`},
		{"SumOfQuantities", withBid(`{"id":"B","price":"5","qty":"9223372036854","seq":2}`), "bids", "come to more"},
		{"SumOfMoney", `{"format":"uniform","supply":"9223372036","bids":[{"id":"B","price":"99999999999","qty":"9223372036","seq":2}]}`, "bids", "sum of money"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tried, err := auction.Decode([]byte(c.input))
			if err == nil {
				_, err = auction.Clear(&tried)
			}
			e, isFault := fault.As(err)
			if !isFault || e.Kind != fault.Invalid {
				t.Fatalf("got %v; want a fault about %q", err, c.field)
			}
			if e.Field != c.field || !strings.Contains(e.Detail, c.text) || strings.Contains(e.Error(), "\n") {
				t.Errorf("got %v; want field %q and %q in one line", err, c.field, c.text)
			}
		})
	}
}

// A term may be given in years, as a decimal string or a whole number, or in
// months.
func TestDecode_Term(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term   string
		months int
	}{{``, 0}, {`"years":"5",`, 60}, {`"years":5,`, 60}, {`"years":"0.25",`, 3}, {`"years":"1.5",`, 18}, {`"months":37,`, 37}, {`"years":"100",`, 1200}} {
		got, err := auction.Decode([]byte(`{"format":"uniform",` + c.term + `"supply":"3","bids":[]}`))
		if err != nil || got.Months != c.months {
			t.Errorf("%s: got %d months, %v; want %d", c.term, got.Months, err, c.months)
		}
	}
}

// Whatever is read, a case is refused with a fault about the input or clears;
// nothing panics, and what is sold is not more than what is offered.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"testdata/auctions.json", "testdata/corners.json"} {
		for _, c := range readCases(f, name) {
			f.Add([]byte(c.Input))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := auction.Decode(data)
		var r auction.Result
		if err == nil {
			r, err = auction.Clear(&c)
		}
		if err != nil {
			if e, isFault := fault.As(err); !isFault || e.Kind == fault.Internal {
				t.Fatalf("not a fault about the input: %v", err)
			}
			return
		}
		if c.Supply > 0 && r.Volume > c.Supply || r.Unsold < 0 || r.Revenue < 0 {
			t.Fatalf("%+v", r)
		}
		if printed := c.Report(r); len(printed.Allocations) != len(c.Bids)+len(c.Asks) {
			t.Fatalf("%d allocations", len(printed.Allocations))
		}
	})
}

// A case that is written as an input is read as the same case.
func TestInput_IsDecoded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"testdata/auctions.json", "testdata/corners.json"} {
		for _, c := range readCases(t, name) {
			want, err := auction.Decode(c.Input)
			if err != nil {
				t.Fatal(err)
			}
			written, err := json.Marshal(want.Input())
			if err != nil {
				t.Fatal(err)
			}
			got, err := auction.Decode(written)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: %v, %s\n%s", c.ID, err, written, diff)
			}
		}
	}
}
