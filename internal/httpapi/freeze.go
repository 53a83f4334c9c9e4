package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var (
	_ = register(func(r app.FreezeResult) api.Freeze { return freezeOf(r.Freeze, r.Instrument, r.Cancelled) },
		identity.FreezePlace, identity.FreezeEmergency, identity.FreezeConfirm, identity.FreezeExtend, identity.FreezeRelease)
	_ = register(func(r app.JudicialSaleResult) api.JudicialSale { return judicialSaleOf(r.Sale, r.Instrument, r.Series) }, identity.FreezeSell)
)

// ListFreezes lists the freezes that the caller may see.
func (s *Server) ListFreezes(ctx context.Context, r gen.ListFreezesRequestObject) (gen.ListFreezesResponseObject, error) {
	may, err := s.see(ctx, identity.FreezeRead)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.Freezes, pageOf(r.Params.Limit, r.Params.After), func(f encumbrance.Freeze) bool {
		return is(r.Params.Party, f.Party) && is(r.Params.Licence, f.Licence) && is(r.Params.Region, f.Region) &&
			is(r.Params.State, api.FreezeState(f.State)) && may.has(f.Party, f.Region)
	})
	return gen.ListFreezes200JSONResponse{Items: convertAll(rows, s.showFreeze), Next: next}, nil
}

