package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"permitx"
	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/httpapi"
	"permitx/internal/identity"
	"permitx/internal/intake"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
	"permitx/internal/store"
	"permitx/internal/store/storetest"
)

// firm is an enterprise with a licence, and a user with a key.
type firm struct {
	party, licence int64
	key            string
}

// world is a registry that is served: officers, three firms and a market.
// Every exchange is compared with the contract.
type world struct {
	t      testing.TB
	app    *app.App
	api    *httpapi.Server
	server *httptest.Server
	clock  *apptest.Clock
	intake *store.IntakeStore
	taking *intake.Intake // its writer
	file   string         // of the database
	beside string         // of the intake's
	logged logBook        // all that it has logged
	runs   app.Config     // what it is opened with, and
	served httpapi.Config // … served with
	serial atomic.Int64

	admin                                    int64
	clerk                                    string // key, once one is needed
	adminKey, leader, finance, auditor, west string // keys; west leads Qingpu only
	second                                   string // key of who approves what officers propose
	otherAdmin                               int64  // 0: the first one decides alone
	firms                                    []firm
	bankParties                              [2]int64
	bankKeys                                 [2]string // of their officers
}

const (
	marketCode     = "YRD-VOCS"
	instrumentCode = "VOCs-20310630"
)

// open serves a world on a database of its own.
func open(tb testing.TB, change ...func(*httpapi.Config)) *world {
	tb.Helper()
	url := storetest.SQLite(tb)
	w := serve(tb, storetest.Open(tb, url), change...)
	w.file = url
	return w
}

// serve serves a world on a store.
func serve(tb testing.TB, st app.Store, change ...func(*httpapi.Config)) *world {
	tb.Helper()
	return serveObserved(tb, st, nil, change...)
}

func serveObserved(tb testing.TB, st app.Store, observe app.Observer, change ...func(*httpapi.Config)) *world {
	tb.Helper()
	w := &world{t: tb, clock: &apptest.Clock{}}
	w.clock.Set(apptest.Start)
	log := slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}), slog.NewTextHandler(&w.logged, &slog.HandlerOptions{Level: slog.LevelDebug}),
	))
	w.runs = app.Config{Store: st, Clock: w.clock.Now, Encode: httpapi.Encode, Build: "test", Log: log, Observe: observe, Seals: app.NewMemoryKeys()}
	w.open()
	w.served = httpapi.Config{Log: log, Version: "test", Intake: w.openIntake(log), CodeKeys: testCodeKeys}
	for _, f := range change {
		f(&w.served)
	}
	w.answer()
	tb.Cleanup(w.stop)
	w.people()
	w.market()
	for i, region := range []string{apptest.Jiashan, apptest.Jiashan, apptest.Qingpu} {
		w.firms = append(w.firms, w.newFirm(i, region))
	}
	return w
}

