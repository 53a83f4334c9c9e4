package reserve_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/reserve"
)

var update = flag.Bool("update", false, "rewrite docs/buy-back-states.md")

const buyBackStates = "../../docs/buy-back-states.md"

// Every state, event, body and condition is used by the table, and nothing else is.
func TestBuyBackTransitions_Words(t *testing.T) {
	t.Parallel()
	states, events := map[reserve.BuyBackState]bool{}, map[reserve.BuyBackEvent]bool{}
	roles := map[reserve.BuyBackRole]bool{}
	for _, row := range reserve.BuyBackTransitions {
		events[row.Event] = true
		if row.To != "" {
			states[row.To] = true
		}
		for _, s := range row.From {
			states[s] = true
		}
		for _, r := range row.By {
			roles[r] = true
		}
	}
	used(t, states, reserve.BuyBackStates)
	used(t, events, reserve.BuyBackEvents)
	used(t, roles, reserve.BuyBackRoles)
}

func used[T ~string](t *testing.T, found map[T]bool, all []T) {
	t.Helper()
	for _, v := range all {
		if !found[v] {
			t.Errorf("nothing uses %s", v)
		}
		delete(found, v)
	}
	for v := range found {
		t.Errorf("%s is not declared", v)
	}
}

// buyBackShapes are buy-backs of each kind, reclaimed or not, objected to or not.
func buyBackShapes() (out []reserve.BuyBack) {
	for _, kind := range reserve.BuyBackKinds {
		for _, reclaimed := range []bool{false, true} {
			out = append(out,
				reserve.BuyBack{Kind: kind, Reclaimed: reclaimed},
				reserve.BuyBack{Kind: kind, Reclaimed: reclaimed, ObjectionDueOn: 20260708})
		}
	}
	return out
}

// The table allows exactly what the naive reading of the rules allows: each
// state × event × body, for every shape. What is impossible is refused, and the
// refusal says why.
func TestBuyBackTransitions_EachStateEventRole(t *testing.T) {
	t.Parallel()
	allowed := 0
	for _, b := range buyBackShapes() {
		for _, b.State = range reserve.BuyBackStates {
			for _, e := range reserve.BuyBackEvents {
				for _, r := range reserve.BuyBackRoles {
					to, ok := naiveBuyBack(b, e, r)
					m, err := b.Next(e, r)
					cell := fmt.Sprintf("%s %s reclaimed=%t objected=%t: %s by %s", b.Kind, b.State, b.Reclaimed, b.ObjectionDueOn != 0, e, r)
					f, _ := fault.As(err)
					switch {
					case ok && (err != nil || m.To != to || m.From != b.State || m.Event != e || m.Role != r):
						t.Errorf("%s: got %+v, %v; want %s", cell, m, err, to)
					case !ok && err == nil:
						t.Errorf("%s: leads to %s", cell, m.To)
					case !ok && !errors.Is(err, reserve.ErrBuyBackNotNow) && !errors.Is(err, reserve.ErrNotYourBuyBackStep):
						t.Errorf("%s: %v", cell, err)
					case !ok && !strings.Contains(f.Detail, string(e)):
						t.Errorf("%s: does not say why: %s", cell, f.Detail)
					}
					if ok {
						allowed++
					}
				}
			}
		}
	}
	if allowed < 150 {
		t.Errorf("only %d cells are allowed", allowed)
	}
}

