package app

import (
	"testing"

	"permitx/internal/approval"
	"permitx/internal/ledger"
	"permitx/internal/reserve"
)

// What one officer says holds no permits: the bureau opens a buy-back, and sweeps
// what lies idle, by two persons, and the holder may use them until then.
func TestBuyBack_OpenedByTwo(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	d.at(20260702)
	idle := done[IdleResult](d.office, d.clerk, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Free, one, 20230101, "inspection"}).Declaration
	for _, c := range []Command{
		BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 10 * one, reserve.Abandoned, "order"}, IdleSweep{idle.ID, 0, "order"},
	} {
		p := d.propose(d.leader, c)
		if held := d.holding(ledger.Paid).Held + d.holding(ledger.Free).Held; held != 0 || p.Region != jiashan {
			t.Errorf("%T: %d is held by one person's word, %+v", c, held, p)
		}
		if opened := storedRow(d.office, IdleDeclarations, idle.ID).BuyBack; opened != 0 {
			t.Errorf("%T has opened buy-back %d", c, opened)
		}
		d.waits(d.leader, Proposals.name, p.ID, "")
		d.waits(d.second, Proposals.name, p.ID, "approve")
		d.refuses(d.leader, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
		b := done[BuyBackResult](d.office, d.second, ProposalApprove{p.ID, p.EffectsDigest}).BuyBack
		if b.OpenedBy != d.leader || d.holding(b.Origin).Held != int64(b.Quantity) {
			t.Errorf("%T: opened by %d, %+v", c, b.OpenedBy, d.holding(b.Origin))
		}
		d.step(d.leader, b.ID, reserve.RejectBuyBack)
	}

	p := d.propose(d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 10 * one, reserve.Abandoned, "order"})
	d.step(d.f.user, d.apply(one), reserve.SubmitBuyBack) // the holder needs a part meanwhile
	d.refuses(d.second, ProposalApprove{p.ID, p.EffectsDigest}, ledger.ErrInsufficient)
	d.check()
}
