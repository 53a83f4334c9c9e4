package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(carbonSchemeOf, identity.SchemeRegister)
	_ = register(methodologyOf, identity.MethodologyRegister)
	_ = register(scenarioOf, identity.ScenarioRegister)
	_ = register(exclusionImportOf, identity.ExclusionImport)
	_ = register(exclusionOf, identity.ExclusionCorrect)
)

// ListCarbonSchemes lists schemes.
func (s *Server) ListCarbonSchemes(ctx context.Context, r gen.ListCarbonSchemesRequestObject) (gen.ListCarbonSchemesResponseObject, error) {
	q := equal(app.Query{}, "region", r.Params.Region)
	rows, next, err := find(ctx, s, app.CarbonSchemes, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.Scheme) int64 { return c.ID })
	return gen.ListCarbonSchemes200JSONResponse{Items: convertAll(rows, carbonSchemeOf), Next: next}, err
}

func carbonSchemeOf(c carbon.Scheme) api.CarbonScheme {
	return api.CarbonScheme{
		ID: c.ID, Code: c.Code, Name: c.Name, Region: c.Region, Operator: c.Operator, SerialUnit: c.SerialUnit.String(), Salt: c.Salt,
		ValidFrom: c.ValidFrom.String(), ValidTo: dateOf(c.ValidTo), Source: c.Source,
	}
}

