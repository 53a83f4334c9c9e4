package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
)

// The registry that is measured: one region, one market, one instrument. The
// even firms buy and the odd ones sell, all with more than any load can use up.
const (
	benchRegion    = "330421"
	benchPollutant = "VOCs"
	benchMarket    = "BENCH-VOCS"
	benchCap       = "1000000000"   // t/a
	benchHolding   = "1000000"      // t/a of each seller
	benchMoney     = "100000000000" // CNY of each buyer
	benchLot       = "0.0001"       // t/a
	benchDocument  = "permitx bench"
	benchTermYears = 4 // until the end of the instrument and of the licences
	benchSeeders   = 32
)

// benchFirm is a party with its licence and its user's key.
type benchFirm struct {
	sells   bool
	party   api.ID
	licence api.ID
	key     string
	funds   api.ID // account; 0 where it was not asked for
	deposit api.ID // account; 0 as well
}

// benchSite is a server with the registry that is measured.
type benchSite struct {
	server     *benchServer
	adminKey   string
	instrument string
	officer    string // key of finance and leader of the bureau
	second     string // key of who approves what the officer proposes
	firms      []benchFirm
}

// prepareSite starts a server and sets its registry up.
func (b *benchRun) prepareSite(ctx context.Context, place string, args ...string) error {
	b.progress("setting up: %s", place)
	s, err := b.openSite(ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", place, err)
	}
	b.sites[place] = s
	if place == onNothing { // its queries find nothing
		return nil
	}
	if err := s.openDeposits(ctx); err != nil {
		return err
	}
	return s.findMoney(ctx)
}

func (b *benchRun) openSite(ctx context.Context, args ...string) (*benchSite, error) {
	server, err := startBenchServer(ctx, b.dir, b.command.Profile != "", args...)
	if err != nil {
		return nil, err
	}
	s := &benchSite{server: server, adminKey: server.key, firms: make([]benchFirm, benchMany)}
	if err := s.seed(ctx); err != nil {
		return nil, fmt.Errorf("set the registry up: %w", joinStop(err, server))
	}
	return s, nil
}

func joinStop(err error, s *benchServer) error {
	if stop := s.stop(); stop != nil {
		return fmt.Errorf("%w; %w", err, stop)
	}
	return err
}

// seed makes the registry through the API.
func (s *benchSite) seed(ctx context.Context) error {
	client, err := s.as(s.adminKey)
	if err != nil {
		return err
	}
	admin := &remote{client}
	if s.officer, err = newBenchUser(ctx, admin, "Officer", api.GrantInput{Role: api.RoleBureauLeader}, api.GrantInput{Role: api.RoleFinance}); err != nil {
		return err
	}
	if s.second, err = newBenchUser(ctx, admin, "Second officer", api.GrantInput{Role: api.RoleBureauLeader}); err != nil {
		return err
	}
	seeder, err := s.seeder(ctx)
	if err != nil {
		return err
	}
	if err := seeder.market(); err != nil {
		return err
	}
	return inParallel(len(s.firms), seeder.firm)
}

// as is a client of whom a key belongs to.
func (s *benchSite) as(key string) (*api.ClientWithResponses, error) {
	return api.NewBearerClient("http://"+s.server.address, key)
}

// seeder makes further records of a site that has its officers.
func (s *benchSite) seeder(ctx context.Context) (*benchSeeder, error) {
	var clients [3]*api.ClientWithResponses
	for i, key := range []string{s.adminKey, s.officer, s.second} {
		var err error
		if clients[i], err = s.as(key); err != nil {
			return nil, err
		}
	}
	today := calendar.InstantOf(time.Now()).Date()
	return &benchSeeder{
		ctx: ctx, admin: &remote{clients[0]}, officer: clients[1], approver: clients[2], site: s, today: today,
		end: calendar.NewDate(today.Year()+benchTermYears, time.December, 31),
	}, nil
}

// newBenchUser makes a person with roles and returns his key.
func newBenchUser(ctx context.Context, admin *remote, name string, roles ...api.GrantInput) (string, error) {
	person, err := admin.addPerson(ctx, name)
	if err != nil {
		return "", err
	}
	for _, role := range roles {
		role.Person = person.ID
		if _, err := admin.addGrant(ctx, role); err != nil {
			return "", err
		}
	}
	_, key, err := admin.makeKey(ctx, api.KeyInput{Person: person.ID, Label: benchDocument})
	return key, err
}

// benchSeeder makes the records of a site.
type benchSeeder struct {
	ctx      context.Context //nolint:containedctx // of the one call that makes the records
	admin    *remote
	officer  *api.ClientWithResponses
	approver *api.ClientWithResponses // of what two must decide
	site     *benchSite
	today    calendar.Date
	end      calendar.Date
}

