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
	"permitx/internal/reserve"
)

var _ = register(renewalResultOf, identity.RenewalApply, identity.RenewalStep)

// ListRenewals lists renewals, without their steps.
func (s *Server) ListRenewals(ctx context.Context, r gen.ListRenewalsRequestObject) (gen.ListRenewalsResponseObject, error) {
	may, err := s.see(ctx, identity.RenewalRead)
	if err != nil {
		return nil, err
	}
	q := r.Params
	rows, next := published(s, app.Renewals, pageOf(q.Limit, q.After), func(n permit.Renewal) bool {
		return may.has(n.Party, n.Region) && is(q.Party, n.Party) && is(q.Licence, n.Licence) && is(q.Region, n.Region) &&
			is(q.Pollutant, n.Pollutant) && is(q.State, api.RenewalState(n.State))
	})
	return gen.ListRenewals200JSONResponse{Items: convertAll(rows, s.showRenewal), Next: next}, nil
}

// GetRenewal shows a renewal with its steps.
func (s *Server) GetRenewal(ctx context.Context, r gen.GetRenewalRequestObject) (gen.GetRenewalResponseObject, error) {
	may, err := s.see(ctx, identity.RenewalRead)
	if err != nil {
		return nil, err
	}
	n, known := app.ReadTable(s.app.Reference(), app.Renewals).Get(r.ID)
	if !known || !may.has(n.Party, n.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	var steps []permit.RenewalStep
	if err := s.rows.Find(ctx, app.RenewalSteps.Name(), app.Where("renewal", n.ID), &steps); err != nil {
		return nil, err
	}
	out := s.showRenewal(n)
	out.Steps = convertAll(steps, renewalStepOf)
	return gen.GetRenewal200JSONResponse(out), nil
}

func renewalStepOf(s permit.RenewalStep) api.RenewalStep {
	return api.RenewalStep{
		Event: api.RenewalEvent(s.Event), State: api.RenewalState(s.ToState), Body: api.RenewalBody(s.Body), Quantity: textOfQuantity(s.Quantity),
		Document: optional(s.Document), Note: optional(s.Note), At: s.At.String(),
	}
}

// textOfQuantity writes an optional quantity.
func textOfQuantity(q quantity.Quantity) *string {
	if q == 0 {
		return nil
	}
	return new(q.String())
}

func (s *Server) showRenewal(r permit.Renewal) api.Renewal {
	return renewalOf(r, s.instrumentBy(r.OldInstrument).Code, s.instrumentBy(r.NewInstrument).Code)
}

func renewalResultOf(r app.RenewalResult) api.Renewal { return renewalOf(r.Renewal, r.From, r.To) }

func renewalOf(r permit.Renewal, from, to string) api.Renewal {
	out := api.Renewal{
		ID: r.ID, Party: r.Party, Region: r.Region, Licence: r.Licence, Pollutant: r.Pollutant, Origin: api.Origin(r.Origin.String()),
		Instrument: from, TermEnd: r.TermEnd.String(), State: api.RenewalState(r.State), Renewing: r.Renewing, Refusal: optional(r.Refusal), Requested: r.Requested.String(),
		Quantity: textOfQuantity(r.Quantity), Rung: optional(api.VerificationRung(r.Rung)), NewInstrument: optional(to),
		NewOrigin: optional(api.Origin(r.NewOrigin.String())), PublishedOn: dateOf(r.PublishedOn), PublicUntil: dateOf(r.PublicUntil),
		PublicNotice: optional(r.PublicNotice), DueOn: dateOf(r.DueOn), Notice: optional(r.Notice), Proof: optional(r.Proof), PaidOn: dateOf(r.PaidOn), Increase: textOfQuantity(r.Increase),
		Joined: r.Joined.String(), Document: optional(r.Document), AppliedAt: r.AppliedAt.String(), EndedAt: instantOf(r.EndedAt),
	}
	if r.Price != 0 {
		out.Price, out.Months, out.Amount = new(r.Price.String()), new(int(r.Months)), new(r.Amount.String())
	}
	return out
}

// ApplyForRenewal applies for a further term of what a licence holds.
func (s *Server) ApplyForRenewal(ctx context.Context, r gen.ApplyForRenewalRequestObject) (gen.ApplyForRenewalResponseObject, error) {
	var in input
	c := app.RenewalApply{
		Licence: r.Body.Licence, Instrument: r.Body.Instrument, Origin: originNamed(r.Body.Origin),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepRenewal takes the next step of a renewal.
func (s *Server) StepRenewal(ctx context.Context, r gen.StepRenewalRequestObject) (gen.StepRenewalResponseObject, error) {
	var in input
	b := r.Body
	c := app.RenewalStep{
		Renewal: r.ID, Event: permit.RenewalEvent(b.Event), Instrument: deref(b.Instrument),
		Quantity: readOptional(&in, "quantity", b.Quantity, quantity.ParseQuantity), Rung: reserve.Rung(deref(b.Rung)),
		Days: int32(deref(b.Days)), Price: readOptional(&in, "price", b.Price, quantity.ParsePrice), //nolint:gosec // the contract bounds it
		DueOn: readOptional(&in, "due_on", b.DueOn, calendar.ParseDate), Document: deref(b.Document), Note: deref(b.Note),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// ListReminders lists reminders of the end of terms.
func (s *Server) ListReminders(ctx context.Context, r gen.ListRemindersRequestObject) (gen.ListRemindersResponseObject, error) {
	may, err := s.see(ctx, identity.RenewalRead)
	if err != nil {
		return nil, err
	}
	q := useQuery(r.Params.Party, r.Params.Licence, r.Params.Region, r.Params.Pollutant)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := alternatives(q, may.by([]string{"party"}, []string{"region"}))
	rows, next, err := find(ctx, s, app.Reminders, queries, p, func(r permit.Reminder) int64 { return r.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListReminders200JSONResponse{Items: convertAll(rows, s.reminderOf), Next: next}, nil
}

func (s *Server) reminderOf(r permit.Reminder) api.Reminder {
	return api.Reminder{
		ID: r.ID, Party: r.Party, Region: r.Region, Licence: r.Licence, Pollutant: r.Pollutant, Instrument: s.instrumentBy(r.Instrument).Code,
		Origin: api.Origin(r.Origin.String()), Days: int(r.Days), TermEnd: r.TermEnd.String(), ApplyBy: r.ApplyBy.String(),
		Quantity: r.Quantity.String(), At: r.At.String(),
	}
}
