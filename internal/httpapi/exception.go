package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/report"
)

// ListExceptions shows what an auditor should look at.
func (s *Server) ListExceptions(ctx context.Context, r gen.ListExceptionsRequestObject) (gen.ListExceptionsResponseObject, error) {
	if _, err := s.see(ctx, identity.ExceptionRead); err != nil {
		return nil, err
	}
	var in input
	q := app.ExceptionQuery{
		Kind: report.ExceptionKind(deref(r.Params.Kind)), Region: deref(r.Params.Region), AsOf: s.asOf(ctx, &in, r.Params.AsOf),
	}
	q.Month = q.AsOf
	if r.Params.Month != nil {
		q.Month = read(&in, "month", *r.Params.Month, calendar.ParseDate)
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	q.Month = report.MonthOf(q.Month)
	if own, err := s.intake(); err == nil {
		q.Intake = own
	}
	found, err := s.app.Exceptions(ctx, q)
	if err != nil {
		return nil, err
	}
	items, next := place(pageOf(r.Params.Limit, r.Params.After), found)
	return gen.ListExceptions200JSONResponse{Items: convertAll(items, exceptionOf), Next: next}, nil
}

func exceptionOf(x report.Exception) api.Exception {
	regions := []string{}
	for i, code := range x.Regions {
		if i == 0 || code != x.Regions[0] {
			regions = append(regions, code)
		}
	}
	return api.Exception{
		Kind: api.ExceptionKind(x.Kind), Regions: regions, On: dateOf(x.On), Detail: x.Detail,
		Objects: convertAll(x.Objects, func(o report.Object) api.RecordName { return api.RecordName{Table: o.Table, ID: o.ID} }),
	}
}
