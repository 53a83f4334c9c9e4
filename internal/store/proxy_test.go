package store

import (
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

// cutter passes a database's connections on and cuts one when it is armed, with
// how many pieces are read until then: either before what the client sends
// reaches the server, or after the server has done it and before the client
// hears of it.
type cutter struct {
	server           string // socket of the real server
	cutSend, cutHear atomic.Int32
	cuts             atomic.Int32
}

// throughCutter returns a URL that goes through a cutter to the same database.
func throughCutter(t *testing.T, databaseURL string) (string, *cutter) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	port := q.Get("port")
	if port == "" {
		port = "5432"
	}
	socket := ".s.PGSQL." + port
	c := &cutter{server: filepath.Join(q.Get("host"), socket)}
	dir := t.TempDir()
	listener, err := net.Listen("unix", filepath.Join(dir, socket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go c.serve(listener)
	q.Set("host", dir)
	u.RawQuery = q.Encode()
	return u.String(), c
}

func (c *cutter) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", c.server)
		if err != nil {
			client.Close()
			continue
		}
		go c.copy(client, server, &c.cutSend)
		go c.copy(server, client, &c.cutHear)
	}
}

func (c *cutter) copy(from, to net.Conn, cut *atomic.Int32) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if n > 0 && cut.Load() > 0 && cut.Add(-1) == 0 {
			c.cuts.Add(1)
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if err != io.EOF { //nolint:errorlint // net.Conn returns it bare
				return
			}
			return
		}
	}
}

// When the connection is cut in the middle of a commit, before it or after
// it, the answer agrees with the database: nothing acknowledged is missing and
// nothing is done twice.
func TestCommit_ConnectionCut(t *testing.T) {
	t.Parallel()
	url, cut := throughCutter(t, migratedPostgres(t))
	s := opened(t, url)
	w := apptest.NewWorld(t, s, 1)
	firm := w.Firms[0]
	w.Fund(firm, 100_000_000_00)
	const rounds = 6
	for i := range rounds {
		if i%2 == 0 {
			cut.cutSend.Store(1)
		} else {
			cut.cutHear.Store(1)
		}
		w.Must(firm.Person, app.PlaceOrder{
			Market: w.Market, Instrument: w.Instrument.Code, Licence: firm.Licence.ID, Side: market.Buy, TimeInForce: market.GTC,
			Price: quantity.Price(2000+i) * quantity.OnePrice, Quantity: quantity.OneQuantity,
		})
	}
	var orders []market.Record
	if err := s.Find(t.Context(), "market_order", app.Query{}, &orders); err != nil {
		t.Fatal(err)
	}
	if len(orders) != rounds || cut.cuts.Load() < rounds {
		t.Errorf("%d orders after %d acknowledged and %d cuts", len(orders), rounds, cut.cuts.Load())
	}
	apptest.Check(t, s)
}

// A commit of many rows, which takes several round trips, is there as a whole or
// not at all, wherever the connection is cut, and says that it does not know.
func TestCommit_ManyRowsCut(t *testing.T) {
	t.Parallel()
	direct := migratedPostgres(t)
	url, cut := throughCutter(t, direct)
	s, seen := opened(t, url), opened(t, direct)
	r := takenOver(t, s, second)
	for i := range int32(10) {
		armed := &cut.cutSend
		if i%2 == 1 {
			armed = &cut.cutHear
		}
		armed.Store(1 + i/2)
		b := orderBatch(r, 2*manyRows, 2)
		err := s.Commit(t.Context(), b)
		armed.Store(0)
		if err != nil && !errors.Is(err, app.ErrUnknown) && !errors.Is(err, app.ErrLost) {
			t.Fatalf("cut %d: %v, want ErrUnknown", i, err)
		}
		after, problem := seen.Registry(t.Context())
		if problem != nil {
			t.Fatal(problem)
		}
		if err == nil && after.Batch != b.Registry.Batch {
			t.Fatalf("cut %d: acknowledged batch %d is missing", i, b.Registry.Batch)
		}
		for _, table := range []string{"journal", "market_order"} {
			if last, err := seen.LastID(t.Context(), table); err != nil || last != after.Length {
				t.Fatalf("cut %d: %s has rows up to %d, the registry up to %d (%v)", i, table, last, after.Length, err)
			}
		}
		r.Batch, r.Length, r.Head = after.Batch, after.Length, after.Head
	}
	if cut.cuts.Load() < 6 {
		t.Errorf("%d cuts", cut.cuts.Load())
	}
}