// logBook keeps what is logged, by whomever.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps a line.
func (l *logBook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

// String is all that was logged so far.
func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (w *world) open() {
	w.t.Helper()
	var err error
	if w.app, err = app.Open(w.t.Context(), w.runs); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) answer() {
	w.t.Helper()
	c := w.served
	c.App = w.app
	var err error
	if w.api, err = httpapi.New(c); err != nil {
		w.t.Fatal(err)
	}
	w.server = httptest.NewServer(w.api.Handler())
}

func (w *world) stop() {
	w.api.Close()
	w.server.Close()
	w.app.Close()
}

// downUntil stops the server and starts it again later.
func (w *world) downUntil(at calendar.Instant) {
	w.t.Helper()
	w.stop()
	w.clock.Set(at)
	w.open()
	w.answer()
}

// openIntake gives the world an intake of its own, on SQLite.
func (w *world) openIntake(log *slog.Logger) *intake.Intake {
	w.t.Helper()
	w.beside = dbtest.File(w.t, "intake", func(path string) error {
		_, err := store.MigrateIntake(w.t.Context(), path)
		return err
	})
	keep, err := store.OpenIntake(w.t.Context(), w.beside, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	salt := func(carbon.Scheme) ([]byte, error) { return []byte("salt"), nil }
	in, err := intake.Open(w.t.Context(), intake.Config{Store: keep, Register: w.app.IntakeRegister(salt), Clock: w.clock.Now, Log: log})
	if err != nil {
		w.t.Fatal(err)
	}
	w.intake, w.taking = keep, in
	w.t.Cleanup(func() {
		in.Close()
		keep.Close()
	})
	return in
}

func (w *world) people() {
	w.t.Helper()
	w.adminKey = "px_admin_admin_admin_0"
	a, err := w.app.DoSystem(w.t.Context(), "bootstrap", app.Bootstrap{
		Name: "admin", Label: "first", Hash: identity.HashSecret(w.adminKey), Prefix: "px_admi",
	})
	w.mustDone(a, err)
	w.admin = lastID(w, app.Persons)
	w.leader = w.person("leader", app.GrantAdd{Role: identity.BureauLeader})
	w.finance = w.person("finance", app.GrantAdd{Role: identity.Finance})
	w.auditor = w.person("auditor", app.GrantAdd{Role: identity.Auditor})
	w.second = w.person("approver", app.GrantAdd{Role: identity.BureauLeader})
	for _, role := range []identity.Role{identity.Upper, identity.Finance} {
		w.must(w.admin, app.GrantAdd{Person: w.personOf(w.second), Role: role})
	}
	w.west = w.person("west", app.GrantAdd{Role: identity.BureauLeader, Region: apptest.Qingpu})
}

func (w *world) market() {
	w.t.Helper()
	leader := w.personOf(w.leader)
	regions := []string{apptest.Jiashan, apptest.Qingpu}
	for _, r := range regions {
		w.must(leader, app.CapDecide{Region: r, Pollutant: apptest.VOCs, Change: 1000 * quantity.OneQuantity, Document: "cap", DecidedOn: 20260101})
	}
	w.must(w.admin, app.InstrumentAdd{Pollutant: apptest.VOCs, TermEnd: 20310630})
	w.must(w.admin, app.MarketOpen{
		Code: marketCode, Name: "长三角VOCs", Pollutant: apptest.VOCs, Regions: regions, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, Approval: "standing approval", ValidFrom: 20260101,
	})
}

// newFirm makes a firm with money and 100 t/a of permits, all of it surplus.
func (w *world) newFirm(i int, region string) firm {
	w.t.Helper()
	leader := w.personOf(w.leader)
	uscc := apptest.USCC(region, i)
	w.must(leader, app.PartyRegister{Name: fmt.Sprintf("firm %d", i), USCC: uscc, Region: region, Industry: "2319", SignerLimit: 1_000_000 * quantity.OneMoney})
	f := firm{party: lastID(w, app.Parties)}
	w.must(leader, app.LicenceRegister{
		Party: f.party, Number: uscc + "001P", Kind: catalog.KindLicence, Site: "site", Region: region, ValidFrom: 20260101, ValidTo: 20310630,
	})
	f.licence = lastID(w, app.Licences)
	f.key = w.person(fmt.Sprintf("user%d", i), app.GrantAdd{Role: identity.Enterprise, Party: f.party, Signer: true})
	w.must(w.personOf(w.finance), app.DepositConfirm{
		Party: f.party, Amount: 10_000_000 * quantity.OneMoney, BankReference: w.next("bank"), ReceivedOn: 20260701,
	})
	w.must(w.personOf(w.finance), app.PayeeRegister{Party: f.party, Account: "6222", Document: "opening permit of the account"})
	w.must(leader, app.Allocate{
		Kind: "initial", Licence: f.licence, Instrument: instrumentCode, Part: "unallocated", Origin: ledger.Paid, Quantity: 100 * quantity.OneQuantity,
		Price: 2000 * quantity.OnePrice, PriceKnown: true, AcquiredOn: 20200101, Document: "allocation",
	})
	w.must(leader, app.SurplusVerify{
		Licence: f.licence, Pollutant: apptest.VOCs, Quantity: 100 * quantity.OneQuantity, Document: "surplus", Rung: "licence_amount",
		Monitored: true, TaskDone: true, VerifiedOn: 20260701, NoYear: "no records yet",
	})
	return f
}

// projectOf registers and approves a project of a firm that needs VOCs.
func (w *world) projectOf(f firm) int64 {
	w.t.Helper()
	if w.clerk == "" {
		w.clerk = w.person("clerk", app.GrantAdd{Role: identity.BureauClerk})
	}
	w.must(w.personOf(w.clerk), app.ProjectRegister{
		EIA: w.next("eia"), Name: "涂装线", Kind: permit.Expanded, Licence: f.licence, Industry: "2319",
		Needs: []app.ProjectNeed{{Pollutant: apptest.VOCs, Need: 100 * quantity.OneQuantity}},
	})
	project := lastID(w, app.Projects)
	w.must(w.personOf(w.leader), app.ProjectStep{Project: project, Event: permit.Approve, Document: "d", Needs: []app.ProjectNeed{
		{Pollutant: apptest.VOCs, Ratio: quantity.OneRatio, Basis: "d"},
	}})
	return project
}

// person makes a person with a role and returns the key.
func (w *world) person(name string, grant app.GrantAdd) string {
	w.t.Helper()
	w.must(w.admin, app.PersonAdd{Name: name})
	grant.Person = lastID(w, app.Persons)
	w.must(w.admin, grant)
	secret := identity.KeyPrefix + name + "_0123456789abcdef"
	w.must(w.admin, app.KeyMake{Person: grant.Person, Label: name, Hash: identity.HashSecret(secret), Prefix: secret[:7]})
	return secret
}

// personOf is who holds a key.
func (w *world) personOf(key string) int64 {
	w.t.Helper()
	a, err := w.app.Authenticate(key)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Person
}

// lastID is the id of the newest row of a table in memory.
func lastID[R any](w *world, t app.Table[R]) int64 {
	w.t.Helper()
	var last int64
	for id := range app.ReadTable(w.app.Reference(), t).All() {
		last = id
	}
	return last
}

func (w *world) next(kind string) string { return kind + "-" + strconv.FormatInt(w.serial.Add(1), 10) }

// must runs a command that must succeed. What a second person must approve
// the second approves.
func (w *world) must(person int64, c app.Command) {
	w.t.Helper()
	a, err := w.app.Do(context.Background(), identity.Actor{Person: person}, w.next("k"), c)
	if err == nil && a.Status == http.StatusAccepted {
		p := decode[api.Proposal](w.t, answer{body: a.Body})
		a, err = w.app.Do(context.Background(), identity.Actor{Person: w.approverOf(p)}, w.next("k"), app.ProposalApprove{Proposal: p.ID, EffectsDigest: p.EffectsDigest})
	}
	w.mustDone(a, err)
}

func (w *world) approverOf(p api.Proposal) int64 {
	w.t.Helper()
	if _, byAdmin := identity.FourEyes[identity.Operation(p.Operation)][identity.Admin]; byAdmin && w.otherAdmin != 0 {
		return w.otherAdmin
	}
	return w.personOf(w.second)
}

// approved posts a command that a second person must approve, approves it, and
// returns what it came to, as if it had been done at once.
func (w *world) approved(path, key, body string) answer {
	w.t.Helper()
	a := w.post(path, key, body)
	if a.status != http.StatusAccepted {
		return a
	}
	p := decode[api.Proposal](w.t, a)
	a = w.post(fmt.Sprintf("/v1/proposals/%d/approve", p.ID), w.second, fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest))
	if a.status != http.StatusOK {
		return a
	}
	return answer{http.StatusCreated, a.header, decode[api.ProposalOutcome](w.t, a).Result}
}

func (w *world) mustDone(a app.Answer, err error) {
	w.t.Helper()
	if err != nil || a.Status != http.StatusOK {
		w.t.Fatalf("status %d, %s, %v", a.Status, a.Body, err)
	}
}

// answer is what the server said.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// decode reads an answer's body.
func decode[T any](tb testing.TB, a answer) T {
	tb.Helper()
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		tb.Fatalf("%s: %v", a.body, err)
	}
	return v
}

