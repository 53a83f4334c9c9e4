package encumbrance_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"permitx/internal/encumbrance"
	"permitx/internal/quantity"
)

// leasable is every step of a lease again, as a person of the field would say
// it: what is not here must be refused.
var leasable = map[string]encumbrance.LeaseState{
	"offered agree lessee":    encumbrance.LeaseAgreed,
	"agreed approve bureau":   encumbrance.LeaseApproved,
	"approved pay lessee":     encumbrance.LeasePaid,
	"approved lapse system":   encumbrance.LeaseLapsed,
	"paid lapse system":       encumbrance.LeaseLapsed,
	"paid begin system":       encumbrance.LeaseActive,
	"active return system":    encumbrance.LeaseReturned,
	"active ask_end lessor":   encumbrance.LeaseActive,
	"active ask_end lessee":   encumbrance.LeaseActive,
	"paid revoke bureau":      encumbrance.LeaseRevoked,
	"active revoke bureau":    encumbrance.LeaseRevoked,
	"offered reject bureau":   encumbrance.LeaseRejected,
	"agreed reject bureau":    encumbrance.LeaseRejected,
	"approved reject bureau":  encumbrance.LeaseRejected,
	"offered withdraw lessor": encumbrance.LeaseWithdrawn, "offered withdraw lessee": encumbrance.LeaseWithdrawn,
	"agreed withdraw lessor": encumbrance.LeaseWithdrawn, "agreed withdraw lessee": encumbrance.LeaseWithdrawn,
	"approved withdraw lessor": encumbrance.LeaseWithdrawn, "approved withdraw lessee": encumbrance.LeaseWithdrawn,
	"offered close system": encumbrance.LeaseClosed, "agreed close system": encumbrance.LeaseClosed,
	"approved close system": encumbrance.LeaseClosed, "paid close system": encumbrance.LeaseClosed,
}

// Every state × event × body of a lease is possible or refused with the reason.
// An early end needs the other side's word: nobody agrees with himself.
func TestLease_EveryStateEventBody(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, s := range encumbrance.LeaseStates {
		for _, e := range encumbrance.LeaseEvents {
			for _, b := range encumbrance.Bodies {
				for _, asked := range []encumbrance.Body{"", encumbrance.ByLessor, encumbrance.ByLessee} {
					name := fmt.Sprintf("%s %s %s", s, e, b)
					want, ok := leasable[name]
					if e == encumbrance.AgreeEnd {
						want = encumbrance.LeaseEndedEarly
						ok = s == encumbrance.LeaseActive && (b == encumbrance.ByLessor && asked == encumbrance.ByLessee || b == encumbrance.ByLessee && asked == encumbrance.ByLessor)
					}
					row, by, err := encumbrance.Lease{State: s, EndAskedBy: asked}.Next(e, b)
					if ok && (err != nil || row.To != want || by != b) {
						t.Errorf("%s: %s by %s %v, want %s", name, row.To, by, err, want)
					}
					if !ok && !errors.Is(err, encumbrance.ErrLeaseState) {
						t.Errorf("%s: %s %v, want it refused", name, row.To, err)
					}
					if ok && e != encumbrance.AgreeEnd && asked == "" {
						seen++
					}
				}
			}
		}
	}
	if seen != len(leasable) {
		t.Errorf("%d of %d steps were seen", seen, len(leasable))
	}
}

// pledgeable is every step of a pledge again.
var pledgeable = map[string]encumbrance.PledgeState{
	"applied confirm bureau": encumbrance.PledgeConfirmed, "authority_confirmed approve bank": encumbrance.PledgeApproved,
	"bank_approved register holder": encumbrance.PledgeRegistered,
	"applied reject bureau":         encumbrance.PledgeRejected, "authority_confirmed reject bureau": encumbrance.PledgeRejected, "bank_approved reject bureau": encumbrance.PledgeRejected,
	"applied reject bank": encumbrance.PledgeRejected, "authority_confirmed reject bank": encumbrance.PledgeRejected, "bank_approved reject bank": encumbrance.PledgeRejected,
	"applied withdraw holder": encumbrance.PledgeWithdrawn, "authority_confirmed withdraw holder": encumbrance.PledgeWithdrawn, "bank_approved withdraw holder": encumbrance.PledgeWithdrawn,
	"registered release bank": encumbrance.PledgeReleased, "demanded release bank": encumbrance.PledgeReleased, "on_sale release bank": encumbrance.PledgeReleased,
	"registered demand bank": encumbrance.PledgeDemanded, "demanded offer bureau": encumbrance.PledgeOnSale,
	"on_sale recall bureau": encumbrance.PledgeDemanded, "on_sale recall system": encumbrance.PledgeDemanded,
	"on_sale buy buyer": encumbrance.PledgeDemanded, "demanded take bureau": encumbrance.PledgeDemanded,
	"registered enforce system": encumbrance.PledgeEnforced, "demanded enforce system": encumbrance.PledgeEnforced, "on_sale enforce system": encumbrance.PledgeEnforced,
	"applied end system": encumbrance.PledgeEnded, "authority_confirmed end system": encumbrance.PledgeEnded, "bank_approved end system": encumbrance.PledgeEnded,
	"registered end system": encumbrance.PledgeEnded, "demanded end system": encumbrance.PledgeEnded, "on_sale end system": encumbrance.PledgeEnded,
}

