package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// counter is a client of which each answer with a 201 counts.
type counter struct {
	request *Request
	n       uint64
}

func (c *counter) Next() []byte {
	c.n++
	return c.request.WithKey(c.n)
}

func (c *counter) Done(r Response) int {
	if r.Status == http.StatusCreated {
		return 1
	}
	return 0
}

func clients(n int) []Client {
	var all []Client
	for i := range n {
		all = append(all, &counter{request: NewRequest("/v1/things", "px_x", fmt.Sprintf("%d-", i), []byte("{}"))})
	}
	return all
}

func serve(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// All clients' requests arrive, each with its own key; only what was done counts.
func TestRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	keys := map[string]bool{}
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		mu.Lock()
		again := keys[r.Header.Get("Idempotency-Key")]
		keys[r.Header.Get("Idempotency-Key")] = true
		refuse := len(keys)%10 == 0
		mu.Unlock()
		switch {
		case err != nil || string(body) != "{}" || r.Header.Get("Authorization") != "Bearer px_x" || again:
			w.WriteHeader(http.StatusBadRequest)
		case refuse:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "later")
		default:
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, strings.Repeat("created ", 1000)) // more than a buffer, in chunks
		}
	})
	r, err := Run(t.Context(), Load{Address: address, Clients: clients(20), WarmUp: 20 * time.Millisecond, Measure: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if r.Things == 0 || r.Things+r.Failed() != r.Requests || r.Latency.Total() != r.Requests {
		t.Errorf("%d things, %d failures, %d requests, %d latencies", r.Things, r.Failed(), r.Requests, r.Latency.Total())
	}
	if len(r.Failures) != 1 || r.Failures[http.StatusServiceUnavailable] == 0 || r.Example != "later" {
		t.Errorf("failures %v, such as %q", r.Failures, r.Example)
	}
	if r.Elapsed < 200*time.Millisecond || r.PerSecond() <= 0 {
		t.Errorf("%s, %f a second", r.Elapsed, r.PerSecond())
	}
	if sent := int64(len(keys)); r.Requests > sent {
		t.Errorf("%d requests counted, %d sent", r.Requests, sent)
	}
}

// A load that ends by things does at least as many.
func TestRun_Things(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	r, err := Run(t.Context(), Load{Address: address, Clients: clients(8), Things: 500})
	if err != nil || r.Things < 500 || r.Things > 500+8 {
		t.Errorf("%d things, %v", r.Things, err)
	}
}

// A server that goes away ends the load with an error.
func TestRun_Broken(t *testing.T) {
	t.Parallel()
	address := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	started := time.Now()
	r, err := Run(t.Context(), Load{Address: address, Clients: clients(8), Measure: time.Minute})
	if err == nil || time.Since(started) > 30*time.Second {
		t.Errorf("after %s: %v, %v", time.Since(started), r, err)
	}
}

// A load ends with its context, and says so.
func TestRun_Cancelled(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Run(ctx, Load{Address: address, Clients: clients(2), Measure: time.Minute})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

// Each request is sent once and its answer comes back with its number; the first
// answer that is not as it should be ends it.
func TestEach(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	sent := map[string]int{}
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		sent[r.URL.Path]++
		mu.Unlock()
		fmt.Fprint(w, r.URL.Path)
	})
	requests := make([][]byte, 100)
	for i := range requests {
		requests[i] = NewRequest(fmt.Sprintf("/%d", i), "px_x", "k", nil).WithKey(0)
	}
	answered := 0
	err := Each(t.Context(), address, 7, requests, func(i int, r Response, took time.Duration) error {
		answered++
		if string(r.Body) != fmt.Sprintf("/%d", i) || took <= 0 {
			return fmt.Errorf("request %d got %q after %s", i, r.Body, took)
		}
		return nil
	})
	if err != nil || answered != len(requests) || len(sent) != len(requests) {
		t.Errorf("%d answers to %d requests of %d: %v", answered, len(sent), len(requests), err)
	}
	wrong := errors.New("wrong")
	answered = 0
	err = Each(t.Context(), address, 2, requests, func(int, Response, time.Duration) error {
		answered++
		return wrong
	})
	if !errors.Is(err, wrong) || answered > 2 {
		t.Errorf("%d answers after the first error, %v", answered, err)
	}
}
