package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(creditProjectOf, identity.CreditProjectRegister)
	_ = register(issuanceOf, identity.CreditIssue, identity.CreditDeclare, identity.IssuanceStep)
	_ = register(revocationOf, identity.CreditRevoke)
	_ = register(creditTransferOf, identity.CreditTransfer)
	_ = register(certificateOfRetirement, identity.CreditRetire)
	_ = register(obligationOf, identity.ObligationRecord)
	_ = register(creditDebtOf, identity.CreditRepay)
)

// listCredits is a page of rows of a table that lists whose party or region the
// caller may see.
func listCredits[R any](ctx context.Context, s *Server, t app.Table[R], q app.Query, p page, id func(R) int64) ([]R, *api.ID, error) {
	may, err := s.see(ctx, identity.CreditRead)
	if err != nil {
		return nil, nil, err
	}
	return find(ctx, s, t, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, id)
}

// ofSchemes are the rows on the way to credits that the caller may see: whose party or region he
// may, and as the operator of a scheme those that name it.
func (s *Server) ofSchemes(ctx context.Context, op identity.Operation, q app.Query) ([]app.Query, error) {
	may, err := s.see(ctx, op)
	if err != nil {
		return nil, err
	}
	return alternatives(q, may.byScheme([]string{"party"}, []string{"region"})), nil
}

// ListCreditProjects lists projects.
func (s *Server) ListCreditProjects(ctx context.Context, r gen.ListCreditProjectsRequestObject) (gen.ListCreditProjectsResponseObject, error) {
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region), "scheme", r.Params.Scheme)
	own, err := s.ofSchemes(ctx, identity.IssuanceRead, q)
	if err != nil {
		return nil, err
	}
	rows, next, err := find(ctx, s, app.CreditProjects, own, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(p carbon.Project) int64 { return p.ID })
	return gen.ListCreditProjects200JSONResponse{Items: convertAll(rows, creditProjectOf), Next: next}, err
}

func creditProjectOf(p carbon.Project) api.CreditProject {
	return api.CreditProject{
		ID: p.ID, Scheme: p.Scheme, Code: p.Code, Name: p.Name, Methodology: p.Methodology, Party: p.Party, Region: p.Region,
		Identifier: p.Identifier, Document: p.Document,
	}
}

// RegisterCreditProject registers a project.
func (s *Server) RegisterCreditProject(ctx context.Context, r gen.RegisterCreditProjectRequestObject) (gen.RegisterCreditProjectResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.CreditProjectRegister{
		Scheme: r.Body.Scheme, Code: r.Body.Code, Name: r.Body.Name, Methodology: r.Body.Methodology, Party: r.Body.Party,
		Identifier: r.Body.Identifier, Document: r.Body.Document,
	})
}

// ListIssuances lists issuances.
func (s *Server) ListIssuances(ctx context.Context, r gen.ListIssuancesRequestObject) (gen.ListIssuancesResponseObject, error) {
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region), "scheme", r.Params.Scheme)
	own, err := s.ofSchemes(ctx, identity.IssuanceRead, equal(q, "state", textOf(r.Params.State)))
	if err != nil {
		return nil, err
	}
	rows, next, err := find(ctx, s, app.Issuances, own, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(i carbon.Issuance) int64 { return i.ID })
	return gen.ListIssuances200JSONResponse{Items: convertAll(rows, s.issuance), Next: next}, err
}

// GetIssuance shows an issuance.
func (s *Server) GetIssuance(ctx context.Context, r gen.GetIssuanceRequestObject) (gen.GetIssuanceResponseObject, error) {
	may, err := s.see(ctx, identity.IssuanceRead)
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
	return gen.GetIssuance200JSONResponse(s.issuance(i)), nil
}

