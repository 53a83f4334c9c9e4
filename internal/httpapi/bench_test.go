package httpapi_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"

	"permitx/internal/store"
)

// sink is a response writer that keeps the status only.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(status int)      { s.status = status }

// An order from its bytes to its answer, without a network and with a store
// that keeps nothing: many clients at once, so that the writer has batches.
func BenchmarkPlaceOrder(b *testing.B) {
	st, err := store.OpenNothing(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	w := serve(b, st)
	handler := w.api.Handler()
	body := []byte(order(w.firms[0], "buy", "1", "0.0001"))
	var serial atomic.Int64
	b.SetParallelism(64)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		out := &sink{header: http.Header{}}
		for pb.Next() {
			req := httptest.NewRequest(http.MethodPost, "/v1/orders", nil)
			req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			req.Header["Content-Type"] = []string{"application/json"}
			req.Header["Authorization"] = []string{"Bearer " + w.firms[0].key}
			req.Header["Idempotency-Key"] = []string{strconv.FormatInt(serial.Add(1), 36)}
			clear(out.header)
			handler.ServeHTTP(out, req)
			if out.status != http.StatusCreated {
				b.Errorf("status %d", out.status)
				return
			}
		}
	})
}

// What a request costs the layer itself: everything but the app.
func BenchmarkRefusedOrder(b *testing.B) {
	w := open(b)
	handler := w.api.Handler()
	body := []byte(order(w.firms[0], "hold", "1", "0.0001"))
	out := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		req := httptest.NewRequest(http.MethodPost, "/v1/orders", nil)
		req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		req.Header["Content-Type"] = []string{"application/json"}
		req.Header["Authorization"] = []string{"Bearer " + w.firms[0].key}
		req.Header["Idempotency-Key"] = []string{"key"}
		clear(out.header)
		handler.ServeHTTP(out, req)
		if out.status != http.StatusBadRequest {
			b.Fatalf("status %d", out.status)
		}
	}
}
