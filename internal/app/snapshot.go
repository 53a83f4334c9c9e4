package app

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// DepthLevels is how many price levels of each side a snapshot keeps: as many
// as the contract lets a reader ask for. Two sides of 100 cost the writer as
// much as two of 50 did before their memory was made in one piece.
const DepthLevels = 100

// Snapshot is what readers see without asking the writer: the books as they
// were after a commit. It never changes.
type Snapshot struct {
	Number int64 // the journal row after which it was taken
	Books  map[BookKey]*Depth
}

// BookKey names a book for readers.
type BookKey struct{ Market, Instrument int64 }

// Depth is the best levels of a book, best first.
type Depth struct {
	Number     int64 // the journal row after which the book last changed
	Buys       []market.Level
	Sells      []market.Level
	OpenOrders int
	// Call is what a call would come to now, where the book collects orders for one.
	Call Indication
}

// Indication is the price of a call as the orders are, what would be traded at
// it, and what more is bid there than asked; without a price nothing meets.
type Indication struct {
	Price      quantity.Price
	Volume     quantity.Quantity
	Surplus    quantity.Quantity
	MarketBids quantity.Quantity // in market orders, which are in no level of the depth
	MarketAsks quantity.Quantity
}

// Directory knows the API keys.
type Directory struct {
	keys   map[string]identity.Key
	actors map[int64]identity.Actor
}

// ErrStale is returned when the writer has not shown itself for StaleTime: a
// newer state may exist elsewhere. Try again later.
var ErrStale = fault.New(fault.Unavailable, "app.snapshot_stale", "the exchange is not up to date at this moment; try again")

// publish makes what the batch changed visible to readers, and wakes those who
// wait for it. Only the writer calls it.
func (a *App) publish() {
	s := a.st
	if s.changed.directory {
		a.directory.Store(s.newDirectory())
		s.changed.directory = false
	}
	a.publishReference()
	if old := a.published.Load(); old == nil || len(s.changed.books) > 0 {
		next := &Snapshot{Number: s.registry.Length, Books: map[BookKey]*Depth{}}
		if old != nil {
			maps.Copy(next.Books, old.Books)
		}
		for id := range s.changed.books {
			b := s.book(id.market, id.instrument)
			next.Books[BookKey{id.market, id.instrument}] = &Depth{
				Number: s.registry.Length, OpenOrders: b.Len(),
				Buys: s.bestLevels(b, market.Buy), Sells: s.bestLevels(b, market.Sell), Call: s.indication(id, b),
			}
		}
		clear(s.changed.books)
		a.published.Store(next)
	}
	if len(s.changed.quotes) > 0 {
		a.sights.show(s.changed.quotes)
		s.changed.quotes = s.changed.quotes[:0]
	}
	if s.changed.chain {
		s.changed.chain = false
		a.linkWaits()
	}
	a.watchers.notify()
}

// indication is what a call of a book would come to now.
func (s *state) indication(id bookID, b *market.Book) Indication {
	if !waitsForCall(b) {
		return Indication{}
	}
	r, _ := callOutcome(b, (&View{state: s}).quote(id).Close)
	return Indication{r.ClearingPrice, r.Volume, r.Imbalance, b.AtCall(market.Buy), b.AtCall(market.Sell)}
}

// bestLevels are what readers see of a side of a book.
func (s *state) bestLevels(b *market.Book, side market.Side) []market.Level {
	s.levels = b.Depth(side, DepthLevels, s.levels[:0])
	return slices.Clone(s.levels)
}

func (s *state) newDirectory() *Directory {
	d := &Directory{keys: map[string]identity.Key{}, actors: map[int64]identity.Actor{}}
	for _, k := range rowsOf(s, Keys).rows {
		d.keys[k.Hash] = k
		if _, known := d.actors[k.Person]; !known {
			d.actors[k.Person] = s.actor(k.Person)
		}
	}
	return d
}

// Authenticate returns who holds an API key, or identity.ErrBadKey.
func (a *App) Authenticate(secret string) (identity.Actor, error) {
	d := a.directory.Load()
	k, known := d.keys[identity.HashSecret(secret)]
	if !known || !k.IsUsable(a.Now()) {
		return identity.Actor{}, identity.ErrBadKey
	}
	return d.actors[k.Person], nil
}

// HasKeys reports whether anybody has ever had an API key.
func (a *App) HasKeys() bool { return len(a.directory.Load().keys) > 0 }

