package httpapi

import (
	"context"
	"io"
	"net/http"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

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
	return answerOf(in.Submit(ctx, intake.Batch{
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
	c := intake.MonthClose{Scheme: r.Body.Scheme, Month: m, Early: deref(r.Body.Early)}
	return answerOf(in.CloseMonth(ctx, k.actor.Person, r.Params.IdempotencyKey, c))
}

// EraseParticipant forgets who a participant is.
func (s *Server) EraseParticipant(ctx context.Context, r gen.EraseParticipantRequestObject) (gen.EraseParticipantResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantErase, r.Body.Scheme)
	if err != nil {
		return nil, err
	}
	k := callOf(ctx)
	return answerOf(in.Erase(ctx, k.actor.Person, r.Params.IdempotencyKey, r.Body.Scheme, r.Body.Participant))
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
	return answerOf(in.Burn(ctx, k.actor.Person, r.Params.IdempotencyKey, intake.Exchange{Scheme: r.Body.Scheme, Participant: r.Body.Participant, Points: points, Reward: r.Body.Reward}))
}

func measureOf(m quantity.Measure) *string {
	if m == 0 {
		return nil
	}
	return new(m.String())
}

// ListPools lists the months of a scheme.
func (s *Server) ListPools(ctx context.Context, r gen.ListPoolsRequestObject) (gen.ListPoolsResponseObject, error) {
	scheme, in, err := s.schemeIntake(r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	pools, err := in.Reader().AllPools(ctx)
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
