package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"permitx/internal/bench"
)

// The orders: passive ones lie 1 to 20 ticks off the middle, crossing ones 30
// ticks beyond it, all of one lot. So a crossing order trades with one that
// rests, and as many come of the one kind as of the other.
const (
	benchMiddle   = 2400 // CNY/(t·a)
	benchDistance = 20
	benchBeyond   = 30
	benchDeep     = 1000 // levels on each side, where orders only rest
)

// benchClient sends its requests in turn and counts what the answers say.
type benchClient struct {
	requests []*bench.Request
	n        uint64
	done     func(bench.Response) int
	filled   int // orders that were filled at once
}

// Next is the next request, with a key of its own.
func (c *benchClient) Next() []byte {
	c.n++
	return c.requests[c.n%uint64(len(c.requests))].WithKey(c.n)
}

// Done tells how many things were done.
func (c *benchClient) Done(r bench.Response) int {
	c.filled += bytes.Count(r.Body, []byte(`"fills":[`))
	return c.done(r)
}

// created counts one thing for a 201.
func created(r bench.Response) int {
	if r.Status == http.StatusCreated {
		return 1
	}
	return 0
}

// withoutProblem counts a batch's items that have no problem.
func withoutProblem(r bench.Response) int {
	if r.Status != http.StatusOK {
		return 0
	}
	return benchBatch - bytes.Count(r.Body, []byte(`"problem":`))
}

// price is the limit of an order: distance ticks off the middle on its own
// side of the book, or beyond the middle where distance is negative.
func (f *benchFirm) price(distance int) int {
	if f.sells {
		return benchMiddle + distance
	}
	return benchMiddle - distance
}

// order is the body of an order.
func (s *benchSite) order(f *benchFirm, distance int) string {
	side := "buy"
	if f.sells {
		side = "sell"
	}
	return fmt.Sprintf(`{"market":"%s","instrument":"%s","licence":%d,"side":"%s","price":"%d","quantity":"%s","time_in_force":"gtc"}`,
		benchMarket, s.instrument, f.licence, side, f.price(distance), benchLot)
}

// orders are the bodies of a firm's orders: by turns one that rests and one that crosses.
func (s *benchSite) orders(f *benchFirm) []string {
	var bodies []string
	for d := range benchDistance {
		bodies = append(bodies, s.order(f, d+1), s.order(f, -benchBeyond))
	}
	return bodies
}

// client makes a client that sends bodies by turns.
func (s *benchSite) client(path, key string, bodies []string, done func(bench.Response) int) *benchClient {
	prefix := commandKey()
	c := &benchClient{done: done, n: rand.Uint64N(uint64(len(bodies)))}
	for _, body := range bodies {
		c.requests = append(c.requests, bench.NewRequest(path, key, prefix, []byte(body)))
	}
	return c
}

func measureOrders(connections int) benchTake {
	return func(ctx context.Context, b *benchRun, m benchMeasure) error {
		s := b.sites[m.place]
		clients := make([]*benchClient, connections)
		for i := range clients {
			clients[i] = s.client("/v1/orders", s.firms[i].key, s.orders(&s.firms[i]), created)
		}
		return b.load(ctx, m, clients)
	}
}

// fewOrders is the load of orders beside which something else is done.
func (b *benchRun) fewOrders(s *benchSite) bench.Load {
	clients := make([]*benchClient, benchBeside)
	for i := range clients {
		clients[i] = s.client("/v1/orders", s.firms[i].key, s.orders(&s.firms[i]), created)
	}
	return bench.Load{Address: s.server.address, Clients: asClients(clients), WarmUp: b.warmUp, Measure: b.length}
}

func measureOrderBatches(connections int) benchTake {
	return func(ctx context.Context, b *benchRun, m benchMeasure) error {
		s := b.sites[m.place]
		clients := make([]*benchClient, connections)
		for i := range clients {
			orders := s.orders(&s.firms[i])
			items := make([]string, benchBatch)
			for j := range items {
				items[j] = `{"place":` + orders[j%len(orders)] + `}`
			}
			body := `{"orders":[` + strings.Join(items, ",") + `]}`
			clients[i] = s.client("/v1/order-batches", s.firms[i].key, []string{body}, withoutProblem)
		}
		return b.load(ctx, m, clients)
	}
}

