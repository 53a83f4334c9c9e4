package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(refundOf, identity.RefundRequest, identity.RefundReceive, identity.RefundCancel)

// ListTreasuryRefunds lists what is paid back to the treasury, and by the tax authority.
func (s *Server) ListTreasuryRefunds(ctx context.Context, r gen.ListTreasuryRefundsRequestObject) (gen.ListTreasuryRefundsResponseObject, error) {
	may, err := s.see(ctx, identity.BuyBackRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Refunds, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(t reserve.TreasuryRefund) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListTreasuryRefunds200JSONResponse{Items: convertAll(rows, refundOf), Next: next}, nil
}

func refundOf(t reserve.TreasuryRefund) api.TreasuryRefund {
	return api.TreasuryRefund{
		ID: t.ID, BuyBack: optional(t.BuyBack), Award: optional(t.Award), Notice: optional(t.Notice), Correction: optional(t.Correction), Party: t.Party, Region: t.Region, Amount: t.Amount.String(), Reason: t.Reason, Document: t.Document,
		State: api.RefundState(t.State), Proof: optional(t.Proof), ReceivedOn: dateOf(t.ReceivedOn), CancelDocument: optional(t.CancelDocument), RequestedAt: t.RequestedAt.String(),
	}
}

// RequestTreasuryRefund asks for a part of a payment back.
func (s *Server) RequestTreasuryRefund(ctx context.Context, r gen.RequestTreasuryRefundRequestObject) (gen.RequestTreasuryRefundResponseObject, error) {
	var in input
	c := app.RefundRequest{
		BuyBack: r.Body.BuyBack, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Reason: r.Body.Reason, Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ReceiveTreasuryRefund records that the money is back.
func (s *Server) ReceiveTreasuryRefund(ctx context.Context, r gen.ReceiveTreasuryRefundRequestObject) (gen.ReceiveTreasuryRefundResponseObject, error) {
	var in input
	c := app.RefundReceive{Refund: r.ID, Proof: r.Body.Proof, ReceivedOn: read(&in, "received_on", r.Body.ReceivedOn, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// CancelTreasuryRefund no longer asks for a refund.
func (s *Server) CancelTreasuryRefund(ctx context.Context, r gen.CancelTreasuryRefundRequestObject) (gen.CancelTreasuryRefundResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.RefundCancel{Refund: r.ID, Document: r.Body.Document, Instalment: deref(r.Body.Instalment)})
}
