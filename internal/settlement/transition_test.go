package settlement_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/fault"
	"permitx/internal/settlement"
)

var update = flag.Bool("update", false, "rewrite docs/deal-states.md")

const deals = "../../docs/deal-states.md"

// A state is before the settlement, after it, or at an end without one.
func TestDealStates_Partition(t *testing.T) {
	t.Parallel()
	for _, s := range settlement.DealStates {
		n := 0
		for _, set := range [][]settlement.DealState{settlement.OpenStates, settlement.SettledStates, settlement.EndedStates} {
			if slices.Contains(set, s) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d of the three sets", s, n)
		}
	}
	if n := len(settlement.OpenStates) + len(settlement.SettledStates) + len(settlement.EndedStates); n != len(settlement.DealStates) {
		t.Errorf("the sets have %d states, there are %d", n, len(settlement.DealStates))
	}
}

// Every state, event and body is used by the table, and nothing else is.
func TestTransitions_Words(t *testing.T) {
	t.Parallel()
	states, events, roles := map[settlement.DealState]bool{}, map[settlement.DealEvent]bool{}, map[settlement.DealRole]bool{}
	for _, row := range settlement.Transitions {
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
	same(t, "states", states, settlement.DealStates)
	same(t, "events", events, settlement.DealEvents)
	same(t, "bodies", roles, settlement.DealRoles)
}

func same[T ~string](t *testing.T, what string, used map[T]bool, all []T) {
	t.Helper()
	for _, v := range all {
		if !used[v] {
			t.Errorf("%s: nothing uses %s", what, v)
		}
		delete(used, v)
	}
	for v := range used {
		t.Errorf("%s: %s is not declared", what, v)
	}
}

// shapes are deals of every kind, payment and chain of approvals.
func shapes() []settlement.Deal {
	var out []settlement.Deal
	for _, payment := range settlement.DealPayments {
		out = append(out, settlement.Deal{Kind: settlement.Local, Payment: payment})
		for flags := 1; flags < 8; flags++ {
			out = append(out, settlement.Deal{
				Kind: settlement.CrossRegion, Payment: payment,
				NeedsSellerBureau: flags&1 != 0, NeedsBuyerBureau: flags&2 != 0, NeedsUpper: flags&4 != 0,
			})
		}
	}
	return out
}

// histories are all sets of the confirmations and consents that the table looks at.
func histories(d settlement.Deal) []settlement.History {
	marks := []settlement.DealStep{}
	switch {
	case d.IsPayable():
		marks = []settlement.DealStep{
			{Event: settlement.ConfirmPaymentBuyer, Role: settlement.AsBuyer},
			{Event: settlement.ConfirmPaymentSeller, Role: settlement.AsSeller},
			{Event: settlement.ConfirmPaymentFinance, Role: settlement.AsFinance},
		}
	case slices.Contains(settlement.SettledStates, d.State):
		for _, r := range consentersOf(d) {
			marks = append(marks, settlement.DealStep{Event: settlement.ConsentReversal, Role: r})
		}
	}
	var out []settlement.History
	for set := range 1 << len(marks) {
		var h settlement.History
		for i, m := range marks {
			if set&(1<<i) != 0 {
				h = append(h, m)
			}
		}
		out = append(out, h)
	}
	return out
}

// The table allows exactly what the naive reading of the rules allows: each
// state × event × body, for every kind, payment and chain of approvals. What
// is impossible is refused, and the refusal says why.
func TestTransitions_EachStateEventRole(t *testing.T) {
	t.Parallel()
	allowed := 0
	for _, d := range shapes() {
		for _, d.State = range settlement.DealStates {
			for _, h := range histories(d) {
				for _, r := range settlement.DealRoles {
					possible := d.Possible(h, r)
					allowed += len(possible)
					for _, e := range settlement.DealEvents {
						checkCell(t, d, h, e, r, slices.Contains(possible, e))
					}
				}
			}
		}
	}
	if allowed < 500 {
		t.Errorf("only %d cells are allowed", allowed)
	}
}

// checkCell compares one cell with the naive table. Refusals are looked at for
// the deals that need every confirmation, where nothing was confirmed yet:
// what they say costs time.
func checkCell(t *testing.T, d settlement.Deal, h settlement.History, e settlement.DealEvent, r settlement.DealRole, possible bool) {
	t.Helper()
	to, ok := naive(d, h, e, r)
	sample := len(h) == 0 && (d.Kind == settlement.Local || d.NeedsSellerBureau && d.NeedsBuyerBureau && d.NeedsUpper)
	if ok == possible && !ok && !sample {
		return
	}
	move, err := d.Next(h, e, r)
	cell := func() string {
		return fmt.Sprintf("%s %s %v%v%v %s %v: %s by %s", d.Kind, d.Payment, d.NeedsSellerBureau, d.NeedsBuyerBureau, d.NeedsUpper, d.State, h, e, r)
	}
	switch {
	case ok != possible || ok != (err == nil):
		t.Errorf("%s: possible is %v, got %v, %v; want %v %s", cell(), possible, move, err, ok, to)
	case ok && (move.To != to || move.From != d.State || move.Role != r || move.Event != e):
		t.Errorf("%s: got %v; want %s", cell(), move, to)
	case !ok && !errors.Is(err, settlement.ErrNotNow) && !errors.Is(err, settlement.ErrNotYourStep):
		t.Errorf("%s: %v", cell(), err)
	}
}

// consentersOf are those without whom nothing is reversed: both sides or both
// bureaus, and all who confirmed a direct payment.
func consentersOf(d settlement.Deal) []settlement.DealRole {
	roles := []settlement.DealRole{settlement.AsSeller, settlement.AsBuyer}
	if d.Kind == settlement.CrossRegion {
		roles = []settlement.DealRole{settlement.AsSellerBureau, settlement.AsBuyerBureau}
	}
	if d.Payment == settlement.DirectPayment && d.Kind == settlement.CrossRegion {
		roles = append(roles, settlement.AsSeller, settlement.AsBuyer)
	}
	if d.Payment == settlement.DirectPayment {
		roles = append(roles, settlement.AsFinance)
	}
	return roles
}

// naive says with plain conditions what the table says with rows.
func naive(d settlement.Deal, h settlement.History, e settlement.DealEvent, r settlement.DealRole) (settlement.DealState, bool) {
	local := d.Kind == settlement.Local
	is := func(states ...settlement.DealState) bool { return slices.Contains(states, d.State) }
	move := func(to settlement.DealState, ok bool) (settlement.DealState, bool) { return to, ok }
	isParty := r == settlement.AsSeller || r == settlement.AsBuyer
	// The last of the confirmations that the deal needs.
	ready := settlement.DealBureauApproved
	before := map[settlement.DealEvent]settlement.DealState{} // the state before each step of the chain
	if !local {
		ready = settlement.DealBuyerConfirmed
		for _, c := range []struct {
			needed bool
			event  settlement.DealEvent
			state  settlement.DealState
		}{
			{d.NeedsSellerBureau, settlement.SellerRegionConfirm, settlement.DealSellerRegionConfirmed},
			{d.NeedsBuyerBureau, settlement.BuyerRegionConfirm, settlement.DealBuyerRegionConfirmed},
			{d.NeedsUpper, settlement.UpperApprove, settlement.DealUpperApproved},
		} {
			if c.needed {
				before[c.event] = ready
				ready = c.state
			}
		}
	}
	inChain := func() bool { from, asked := before[e]; return asked && is(from) }
	confirmations := []settlement.DealEvent{settlement.ConfirmPaymentBuyer, settlement.ConfirmPaymentSeller, settlement.ConfirmPaymentFinance}
	confirmed := 0
	for _, s := range h {
		if slices.Contains(confirmations, s.Event) {
			confirmed++
		}
	}
	confirm := func(by settlement.DealRole) (settlement.DealState, bool) {
		ok := d.Payment == settlement.DirectPayment && r == by && is(ready) && !h.Has(e, by)
		if confirmed < 2 {
			return d.State, ok
		}
		return settlement.DealPaid, ok
	}
	pick := func(ifLocal, ifCross settlement.DealState) settlement.DealState {
		if local {
			return ifLocal
		}
		return ifCross
	}
	openAndUnapproved := d.State.IsOpen() && !is(settlement.DealPaid, settlement.DealEscrowFunded)
	reachable := d.State.IsOpen() && (local && !is(settlement.DealSellerRegionConfirmed, settlement.DealBuyerRegionConfirmed, settlement.DealUpperApproved, settlement.DealEscrowFunded) ||
		!local && !is(settlement.DealEligibilityChecked, settlement.DealBureauApproved))
	settled := local && is(settlement.DealDelivered) || !local && is(settlement.DealSettledAccounts, settlement.DealPermitsChangedSeller, settlement.DealPermitsChangedBuyer)
	consenters := consentersOf(d)
	switch e {
	case settlement.SellerSign:
		return move(settlement.DealSellerSigned, r == settlement.AsSeller && is(settlement.DealProposed))
	case settlement.BuyerConfirm:
		return move(settlement.DealBuyerConfirmed, r == settlement.AsBuyer && is(settlement.DealSellerSigned))
	case settlement.CheckEligibility:
		return move(settlement.DealEligibilityChecked, local && r == settlement.AsBureau && is(settlement.DealBuyerConfirmed))
	case settlement.BureauApprove:
		return move(settlement.DealBureauApproved, local && r == settlement.AsBureau && is(settlement.DealEligibilityChecked))
	case settlement.SellerRegionConfirm:
		return move(settlement.DealSellerRegionConfirmed, r == settlement.AsSellerBureau && inChain())
	case settlement.BuyerRegionConfirm:
		return move(settlement.DealBuyerRegionConfirmed, r == settlement.AsBuyerBureau && inChain())
	case settlement.UpperApprove:
		return move(settlement.DealUpperApproved, r == settlement.AsUpper && inChain())
	case settlement.Fund:
		return move(pick(settlement.DealPaid, settlement.DealEscrowFunded), d.Payment == settlement.EscrowPayment && r == settlement.AsBuyer && is(ready))
	case settlement.ConfirmPaymentBuyer:
		return confirm(settlement.AsBuyer)
	case settlement.ConfirmPaymentSeller:
		return confirm(settlement.AsSeller)
	case settlement.ConfirmPaymentFinance:
		return confirm(settlement.AsFinance)
	case settlement.Settle:
		if local {
			return move(settlement.DealDelivered, r == settlement.AsBureau && is(settlement.DealPaid))
		}
		may := r == settlement.AsUpper
		if !d.NeedsUpper {
			may = r == settlement.AsSellerBureau || r == settlement.AsBuyerBureau
		}
		return move(settlement.DealSettledAccounts, may && is(settlement.DealEscrowFunded, settlement.DealPaid))
	case settlement.Certify:
		return move(settlement.DealCertified, local && r == settlement.AsBureau && is(settlement.DealDelivered))
	case settlement.AcknowledgeSeller:
		if is(settlement.DealPermitsChangedBuyer) {
			return move(settlement.DealClosed, !local && r == settlement.AsSellerBureau)
		}
		return move(settlement.DealPermitsChangedSeller, !local && r == settlement.AsSellerBureau && is(settlement.DealSettledAccounts))
	case settlement.AcknowledgeBuyer:
		if is(settlement.DealPermitsChangedSeller) {
			return move(settlement.DealClosed, !local && r == settlement.AsBuyerBureau)
		}
		return move(settlement.DealPermitsChangedBuyer, !local && r == settlement.AsBuyerBureau && is(settlement.DealSettledAccounts))
	case settlement.Reject:
		bodies := []settlement.DealRole{settlement.AsSellerBureau, settlement.AsBuyerBureau, settlement.AsUpper}
		if local {
			bodies = []settlement.DealRole{settlement.AsBureau}
		}
		return move(settlement.DealRejected, reachable && !is(settlement.DealProposed, settlement.DealSellerSigned) && slices.Contains(bodies, r))
	case settlement.Withdraw:
		may := isParty && confirmed == 0 && reachable && (openAndUnapproved || is(settlement.DealEscrowFunded))
		return move(pick(settlement.DealRescinded, settlement.DealWithdrawn), may)
	case settlement.Lapse:
		return move(settlement.DealLapsed, r == settlement.AsSystem && reachable)
	case settlement.ConsentReversal:
		return move(d.State, settled && slices.Contains(consenters, r) && !h.Has(e, r))
	case settlement.Reverse:
		for _, c := range consenters {
			if !h.Has(settlement.ConsentReversal, c) {
				return "", false
			}
		}
		by := settlement.AsUpper
		if local {
			by = settlement.AsBureau
		}
		return move(settlement.DealReversed, settled && r == by)
	}
	return "", false
}

// Whatever steps are taken in whatever order, a deal is settled only with both
// sides' words, every confirmation that its pair asks for, and the payment;
// and it always comes to an end.
func TestTransitions_Walk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(shapes()).Draw(t, "deal")
		d.State = settlement.DealProposed
		var h settlement.History
		for range 60 {
			var moves []settlement.Move
			for _, r := range settlement.DealRoles {
				for _, e := range d.Possible(h, r) {
					m, err := d.Next(h, e, r)
					if err != nil {
						t.Fatal(err)
					}
					moves = append(moves, m)
				}
			}
			if len(moves) == 0 {
				break
			}
			m := rapid.SampledFrom(moves).Draw(t, "move")
			h = append(h, settlement.DealStep{Event: m.Event, Role: m.Role, FromState: m.From, ToState: m.To})
			d.State = m.To
			if m.Event == settlement.Settle {
				mustBeComplete(t, d, h)
			}
		}
		if d.State != settlement.DealCertified && d.State != settlement.DealClosed && !slices.Contains(settlement.EndedStates, d.State) {
			t.Fatalf("the deal is still %s after %v", d.State, h)
		}
	})
}

