package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"permitx/internal/app"
	"permitx/internal/store"
)

// gcPercent lets the heap grow to five times what is in use before it is
// collected: garbage costs an order more than memory. GOGC overrides it.
const gcPercent = 400

// standbyPause is how often a standby asks whether the writer's role is free.
const standbyPause = 300 * time.Millisecond

// serveCommand is `permitx serve`.
type serveCommand struct {
	databaseConfig
	serverConfig
	logConfig

	Migrate     *bool `negatable:"" env:"PERMITX_MIGRATE" help:"Bring the schema up to date first. Default: yes for SQLite, no for PostgreSQL, where the service need not own its tables."`
	KeepNothing bool  `hidden:"" help:"Keep nothing: what the program costs without a database, for permitx bench."`

	ProfileListen profileAddress `hidden:"" placeholder:"HOST:PORT" help:"Serve Go's profiles there, for permitx bench."`
}

// Help is shown under the flags.
func (*serveCommand) Help() string {
	return `Without --database-url the registry is the SQLite file ./data/permitx.db, which is made where it is missing. On an
empty registry the key of the first administrator is printed, this once. One process writes a registry: a second one
waits as a standby until the first is gone. SIGTERM ends the server cleanly: it stops taking requests, finishes those
that it has, and closes the database.`
}

// Validate returns everything that is wrong with the flags.
func (c *serveCommand) Validate() error {
	return all(c.databaseConfig.problems(), c.serverConfig.problems())
}

// Run serves until the context ends or the writer stops.
func (c *serveCommand) Run(g *globals) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := c.logger(g.stderr)
	keep, err := c.open(g)
	if err != nil {
		return err
	}
	s, err := startServer(g, keep, c.beside(), c.serverConfig, log)
	if errors.Is(err, context.Canceled) { // asked to stop while it waited as a standby
		return keep.Close()
	}
	if err != nil {
		return errors.Join(err, keep.Close())
	}
	g.print("permitx %s on %s", version(), c.place())
	if s.bootstrapKey != "" {
		g.print("The registry is empty. Key of the first administrator, shown this once: %s", s.bootstrapKey)
	}
	g.print("Listening on %s (API reference: %s/docs)", s.url, s.url)
	return s.wait(g.ctx)
}

// beside is what the server has besides its database; one that keeps nothing
// has neither an intake nor codes of certificates.
func (c *serveCommand) beside() beside {
	by := beside{seals: c.seals(), clock: app.SystemClock}
	if !c.KeepNothing {
		by.intake, by.codes = intakeConfigOf(c.databaseConfig), c.codes()
	}
	return by
}

func (c *serveCommand) place() string {
	if c.KeepNothing {
		return "no database: nothing is kept"
	}
	return c.describe()
}

// keeper is a store that can be closed.
type keeper interface {
	app.Store
	Close() error
}

// open connects to the database, with its schema up to date.
func (c *serveCommand) open(g *globals) (keeper, error) {
	if c.KeepNothing {
		return store.OpenNothing(g.ctx)
	}
	migrate := !store.IsPostgres(c.url())
	if c.Migrate != nil {
		migrate = *c.Migrate
	}
	if err := prepare(g, c.url(), migrate); err != nil {
		return nil, err
	}
	return store.Open(g.ctx, c.url())
}

// prepare migrates, or fails when the schema is not up to date.
func prepare(g *globals, url string, migrate bool) error {
	if migrate {
		n, err := store.Migrate(g.ctx, url)
		if err == nil && n > 0 {
			g.say("permitx: applied %d migrations", n)
		}
		return err
	}
	switch pending, err := store.PendingMigrations(g.ctx, url); {
	case err != nil:
		return fmt.Errorf("%w; has `permitx migrate` been run?", err)
	case pending > 0:
		return fmt.Errorf("the database lacks %d migrations: run `permitx migrate` as the owner of the tables, then start again", pending)
	}
	return nil
}
