package httpapi

import (
	"context"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(pledgeOf, identity.PledgeApply, identity.PledgeStep, identity.PledgeOffer)
	_ = register(pledgeSold, identity.PledgeTake, identity.PledgeBuy)
)

// pledgeSold is a sale as who has made it sees it: what the banks get of it is not
// the buyer's business.
func pledgeSold(r app.PledgeSaleResult) api.PledgeSale {
	if r.Sale.BuyerLicence != 0 {
		return pledgeSaleOf(r.Sale, r.Instrument, nil, false)
	}
	return pledgeSaleOf(r.Sale, r.Instrument, r.Payments, true)
}

// ListPledges lists the pledges that the caller may see: a bank its own.
func (s *Server) ListPledges(ctx context.Context, r gen.ListPledgesRequestObject) (gen.ListPledgesResponseObject, error) {
	may, err := s.see(ctx, identity.PledgeRead)
	if err != nil {
		return nil, err
	}
	q := r.Params
	rows, next := published(s, app.Pledges, pageOf(q.Limit, q.After), func(p encumbrance.Pledge) bool {
		return (may.has(p.Party, p.Region) || may.has(p.Bank)) && is(q.Party, p.Party) && is(q.Bank, p.Bank) && is(q.Licence, p.Licence) &&
			is(q.Region, p.Region) && is(q.State, api.PledgeState(p.State))
	})
	return gen.ListPledges200JSONResponse{Items: convertAll(rows, func(p encumbrance.Pledge) api.Pledge { return s.showPledge(ctx, p) }), Next: next}, nil
}

func (s *Server) showPledge(ctx context.Context, p encumbrance.Pledge) api.Pledge {
	return pledgeOf(app.PledgeResult{Pledge: p, Instrument: s.instrumentBy(p.Instrument).Code, Next: app.NextPledgeEvents(callOf(ctx).actor, p)})
}

// GetPledge shows a pledge with its steps.
func (s *Server) GetPledge(ctx context.Context, r gen.GetPledgeRequestObject) (gen.GetPledgeResponseObject, error) {
	may, err := s.see(ctx, identity.PledgeRead)
	if err != nil {
		return nil, err
	}
	p, known := app.ReadTable(s.app.Reference(), app.Pledges).Get(r.ID)
	if !known || !may.has(p.Party, p.Region) && !may.has(p.Bank) {
		return nil, identity.ErrNotYours.At("id")
	}
	steps, err := s.stepsOf(ctx, encumbrance.OfPledge, p.ID)
	if err != nil {
		return nil, err
	}
	out := s.showPledge(ctx, p)
	out.Steps = convertAll(steps, func(t encumbrance.TakenStep) api.PledgeStep {
		return api.PledgeStep{
			Event: api.PledgeEvent(t.Event), State: api.PledgeState(t.ToState), Body: api.EncumbranceBody(t.Body),
			Document: optional(t.Document), Note: optional(t.Note), At: t.At.String(),
		}
	})
	return gen.GetPledge200JSONResponse(out), nil
}

func pledgeOf(r app.PledgeResult) api.Pledge {
	p := r.Pledge
	out := api.Pledge{
		ID: p.ID, Behind: optional(p.Behind), Rank: optional(p.Rank), Party: p.Party, Licence: p.Licence, Region: p.Region, Bank: p.Bank,
		Pollutant: p.Pollutant, Instrument: r.Instrument, Quantity: p.Quantity.String(), Sold: p.Sold.String(), Value: p.Value.String(),
		Assessment: optional(p.Assessment), Most: p.Most.String(), Loan: p.Loan.String(), DueOn: dateOf(p.DueOn), State: api.PledgeState(p.State),
		Paid: p.Paid.String(), Document: optional(p.Document), Contract: optional(p.Contract), EndDocument: optional(p.EndDocument),
		AppliedAt: p.AppliedAt.String(), RegisteredAt: instantOf(p.RegisteredAt), EndedAt: instantOf(p.EndedAt),
		OnSale: textOfQuantity(p.OnSale), NextEvents: convertAll(r.Next, func(e encumbrance.PledgeEvent) api.PledgeEvent { return api.PledgeEvent(e) }),
	}
	if p.BasePrice > 0 {
		out.BasePrice, out.Months = new(p.BasePrice.String()), &p.Months
	}
	if p.Rate > 0 {
		out.Rate = new(p.Rate.String())
	}
	if p.Claim > 0 {
		out.Claim = new(p.Claim.String())
	}
	if p.SalePrice > 0 {
		out.SalePrice = new(p.SalePrice.String())
	}
	return out
}