func mustBeComplete(t *rapid.T, d settlement.Deal, h settlement.History) {
	t.Helper()
	needed := map[settlement.DealEvent]settlement.DealRole{settlement.SellerSign: settlement.AsSeller, settlement.BuyerConfirm: settlement.AsBuyer}
	if d.Kind == settlement.Local {
		needed[settlement.CheckEligibility], needed[settlement.BureauApprove] = settlement.AsBureau, settlement.AsBureau
	}
	if d.NeedsSellerBureau {
		needed[settlement.SellerRegionConfirm] = settlement.AsSellerBureau
	}
	if d.NeedsBuyerBureau {
		needed[settlement.BuyerRegionConfirm] = settlement.AsBuyerBureau
	}
	if d.NeedsUpper {
		needed[settlement.UpperApprove] = settlement.AsUpper
	}
	if d.Payment == settlement.EscrowPayment {
		needed[settlement.Fund] = settlement.AsBuyer
	} else {
		needed[settlement.ConfirmPaymentBuyer] = settlement.AsBuyer
		needed[settlement.ConfirmPaymentSeller] = settlement.AsSeller
		needed[settlement.ConfirmPaymentFinance] = settlement.AsFinance
	}
	for e, r := range needed {
		if !h.Has(e, r) {
			t.Fatalf("settled without %s by the %s: %v", e, r, h)
		}
	}
}

