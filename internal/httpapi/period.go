package httpapi

import (
	"context"
	"strings"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/report"
)

var _ = register(func(r app.PeriodResult) api.PeriodClose { return closeOf(r.Close, r.Differences) },
	identity.PeriodOpen, identity.PeriodExplain, identity.PeriodSign, identity.PeriodWithdraw)

// ListPeriodCloses lists the closes of months.
func (s *Server) ListPeriodCloses(ctx context.Context, r gen.ListPeriodClosesRequestObject) (gen.ListPeriodClosesResponseObject, error) {
	may, err := s.see(ctx, identity.PeriodRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "region", r.Params.Region), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.PeriodCloses, alternatives(q, may.by(nil, []string{"region"})), p, func(c report.Close) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	return gen.ListPeriodCloses200JSONResponse{
		Items: convertAll(rows, func(c report.Close) api.PeriodClose { return closeOf(c, nil) }), Next: next,
	}, nil
}

// period returns a close that the caller may see.
func (s *Server) period(ctx context.Context, id int64) (report.Close, error) {
	may, err := s.see(ctx, identity.PeriodRead)
	if err != nil {
		return report.Close{}, err
	}
	c, known, err := get(ctx, s, app.PeriodCloses, id)
	if err == nil && (!known || !may.has(0, c.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return c, err
}

// GetPeriodClose shows a close with what it found open.
func (s *Server) GetPeriodClose(ctx context.Context, r gen.GetPeriodCloseRequestObject) (gen.GetPeriodCloseResponseObject, error) {
	c, err := s.period(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	var differences []report.CloseDifference
	if err := s.rows.Find(ctx, app.CloseDifferences.Name(), app.Where("close", c.ID), &differences); err != nil {
		return nil, err
	}
	return gen.GetPeriodClose200JSONResponse(closeOf(c, differences)), nil
}

func closeOf(c report.Close, differences []report.CloseDifference) api.PeriodClose {
	return api.PeriodClose{
		ID: c.ID, Region: c.Region, Month: c.Month.String(), State: api.CloseState(c.State), Digest: optional(c.Digest),
		OpenedBy: c.OpenedBy, OpenedAt: c.OpenedAt.String(), CentreSignedBy: optional(c.CentreBy), CentreSignedAt: instantOf(c.CentreAt),
		FinanceSignedBy: optional(c.FinanceBy), FinanceSignedAt: instantOf(c.FinanceAt), FrozenAt: instantOf(c.FrozenAt), Reason: optional(c.Reason),
		Differences: convertAll(differences, func(d report.CloseDifference) api.CloseDifference {
			return api.CloseDifference{
				ID: d.ID, Kind: api.CloseDifferenceKind(d.Kind), Reference: d.Reference, Detail: d.Detail, Explanation: optional(d.Explanation),
				ExplainedBy: optional(d.ExplainedBy), ExplainedAt: instantOf(d.ExplainedAt),
			}
		}),
	}
}

// OpenPeriodClose begins to close a month.
func (s *Server) OpenPeriodClose(ctx context.Context, r gen.OpenPeriodCloseRequestObject) (gen.OpenPeriodCloseResponseObject, error) {
	var in input
	c := app.PeriodOpen{Region: r.Body.Region, Month: read(&in, "month", r.Body.Month, calendar.ParseDate)}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ExplainCloseDifference explains a difference.
func (s *Server) ExplainCloseDifference(ctx context.Context, r gen.ExplainCloseDifferenceRequestObject) (gen.ExplainCloseDifferenceResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PeriodExplain{Close: r.ID, Difference: r.Body.Difference, Explanation: r.Body.Explanation})
}

// SignPeriodClose signs the files of a close, which are made here, outside the
// writer: the command brings them with it.
func (s *Server) SignPeriodClose(ctx context.Context, r gen.SignPeriodCloseRequestObject) (gen.SignPeriodCloseResponseObject, error) {
	command := app.PeriodSign{Close: r.ID, As: report.CloseRole(r.Body.As)}
	if c, known, err := get(ctx, s, app.PeriodCloses, r.ID); err != nil {
		return nil, err
	} else if known && identity.Authorise(callOf(ctx).actor, identity.PeriodSign, identity.OfRegion(c.Region)) == nil {
		if command.Files, err = s.app.PeriodFiles(ctx, c); err != nil {
			return nil, err
		}
	}
	return s.do(ctx, r.Params.IdempotencyKey, command)
}

// WithdrawPeriodClose ends a close that is not frozen.
func (s *Server) WithdrawPeriodClose(ctx context.Context, r gen.WithdrawPeriodCloseRequestObject) (gen.WithdrawPeriodCloseResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.PeriodWithdraw{Close: r.ID, As: report.CloseRole(r.Body.As), Reason: r.Body.Reason})
}

// GetCloseFiles lists the files of a close.
func (s *Server) GetCloseFiles(ctx context.Context, r gen.GetCloseFilesRequestObject) (gen.GetCloseFilesResponseObject, error) {
	c, err := s.period(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	files, err := s.app.PeriodFiles(ctx, c)
	if err != nil {
		return nil, err
	}
	return gen.GetCloseFiles200JSONResponse{Items: convertAll(files, func(f report.File) api.CloseFile {
		return api.CloseFile{Name: f.Name, Bytes: len(f.Content), Digest: f.Digest}
	})}, nil
}

// GetCloseFile shows a file of a close as it is, byte by byte.
func (s *Server) GetCloseFile(ctx context.Context, r gen.GetCloseFileRequestObject) (gen.GetCloseFileResponseObject, error) {
	c, err := s.period(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	files, err := s.app.PeriodFiles(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if f.Name == r.Name {
			return gen.GetCloseFile200ApplicationOctetStreamResponse{Body: strings.NewReader(f.Content), ContentLength: int64(len(f.Content))}, nil
		}
	}
	return nil, identity.ErrNotYours.At("name")
}