// issuance is an issuance with its serial numbers.
func (s *Server) issuance(i carbon.Issuance) api.Issuance {
	r := app.IssuanceResult{Issuance: i}
	if i.FirstUnit != 0 {
		r.Serial = s.serial(i, i.FirstUnit, i.LastUnit)
	}
	return issuanceOf(r)
}

func (s *Server) serial(i carbon.Issuance, first, last int64) string {
	scheme, _ := app.ReadTable(s.app.Reference(), app.CarbonSchemes).Get(i.Scheme)
	return i.Serial(scheme.Code, first, last)
}

func issuanceOf(r app.IssuanceResult) api.Issuance {
	i := r.Issuance
	return api.Issuance{
		ID: i.ID, Scheme: i.Scheme, Methodology: i.Methodology, Project: optional(i.Project), Source: i.Source, Vintage: i.Vintage,
		PeriodFrom: i.PeriodFrom.String(), PeriodTo: i.PeriodTo.String(), Party: i.Party, Region: i.Region, Reduced: i.Reduced.String(),
		Units: i.Units, RevokedUnits: i.RevokedUnits, ExpiredUnits: optional(i.ExpiredUnits), Serial: optional(r.Serial), EvidenceDigest: i.EvidenceDigest, Items: i.Items,
		Sample: optional(i.Sample), Outbox: optional(i.Outbox), Intake: optional(i.Intake), Origin: optional(i.Origin), State: api.IssuanceState(i.State), Document: optional(i.Document),
		DeclaredAt: i.DeclaredAt.String(), IssuedAt: instantOf(i.IssuedAt),
	}
}