// send sends a request and compares the answer with the contract. edit may
// change the request.
func (w *world) send(method, path, key, body string, edit ...func(*http.Request)) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, w.server.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	switch {
	case strings.HasPrefix(body, "PK"): // a ZIP archive
		req.Header.Set("Content-Type", "application/octet-stream")
	case strings.HasPrefix(path, "/v1/carbon/activity-batches"):
		req.Header.Set("Content-Type", "application/x-ndjson")
	case body != "":
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", w.next("http"))
	}
	for _, f := range edit {
		f(req)
	}
	resp, err := w.server.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{resp.StatusCode, resp.Header, data}
	checkContract(w.t, req, a)
	return a
}

// waitFor returns when a condition holds.
func waitFor(tb testing.TB, what string, condition func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(5 * time.Minute); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("waited too long for %s", what)
		}
	}
}

func (w *world) get(path, key string) answer {
	w.t.Helper()
	return w.send(http.MethodGet, path, key, "")
}

func (w *world) post(path, key, body string) answer {
	w.t.Helper()
	return w.send(http.MethodPost, path, key, body)
}

// contractDoc is the contract, read once.
var contractDoc = func() *openapi3.T {
	doc, err := openapi3.NewLoader().LoadFromData(permitx.OpenAPI)
	if err != nil {
		panic(err)
	}
	return doc
}()

