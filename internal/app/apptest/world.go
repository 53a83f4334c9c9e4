// Package apptest tests a registry as a whole, on any store: a small world of
// regions, firms and money made by real commands, a conformance suite, and a
// model that random commands are compared with.
package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// Start is the world's first instant: Wednesday 1 July 2026, 09:30 in Jiaxing.
var Start = calendar.NewDate(2026, 7, 1).Start() + 9*3600*1_000_000 + 1800*1_000_000

// Clock is a clock that tests move.
type Clock struct{ now atomic.Int64 }

// Now gives the clock's instant; each look moves it by a microsecond.
func (c *Clock) Now() calendar.Instant { return calendar.Instant(c.now.Add(1)) }

// Set moves the clock.
func (c *Clock) Set(at calendar.Instant) { c.now.Store(int64(at)) }

// Encode is an app.Encoder that writes results as plain JSON.
func Encode(result any, refusal *fault.Error) (int, []byte) {
	if refusal != nil {
		status := http.StatusUnprocessableEntity
		if refusal.Kind == fault.Internal {
			status = http.StatusInternalServerError
		}
		return status, []byte(strconv.Quote(refusal.Code))
	}
	status := http.StatusCreated
	switch r := result.(type) {
	case app.Proposed:
		status = http.StatusAccepted
	case app.ProposalResult:
		result = r.Result
	}
	b, err := json.Marshal(result)
	if err != nil {
		panic(err)
	}
	return status, b
}

// Firm is an enterprise with a licence.
type Firm struct {
	Person  int64
	Party   int64
	Licence catalog.Licence
}

// World is a registry with people in it.
type World struct {
	T     testing.TB
	App   *app.App
	Clock *Clock

	Admin, Leader, Finance, Upper, Auditor int64
	Second                                 int64 // approves what the others propose
	Market                                 string
	Instrument                             catalog.Instrument
	Firms                                  []Firm

	keys atomic.Int64
}