// The refusal of a step names the state, the step, and what can be done
// instead by whom; a final state says that it is one.
func TestDeal_Next_Refusal(t *testing.T) {
	t.Parallel()
	d := settlement.Deal{Kind: settlement.CrossRegion, Payment: settlement.EscrowPayment, State: settlement.DealSellerSigned, NeedsUpper: true}
	_, err := d.Next(nil, settlement.Settle, settlement.AsUpper)
	f, _ := fault.As(err)
	const want = "the deal is seller_signed: settle is not possible now; possible are buyer_confirm (buyer); withdraw (seller, buyer)"
	if !errors.Is(err, settlement.ErrNotNow) || f.Kind != fault.Conflict || f.Detail != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = d.Next(nil, settlement.BuyerConfirm, settlement.AsSeller, settlement.AsUpper)
	if f, _ := fault.As(err); !errors.Is(err, settlement.ErrNotYourStep) || f.Kind != fault.Forbidden || f.Detail != "buyer_confirm is a step of the buyer" {
		t.Errorf("got %v", err)
	}
	_, err = d.Next(nil, settlement.BureauApprove, settlement.AsUpper)
	if !errors.Is(err, settlement.ErrNotNow) {
		t.Errorf("a step of the other kind: got %v", err)
	}
	d.State = settlement.DealClosed
	_, err = d.Next(nil, settlement.Settle, settlement.AsUpper)
	if f, _ := fault.As(err); f.Detail != "the deal is closed: settle is not possible now; that state is final" {
		t.Errorf("got %v", err)
	}
}

