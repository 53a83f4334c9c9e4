//go:build ignore

// Command demo_check reads what `permitx demo --json` printed and fails if it
// is not one JSON object with the figures of the first cross-province deals and of a trade of credits.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
)

type demo struct {
	CrossRegion struct {
		Deals        int    `json:"deals"`
		Enterprises  int    `json:"enterprises"`
		Quantity     string `json:"quantity"`
		Amount       string `json:"amount"`
		AveragePrice string `json:"average_price"`
	} `json:"cross_region"`
	Regions []struct {
		Code      string                     `json:"code"`
		Pollutant string                     `json:"pollutant"`
		Before    map[string]json.RawMessage `json:"before"`
		After     map[string]json.RawMessage `json:"after"`
	} `json:"regions"`
	Carbon struct {
		Traded struct {
			Price    string   `json:"price"`
			Quantity string   `json:"quantity"`
			Amount   string   `json:"amount"`
			Serials  []string `json:"serials"`
			Units    int64    `json:"units"`
		} `json:"traded"`
	} `json:"carbon"`
	Trades     json.RawMessage `json:"trades"`
	Violations *int            `json:"violations"`
	Journal    struct {
		Length int    `json:"length"`
		Head   string `json:"head"`
	} `json:"journal"`
	Database json.RawMessage `json:"database"`
}

func main() {
	if err := check(os.Stdin); err != nil {
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
	fmt.Println("demo: the figures are right")
}

func check(r io.Reader) error {
	decoder := json.NewDecoder(r)
	var d demo
	if err := decoder.Decode(&d); err != nil {
		return err
	}
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, err := decoder.Token()
	want(errors.Is(err, io.EOF), "something follows the JSON object")
	c := d.CrossRegion
	want(c.Deals == 4, "%d deals, not 4", c.Deals)
	want(c.Enterprises == 8, "%d enterprises, not 8", c.Enterprises)
	for _, figure := range []struct{ name, got, want string }{
		{"quantity", c.Quantity, "13.257"},
		{"amount", c.Amount, "158900"},
		{"average_price", c.AveragePrice, "11986.12"},
	} {
		want(equal(figure.got, figure.want), "%s is %q, not %s", figure.name, figure.got, figure.want)
	}
	b := d.Carbon.Traded
	want(equal(b.Price, "50") && equal(b.Quantity, "3") && equal(b.Amount, "150"), "the trade of credits in the book is %+v, not 3 t at CNY 50", b)
	want(b.Units == 3000 && len(b.Serials) > 0, "%d kgCO2e have moved with the trade of credits, in the ranges %v", b.Units, b.Serials)
	want(len(d.Regions) > 0, "no regions")
	for _, region := range d.Regions {
		for _, account := range []string{"cap", "unallocated", "reserve", "holdings", "in_transit", "retired"} {
			want(region.Before[account] != nil && region.After[account] != nil,
				"region %s, %s: no %s before or after", region.Code, region.Pollutant, account)
		}
	}
	want(d.Trades != nil && d.Database != nil, "no trades or no database")
	want(d.Violations != nil && *d.Violations == 0, "violations is not 0")
	want(d.Journal.Length > 0 && d.Journal.Head != "", "the journal is empty")
	return errors.Join(errs...)
}

// equal compares two decimals as numbers: 158900 is 158900.00.
func equal(a, b string) bool {
	x, okA := new(big.Rat).SetString(a)
	y, okB := new(big.Rat).SetString(b)
	return okA && okB && x.Cmp(y) == 0
}