// GetFreeze shows a freeze.
func (s *Server) GetFreeze(ctx context.Context, r gen.GetFreezeRequestObject) (gen.GetFreezeResponseObject, error) {
	may, err := s.see(ctx, identity.FreezeRead)
	if err != nil {
		return nil, err
	}
	f, known := app.ReadTable(s.app.Reference(), app.Freezes).Get(r.ID)
	if !known || !may.has(f.Party, f.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetFreeze200JSONResponse(s.showFreeze(f)), nil
}

func (s *Server) showFreeze(f encumbrance.Freeze) api.Freeze {
	instrument := ""
	if f.IsPermits() {
		instrument = s.instrumentBy(f.Instrument).Code
	}
	return freezeOf(f, instrument, nil)
}

func freezeOf(f encumbrance.Freeze, instrument string, cancelled []int64) api.Freeze {
	amount := func(atoms int64) string { return amountOf(f.Key().Kind, atoms) }
	series := ""
	if f.OfCredits() {
		series = f.Pollutant
	}
	return api.Freeze{
		ID: f.ID, Account: int64(f.Account), Party: f.Party, Region: f.Region, Licence: optional(f.Licence), Instrument: optional(instrument), Series: optional(series),
		Origin: optional(api.Origin(f.Origin.String())), Amount: amount(f.Amount), Frozen: amount(f.Frozen), Short: amount(f.Short()),
		Taken: amount(f.Taken), Issuer: api.FreezeIssuer(f.Issuer), IssuerName: f.IssuerName, OrderNumber: f.OrderNumber, Reason: f.Reason,
		StartsOn: f.StartsOn.String(), EndsOn: dateOf(f.EndsOn), ConfirmBy: dateOf(f.ConfirmBy), State: api.FreezeState(f.State),
		PlacedBy: f.PlacedBy, ConfirmedBy: optional(f.ConfirmedBy), EffectiveAt: instantOf(f.EffectiveAt), EndedAt: instantOf(f.EndedAt),
		EndDocument: optional(f.EndDocument), RecordedAt: f.RecordedAt.String(),
		Cancelled: cancelled,
	}
}

// frozen adds up what is frozen of each account.
func (s *Server) frozen(ctx context.Context) (map[ledger.AccountID]int64, error) {
	sums, err := app.FrozenSales(ctx, s.rows)
	for _, f := range app.ReadTable(s.app.Reference(), app.Freezes).All() {
		sums[f.Account] += f.Frozen
	}
	return sums, err
}

// freezeInput are the fields that the two ways to freeze have in common.
type freezeInput struct {
	licence, party      *api.ID
	series, units       *api.ID
	instrument          *string
	origin              *api.Origin
	quantity, amount    *string
	issuer              api.FreezeIssuer
	name, order, reason string
	endsOn              *string
}

func (b freezeInput) terms(in *input) app.FreezeTerms {
	return app.FreezeTerms{
		Licence: deref(b.licence), Party: deref(b.party), Series: deref(b.series), Units: deref(b.units), Instrument: deref(b.instrument), Origin: originNamed(deref(b.origin)),
		Quantity: readOptional(in, "quantity", b.quantity, quantity.ParseQuantity), Amount: readOptional(in, "amount", b.amount, quantity.ParseMoney),
		Issuer: encumbrance.Issuer(b.issuer), IssuerName: b.name, OrderNumber: b.order, Reason: b.reason,
		EndsOn: readOptional(in, "ends_on", b.endsOn, calendar.ParseDate),
	}
}

// PlaceFreeze records the order of a court or a bureau.
func (s *Server) PlaceFreeze(ctx context.Context, r gen.PlaceFreezeRequestObject) (gen.PlaceFreezeResponseObject, error) {
	var in input
	b := r.Body
	terms := freezeInput{b.Licence, b.Party, b.Series, b.Units, b.Instrument, b.Origin, b.Quantity, b.Amount, b.Issuer, b.IssuerName, b.OrderNumber, b.Reason, b.EndsOn}
	c := app.FreezePlace{FreezeTerms: terms.terms(&in), StartsOn: readOptional(&in, "starts_on", b.StartsOn, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// PlaceEmergencyFreeze freezes at once on one officer's word.
func (s *Server) PlaceEmergencyFreeze(ctx context.Context, r gen.PlaceEmergencyFreezeRequestObject) (gen.PlaceEmergencyFreezeResponseObject, error) {
	var in input
	b := r.Body
	terms := freezeInput{b.Licence, b.Party, b.Series, b.Units, b.Instrument, b.Origin, b.Quantity, b.Amount, b.Issuer, b.IssuerName, b.OrderNumber, b.Reason, b.EndsOn}
	c := app.FreezeEmergency{FreezeTerms: terms.terms(&in)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ConfirmFreeze confirms an emergency freeze as a second person.
func (s *Server) ConfirmFreeze(ctx context.Context, r gen.ConfirmFreezeRequestObject) (gen.ConfirmFreezeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.FreezeConfirm{Freeze: r.ID, Document: r.Body.Document})
}

// ExtendFreeze moves the last day of a freeze back.
func (s *Server) ExtendFreeze(ctx context.Context, r gen.ExtendFreezeRequestObject) (gen.ExtendFreezeResponseObject, error) {
	var in input
	c := app.FreezeExtend{Freeze: r.ID, EndsOn: readOptional(&in, "ends_on", r.Body.EndsOn, calendar.ParseDate), Document: r.Body.Document}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// ReleaseFreeze ends a freeze.
func (s *Server) ReleaseFreeze(ctx context.Context, r gen.ReleaseFreezeRequestObject) (gen.ReleaseFreezeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.FreezeRelease{Freeze: r.ID, Document: r.Body.Document})
}

// SellFrozen transfers frozen permits or credits to the buyer of a judicial sale.
func (s *Server) SellFrozen(ctx context.Context, r gen.SellFrozenRequestObject) (gen.SellFrozenResponseObject, error) {
	var in input
	c := app.FreezeSell{
		Freeze: r.ID, BuyerLicence: deref(r.Body.BuyerLicence), Quantity: readOptional(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		BuyerParty: deref(r.Body.BuyerParty), Units: deref(r.Body.Units),
		Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListJudicialSales lists judicial sales.
func (s *Server) ListJudicialSales(ctx context.Context, r gen.ListJudicialSalesRequestObject) (gen.ListJudicialSalesResponseObject, error) {
	may, err := s.see(ctx, identity.FreezeRead)
	if err != nil {
		return nil, err
	}
	q := equal(app.Query{}, "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next, err := find(ctx, s, app.JudicialSales, alternatives(q, may.by([]string{"party", "buyer_party"}, []string{"region"})), p, func(j encumbrance.JudicialSale) int64 { return j.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListJudicialSales200JSONResponse{Next: next, Items: convertAll(rows, func(j encumbrance.JudicialSale) api.JudicialSale {
		series, _ := app.ReadTable(s.app.Reference(), app.CreditSeries).Get(j.Series)
		return judicialSaleOf(j, s.instrumentBy(j.Instrument).Code, series.Code)
	})}, nil
}

func judicialSaleOf(j encumbrance.JudicialSale, instrument, series string) api.JudicialSale {
	return api.JudicialSale{
		ID: j.ID, Freeze: j.FreezeOrder, Party: j.Party, Licence: optional(j.Licence), Region: j.Region, BuyerParty: j.BuyerParty,
		BuyerLicence: optional(j.BuyerLicence), Instrument: optional(instrument), Series: optional(series), Quantity: j.Quantity.String(), Amount: j.Amount.String(),
		Document: j.Document, Transfer: j.Transfer, RecordedAt: j.RecordedAt.String(),
	}
}
