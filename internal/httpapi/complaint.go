package httpapi

import (
	"context"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/carbon"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/intake"
)

var (
	_ = register(complaintOf, identity.ComplaintFile, identity.ComplaintAnswer)
	_ = register(func(l carbon.Look) api.IssuanceSample { return api.IssuanceSample{Issuance: l.Issuance} }, identity.SampleRead)
)

// FileComplaint complains about a refused activity; why it was refused the
// intake says.
func (s *Server) FileComplaint(ctx context.Context, r gen.FileComplaintRequestObject) (gen.FileComplaintResponseObject, error) {
	in, err := s.intakeFor(ctx, identity.ComplaintFile, r.Body.Scheme)
	if err != nil {
		return nil, err
	}
	refusal, err := in.Refusal(ctx, r.Body.Scheme, r.Body.Batch, r.Body.SourceID)
	if err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, app.ComplaintFile{
		Scheme: r.Body.Scheme, Batch: r.Body.Batch, SourceID: r.Body.SourceID, Text: r.Body.Text,
		Code: refusal.Code, Detail: refusal.Detail, Scenario: refusal.Scenario, Day: refusal.Day, Evidence: refusal.Evidence,
	})
}

// ListComplaints lists complaints of the caller's regions.
func (s *Server) ListComplaints(ctx context.Context, r gen.ListComplaintsRequestObject) (gen.ListComplaintsResponseObject, error) {
	may, err := s.see(ctx, identity.ComplaintRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "region", r.Params.Region), "scheme", r.Params.Scheme), "source_id", r.Params.SourceID)
	rows, next, err := find(ctx, s, app.Complaints, alternatives(q, may.byScheme(nil, []string{"region"})),
		pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(c carbon.Complaint) int64 { return c.ID })
	return gen.ListComplaints200JSONResponse{Items: convertAll(rows, complaintOf), Next: next}, err
}

func complaintOf(c carbon.Complaint) api.Complaint {
	out := api.Complaint{
		ID: c.ID, Scheme: c.Scheme, Region: c.Region, Batch: c.Batch, SourceID: c.SourceID, Code: c.Code, Detail: c.Detail, Text: c.Text,
		FiledAt: c.FiledAt.String(), DueOn: c.DueOn.String(), Answer: optional(c.Answer), AnsweredAt: instantOf(c.AnsweredAt),
	}
	if c.Day != 0 {
		out.Scenario, out.Day, out.Evidence = &c.Scenario, new(c.Day.String()), &c.Evidence
	}
	if c.AnsweredAt != 0 {
		out.Upheld = new(c.Upheld)
	}
	return out
}

// AnswerComplaint answers a complaint.
func (s *Server) AnswerComplaint(ctx context.Context, r gen.AnswerComplaintRequestObject) (gen.AnswerComplaintResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ComplaintAnswer{Complaint: r.ID, Answer: r.Body.Answer, Upheld: r.Body.Upheld})
}

// GetIssuanceSample shows the activities that a verifier must look at.
func (s *Server) GetIssuanceSample(ctx context.Context, r gen.GetIssuanceSampleRequestObject) (gen.GetIssuanceSampleResponseObject, error) {
	may, err := s.see(ctx, identity.SampleRead)
	if err != nil {
		return nil, err
	}
	i, err := row(s, app.Issuances, "id", r.ID)
	if err != nil {
		return nil, err
	}
	if !may.hasOf(i.Scheme, i.Party, i.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	sampled, err := s.sampled(ctx, i)
	if err != nil {
		return nil, err
	}
	if app.MayVerify(callOf(ctx).actor, i) { // who verifies it must have been shown it
		if k := slices.IndexFunc(sampled, func(p intake.Sampled) bool { return p.Taken }); k >= 0 {
			return nil, carbon.ErrSampleTaken.With("piece %d is of a month that was taken away: bring its table back, or reject the issuance", sampled[k].Number)
		}
		if _, err := s.do(ctx, "issuance-sample-"+strconv.FormatInt(i.ID, 10), app.SampleLook{Issuance: i.ID}); err != nil {
			return nil, err
		}
	}
	return gen.GetIssuanceSample200JSONResponse{Issuance: i.ID, Activities: convertAll(sampled, s.sampledActivity)}, nil
}

// sampled are the pieces of evidence in an issuance's sample.
func (s *Server) sampled(ctx context.Context, i carbon.Issuance) ([]intake.Sampled, error) {
	var numbers []int64
	for n := range strings.SplitSeq(i.Sample, ",") {
		if number, err := strconv.ParseInt(n, 10, 64); err == nil { // empty before it is checked
			numbers = append(numbers, number)
		}
	}
	if !i.FromIntake() {
		all := make([]intake.Sampled, len(numbers))
		for k, n := range numbers {
			all[k].Number = n
		}
		return all, nil
	}
	in, err := s.intake()
	if err != nil {
		return nil, err
	}
	return in.Sample(ctx, i.Outbox, numbers, func(version int64) bool {
		m, _ := app.ReadTable(s.app.Reference(), app.Methodologies).Get(version)
		return m.Code == i.Methodology
	})
}

func (s *Server) sampledActivity(p intake.Sampled) api.SampledActivity {
	out, a := api.SampledActivity{Number: p.Number}, p.Row
	if p.Taken {
		out.TakenAway = &p.Taken
	}
	if a.ID == 0 {
		return out
	}
	out.Activity, out.Batch, out.SourceID, out.Scenario = &a.ID, &a.Batch, &a.SourceID, &a.Scenario
	if c, known := app.ReadTable(s.app.Reference(), app.Scenarios).Get(a.Scenario); known {
		out.ScenarioCode = &c.Code
	}
	out.Inputs, out.Reverses = optional(a.Inputs), optional(a.Reverses)
	out.Computed, out.Amount, out.Evidence = new(a.Computed.String()), new(a.Amount.String()), new(hex.EncodeToString(a.Evidence[:]))
	if a.From != 0 { // a reversal need not say when
		out.From, out.To = new(a.From.String()), new(a.To.String())
	}
	return out
}
