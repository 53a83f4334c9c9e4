package main

import (
	"context"
	"errors"
	"time"

	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/intake"
	"permitx/internal/store"
)

// takeAwayCommand is `permitx take-away`.
type takeAwayCommand struct {
	databaseConfig

	Month string `required:"" placeholder:"YYYY-MM" help:"The month of the activities."`
	Gone  bool   `help:"Its table was taken away by hand before; note that, and change nothing else."`
}

// Help is shown under the flags.
func (*takeAwayCommand) Help() string {
	return `Takes the activities of a closed month out of the intake, also beside a running server: their table is renamed, and is
the archive's from then on. What is counted once stays, and so do balances, totals and the proofs. While an issuance whose
evidence is of that month waits, nothing is taken away. On PostgreSQL run this as the role that the server runs as. docs/archive.md says what to do with the table, and how to prove it later.`
}

// Validate returns everything that is wrong with the flags.
func (c *takeAwayCommand) Validate() error {
	_, err := intake.ParseMonth("month", c.Month)
	return errors.Join(append(c.problems(), err)...)
}

// Run takes the month away.
func (c *takeAwayCommand) Run(g *globals) error {
	if err := c.exists(); err != nil {
		return err
	}
	m, err := intake.ParseMonth("month", c.Month)
	if err != nil {
		return err
	}
	if c.Gone {
		if err := store.NoteMonthAway(g.ctx, store.IntakeURL(c.url()), m, calendar.InstantOf(time.Now())); err != nil {
			return err
		}
		g.print("%s is noted as taken away.", m)
		return nil
	}
	if err := checkNotShown(g.ctx, c.url(), m); err != nil {
		return err
	}
	table, err := store.TakeMonthAway(g.ctx, store.IntakeURL(c.url()), m, calendar.InstantOf(time.Now()))
	if err != nil {
		return err
	}
	g.print("%s was taken away: its activities are the table %s; copy it, then drop it.", m, table)
	return nil
}

// checkNotShown holds that no issuance has to be verified by a month's activities any more.
func checkNotShown(ctx context.Context, url string, m intake.Month) (err error) {
	in, err := store.OpenIntake(ctx, store.IntakeURL(url), nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	trading, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, trading.Close()) }()
	return app.CheckNotShown(ctx, in, trading, m)
}
