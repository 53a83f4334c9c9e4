package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
	"permitx/internal/store"
	"permitx/internal/store/storetest"
)

// killedServer is a server in a process of its own.
type killedServer struct {
	process *exec.Cmd
	stdout  output
	stderr  output
	address string
	once    sync.Once // it is killed
}

func startKilled(t *testing.T, place ...string) *killedServer {
	t.Helper()
	s := &killedServer{}
	args := append([]string{"serve", "--listen", anyPort}, place...)
	s.process = exec.CommandContext(context.WithoutCancel(t.Context()), os.Args[0], args...)
	s.process.Env = append(os.Environ(), runAsProgram+"=1")
	s.process.Stdout, s.process.Stderr = &s.stdout, &s.stderr
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill(t) })
	s.address = addressPattern.FindString(s.stdout.await(t, "Listening on"))
	return s
}

// kill ends the process at once, if it still runs.
func (s *killedServer) kill(t *testing.T) {
	t.Helper()
	s.once.Do(func() {
		s.process.Process.Kill() // it may be dead already
		s.process.Wait()         // killed
	})
}

// seedForOrders makes a small world in a database with one firm that both buys
// and sells, and returns the firm with a key of its user.
func seedForOrders(t *testing.T, url string) (buyer, seller apptest.Firm, instrument string, keys [2]string) {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w := apptest.NewWorld(t, s, 2)
	w.Fund(w.Firms[0], 1_000_000_000_00)
	w.Grant(w.Firms[1], 100*quantity.OneQuantity, 100*quantity.OneQuantity, 2000*quantity.OnePrice)
	for i, f := range w.Firms {
		keys[i] = identity.KeyPrefix + strings.Repeat(strconv.Itoa(i), 43)
		w.Must(w.Admin, app.KeyMake{Person: f.Person, Label: "kill", Hash: identity.HashSecret(keys[i]), Prefix: keys[i][:8]})
	}
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Firms[0], w.Firms[1], w.Instrument.Code, keys
}

// What was acknowledged before a kill -9 in the middle of the load is there
// after a restart, and check finds nothing.
func TestKill(t *testing.T) {
	t.Parallel()
	onBoth(t, killInTheMiddle)
}

// onBoth runs a test on a registry of each kind; place are the flags of a server on it.
func onBoth(t *testing.T, test func(t *testing.T, url string, place ...string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		url := storetest.SQLite(t)
		test(t, url, "--data", filepath.Dir(url))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := dbtest.Database(t).OwnerURL
		if _, err := store.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		test(t, url, "--database-url", url, "--salts", t.TempDir())
	})
}

func killInTheMiddle(t *testing.T, url string, place ...string) {
	t.Helper()
	buyer, seller, instrument, keys := seedForOrders(t, url)
	acknowledged := map[int64]bool{}
	for range 2 {
		server := startKilled(t, place...)
		for _, id := range ordersUntilKilled(t, server, instrument, [2]apptest.Firm{buyer, seller}, keys) {
			acknowledged[id] = true
		}
	}
	s := storetest.Open(t, url)
	var orders []market.Record
	if err := s.Find(t.Context(), "market_order", app.Query{}, &orders); err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		delete(acknowledged, o.ID)
	}
	if len(acknowledged) > 0 {
		t.Errorf("%d acknowledged orders are lost, of %d that are there", len(acknowledged), len(orders))
	}
	apptest.Check(t, s)
}

// ordersUntilKilled sends orders from several clients, kills the server after
// some hundred answers, and returns the orders that were acknowledged.
func ordersUntilKilled(t *testing.T, server *killedServer, instrument string, firms [2]apptest.Firm, keys [2]string) []int64 {
	t.Helper()
	const clients, enough = 8, 400
	var count atomic.Int64
	var mu sync.Mutex
	var acknowledged []int64
	var wg sync.WaitGroup
	for c := range clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			side := []api.Side{api.SideBuy, api.SideSell}[c%2]
			client, err := api.NewBearerClient(server.address, keys[c%2])
			if err != nil {
				t.Error(err)
				return
			}
			for i := 0; ; i++ {
				key := strconv.FormatInt(time.Now().UnixNano(), 36) + "-" + strconv.Itoa(c)
				r, err := client.PlaceOrderWithResponse(context.WithoutCancel(t.Context()), &api.PlaceOrderParams{IdempotencyKey: key}, api.OrderInput{
					Market: "YRD-VOCS", Instrument: instrument, Licence: &firms[c%2].Licence.ID, Side: side,
					Price: new(strconv.Itoa(2400 + i%3)), Quantity: "0.001",
				})
				if err != nil { // killed
					return
				}
				if r.JSON201 == nil {
					t.Errorf("an order was refused: %s", r.Body)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, r.JSON201.ID)
				mu.Unlock()
				if count.Add(1) == enough {
					server.kill(t)
				}
			}
		}()
	}
	wg.Wait()
	if len(acknowledged) < enough {
		t.Errorf("only %d orders were acknowledged", len(acknowledged))
	}
	return acknowledged
}