// Snapshot returns the books after the last commit. Returns ErrStale when the
// writer has been silent for too long.
func (a *App) Snapshot() (*Snapshot, error) {
	most := calendar.Instant(StaleTime.Microseconds())
	if a.Now()-calendar.Instant(a.beat.Load()) > most || a.config.Lease()-calendar.Instant(a.shown.Load()) > most {
		return nil, ErrStale
	}
	return a.published.Load(), nil
}

// Ready returns nil when the books are rebuilt, agree with the holds, and the
// writer is alive.
func (a *App) Ready() error {
	select {
	case <-a.stopped:
		return ErrStopping
	default:
	}
	_, err := a.Snapshot()
	return err
}

// verifyBooks compares what the orders, holds and lots set aside with the held
// parts of the balances, and the reserve with its lots. It runs once,
// at the start.
func (a *App) verifyBooks() error {
	valid := make(chan error, 1) // a million orders take a moment: both halves at once
	go func() { valid <- a.st.validateBooks() }()
	err := a.verifyHolds()
	return errors.Join(err, <-valid)
}

func (s *state) validateBooks() error {
	var wrong []error
	for id, b := range s.books {
		validate := b.Validate
		if s.mayBeCrossed(id.market) {
			validate = b.ValidateCall
		}
		if err := validate(); err != nil {
			wrong = append(wrong, fmt.Errorf("book %v: %w", id, err))
		}
	}
	return errors.Join(wrong...)
}

func (a *App) verifyHolds() error {
	held, err := a.st.heldByOrders()
	if err != nil {
		return err
	}
	var wrong []error
	err = each(a.st, Holds, Where("state", string(ledger.HoldActive)), func(h ledger.Hold) {
		account, _ := a.st.ledger.Account(h.Account)
		held[account.Key()] += h.Amount
	})
	if err != nil {
		return err
	}
	for asset, sh := range a.st.lots.shelves {
		held[ledger.PermitKey(ledger.Reserve, asset.Region, asset.Pollutant)] += int64(sh.sum.setAside)
	}
	for f := range All(&View{state: a.st}, Freezes) {
		held[f.Key()] += f.Frozen
	}
	for r := range All(&View{state: a.st}, CreditRanges) {
		if !r.Free() {
			key, scheme := creditSupply{auction.Offer{Series: r.Series, Seller: r.Party}}.key(a.st)
			held[key] += r.Units() * int64(scheme.SerialUnit)
		}
	}
	a.st.ledger.Each(func(acc ledger.Account, b ledger.Balance) {
		if b.Held != held[acc.Key()] {
			wrong = append(wrong, fmt.Errorf("account %d: %d is held, orders, holds, lots and credits on sale or locked say %d", acc.ID, b.Held, held[acc.Key()]))
		}
		if differs := a.st.reserveDiffers(acc.Key().Asset()); acc.Kind == ledger.Reserve && differs != "" {
			wrong = append(wrong, errors.New(differs))
		}
	})
	return errors.Join(wrong...)
}

// heldByOrders is what the open orders hold aside, by account.
func (s *state) heldByOrders() (map[ledger.Key]int64, error) {
	type holder struct {
		side                       market.Side
		party, licence, instrument int64
	}
	sums := map[holder]int64{}
	for _, o := range s.orders {
		sums[holder{o.Side, o.Party, o.Licence, o.Instrument}] += o.Hold
	}
	v := &View{state: s}
	held := map[ledger.Key]int64{}
	for h, sum := range sums {
		k, err := v.holdKey(&market.Record{Side: h.side, Party: h.party, Licence: h.licence, Instrument: h.instrument})
		if err != nil {
			return nil, err
		}
		held[k] += sum
	}
	return held, nil
}

// watchers are readers who wait for the next commit.
type watchers struct {
	mu   sync.Mutex
	next chan struct{} // nil: nobody waits
}

// notify wakes those who wait.
func (w *watchers) notify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.next != nil {
		close(w.next)
		w.next = nil
	}
}

// NextCommit returns a channel that is closed after the next commit. What is
// to be read must be read after asking for the channel.
func (a *App) NextCommit() <-chan struct{} {
	a.watchers.mu.Lock()
	defer a.watchers.mu.Unlock()
	if a.watchers.next == nil {
		a.watchers.next = make(chan struct{})
	}
	return a.watchers.next
}

// BookDigests are the digests of all books, FIFO order included. It is for
// tests and must not be called while commands run.
func (a *App) BookDigests() map[BookKey][32]byte {
	out := map[BookKey][32]byte{}
	for id, b := range a.st.books {
		if b.Len() > 0 {
			out[BookKey{id.market, id.instrument}] = b.Digest()
		}
	}
	return out
}