// DeclareReductions declares what a project has reduced.
func (s *Server) DeclareReductions(ctx context.Context, r gen.DeclareReductionsRequestObject) (gen.DeclareReductionsResponseObject, error) {
	var in input
	c := app.CreditDeclare{
		Project: r.Body.Project, PeriodFrom: read(&in, "period_from", r.Body.PeriodFrom, calendar.ParseDate),
		PeriodTo: read(&in, "period_to", r.Body.PeriodTo, calendar.ParseDate), EvidenceDigest: r.Body.EvidenceDigest, Items: r.Body.Items,
	}
	for i, v := range r.Body.Values {
		c.Values = append(c.Values, carbon.Value{
			Name: v.Name, Unit: deref(v.Unit), Amount: read(&in, "values/"+strconv.Itoa(i)+"/amount", v.Amount, quantity.ParseMeasure),
		})
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// IssuePool brings a pooled month.
func (s *Server) IssuePool(ctx context.Context, r gen.IssuePoolRequestObject) (gen.IssuePoolResponseObject, error) {
	var in input
	c := app.CreditIssue{
		Scheme: r.Body.Scheme, Methodology: r.Body.Methodology, Month: read(&in, "month", r.Body.Month, calendar.ParseDate), Units: r.Body.Units,
		EvidenceDigest: r.Body.EvidenceDigest, Items: r.Body.Items, Outbox: r.Body.Outbox, Intake: deref(r.Body.Intake),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// StepIssuance takes a step of an issuance. Before units are issued it is asked,
// beside the writer, whether what they are of is counted elsewhere.
func (s *Server) StepIssuance(ctx context.Context, r gen.StepIssuanceRequestObject) (gen.StepIssuanceResponseObject, error) {
	c := app.IssuanceStep{Issuance: r.ID, Event: carbon.IssuanceEvent(r.Body.Event), Document: deref(r.Body.Document), Failed: deref(r.Body.Failed)}
	i, known := app.ReadTable(s.app.Reference(), app.Issuances).Get(r.ID)
	if known && c.Event == carbon.Issue && app.MayIssue(callOf(ctx).actor, i) { // another is refused by the writer
		var err error
		if c.ListsAsked, err = s.countedElsewhere(callOf(ctx).ctx, i); err != nil { //nolint:contextcheck // the request's own
			return nil, err
		}
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// countedElsewhere asks lists for what a pool of the own intake counts, and the
// intake for a project's plant. A registry without an intake has nothing in it.
func (s *Server) countedElsewhere(ctx context.Context, i carbon.Issuance) (listsAsked int64, err error) {
	in, err := s.intake()
	switch {
	case i.FromIntake() && err == nil:
		return app.AskLists(ctx, in, s.rows, i)
	case i.FromIntake():
		return 0, err
	case i.Project != 0 && err == nil:
		return 0, app.AskActivities(ctx, in, s.app.Reference(), i)
	}
	return 0, nil
}

// RevokeCredits revokes units of an issuance.
func (s *Server) RevokeCredits(ctx context.Context, r gen.RevokeCreditsRequestObject) (gen.RevokeCreditsResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.CreditRevoke{Issuance: r.ID, Units: r.Body.Units, Document: r.Body.Document})
}

func revocationOf(r app.RevocationResult) api.Revocation {
	out := api.Revocation{Issuance: issuanceOf(app.IssuanceResult{Issuance: r.Issuance}), Revoked: r.Revoked}
	if r.Debt.ID != 0 {
		out.Debt = new(creditDebtOf(r.Debt))
	}
	if len(r.Cancelled) > 0 {
		out.Cancelled = r.Cancelled
	}
	return out
}

// ListCreditSeries lists series.
func (s *Server) ListCreditSeries(ctx context.Context, r gen.ListCreditSeriesRequestObject) (gen.ListCreditSeriesResponseObject, error) {
	q := equal(app.Query{}, "scheme", r.Params.Scheme)
	rows, next, err := find(ctx, s, app.CreditSeries, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.Series) int64 { return c.ID })
	return gen.ListCreditSeries200JSONResponse{Items: convertAll(rows, func(c carbon.Series) api.CreditSeries {
		return api.CreditSeries{ID: c.ID, Code: c.Code, Scheme: c.Scheme, Vintage: c.Vintage, ValidTo: dateOf(c.ValidTo)}
	}), Next: next}, err
}

// ListCredits lists who holds which units.
func (s *Server) ListCredits(ctx context.Context, r gen.ListCreditsRequestObject) (gen.ListCreditsResponseObject, error) {
	q := equal(equal(equal(app.Query{}, "party", r.Params.Party), "series", r.Params.Series), "issuance", r.Params.Issuance)
	rows, next, err := listCredits(ctx, s, app.CreditRanges, equal(q, "state", textOf(r.Params.State)),
		pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(c carbon.Range) int64 { return c.ID })
	return gen.ListCredits200JSONResponse{Items: convertAll(rows, s.creditRange), Next: next}, err
}

func (s *Server) creditRange(c carbon.Range) api.CreditRange {
	i, _ := app.ReadTable(s.app.Reference(), app.Issuances).Get(c.Issuance)
	series, _ := app.ReadTable(s.app.Reference(), app.CreditSeries).Get(c.Series)
	return api.CreditRange{
		ID: c.ID, Serial: s.serial(i, c.FirstUnit, c.LastUnit), Origin: optional(i.Origin), Issuance: c.Issuance, Series: series.Code, Units: c.Units(), Party: c.Party, Region: c.Region,
		State: api.RangeState(c.State), Retirement: optional(c.Retirement), Offer: optional(c.Offer), Mirror: optional(c.Mirror), ValidTo: dateOf(series.ValidTo), ExpiredOn: dateOf(c.ExpiredOn),
	}
}

func (s *Server) series(id int64) string {
	c, _ := app.ReadTable(s.app.Reference(), app.CreditSeries).Get(id)
	return c.Code
}

// TransferCredits gives units to another party.
func (s *Server) TransferCredits(ctx context.Context, r gen.TransferCreditsRequestObject) (gen.TransferCreditsResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.CreditTransfer{
		Party: r.Body.Party, Series: r.Body.Series, To: r.Body.To, Units: r.Body.Units, Document: r.Body.Document,
	})
}

func creditTransferOf(r app.CreditResult) api.CreditTransfer {
	return api.CreditTransfer{Series: r.Series.Code, Units: r.Units, Serials: r.Serials}
}

// ListRetirements lists credits that were used for good.
func (s *Server) ListRetirements(ctx context.Context, r gen.ListRetirementsRequestObject) (gen.ListRetirementsResponseObject, error) {
	q := equal(equal(app.Query{}, "party", r.Params.Party), "series", r.Params.Series)
	rows, next, err := find(ctx, s, app.Retirements, []app.Query{q}, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(c carbon.Retirement) int64 { return c.ID })
	return gen.ListRetirements200JSONResponse{Items: convertAll(rows, func(c carbon.Retirement) api.Retirement {
		return retirementOf(c, s.series(c.Series))
	}), Next: next}, err
}

func retirementOf(c carbon.Retirement, series string) api.Retirement {
	return api.Retirement{
		ID: c.ID, Party: c.Party, Series: series, Units: c.Units, Amount: c.Amount.String(), Purpose: api.RetirementPurpose(c.Purpose),
		Beneficiary: c.Beneficiary, Occasion: c.Occasion, Obligation: optional(c.Obligation), RetiredAt: c.RetiredAt.String(),
	}
}

// GetRetirement shows the certificate of a retirement.
func (s *Server) GetRetirement(ctx context.Context, r gen.GetRetirementRequestObject) (gen.GetRetirementResponseObject, error) {
	c, err := s.app.Retirement(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	out, err := printedRetirement(c)
	if err != nil {
		return nil, err
	}
	if may, err := s.see(ctx, identity.CreditRead); err == nil && may.has(c.Retirement.Party, c.Retirement.Region) {
		if keys := s.codeKeys(ctx); len(keys) > 0 {
			out.Code = new(keys[0].Code(out.Number))
		}
	}
	return gen.GetRetirement200JSONResponse(out), nil
}

// CheckRetirement tells anybody what was retired, and whether a code is that of
// its certificate.
func (s *Server) CheckRetirement(ctx context.Context, r gen.CheckRetirementRequestObject) (gen.CheckRetirementResponseObject, error) {
	c, err := s.app.RetirementOf(ctx, r.Body.Number)
	if f, ok := fault.As(err); ok {
		return nil, f.At("number")
	}
	if err != nil {
		return nil, err
	}
	out, err := printedRetirement(c)
	return gen.CheckRetirement200JSONResponse{
		Certificate: out, Code: api.CodeOutcome(encumbrance.CheckCode(s.codeKeys(ctx), out.Number, deref(r.Body.Code))),
	}, err
}

func certificateOfRetirement(r app.RetirementResult) api.RetirementCertificate {
	out := api.RetirementCertificate{
		Number: app.RetirementNumber(r.Retirement), Retirement: retirementOf(r.Retirement, r.Series), Serials: r.Serials, JournalNumber: r.Retirement.Command,
	}
	if len(r.Origins) > 0 {
		out.Origins = r.Origins
	}
	return out
}

// retirementContent is what a certificate of a retirement certifies. Its digest
// is taken over it as JSON, as certificateContent's is.
type retirementContent struct {
	Amount        string   `json:"amount"`
	Beneficiary   string   `json:"beneficiary"`
	JournalHash   string   `json:"journal_hash"`
	JournalNumber int64    `json:"journal_number"`
	Number        string   `json:"number"`
	Obligation    int64    `json:"obligation,omitempty"`
	Occasion      string   `json:"occasion"`
	Origins       []string `json:"origins,omitempty"`
	Party         int64    `json:"party"`
	Purpose       string   `json:"purpose"`
	RetiredAt     string   `json:"retired_at"`
	Serials       []string `json:"serials"`
	Series        string   `json:"series"`
	Units         int64    `json:"units"`
}

// printedRetirement is a certificate with what the journal knows of it.
func printedRetirement(c app.RetirementCertificate) (api.RetirementCertificate, error) {
	out, r := certificateOfRetirement(c.RetirementResult), c.Retirement
	content, err := canonical(retirementContent{
		Amount: r.Amount.String(), Beneficiary: r.Beneficiary, JournalHash: hashOf(c.Made.Hash), JournalNumber: r.Command, Number: out.Number, Obligation: r.Obligation,
		Occasion: r.Occasion, Origins: c.Origins, Party: r.Party, Purpose: string(r.Purpose), RetiredAt: r.RetiredAt.String(), Serials: c.Serials, Series: c.Series, Units: r.Units,
	})
	digest := sha256.Sum256(content)
	out.JournalHash, out.Content, out.Digest = new(hashOf(c.Made.Hash)), new(string(content)), new(hex.EncodeToString(digest[:]))
	return out, err
}

// RetireCredits uses units for good.
func (s *Server) RetireCredits(ctx context.Context, r gen.RetireCreditsRequestObject) (gen.RetireCreditsResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.CreditRetire{
		Party: r.Body.Party, Series: r.Body.Series, Units: r.Body.Units, Purpose: carbon.Purpose(r.Body.Purpose), Beneficiary: r.Body.Beneficiary,
		Occasion: r.Body.Occasion, Obligation: deref(r.Body.Obligation),
	})
}

// ListCarbonObligations lists what firms must surrender.
func (s *Server) ListCarbonObligations(ctx context.Context, r gen.ListCarbonObligationsRequestObject) (gen.ListCarbonObligationsResponseObject, error) {
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	rows, next, err := listCredits(ctx, s, app.CarbonDuties, q, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst),
		func(o carbon.Obligation) int64 { return o.ID })
	return gen.ListCarbonObligations200JSONResponse{Items: convertAll(rows, obligationOf), Next: next}, err
}

func obligationOf(o carbon.Obligation) api.CarbonObligation {
	return api.CarbonObligation{
		ID: o.ID, Party: o.Party, Region: o.Region, Year: o.Year, Amount: o.Amount.String(), Share: o.Share.String(), Outside: o.Outside.String(),
		Used: o.Used.String(), UsedOutside: o.UsedOutside.String(), Document: o.Document,
	}
}

// RecordCarbonObligation records what a firm must surrender.
func (s *Server) RecordCarbonObligation(ctx context.Context, r gen.RecordCarbonObligationRequestObject) (gen.RecordCarbonObligationResponseObject, error) {
	var in input
	c := app.ObligationRecord{
		Party: r.Body.Party, Year: r.Body.Year, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseReduction), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListCreditDebts lists what is owed.
func (s *Server) ListCreditDebts(ctx context.Context, r gen.ListCreditDebtsRequestObject) (gen.ListCreditDebtsResponseObject, error) {
	q := equal(equal(app.Query{}, "party", r.Params.Party), "region", r.Params.Region)
	own, err := s.ofSchemes(ctx, identity.CreditDebtRead, q)
	if err != nil {
		return nil, err
	}
	rows, next, err := find(ctx, s, app.CreditDebts, own, pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst), func(d carbon.Debt) int64 { return d.ID })
	return gen.ListCreditDebts200JSONResponse{Items: convertAll(rows, creditDebtOf), Next: next}, err
}

func creditDebtOf(d carbon.Debt) api.CreditDebt {
	return api.CreditDebt{
		ID: d.ID, Issuance: d.Issuance, Scheme: d.Scheme, Party: d.Party, Region: d.Region, Units: d.Units, Settled: d.Settled, Document: d.Document,
	}
}

// RepayCredits gives units up for those that are owed.
func (s *Server) RepayCredits(ctx context.Context, r gen.RepayCreditsRequestObject) (gen.RepayCreditsResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.CreditRepay{Debt: r.ID, Series: r.Body.Series, Units: r.Body.Units})
}
