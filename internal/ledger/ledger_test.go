package ledger

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// script runs the lines of a table on a ledger.
type script struct {
	t       *testing.T
	l       *Ledger
	next    int64
	posting int64
}

func newScript(t *testing.T) *script {
	t.Helper()
	return &script{t: t, l: New()}
}

// key reads an account's name as the tables write it, and opens the account.
func (s *script) key(name string) Key {
	s.t.Helper()
	parts := strings.Split(name, ":")
	number := func(i int) int64 {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			s.t.Fatalf("account %q: %v", name, err)
		}
		return n
	}
	kind := Kinds[slices.IndexFunc(Kinds, func(k Kind) bool { return k.String() == parts[0] })]
	k := Key{Kind: kind}
	switch {
	case kind == Holding:
		k.Region, k.Pollutant, k.Party, k.Licence, k.Instrument = parts[1], parts[2], number(3), number(3), number(4)
		k.Origin = Origin(slices.Index(originNames[:], parts[5]))
	case kind.IsPermit():
		k.Region, k.Pollutant = parts[1], parts[2]
	case kind == Funds:
		k.Party = number(1)
	}
	if _, open := s.l.Find(k); !open {
		s.next++
		s.l.Open(Account{
			ID: AccountID(s.next), Kind: k.Kind, Origin: k.Origin, Region: k.Region, Pollutant: k.Pollutant,
			Party: k.Party, Licence: k.Licence, Instrument: k.Instrument,
		})
	}
	return k
}

func (s *script) reason(name string) Reason {
	s.t.Helper()
	i := slices.Index(reasonNames[:], name)
	if i < 0 {
		s.t.Fatalf("no reason %q", name)
	}
	return Reason(i)
}

// run does one line and returns its result.
func (s *script) run(f []string) string {
	s.t.Helper()
	amount, err := strconv.ParseInt(f[4], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	debit := s.key(f[2])
	switch f[0] {
	case "transfer", "held":
		t := Transfer{Reason: s.reason(f[1]), Legs: []Leg{{Debit: debit, Credit: s.key(f[3]), Amount: amount, FromHeld: f[0] == "held"}}}
		if err := s.l.Check(t); err != nil {
			return code(err)
		}
		s.posting++
		s.l.Post(t, 1, s.posting, nil)
	case "hold":
		if err := s.l.CheckHold(debit, amount); err != nil {
			return code(err)
		}
		id, _ := s.l.Find(debit)
		s.l.Hold(id, amount, 1)
	case "release":
		id, _ := s.l.Find(debit)
		s.l.Release(id, amount, 1)
	case "balance":
		b := s.l.Balance(debit)
		if b.Balance != amount {
			return fmt.Sprintf("balance %d", b.Balance)
		}
		return strconv.FormatInt(b.Held, 10)
	default:
		s.t.Fatalf("no command %q", f[0])
	}
	return "ok"
}

func code(err error) string {
	f, ok := fault.As(err)
	if !ok {
		return err.Error()
	}
	return f.Code
}

// conserved fails unless each asset's debits and credits are equal and no
// balance is below zero or held beyond what it is.
func (s *script) conserved(line string) {
	s.t.Helper()
	sums := map[Asset]int64{}
	s.l.Each(func(a Account, b Balance) {
		if b.Balance < 0 || b.Held < 0 || b.Held > b.Balance {
			s.t.Errorf("%s: account %s has %d, %d held", line, a.Key(), b.Balance, b.Held)
		}
		if a.Kind.IsContra() {
			sums[a.Key().Asset()] -= b.Balance
		} else {
			sums[a.Key().Asset()] += b.Balance
		}
	})
	for asset, sum := range sums {
		if sum != 0 {
			s.t.Errorf("%s: %v is out of balance by %d", line, asset, sum)
		}
	}
}

// Each line of the tables gives its last column, and every asset is in balance
// after it (I-1 to I-4).
func TestLedger_Tables(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no tables: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s := newScript(t)
			for lines, n := bufio.NewScanner(f), 1; lines.Scan(); n++ {
				fields := strings.Fields(lines.Text())
				if len(fields) == 0 || fields[0] == "#" || strings.HasPrefix(fields[0], "#") {
					continue
				}
				where := fmt.Sprintf("%s:%d", file, n)
				if got := s.run(fields); got != fields[5] {
					t.Errorf("%s: %s, want %s", where, got, fields[5])
				}
				s.conserved(where)
			}
		})
	}
}

