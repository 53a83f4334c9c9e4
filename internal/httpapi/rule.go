package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

var (
	_ = register(func(r app.FactResult) api.Fact {
		f := factOf(r.Fact)
		f.Cancelled = r.Cancelled
		return f
	}, identity.FactRecord)
	_ = register(zoneRuleOf, identity.ZoneRuleSet)
	_ = register(parameterOf, identity.ParameterSet)
)

// ListRules lists the rules and parameters of a day.
func (s *Server) ListRules(ctx context.Context, r gen.ListRulesRequestObject) (gen.ListRulesResponseObject, error) {
	var in input
	on := readOptional(&in, "as_of", r.Params.AsOf, calendar.ParseDate)
	if on == 0 {
		on = s.app.Now().Date()
	}
	s.awaitEnd(ctx, &in, on)
	if err := in.err(); err != nil {
		return nil, err
	}
	rules, parameters := s.app.RulesOn(on)
	return gen.ListRules200JSONResponse{
		AsOf: on.String(), Items: convertAll(rules, ruleOf), Parameters: convertAll(parameters, parameterOf),
		Provisions: convertAll(rulebook.Provisions(), provisionOf),
	}, nil
}

func ruleOf(r *rulebook.Rule) api.Rule {
	return api.Rule{
		ID: r.ID, Title: r.Title, Citation: r.Citation, Words: optional(r.Words), Unread: optional(r.Unread), Reading: r.Reading, Default: optional(r.Default),
		ValidFrom: r.From.String(), ValidTo: dateOf(r.To), Needs: r.Needs,
		Parameters: convertAll(r.Keys, func(k rulebook.Key) api.ParameterKey { return api.ParameterKey(k) }),
		Actions:    convertAll(r.Actions, func(a rulebook.Action) api.RuleAction { return api.RuleAction(a) }),
	}
}

func provisionOf(p rulebook.Provision) api.Provision {
	return api.Provision{ID: p.ID, Refusals: convertAll(p.Refusals, func(r rulebook.Refusal) api.ProvisionRefusal {
		return api.ProvisionRefusal{Code: r.Code, Says: r.Says, Citation: r.Citation}
	})}
}

// ListParameters lists the rows of parameters, of all days.
func (s *Server) ListParameters(_ context.Context, r gen.ListParametersRequestObject) (gen.ListParametersResponseObject, error) {
	rows, next := published(s, app.Parameters, pageOf(r.Params.Limit, r.Params.After), func(p rulebook.Parameter) bool {
		return is(r.Params.Key, api.ParameterKey(p.Key)) && is(r.Params.Region, p.Region) && is(r.Params.Pollutant, p.Pollutant)
	})
	return gen.ListParameters200JSONResponse{Items: convertAll(rows, parameterOf), Next: next}, nil
}

func parameterOf(p rulebook.Parameter) api.Parameter {
	return api.Parameter{
		ID: p.ID, Key: api.ParameterKey(p.Key), Region: optional(p.Region), Pollutant: optional(p.Pollutant), Industry: optional(p.Industry),
		Value: p.Value, ValidFrom: p.ValidFrom.String(), ValidTo: dateOf(p.ValidTo), Document: p.Document, Words: optional(p.Words),
	}
}

