package httpapi

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/intake"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// GetReductions shows what participants reduced, by day, scenario and methodology.
// Days of few participants are shown within their month, where the period has all of it.
func (s *Server) GetReductions(ctx context.Context, r gen.GetReductionsRequestObject) (gen.GetReductionsResponseObject, error) {
	scheme, in, err := s.schemeIntake(r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	from, to, err := reportPeriod(r.Params.From, r.Params.To)
	if err != nil {
		return nil, err
	}
	totals, err := publishedTotals(ctx, in.Reader(), scheme.ID, from, to)
	if err != nil {
		return nil, err
	}
	report := gen.GetReductions200JSONResponse{Scheme: scheme.ID, From: from.String(), To: to.String(), Lines: []api.ReductionLine{}}
	var sum quantity.Reduction
	for _, t := range totals {
		sum += t.Amount
		report.Activities += t.Activities
		c, _ := app.ReadTable(s.app.Reference(), app.Scenarios).Get(t.Scenario)
		m, _ := app.ReadTable(s.app.Reference(), app.Methodologies).Get(t.Methodology)
		l := api.ReductionLine{
			Day: new(t.Day.String()), Scenario: t.Scenario, ScenarioCode: c.Code, Methodology: t.Methodology, MethodologyCode: m.Code,
			Amount: t.Amount.String(), Activities: t.Activities,
		}
		if t.OfMonth {
			l.Day, l.Month = nil, new(intake.MonthOf(t.Day).String())
		}
		report.Lines = append(report.Lines, l)
	}
	report.Amount = sum.String()
	return report, nil
}

// publishedTotals are a scheme's totals of a period that anybody may see.
func publishedTotals(ctx context.Context, r intake.Reader, scheme int64, from, to calendar.Date) (shown []intake.PublishedTotal, err error) {
	first, last := intake.MonthOf(from).First(), lastDayOf(intake.MonthOf(to))
	totals, err := r.TotalsOf(ctx, scheme, first, last)
	if err != nil {
		return nil, err
	}
	few, err := r.FewOn(ctx, scheme, first, last, intake.Fewest)
	if err != nil {
		return nil, err
	}
	for _, t := range intake.Published(totals, few) {
		end := t.Day
		if t.OfMonth {
			end = lastDayOf(intake.MonthOf(t.Day))
		}
		if t.Day >= from && end <= to {
			shown = append(shown, t)
		}
	}
	return shown, nil
}

func lastDayOf(m intake.Month) calendar.Date { return m.Next().First().AddDays(-1) }

// reportMonths are the most that a report by month is of.
const reportMonths = 12

// ListMonthlyReductions lists what participants reduced, by month, scheme,
// scenario and methodology. The cursor is the number of a line.
func (s *Server) ListMonthlyReductions(ctx context.Context, r gen.ListMonthlyReductionsRequestObject) (gen.ListMonthlyReductionsResponseObject, error) {
	var params input
	from, to := read(&params, "from", r.Params.From, intake.ParseMonth), read(&params, "to", r.Params.To, intake.ParseMonth)
	if err := params.err(); err != nil {
		return nil, err
	}
	last := from
	for range reportMonths - 1 {
		last = last.Next()
	}
	if to < from || to > last {
		return nil, fault.Invalidf("to", "must be from %s to %s", from, last)
	}
	schemes, err := s.schemesWhere(r.Params.Region, r.Params.Scheme)
	if err != nil {
		return nil, err
	}
	lines, err := s.monthLines(ctx, schemes, from, to)
	if err != nil {
		return nil, err
	}
	rows, next := pageOfRows(pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), lines, func(l api.MonthlyReduction) int64 { return l.ID })
	return gen.ListMonthlyReductions200JSONResponse{Items: rows, Next: next}, nil
}

// schemesWhere are the schemes of a region, or one, by id.
func (s *Server) schemesWhere(region *string, scheme *int64) (all []carbon.Scheme, err error) {
	if region != nil && !s.isRegion(*region) {
		return nil, fault.Invalidf("region", "there is no region %.20q", *region)
	}
	for id, c := range app.ReadTable(s.app.Reference(), app.CarbonSchemes).All() {
		if is(region, c.Region) && is(scheme, id) {
			all = append(all, c)
		}
	}
	return all, nil
}

// monthLine is what a line of the report by month is of.
type monthLine struct {
	month       intake.Month
	scheme      carbon.Scheme
	scenario    string
	methodology int64 // version
}

func (a monthLine) compare(b monthLine) int {
	return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.scheme.ID, b.scheme.ID), cmp.Compare(a.scenario, b.scenario), cmp.Compare(a.methodology, b.methodology))
}

