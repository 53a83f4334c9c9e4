package market

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/quantity"
)

// The scripts in testdata hold for the book and for its naive twin. A script
// begins with "book" and its name; each further line is a call with its result
// behind "->", or a row of the ladder that must be seen then, from the highest
// price to the lowest, with the orders as ID:left, oldest first. Prices and
// quantities are in atoms.
func TestBook_Scripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s := script{file: filepath.Base(file), lines: strings.Split(string(text), "\n")}
		s.run(t, func() anyBook { return NewBook() })
		s.run(t, func() anyBook { return new(naiveBook) })
	}
}

// script is one file while it is run.
type script struct {
	file  string
	lines []string
}

func (s script) run(t *testing.T, newBook func() anyBook) {
	t.Helper()
	var book anyBook
	var name string
	var drawn []string // rows of a ladder, until it ends
	for i, line := range append(s.lines, "") {
		line = strings.Join(strings.Fields(line), " ")
		where := fmt.Sprintf("%s:%d: %s on %T", s.file, i+1, name, book)
		if strings.HasPrefix(line, "|") {
			drawn = append(drawn, line)
			continue
		}
		if drawn != nil {
			if got := ladderOf(book); !slices.Equal(got, drawn) {
				t.Errorf("%s: the ladder is\n%s", where, strings.Join(got, "\n"))
			}
			drawn = nil
		}
		call, want, isCall := strings.Cut(line, " -> ")
		switch word, rest, _ := strings.Cut(line, " "); {
		case word == "" || word == "#":
		case word == "book":
			book, name = newBook(), rest
		case !isCall:
			t.Fatalf("%s: %q has no result", where, line)
		default:
			if got := do(t, book, strings.Fields(call)); got != want {
				t.Errorf("%s: %s -> %s, want %s", where, call, got, want)
			}
			mustBeSound(t, book)
		}
	}
}

// do makes one call of a script and gives its result in words.
func do(t *testing.T, b anyBook, call []string) string {
	t.Helper()
	switch call[0] {
	case "place": // place ID SIDE TIF QUANTITY @ PRICE
		tif, err := ParseTimeInForce("script", call[3])
		if err != nil {
			t.Fatal(err)
		}
		fills, rests := b.Place(orderOf(t, call[1], call[2], call[4], call[6]), tif, nil)
		return inWords(fills, rests)
	case "rest": // rest ID SIDE QUANTITY @ PRICE
		b.Rest(orderOf(t, call[1], call[2], call[3], call[5]))
		return "ok"
	case "cancel": // cancel ID
		return orderInWords(b.Cancel(number(t, call[1])))
	case "get": // get ID
		return orderInWords(b.Get(number(t, call[1])))
	case "reduce": // reduce ID to QUANTITY
		return fmt.Sprint(b.Reduce(number(t, call[1]), quantity.Quantity(number(t, call[3]))))
	case "best": // best SIDE
		price, ok := b.Best(sideIn(t, call[1]))
		return fmt.Sprint(int64(price), " ", ok)
	case "depth": // depth SIDE N
		var out []string
		for _, l := range b.Depth(sideIn(t, call[1]), int(number(t, call[2])), nil) {
			out = append(out, fmt.Sprintf("%d @ %d in %d", int64(l.Quantity), int64(l.Price), l.Orders))
		}
		return strings.Join(append(out, "end"), ", ")
	case "crossing": // crossing SIDE QUANTITY @ PRICE
		var out []string
		b.Crossing(sideIn(t, call[1]), quantity.Price(number(t, call[4])), quantity.Quantity(number(t, call[2])), func(maker int64) bool {
			out = append(out, fmt.Sprint(maker))
			return true
		})
		return strings.Join(append(out, "end"), ", ")
	}
	t.Fatalf("no such call: %v", call)
	return ""
}

func orderOf(t *testing.T, id, side, q, price string) Order {
	t.Helper()
	return Order{
		ID:       number(t, id),
		Side:     sideIn(t, side),
		Price:    quantity.Price(number(t, price)),
		Quantity: quantity.Quantity(number(t, q)),
	}
}

func sideIn(t *testing.T, s string) Side {
	t.Helper()
	side, err := ParseSide("script", s)
	if err != nil {
		t.Fatal(err)
	}
	return side
}

func number(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func inWords(fills []Fill, rests quantity.Quantity) string {
	var out []string
	for _, f := range fills {
		out = append(out, fmt.Sprintf("%d: %d @ %d left %d", f.Maker, int64(f.Quantity), int64(f.Price), int64(f.Left)))
	}
	return strings.Join(append(out, fmt.Sprintf("rests %d", int64(rests))), ", ")
}

func orderInWords(o Order, ok bool) string {
	if !ok {
		return "unknown"
	}
	return fmt.Sprintf("%s %d @ %d", o.Side, int64(o.Quantity), int64(o.Price))
}

// ladderOf draws a book as the scripts do.
func ladderOf(b anyBook) []string {
	queues := map[quantity.Price]*[2]string{}
	b.Each(func(o Order) bool {
		if queues[o.Price] == nil {
			queues[o.Price] = new([2]string)
		}
		queues[o.Price][o.Side-Buy] += fmt.Sprintf("%d:%d ", o.ID, int64(o.Quantity))
		return true
	})
	out := []string{"| bid | price | ask |"}
	var prices []quantity.Price
	for p := range queues {
		prices = append(prices, p)
	}
	slices.Sort(prices)
	for _, p := range slices.Backward(prices) {
		row := fmt.Sprintf("| %s | %d | %s |", queues[p][0], int64(p), queues[p][1])
		out = append(out, strings.Join(strings.Fields(row), " "))
	}
	return out
}

// mustBeSound checks what holds for any book at any time.
func mustBeSound(t rapid.TB, b anyBook) {
	t.Helper()
	if err := b.Validate(); err != nil {
		t.Errorf("%T: %v", b, err)
	}
	count := 0
	b.Each(func(o Order) bool {
		count++
		if got, ok := b.Get(o.ID); !ok || got != o {
			t.Errorf("%T: order %+v is %+v by its number", b, o, got)
		}
		return true
	})
	if count != b.Len() {
		t.Errorf("%T: Len is %d, Each has %d orders", b, b.Len(), count)
	}
}
