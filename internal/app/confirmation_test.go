package app

import (
	"testing"

	"permitx/internal/approval"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// That a payment came although no list of the tax authority has it is never one officer's
// word: he proposes it, another officer approves it, and until then nothing is delivered.
func TestNoticeConfirm_NeedsTwo(t *testing.T) {
	t.Parallel()
	o, _, sell := openSales(t)
	n := sell().Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-1", today})
	p := o.propose(o.finance, NoticeConfirm{n.ID, "seen"})
	o.refuses(o.finance, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	o.refuses(o.leader, NoticeDeliver{n.ID}, reserve.ErrNotMatched)
	done[NoticeResult](o, o.leader, ProposalApprove{p.ID, p.EffectsDigest})
	done[NoticeResult](o, o.leader, NoticeDeliver{n.ID})

	listed := sell()
	n = listed.Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-2", today})
	p = o.propose(o.finance, NoticeConfirm{n.ID, "seen"})
	done[TaxListResult](o, o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{taxRow(listed.Sale.NoticeNumber(), "r-2", n.Amount)}})
	o.refuses(o.leader, ProposalApprove{p.ID, p.EffectsDigest}, reserve.ErrNoticeState) // the list has it: no word is needed
	done[NoticeResult](o, o.leader, NoticeDeliver{n.ID})
}

// It is so of each part of a payment, too.
func TestInstalmentConfirm_NeedsTwo(t *testing.T) {
	t.Parallel()
	o, _, _, n, plan := instalmentOffice(t)
	part := plan.Parts[0]
	done[PlanResult](o, o.finance, InstalmentProve{part.ID, 352_000_00, "r-1", today})
	p := o.propose(o.finance, InstalmentConfirm{part.ID, "seen"})
	o.refuses(o.finance, ProposalApprove{p.ID, p.EffectsDigest}, approval.ErrOwnProposal)
	if o.do(o.leader, NoticeDeliver{n.Notice.ID}) == nil {
		t.Fatal("delivered on the word of one officer")
	}
	done[PlanResult](o, o.second, ProposalApprove{p.ID, p.EffectsDigest})
	if got := done[NoticeResult](o, o.leader, NoticeDeliver{n.Notice.ID}); got.Notice.Quantity != 44*quantity.OneQuantity {
		t.Errorf("%+v", got)
	}
}
