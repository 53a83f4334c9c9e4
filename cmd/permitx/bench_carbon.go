package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"permitx/api"
	"permitx/internal/bench"
	"permitx/internal/calendar"
)

// The intake that is measured: bus rides of a million participants, who are
// registered before, in full batches, of the seven days that may be declared.
const (
	carbonPeople   = 1_000_000
	carbonBatch    = 10_000
	carbonClients  = 4
	carbonDays     = 7
	carbonFirstDay = 2  // days before today
	carbonMinutes  = 10 // of a ride
	carbonFill     = 2_000_000
	carbonFullFill = 50_000_000
	carbonSalt     = "BENCH"
	aMillion       = 1_000_000
)

// What is measured is how long a number of activities takes, and not how many
// come in a time: a commit takes two batches at once, so a time would count
// some tens of thousands more or less. The first ones are not counted: a
// server that was just started reads its indexes from the disk.
const (
	carbonWarmUp   = 12 * carbonBatch
	carbonASecond  = 4 * carbonBatch  // of --seconds
	carbonMeasured = 30 * carbonBatch // at least
)

// carbonMeasures are those of `permitx bench carbon`, each on a registry of its own.
var carbonMeasures = []benchMeasure{
	{name: "activities_postgres", place: onPostgres, run: measureActivities},
	{name: "activities_sqlite", place: onSQLite, run: measureActivities},
}

var carbonRatios = []benchRatio{
	{bench.Goal{Name: "activities_per_s", Must: 20_000, Aim: 60_000}, "activities_postgres_per_s", "", []string{"activities_postgres"}},
	{bench.Goal{Name: "activities_sqlite_per_s", Must: 20_000, Aim: 60_000}, "activities_sqlite_per_s", "", []string{"activities_sqlite"}},
	{
		bench.Goal{Name: "activities_full_per_empty", Must: 0.8, Aim: 1},
		"activities_postgres_full_per_s", "activities_postgres_per_s",
		[]string{"activities_postgres"},
	},
	{
		bench.Goal{Name: "activities_sqlite_full_per_empty", Must: 0.8, Aim: 1},
		"activities_sqlite_full_per_s", "activities_sqlite_per_s",
		[]string{"activities_sqlite"},
	},
	{
		bench.Goal{Name: "order_p99_during_intake", Must: 2, Aim: 1.2}, // less is better
		"activities_postgres_order_p99_during_ms", "activities_postgres_order_p99_ms", []string{"activities_postgres"},
	},
	{
		bench.Goal{Name: "order_p99_during_intake_sqlite", Must: 2, Aim: 1.2}, // likewise
		"activities_sqlite_order_p99_during_ms", "activities_sqlite_order_p99_ms", []string{"activities_sqlite"},
	},
}

// measureActivities measures the intake on a registry whose participants are
// known and have no activities, then orders without it and beside it, then the
// intake on one that is filled.
func measureActivities(ctx context.Context, b *benchRun, m benchMeasure) error {
	r, err := b.carbonRegistry(ctx, m)
	if err != nil {
		return err
	}
	site, err := b.openSite(ctx, r.args...)
	if err != nil {
		return err
	}
	scheme, operator, err := site.carbonScheme(ctx)
	if err := errors.Join(err, site.server.stop()); err != nil {
		return fmt.Errorf("set the scheme up: %w", err)
	}
	b.progress("%s: registering %d participants", m.name, carbonPeople)
	if err := r.register(ctx, scheme, carbonPeople); err != nil {
		return fmt.Errorf("register participants: %w", err)
	}
	if err := b.settle(ctx, m); err != nil {
		return err
	}
	people, err := r.weigh(ctx)
	if err != nil {
		return err
	}
	b.progress("%s: measuring with no activities yet", m.name)
	load := &carbonLoad{path: fmt.Sprintf("/v1/carbon/activity-batches?scheme=%d", scheme), key: operator}
	if err := b.whileServed(ctx, site, r, func() error {
		if err := b.loadActivities(ctx, site, m.name, load); err != nil {
			return err
		}
		if err := b.settle(ctx, m); err != nil {
			return err
		}
		return b.ordersBeside(ctx, site, m.name, load)
	}); err != nil {
		return err
	}
	loaded, err := r.weigh(ctx)
	if err != nil {
		return err
	}
	if loaded.participants != carbonPeople {
		return fmt.Errorf("the activities are of %.0f participants", loaded.participants)
	}
	rows := carbonFill
	if b.command.Full {
		rows = carbonFullFill
	}
	b.progress("%s: filling the intake with %d activities", m.name, rows)
	if err := r.fill(ctx, rows, carbonPeople, func(n int) { b.progress("%s: %d activities are there", m.name, n) }); err != nil {
		return fmt.Errorf("fill the intake: %w", err)
	}
	if err := b.settle(ctx, m); err != nil {
		return err
	}
	filled, err := r.weigh(ctx)
	if err != nil {
		return err
	}
	b.progress("%s: measuring with as many activities", m.name)
	b.add(m.name+"_participants_bytes_per_million", "B", people.bytes/people.participants*aMillion)
	b.add(m.name+"_bytes_per_million", "B", (loaded.bytes-people.bytes)/loaded.activities*aMillion)
	b.add(m.name+"_filled_bytes_per_million", "B", (filled.bytes-loaded.bytes)/float64(rows)*aMillion)
	return b.whileServed(ctx, site, r, func() error { return b.loadActivities(ctx, site, m.name+"_full", load) })
}

