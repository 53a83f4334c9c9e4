package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(func(r app.PlanResult) api.InstalmentPlan { return planOf(r.Plan, r.Parts, r.Sale, r.On) },
	identity.InstalmentRequest, identity.InstalmentDecide, identity.InstalmentProve, identity.InstalmentConfirm, identity.InstalmentWithdraw)

// ListInstalmentPlans lists the notices that are paid in parts.
func (s *Server) ListInstalmentPlans(ctx context.Context, r gen.ListInstalmentPlansRequestObject) (gen.ListInstalmentPlansResponseObject, error) {
	may, err := s.see(ctx, identity.NoticeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	q = equal(equal(q, "notice", r.Params.Notice), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.InstalmentPlans, alternatives(q, may.by([]string{"party"}, []string{"region"})), p,
		func(p reserve.InstalmentPlan) int64 { return p.ID })
	if err != nil {
		return nil, err
	}
	items, err := s.showPlans(ctx, rows)
	return gen.ListInstalmentPlans200JSONResponse{Items: items, Next: next}, err
}

// GetInstalmentPlan shows a plan.
func (s *Server) GetInstalmentPlan(ctx context.Context, r gen.GetInstalmentPlanRequestObject) (gen.GetInstalmentPlanResponseObject, error) {
	may, err := s.see(ctx, identity.NoticeRead)
	if err != nil {
		return nil, err
	}
	p, known, err := get(ctx, s, app.InstalmentPlans, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(p.Party, p.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	shown, err := s.showPlans(ctx, []reserve.InstalmentPlan{p})
	if err != nil {
		return nil, err
	}
	return gen.GetInstalmentPlan200JSONResponse(shown[0]), nil
}

// showPlans shows plans with their parts.
func (s *Server) showPlans(ctx context.Context, plans []reserve.InstalmentPlan) ([]api.InstalmentPlan, error) {
	if len(plans) == 0 {
		return []api.InstalmentPlan{}, nil
	}
	sales, err := s.salesOf(ctx, convertAll(plans, func(p reserve.InstalmentPlan) int64 { return p.Notice }))
	if err != nil {
		return nil, err
	}
	var parts []reserve.Instalment
	ids := convertAll(plans, func(p reserve.InstalmentPlan) int64 { return p.ID })
	if err := s.rows.Find(ctx, app.Instalments.Name(), app.Query{}.And("plan", app.In, ids), &parts); err != nil {
		return nil, err
	}
	byPlan := map[int64][]reserve.Instalment{}
	for _, i := range parts {
		byPlan[i.Plan] = append(byPlan[i.Plan], i)
	}
	today := s.app.Now().Date()
	return convertAll(plans, func(p reserve.InstalmentPlan) api.InstalmentPlan {
		return planOf(p, byPlan[p.ID], sales[p.Notice], today)
	}), nil
}

func planOf(p reserve.InstalmentPlan, parts []reserve.Instalment, sale reserve.Sale, on calendar.Date) api.InstalmentPlan {
	out := api.InstalmentPlan{
		ID: p.ID, Notice: p.Notice, Party: p.Party, Region: p.Region, Licence: p.Licence, Document: p.Document, State: api.PlanState(p.State),
		Reason: optional(p.Reason), RequestedAt: p.RequestedAt.String(), DecidedAt: instantOf(p.DecidedAt), DeliveredAt: instantOf(p.DeliveredAt),
		RequestedBy: optional(p.RequestedBy), DecidedBy: optional(p.DecidedBy),
		Parts: convertAll(parts, func(i reserve.Instalment) api.Instalment {
			return api.Instalment{
				ID: i.ID, Sequence: int(i.Sequence), Number: sale.NoticeNumber() + "/" + strconv.Itoa(int(i.Sequence)), Amount: i.Amount.String(),
				DueOn: i.DueOn.String(), Paid: i.Paid.String(), Proof: optional(i.Proof), PaidOn: dateOf(i.PaidOn), Matched: i.Matched,
				Confirmation: optional(i.Confirmation), Reason: optional(i.Reason), Overdue: p.State.IsOpen() && i.IsOverdue(on),
			}
		}),
	}
	if p.Revoked > 0 {
		out.Revoked = new(p.Revoked.String())
	}
	return out
}

// RequestInstalments asks to pay a notice in parts.
func (s *Server) RequestInstalments(ctx context.Context, r gen.RequestInstalmentsRequestObject) (gen.RequestInstalmentsResponseObject, error) {
	var in input
	c := app.InstalmentRequest{Notice: r.Body.Notice, Document: r.Body.Document}
	for i, p := range r.Body.Parts {
		at := "parts/" + strconv.Itoa(i)
		c.Parts = append(c.Parts, reserve.PlannedPart{
			Amount: read(&in, at+"/amount", p.Amount, quantity.ParseMoney), DueOn: read(&in, at+"/due_on", p.DueOn, calendar.ParseDate),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// DecideInstalments approves or refuses a request.
func (s *Server) DecideInstalments(ctx context.Context, r gen.DecideInstalmentsRequestObject) (gen.DecideInstalmentsResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.InstalmentDecide{Plan: r.ID, Approve: r.Body.Approve, Reason: r.Body.Reason})
}

// ProveInstalment records the payment of an instalment.
func (s *Server) ProveInstalment(ctx context.Context, r gen.ProveInstalmentRequestObject) (gen.ProveInstalmentResponseObject, error) {
	var in input
	c := app.InstalmentProve{
		Instalment: r.ID, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Proof: r.Body.Proof,
		PaidOn: read(&in, "paid_on", r.Body.PaidOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// ConfirmInstalment confirms an instalment that no list has.
func (s *Server) ConfirmInstalment(ctx context.Context, r gen.ConfirmInstalmentRequestObject) (gen.ConfirmInstalmentResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.InstalmentConfirm{Instalment: r.ID, Reason: r.Body.Reason})
}

// WithdrawInstalmentProof takes a payment off the instalment that it was not for.
func (s *Server) WithdrawInstalmentProof(ctx context.Context, r gen.WithdrawInstalmentProofRequestObject) (gen.WithdrawInstalmentProofResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.InstalmentWithdraw{Instalment: r.ID, Reason: r.Body.Reason})
}
