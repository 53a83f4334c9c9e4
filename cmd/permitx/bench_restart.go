package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"permitx/internal/bench"
)

// lastMeasures are taken once, after the rounds, each on a registry of its own.
var lastMeasures = []benchMeasure{
	{name: "restart", place: onSQLite, run: measureRestart},
	{name: "restart_postgres", place: onPostgres, full: true, run: measureRestart},
	{name: "reserve_statement_postgres", place: onPostgres, run: measureStatement},
	{name: "reserve_statement_sqlite", place: onSQLite, run: measureStatement},
}

// measureRestart fills a registry with open orders, each a command with a key
// of its own, and measures how long the server takes from the start of its
// process until it is ready. The files are in the system's cache, as they are
// when a server is started again.
func measureRestart(ctx context.Context, b *benchRun, m benchMeasure) error {
	args, err := b.restartRegistry(ctx, m)
	if err != nil {
		return err
	}
	site, err := b.openSite(ctx, args...)
	if err != nil {
		return err
	}
	b.progress("%s: placing %d orders that stay open", m.name, b.openOrders)
	r, err := bench.Run(ctx, bench.Load{Address: site.server.address, Clients: asClients(site.resting()), Things: int64(b.openOrders)})
	if err = errors.Join(err, site.server.stop()); err != nil {
		return err
	}
	b.add(m.name+"_load_per_s", "1/s", r.PerSecond())
	figure := m.name + "_1m_orders_s"
	if b.openOrders != benchOpenOrders {
		figure = fmt.Sprintf("%s_%d_orders_s", m.name, b.openOrders)
		b.why[m.name] = fmt.Sprintf("only %d orders were placed, for want of time", b.openOrders)
	}
	for range benchRestarts {
		server, err := startBenchServer(ctx, b.dir, b.command.Profile != "", args...)
		if err != nil {
			return err
		}
		b.add(figure, "s", server.ready.Seconds())
		if err := server.stop(); err != nil {
			return err
		}
	}
	return nil
}

// restartRegistry makes an empty registry and returns how a server is told of it.
func (b *benchRun) restartRegistry(ctx context.Context, m benchMeasure) ([]string, error) {
	if m.place == onSQLite {
		return []string{"--data", filepath.Join(b.dir, m.name)}, nil
	}
	d, err := b.postgres.newExchange(ctx)
	return []string{"--database-url", d.ServiceURL}, err
}

// resting are clients whose orders never cross.
func (s *benchSite) resting() []*benchClient {
	clients := make([]*benchClient, len(s.firms))
	for i := range clients {
		f := &s.firms[i]
		bodies := make([]string, benchDistance)
		for j := range bodies {
			bodies[j] = s.order(f, 1+(i*benchDistance+j*7)%benchDeep)
		}
		clients[i] = s.client("/v1/orders", f.key, bodies, created)
	}
	return clients
}
