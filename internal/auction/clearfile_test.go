package auction

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// fine is small with what does not print as whole numbers.
var fine = scale{6, 8, 5, []quantity.Quantity{1, 500, 250_000, quantity.OneQuantity}, 1_234}

// idMark makes ids of what JSON escapes, and of more than ASCII.
const idMark = `买<"\`

// A file is a case as somebody else writes it: what is absent left out, each
// decimal with or without the zeros that it may have.
type file struct {
	t   *rapid.T
	all map[string]any
}

func (f file) decimal(atoms int64, scale int) string {
	text := big.NewRat(atoms, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil).Int64()).FloatString(scale)
	if rapid.Bool().Draw(f.t, "zeros") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func (f file) set(field string, atoms int64, scale int) {
	if atoms != 0 {
		f.all[field] = f.decimal(atoms, scale)
	}
}

func (f file) word(field, text string) {
	if text != "" {
		f.all[field] = text
	}
}

func (f file) side(field string, bids []Bid, wanted bool) {
	if !wanted {
		return
	}
	list := make([]map[string]any, len(bids))
	for i, b := range bids {
		list[i] = map[string]any{"id": idMark + b.ID, "price": nil, "qty": f.decimal(int64(b.Quantity), quantity.QuantityScale), "seq": b.Seq}
		if b.Price > 0 {
			list[i]["price"] = f.decimal(int64(b.Price), quantity.PriceScale)
		}
		if b.Protection > 0 {
			list[i]["protection"] = f.decimal(int64(b.Protection), quantity.PriceScale)
		}
		if b.AcceptsPart {
			list[i]["accepts_part"] = true
		}
	}
	f.all[field] = list
}

// fileOf writes a case.
func fileOf(t *rapid.T, c Case) []byte {
	f := file{t, map[string]any{"format": string(c.Format)}}
	for field, q := range map[string]quantity.Quantity{
		"supply": c.Supply, "demand": c.Demand, "noncompetitive": c.Noncompetitive, "noncompetitive_limit": c.NoncompetitiveLimit,
	} {
		f.set(field, int64(q), quantity.QuantityScale)
	}
	for field, p := range map[string]quantity.Price{"reserve_price": c.ReservePrice, "ceiling_price": c.CeilingPrice, "reference_price": c.ReferencePrice, "step": c.Step} {
		f.set(field, int64(p), quantity.PriceScale)
	}
	f.set("budget", int64(c.Budget), quantity.MoneyScale)
	f.set("win_share", int64(c.WinShare), quantity.RatioScale)
	if c.LotSize != quantity.OneQuantity || rapid.Bool().Draw(t, "says the lot size") {
		f.set("lot_size", int64(c.LotSize), quantity.QuantityScale)
	}
	switch {
	case c.Months%12 == 0 && c.Months > 0 && rapid.Bool().Draw(t, "in years"):
		f.set("years", int64(c.Months/12), 0)
	case c.Months > 0:
		f.all["months"] = c.Months
	}
	if c.BiddersMin > 0 {
		f.all["min_bidders"] = c.BiddersMin
	}
	if c.Format != PayAsBidShare && c.Format != Call && c.Format != Ascending {
		f.word("tie", string(c.Tie))
		f.word("undersubscribed", string(c.Undersubscribed))
		f.all["draw"] = drawnOf(append(append([]Bid{}, c.Bids...), c.Asks...))
	}
	f.word("fit", string(c.Fit))
	if len(c.NextAuctions) > 0 {
		list := make([]string, len(c.NextAuctions))
		for i, q := range c.NextAuctions {
			list[i] = f.decimal(int64(q), quantity.QuantityScale)
		}
		f.all["next_auctions"] = list
	}
	f.side("bids", c.Bids, c.Format != ReverseUniform)
	f.side("asks", c.Asks, c.Format == ReverseUniform || c.Format == Call)
	text, err := json.Marshal(f.all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// drawnOf is the ids by their place in the draw, which begins at 1.
func drawnOf(side []Bid) []string {
	ids := make([]string, len(side))
	for _, b := range side {
		ids[b.Draw-1] = idMark + b.ID
	}
	return ids
}

// printed is a result as somebody else reads it.
type printed struct {
	Status      string            `json:"status"`
	Price       *string           `json:"clearing_price"`
	Volume      string            `json:"volume"`
	Unsold      string            `json:"unsold"`
	Imbalance   string            `json:"imbalance"`
	Allocations map[string]string `json:"allocations"`
	Prices      map[string]string `json:"prices"`
	Amounts     map[string]string `json:"amounts"`
	CarryOver   []string          `json:"carry_over"`
}

// cleared is what is printed of a file, as `permitx clear` does it.
func cleared(t *rapid.T, text []byte) (p printed) {
	c, err := Decode(text)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	r, err := Clear(&c)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	b, err := json.Marshal(c.Report(r))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&p); err != nil {
		t.Fatalf("%v\n%s", err, b)
	}
	return p
}

// atomsOf reads a decimal exactly.
func atomsOf(t *rapid.T, text string, scale int) int64 {
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	r.Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	if !r.IsInt() {
		t.Fatalf("%q has more than %d decimals", text, scale)
	}
	return r.Num().Int64()
}

// amountOf is price × quantity × months ÷ 12 in fen, half up, or down.
func amountOf(p quantity.Price, q quantity.Quantity, months int, down bool) int64 {
	r := big.NewRat(int64(p), 10_000)
	r.Mul(r, big.NewRat(int64(q), 1_000_000)).Mul(r, big.NewRat(int64(months)*100, 12))
	if !down {
		r.Add(r, big.NewRat(1, 2))
	}
	return new(big.Int).Quo(r.Num(), r.Denom()).Int64()
}

// What is read from a file and printed must be what the twin of the format makes of
// the case: each bid with its lots, its price and its amount, and what is carried over.
func TestClear_FilesOfNaive(t *testing.T) {
	t.Parallel()
	everyFormat(t, fine, func(t *rapid.T, c Case) {
		text := fileOf(t, c)
		got, want := cleared(t, text), naiveOf(c)
		c = c.withDefaults()
		have := naive{status: Status(got.Status)}
		if got.Price != nil {
			have.price = quantity.Price(atomsOf(t, *got.Price, quantity.PriceScale))
		}
		if c.Format == Call {
			have.imbalance = quantity.Quantity(atomsOf(t, got.Imbalance, quantity.QuantityScale))
		}
		read := func(side []Bid) []quantity.Quantity {
			found := make([]quantity.Quantity, len(side))
			for i, b := range side {
				found[i] = quantity.Quantity(atomsOf(t, got.Allocations[idMark+b.ID], quantity.QuantityScale))
			}
			return found
		}
		have.bids, have.asks = read(c.Bids), read(c.Asks)
		if diff := cmp.Diff(want, have, cmp.AllowUnexported(naive{})); diff != "" || len(got.Allocations) != len(c.Bids)+len(c.Asks) {
			t.Fatalf("twin and what is printed differ (-twin +printed):\n%s\n%s", diff, text)
		}
		wantPaid(t, c, got, c.Bids, want.bids, want.price)
		wantPaid(t, c, got, c.Asks, want.asks, want.price)
		if len(c.NextAuctions) > 0 && c.Supply > 0 {
			carried := naiveCarry(quantity.Quantity(atomsOf(t, got.Unsold, quantity.QuantityScale)), c.NextAuctions, c.LotSize)
			for i, q := range carried {
				if atomsOf(t, got.CarryOver[i], quantity.QuantityScale) != int64(q) {
					t.Fatalf("carries %v over, not %v\n%s", got.CarryOver, carried, text)
				}
			}
		}
	})
}

// wantPaid holds that each winner of a side, and nobody else, is printed with what he
// pays: his own price or the one, and the amount.
func wantPaid(t *rapid.T, c Case, got printed, side []Bid, won []quantity.Quantity, price quantity.Price) {
	for i, b := range side {
		id, wins := idMark+b.ID, won[i] > 0
		pays := price
		if c.Format.PaysOwn() {
			pays = b.Price
			if text, there := got.Prices[id]; there != wins || wins && atomsOf(t, text, quantity.PriceScale) != int64(pays) {
				t.Fatalf("%s: price %q, should pay %s", id, text, pays)
			}
		}
		text, there := got.Amounts[id]
		if there != (wins && c.Format != Call) {
			t.Fatalf("%s wins %s: amount %q", id, won[i], text)
		}
		if there && atomsOf(t, text, quantity.MoneyScale) != amountOf(pays, won[i], c.Months, c.Format == ReverseUniform) {
			t.Fatalf("%s wins %s at %s: amount %q", id, won[i], pays, text)
		}
	}
}