// market makes cap, instrument and market.
func (s *benchSeeder) market() error {
	if _, err := approved[api.CapDecision](s.ctx, s.approver)(read(s.officer.DecideCap(s.ctx, &api.DecideCapParams{IdempotencyKey: commandKey()}, api.CapDecisionInput{
		Region: benchRegion, Pollutant: benchPollutant, Change: benchCap, Document: benchDocument, DecidedOn: s.today.String(),
	}))); err != nil {
		return err
	}
	instrument, err := answer[api.Instrument](read(s.officer.CreateInstrument(s.ctx, &api.CreateInstrumentParams{IdempotencyKey: commandKey()},
		api.InstrumentInput{Pollutant: new(benchPollutant), TermEnd: new(s.end.String())})))
	if err != nil {
		return err
	}
	s.site.instrument = instrument.Code
	_, err = answer[api.Market](read(s.admin.CreateMarket(s.ctx, &api.CreateMarketParams{IdempotencyKey: commandKey()}, api.MarketInput{
		Code: benchMarket, Name: benchDocument, Pollutant: new(benchPollutant), Regions: []string{benchRegion}, LotSize: benchLot, Tick: "1",
		PriceBasis: api.PriceBasisPerYear, ValidFrom: s.today.String(),
	})))
	return err
}

// firm makes the i-th firm and what it trades.
func (s *benchSeeder) firm(i int) error {
	f, err := s.member(i)
	s.site.firms[i] = f
	if err != nil || !f.sells {
		return err
	}
	return s.permits(f.licence)
}

// member makes the i-th party with its licence, its user and its money.
func (s *benchSeeder) member(i int) (benchFirm, error) {
	f := benchFirm{sells: i%2 == 1}
	uscc := benchUSCC(i)
	party, err := answer[api.Party](read(s.officer.CreateParty(s.ctx, &api.CreatePartyParams{IdempotencyKey: commandKey()}, api.PartyInput{
		Name: "Firm " + strconv.Itoa(i+1), USCC: uscc, Region: benchRegion, Industry: "2319",
	})))
	if err != nil {
		return f, err
	}
	licence, err := answer[api.Licence](read(s.officer.CreateLicence(s.ctx, &api.CreateLicenceParams{IdempotencyKey: commandKey()}, api.LicenceInput{
		Party: party.ID, Number: uscc + "001P", Kind: api.LicenceKindLicence, Site: "Works", Region: benchRegion,
		ValidFrom: s.today.String(), ValidTo: s.end.String(),
	})))
	if err != nil {
		return f, err
	}
	f.party, f.licence = party.ID, licence.ID
	if f.key, err = newBenchUser(s.ctx, s.admin, party.Name, api.GrantInput{Role: api.RoleEnterprise, Party: &party.ID}); err != nil {
		return f, err
	}
	_, err = answer[api.Deposit](read(s.officer.ConfirmDeposit(s.ctx, &api.ConfirmDepositParams{IdempotencyKey: commandKey()}, api.DepositInput{
		Party: party.ID, Amount: benchMoney, BankReference: "bench-" + strconv.Itoa(i), ReceivedOn: s.today.String(),
	})))
	return f, err
}

// reserve moves a part of the cap into the reserve, out of which auctions sell.
func (s *benchSeeder) reserve() error {
	_, err := approved[api.ReserveMovement](s.ctx, s.approver)(read(s.officer.MoveReserve(s.ctx, &api.MoveReserveParams{IdempotencyKey: commandKey()}, api.ReserveMovementInput{
		Region: benchRegion, Pollutant: benchPollutant, Quantity: windowCapMoved, Direction: api.ReserveDirectionToReserve, Document: benchDocument,
	})))
	return err
}

// permits gives a licence permits that it may sell.
func (s *benchSeeder) permits(licence api.ID) error {
	price := "2000"
	if _, err := approved[api.Allocation](s.ctx, s.approver)(read(s.officer.AllocatePermits(s.ctx, &api.AllocatePermitsParams{IdempotencyKey: commandKey()}, api.AllocationInput{
		Licence: licence, Instrument: s.site.instrument, Kind: api.AllocationKindInitial, From: api.CapPartUnallocated, Origin: api.OriginPaid,
		Quantity: benchHolding, Price: &price, AcquiredOn: s.today.String(), Document: benchDocument,
	}))); err != nil {
		return err
	}
	noYear := "the bench records no discharge"
	_, err := answer[api.SurplusVerification](read(s.officer.VerifySurplus(s.ctx, &api.VerifySurplusParams{IdempotencyKey: commandKey()}, api.SurplusVerificationInput{
		Licence: licence, Pollutant: benchPollutant, Quantity: benchHolding, Rung: api.VerificationRungLicenceAmount,
		Monitored: true, TaskDone: true, VerifiedOn: s.today.String(), Document: benchDocument, NoYear: &noYear,
	})))
	return err
}

// benchUSCC is the i-th made-up unified social credit code. Its check digit is
// found by trying.
func benchUSCC(i int) string {
	for _, check := range "0123456789ABCDEFGHJKLMNPQRTUWXY" {
		code := fmt.Sprintf("91%s%09d%c", benchRegion, i, check)
		if _, err := catalog.CheckUSCC("uscc", code); err == nil {
			return code
		}
	}
	panic("bench: a code without a check digit")
}

// inParallel calls do with 0 to n-1, several at a time, until one fails.
func inParallel(n int, do func(i int) error) error {
	var group sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, benchSeeders)
	for range benchSeeders {
		group.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
	for i := 0; i < n && err == nil; i++ {
		select {
		case next <- i:
		case err = <-failed:
		}
	}
	close(next)
	group.Wait()
	if err == nil && len(failed) > 0 {
		err = <-failed
	}
	return err
}
