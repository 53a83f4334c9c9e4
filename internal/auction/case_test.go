package auction_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"slices"
	"testing"

	"permitx/internal/auction"
)

// fileCase is one of testdata: what goes in, and a part of what comes out.
type fileCase struct {
	ID       string          `json:"id"`
	Input    json.RawMessage `json:"input"`
	Expected map[string]any  `json:"expected"`
}

func readCases(tb testing.TB, name string) []fileCase {
	tb.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	var file struct {
		Cases []fileCase `json:"cases"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		tb.Fatal(err)
	}
	if len(file.Cases) == 0 {
		tb.Fatalf("%s has no cases", name)
	}
	return file.Cases
}

// Every worked example must come out as published; numbers compare by value.
func TestCases(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"testdata/auctions.json", "testdata/corners.json"} {
		for _, c := range readCases(t, name) {
			t.Run(c.ID, func(t *testing.T) {
				t.Parallel()
				got := report(t, c.Input)
				for _, field := range slices.Sorted(maps.Keys(c.Expected)) {
					if want := c.Expected[field]; !same(want, got[field]) {
						t.Errorf("%s: got %v; want %v", field, got[field], want)
					}
				}
			})
		}
	}
}

// report clears a case and returns what is printed.
func report(tb testing.TB, input []byte) map[string]any {
	tb.Helper()
	c, err := auction.Decode(input)
	if err != nil {
		tb.Fatal(err)
	}
	r, err := auction.Clear(&c)
	if err != nil {
		tb.Fatal(err)
	}
	printed, err := json.Marshal(c.Report(r))
	if err != nil {
		tb.Fatal(err)
	}
	var found map[string]any
	if err := json.NewDecoder(bytes.NewReader(printed)).Decode(&found); err != nil {
		tb.Fatal(err)
	}
	return found
}

// same compares what is printed: texts that are decimals by value, and every
// name of an object that is expected.
func same(want, got any) bool {
	switch want := want.(type) {
	case string:
		text, ok := got.(string)
		if !ok {
			return false
		}
		a, isDecimal := new(big.Rat).SetString(want)
		b, isToo := new(big.Rat).SetString(text)
		return want == text || isDecimal && isToo && a.Cmp(b) == 0
	case map[string]any:
		object, ok := got.(map[string]any)
		for name, v := range want {
			ok = ok && same(v, object[name])
		}
		return ok && len(object) == len(want)
	case []any:
		array, ok := got.([]any)
		ok = ok && len(array) == len(want)
		for i := range want {
			ok = ok && same(want[i], array[i])
		}
		return ok
	}
	return want == got
}

// Jiaxing's 11th sale of NH3-N, June 2024, had 19 bidders and 13 winners (base
// 4,000); its bids are made up.
func TestCases_Jiaxing(t *testing.T) {
	t.Parallel()
	input, err := os.ReadFile("testdata/jiaxing.json")
	if err != nil {
		t.Fatal(err)
	}
	got := report(t, input)
	prices, ok := got["prices"].(map[string]any)
	if !ok || len(prices) != 13 || prices["E13"] != "11000" || prices["E14"] != nil {
		t.Errorf("got the prices %v; want those of E01 to E13", prices)
	}
}
