package app

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/carbon"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/opening"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/report"
	"permitx/internal/reserve"
)

var update = flag.Bool("update", false, "rewrite docs/states.md")

const statesPage = "../../docs/states.md"

// docs/states.md shows what the code does with each state, event and role.
func TestStates_Documented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(statesPage)
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for name, table := range map[string]string{
		"lots": lotTable(), "departures": officeTable(permit.DepartureStates, permit.DepartureEvents, func(at permit.DepartureState, e permit.DepartureEvent) (permit.DepartureState, error) {
			d, err := permit.Departure{State: at}.Next(e)
			return d.State, err
		}, func(permit.DepartureEvent) identity.Operation { return identity.DepartureStep }),
		"exports": officeTable(outside.ExportStates, []outside.ExportEvent{outside.ExportReceipt}, nextOf(outside.ExportTransitions),
			func(outside.ExportEvent) identity.Operation { return identity.ExportReceive }),
		"imports": officeTable(outside.ImportStates, outside.ImportEvents, nextOf(outside.ImportTransitions), func(e outside.ImportEvent) identity.Operation {
			if e == outside.ImportClose {
				return identity.ImportClose
			}
			return identity.ImportExplain
		}),
		"refunds": officeTable(reserve.RefundStates, reserve.RefundEvents, reserve.RefundState.Next, refundOperation),
		"block trades": bodyTable(market.BlockStates, market.BlockEvents, market.BlockRoles,
			func(at market.BlockState, e market.BlockEvent, by market.BlockRole) (market.BlockState, string, error) {
				to, _, err := market.Block{State: at, NeedsOfficer: true}.Next(e, by)
				alone, _, errAlone := market.Block{State: at}.Next(e, by)
				if err == nil && errAlone == nil && alone != to {
					return to, fmt.Sprintf("%s; %s where no officer is asked", to, alone), nil
				}
				return to, string(to), err
			}),
		"closes": bodyTable(report.CloseStates, report.CloseEvents, report.CloseRoles,
			func(at report.CloseState, e report.CloseEvent, by report.CloseRole) (report.CloseState, string, error) {
				c, err := report.Close{State: at}.Step(e, by, 1, 1)
				return c.State, string(c.State), err
			}),
		"proposals": bodyTable(approval.ProposalStates, approval.ProposalEvents, []approval.By{approval.Proposer, approval.Approver, approval.Timer},
			func(at approval.ProposalState, e approval.ProposalEvent, by approval.By) (approval.ProposalState, string, error) {
				p, err := approval.Proposal{State: at}.Step(e, by, 1, 1)
				return p.State, string(p.State), err
			}),
		"opening packages": bodyTable(opening.States, opening.Events, []opening.By{opening.Officer, opening.System},
			func(at opening.State, e opening.Event, by opening.By) (opening.State, string, error) {
				p, err := opening.Package{State: at}.Step(e, by)
				return p.State, string(p.State), err
			}),
		"issuances": bodyTable(carbon.IssuanceStates, carbon.IssuanceEvents, identity.Roles,
			func(at carbon.IssuanceState, e carbon.IssuanceEvent, by identity.Role) (carbon.IssuanceState, string, error) {
				to, err := carbon.Issuance{State: at, DeclaredBy: 1, VerifiedBy: 2}.Next(e, 3, []string{string(by)})
				return to, string(to), err
			}),
	} {
		begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
		head, rest, _ := strings.Cut(text, begin)
		_, tail, found := strings.Cut(rest, end)
		if !found {
			t.Fatalf("%s has no place for the table of %s", statesPage, name)
		}
		text = head + begin + table + end + tail
	}
	if text == string(page) {
		return
	}
	if !*update {
		t.Fatalf("%s is not up to date: go test ./internal/app -run States_Documented -update", statesPage)
	}
	if err := os.WriteFile(statesPage, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// roleNames are those whom a rule names.
func roleNames(rule identity.Rule) string {
	var names []string
	for role := range rule {
		names = append(names, string(role))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func lotTable() string {
	var b strings.Builder
	b.WriteString("| from | event | to | command | by | approved by |\n|---|---|---|---|---|---|\n")
	for _, row := range reserve.LotTransitions {
		op := lotOperation(row.From, row.Event)
		from := row.From
		if from == reserve.Outside {
			from = "(new)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s | %s |\n", from, row.Event, row.To, op, roleNames(identity.Table[op]), roleNames(identity.FourEyes[op]))
	}
	return b.String()
}

// officeTable is a table whose steps are commands of identity.Table.
func officeTable[S, E ~string](states []S, events []E, next func(S, E) (S, error), operation func(E) identity.Operation) string {
	var b strings.Builder
	b.WriteString("| from | event | to | by | approved by |\n|---|---|---|---|---|\n")
	for _, e := range events {
		for _, at := range states {
			if to, err := next(at, e); err == nil {
				op := operation(e)
				fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", at, e, to, roleNames(identity.Table[op]), roleNames(identity.FourEyes[op]))
			}
		}
	}
	return b.String()
}

// bodyTable is a table whose steps bodies take.
func bodyTable[S, E, B ~string](states []S, events []E, bodies []B, next func(S, E, B) (S, string, error)) string {
	var b strings.Builder
	b.WriteString("| from | event | by | to |\n|---|---|---|---|\n")
	for _, e := range events {
		for _, at := range states {
			takers := map[string][]string{}
			for _, by := range bodies {
				if _, to, err := next(at, e, by); err == nil {
					takers[to] = append(takers[to], string(by))
				}
			}
			for _, to := range slices.Sorted(maps.Keys(takers)) {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", at, e, strings.Join(takers[to], ", "), to)
			}
		}
	}
	return b.String()
}