// Check says of a transfer of several legs what making them one after the
// other comes to, and changes nothing.
func TestCheck_AgreesWithPost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := &script{t: t, l: New()}
		keys := []Key{s.key("bank"), s.key("escrow"), s.key("funds:1"), s.key("funds:2"), s.key("cap:330421:VOCs"), s.key("unallocated:330421:VOCs")}
		for range rapid.IntRange(1, 30).Draw(rt, "transfers") {
			var legs []Leg
			for range rapid.IntRange(1, 4).Draw(rt, "legs") {
				legs = append(legs, Leg{
					Debit: rapid.SampledFrom(keys).Draw(rt, "debit"), Credit: rapid.SampledFrom(keys).Draw(rt, "credit"),
					Amount: rapid.Int64Range(-1, 20).Draw(rt, "amount"),
				})
			}
			before := snapshot(s.l)
			err := s.l.Check(Transfer{Reason: Correction, Legs: legs})
			if !slices.Equal(before, snapshot(s.l)) {
				rt.Fatal("Check has changed a balance")
			}
			one := s.oneByOne(legs)
			if (err == nil) != (one == nil) || err != nil && !errors.Is(err, one) {
				rt.Fatalf("Check says %v, one by one %v", err, one)
			}
			if err == nil {
				s.posting++
				s.l.Post(Transfer{Reason: Correction, Legs: legs}, 1, s.posting, nil)
				s.posting += int64(len(legs))
			}
			s.conserved("after a transfer")
		}
	})
}

// oneByOne makes the legs on a copy and returns the first fault.
func (s *script) oneByOne(legs []Leg) error {
	c := New()
	s.l.Each(func(a Account, b Balance) { c.Load(a, b) })
	for i, leg := range legs {
		t := Transfer{Reason: Correction, Legs: []Leg{leg}}
		if err := c.Check(t); err != nil {
			return err
		}
		c.Post(t, 1, int64(1000+i), nil)
	}
	return nil
}

func snapshot(l *Ledger) []Balance {
	var all []Balance
	for id := AccountID(1); int(id) <= l.Len(); id++ {
		all = append(all, l.BalanceOf(id))
	}
	return all
}

// Acquisitions are used first in first out; rows without a price are passed
// over by a sale and used by everything else; what is left always adds up.
func TestConsume_FirstInFirstOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		l := New()
		var naive []Acquisition
		var command int64
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			command++
			if rapid.Bool().Draw(rt, "acquire") || len(naive) == 0 {
				a := Acquisition{
					ID: command, Account: 1, AcquiredOn: 20260101, PriceKnown: rapid.IntRange(0, 3).Draw(rt, "priced") > 0,
					Remaining: quantity.Quantity(rapid.Int64Range(1, 50).Draw(rt, "quantity")),
				}
				kept := a
				l.AddAcquisition(&kept)
				naive = append(naive, a)
				continue
			}
			priced := rapid.Bool().Draw(rt, "sale")
			var most quantity.Quantity
			for _, a := range naive {
				if a.PriceKnown || !priced {
					most += a.Remaining
				}
			}
			if most == 0 {
				continue
			}
			q := quantity.Quantity(rapid.Int64Range(1, int64(most)).Draw(rt, "take"))
			l.Consume(1, q, priced, command, nil)
			naive = consumeNaive(naive, q, priced)
			compareRows(rt, l, naive)
		}
	})
}

func consumeNaive(rows []Acquisition, q quantity.Quantity, priced bool) []Acquisition {
	for i := range rows {
		if rows[i].PriceKnown || !priced {
			take := min(q, rows[i].Remaining)
			rows[i].Remaining -= take
			q -= take
		}
	}
	return slices.DeleteFunc(rows, func(a Acquisition) bool { return a.Remaining == 0 })
}

func compareRows(rt *rapid.T, l *Ledger, naive []Acquisition) {
	var unpriced quantity.Quantity
	rows := l.Acquisitions(1)
	if len(rows) != len(naive) {
		rt.Fatalf("%d rows are left, want %d", len(rows), len(naive))
	}
	for i, a := range rows {
		if a.ID != naive[i].ID || a.Remaining != naive[i].Remaining {
			rt.Fatalf("row %d is %d with %s, want %d with %s", i, a.ID, a.Remaining, naive[i].ID, naive[i].Remaining)
		}
		if !a.PriceKnown {
			unpriced += a.Remaining
		}
	}
	if l.Unpriced(1) != unpriced {
		rt.Fatalf("unpriced %s, want %s", l.Unpriced(1), unpriced)
	}
}
