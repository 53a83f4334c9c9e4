package httpapi

import (
	"context"
	"slices"
	"strings"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

var (
	_ = register(func(r app.AttainmentResult) api.Attainment { return attainmentOf(r.Attainment) }, identity.AttainmentSet)
	_ = register(pairOf, identity.PairAdd)
)

// RecordAttainment records whether a region met its target.
func (s *Server) RecordAttainment(ctx context.Context, r gen.RecordAttainmentRequestObject) (gen.RecordAttainmentResponseObject, error) {
	return s.create(ctx, r.Params.IdempotencyKey, app.AttainmentSet{
		Region: r.Body.Region, Pollutant: r.Body.Pollutant, Year: int32(r.Body.Year), //nolint:gosec // 1900 to 2199
		Attained: r.Body.Attained, Document: r.Body.Document,
	})
}

// CreateRegionPair lets two regions deal with each other.
func (s *Server) CreateRegionPair(ctx context.Context, r gen.CreateRegionPairRequestObject) (gen.CreateRegionPairResponseObject, error) {
	var in input
	b := r.Body
	c := app.PairAdd{
		Pollutant: b.Pollutant, SellerRegion: b.SellerRegion, BuyerRegion: b.BuyerRegion, Document: b.Document,
		Coefficient: read(&in, "coefficient", b.Coefficient, quantity.ParseRatio), SellerBureau: slices.Contains(b.Approvals, api.ApproverSellerBureau),
		BuyerBureau: slices.Contains(b.Approvals, api.ApproverBuyerBureau), Upper: slices.Contains(b.Approvals, api.ApproverUpper),
		ValidFrom: read(&in, "valid_from", b.ValidFrom, calendar.ParseDate), ValidTo: readOptional(&in, "valid_to", b.ValidTo, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// ListRegions lists the regions that keep a basic account.
func (s *Server) ListRegions(_ context.Context, r gen.ListRegionsRequestObject) (gen.ListRegionsResponseObject, error) {
	rows, next := published(s, app.Regions, pageOf(r.Params.Limit, r.Params.After), func(row catalog.Region) bool {
		return is(r.Params.Parent, row.Parent) && is(r.Params.Level, api.RegionLevel(row.Level))
	})
	return gen.ListRegions200JSONResponse{Items: convertAll(rows, regionOf), Next: next}, nil
}

// GetRegion shows a region.
func (s *Server) GetRegion(_ context.Context, r gen.GetRegionRequestObject) (gen.GetRegionResponseObject, error) {
	region, err := s.region("code", r.Code)
	if err != nil {
		return nil, err
	}
	return gen.GetRegion200JSONResponse(regionOf(region)), nil
}

func regionOf(r catalog.Region) api.Region {
	return api.Region{
		Code: r.Code, Name: r.Name, Level: api.RegionLevel(r.Level), Parent: optional(r.Parent),
		ValidFrom: dateOf(r.ValidFrom), ValidTo: dateOf(r.ValidTo), Source: r.Source,
	}
}

// ListPollutants lists what permits exist for.
func (s *Server) ListPollutants(_ context.Context, r gen.ListPollutantsRequestObject) (gen.ListPollutantsResponseObject, error) {
	rows, next := published(s, app.Pollutants, pageOf(r.Params.Limit, r.Params.After), func(catalog.Pollutant) bool { return true })
	return gen.ListPollutants200JSONResponse{Items: convertAll(rows, pollutantOf), Next: next}, nil
}

func pollutantOf(p catalog.Pollutant) api.Pollutant {
	return api.Pollutant{
		Code: p.Code, Name: p.Name, ReportingCode: p.ReportingCode, Medium: api.Medium(p.Medium), Unit: api.Unit(p.Unit),
		Decimals: int(p.Decimals), ValidFrom: dateOf(p.ValidFrom), ValidTo: dateOf(p.ValidTo), Source: p.Source,
	}
}

// ListAttainments lists which regions met their targets.
func (s *Server) ListAttainments(_ context.Context, r gen.ListAttainmentsRequestObject) (gen.ListAttainmentsResponseObject, error) {
	rows, next := published(s, app.Attainments, pageOf(r.Params.Limit, r.Params.After), func(a settlement.Attainment) bool {
		return is(r.Params.Region, a.Region) && is(r.Params.Pollutant, a.Pollutant) && is(r.Params.Year, int(a.Year))
	})
	return gen.ListAttainments200JSONResponse{Items: convertAll(rows, attainmentOf), Next: next}, nil
}

func attainmentOf(a settlement.Attainment) api.Attainment {
	return api.Attainment{
		ID: a.ID, Region: a.Region, Pollutant: a.Pollutant, Year: int(a.Year), Attained: a.Attained, Document: a.Document,
	}
}

// ListRegionPairs lists which regions may deal with each other.
func (s *Server) ListRegionPairs(_ context.Context, r gen.ListRegionPairsRequestObject) (gen.ListRegionPairsResponseObject, error) {
	rows, next := published(s, app.Pairs, pageOf(r.Params.Limit, r.Params.After), func(p settlement.Pair) bool {
		return is(r.Params.Pollutant, p.Pollutant) && (is(r.Params.Region, p.SellerRegion) || is(r.Params.Region, p.BuyerRegion))
	})
	return gen.ListRegionPairs200JSONResponse{Items: convertAll(rows, pairOf), Next: next}, nil
}

func pairOf(p settlement.Pair) api.RegionPair {
	out := api.RegionPair{
		ID: p.ID, Pollutant: p.Pollutant, SellerRegion: p.SellerRegion, BuyerRegion: p.BuyerRegion, Coefficient: p.Coefficient.String(),
		Approvals: []api.Approver{}, Document: p.Document, ValidFrom: p.ValidFrom.String(), ValidTo: dateOf(p.ValidTo),
	}
	for _, a := range []struct {
		needed bool
		by     api.Approver
	}{{p.SellerBureau, api.ApproverSellerBureau}, {p.BuyerBureau, api.ApproverBuyerBureau}, {p.Upper, api.ApproverUpper}} {
		if a.needed {
			out.Approvals = append(out.Approvals, a.by)
		}
	}
	return out
}

// basicAccountTries bounds how often a basic account is read again because an
// account was opened meanwhile.
const basicAccountTries = 3

// ListBasicAccounts shows a region's basic account, one row a pollutant.
func (s *Server) ListBasicAccounts(ctx context.Context, r gen.ListBasicAccountsRequestObject) (gen.ListBasicAccountsResponseObject, error) {
	if _, err := s.region("code", r.Code); err != nil {
		return nil, err
	}
	var sums []partsOf
	for range basicAccountTries {
		var err error
		if sums, err = s.basicAccounts(ctx, r.Code, r.Params.Pollutant); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(sums, partsOf.differ) {
			break
		}
	}
	return gen.ListBasicAccounts200JSONResponse{Items: convertAll(sums, func(p partsOf) api.BasicAccount {
		return p.shown(r.Code)
	})}, nil
}

// partsOf are the parts of a basic account for one pollutant.
type partsOf struct {
	pollutant string
	atoms     [ledger.Retired + 1]int64 // by kind
}

// differ reports whether the cap is not the sum of the other parts.
func (p partsOf) differ() bool {
	return p.atoms[ledger.Cap] != p.atoms[ledger.Unallocated]+p.atoms[ledger.Reserve]+p.atoms[ledger.Holding]+
		p.atoms[ledger.InTransit]+p.atoms[ledger.Retired]
}

func (p partsOf) shown(region string) api.BasicAccount {
	of := func(k ledger.Kind) string { return quantity.Quantity(p.atoms[k]).String() }
	return api.BasicAccount{
		Region: region, Pollutant: p.pollutant, Cap: of(ledger.Cap), Unallocated: of(ledger.Unallocated), Reserve: of(ledger.Reserve),
		Holdings: of(ledger.Holding), InTransit: of(ledger.InTransit), Retired: of(ledger.Retired),
	}
}

func (s *Server) basicAccounts(ctx context.Context, region string, pollutant *string) ([]partsOf, error) {
	q := app.Where("region", region).And("kind", app.Le, int64(ledger.Retired)) // permits; credits have a region too
	if pollutant != nil {
		q = q.And("pollutant", app.Eq, *pollutant)
	}
	var accounts []ledger.Account
	if err := s.rows.Find(ctx, app.Accounts.Name(), q, &accounts); err != nil {
		return nil, err
	}
	balances, err := s.balancesOf(ctx, accounts)
	if err != nil {
		return nil, err
	}
	sums := map[string]*partsOf{}
	for _, a := range accounts {
		if sums[a.Pollutant] == nil {
			sums[a.Pollutant] = &partsOf{pollutant: a.Pollutant}
		}
		sums[a.Pollutant].atoms[a.Kind] += balances[a.ID].Balance
	}
	out := make([]partsOf, 0, len(sums))
	for _, p := range sums {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(a, b partsOf) int { return strings.Compare(a.pollutant, b.pollutant) })
	return out, nil
}
