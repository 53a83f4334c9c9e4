package httpapi

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"permitx/internal/app"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/market"
)

// The times of a stream.
const (
	heartbeat  = 15 * time.Second
	writeLimit = 30 * time.Second // a client that takes longer to read is dropped
)

// StreamMarketEvents streams what happens in a market.
func (s *Server) StreamMarketEvents(ctx context.Context, r gen.StreamMarketEventsRequestObject) (gen.StreamMarketEventsResponseObject, error) {
	m, err := s.market("code", r.Code)
	if err != nil {
		return nil, err
	}
	l := &listener{s: s, ctx: ctx, market: m}
	if r.Params.Instrument != nil {
		i, err := s.instrument("instrument", *r.Params.Instrument)
		if err != nil {
			return nil, err
		}
		l.instrument = i.ID
	}
	if r.Params.LastEventID != nil {
		if l.last, err = parseEventID(*r.Params.LastEventID); err != nil {
			return nil, err
		}
		l.resumes = true
	}
	if err := s.hub.join(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

func parseEventID(text string) (eventID, error) {
	command, index, _ := strings.Cut(text, "-")
	c, err1 := strconv.ParseInt(command, 10, 64)
	i, err2 := strconv.ParseInt(index, 10, 64)
	if errors.Join(err1, err2) != nil {
		return eventID{}, fault.Invalidf("Last-Event-ID", "is not the id of an event, such as 1042-0")
	}
	return eventID{c, i}, nil
}

// listener is one client of a stream.
type listener struct {
	s          *Server
	ctx        context.Context //nolint:containedctx // the request's, for as long as the stream
	market     catalog.Market
	instrument int64 // 0: all

	resumes bool
	last    eventID // the last event that the client has
	w       http.ResponseWriter
}

// VisitStreamMarketEventsResponse streams until the client goes or the server
// stops.
func (l *listener) VisitStreamMarketEventsResponse(w http.ResponseWriter) error {
	defer l.s.hub.leave()
	l.w = w
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // of a proxy
	w.WriteHeader(http.StatusOK)
	at := l.s.hub.end()
	if err := l.send([]byte("retry: 1000\n\n")); err != nil {
		return nil // the client has gone
	}
	if l.resumes {
		var known bool
		if at, known = l.s.hub.find(l.last); !known {
			if at = l.s.hub.end(); l.catchUp(at.seen) != nil {
				return nil
			}
		}
	} else {
		l.last = at.seen.last
	}
	l.follow(at)
	return nil
}

// follow sends the events from a position on.
func (l *listener) follow(at position) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		events, more, known := l.s.hub.after(at)
		if !known { // the client was too slow for what is kept in memory
			if at = l.s.hub.end(); l.catchUp(at.seen) != nil {
				return
			}
			continue
		}
		at.sequence += int64(len(events))
		if l.sendEvents(events) != nil {
			return
		}
		select {
		case <-more:
		case <-beat.C:
			if l.send([]byte(": still here\n\n")) != nil {
				return
			}
		case <-l.ctx.Done():
			return
		case <-l.s.hub.done:
			return
		case <-l.s.app.Stopped():
			return
		}
	}
}

func (l *listener) sendEvents(events []hubEvent) error {
	var b []byte
	for i := range events {
		if e := &events[i]; l.wants(e) {
			b = appendEvent(b, e.frame, l.last)
			l.last = e.id
		}
	}
	if b == nil {
		return nil
	}
	return l.send(b)
}

// appendEvent writes an event with the one before it in this stream: a client
// that has another one as its last has missed something.
func appendEvent(b, frame []byte, previous eventID) []byte {
	head := bytes.Index(frame, dataStart) + len(dataStart)
	b = append(append(b, frame[:head]...), `"previous":"`...)
	b = append(append(b, previous.String()...), `",`...)
	return append(b, frame[head:]...)
}

var dataStart = []byte("\ndata: {")

func (l *listener) wants(e *hubEvent) bool {
	return e.market == l.market.ID && (l.instrument == 0 || e.instrument == 0 || e.instrument == l.instrument)
}

func (l *listener) send(b []byte) error {
	control := http.NewResponseController(l.w)
	control.SetWriteDeadline(time.Now().Add(writeLimit)) //nolint:errcheck // not every writer can
	if _, err := l.w.Write(b); err != nil {
		return err
	}
	return control.Flush()
}