// SetParameter sets a parameter from a day on.
func (s *Server) SetParameter(ctx context.Context, r gen.SetParameterRequestObject) (gen.SetParameterResponseObject, error) {
	var in input
	b := r.Body
	c := app.ParameterSet{
		Key: rulebook.Key(b.Key), Region: deref(b.Region), Pollutant: deref(b.Pollutant), Industry: deref(b.Industry), Value: b.Value,
		ValidFrom: read(&in, "valid_from", b.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", b.ValidTo, calendar.ParseDate),
		Document: b.Document, Words: deref(b.Words),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListZoneRules lists the admission lists of zones.
func (s *Server) ListZoneRules(_ context.Context, r gen.ListZoneRulesRequestObject) (gen.ListZoneRulesResponseObject, error) {
	rows, next := published(s, app.ZoneRules, pageOf(r.Params.Limit, r.Params.After), func(z rulebook.ZoneRule) bool {
		return is(r.Params.Zone, z.Zone) && is(r.Params.Region, z.Region)
	})
	return gen.ListZoneRules200JSONResponse{Items: convertAll(rows, zoneRuleOf), Next: next}, nil
}

func zoneRuleOf(z rulebook.ZoneRule) api.ZoneRule {
	return api.ZoneRule{
		ID: z.ID, Zone: z.Zone, Region: z.Region, Industry: z.Industry, Forbidden: z.Forbidden,
		ValidFrom: z.ValidFrom.String(), ValidTo: dateOf(z.ValidTo), Document: z.Document,
	}
}

// SetZoneRule says whether a zone admits an industry.
func (s *Server) SetZoneRule(ctx context.Context, r gen.SetZoneRuleRequestObject) (gen.SetZoneRuleResponseObject, error) {
	var in input
	c := app.ZoneRuleSet{
		Zone: r.Body.Zone, Region: r.Body.Region, Industry: r.Body.Industry, Forbidden: r.Body.Forbidden,
		ValidFrom: read(&in, "valid_from", r.Body.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", r.Body.ValidTo, calendar.ParseDate),
		Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListFacts lists the facts that the caller may see.
func (s *Server) ListFacts(ctx context.Context, r gen.ListFactsRequestObject) (gen.ListFactsResponseObject, error) {
	may, err := s.see(ctx, identity.FactRead)
	if err != nil {
		return nil, err
	}
	p := r.Params
	rows, next := published(s, app.Facts, pageOf(p.Limit, p.After), func(f rulebook.Fact) bool {
		return is(p.Kind, api.FactKind(f.Kind)) && is(p.Party, f.Party) && is(p.Licence, f.Licence) && is(p.Region, f.Region) && may.has(f.Party, f.Region)
	})
	return gen.ListFacts200JSONResponse{Items: convertAll(rows, factOf), Next: next}, nil
}

func factOf(f rulebook.Fact) api.Fact {
	return api.Fact{
		ID: f.ID, Kind: api.FactKind(f.Kind), Region: f.Region, Party: optional(f.Party), Licence: optional(f.Licence),
		Pollutant: optional(f.Pollutant), Value: f.Value, ValidFrom: f.ValidFrom.String(), ValidTo: dateOf(f.ValidTo),
		Document: f.Document, RecordedAt: instantOf(f.RecordedAt),
	}
}

// RecordFact records a fact.
func (s *Server) RecordFact(ctx context.Context, r gen.RecordFactRequestObject) (gen.RecordFactResponseObject, error) {
	var in input
	b := r.Body
	c := app.FactRecord{
		Kind: rulebook.Kind(b.Kind), Licence: deref(b.Licence), Party: deref(b.Party), Region: deref(b.Region), Pollutant: deref(b.Pollutant),
		Value: b.Value, Document: b.Document,
		ValidFrom: read(&in, "valid_from", b.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", b.ValidTo, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// AskEligibility says what the rules say of permits that would change hands.
func (s *Server) AskEligibility(ctx context.Context, r gen.AskEligibilityRequestObject) (gen.AskEligibilityResponseObject, error) {
	var in input
	b := r.Body
	q := app.Question{
		Action: rulebook.Action(b.Action), Instrument: b.Instrument, Seller: deref(b.SellerLicence), Buyer: deref(b.BuyerLicence), Market: deref(b.Market), Project: deref(b.Project), ExistingUnit: deref(b.ExistingUnit), Listing: deref(b.Listing),
		Quantity: readOptional(&in, "quantity", b.Quantity, quantity.ParseQuantity), Need: readOptional(&in, "need", b.Need, quantity.ParseQuantity),
		Months: deref(b.Months), Value: readOptional(&in, "value", b.Value, quantity.ParseMoney), Loan: readOptional(&in, "loan", b.Loan, quantity.ParseMoney),
		Party: deref(b.Party),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	e, err := s.app.Eligibility(ctx, callOf(ctx).actor, q)
	if err != nil {
		return nil, err
	}
	return gen.AskEligibility200JSONResponse(eligibilityOf(q, e)), nil
}

func eligibilityOf(q app.Question, e app.Eligibility) api.Eligibility {
	out := api.Eligibility{
		Allowed: e.Allowed, AsOf: e.On.String(), Action: api.RuleAction(q.Action), Quantity: quantityOf(e.Quantity), Need: quantityOf(e.Need), Bought: quantityOf(e.Bought), Open: quantityOf(e.Open),
		FeeExemptBy: optional(e.FeeExemptBy), OffsetRatio: optional(e.Ratio.Value), RatioDocument: optional(e.Ratio.Document),
		Required: quantityOf(e.Required), Supported: quantityOf(e.Supported),
		Opinions: convertAll(e.Opinions, opinionOf),
		Obstacles: convertAll(e.Obstacles, func(f *fault.Error) api.EligibilityObstacle {
			return api.EligibilityObstacle{Code: f.Code, Detail: f.Detail}
		}),
	}
	if l := e.Simplified; l.Most > 0 {
		out.Simplified = &api.SimplifiedLimit{Most: l.Most.String(), Taken: l.Taken.String(), Left: l.Left().String(), Document: e.SimplifiedSource}
	}
	return out
}

func opinionOf(o rulebook.Opinion) api.RuleOpinion {
	out := api.RuleOpinion{Rule: o.Rule.ID, Title: o.Rule.Title, Citation: o.Rule.Citation, Outcome: api.RuleOutcome(o.Outcome), Says: o.Says}
	if o.Fault != nil {
		out.Code = &o.Fault.Code
	}
	return out
}

// quantityOf writes an optional quantity.
func quantityOf(q quantity.Quantity) *string {
	if q == 0 {
		return nil
	}
	return new(q.String())
}
