package app

import (
	"slices"
	"strings"
	"testing"

	"permitx/internal/identity"
)

// What each random walk over the reserve, sales, buy-backs and budgets does. A walk
// fails where it has never done one of its own.
var (
	reserveWalk = []identity.Operation{
		identity.LotAdd, identity.LotRetire, identity.LotFreeze, identity.LotUnfreeze, identity.ReserveMoveOp, identity.LevelMove, identity.Allocate,
		identity.EarmarkMake, identity.EarmarkAllocate, identity.EarmarkRelease, identity.ListingOpen, identity.ListingClose, identity.ListingSell,
		identity.NoticeIssue, identity.NoticeCancel,
	}
	salesWalk = []identity.Operation{
		identity.InstalmentRequest, identity.InstalmentDecide, identity.InstalmentProve, identity.InstalmentConfirm, identity.TaxListImport,
		identity.NoticeProve, identity.NoticeConfirm, identity.NoticeDeliver, identity.NoticeCancel,
		identity.ProofWithdraw, identity.InstalmentWithdraw, identity.RefundCancel,
	}
	buyBackWalk = []identity.Operation{
		identity.BuyBackApply, identity.BuyBackOpen, identity.BuyBackStep, identity.BuyBackVerify, identity.BuyBackReclaim, identity.BuyBackApprove,
		identity.BuyBackPay, identity.BuyBackBook, identity.BudgetApprove, identity.BudgetLapse, identity.BudgetCarry, identity.RefundRequest,
		identity.RefundReceive, identity.RefundCancel, identity.OfferAccept, identity.OfferOpen, identity.OfferClose, identity.IdleDeclare,
		identity.IdleSweep, identity.IdleEnd, identity.CorrectionRecord, identity.DebtSettle, identity.ReserveMoveOp,
	}
)

// Every command of the reserve, its sales, buy-backs and budgets is drawn by a
// random walk: one that is added to them is added to a walk.
func TestWalks_DrawEveryCommand(t *testing.T) {
	t.Parallel()
	drawn := slices.Concat(reserveWalk, salesWalk, buyBackWalk)
	capabilities := []string{
		"lot", "reserve", "level", "allocation", "earmark", "listing", "payment_notice", "instalment", "tax_list",
		"buy_back", "treasury_refund", "budget", "standing_offer", "idle", "correction", "debt",
	}
	for _, name := range capabilities {
		found := false
		for op := range commandTypes {
			if is, _, _ := strings.Cut(string(op), "."); is == name {
				found = true
				if !slices.Contains(drawn, op) {
					t.Errorf("%s is in no random walk", op)
				}
			}
		}
		if !found {
			t.Errorf("no command is named %s", name)
		}
	}
}

// walked fails where a walk has never done what it is there to do.
func walked(t *testing.T, done map[identity.Operation]int, all []identity.Operation) {
	t.Helper()
	for _, op := range all {
		if done[op] == 0 {
			t.Errorf("%s was never done: %v", op, done)
		}
	}
}
