package main

import (
	"errors"
	"fmt"

	"permitx/internal/store"
)

// migrateCommand is `permitx migrate`.
type migrateCommand struct {
	databaseConfig

	ServiceRole string `env:"PERMITX_SERVICE_ROLE" placeholder:"NAME" help:"PostgreSQL role that the server runs as: it is given what the service needs, and may change or delete no posting, trade, account or journal row."`
	Status      bool   `help:"Only say how many migrations are missing. Exits 1 when there are any."`
}

// Help is shown under the flags.
func (*migrateCommand) Help() string {
	return `Migrations go forward only. On PostgreSQL run this as the owner of the tables; the server itself can run as a role
that owns nothing (--service-role).`
}

// Validate returns everything that is wrong with the flags.
func (c *migrateCommand) Validate() error {
	found := c.problems()
	if c.ServiceRole != "" && !store.IsPostgres(c.url()) {
		found = append(found, errors.New("--service-role is for PostgreSQL: give --database-url"))
	}
	if c.ServiceRole != "" && c.Status {
		found = append(found, errors.New("--status changes nothing: leave --service-role out"))
	}
	return errors.Join(found...)
}

// Run migrates.
func (c *migrateCommand) Run(g *globals) error {
	if c.Status {
		return c.status(g)
	}
	n, err := store.Migrate(g.ctx, c.url())
	if err != nil {
		return err
	}
	g.print("%s: applied %d migrations; the schema is up to date", c.describe(), n)
	if c.ServiceRole == "" {
		return nil
	}
	if err := store.GrantService(g.ctx, c.url(), c.ServiceRole); err != nil {
		return err
	}
	g.print("the role %s has what the service needs", c.ServiceRole)
	return nil
}

func (c *migrateCommand) status(g *globals) error {
	if err := c.exists(); err != nil {
		return err
	}
	pending, err := store.PendingMigrations(g.ctx, c.url())
	if err != nil {
		return err
	}
	if pending > 0 {
		return fmt.Errorf("%s lacks %d migrations: run `permitx migrate`", c.describe(), pending)
	}
	g.print("%s: the schema is up to date", c.describe())
	return nil
}
