package store

import (
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

// cutter passes a database's connections on and cuts one when it is armed:
// either before what the client sends reaches the server, or after the server
// has done it and before the client hears of it.
type cutter struct {
	server           string // socket of the real server
	cutSend, cutHear atomic.Bool
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

func (c *cutter) copy(from, to net.Conn, cut *atomic.Bool) {
	defer from.Close()
	defer to.Close()
	buf := make([]byte, 1<<16)
	for {
		n, err := from.Read(buf)
		if n > 0 && cut.CompareAndSwap(true, false) {
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
			cut.cutSend.Store(true)
		} else {
			cut.cutHear.Store(true)
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