// put puts a load on a server, writes the server's profile if one is wanted, and
// says what failed.
func (b *benchRun) put(ctx context.Context, s *benchServer, name string, load bench.Load) (bench.Result, error) {
	profiled := b.profile(ctx, s, fmt.Sprintf("%s.%d", name, b.round), b.warmUp+b.length)
	load.Address = s.address
	r, err := bench.Run(ctx, load)
	if err = errors.Join(err, <-profiled); err != nil {
		return r, fmt.Errorf("%w\n%s", err, s.log)
	}
	if failed := r.Failed(); failed > 0 {
		b.g.say("bench: %s: %d of %d requests failed %v: %s", name, failed, r.Requests, r.Failures, r.Example)
	}
	return r, nil
}

// load puts clients on a server and adds the figures of what came of it.
func (b *benchRun) load(ctx context.Context, m benchMeasure, clients []*benchClient) error {
	s := b.sites[m.place].server
	before, err := s.batches(ctx)
	if err != nil {
		return err
	}
	r, err := b.put(ctx, s, m.name, bench.Load{Clients: asClients(clients), WarmUp: b.warmUp, Measure: b.length})
	if err != nil {
		return err
	}
	if r.Things == 0 {
		return errors.New("nothing was done")
	}
	after, err := s.batches(ctx)
	if err != nil {
		return err
	}
	filled := 0
	for _, c := range clients {
		filled += c.filled
	}
	delta := after.minus(before)
	b.add(m.name+"_per_s", "1/s", r.PerSecond())
	b.add(m.name+"_p50_ms", "ms", milliseconds(r.Latency.Quantile(0.50)))
	b.add(m.name+"_p99_ms", "ms", milliseconds(r.Latency.Quantile(0.99)))
	if filled > 0 {
		b.add(m.name+"_filled", "of all", float64(filled)/float64(r.Things))
	}
	b.add(m.name+"_batch", "commands", delta.commands/delta.count)
	b.add(m.name+"_run_us", "µs/command", delta.run/delta.commands*microseconds)
	b.add(m.name+"_commit_us", "µs/command", delta.commit/delta.commands*microseconds)
	return nil
}

// profile saves a profile of a server's next d, if the command asks for
// profiles; the error comes when it is saved.
func (b *benchRun) profile(ctx context.Context, s *benchServer, name string, d time.Duration) <-chan error {
	saved := make(chan error, 1)
	if b.command.Profile == "" {
		saved <- nil
	} else {
		go func() { saved <- s.saveProfile(ctx, b.command.Profile, name, d) }()
	}
	return saved
}

// benchColumns are the figures of a load, in the table for a person.
var benchColumns = []string{"per_s", "p50_ms", "p99_ms", "filled", "batch", "run_us", "commit_us"}

const microseconds = 1e6 // in a second

func asClients(clients []*benchClient) []bench.Client {
	all := make([]bench.Client, len(clients))
	for i, c := range clients {
		all[i] = c
	}
	return all
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// benchBatches is what the server's metrics say of the writer's batches.
type benchBatches struct {
	commands, count float64
	run, commit     float64 // s, to decide and to write
}

func (b benchBatches) minus(o benchBatches) benchBatches {
	return benchBatches{b.commands - o.commands, b.count - o.count, b.run - o.run, b.commit - o.commit}
}

func (s *benchServer) batches(ctx context.Context) (found benchBatches, err error) {
	r, err := s.get(ctx, "/metrics")
	if err != nil {
		return found, err
	}
	if r.Status != http.StatusOK {
		return found, fmt.Errorf("/metrics answered %d", r.Status)
	}
	return parseBatches(r.Body)
}

func parseBatches(metrics []byte) (found benchBatches, err error) {
	wanted := map[string]*float64{
		"permitx_batch_commands_sum": &found.commands, "permitx_batch_commands_count": &found.count,
		"permitx_batch_run_seconds_sum": &found.run, "permitx_batch_commit_seconds_sum": &found.commit,
	}
	for line := range bytes.Lines(metrics) {
		name, value, _ := strings.Cut(string(bytes.TrimSpace(line)), " ")
		if into := wanted[name]; into != nil {
			if *into, err = strconv.ParseFloat(value, 64); err != nil {
				return found, fmt.Errorf("/metrics: %s: %w", name, err)
			}
			delete(wanted, name)
		}
	}
	for name := range wanted {
		return found, fmt.Errorf("/metrics has no %s", name)
	}
	return found, nil
}