// docs/deal-states.md shows the table as it is.
func TestTransitions_Documented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(deals)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, k := range settlement.DealKinds {
		text = replaceBlock(t, text, string(k)+" diagram", diagram(k))
		text = replaceBlock(t, text, string(k)+" table", table(k))
	}
	if text == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s is not up to date: go test ./internal/settlement -run Documented -update", deals)
	}
	if err := os.WriteFile(deals, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func replaceBlock(t *testing.T, text, name, block string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end -->"
	i := strings.Index(text, begin)
	if i < 0 {
		t.Fatalf("%s has no block %q", deals, name)
	}
	i += len(begin)
	j := strings.Index(text[i:], end)
	return text[:i] + block + text[i+j:]
}

func diagram(k settlement.DealKind) string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> proposed\n")
	left := map[settlement.DealState]bool{}
	seen := map[string]bool{}
	for _, row := range settlement.Transitions {
		if row.Kind != k || row.To == "" {
			continue
		}
		for _, s := range row.From {
			left[s] = true
			line := fmt.Sprintf("    %s --> %s : %s\n", s, row.To, row.Event)
			if !seen[line] {
				seen[line] = true
				b.WriteString(line)
			}
		}
	}
	final := map[settlement.DealState]bool{}
	for _, row := range settlement.Transitions {
		if row.Kind == k && row.To != "" && !left[row.To] && !final[row.To] {
			final[row.To] = true
			fmt.Fprintf(&b, "    %s --> [*]\n", row.To)
		}
	}
	b.WriteString("```\n")
	return b.String()
}

func table(k settlement.DealKind) string {
	var b strings.Builder
	b.WriteString("| from | event | by | to | when | must carry |\n|---|---|---|---|---|---|\n")
	for _, row := range settlement.Transitions {
		if row.Kind != k {
			continue
		}
		to := string(row.To)
		if to == "" {
			to = "(stays)"
		}
		carry := []string{}
		if row.Document {
			carry = append(carry, "document")
		}
		if row.Note {
			carry = append(carry, "note")
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s | %s | %s |\n", list(row.From), row.Event, list(row.By), to, list(row.When), strings.Join(carry, ", "))
	}
	return b.String()
}

func list[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}
