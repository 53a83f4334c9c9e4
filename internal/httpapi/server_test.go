package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/httpapi"
	"permitx/internal/store"
)

// brokenStore fails its reads when it is told to.
type brokenStore struct {
	app.Store
	fail atomic.Value // func(ctx) error
}

func (s *brokenStore) Find(ctx context.Context, table string, q app.Query, rows any) error {
	if f, ok := s.fail.Load().(func(context.Context) error); ok {
		return f(ctx)
	}
	return s.Store.Find(ctx, table, q, rows)
}

func openBroken(t *testing.T, change ...func(*httpapi.Config)) (*world, *brokenStore) {
	t.Helper()
	url := filepath.Join(t.TempDir(), "permitx.db")
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	broken := &brokenStore{Store: st}
	return serve(t, broken, change...), broken
}

// An error that is not a fault is answered without its text, a database that
// is away and an answer that takes too long with "try again".
func TestErrors(t *testing.T) {
	t.Parallel()
	w, st := openBroken(t, func(c *httpapi.Config) { c.QueryTime = 50 * time.Millisecond })
	for _, c := range []struct {
		fail   func(context.Context) error
		status int
		code   string
	}{
		{func(context.Context) error { return errors.New("dial: password=secret") }, 500, "internal"},
		{func(context.Context) error { panic("password=secret") }, 500, "internal"},
		{func(context.Context) error { return errors.Join(app.ErrLost, errors.New("password=secret")) }, 503, "request.database_unavailable"},
		{func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, 503, "request.timeout"},
	} {
		st.fail.Store(c.fail)
		a := w.get("/v1/orders", w.firms[0].key)
		if p := decode[api.Problem](t, a); a.status != c.status || p.Code != c.code || strings.Contains(string(a.body), "secret") {
			t.Errorf("%d %s, want %d %s", a.status, a.body, c.status, c.code)
		}
		if (a.status == 503) != (a.header.Get("Retry-After") != "") {
			t.Errorf("%d: Retry-After is %q", a.status, a.header.Get("Retry-After"))
		}
	}
}

// A caller over the rate is told to slow down; others are not concerned.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *httpapi.Config) { c.RateLimit = 2 })
	var last answer
	for range 5 {
		last = w.get("/v1/me", w.firms[0].key)
	}
	if p := decode[api.Problem](t, last); last.status != http.StatusTooManyRequests || p.Code != "request.too_many" || last.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", last.status, last.body)
	}
	if a := w.get("/v1/me", w.firms[1].key); a.status != http.StatusOK {
		t.Errorf("another caller: %d %s", a.status, a.body)
	}
}

// A request has an id: the proxy's where it sends one of a sane form.
func TestRequestID(t *testing.T) {
	t.Parallel()
	w := open(t)
	for sent, kept := range map[string]bool{"": false, "abc-1.2_3": true, "a b": false, strings.Repeat("x", 65): false} {
		a := w.send("GET", "/v1/regions/330499", "", "", func(r *http.Request) { r.Header.Set("X-Request-Id", sent) })
		got := a.header.Get("X-Request-Id")
		if (got == sent) != kept || *decode[api.Problem](t, a).RequestID != got {
			t.Errorf("sent %q, got %q: %s", sent, got, a.body)
		}
	}
}

// A browser's request from another site's page is refused.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	w := open(t)
	f := w.firms[0]
	a := w.send("POST", "/v1/orders", f.key, order(f, "sell", "2400", "1"), func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if p := decode[api.Problem](t, a); a.status != http.StatusForbidden || p.Code != "request.cross_origin" {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The reference page is served whole and names no other host.
func TestDocs(t *testing.T) {
	t.Parallel()
	w := open(t)
	for path, want := range map[string]string{
		"/docs/": "swagger-ui-bundle.js", "/docs/init.js": "validatorUrl: null", "/docs/swagger-ui.css": ".swagger-ui", "/docs/LICENSE": "Apache License",
		"/docs/swagger-ui-bundle.js": "SwaggerUIBundle", "/docs/favicon.png": "PNG", "/openapi.yaml": "openapi: 3.0.3", "/docs": "swagger-ui-bundle.js",
	} {
		a := w.get(path, "")
		if a.status != http.StatusOK || !strings.Contains(string(a.body), want) {
			t.Errorf("%s: %d", path, a.status)
		}
		if page := strings.HasSuffix(path, "/") || strings.HasSuffix(path, "init.js"); page && strings.Contains(string(a.body), "://") {
			t.Errorf("%s names another host", path)
		}
	}
	if a := w.get("/docs/../server.go", ""); a.status != http.StatusNotFound {
		t.Errorf("a file that is not of the page: %d", a.status)
	}
}

// The metrics count commands by kind and result, and show queue and books.
func TestMetrics(t *testing.T) {
	t.Parallel()
	url := filepath.Join(t.TempDir(), "permitx.db")
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	registry := prometheus.NewRegistry()
	w := serveObserved(t, st, httpapi.NewMetrics(registry).Observe, func(c *httpapi.Config) { c.Metrics = registry })
	f := w.firms[0]
	w.post("/v1/orders", f.key, order(f, "sell", "2400", "1"))
	w.post("/v1/orders", f.key, order(f, "sell", "2400", "1000"))
	var text string
	waitFor(t, "the writer to count, after it has answered", func() bool {
		text = string(w.get("/metrics", "").body)
		return strings.Contains(text, `result="refused"`)
	})
	for _, want := range []string{
		`permitx_commands_total{kind="order.place",result="done"} 1`, `permitx_commands_total{kind="order.place",result="refused"} 1`,
		"permitx_batch_commands_bucket", "permitx_batch_commit_seconds_bucket", "permitx_queue_commands 0", "permitx_ready 1",
		`permitx_book_open_orders{instrument="VOCs-20310630",market="YRD-VOCS"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not among\n%s", want, text)
		}
	}
}

// The server says whether it lives and whether it is ready.
func TestHealth(t *testing.T) {
	t.Parallel()
	w := open(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if a := w.get(path, ""); a.status != http.StatusOK {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	w.app.Close()
	if a := w.get("/readyz", ""); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	f := w.firms[0]
	if a := w.post("/v1/orders", f.key, order(f, "sell", "2400", "1")); a.status != http.StatusServiceUnavailable {
		t.Errorf("an order while the server stops: %d %s", a.status, a.body)
	}
}
