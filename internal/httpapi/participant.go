package httpapi

import (
	"context"
	"encoding/hex"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/intake"
)

// GetParticipant shows what a participant was credited.
func (s *Server) GetParticipant(ctx context.Context, r gen.GetParticipantRequestObject) (gen.GetParticipantResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantRead, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	p, err := in.Participant(ctx, r.Params.Scheme, r.Params.Participant)
	if err != nil {
		return nil, err
	}
	return gen.GetParticipant200JSONResponse{ID: p.ID, Scheme: p.Scheme, Amount: p.Amount.String(), Activities: p.Activities, Points: p.Left.String(), PointsShort: measureOf(p.Short)}, nil
}

// GetParticipantHistory shows what a participant was credited for.
func (s *Server) GetParticipantHistory(ctx context.Context, r gen.GetParticipantHistoryRequestObject) (gen.GetParticipantHistoryResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantRead, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	from, to, err := reportPeriod(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	q := intake.HistoryQuery{Scheme: r.Params.Scheme, Participant: r.Params.Participant, From: from, To: to, After: p.after, Limit: p.limit, Newest: p.newest}
	for id, c := range app.ReadTable(s.app.Reference(), app.Scenarios).All() {
		if c.Scheme == q.Scheme && c.ValidFrom <= to && (c.ValidTo.IsZero() || c.ValidTo >= from) {
			q.Scenarios = append(q.Scenarios, id)
		}
	}
	lines, more, err := in.History(ctx, q)
	if err != nil {
		return nil, err
	}
	out := gen.GetParticipantHistory200JSONResponse{Items: convertAll(lines, s.participantActivity)}
	if more {
		out.Next = new(lines[len(lines)-1].ID)
	}
	return out, nil
}

// participantActivity is an activity with the names of what it is of.
func (s *Server) participantActivity(l intake.HistoryLine) api.ParticipantActivity {
	c, _ := app.ReadTable(s.app.Reference(), app.Scenarios).Get(l.Scenario)
	out := api.ParticipantActivity{
		ID: l.ID, Day: l.Day.String(), Scenario: c.Code, ScenarioName: c.Name, Amount: l.Amount.String(), Points: measureOf(l.Points),
		Reverses: optional(l.Reverses), TakenBack: optional(l.TakenBack), TakenAway: optional(l.TakenAway),
	}
	if l.From != 0 { // a reversal need not say when
		out.From, out.To = new(l.From.String()), new(l.To.String())
	}
	if l.TakenAway {
		return out
	}
	m, _ := app.ReadTable(s.app.Reference(), app.Methodologies).Get(l.Methodology)
	out.SourceID, out.Methodology, out.Version, out.Inputs, out.Batch = &l.SourceID, &m.Code, &m.Version, optional(l.Inputs), &l.Batch
	out.Computed, out.Evidence = new(l.Computed.String()), new(hex.EncodeToString(l.Evidence[:]))
	out.Complaint = s.complaintBehind(c, l)
	return out
}

// complaintBehind is the complaint that was upheld before an activity was counted.
func (s *Server) complaintBehind(c carbon.Scenario, l intake.HistoryLine) *int64 {
	shown := hex.EncodeToString(l.Evidence[:])
	for id, o := range app.ReadTable(s.app.Reference(), app.Complaints).All() {
		if o.Upheld && o.Scheme == c.Scheme && o.SourceID == l.SourceID && o.Scenario == c.Code && o.Day == l.Day && o.Evidence == shown {
			return &id
		}
	}
	return nil
}

// GetPointsBurns shows what a participant has exchanged points for.
func (s *Server) GetPointsBurns(ctx context.Context, r gen.GetPointsBurnsRequestObject) (gen.GetPointsBurnsResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ParticipantRead, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	burns, more, err := in.Spent(ctx, r.Params.Scheme, r.Params.Participant, p.after, p.limit, p.newest)
	if err != nil {
		return nil, err
	}
	out := gen.GetPointsBurns200JSONResponse{Items: convertAll(burns, func(b intake.Spent) api.PointsSpent {
		return api.PointsSpent{ID: b.Batch, At: b.At.String(), Points: b.Points.String(), Reward: b.Reward}
	})}
	if more {
		out.Next = new(burns[len(burns)-1].Batch)
	}
	return out, nil
}

// reportDays is the longest period of a report of reductions.
const reportDays = 366

// reportPeriod reads the first and the last day of a report.
func reportPeriod(first, last string) (from, to calendar.Date, err error) {
	var in input
	from, to = read(&in, "from", first, calendar.ParseDate), read(&in, "to", last, calendar.ParseDate)
	if err := in.err(); err != nil {
		return from, to, err
	}
	if to < from || to > from.AddDays(reportDays) {
		return from, to, fault.Invalidf("to", "must be from %s to %s", from, from.AddDays(reportDays))
	}
	return from, to, nil
}