// RegisterCarbonScheme registers a scheme.
func (s *Server) RegisterCarbonScheme(ctx context.Context, r gen.RegisterCarbonSchemeRequestObject) (gen.RegisterCarbonSchemeResponseObject, error) {
	var in input
	c := app.SchemeRegister{
		Code: r.Body.Code, Name: r.Body.Name, Region: r.Body.Region, Operator: r.Body.Operator,
		SerialUnit: read(&in, "serial_unit", r.Body.SerialUnit, quantity.ParseReduction), Salt: r.Body.Salt,
		ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
		Source: r.Body.Source,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListMethodologies lists the versions of methodologies.
func (s *Server) ListMethodologies(ctx context.Context, r gen.ListMethodologiesRequestObject) (gen.ListMethodologiesResponseObject, error) {
	q := equal(app.Query{}, "code", r.Params.Code)
	rows, next, err := find(ctx, s, app.Methodologies, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(m carbon.Methodology) int64 { return m.ID })
	return gen.ListMethodologies200JSONResponse{Items: convertAll(rows, s.methodology), Next: next}, err
}

// GetMethodology shows a version of a methodology.
func (s *Server) GetMethodology(_ context.Context, r gen.GetMethodologyRequestObject) (gen.GetMethodologyResponseObject, error) {
	m, err := row(s, app.Methodologies, "id", r.ID)
	if err != nil {
		return nil, err
	}
	return gen.GetMethodology200JSONResponse(s.methodology(m)), nil
}

// methodology is a methodology with what it is made of, which lies in memory.
func (s *Server) methodology(m carbon.Methodology) api.Methodology {
	result := app.MethodologyResult{Methodology: m}
	for _, in := range app.ReadTable(s.app.Reference(), app.MethodologyInputs).All() {
		if in.Methodology == m.ID {
			result.Inputs = append(result.Inputs, in)
		}
	}
	for _, f := range app.ReadTable(s.app.Reference(), app.MethodologyFactors).All() {
		if f.Methodology == m.ID {
			result.Factors = append(result.Factors, f)
		}
	}
	return methodologyOf(result)
}

func methodologyOf(r app.MethodologyResult) api.Methodology {
	m := r.Methodology
	return api.Methodology{
		ID: m.ID, Code: m.Code, Version: m.Version, Name: m.Name, Formula: m.Formula, ResultUnit: api.MethodologyResultUnit(m.ResultUnit),
		RoundTo: m.RoundTo.String(), Rounding: api.CarbonRounding(m.Rounding), Most: m.Most.String(), Limits: optional(m.Limits),
		ValidFrom: m.ValidFrom.String(), ValidTo: dateOf(m.ValidTo), Source: m.Source,
		Inputs: convertAll(r.Inputs, func(in carbon.Input) api.MethodologyVariable {
			return api.MethodologyVariable{Name: in.Name, Unit: in.Unit, Least: in.Least.String(), Most: in.Most.String(), MostExcluded: &in.MostExcluded}
		}),
		Factors: convertAll(r.Factors, func(f carbon.Factor) api.MethodologyFactor {
			return api.MethodologyFactor{Name: f.Name, Unit: f.Unit, Value: f.Value, Source: f.Source}
		}),
	}
}

// RegisterMethodology registers a methodology or its next version.
func (s *Server) RegisterMethodology(ctx context.Context, r gen.RegisterMethodologyRequestObject) (gen.RegisterMethodologyResponseObject, error) {
	var in input
	c := app.MethodologyRegister{
		Code: r.Body.Code, Version: r.Body.Version, Name: r.Body.Name, Formula: r.Body.Formula, ResultUnit: string(r.Body.ResultUnit),
		RoundTo: read(&in, "round_to", r.Body.RoundTo, quantity.ParseReduction), Rounding: carbon.Rounding(r.Body.Rounding),
		Most: read(&in, "most", r.Body.Most, quantity.ParseReduction), Limits: deref(r.Body.Limits),
		ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
		Source: r.Body.Source,
	}
	for i, v := range r.Body.Inputs {
		at := "inputs/" + strconv.Itoa(i)
		c.Inputs = append(c.Inputs, carbon.Input{
			Name: v.Name, Unit: v.Unit, Least: read(&in, at+"/least", v.Least, quantity.ParseMeasure),
			Most: read(&in, at+"/most", v.Most, quantity.ParseMeasure), MostExcluded: deref(v.MostExcluded),
		})
	}
	for _, f := range r.Body.Factors {
		c.Factors = append(c.Factors, carbon.Factor{Name: f.Name, Unit: f.Unit, Value: f.Value, Source: f.Source})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListScenarios lists what schemes count.
func (s *Server) ListScenarios(ctx context.Context, r gen.ListScenariosRequestObject) (gen.ListScenariosResponseObject, error) {
	q := equal(app.Query{}, "scheme", r.Params.Scheme)
	rows, next, err := find(ctx, s, app.Scenarios, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.Scenario) int64 { return c.ID })
	return gen.ListScenarios200JSONResponse{Items: convertAll(rows, scenarioOf), Next: next}, err
}

func scenarioOf(c carbon.Scenario) api.Scenario {
	out := api.Scenario{
		ID: c.ID, Scheme: c.Scheme, Code: c.Code, Name: c.Name, Methodology: c.Methodology, ClaimFrom: c.ClaimFrom, ClaimTo: c.ClaimTo,
		PointsOf: optional(c.PointsOf), DataSource: optional(c.DataSource), ValidFrom: c.ValidFrom.String(), ValidTo: dateOf(c.ValidTo), Source: c.Source,
	}
	if c.DailyCap != 0 {
		out.DailyCap = new(c.DailyCap.String())
	}
	if c.PointsRate != 0 {
		out.PointsRate = new(c.PointsRate.String())
	}
	return out
}

// RegisterScenario registers a scenario, or changes it from a day on.
func (s *Server) RegisterScenario(ctx context.Context, r gen.RegisterScenarioRequestObject) (gen.RegisterScenarioResponseObject, error) {
	var in input
	c := app.ScenarioRegister{
		Scheme: r.Body.Scheme, Code: r.Body.Code, Name: r.Body.Name, Methodology: r.Body.Methodology,
		DailyCap:  readOptional(&in, "daily_cap", r.Body.DailyCap, parseCap),
		ClaimFrom: r.Body.ClaimFrom, ClaimTo: r.Body.ClaimTo,
		PointsRate: readOptional(&in, "points_rate", r.Body.PointsRate, quantity.ParseMeasure), PointsOf: deref(r.Body.PointsOf), DataSource: deref(r.Body.DataSource),
		ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
		Source: r.Body.Source,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// parseCap reads a daily cap. None is what is left out, so it is not 0.
func parseCap(field, text string) (quantity.Reduction, error) {
	c, err := quantity.ParseReduction(field, text)
	if err == nil && c == 0 {
		err = fault.Invalidf(field, "must be more than 0; where there is no cap it is left out")
	}
	return c, err
}

// ListExclusions lists what other registers count.
func (s *Server) ListExclusions(ctx context.Context, r gen.ListExclusionsRequestObject) (gen.ListExclusionsResponseObject, error) {
	if _, err := s.see(ctx, identity.ExclusionRead); err != nil {
		return nil, err
	}
	q := equal(equal(app.Query{}, "list", textOf(r.Params.List)), "identifier", r.Params.Identifier)
	rows, next, err := find(ctx, s, app.Exclusions, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(e carbon.Exclusion) int64 { return e.ID })
	return gen.ListExclusions200JSONResponse{Items: convertAll(rows, exclusionOf), Next: next}, err
}

func exclusionImportOf(r app.ExclusionResult) api.ExclusionImport {
	out := api.ExclusionImport{Added: r.Added, Known: r.Known}
	if len(r.Differing) > 0 {
		out.Differing = r.Differing
	}
	return out
}

func exclusionOf(e carbon.Exclusion) api.Exclusion {
	return api.Exclusion{
		ID: e.ID, List: api.ExclusionList(e.List), Identifier: e.Identifier, ValidFrom: e.ValidFrom.String(), ValidTo: dateOf(e.ValidTo), Source: e.Source,
		Region: optional(e.Region), Void: optional(e.Void), Document: optional(e.Document),
	}
}

// CorrectExclusion ends or corrects an entry.
func (s *Server) CorrectExclusion(ctx context.Context, r gen.CorrectExclusionRequestObject) (gen.CorrectExclusionResponseObject, error) {
	var in input
	c := app.ExclusionCorrect{
		Exclusion: r.ID, ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
		Void: deref(r.Body.Void), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// ImportExclusions imports entries of another register.
func (s *Server) ImportExclusions(ctx context.Context, r gen.ImportExclusionsRequestObject) (gen.ImportExclusionsResponseObject, error) {
	var in input
	c := app.ExclusionImport{Region: r.Body.Region, List: carbon.List(r.Body.List), Source: r.Body.Source}
	for i, e := range r.Body.Entries {
		at := "entries/" + strconv.Itoa(i)
		c.Entries = append(c.Entries, app.ExclusionEntry{
			Identifier: e.Identifier, ValidFrom: read(&in, at+"/valid_from", e.ValidFrom, calendar.ParseDate),
			ValidTo: readOptional(&in, at+"/valid_to", e.ValidTo, calendar.ParseDate),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}