// checkContract compares an answer with what the contract promises.
func checkContract(tb testing.TB, req *http.Request, a answer) {
	tb.Helper()
	if a.header.Get("X-Request-Id") == "" && a.status != http.StatusForbidden {
		tb.Errorf("%s %s: no X-Request-Id", req.Method, req.URL.Path)
	}
	checkRuleListed(tb, a)
	r := routeOf(req)
	if r == nil {
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, Route: r}, Status: a.status, Header: a.header,
		Body:    io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(tb.Context(), input); err != nil {
		tb.Errorf("%s %s: %d is not in the contract: %v", req.Method, req.URL.Path, a.status, err)
	}
}

// listed are the ids that GET /v1/rules lists.
var listed = func() map[string]bool {
	ids := map[string]bool{}
	for _, r := range rulebook.All() {
		ids[r.ID] = true
	}
	for _, p := range rulebook.Provisions() {
		ids[p.ID] = true
	}
	return ids
}()

// checkRuleListed holds that the rule of a refusal can be looked up.
func checkRuleListed(tb testing.TB, a answer) {
	tb.Helper()
	var problem api.Problem
	if a.status < http.StatusBadRequest || json.Unmarshal(a.body, &problem) != nil || problem.Rule == nil {
		return
	}
	if !listed[*problem.Rule] {
		tb.Errorf("%s is refused by the rule %s, which GET /v1/rules does not list: make generate", problem.Code, *problem.Rule)
	}
}

// routeOf finds a request's operation in the contract.
func routeOf(req *http.Request) *routers.Route {
	sent := strings.Split(req.URL.Path, "/")
	for path, item := range contractDoc.Paths.Map() {
		op := item.GetOperation(req.Method)
		parts := strings.Split(path, "/")
		if op == nil || len(parts) != len(sent) || path == "/v1/journal/{number}" && sent[len(sent)-1] == "head" {
			continue
		}
		fits := true
		for i, p := range parts {
			fits = fits && (strings.HasPrefix(p, "{") || p == sent[i])
		}
		if fits {
			return &routers.Route{Spec: contractDoc, Path: path, PathItem: item, Method: req.Method, Operation: op}
		}
	}
	return nil
}

// order is the body of an order.
func order(f firm, side, price, quantity string) string {
	unit := ""
	if side == "buy" { // a firm that has a project buys for what it had before
		unit = `,"existing_unit":true`
	}
	return fmt.Sprintf(`{"market":%q,"instrument":%q,"licence":%d,"side":%q,"price":%q,"quantity":%q%s}`,
		marketCode, instrumentCode, f.licence, side, price, quantity, unit)
}

// orderFor is a buy for a project of the firm.
func orderFor(project int64, f firm, price, quantity string) string {
	return strings.Replace(order(f, "buy", price, quantity), `"existing_unit":true`, fmt.Sprintf(`"project":%d`, project), 1)
}

// registration is that of a bidder for his existing unit.
func registration(f firm) string {
	return fmt.Sprintf(`{"licence":%d,"existing_unit":true}`, f.licence)
}