// ApplyPledge applies for a pledge of a licence's paid permits.
func (s *Server) ApplyPledge(ctx context.Context, r gen.ApplyPledgeRequestObject) (gen.ApplyPledgeResponseObject, error) {
	var in input
	b := r.Body
	c := app.PledgeApply{
		Licence: b.Licence, Instrument: b.Instrument, Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Behind: deref(b.Behind),
		Bank: b.Bank, Loan: read(&in, "loan", b.Loan, quantity.ParseMoney), Assessment: deref(b.Assessment),
		Value: readOptional(&in, "assessed_value", b.AssessedValue, quantity.ParseMoney),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepPledge takes the next step of a pledge.
func (s *Server) StepPledge(ctx context.Context, r gen.StepPledgeRequestObject) (gen.StepPledgeResponseObject, error) {
	var in input
	b := r.Body
	c := app.PledgeStep{
		Pledge: r.ID, Event: encumbrance.PledgeEvent(b.Event), Loan: readOptional(&in, "loan", b.Loan, quantity.ParseMoney),
		Rate: readOptional(&in, "rate", b.Rate, quantity.ParseRatio), DueOn: readOptional(&in, "due_on", b.DueOn, calendar.ParseDate),
		Claim: readOptional(&in, "claim", b.Claim, quantity.ParseMoney), Document: deref(b.Document), Note: deref(b.Note),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// OfferPledged offers pledged permits for sale.
func (s *Server) OfferPledged(ctx context.Context, r gen.OfferPledgedRequestObject) (gen.OfferPledgedResponseObject, error) {
	var in input
	c := app.PledgeOffer{
		Pledge: r.ID, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Price: read(&in, "price", r.Body.Price, quantity.ParsePrice), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// TakePledged buys pledged permits back into the reserve.
func (s *Server) TakePledged(ctx context.Context, r gen.TakePledgedRequestObject) (gen.TakePledgedResponseObject, error) {
	var in input
	c := app.PledgeTake{
		Pledge: r.ID, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Price: read(&in, "price", r.Body.Price, quantity.ParsePrice), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// BuyPledged buys what is on sale out of a pledge.
func (s *Server) BuyPledged(ctx context.Context, r gen.BuyPledgedRequestObject) (gen.BuyPledgedResponseObject, error) {
	var in input
	c := app.PledgeBuy{Pledge: r.ID, BuyerLicence: r.Body.BuyerLicence, ExpectedAmount: read(&in, "expected_amount", r.Body.ExpectedAmount, parseExpected)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// parseExpected reads what a buyer expects to pay, which is never nothing.
func parseExpected(field, text string) (quantity.Money, error) {
	m, err := quantity.ParseMoney(field, text)
	if err == nil && m <= 0 {
		err = fault.Invalidf(field, "must be the amount that the offer shows")
	}
	return m, err
}

// ListPledgeOffers lists what is on sale out of pledges, to anybody.
func (s *Server) ListPledgeOffers(_ context.Context, r gen.ListPledgeOffersRequestObject) (gen.ListPledgeOffersResponseObject, error) {
	today := s.app.Now().Date()
	rows, next := published(s, app.Pledges, pageOf(r.Params.Limit, r.Params.After), func(p encumbrance.Pledge) bool {
		return p.State == encumbrance.PledgeOnSale && is(r.Params.Region, p.Region)
	})
	items := make([]api.PledgeOffer, len(rows))
	for n, p := range rows {
		i := s.instrumentBy(p.Instrument)
		price, err := app.PledgePriceOf(p, i, today)
		if err != nil {
			return nil, err
		}
		items[n] = api.PledgeOffer{
			Pledge: p.ID, Region: p.Region, Pollutant: p.Pollutant, Instrument: i.Code, Quantity: p.OnSale.String(), Price: p.SalePrice.String(),
			Months: int32(price.Months), Amount: price.Amount.String(), Formula: price.Formula(), //nolint:gosec // months of a term
		}
	}
	return gen.ListPledgeOffers200JSONResponse{Items: items, Next: next}, nil
}

// ListPledgeSales lists what pledged permits were sold for.
func (s *Server) ListPledgeSales(ctx context.Context, r gen.ListPledgeSalesRequestObject) (gen.ListPledgeSalesResponseObject, error) {
	may, err := s.see(ctx, identity.PledgeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pledge", r.Params.Pledge)
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.PledgeSales, alternatives(q, may.by([]string{"party", "buyer_party", "bank"}, []string{"region"})), p, func(j encumbrance.PledgeSale) int64 { return j.ID })
	if err != nil {
		return nil, err
	}
	var payments []encumbrance.PledgePayment
	if ids := convertAll(rows, func(j encumbrance.PledgeSale) int64 { return j.ID }); len(ids) > 0 {
		if err := s.rows.Find(ctx, app.PledgePayments.Name(), app.Query{}.And("sale", app.In, ids), &payments); err != nil {
			return nil, err
		}
	}
	return gen.ListPledgeSales200JSONResponse{Next: next, Items: convertAll(rows, func(j encumbrance.PledgeSale) api.PledgeSale {
		ofHolder := may.has(j.Party, j.Region)
		own := slices.DeleteFunc(slices.Clone(payments), func(p encumbrance.PledgePayment) bool {
			return p.Sale != j.ID || !ofHolder && !may.has(p.Bank)
		})
		return pledgeSaleOf(j, s.instrumentBy(j.Instrument).Code, own, ofHolder)
	})}, nil
}

// pledgeSaleOf shows a sale; a buyer does not see what the holder owed.
func pledgeSaleOf(j encumbrance.PledgeSale, instrument string, payments []encumbrance.PledgePayment, seesDebt bool) api.PledgeSale {
	out := api.PledgeSale{
		ID: j.ID, Pledge: j.Pledge, Bank: j.Bank, Party: j.Party, Licence: j.Licence, Region: j.Region, BuyerParty: optional(j.BuyerParty),
		BuyerLicence: optional(j.BuyerLicence), Instrument: instrument, Quantity: j.Quantity.String(), Price: j.Price.String(), Months: j.Months,
		Amount: j.Amount.String(), Document: j.Document, Lot: optional(j.Lot), Transfer: j.Transfer, RecordedAt: j.RecordedAt.String(),
	}
	if seesDebt {
		out.ToOwner = new(j.ToOwner.String())
	}
	out.Payments = convertAll(payments, func(p encumbrance.PledgePayment) api.PledgePayment {
		return api.PledgePayment{Pledge: p.Pledge, Bank: p.Bank, Amount: p.Amount.String()}
	})
	return out
}
