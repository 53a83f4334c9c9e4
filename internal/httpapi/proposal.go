package httpapi

import (
	"context"
	"encoding/json"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/approval"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(outcomeOf, identity.ProposalApprove, identity.ProposalReject, identity.ProposalWithdraw, identity.ProposalRefresh)

// ListProposals lists the commands that wait, or waited, for a second person.
func (s *Server) ListProposals(ctx context.Context, r gen.ListProposalsRequestObject) (gen.ListProposalsResponseObject, error) {
	may, err := s.see(ctx, identity.ProposalRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "state", textOf(r.Params.State))
	q = equal(q, "operation", r.Params.Operation)
	if !seesFirms(callOf(ctx).actor) {
		q = q.And("party", app.Eq, 0)
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Proposals, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(p approval.Proposal) int64 { return p.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListProposals200JSONResponse{Items: convertAll(rows, proposalOf), Next: next}, nil
}

// GetProposal shows a proposal.
func (s *Server) GetProposal(ctx context.Context, r gen.GetProposalRequestObject) (gen.GetProposalResponseObject, error) {
	may, err := s.see(ctx, identity.ProposalRead)
	if err != nil {
		return nil, err
	}
	p, known, err := get(ctx, s, app.Proposals, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(p.Party, p.Region) || p.Party != 0 && !seesFirms(callOf(ctx).actor) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetProposal200JSONResponse(proposalOf(p)), nil
}

// seesFirms reports whether an actor may see what users of a party have
// prepared for its signer; officers may not.
func seesFirms(a identity.Actor) bool { return a.Has(identity.Enterprise, identity.Auditor) }

func proposalOf(p approval.Proposal) api.Proposal {
	out := api.Proposal{
		ID: p.ID, Operation: p.Operation, Region: optional(p.Region), Party: optional(p.Party), Effects: []api.Effect{}, EffectsDigest: p.EffectsDigest,
		State: api.ProposalState(p.State), ProposedBy: p.ProposedBy, ProposedAt: p.ProposedAt.String(), ShownAt: p.ShownAt.String(),
		LapsesAt: p.LapsesAt.String(), DecidedBy: optional(p.DecidedBy), DecidedAt: instantOf(p.DecidedAt), Reason: optional(p.Reason),
		Command: optional(p.Command), EffectiveOn: dateOf(p.EffectiveOn),
	}
	if err := json.Unmarshal([]byte(p.Effects), &out.Effects); err != nil {
		panic("httpapi: the effects of a proposal are not what was written: " + err.Error())
	}
	return out
}

func outcomeOf(r app.ProposalResult) api.ProposalOutcome {
	out := api.ProposalOutcome{Proposal: proposalOf(r.Proposal)}
	if r.Result != nil {
		_, out.Result = Encode(r.Result, nil)
	}
	return out
}

// ApproveProposal does what a proposal shows.
func (s *Server) ApproveProposal(ctx context.Context, r gen.ApproveProposalRequestObject) (gen.ApproveProposalResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ProposalApprove{Proposal: r.ID, EffectsDigest: r.Body.EffectsDigest})
}

// RejectProposal ends a proposal without doing it.
func (s *Server) RejectProposal(ctx context.Context, r gen.RejectProposalRequestObject) (gen.RejectProposalResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ProposalReject{Proposal: r.ID, Reason: r.Body.Reason})
}

// WithdrawProposal takes a proposal of the caller's own back.
func (s *Server) WithdrawProposal(ctx context.Context, r gen.WithdrawProposalRequestObject) (gen.WithdrawProposalResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ProposalWithdraw{Proposal: r.ID, Reason: r.Body.Reason})
}

// RefreshProposal looks again at what a proposal would do.
func (s *Server) RefreshProposal(ctx context.Context, r gen.RefreshProposalRequestObject) (gen.RefreshProposalResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ProposalRefresh{Proposal: r.ID})
}
