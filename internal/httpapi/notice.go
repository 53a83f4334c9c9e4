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

// A command leaves no notice overdue: one is issued before its day, and what
// has been paid or cancelled is not due.
var _ = register(func(r app.NoticeResult) api.PaymentNotice { return noticeOf(r.Notice, r.Instrument, false) },
	identity.NoticeIssue, identity.NoticeProve, identity.NoticeDeliver, identity.NoticeCancel)

// ListPaymentNotices lists sales out of the reserve.
func (s *Server) ListPaymentNotices(ctx context.Context, r gen.ListPaymentNoticesRequestObject) (gen.ListPaymentNoticesResponseObject, error) {
	may, err := s.see(ctx, identity.NoticeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence)
	q = equal(equal(q, "region", r.Params.Region), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Notices, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(n reserve.PaymentNotice) int64 { return n.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPaymentNotices200JSONResponse{Items: convertAll(rows, s.showNotice), Next: next}, nil
}

// GetPaymentNotice shows a sale out of the reserve.
func (s *Server) GetPaymentNotice(ctx context.Context, r gen.GetPaymentNoticeRequestObject) (gen.GetPaymentNoticeResponseObject, error) {
	may, err := s.see(ctx, identity.NoticeRead)
	if err != nil {
		return nil, err
	}
	n, known, err := get(ctx, s, app.Notices, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(n.Party, n.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetPaymentNotice200JSONResponse(s.showNotice(n)), nil
}

// showNotice is a stored notice as the contract shows it today.
func (s *Server) showNotice(n reserve.PaymentNotice) api.PaymentNotice {
	return noticeOf(n, s.instrumentBy(n.Instrument).Code, n.IsOverdue(s.app.Now().Date()))
}

func noticeOf(n reserve.PaymentNotice, instrument string, overdue bool) api.PaymentNotice {
	out := api.PaymentNotice{
		ID: n.ID, Party: n.Party, Region: n.Region, Licence: n.Licence, Project: optional(n.Project), Instrument: instrument, Quantity: n.Quantity.String(),
		Price: n.Price.String(), DueOn: n.DueOn.String(), Document: optional(n.Document), Months: int(n.Months), Amount: n.Amount.String(),
		Paid: n.Paid.String(), Proofs: []api.PaymentProof{}, Overdue: overdue, State: api.PaymentNoticeState(n.State),
		Reason: optional(n.Reason), IssuedAt: n.IssuedAt.String(), DeliveredAt: instantOf(n.DeliveredAt), Transfer: optional(n.Transfer),
	}
	if n.Proof != "" {
		out.Proofs = append(out.Proofs, api.PaymentProof{
			Amount: n.Paid.String(), Proof: n.Proof, PaidOn: n.PaidOn.String(), Matched: n.Matched, RecordedAt: instantOf(n.ProvedAt),
		})
	}
	return out
}

// IssuePaymentNotice sells permits out of the reserve and asks for the payment.
func (s *Server) IssuePaymentNotice(ctx context.Context, r gen.IssuePaymentNoticeRequestObject) (gen.IssuePaymentNoticeResponseObject, error) {
	var in input
	c := app.NoticeIssue{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Price: read(&in, "price", r.Body.Price, quantity.ParsePrice), DueOn: read(&in, "due_on", r.Body.DueOn, calendar.ParseDate),
		Document: deref(r.Body.Document), Project: deref(r.Body.Project),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ProvePayment records that finance has seen the payment of a notice.
func (s *Server) ProvePayment(ctx context.Context, r gen.ProvePaymentRequestObject) (gen.ProvePaymentResponseObject, error) {
	var in input
	c := app.NoticeProve{
		Notice: r.ID, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Proof: r.Body.Proof,
		PaidOn: read(&in, "paid_on", r.Body.PaidOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// DeliverPaymentNotice delivers what was paid for.
func (s *Server) DeliverPaymentNotice(ctx context.Context, r gen.DeliverPaymentNoticeRequestObject) (gen.DeliverPaymentNoticeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.NoticeDeliver{Notice: r.ID})
}

// CancelPaymentNotice gives the permits of a notice back to the reserve.
func (s *Server) CancelPaymentNotice(ctx context.Context, r gen.CancelPaymentNoticeRequestObject) (gen.CancelPaymentNoticeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.NoticeCancel{Notice: r.ID, Reason: r.Body.Reason})
}
