package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var (
	_ = register(publicNoticeOf, identity.PublicNoticePost, identity.PublicNoticeEnd)
	_ = register(objectionOf, identity.ObjectionFile, identity.ObjectionAnswer)
)

// ListPublicNotices lists public notices, those that no longer stand included.
func (s *Server) ListPublicNotices(ctx context.Context, r gen.ListPublicNoticesRequestObject) (gen.ListPublicNoticesResponseObject, error) {
	q := equal(app.Query{}, "region", r.Params.Region)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.PublicNotices, []app.Query{q}, p, func(n approval.PublicNotice) int64 { return n.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPublicNotices200JSONResponse{Items: convertAll(rows, publicNoticeOf), Next: next}, nil
}

// GetPublicNotice shows a public notice.
func (s *Server) GetPublicNotice(ctx context.Context, r gen.GetPublicNoticeRequestObject) (gen.GetPublicNoticeResponseObject, error) {
	n, known, err := get(ctx, s, app.PublicNotices, r.ID)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, identity.ErrNotYours.At("id")
	}
	count, err := s.objectionsTo(ctx, n.ID)
	out := publicNoticeOf(n)
	out.Objections = &api.ObjectionCount{Filed: count.Filed, Upheld: count.Upheld, Dismissed: count.Dismissed}
	return gen.GetPublicNotice200JSONResponse(out), err
}

// objectionsTo counts the objections to a notice.
func (s *Server) objectionsTo(ctx context.Context, notice int64) (count approval.ObjectionCount, err error) {
	q := app.Where("notice", notice)
	for q.Limit = 1000; ; {
		var rows []approval.Objection
		if err := s.rows.Find(ctx, app.Objections.Name(), q, &rows); err != nil {
			return count, err
		}
		for _, o := range rows {
			count.Count(o)
			q.After = o.ID
		}
		if len(rows) < q.Limit {
			return count, nil
		}
	}
}

func publicNoticeOf(n approval.PublicNotice) api.PublicNotice {
	return api.PublicNotice{
		ID: n.ID, Region: n.Region, Kind: n.Kind, Subject: optional(n.Subject), Title: n.Title, Body: n.Body, Document: n.Document,
		StartsOn: n.StartsOn.String(), EndsOn: n.EndsOn.String(), State: api.PublicNoticeState(n.State), PostedAt: n.PostedAt.String(),
		Reason: optional(n.Reason),
	}
}

// PostPublicNotice publishes something for a period.
func (s *Server) PostPublicNotice(ctx context.Context, r gen.PostPublicNoticeRequestObject) (gen.PostPublicNoticeResponseObject, error) {
	var in input
	c := app.PublicNoticePost{
		Region: r.Body.Region, Kind: r.Body.Kind, Subject: deref(r.Body.Subject), Title: r.Body.Title, Body: r.Body.Body, Document: r.Body.Document,
		StartsOn: read(&in, "starts_on", r.Body.StartsOn, calendar.ParseDate), EndsOn: read(&in, "ends_on", r.Body.EndsOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// WithdrawPublicNotice withdraws a public notice.
func (s *Server) WithdrawPublicNotice(ctx context.Context, r gen.WithdrawPublicNoticeRequestObject) (gen.WithdrawPublicNoticeResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PublicNoticeEnd{Notice: r.ID, Reason: r.Body.Reason})
}

// FileObjection objects to a public notice.
func (s *Server) FileObjection(ctx context.Context, r gen.FileObjectionRequestObject) (gen.FileObjectionResponseObject, error) {
	var in input
	c := app.ObjectionFile{
		Notice: r.ID, Objector: r.Body.Objector, Text: r.Body.Text, Document: deref(r.Body.Document),
		ReceivedOn: readOptional(&in, "received_on", r.Body.ReceivedOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListObjections lists objections to the public notices of the caller's regions,
// and those that he has filed.
func (s *Server) ListObjections(ctx context.Context, r gen.ListObjectionsRequestObject) (gen.ListObjectionsResponseObject, error) {
	may, err := s.see(ctx, identity.ObjectionRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "notice", r.Params.Notice)
	q = equal(q, "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Objections, alternatives(q, filedBy(ctx, may)), p, func(o approval.Objection) int64 { return o.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListObjections200JSONResponse{Items: convertAll(rows, objectionOf), Next: next}, nil
}

// filedBy turns the scope into conditions on objections: an enterprise sees what its
// user has filed.
func filedBy(ctx context.Context, may scope) []app.Cond {
	conds := may.by(nil, []string{"region"})
	if !may.all && len(may.parties) > 0 {
		conds = append(conds, app.Cond{Column: "filed_by", Op: app.Eq, Value: callOf(ctx).actor.Person})
	}
	return conds
}

// GetObjection shows an objection with its answer to who has filed it, too.
func (s *Server) GetObjection(ctx context.Context, r gen.GetObjectionRequestObject) (gen.GetObjectionResponseObject, error) {
	may, err := s.see(ctx, identity.ObjectionRead)
	if err != nil {
		return nil, err
	}
	o, known, err := get(ctx, s, app.Objections, r.ID)
	if err != nil {
		return nil, err
	}
	filed := len(may.parties) > 0 && o.FiledBy == callOf(ctx).actor.Person
	if !known || !filed && !may.has(0, o.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetObjection200JSONResponse(objectionOf(o)), nil
}

func objectionOf(o approval.Objection) api.Objection {
	out := api.Objection{
		ID: o.ID, Notice: o.Notice, Region: o.Region, Objector: o.Objector, Text: o.Text, FiledAt: o.FiledAt.String(), DueOn: o.DueOn.String(),
		ReceivedOn: dateOf(o.ReceivedOn), Document: optional(o.Document),
		State: api.ObjectionState(o.State), Answer: optional(o.Answer), AnsweredAt: instantOf(o.AnsweredAt),
	}
	if o.State == approval.ObjectionAnswered {
		out.Upheld = new(o.Upheld)
	}
	return out
}

// AnswerObjection answers an objection.
func (s *Server) AnswerObjection(ctx context.Context, r gen.AnswerObjectionRequestObject) (gen.AnswerObjectionResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ObjectionAnswer{Objection: r.ID, Answer: r.Body.Answer, Upheld: r.Body.Upheld})
}
