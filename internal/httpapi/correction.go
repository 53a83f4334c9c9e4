package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

var (
	_ = register(func(r app.CorrectionResult) api.Correction {
		return correctionOf(r.Correction, r.Instrument, r.Cancelled)
	}, identity.CorrectionRecord)
	_ = register(func(r app.DebtResult) api.Debt { return debtOf(r.Debt) }, identity.DebtSettle)
)

// ListCorrections lists the corrections of wrong allocations.
func (s *Server) ListCorrections(ctx context.Context, r gen.ListCorrectionsRequestObject) (gen.ListCorrectionsResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "licence", r.Params.Licence), "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Corrections, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(x permit.Correction) int64 { return x.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListCorrections200JSONResponse{Next: next, Items: convertAll(rows, func(x permit.Correction) api.Correction {
		return correctionOf(x, s.instrumentBy(x.Instrument).Code, nil)
	})}, nil
}

func correctionOf(x permit.Correction, instrument string, cancelled []int64) api.Correction {
	return api.Correction{
		ID: x.ID, Allocation: optional(x.Allocation), EarmarkAllocation: optional(x.EarmarkAllocation), Party: x.Party, Licence: x.Licence, Region: x.Region, Instrument: instrument,
		Origin: api.Origin(x.Origin.String()), Quantity: x.Quantity.String(), Reversed: x.Reversed.String(), OffsetShare: textOfQuantity(x.OffsetShare), Finding: x.Finding,
		Document: x.Document, DecidedOn: x.DecidedOn.String(), Debt: optional(x.Debt), Transfer: optional(x.Transfer),
		RecordedAt: x.RecordedAt.String(), Cancelled: cancelled,
	}
}

// RecordCorrection takes back what was allocated wrongly.
func (s *Server) RecordCorrection(ctx context.Context, r gen.RecordCorrectionRequestObject) (gen.RecordCorrectionResponseObject, error) {
	var in input
	c := app.CorrectionRecord{
		Allocation: deref(r.Body.Allocation), EarmarkAllocation: deref(r.Body.EarmarkAllocation), Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Finding: r.Body.Finding,
		Document: r.Body.Document, DecidedOn: read(&in, "decided_on", r.Body.DecidedOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListDebts lists what is owed of permits that were allocated wrongly.
func (s *Server) ListDebts(ctx context.Context, r gen.ListDebtsRequestObject) (gen.ListDebtsResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	rows, next := published(s, app.Debts, pageOf(r.Params.Limit, r.Params.After), func(d permit.Debt) bool {
		return is(r.Params.Party, d.Party) && is(r.Params.Licence, d.Licence) && is(r.Params.Region, d.Region) && may.has(d.Party, d.Region)
	})
	return gen.ListDebts200JSONResponse{Items: convertAll(rows, debtOf), Next: next}, nil
}

// GetDebt shows a debt with its settlements.
func (s *Server) GetDebt(ctx context.Context, r gen.GetDebtRequestObject) (gen.GetDebtResponseObject, error) {
	may, err := s.see(ctx, identity.ChangeRead)
	if err != nil {
		return nil, err
	}
	d, known := app.ReadTable(s.app.Reference(), app.Debts).Get(r.ID)
	if !known || !may.has(d.Party, d.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	var rows []permit.DebtSettlement
	const most = 500
	if err := s.rows.Find(ctx, app.DebtSettlements.Name(), app.Where("debt", d.ID).Page(0, most), &rows); err != nil {
		return nil, err
	}
	out := debtOf(d)
	out.Settlements = convertAll(rows, s.settlementOf)
	return gen.GetDebt200JSONResponse(out), nil
}

func debtOf(d permit.Debt) api.Debt {
	return api.Debt{
		ID: d.ID, Correction: d.Correction, Party: d.Party, Licence: d.Licence, Region: d.Region, Pollutant: d.Pollutant,
		Quantity: d.Quantity.String(), Settled: d.Settled.String(), Open: d.Open().String(), RecordedAt: d.RecordedAt.String(),
		SettledAt: instantOf(d.SettledAt),
	}
}

func (s *Server) settlementOf(x permit.DebtSettlement) api.DebtSettlement {
	out := api.DebtSettlement{
		ID: x.ID, Way: api.SettlementWay(x.Way), Quantity: x.Quantity.String(), OffsetShare: textOfQuantity(x.OffsetShare), Document: x.Document, Transfer: optional(x.Transfer),
		Origin: optional(api.Origin(x.Origin.String())), RecordedAt: x.RecordedAt.String(),
	}
	if x.Instrument != 0 {
		out.Instrument = new(s.instrumentBy(x.Instrument).Code)
	}
	return out
}

// SettleDebt settles a part of a debt.
func (s *Server) SettleDebt(ctx context.Context, r gen.SettleDebtRequestObject) (gen.SettleDebtResponseObject, error) {
	var in input
	c := app.DebtSettle{
		Debt: r.ID, Way: permit.SettlementWay(r.Body.Way), Instrument: deref(r.Body.Instrument), Origin: originNamed(deref(r.Body.Origin)),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Document: r.Body.Document,
		LotChoice: lotChoice(r.Body.Order, r.Body.Lots),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
