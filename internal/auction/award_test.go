package auction_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// Of all states, events and roles exactly those of the table are possible, and
// the document shows the same table.
func TestAward_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	want := map[string]auction.AwardState{
		"awarded sign winner": "signed", "signed contract bureau": "contracted", "contracted prove finance": "paid", "paid deliver bureau": "delivered",
		"contracted settle winner": "delivered",
		"awarded default bureau":   "defaulted", "contracted default bureau": "defaulted",
		"awarded revoke bureau": "revoked", "signed revoke bureau": "revoked", "contracted revoke bureau": "revoked",
		"paid revoke bureau": "revoked", "paid unprove finance": "contracted",
	}
	for _, s := range auction.AwardStates {
		for _, e := range auction.AwardEvents {
			for _, by := range auction.AwardRoles {
				got, err := auction.Award{State: s}.Next(e, by)
				to, possible := want[fmt.Sprintf("%s %s %s", s, e, by)]
				if possible != (err == nil) || possible && got.State != to || !possible && !errors.Is(err, auction.ErrAwardStep) {
					t.Errorf("%s %s by %s: got %s, %v; want %q", s, e, by, got.State, err, to)
				}
			}
		}
	}
	var rows strings.Builder
	for _, x := range auction.AwardTransitions {
		from := make([]string, len(x.From))
		for i, s := range x.From {
			from[i] = string(s)
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %s |\n", strings.Join(from, ", "), x.Event, x.By, x.To)
	}
	doc, err := os.ReadFile("../../docs/award-states.md")
	if err != nil || !strings.Contains(string(doc), rows.String()) {
		t.Errorf("docs/award-states.md (%v) should have the rows\n%s", err, rows.String())
	}
	for _, s := range auction.OpenAwards {
		if !slices.Contains(auction.AwardStates[:4], s) {
			t.Errorf("%s is not open", s)
		}
	}
}

// A default needs a deadline that has passed, and takes the deposit as a whole,
// of a guarantee no more than the award's amount.
func TestAward_Default(t *testing.T) {
	t.Parallel()
	a := auction.Award{State: auction.Awarded, ContractBy: 20260716}
	if _, err := a.Defaulted(a.Deadline(), "not signed", a.ContractBy.AddDays(1).Start()-1, 5000_00, 20270717); !errors.Is(err, auction.ErrNotOverdue) {
		t.Errorf("on the last day: %v", err)
	}
	got, err := a.Defaulted(a.Deadline(), "not signed", a.ContractBy.AddDays(1).Start(), 5000_00, 20270717)
	if err != nil || got.State != auction.AwardDefaulted || got.BarredUntil != 20270717 || got.Forfeited != 5000_00 {
		t.Errorf("on the day after: %+v, %v", got, err)
	}
	for _, c := range []struct {
		of            auction.Offer
		putUp, amount int64
		won           quantity.Quantity
		want          int64
	}{
		{auction.Offer{Collateral: auction.DepositCollateral}, 500000, 55200, 1, 500000},
		{auction.Offer{Collateral: auction.FullCollateral}, 500000, 55200, 1, 55200},
		{auction.Offer{Collateral: auction.FullCollateral}, 500000, 5520000, 1, 500000},
		{auction.Offer{Collateral: auction.DepositCollateral, DepositPer: auction.PerLot, Deposit: 100000, LotSize: 10}, 500000, 55200, 30, 300000},
		{auction.Offer{Collateral: auction.DepositCollateral, DepositPer: auction.PerLot, Deposit: 100000, LotSize: 10}, 500000, 55200, 31, 400000}, // of a part of a lot the whole
		{auction.Offer{Collateral: auction.DepositCollateral, DepositPer: auction.PerLot, Deposit: 100000, LotSize: 10}, 500000, 55200, 50, 500000},
	} {
		if got := c.of.Forfeit(auction.Award{Amount: money(c.amount), Quantity: c.won}, money(c.putUp)); got != money(c.want) {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func money(fen int64) quantity.Money { return quantity.Money(fen) }