// catchUp sends what a client has missed that is no longer in memory: the
// trades from their rows, the state of the market if it has changed, and the
// books as they are. Afterwards the client is where seen is.
func (l *listener) catchUp(seen hubState) error {
	ref := l.s.app.Reference()
	owed, err := l.missedState(ref, seen)
	if err != nil {
		return err
	}
	err = l.missedTrades(seen.trade, func(trades []placed) error {
		var events []hubEvent
		for _, t := range trades {
			for len(owed) > 0 && owed[0].id.less(t.id) {
				events, owed = append(events, owed[0]), owed[1:]
			}
			events = append(events, tradeEvent(ref, t.id, t.Trade))
		}
		return l.sendEvents(events)
	})
	if err != nil {
		return err
	}
	if err := l.sendEvents(owed); err != nil {
		return err
	}
	return l.tellBooks(ref, seen)
}

// missedState is the market's state and its phase, as far as they have changed
// since the client's last event.
func (l *listener) missedState(ref *app.Reference, seen hubState) ([]hubEvent, error) {
	m, _ := app.ReadTable(ref, app.Markets).Get(l.market.ID)
	id := eventID{m.Command, stateIndex}
	var owed []hubEvent
	if l.last.less(id) && !seen.last.less(id) {
		at, err := l.s.hub.timeOf(l.ctx, m.Command)
		if err != nil {
			return nil, err
		}
		why, err := l.s.hub.reasonOf(l.ctx, m)
		if err != nil {
			return nil, err
		}
		owed = append(owed, stateEvent(id, m, at, why))
	}
	for _, r := range app.ReadTable(ref, app.Sessions).All() {
		id := eventID{r.Command, phaseIndex}
		if r.Market != m.ID || !l.last.less(id) || seen.last.less(id) {
			continue
		}
		at, err := l.s.hub.timeOf(l.ctx, r.Command)
		if err != nil {
			return nil, err
		}
		owed = append(owed, phaseEvent(ref, id, r, at))
	}
	slices.SortFunc(owed, func(a, b hubEvent) int { return a.id.compare(b.id) })
	return owed, nil
}

// placed is a trade with the id of its event.
type placed struct {
	market.Trade
	id eventID
}

// missedTrades gives each the trades after the client's last event, up to one,
// page by page.
func (l *listener) missedTrades(last int64, each func([]placed) error) error {
	next, err := l.s.firstTrade(l.ctx, l.last.command, last)
	if err != nil {
		return err
	}
	since, place := l.last, eventID{index: -1}
	for next <= last {
		var rows []market.Trade
		q := app.Query{Limit: hubRead}.And("id", app.Ge, next).And("id", app.Le, last)
		if err := l.s.rows.Find(l.ctx, app.Trades.Name(), q, &rows); err != nil || len(rows) == 0 {
			return err
		}
		var missed []placed
		for _, t := range rows {
			if place = place.following(t.Command); since.less(place) {
				missed = append(missed, placed{t, place})
			}
			next = t.ID + 1
		}
		if err := each(missed); err != nil {
			return err
		}
	}
	return nil
}

// firstTrade finds the first trade of a command or of one after it, up to one
// whose id is known: trades have ids without gaps, in the order of commands.
func (s *Server) firstTrade(ctx context.Context, command, last int64) (int64, error) {
	var failed error
	n := sort.Search(int(last), func(i int) bool {
		t, known, err := get(ctx, s, app.Trades, int64(i)+1)
		failed = errors.Join(failed, err)
		return !known || t.Command >= command
	})
	return int64(n) + 1, failed
}

// tellBooks sends every level of the market's books. Only the last one moves
// the client's cursor, so that one who goes in between gets all of them again.
func (l *listener) tellBooks(ref *app.Reference, seen hubState) error {
	var events []hubEvent
	for key, depth := range seen.books {
		if key.Market != l.market.ID {
			continue
		}
		at, err := l.s.hub.timeOf(l.ctx, depth.Number)
		if err != nil {
			return err
		}
		b := bookOf(ref, key, at)
		for _, c := range append(changes(market.Buy, nil, depth.Buys), changes(market.Sell, nil, depth.Sells)...) {
			events = append(events, b.event(seen.last, "", c))
		}
		if depth.Call != (app.Indication{}) {
			events = append(events, b.indicative(seen.last, "", depth.Call))
		}
	}
	if err := l.sendEvents(events); err != nil {
		return err
	}
	l.last = seen.last
	return l.send([]byte("id: " + seen.last.String() + "\n\n"))
}