// Every state × event × body of a pledge is possible or refused with the reason.
func TestPledge_EveryStateEventBody(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, s := range encumbrance.PledgeStates {
		for _, e := range encumbrance.PledgeEvents {
			for _, b := range encumbrance.Bodies {
				name := fmt.Sprintf("%s %s %s", s, e, b)
				want, ok := pledgeable[name]
				row, by, err := encumbrance.Pledge{State: s}.Next(e, b)
				if ok && (err != nil || row.To != want || by != b) {
					t.Errorf("%s: %s by %s %v, want %s", name, row.To, by, err, want)
				}
				if !ok && !errors.Is(err, encumbrance.ErrPledgeState) {
					t.Errorf("%s: %s %v, want it refused", name, row.To, err)
				}
				if ok {
					seen++
				}
			}
		}
	}
	if seen != len(pledgeable) {
		t.Errorf("%d of %d steps were seen", seen, len(pledgeable))
	}
}

// docs/encumbrance-states.md shows the tables of steps, row by row.
func TestSteps_AreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/encumbrance-states.md")
	if err != nil {
		t.Fatal(err)
	}
	want := append(rowsOf(encumbrance.LeaseSteps), rowsOf(encumbrance.PledgeSteps)...)
	var shown []string
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| in |") {
			shown = append(shown, line)
		}
	}
	if !slices.Equal(shown, want) {
		t.Errorf("docs/encumbrance-states.md shows\n%s\nthe tables are\n%s", strings.Join(shown, "\n"), strings.Join(want, "\n"))
	}
}

func rowsOf[S, E ~string](table []encumbrance.StepOf[S, E]) (rows []string) {
	for _, row := range table {
		needs := ""
		if row.Document {
			needs = "document"
		}
		if row.Note {
			needs = strings.Trim(needs+", note", ", ")
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s | %s | %s |", words(row.From), row.Event, words(row.By), row.To, needs))
	}
	return rows
}

func words[T ~string](all []T) string {
	texts := make([]string, len(all))
	for i, w := range all {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

// Facts 13, 14 and 25 of the field: the price of a remaining term, rents at a
// double price, and what is lent on permits.
func TestAmounts_Facts(t *testing.T) {
	t.Parallel()
	q := func(s string) quantity.Quantity { v, _ := quantity.ParseQuantity("q", s); return v }
	for _, c := range []struct {
		price  int64
		q      string
		months int
		want   string
	}{
		{4000 * 2, "5", 2, "6666.67"}, {4000 * 2, "1", 2, "1333.33"}, {4000, "1", 60, "20000.00"}, {4000, "1", 37, "12333.33"}, {4000, "15.5", 60, "310000.00"},
	} {
		got, err := encumbrance.LeaseAmount(quantity.Price(c.price)*quantity.OnePrice, q(c.q), c.months)
		if err != nil || got.String() != c.want {
			t.Errorf("%s t/a × %d × %d/12: %s %v, want %s", c.q, c.price, c.months, got, err, c.want)
		}
	}
	p, err := encumbrance.Pledge{Quantity: q("15.5"), Loan: 1}.Valued(4000*quantity.OnePrice, 60)
	if err != nil || p.Value != 310_000_00 {
		t.Fatal(p.Value, err)
	}
	if _, err := (encumbrance.Pledge{Quantity: q("0.000001"), Loan: 1}).Valued(900*quantity.OnePrice, 60); !errors.Is(err, encumbrance.ErrWorthNothing) {
		t.Errorf("0.0045 CNY: %v", err)
	}
	for share, want := range map[quantity.Ratio]quantity.Money{800_000: 248_000_00, 700_000: 217_000_00} {
		if most, err := encumbrance.MostOf(p.Value, share); err != nil || most != want {
			t.Errorf("%s of %s: %s %v, want %s", share, p.Value, most, err, want)
		}
	}
}

// What permits are sold for goes to the banks in their rank, each up to what it
// is owed, and the rest to the holder.
func TestSplit(t *testing.T) {
	t.Parallel()
	chain := []encumbrance.Pledge{{ID: 9, Rank: 2, Loan: 50}, {ID: 4, Rank: 1, Loan: 100, Claim: 120, Paid: 20}, {ID: 11, Rank: 3, Loan: 10}}
	encumbrance.ByRank(chain)
	for _, c := range []struct {
		amount, owner quantity.Money
		parts         string
	}{{60, 0, "[0.60 0.00 0.00]"}, {100, 0, "[1.00 0.00 0.00]"}, {155, 0, "[1.00 0.50 0.05]"}, {200, 40, "[1.00 0.50 0.10]"}} {
		if parts, owner := encumbrance.Split(chain, c.amount); fmt.Sprint(parts) != c.parts || owner != c.owner {
			t.Errorf("%d: %v and %d, want %s and %d", c.amount, parts, owner, c.parts, c.owner)
		}
	}
}
