package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"permitx/internal/store"
)

const defaultDemoListen = "127.0.0.1:0"

// demoCommand is `permitx demo`.
type demoCommand struct {
	databaseConfig

	Listen string `env:"PERMITX_DEMO_LISTEN" placeholder:"HOST:PORT" default:"${demo_listen}" help:"Address to listen on; port 0 takes any free one. Default: ${default}."`
	Exit   bool   `help:"End after the story instead of serving on."`
	JSON   bool   `name:"json" help:"Print one JSON object, and nothing else, to standard output."`
}

// Help is shown under the flags.
func (*demoCommand) Help() string {
	return `Starts the real server, drives it through its HTTP API, and then keeps serving, with the keys of the demo's users
printed. The registry is a temporary SQLite file, unless --data or --database-url names an empty one that is kept.

The totals of the four cross-province deals are those of the first batch of June 2024: 13.257 t for CNY 158,900.00.
How they split into deals is not public; the split, the firms and everything else is made up. So are the bids of the electronic
sale of Jiaxing, whose outcome is known: 19 bidders, 13 winners, about CNY 20,000/(t·a), and the day of its carbon-inclusive scheme. The days that it takes pass at once: the demo's
clock is moved ahead.`
}

// config is what the demo's server is set to.
func (c *demoCommand) config() serverConfig {
	return serverConfig{
		Listen: c.Listen, RateLimit: defaultRate, QueueLimit: defaultQueueLimit, DrainTimeout: defaultDrain,
		queryTime: patience, // it asks once, also where the machine has much else to do
	}
}

// Validate returns everything that is wrong with the flags.
func (c *demoCommand) Validate() error { return all(c.problems(), c.config().problems()) }

// Run plays the story.
func (c *demoCommand) Run(g *globals) (err error) {
	where := c.databaseConfig
	if where.DatabaseURL == "" && where.Data == "" {
		if where.Data, err = os.MkdirTemp("", "permitx-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(where.Data)) }()
	}
	clock := &demoClock{}
	s, err := c.start(g, where, clock)
	if err != nil {
		return err
	}
	progress := g.stdout
	if c.JSON {
		progress = g.stderr
	}
	t := newStory(s, clock, progress)
	result, err := t.tell(g.ctx, where)
	if err == nil {
		err = c.show(g, t, result)
	}
	if err != nil || c.Exit {
		return errors.Join(err, s.stop(g.ctx))
	}
	t.say("\nServing on %s (API reference: %s/docs) until interrupted.", s.url, s.url)
	return s.wait(g.ctx)
}

// start starts the server on an empty registry.
func (c *demoCommand) start(g *globals, where databaseConfig, clock *demoClock) (*server, error) {
	if err := checkUnused(g.ctx, where); err != nil {
		return nil, err
	}
	if err := prepare(g, where.url(), true); err != nil {
		return nil, err
	}
	keep, err := store.Open(g.ctx, where.url())
	if err != nil {
		return nil, err
	}
	log := logConfig{LogLevel: "warn", LogFormat: defaultLogFormat}.logger(g.stderr)
	s, err := startServer(g, keep, beside{intakeConfigOf(where), where.seals(), where.codes(), clock.now}, c.config(), log)
	if err != nil {
		return nil, errors.Join(err, keep.Close())
	}
	return s, nil
}

// checkUnused refuses a registry that somebody uses, before anything is done to it.
func checkUnused(ctx context.Context, where databaseConfig) error {
	s, err := store.Open(ctx, where.url())
	if err != nil {
		return err
	}
	defer s.Close()
	registry, err := s.Registry(ctx)
	if err != nil || registry.Length == 0 { // there are no tables yet, or nothing in them
		return nil // what else may be wrong, the migrations find
	}
	return fmt.Errorf("the registry (%s) is not empty, its journal has %d rows: the demo makes up persons, firms and money, so it wants a registry of its own; name an empty --data directory or database",
		where.describe(), registry.Length)
}

// show prints what the story came to.
func (c *demoCommand) show(g *globals, t *story, r demoResult) error {
	if err := t.showEnd(g.ctx, r); err != nil {
		return err
	}
	if !c.Exit {
		t.showKeys()
	}
	if c.JSON {
		if err := printJSON(g.stdout, r); err != nil {
			return err
		}
	}
	if r.Violations > 0 {
		return fmt.Errorf("the check finds %d violations", r.Violations)
	}
	return nil
}

// dialect names the database in the result.
func dialect(where databaseConfig) string {
	if store.IsPostgres(where.url()) {
		return "postgres"
	}
	return "sqlite"
}
