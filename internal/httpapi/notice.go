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

var _ = register(func(r app.NoticeResult) api.PaymentNotice {
	return noticeOf(r.Notice, r.Sale, r.Instrument, r.Notice.IsOverdue(r.On))
},
	identity.NoticeIssue, identity.ListingSell, identity.NoticeProve, identity.NoticeConfirm, identity.NoticeDeliver, identity.NoticeCancel,
	identity.ProofWithdraw)

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
	items, err := s.showPaymentNotices(ctx, rows)
	return gen.ListPaymentNotices200JSONResponse{Items: items, Next: next}, err
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
	shown, err := s.showPaymentNotices(ctx, []reserve.PaymentNotice{n})
	if err != nil {
		return nil, err
	}
	return gen.GetPaymentNotice200JSONResponse(shown[0]), nil
}

// showPaymentNotices are stored notices as the contract shows them today.
func (s *Server) showPaymentNotices(ctx context.Context, rows []reserve.PaymentNotice) ([]api.PaymentNotice, error) {
	sales, err := s.salesOf(ctx, convertAll(rows, func(n reserve.PaymentNotice) int64 { return n.ID }))
	return convertAll(rows, func(n reserve.PaymentNotice) api.PaymentNotice {
		return noticeOf(n, sales[n.ID], s.instrumentBy(n.Instrument).Code, n.IsOverdue(s.app.Now().Date()))
	}), err
}

// salesOf are the sales of notices, by notice.
func (s *Server) salesOf(ctx context.Context, notices []int64) (map[int64]reserve.Sale, error) {
	byNotice := map[int64]reserve.Sale{}
	if len(notices) == 0 {
		return byNotice, nil
	}
	var sales []reserve.Sale
	err := s.rows.Find(ctx, app.Sales.Name(), app.Query{}.And("notice", app.In, notices), &sales)
	for _, sale := range sales {
		byNotice[sale.Notice] = sale
	}
	return byNotice, err
}

func noticeOf(n reserve.PaymentNotice, sale reserve.Sale, instrument string, overdue bool) api.PaymentNotice {
	out := api.PaymentNotice{
		ID: n.ID, Number: sale.NoticeNumber(), Kind: api.SaleKind(sale.Kind), Listing: optional(sale.Listing), Confirmation: optional(sale.Confirmation),
		Party: n.Party, Region: n.Region, Licence: n.Licence, Project: optional(n.Project), Renewal: optional(n.Renewal), OpeningPackage: optional(n.Opening), Instrument: instrument, Quantity: n.Quantity.String(),
		Price: n.Price.String(), DueOn: n.DueOn.String(), Document: optional(n.Document), Months: int(n.Months), Amount: n.Amount.String(), Formula: optional(app.NoticeFormula(n)),
		Paid: n.Paid.String(), Proofs: []api.PaymentProof{}, Overdue: overdue, State: api.PaymentNoticeState(n.State),
		Reason: optional(n.Reason), Refusal: optional(n.Refusal), IssuedAt: n.IssuedAt.String(), DeliveredAt: instantOf(n.DeliveredAt), Transfer: optional(n.Transfer),
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
		Document: deref(r.Body.Document), Project: deref(r.Body.Project), ExistingUnit: deref(r.Body.ExistingUnit), LotChoice: lotChoice(r.Body.Order, r.Body.Lots),
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

// ConfirmPayment confirms a payment that no list of the tax authority has.
func (s *Server) ConfirmPayment(ctx context.Context, r gen.ConfirmPaymentRequestObject) (gen.ConfirmPaymentResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.NoticeConfirm{Notice: r.ID, Reason: r.Body.Reason})
}

// WithdrawProof takes a payment off the notice that it was not for.
func (s *Server) WithdrawProof(ctx context.Context, r gen.WithdrawProofRequestObject) (gen.WithdrawProofResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ProofWithdraw{Notice: r.ID, Reason: r.Body.Reason})
}
