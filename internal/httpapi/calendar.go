package httpapi

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

var _ = register(func(r app.YearResult) api.CalendarYear { return yearWithDays(r.Year, r.Days) }, identity.YearPublish)

// PublishCalendarYear enters the notice of a year.
func (s *Server) PublishCalendarYear(ctx context.Context, r gen.PublishCalendarYearRequestObject) (gen.PublishCalendarYearResponseObject, error) {
	var in input
	c := app.YearPublish{Year: int32(r.Body.Year), Source: r.Body.Source} //nolint:gosec // 1900 to 2199
	for i, d := range r.Body.Days {
		c.Days = append(c.Days, app.YearDay{
			On: read(&in, "days/"+strconv.Itoa(i)+"/on", d.On, calendar.ParseDate), Working: d.Working, Note: deref(d.Note), Source: deref(d.Source),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListCalendarYears lists the years of the working calendar, without their days.
func (s *Server) ListCalendarYears(_ context.Context, r gen.ListCalendarYearsRequestObject) (gen.ListCalendarYearsResponseObject, error) {
	rows, next := published(s, app.Years, pageOf(r.Params.Limit, r.Params.After), func(calendar.Year) bool { return true })
	return gen.ListCalendarYears200JSONResponse{Items: convertAll(rows, yearOf), Next: next}, nil
}

// GetCalendarYear shows a year with the days that differ from Monday to Friday.
func (s *Server) GetCalendarYear(_ context.Context, r gen.GetCalendarYearRequestObject) (gen.GetCalendarYearResponseObject, error) {
	y, err := first(s, app.Years, "year", strconv.Itoa(r.Year), func(y calendar.Year) bool { return int(y.Year) == r.Year })
	if err != nil {
		return nil, err
	}
	var days []calendar.Day
	for _, d := range app.ReadTable(s.app.Reference(), app.Days).All() {
		if d.On.Year() == r.Year {
			days = append(days, d)
		}
	}
	return gen.GetCalendarYear200JSONResponse(yearWithDays(y, days)), nil
}

func yearOf(y calendar.Year) api.CalendarYear {
	return api.CalendarYear{ID: y.ID, Year: int(y.Year), Published: y.Published, Source: y.Source}
}

func yearWithDays(y calendar.Year, days []calendar.Day) api.CalendarYear {
	out := yearOf(y)
	slices.SortFunc(days, func(a, b calendar.Day) int { return cmp.Compare(a.On, b.On) })
	out.Days = convertAll(days, func(d calendar.Day) api.CalendarDay {
		return api.CalendarDay{On: d.On.String(), Working: d.Working, Note: optional(d.Note), Source: optional(d.Source)}
	})
	return out
}