// naiveBuyBack says with plain conditions what the table says with rows.
func naiveBuyBack(b reserve.BuyBack, e reserve.BuyBackEvent, r reserve.BuyBackRole) (reserve.BuyBackState, bool) {
	is := func(states ...reserve.BuyBackState) bool { return slices.Contains(states, b.State) }
	holder, leader, finance := r == reserve.AsHolder, r == reserve.AsLeader, r == reserve.AsFinance
	bureau := leader || r == reserve.AsClerk
	applied, objected := b.Kind == reserve.Application, b.ObjectionDueOn != 0
	before := !is(reserve.BuyBackPaid, reserve.BuyBackInReserve, reserve.BuyBackRejected, reserve.BuyBackWithdrawn, reserve.BuyBackLapsed)
	undecided := is(reserve.BuyBackAccepted, reserve.BuyBackVerified, reserve.BuyBackPriced)
	switch e {
	case reserve.SubmitBuyBack:
		return reserve.BuyBackSubmitted, is(reserve.BuyBackDraft) && holder
	case reserve.AcceptBuyBack:
		return reserve.BuyBackAccepted, is(reserve.BuyBackSubmitted) && bureau
	case reserve.ReturnBuyBack:
		return reserve.BuyBackDraft, is(reserve.BuyBackSubmitted) && bureau
	case reserve.VerifyBuyBack:
		return reserve.BuyBackVerified, is(reserve.BuyBackAccepted) && leader
	case reserve.RejectBuyBack:
		return reserve.BuyBackRejected, is(reserve.BuyBackAccepted, reserve.BuyBackAgreed) && leader
	case reserve.PriceBuyBack:
		return reserve.BuyBackPriced, is(reserve.BuyBackVerified) && leader
	case reserve.ReclaimBuyBack:
		return reserve.BuyBackApproved, is(reserve.BuyBackVerified) && leader && !objected
	case reserve.AgreeBuyBack:
		return reserve.BuyBackAgreed, is(reserve.BuyBackPriced) && holder && !objected
	case reserve.RefuseBuyBack:
		return reserve.BuyBackWithdrawn, is(reserve.BuyBackPriced) && holder && applied
	case reserve.ImposeBuyBack:
		return reserve.BuyBackAgreed, is(reserve.BuyBackPriced) && leader && !applied && !objected
	case reserve.ObjectBuyBack:
		return b.State, undecided && holder && !applied && !objected
	case reserve.UpholdBuyBack:
		return reserve.BuyBackRejected, undecided && leader && objected
	case reserve.DismissBuyBack:
		return b.State, undecided && leader && objected
	case reserve.ApproveBuyBack:
		return reserve.BuyBackApproved, is(reserve.BuyBackAgreed) && leader
	case reserve.ContractBuyBack:
		return reserve.BuyBackContracted, is(reserve.BuyBackApproved) && bureau && !b.Reclaimed
	case reserve.PayBuyBack:
		return reserve.BuyBackPaid, is(reserve.BuyBackContracted) && finance
	case reserve.FailBuyBack:
		return reserve.BuyBackContracted, is(reserve.BuyBackPaid) && finance
	case reserve.BookBuyBack:
		system := r == reserve.AsSystem
		return reserve.BuyBackInReserve, is(reserve.BuyBackPaid) && (leader || system) || is(reserve.BuyBackApproved) && leader && b.Reclaimed
	case reserve.WithdrawBuyBack:
		return reserve.BuyBackWithdrawn, before && holder && applied
	case reserve.LapseBuyBack:
		return reserve.BuyBackLapsed, before && r == reserve.AsSystem
	}
	return "", false
}

// The refusal of a step names the state, the step, and what can be done instead
// by whom; a final state says that it is one.
func TestBuyBack_Next_Refusal(t *testing.T) {
	t.Parallel()
	b := reserve.BuyBack{Kind: reserve.Application, State: reserve.BuyBackSubmitted}
	for _, c := range []struct {
		state reserve.BuyBackState
		event reserve.BuyBackEvent
		role  reserve.BuyBackRole
		want  string
	}{
		{reserve.BuyBackSubmitted, reserve.PayBuyBack, reserve.AsFinance, "the buy-back is submitted: pay is not possible now; " +
			"possible are accept (bureau_clerk, bureau_leader); return (bureau_clerk, bureau_leader); withdraw (enterprise)"},
		{reserve.BuyBackSubmitted, reserve.AcceptBuyBack, reserve.AsHolder, "accept is a step of: bureau_clerk, bureau_leader"},
		{reserve.BuyBackInReserve, reserve.WithdrawBuyBack, reserve.AsHolder, "the buy-back is in_reserve: withdraw is not possible now; that state is final"},
	} {
		b.State = c.state
		_, err := b.Next(c.event, c.role)
		if f, _ := fault.As(err); f.Detail != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// docs/buy-back-states.md shows the table as it is.
func TestBuyBackTransitions_Documented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(buyBackStates)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- table -->\n", "<!-- end of table -->\n"
	head, rest, _ := strings.Cut(string(page), begin)
	_, tail, found := strings.Cut(rest, end)
	if !found {
		t.Fatalf("%s has no place for the table", buyBackStates)
	}
	text := head + begin + buyBackTable() + end + tail
	if text == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s is not up to date: go test ./internal/reserve -run Documented -update", buyBackStates)
	}
	if err := os.WriteFile(buyBackStates, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func buyBackTable() string {
	var b strings.Builder
	b.WriteString("\n| from | step | by | to | when | names |\n|---|---|---|---|---|---|\n")
	for _, row := range reserve.BuyBackTransitions {
		var names []string
		if row.Document {
			names = append(names, "document")
		}
		if row.Note {
			names = append(names, "note")
		}
		to := string(row.To)
		if to == "" {
			to = "the same"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", list(row.From), row.Event, list(row.By), to, list(row.When), list(names))
	}
	return b.String() + "\n"
}

func list[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = string(v)
	}
	return strings.Join(out, ", ")
}
