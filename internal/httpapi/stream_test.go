package httpapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/httpapi"
)

// stream is a client of a market's events.
type stream struct {
	t      *testing.T
	lines  *bufio.Scanner
	cancel func()
	last   string          // id of the last event
	text   strings.Builder // all that was read
}

// listen opens a stream after an event, with a key or as the public; no event
// means what comes next.
func (w *world) listen(t *testing.T, query, after string, key ...string) *stream {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.server.URL+"/v1/markets/"+marketCode+"/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	if after != "" {
		req.Header.Set("Last-Event-ID", after)
	}
	for _, k := range key {
		req.Header.Set("Authorization", "Bearer "+k)
	}
	resp, err := w.server.Client().Do(req) //nolint:bodyclose // closed by cancel
	if err != nil {
		t.Fatal(err)
	}
	s := &stream{t: t, lines: bufio.NewScanner(resp.Body), cancel: func() { cancel(); resp.Body.Close() }}
	t.Cleanup(s.cancel)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	s.lines.Scan() // retry:
	return s
}

// streamWait is how long an event is waited for. What a test does between two of
// them takes no part of it.
const streamWait = 2 * time.Minute

// next reads the next event of a kind.
func (s *stream) next(kind api.MarketEventKind) api.MarketEvent {
	s.t.Helper()
	defer time.AfterFunc(streamWait, s.cancel).Stop()
	for {
		if e := s.event(); e.Kind == kind {
			return e
		}
	}
}

// any reads the next event of whatever kind.
func (s *stream) any() api.MarketEvent {
	s.t.Helper()
	defer time.AfterFunc(streamWait, s.cancel).Stop()
	return s.event()
}

// event reads an event, which is as the contract has it.
func (s *stream) event() (e api.MarketEvent) {
	s.t.Helper()
	for s.lines.Scan() {
		line := s.lines.Text()
		s.text.WriteString(line + "\n")
		switch {
		case strings.HasPrefix(line, "id: "):
			s.last = line[len("id: "):]
		case strings.HasPrefix(line, "data: "):
			if err := json.Unmarshal([]byte(line[len("data: "):]), &e); err != nil {
				s.t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal([]byte(line[len("data: "):]), &v); err != nil {
				s.t.Fatal(err)
			}
			if err := contractDoc.Components.Schemas["MarketEvent"].Value.VisitJSON(v); err != nil {
				s.t.Errorf("%s: %v", line, err)
			}
		case line == "" && e.ID != "":
			return e
		}
	}
	s.t.Fatalf("the stream ended: %v", s.lines.Err())
	return e
}

// A stream shows trades, levels of the book and the state of its market, each
// with an id that grows.
func TestStream(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	s := w.listen(t, "?instrument="+instrumentCode, "")
	w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "10"))
	if e := s.next("book"); e.Change.Price != "2400" || e.Change.Quantity != "10" || e.Change.Side != "sell" {
		t.Errorf("%+v", e.Change)
	}
	w.post("/v1/orders", buyer.key, order(buyer, "buy", "2400", "10"))
	if e := s.next("trade"); e.Trade.Quantity != "10" || e.Trade.BuyerRegion != "310118" {
		t.Errorf("%+v", e.Trade)
	}
	if e := s.next("book"); e.Change.Quantity != "0" || e.Change.Orders != 0 {
		t.Errorf("%+v", e.Change)
	}
	w.post("/v1/markets/"+marketCode+"/state", w.adminKey, `{"state":"halted","reason":"r"}`)
	if e := s.next("state"); *e.State != "halted" {
		t.Errorf("%+v", e)
	}
	if book := decode[api.Book](t, w.get("/v1/markets/"+marketCode+"/book?instrument="+instrumentCode, "")); book.State != "halted" || len(book.Asks) != 0 {
		t.Errorf("%+v", book)
	}
}

// A client that comes back with the last id that it saw misses no trade and
// gets none twice: from memory while the server keeps the events, and from the
// rows where it does not.
func TestStream_Resume(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	s := w.listen(t, "", "")
	trade := func() {
		w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
		w.post("/v1/orders", buyer.key, order(buyer, "buy", "2400", "1"))
	}
	trade()
	first := s.next("trade")
	for range 3 {
		trade()
	}
	for i := range 2 {
		again := w.listen(t, "", first.ID)
		for id := range int64(3) {
			if e := again.next("trade"); e.Trade.ID != first.Trade.ID+id+1 {
				t.Fatalf("pass %d: trade %d, want %d", i, e.Trade.ID, first.Trade.ID+id+1)
			}
		}
		again.cancel()
		s.cancel() // nobody listens: the next commit ends the hub and its memory
		waitFor(t, "the streams to end", func() bool { open, _ := w.api.Streams(); return open == 0 })
		w.post("/v1/orders", seller.key, order(seller, "sell", "2500", "1"))
		waitFor(t, "the hub to end", func() bool { _, kept := w.api.Streams(); return !kept })
	}
	again := w.listen(t, "", first.ID)
	for range 3 {
		again.next("trade")
	}
	if e := again.next("book"); e.Change.Price != "2500" || e.Change.Quantity != "2" {
		t.Errorf("the book as it is: %+v", e.Change)
	}
	trade()
	if e := again.next("trade"); e.Trade.ID != first.Trade.ID+4 {
		t.Errorf("trade %d after the rows", e.Trade.ID)
	}
}

// There are only so many streams, and they end when the server stops.
func TestStream_Bounds(t *testing.T) {
	t.Parallel()
	w := open(t, func(c *httpapi.Config) { c.Streams = 1 })
	s := w.listen(t, "", "")
	if a := w.get("/v1/markets/"+marketCode+"/events", ""); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") != "1" {
		t.Errorf("a second stream: %d %s", a.status, a.body)
	}
	w.api.Close()
	for s.lines.Scan() {
	}
	if err := s.lines.Err(); err != nil {
		t.Errorf("the stream did not end well: %v", err)
	}
}

// Each event names the one before it in its stream, so that a client sees what it
// has missed; coming back with the last one that it has, it misses nothing.
func TestStream_GapShows(t *testing.T) {
	t.Parallel()
	w := open(t)
	seller, buyer := w.firms[0], w.firms[2]
	s := w.listen(t, "?instrument="+instrumentCode, "")
	events := func(n int) (all []api.MarketEvent) {
		for range n {
			w.post("/v1/orders", seller.key, order(seller, "sell", "2400", "1"))
			w.post("/v1/orders", buyer.key, order(buyer, "buy", "2400", "1"))
		}
		for len(all) == 0 || all[len(all)-1].Trade == nil || all[len(all)-1].Trade.ID%int64(n) != 0 {
			all = append(all, s.any())
		}
		return all
	}
	all := events(3)
	for i, e := range all[1:] {
		if *e.Previous != all[i].ID {
			t.Errorf("%s says that %s came before it, which was %s", e.ID, *e.Previous, all[i].ID)
		}
	}
	lost := len(all) / 2 // a client that has not got this one
	if last, next := all[lost-1], all[lost+1]; *next.Previous == last.ID {
		t.Error("a lost event does not show")
	}
	again := w.listen(t, "?instrument="+instrumentCode, all[lost-1].ID)
	if e := again.any(); *e.Previous != all[lost-1].ID || e.ID != all[lost].ID {
		t.Errorf("%s after %s, want %s", e.ID, *e.Previous, all[lost].ID)
	}
}
