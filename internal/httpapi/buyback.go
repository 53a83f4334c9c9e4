package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// A command leaves no objection overdue: one is answered later than the day it is made.
var _ = register(func(r app.BuyBackResult) api.BuyBack { return buyBackOf(r.BuyBack, r.Instrument, r.Next, false) },
	identity.BuyBackApply, identity.BuyBackOpen, identity.BuyBackStep, identity.BuyBackVerify, identity.BuyBackReclaim,
	identity.BuyBackApprove, identity.BuyBackPay, identity.BuyBackBook, identity.OfferAccept, identity.IdleSweep)

// ListBuyBacks lists what goes back into the reserve.
func (s *Server) ListBuyBacks(ctx context.Context, r gen.ListBuyBacksRequestObject) (gen.ListBuyBacksResponseObject, error) {
	may, err := s.see(ctx, identity.BuyBackRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence)
	q = equal(equal(equal(q, "region", r.Params.Region), "state", textOf(r.Params.State)), "cause", textOf(r.Params.Cause))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.BuyBacks, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(b reserve.BuyBack) int64 { return b.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListBuyBacks200JSONResponse{Next: next, Items: convertAll(rows, func(b reserve.BuyBack) api.BuyBack { return s.showBuyBack(ctx, b) })}, nil
}

// GetBuyBack shows a buy-back.
func (s *Server) GetBuyBack(ctx context.Context, r gen.GetBuyBackRequestObject) (gen.GetBuyBackResponseObject, error) {
	b, err := s.buyBack(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetBuyBack200JSONResponse(s.showBuyBack(ctx, b)), nil
}

// buyBack reads a buy-back that the caller may see.
func (s *Server) buyBack(ctx context.Context, id int64) (b reserve.BuyBack, err error) {
	may, err := s.see(ctx, identity.BuyBackRead)
	if err != nil {
		return b, err
	}
	b, known, err := get(ctx, s, app.BuyBacks, id)
	if err == nil && (!known || !may.has(b.Party, b.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return b, err
}

// showBuyBack is a stored buy-back as the caller sees it today.
func (s *Server) showBuyBack(ctx context.Context, b reserve.BuyBack) api.BuyBack {
	return buyBackOf(b, s.instrumentBy(b.Instrument).Code, app.NextBuyBackEvents(callOf(ctx).actor, b), b.IsOverdue(s.app.Now().Date()))
}

func buyBackOf(b reserve.BuyBack, instrument string, next []reserve.BuyBackEvent, overdue bool) api.BuyBack {
	out := api.BuyBack{
		ID: b.ID, Kind: api.BuyBackKind(b.Kind), Cause: api.BuyBackCause(b.Cause), State: api.BuyBackState(b.State), Party: b.Party, Region: b.Region,
		Licence: b.Licence, Instrument: instrument, Pollutant: b.Pollutant, Origin: api.Origin(b.Origin.String()), Quantity: b.Quantity.String(),
		Document: b.Document, IdleDeclaration: optional(b.Idle), StandingOffer: optional(b.Offer), Verification: optional(b.Verification),
		ObjectUntil: dateOf(b.ObjectUntil), AnswerBy: dateOf(b.ObjectionDueOn), Overdue: overdue, Reclaimed: b.Reclaimed, PricedOn: dateOf(b.PricedOn),
		Budget: optional(b.Budget), ApprovalDocument: optional(b.ApprovalDocument), Contract: optional(b.Contract), Proof: optional(b.Proof),
		PaidOn: dateOf(b.PaidOn), LicenceDocument: optional(b.LicenceDocument), Transfer: optional(b.Transfer), Lot: optional(b.Lot),
		OpenedAt: b.OpenedAt.String(), BookedAt: instantOf(b.BookedAt),
		NextEvents: convertAll(next, func(e reserve.BuyBackEvent) api.BuyBackEvent { return api.BuyBackEvent(e) }),
	}
	if b.Verified != 0 {
		out.Verified, out.Rung = new(b.Verified.String()), new(api.VerificationRung(b.Rung))
		out.Monitored, out.TaskDone = &b.Monitored, &b.TaskDone
		out.VerifiedOn, out.VerifiedDocument = dateOf(b.VerifiedOn), &b.VerifiedDocument
	}
	if b.PricedOn != 0 {
		out.Amount = new(b.Amount.String())
	}
	if b.Amount != 0 {
		out.BasePrice, out.PriceDocument, out.Months = optionalPrice(b.BasePrice), optional(b.PriceDocument), new(int(b.Months))
		out.PriceRule, out.PriceFormula = new(b.PriceRule()), optional(string(b.Formula))
	}
	return out
}

// GetBuyBackSteps lists the steps of a buy-back.
func (s *Server) GetBuyBackSteps(ctx context.Context, r gen.GetBuyBackStepsRequestObject) (gen.GetBuyBackStepsResponseObject, error) {
	b, err := s.buyBack(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var rows []reserve.BuyBackStep
	if err := s.rows.Find(ctx, app.BuyBackSteps.Name(), app.Where("buy_back", b.ID), &rows); err != nil {
		return nil, err
	}
	return gen.GetBuyBackSteps200JSONResponse{Items: convertAll(rows, func(t reserve.BuyBackStep) api.BuyBackStep {
		return api.BuyBackStep{
			ID: t.ID, Event: api.BuyBackEvent(t.Event), Role: api.BuyBackRole(t.Role), FromState: api.BuyBackState(t.FromState),
			ToState: api.BuyBackState(t.ToState), Document: optional(t.Document), Note: optional(t.Note), At: t.At.String(),
		}
	})}, nil
}

// GetBuyBackPrices lists what is paid for each acquisition.
func (s *Server) GetBuyBackPrices(ctx context.Context, r gen.GetBuyBackPricesRequestObject) (gen.GetBuyBackPricesResponseObject, error) {
	b, err := s.buyBack(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var rows []reserve.BuyBackPrice
	if err := s.rows.Find(ctx, app.BuyBackPrices.Name(), app.Where("buy_back", b.ID), &rows); err != nil {
		return nil, err
	}
	return gen.GetBuyBackPrices200JSONResponse{Items: convertAll(rows, func(p reserve.BuyBackPrice) api.BuyBackPrice {
		return api.BuyBackPrice{
			ID: p.ID, Acquisition: p.Acquisition, Quantity: p.Quantity.String(), PricePaid: p.PricePaid.String(), Price: p.Price.String(), Amount: p.Amount.String(),
		}
	})}, nil
}

// originOf reads how permits were obtained.
func originOf(o api.Origin) ledger.Origin {
	for _, known := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
		if known.String() == string(o) {
			return known
		}
	}
	return ledger.NoOrigin
}

// ApplyBuyBack drafts an application.
func (s *Server) ApplyBuyBack(ctx context.Context, r gen.ApplyBuyBackRequestObject) (gen.ApplyBuyBackResponseObject, error) {
	var in input
	c := app.BuyBackApply{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Origin: originOf(r.Body.Origin),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Cause: reserve.BuyBackCause(r.Body.Cause), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// OpenBuyBack opens a compulsory buy-back.
func (s *Server) OpenBuyBack(ctx context.Context, r gen.OpenBuyBackRequestObject) (gen.OpenBuyBackResponseObject, error) {
	var in input
	c := app.BuyBackOpen{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Origin: originOf(r.Body.Origin),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Cause: reserve.BuyBackCause(r.Body.Cause), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepBuyBack takes a step.
func (s *Server) StepBuyBack(ctx context.Context, r gen.StepBuyBackRequestObject) (gen.StepBuyBackResponseObject, error) {
	var in input
	c := app.BuyBackStep{
		BuyBack: r.ID, Event: reserve.BuyBackEvent(r.Body.Event), Quantity: readOptional(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Document: deref(r.Body.Document), Note: deref(r.Body.Note),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// VerifyBuyBack records what was found to be surplus.
func (s *Server) VerifyBuyBack(ctx context.Context, r gen.VerifyBuyBackRequestObject) (gen.VerifyBuyBackResponseObject, error) {
	var in input
	c := app.BuyBackVerify{
		BuyBack: r.ID, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Rung: reserve.Rung(r.Body.Rung),
		Monitored: r.Body.Monitored, TaskDone: r.Body.TaskDone, VerifiedOn: read(&in, "verified_on", r.Body.VerifiedOn, calendar.ParseDate),
		Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// ReclaimBuyBack decides to take the permits back without payment.
func (s *Server) ReclaimBuyBack(ctx context.Context, r gen.ReclaimBuyBackRequestObject) (gen.ReclaimBuyBackResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.BuyBackReclaim{BuyBack: r.ID, Document: r.Body.Document})
}

// ApproveBuyBack approves a purchase.
func (s *Server) ApproveBuyBack(ctx context.Context, r gen.ApproveBuyBackRequestObject) (gen.ApproveBuyBackResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.BuyBackApprove{BuyBack: r.ID, Budget: deref(r.Body.Budget), Document: r.Body.Document})
}

// PayBuyBack records the payment by the treasury.
func (s *Server) PayBuyBack(ctx context.Context, r gen.PayBuyBackRequestObject) (gen.PayBuyBackResponseObject, error) {
	var in input
	c := app.BuyBackPay{
		BuyBack: r.ID, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Proof: r.Body.Proof,
		PaidOn: read(&in, "paid_on", r.Body.PaidOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// BookBuyBack brings the permits into the reserve.
func (s *Server) BookBuyBack(ctx context.Context, r gen.BookBuyBackRequestObject) (gen.BookBuyBackResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.BuyBackBook{BuyBack: r.ID, Document: r.Body.Document})
}