// settle makes a checkpoint, after which PostgreSQL writes its log over segments that it
// has, as one does that is in service. A new segment is filled with zeros first, and who
// commits waits for that. Where the role may make none, it says so and goes on.
func (b *benchRun) settle(ctx context.Context, m benchMeasure) error {
	if m.place != onPostgres {
		return nil
	}
	err := b.postgres.checkpoint(ctx)
	if errors.Is(err, errMayNot) {
		b.progress("%s: measuring without a checkpoint: %v", m.name, err)
		return nil
	}
	return err
}

// whileServed does something while the server of a site runs.
func (b *benchRun) whileServed(ctx context.Context, s *benchSite, r *carbonRegistry, do func() error) (err error) {
	if s.server, err = startBenchServer(ctx, b.dir, b.command.Profile != "", r.args...); err != nil {
		return err
	}
	return errors.Join(do(), s.server.stop())
}

func (b *benchRun) loadActivities(ctx context.Context, s *benchSite, figure string, load *carbonLoad) error {
	if _, err := bench.Run(ctx, bench.Load{Address: s.server.address, Clients: load.clients(), Things: carbonWarmUp}); err != nil {
		return err
	}
	things := max(int64(b.length.Seconds()*carbonASecond), carbonMeasured)
	r, err := b.put(ctx, s.server, figure, bench.Load{Clients: load.clients(), Things: things})
	if err != nil {
		return err
	}
	b.add(figure+"_per_s", "1/s", r.PerSecond())
	b.add(figure+"_p99_ms", "ms", milliseconds(r.Latency.Quantile(0.99)))
	return nil
}

// ordersBeside measures orders alone, and beside the intake.
func (b *benchRun) ordersBeside(ctx context.Context, s *benchSite, name string, load *carbonLoad) error {
	orders := b.fewOrders(s)
	alone, err := bench.Run(ctx, orders)
	if err != nil {
		return err
	}
	b.add(name+"_order_p99_ms", "ms", milliseconds(alone.Latency.Quantile(0.99)))
	besides := make(chan error, 1)
	go func() {
		_, err := bench.Run(ctx, bench.Load{Address: s.server.address, Clients: load.clients(), Measure: 2*b.warmUp + b.length})
		besides <- err
	}()
	during, err := bench.Run(ctx, orders)
	if other := <-besides; err == nil {
		err = other
	}
	b.add(name+"_order_p99_during_ms", "ms", milliseconds(during.Latency.Quantile(0.99)))
	return err
}

// carbonScheme registers a scheme that counts bus rides, and returns the key of
// its operator.
func (s *benchSite) carbonScheme(ctx context.Context) (api.ID, string, error) {
	seeder, err := s.seeder(ctx)
	if err != nil {
		return 0, "", err
	}
	officer, approver := seeder.officer, seeder.approver
	operator, err := newBenchUser(ctx, seeder.admin, "Operator", api.GrantInput{Role: api.RoleOperator, Party: &s.firms[0].party})
	if err != nil {
		return 0, "", err
	}
	since := calendar.InstantOf(time.Now()).Date().AddDays(-30).String()
	scheme, err := approved[api.CarbonScheme](ctx, approver)(read(officer.RegisterCarbonScheme(ctx, &api.RegisterCarbonSchemeParams{IdempotencyKey: commandKey()}, api.CarbonSchemeInput{
		Code: "BENCH", Name: benchDocument, Region: benchRegion, Operator: s.firms[0].party, SerialUnit: "1", Salt: carbonSalt, ValidFrom: since, Source: benchDocument,
	})))
	if err != nil {
		return 0, "", err
	}
	if _, err = approved[api.Methodology](ctx, approver)(read(officer.RegisterMethodology(ctx, &api.RegisterMethodologyParams{IdempotencyKey: commandKey()}, api.MethodologyInput{
		Code: "BUS", Version: 1, Name: benchDocument, Formula: "rides * per_ride * kg_per_g", ResultUnit: "kgCO2e", RoundTo: "0.000001", Rounding: "down", Most: "1",
		Inputs: []api.MethodologyVariable{{Name: "rides", Unit: "ride", Least: "0", Most: "10"}},
		Factors: []api.MethodologyFactor{
			{Name: "per_ride", Unit: "gCO2e/ride", Value: "52", Source: benchDocument}, {Name: "kg_per_g", Unit: "kgCO2e/gCO2e", Value: "0.001", Source: benchDocument},
		},
		ValidFrom: since, Source: benchDocument,
	}))); err != nil {
		return 0, "", err
	}
	_, err = approved[api.Scenario](ctx, approver)(read(officer.RegisterScenario(ctx, &api.RegisterScenarioParams{IdempotencyKey: commandKey()}, api.ScenarioInput{
		Scheme: scheme.ID, Code: "BUS", Name: benchDocument, Methodology: "BUS", ClaimFrom: carbonFirstDay, ClaimTo: carbonFirstDay + carbonDays, ValidFrom: since, Source: benchDocument,
	})))
	return scheme.ID, operator, err
}
