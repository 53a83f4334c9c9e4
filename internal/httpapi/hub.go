package httpapi

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"sort"
	"sync"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/market"
)

// The bounds of the event streams.
const (
	hubPause  = 20 * time.Millisecond // commits within it are read together
	hubEvents = 20_000                // of the latest events kept in memory; older ones are read from the rows
	hubRead   = 1_000                 // trades read at once
)

// errStreamsFull is returned when as many streams as there may be are open. Try
// again later.
var errStreamsFull = fault.New(fault.Unavailable, "stream.too_many", "too many event streams are open; try again later")

// hub turns what is committed into the events of the markets, once for all who
// listen. It works only while somebody does.
//
// A trade's event is made of its row: its id is the number of the command and
// the trade's place in it. Books and states are compared with what was last
// sent, so that between two looks only the outcome shows. Ids grow.
type hub struct {
	app   *app.App
	log   *slog.Logger
	limit int
	done  chan struct{} // closed by close

	mu        sync.Mutex
	closed    bool
	listeners int
	isRunning bool
	events    []hubEvent // the latest, oldest first; never changed in place
	first     int64      // sequence number of events[0]
	from      eventID    // everything after this is in events
	next      chan struct{}
	seen      hubState
}

// hubState is what the events so far have told.
type hubState struct {
	last   eventID // id of the last event
	trade  int64   // id of the last trade
	place  eventID // of the last trade
	books  map[app.BookKey]*app.Depth
	states map[int64]catalog.MarketState
	phases map[int64]market.Phase // by market
}

// hubEvent is an event as it is sent.
type hubEvent struct {
	id                 eventID
	market, instrument int64
	frame              []byte
}

func newHub(a *app.App, log *slog.Logger, limit int) *hub {
	return &hub{app: a, log: log, limit: limit, done: make(chan struct{}), next: make(chan struct{})}
}

// close ends all streams. It may be called more than once.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// join adds a listener, who must leave. Returns app.ErrStopping or
// errStreamsFull.
func (h *hub) join(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.closed:
		return app.ErrStopping
	case h.listeners >= h.limit:
		return errStreamsFull
	}
	if !h.isRunning {
		if err := h.start(ctx); err != nil {
			return err
		}
	}
	h.listeners++
	return nil
}

func (h *hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.listeners--
}

// start begins with what is committed now. The lock must be held.
func (h *hub) start(ctx context.Context) error {
	snapshot, err := h.app.Snapshot()
	if err != nil {
		return err
	}
	seen := hubState{last: afterCommand(snapshot.Number), books: maps.Clone(snapshot.Books), states: map[int64]catalog.MarketState{}, phases: map[int64]market.Phase{}}
	for id, m := range app.ReadTable(h.app.Reference(), app.Markets).All() {
		seen.states[id] = m.State
		seen.raise(eventID{m.Command, stateIndex})
	}
	for _, r := range app.ReadTable(h.app.Reference(), app.Sessions).All() {
		seen.phases[r.Market] = r.Phase
		seen.raise(eventID{r.Command, phaseIndex})
	}
	if seen.trade, err = h.app.Reader().LastID(ctx, app.Trades.Name()); err != nil {
		return err
	}
	if seen.trade > 0 {
		var rows []market.Trade
		if err := h.app.Reader().Find(ctx, app.Trades.Name(), app.Where("id", seen.trade), &rows); err != nil {
			return err
		}
		for _, t := range rows {
			seen.place = afterCommand(t.Command)
			seen.raise(seen.place)
		}
	}
	h.seen, h.from, h.first, h.events, h.isRunning = seen, seen.last, h.first+int64(len(h.events)), nil, true
	go h.run(context.WithoutCancel(ctx))
	return nil
}

func (s *hubState) raise(id eventID) {
	if s.last.less(id) {
		s.last = id
	}
}

// run looks after each commit until nobody listens or the hub is closed.
func (h *hub) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		commit := h.app.NextCommit()
		if !h.look(ctx) {
			return
		}
		select {
		case <-commit:
		case <-h.done:
		case <-h.app.Stopped():
			return
		}
		select {
		case <-time.After(hubPause):
		case <-h.done:
		}
	}
}