// Open starts an app on a store and closes it after the test.
func Open(tb testing.TB, store app.Store, clock *Clock, change ...func(*app.Config)) *app.App {
	tb.Helper()
	c := app.Config{
		Store: store, Clock: clock.Now, Encode: Encode, Build: "test", Log: slog.New(slog.NewTextHandler(tb.Output(), nil)),
		Seals: app.NewMemoryKeys(),
	}
	for _, f := range change {
		f(&c)
	}
	a, err := app.Open(context.Background(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { a.Close() })
	return a
}

// Regions of the world: a market spans the first three.
const (
	Jiashan  = "330421"
	Qingpu   = "310118"
	Wujiang  = "320509"
	Guangde  = "341882"
	Nanhu    = "330402"
	VOCs     = "VOCs"
	approval = "project default"
)

// NewWorld makes officers, a VOCs market over three regions, and firms, each
// with a licence in one of the regions in turn. Caps are 1,000 t/a a region,
// half of it in reserve.
func NewWorld(tb testing.TB, store app.Store, firms int) *World {
	tb.Helper()
	clock := &Clock{}
	clock.Set(Start)
	w := &World{T: tb, Clock: clock, App: Open(tb, store, clock), Market: "YRD-VOCS"}
	w.people()
	regions := []string{Jiashan, Qingpu, Wujiang}
	for _, region := range append(regions, Guangde, Nanhu) {
		w.Must(w.Leader, app.CapDecide{Region: region, Pollutant: VOCs, Change: 1000 * quantity.OneQuantity, Document: "cap", DecidedOn: 20260101})
		w.Must(w.Leader, app.ReserveMove{Region: region, Pollutant: VOCs, Direction: "to_reserve", Quantity: 500 * quantity.OneQuantity, Document: "reserve"})
	}
	w.Instrument = Result[catalog.Instrument](w, w.Admin, app.InstrumentAdd{Pollutant: VOCs, TermEnd: 20310630})
	w.Must(w.Admin, app.MarketOpen{
		Code: w.Market, Name: "长三角VOCs", Pollutant: VOCs, Regions: regions, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, Approval: approval, ValidFrom: 20260101,
	})
	for i := range firms {
		w.Firms = append(w.Firms, w.NewFirm(i, regions[i%len(regions)]))
	}
	return w
}

func (w *World) people() {
	w.T.Helper()
	a, err := w.App.DoSystem(context.Background(), "bootstrap", app.Bootstrap{
		Name: "admin", Label: "first", Hash: identity.HashSecret("px_admin"), Prefix: "px_admi",
	})
	w.ok(a, err)
	var first app.BootstrapResult
	w.decode(a, &first)
	w.Admin = first.Person.ID
	w.Leader = w.Person("leader", app.GrantAdd{Role: identity.BureauLeader})
	w.Finance = w.Person("finance", app.GrantAdd{Role: identity.Finance})
	w.Upper = w.Person("upper", app.GrantAdd{Role: identity.Upper})
	w.Auditor = w.Person("auditor", app.GrantAdd{Role: identity.Auditor})
	w.Second = w.Person("second", app.GrantAdd{Role: identity.BureauLeader})
	for _, role := range []identity.Role{identity.Upper, identity.Finance} {
		w.Must(w.Admin, app.GrantAdd{Person: w.Second, Role: role})
	}
}

// Person makes a person with a role.
func (w *World) Person(name string, grant app.GrantAdd) int64 {
	w.T.Helper()
	p := Result[catalog.Person](w, w.Admin, app.PersonAdd{Name: name})
	grant.Person = p.ID
	w.Must(w.Admin, grant)
	return p.ID
}

// NewFirm makes a firm with a licence in a region.
func (w *World) NewFirm(i int, region string) Firm {
	w.T.Helper()
	uscc := USCC(region, i)
	p := Result[app.PartyResult](w, w.Leader, app.PartyRegister{Name: fmt.Sprintf("firm %d", i), USCC: uscc, Region: region, Industry: "2319"}).Party
	l := Result[app.LicenceResult](w, w.Leader, app.LicenceRegister{
		Party: p.ID, Number: uscc + "001P", Kind: catalog.KindLicence, Site: "site", Region: region, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	person := w.Person(p.Name, app.GrantAdd{Role: identity.Enterprise, Party: p.ID, Signer: true})
	return Firm{Person: person, Party: p.ID, Licence: l}
}

// Project registers and approves a project of a firm that needs VOCs.
func (w *World) Project(f Firm, need quantity.Quantity, ratio quantity.Ratio) int64 {
	w.T.Helper()
	clerk := w.Person("clerk", app.GrantAdd{Role: identity.BureauClerk})
	p := Result[app.ProjectResult](w, clerk, app.ProjectRegister{
		EIA: w.key("eia"), Name: "line", Kind: permit.Expanded, Licence: f.Licence.ID, Industry: "2319",
		Needs: []app.ProjectNeed{{Pollutant: VOCs, Need: need}},
	}).Project.ID
	w.Must(w.Leader, app.ProjectStep{
		Project: p, Event: permit.Approve, Document: approval, Needs: []app.ProjectNeed{{Pollutant: VOCs, Ratio: ratio, Basis: approval}},
	})
	return p
}

// Fund pays money in for a firm.
func (w *World) Fund(f Firm, amount quantity.Money) {
	w.T.Helper()
	w.Must(w.Finance, app.DepositConfirm{
		Party: f.Party, Amount: amount, BankReference: w.key("bank"), ReceivedOn: 20260701,
	})
}

// Grant allocates paid permits to a firm and verifies them as surplus.
func (w *World) Grant(f Firm, q, surplus quantity.Quantity, price quantity.Price) {
	w.T.Helper()
	w.Must(w.Leader, app.Allocate{
		Kind: "initial", Licence: f.Licence.ID, Instrument: w.Instrument.Code, Part: "unallocated", Origin: ledger.Paid, Quantity: q,
		Price: price, PriceKnown: true, AcquiredOn: 20260701, Document: "allocation",
	})
	if surplus > 0 {
		w.Must(w.Leader, app.SurplusVerify{
			Licence: f.Licence.ID, Pollutant: VOCs, Quantity: surplus, Document: "surplus", Rung: "licence_amount", Monitored: true, TaskDone: true,
			VerifiedOn: 20260701, NoYear: "no records yet",
		})
	}
}

func (w *World) key(kind string) string { return kind + "-" + strconv.FormatInt(w.keys.Add(1), 10) }

// Do sends a command with a fresh key. What a second person must approve the
// second approves.
func (w *World) Do(person int64, c app.Command) (app.Answer, error) {
	a, err := w.Send(person, c)
	if err != nil || a.Status != http.StatusAccepted {
		return a, err
	}
	var p app.Proposed
	if err := json.Unmarshal(a.Body, &p); err != nil {
		return a, err
	}
	return w.Send(w.Second, app.ProposalApprove{Proposal: p.Proposal.ID, EffectsDigest: p.Proposal.EffectsDigest})
}

// Send sends a command with a fresh key.
func (w *World) Send(person int64, c app.Command) (app.Answer, error) {
	return w.App.Do(context.Background(), identity.Actor{Person: person}, w.key("k"), c)
}

// Must sends a command that must succeed.
func (w *World) Must(person int64, c app.Command) app.Answer {
	w.T.Helper()
	a, err := w.Do(person, c)
	if err != nil || a.Status >= http.StatusBadRequest {
		w.T.Fatalf("%T: status %d, %s, %v", c, a.Status, a.Body, err)
	}
	return a
}

// Refused sends a command and returns the code of its refusal, "" if it was done.
func (w *World) Refused(person int64, c app.Command) string {
	w.T.Helper()
	a, err := w.Do(person, c)
	return Code(w.T, a, err)
}

// Code is the code of a refusal, "" for a command that was done.
func Code(tb testing.TB, a app.Answer, err error) string {
	tb.Helper()
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	if err != nil {
		tb.Fatal(err)
	}
	if a.Status < http.StatusBadRequest {
		return ""
	}
	code, err := strconv.Unquote(string(a.Body))
	if err != nil {
		tb.Fatalf("refusal %q: %v", a.Body, err)
	}
	return code
}

func (w *World) ok(a app.Answer, err error) {
	w.T.Helper()
	if code := Code(w.T, a, err); code != "" {
		w.T.Fatal(code)
	}
}

func (w *World) decode(a app.Answer, into any) {
	w.T.Helper()
	if err := json.Unmarshal(a.Body, into); err != nil {
		w.T.Fatal(err)
	}
}

// Result sends a command that must succeed and returns its result.
func Result[R any](w *World, person int64, c app.Command) R {
	w.T.Helper()
	var r R
	w.decode(w.Must(person, c), &r)
	return r
}

// Snapshotter is a store that can be read at one moment.
type Snapshotter interface {
	Snapshot(ctx context.Context) (r app.Reader, registry app.Registry, end func(), err error)
}

// Check runs permitx check on the world's store and fails on any violation.
func Check(tb testing.TB, s Snapshotter) {
	tb.Helper()
	for _, v := range Violations(tb, s) {
		tb.Error(v)
	}
}

// Violations are what permitx check finds.
func Violations(tb testing.TB, s Snapshotter) []app.Violation {
	tb.Helper()
	r, registry, end, err := s.Snapshot(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	defer end()
	found, err := app.Check(context.Background(), r, registry)
	if err != nil {
		tb.Fatal(errors.Join(err))
	}
	return found
}

// USCC is a synthetic unified social credit code with a valid check digit.
func USCC(region string, n int) string {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	body := fmt.Sprintf("91%sMA%07d", region, n)
	sum, weight := 0, 1
	for _, c := range body {
		for v, a := range alphabet {
			if a == c {
				sum += v * weight
			}
		}
		weight = weight * 3 % 31
	}
	return body + string(alphabet[(31-sum%31)%31])
}

// Trade lets a seller offer two tons of which the buyer takes one.
func (w *World) Trade(seller, buyer Firm) {
	w.T.Helper()
	w.Must(seller.Person, w.sell(seller, 2*ton, 2400))
	w.Must(buyer.Person, w.buy(buyer, ton, 2500))
	w.Must(buyer.Person, w.buy(buyer, ton, 2000))
}

// Rest enters n buy orders of all firms in turn, each a command of its own;
// none trades.
func (w *World) Rest(n int) {
	w.T.Helper()
	const callers = 256
	var wg sync.WaitGroup
	for c := range callers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := c; i < n; i += callers {
				f := w.Firms[i%len(w.Firms)]
				if a, err := w.Do(f.Person, w.buy(f, 100, int64(1+i%1900))); err != nil || a.Status >= http.StatusBadRequest {
					w.T.Errorf("order %d: %s, %v", i, a.Body, err)
					return
				}
			}
		}()
	}
	wg.Wait()
}
