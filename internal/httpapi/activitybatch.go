package httpapi

import (
	"context"
	"io"
	"net/http"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// reportDays is the longest period of a report of reductions.
const reportDays = 366

// intakeFor gives the intake and a scheme in it that the caller may do
// something with.
func (s *Server) intakeFor(ctx context.Context, op identity.Operation, scheme int64) (*intake.Intake, error) {
	if err := identity.Authorise(callOf(ctx).actor, op, identity.Target{}); err != nil {
		return nil, err
	}
	row, err := row(s, app.CarbonSchemes, "scheme", scheme)
	if err != nil {
		return nil, err
	}
	if err := identity.Authorise(callOf(ctx).actor, op, identity.OfScheme(row.Region, row.Operator)); err != nil {
		if f, ok := fault.As(err); ok {
			return nil, f.At("scheme")
		}
		return nil, err
	}
	return s.intake()
}

// schemeIntake gives the intake and a scheme in it, for what everybody may see.
func (s *Server) schemeIntake(scheme int64) (carbon.Scheme, *intake.Intake, error) {
	found, known := app.ReadTable(s.app.Reference(), app.CarbonSchemes).Get(scheme)
	if !known {
		return found, nil, fault.Invalidf("scheme", "there is no scheme %d", scheme)
	}
	in, err := s.intake()
	return found, in, err
}

func (s *Server) intake() (*intake.Intake, error) {
	if s.config.Intake == nil {
		return nil, intake.ErrUnavailable
	}
	return s.config.Intake, nil
}

// answerOf is an answer of the intake as the generated code sends it.
func answerOf(a intake.Answer, err error) (gen.Answer, error) {
	return gen.Answer{Status: http.StatusOK, Body: a.Body, Replayed: a.Replayed}, err
}

// SubmitActivityBatch takes a batch of activities in.
func (s *Server) SubmitActivityBatch(ctx context.Context, r gen.SubmitActivityBatchRequestObject) (gen.SubmitActivityBatchResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ActivitySubmit, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fault.Invalidf("", "the body cannot be read").Because(err)
	}
	all, digest, err := decodeActivities(in.Pace(), data)
	if err != nil {
		return nil, err
	}
	k := callOf(ctx)
	return answerOf(in.Submit(k.ctx, intake.Batch{ //nolint:contextcheck // the request's own
		Actor: k.actor.Person, Source: r.Params.Scheme, Key: r.Params.IdempotencyKey, Digest: digest, Activities: all,
	}))
}

// ClosePool closes a month of a scheme.
func (s *Server) ClosePool(ctx context.Context, r gen.ClosePoolRequestObject) (gen.ClosePoolResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.PoolClose, r.Body.Scheme)
	if err != nil {
		return nil, err
	}
	m, err := intake.ParseMonth("month", r.Body.Month)
	if err != nil {
		return nil, err
	}
	k := callOf(ctx)
	return answerOf(in.CloseMonth(k.ctx, k.actor.Person, r.Params.IdempotencyKey, r.Body.Scheme, m)) //nolint:contextcheck // the request's own
}

// EraseParticipant forgets who a participant is.
func (s *Server) EraseParticipant(ctx context.Context, r gen.EraseParticipantRequestObject) (gen.EraseParticipantResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantErase, r.Body.Scheme)
	if err != nil {
		return nil, err
	}
	k := callOf(ctx)
	return answerOf(in.Erase(k.ctx, k.actor.Person, r.Params.IdempotencyKey, r.Body.Scheme, r.Body.Participant)) //nolint:contextcheck // the request's own
}

// BurnPoints exchanges points of a participant for a reward.
func (s *Server) BurnPoints(ctx context.Context, r gen.BurnPointsRequestObject) (gen.BurnPointsResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.PointsBurn, r.Body.Scheme)
	if err != nil {
		return nil, err
	}
	points, err := quantity.ParseMeasure("points", r.Body.Points)
	if err != nil {
		return nil, err
	}
	k := callOf(ctx)
	return answerOf(in.Burn(k.ctx, k.actor.Person, r.Params.IdempotencyKey, intake.Exchange{Scheme: r.Body.Scheme, Participant: r.Body.Participant, Points: points, Reward: r.Body.Reward})) //nolint:contextcheck // the request's own
}

func measureOf(m quantity.Measure) *string {
	if m == 0 {
		return nil
	}
	return new(m.String())
}

// GetParticipant shows what a participant was credited.
func (s *Server) GetParticipant(ctx context.Context, r gen.GetParticipantRequestObject) (gen.GetParticipantResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantRead, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	p, err := in.Participant(callOf(ctx).ctx, r.Params.Scheme, r.Params.Participant) //nolint:contextcheck // the request's own
	if err != nil {
		return nil, err
	}
	return gen.GetParticipant200JSONResponse{ID: p.ID, Scheme: p.Scheme, Amount: p.Amount.String(), Activities: p.Activities, Points: p.Left.String(), PointsShort: measureOf(p.Short)}, nil
}

// ListPools lists the months of a scheme.
func (s *Server) ListPools(ctx context.Context, r gen.ListPoolsRequestObject) (gen.ListPoolsResponseObject, error) {
	scheme, in, err := s.schemeIntake(r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	pools, err := in.Reader().AllPools(callOf(ctx).ctx) //nolint:contextcheck // the request's own
	if err != nil {
		return nil, err
	}
	list := gen.ListPools200JSONResponse{Scheme: scheme.ID, Pools: []api.Pool{}}
	for _, p := range pools {
		if p.Scheme == scheme.ID {
			m, _ := app.ReadTable(s.app.Reference(), app.Methodologies).Get(p.Methodology)
			list.Pools = append(list.Pools, api.Pool{
				Methodology: m.Code, Items: p.Items,
				Month: p.Month.String(), Credited: p.Credited.String(), Carried: p.Carried.String(), Units: p.Units, Left: p.Left().String(), Closed: p.Closed,
			})
		}
	}
	return list, nil
}

// GetReductions shows what participants reduced, by day, scenario and methodology.
func (s *Server) GetReductions(ctx context.Context, r gen.GetReductionsRequestObject) (gen.GetReductionsResponseObject, error) {
	scheme, in, err := s.schemeIntake(r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	var params input
	from, to := read(&params, "from", r.Params.From, calendar.ParseDate), read(&params, "to", r.Params.To, calendar.ParseDate)
	if err := params.err(); err != nil {
		return nil, err
	}
	if to < from || to > from.AddDays(reportDays) {
		return nil, fault.Invalidf("to", "must be from %s to %s", from, from.AddDays(reportDays))
	}
	totals, err := in.Reader().TotalsOf(callOf(ctx).ctx, scheme.ID, from, to) //nolint:contextcheck // the request's own
	if err != nil {
		return nil, err
	}
	report := gen.GetReductions200JSONResponse{Scheme: scheme.ID, From: from.String(), To: to.String(), Lines: []api.ReductionLine{}}
	var sum quantity.Reduction
	for _, t := range totals {
		sum += t.Amount
		report.Activities += t.Activities
		report.Lines = append(report.Lines, api.ReductionLine{
			Day: t.Day.String(), Scenario: t.Scenario, Methodology: t.Methodology, Amount: t.Amount.String(), Activities: t.Activities,
		})
	}
	report.Amount = sum.String()
	return report, nil
}