// look reads what is new, and reports whether to go on.
func (h *hub) look(ctx context.Context) bool {
	h.mu.Lock()
	seen := h.seen
	if h.closed || h.listeners == 0 {
		h.isRunning = false
		h.mu.Unlock()
		return false
	}
	h.mu.Unlock()
	fresh, err := h.read(ctx, &seen)
	if err != nil {
		h.log.LogAttrs(ctx, slog.LevelWarn, "the event streams cannot be read", slog.Any("error", err))
		return true
	}
	if len(fresh) == 0 {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen = seen
	h.events = append(h.events, fresh...)
	if drop := len(h.events) - hubEvents; drop > hubEvents/2 {
		h.from = h.events[drop-1].id
		h.first += int64(drop)
		h.events = append([]hubEvent(nil), h.events[drop:]...)
	}
	close(h.next)
	h.next = make(chan struct{})
	return true
}

// read returns the events since seen, and moves it on. What is published is
// looked at before the trades are read, so that no trade comes after an event
// of a later command.
func (h *hub) read(ctx context.Context, seen *hubState) ([]hubEvent, error) {
	snapshot, err := h.app.Snapshot()
	if err != nil {
		return nil, err
	}
	ref := h.app.Reference()
	fresh, err := h.trades(ctx, seen, ref)
	if err != nil {
		return nil, err
	}
	if err := h.states(ctx, seen, ref, &fresh); err != nil {
		return nil, err
	}
	if err := h.phases(ctx, seen, ref, &fresh); err != nil {
		return nil, err
	}
	return fresh, h.books(ctx, seen, snapshot, ref, &fresh)
}

func (h *hub) trades(ctx context.Context, seen *hubState, ref *app.Reference) ([]hubEvent, error) {
	var fresh []hubEvent
	for {
		var rows []market.Trade
		if err := h.app.Reader().Find(ctx, app.Trades.Name(), app.Query{After: seen.trade, Limit: hubRead}, &rows); err != nil {
			return nil, err
		}
		for _, t := range rows {
			seen.trade, seen.place = t.ID, seen.place.following(t.Command)
			seen.raise(seen.place)
			fresh = append(fresh, tradeEvent(ref, seen.place, t))
		}
		if len(rows) < hubRead {
			return fresh, nil
		}
	}
}

// following is the place of a command's trade after the one at e.
func (e eventID) following(command int64) eventID {
	if e.command == command {
		return eventID{command, e.index + 1}
	}
	return eventID{command, 0}
}

func tradeEvent(ref *app.Reference, id eventID, t market.Trade) hubEvent {
	m, _ := app.ReadTable(ref, app.Markets).Get(t.Market)
	i, _ := app.ReadTable(ref, app.Instruments).Get(t.Instrument)
	return hubEvent{id, t.Market, t.Instrument, frameOf(id.String(), api.MarketEvent{
		ID: id.String(), Kind: api.MarketEventKindTrade, Market: m.Code, At: t.At.String(), Trade: new(tradeOf(t, m, i)),
	})}
}

// after gives an event that was not made of a row an id behind all others.
func (s *hubState) after(command, index int64) eventID {
	id := eventID{command, index}
	if !s.last.less(id) {
		id = eventID{s.last.command, s.last.index + 1}
	}
	s.last = id
	return id
}

func (h *hub) states(ctx context.Context, seen *hubState, ref *app.Reference, fresh *[]hubEvent) error {
	states := seen.states
	for id, m := range app.ReadTable(ref, app.Markets).All() {
		if states[id] == m.State {
			continue
		}
		at, err := h.timeOf(ctx, m.Command)
		if err != nil {
			return err
		}
		if states[id] != "" { // otherwise a new market
			why, err := h.reasonOf(ctx, m)
			if err != nil {
				return err
			}
			*fresh = append(*fresh, stateEvent(seen.after(m.Command, stateIndex), m, at, why))
		}
		states = maps.Clone(states)
		states[id] = m.State
	}
	seen.states = states
	return nil
}

// reasonOf is why an officer has put a market into its state; "" where nobody has.
func (h *hub) reasonOf(ctx context.Context, m catalog.Market) (string, error) {
	var rows []market.Change
	q := app.Query{Desc: true, Limit: 1}.And("market", app.Eq, m.ID).And("command", app.Eq, m.Command)
	if err := h.app.Reader().Find(ctx, app.MarketChanges.Name(), q, &rows); err != nil || len(rows) == 0 {
		return "", err
	}
	return rows[0].Reason, nil
}

// phases tells the markets whose session has come to another phase.
func (h *hub) phases(ctx context.Context, seen *hubState, ref *app.Reference, fresh *[]hubEvent) error {
	phases := seen.phases
	for _, r := range app.ReadTable(ref, app.Sessions).All() {
		if phases[r.Market] == r.Phase {
			continue
		}
		at, err := h.timeOf(ctx, r.Command)
		if err != nil {
			return err
		}
		*fresh = append(*fresh, phaseEvent(ref, seen.after(r.Command, phaseIndex), r, at))
		phases = maps.Clone(phases)
		phases[r.Market] = r.Phase
	}
	seen.phases = phases
	return nil
}

func phaseEvent(ref *app.Reference, id eventID, r market.Session, at calendar.Instant) hubEvent {
	m, _ := app.ReadTable(ref, app.Markets).Get(r.Market)
	return hubEvent{id, r.Market, 0, frameOf(id.String(), api.MarketEvent{
		ID: id.String(), Kind: api.MarketEventKindPhase, Market: m.Code, At: at.String(), Phase: new(api.MarketPhase(r.Phase)),
	})}
}

func stateEvent(id eventID, m catalog.Market, at calendar.Instant, why string) hubEvent {
	return hubEvent{id, m.ID, 0, frameOf(id.String(), api.MarketEvent{
		ID: id.String(), Kind: api.MarketEventKindState, Market: m.Code, At: at.String(), State: new(api.MarketState(m.State)), Reason: optional(why),
	})}
}

func (h *hub) books(ctx context.Context, seen *hubState, snapshot *app.Snapshot, ref *app.Reference, fresh *[]hubEvent) error {
	for key, depth := range snapshot.Books {
		old := seen.books[key]
		if old == depth {
			continue
		}
		if old == nil {
			old = &app.Depth{}
		}
		at, err := h.timeOf(ctx, depth.Number)
		if err != nil {
			return err
		}
		b := bookOf(ref, key, at)
		for _, c := range append(changes(market.Buy, old.Buys, depth.Buys), changes(market.Sell, old.Sells, depth.Sells)...) {
			id := seen.after(depth.Number, bookIndex)
			*fresh = append(*fresh, b.event(id, id.String(), c))
		}
		if depth.Call != old.Call {
			id := seen.after(depth.Number, bookIndex)
			*fresh = append(*fresh, b.indicative(id, id.String(), depth.Call))
		}
	}
	seen.books = snapshot.Books
	return nil
}

// change is a level of a side as it is now.
type change struct {
	side market.Side
	market.Level
}

// changes compares two states of a side's best levels: those that are new or
// other than before, and those that are gone, with nothing left in them.
func changes(side market.Side, before, now []market.Level) []change {
	old := make(map[int64]market.Level, len(before))
	for _, l := range before {
		old[int64(l.Price)] = l
	}
	var out []change
	for _, l := range now {
		if old[int64(l.Price)] != l {
			out = append(out, change{side, l})
		}
		delete(old, int64(l.Price))
	}
	for _, l := range before {
		if _, gone := old[int64(l.Price)]; gone {
			out = append(out, change{side, market.Level{Price: l.Price}})
		}
	}
	return out
}

// book makes the events of a book.
type book struct {
	key                app.BookKey
	market, instrument string
	at                 calendar.Instant
}

func bookOf(ref *app.Reference, key app.BookKey, at calendar.Instant) book {
	m, _ := app.ReadTable(ref, app.Markets).Get(key.Market)
	i, _ := app.ReadTable(ref, app.Instruments).Get(key.Instrument)
	return book{key, m.Code, i.Code, at}
}

// event shows a change; sent is the id by which the client resumes, if any.
func (b *book) event(id eventID, sent string, c change) hubEvent {
	return hubEvent{id, b.key.Market, b.key.Instrument, frameOf(sent, api.MarketEvent{
		ID: id.String(), Kind: api.MarketEventKindBook, Market: b.market, At: b.at.String(), Change: &api.BookChange{
			Instrument: b.instrument, Side: api.Side(c.side.String()), Price: c.Price.String(), Quantity: c.Quantity.String(), Orders: int64(c.Orders),
		},
	})}
}

// indicative shows what a call would come to.
func (b *book) indicative(id eventID, sent string, c app.Indication) hubEvent {
	return hubEvent{id, b.key.Market, b.key.Instrument, frameOf(sent, api.MarketEvent{
		ID: id.String(), Kind: api.MarketEventKindIndicative, Market: b.market, At: b.at.String(), Indicative: new(indicativeOf(b.instrument, c)),
	})}
}

// frameOf writes a server-sent event. Without an id it moves no cursor.
func frameOf(id string, e api.MarketEvent) []byte {
	data, err := json.Marshal(e)
	if err != nil {
		panic("httpapi: an event cannot be written as JSON: " + err.Error())
	}
	b := make([]byte, 0, len(data)+64)
	if id != "" {
		b = append(append(append(b, "id: "...), id...), '\n')
	}
	b = append(append(append(b, "event: "...), e.Kind...), "\ndata: "...)
	return append(append(b, data...), '\n', '\n')
}

// timeOf reads when a command was done.
func (h *hub) timeOf(ctx context.Context, number int64) (calendar.Instant, error) {
	var rows []app.JournalRow
	if err := h.app.Reader().Find(ctx, app.Journal.Name(), app.Where("number", number), &rows); err != nil || len(rows) == 0 {
		return h.app.Now(), err
	}
	return rows[0].At, nil
}

// position is where a listener is among the events in memory.
type position struct {
	sequence int64
	seen     hubState // what the events before it have told
}

// end is the position behind all events, for those who want what comes next.
func (h *hub) end() position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return position{h.first + int64(len(h.events)), h.seen}
}

// find returns the position behind an event, and false when what came after
// it is no longer in memory.
func (h *hub) find(id eventID) (position, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id.less(h.from) {
		return position{}, false
	}
	i := sort.Search(len(h.events), func(i int) bool { return id.less(h.events[i].id) })
	return position{sequence: h.first + int64(i)}, true
}

// after returns the events from a position on and a channel that is closed
// when there are more; false when some are no longer in memory.
func (h *hub) after(p position) (events []hubEvent, more <-chan struct{}, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p.sequence < h.first {
		return nil, nil, false
	}
	return h.events[p.sequence-h.first:], h.next, true
}