// monthLines adds the totals of days up.
func (s *Server) monthLines(ctx context.Context, schemes []carbon.Scheme, from, to intake.Month) (lines []api.MonthlyReduction, err error) {
	in, err := s.intake()
	if err != nil {
		return nil, err
	}
	sums, names := map[monthLine]intake.Total{}, map[monthLine]string{}
	for _, scheme := range schemes {
		totals, err := in.Reader().TotalsOf(ctx, scheme.ID, from.First(), lastDayOf(to))
		if err != nil {
			return nil, err
		}
		for _, t := range totals {
			c, _ := app.ReadTable(s.app.Reference(), app.Scenarios).Get(t.Scenario)
			k := monthLine{intake.MonthOf(t.Day), scheme, c.Code, t.Methodology}
			sum := sums[k]
			sum.Amount += t.Amount
			sum.Activities += t.Activities
			sums[k], names[k] = sum, c.Name
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(sums), monthLine.compare) {
		m, _ := app.ReadTable(s.app.Reference(), app.Methodologies).Get(k.methodology)
		lines = append(lines, api.MonthlyReduction{
			ID: int64(len(lines) + 1), Month: k.month.String(), Region: k.scheme.Region, Scheme: k.scheme.Code, Scenario: k.scenario, ScenarioName: names[k],
			Methodology: m.Code, Version: m.Version, Amount: sums[k].Amount.String(), Activities: sums[k].Activities,
		})
	}
	return lines, nil
}

// ListCarbonTotals lists what each scheme has come to.
func (s *Server) ListCarbonTotals(ctx context.Context, r gen.ListCarbonTotalsRequestObject) (gen.ListCarbonTotalsResponseObject, error) {
	in, err := s.intake()
	if err != nil {
		return nil, err
	}
	schemes, err := s.schemesWhere(r.Params.Region, nil)
	if err != nil {
		return nil, err
	}
	schemes, next := pageOfRows(pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), schemes, func(c carbon.Scheme) int64 { return c.ID })
	out := gen.ListCarbonTotals200JSONResponse{Items: []api.CarbonTotal{}, Next: next}
	for _, c := range schemes {
		t := api.CarbonTotal{ID: c.ID, Scheme: c.Code, Name: c.Name, Region: c.Region}
		var reduced quantity.Reduction
		if reduced, t.Activities, err = in.Reader().SumOf(ctx, c.ID); err != nil {
			return nil, err
		}
		sums, err := s.creditsOf(ctx, c)
		if err != nil {
			return nil, err
		}
		t.Reduced, t.Issued, t.Retired, t.Expired = reduced.String(), sums[ledger.CreditsIssued].String(), sums[ledger.CreditsRetired].String(), sums[ledger.CreditsExpired].String()
		t.Recognised = s.recognisedBy(c).String()
		out.Items = append(out.Items, t)
	}
	return out, nil
}

// recognisedBy is how much of what a scheme has issued mirrors units of other schemes:
// what was revoked of it is no more, but for what is still owed.
func (s *Server) recognisedBy(c carbon.Scheme) quantity.Reduction {
	var units int64
	mirrors := map[int64]bool{}
	for id, i := range app.ReadTable(s.app.Reference(), app.Issuances).All() {
		if i.Scheme == c.ID && i.Origin != "" && i.FirstUnit != 0 {
			mirrors[id] = true
			units += i.Units - i.RevokedUnits
		}
	}
	for _, d := range app.ReadTable(s.app.Reference(), app.CreditDebts).All() {
		if mirrors[d.Issuance] {
			units += d.Left()
		}
	}
	return quantity.Reduction(units) * c.SerialUnit
}

// creditsOf is what the ledger has of all series of a scheme, by the kind of account.
func (s *Server) creditsOf(ctx context.Context, c carbon.Scheme) (map[ledger.Kind]quantity.Reduction, error) {
	sums := map[ledger.Kind]quantity.Reduction{}
	for _, series := range app.ReadTable(s.app.Reference(), app.CreditSeries).All() {
		if series.Scheme != c.ID {
			continue
		}
		var accounts []ledger.Account
		q := app.Where("region", c.Region).And("pollutant", app.Eq, series.Code).And("kind", app.In, []int64{int64(ledger.CreditsIssued), int64(ledger.CreditsRetired), int64(ledger.CreditsExpired)})
		if err := s.rows.Find(ctx, app.Accounts.Name(), q, &accounts); err != nil {
			return nil, err
		}
		for _, a := range accounts {
			b, _, err := get(ctx, s, app.Balances, int64(a.ID))
			if err != nil {
				return nil, err
			}
			sums[a.Kind] += quantity.Reduction(b.Balance)
		}
	}
	return sums, nil
}
