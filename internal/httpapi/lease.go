package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var _ = register(leaseOf, identity.LeaseOffer, identity.LeaseStep)

// ListLeases lists the leases that the caller may see.
func (s *Server) ListLeases(ctx context.Context, r gen.ListLeasesRequestObject) (gen.ListLeasesResponseObject, error) {
	may, err := s.see(ctx, identity.LeaseRead)
	if err != nil {
		return nil, err
	}
	p := r.Params
	rows, next := published(s, app.Leases, pageOf(p.Limit, p.After), func(l encumbrance.Lease) bool {
		return (may.has(l.Lessor, l.Region) || may.has(l.Lessee)) && (is(p.Party, l.Lessor) || is(p.Party, l.Lessee)) &&
			(is(p.Licence, l.LessorLicence) || is(p.Licence, l.LesseeLicence)) && is(p.Region, l.Region) && is(p.State, api.LeaseState(l.State))
	})
	return gen.ListLeases200JSONResponse{Items: convertAll(rows, func(l encumbrance.Lease) api.Lease { return s.showLease(ctx, l) }), Next: next}, nil
}

func (s *Server) showLease(ctx context.Context, l encumbrance.Lease) api.Lease {
	return leaseOf(app.LeaseResult{Lease: l, Instrument: s.instrumentBy(l.Instrument).Code, Next: app.NextLeaseEvents(callOf(ctx).actor, l), On: s.app.Now().Date()})
}

// GetLease shows a lease with its steps. It names no person: the bodies that
// act are enough.
func (s *Server) GetLease(ctx context.Context, r gen.GetLeaseRequestObject) (gen.GetLeaseResponseObject, error) {
	may, err := s.see(ctx, identity.LeaseRead)
	if err != nil {
		return nil, err
	}
	l, known := app.ReadTable(s.app.Reference(), app.Leases).Get(r.ID)
	if !known || !may.has(l.Lessor, l.Region) && !may.has(l.Lessee) {
		return nil, identity.ErrNotYours.At("id")
	}
	steps, err := s.stepsOf(ctx, encumbrance.OfLease, l.ID)
	if err != nil {
		return nil, err
	}
	out := s.showLease(ctx, l)
	out.Steps = convertAll(steps, func(t encumbrance.TakenStep) api.LeaseStep {
		return api.LeaseStep{
			Event: api.LeaseEvent(t.Event), State: api.LeaseState(t.ToState), Body: api.EncumbranceBody(t.Body),
			Document: optional(t.Document), Note: optional(t.Note), At: t.At.String(),
		}
	})
	return gen.GetLease200JSONResponse(out), nil
}

// stepsOf are the steps of a lease or pledge, oldest first.
func (s *Server) stepsOf(ctx context.Context, kind encumbrance.Kind, id int64) (steps []encumbrance.TakenStep, err error) {
	q := app.Where("kind", string(kind)).And("reference", app.Eq, id)
	return steps, s.rows.Find(ctx, app.EncumbranceSteps.Name(), q, &steps)
}

func leaseOf(r app.LeaseResult) api.Lease {
	l := r.Lease
	out := api.Lease{
		ID: l.ID, Lessor: l.Lessor, LessorLicence: l.LessorLicence, Lessee: l.Lessee, LesseeLicence: l.LesseeLicence, Region: l.Region,
		Pollutant: l.Pollutant, Instrument: r.Instrument, Quantity: l.Quantity.String(), Price: l.Price.String(), Months: l.Months,
		Amount: l.Amount.String(), Formula: app.LeaseFormula(l, int(l.Months), l.Amount), From: l.FromOn.String(), StartsOn: dateOf(l.StartsOn), EndsOn: dateOf(l.EndsOn), DueOn: dateOf(l.DueOn),
		State: api.LeaseState(l.State), EndAskedBy: optional(api.EncumbranceBody(l.EndAskedBy)), Document: optional(l.Document),
		EndDocument: optional(l.EndDocument), OfferedAt: l.OfferedAt.String(), EndedAt: instantOf(l.EndedAt),
		NextEvents: convertAll(r.Next, func(e encumbrance.LeaseEvent) api.LeaseEvent { return api.LeaseEvent(e) }),
	}
	if l.EndAskedBy != "" {
		out.Refund = new(l.Refund.String())
	}
	if l.State == encumbrance.LeaseActive {
		out.Unused = unusedOf(l, r.On)
	}
	if l.State == encumbrance.LeaseEndedEarly {
		out.Unused = unusedOf(l, l.EndedAt.Date())
	}
	return out
}

// unusedOf is what of a lease had not begun on a day.
func unusedOf(l encumbrance.Lease, on calendar.Date) *api.LeaseUnused {
	months, rent, err := l.Unused(on)
	if err != nil { // it is no more than the rent, which was reckoned
		return nil
	}
	return &api.LeaseUnused{
		On: on.String(), Months: int32(months), Amount: rent.String(), Formula: app.LeaseFormula(l, months, rent), //nolint:gosec // months of a lease
	}
}

// OfferLease offers the use of a licence's paid permits to another licence.
func (s *Server) OfferLease(ctx context.Context, r gen.OfferLeaseRequestObject) (gen.OfferLeaseResponseObject, error) {
	var in input
	b := r.Body
	c := app.LeaseOffer{
		LessorLicence: b.LessorLicence, LesseeLicence: b.LesseeLicence, Instrument: b.Instrument, Months: b.Months,
		Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity), Price: read(&in, "price", b.Price, quantity.ParsePrice),
		From: read(&in, "from", b.From, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepLease takes the next step of a lease.
func (s *Server) StepLease(ctx context.Context, r gen.StepLeaseRequestObject) (gen.StepLeaseResponseObject, error) {
	var in input
	c := app.LeaseStep{
		Lease: r.ID, Event: encumbrance.LeaseEvent(r.Body.Event), Refund: readOptional(&in, "refund", r.Body.Refund, quantity.ParseMoney),
		Document: deref(r.Body.Document), Note: deref(r.Body.Note),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}
