package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"permitx/internal/app"
	"permitx/migrations"
)

// Migrate brings the schema of a database, and of the intake beside it, up to
// date and returns how many migrations it applied. On PostgreSQL it runs as the owner of the tables;
// the service may use a role that owns nothing (see GrantService).
func Migrate(ctx context.Context, url string) (applied int, err error) {
	db, p, err := provider(url)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	ofIntake, err := MigrateIntake(ctx, IntakeURL(url)) // the first, because it may refuse
	if err != nil {
		return ofIntake, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return ofIntake, fmt.Errorf("migrate: %w", err)
	}
	return len(results) + ofIntake, nil
}

// ErrLaterSchema is returned when a later version of permitx has migrated a database.
var ErrLaterSchema = errors.New("the schema is of a later version of permitx: start that one")

// lacking is how many versions a schema is behind. Returns ErrLaterSchema.
func lacking(ctx context.Context, p *goose.Provider) (int, error) {
	current, target, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return 0, fmt.Errorf("read the schema's version: %w", err)
	case current > target:
		return 0, ErrLaterSchema
	}
	return int(target - current), nil
}

// PendingMigrations is how many versions the schemas of the registry and of its
// intake are behind. Returns ErrLaterSchema.
func PendingMigrations(ctx context.Context, url string) (int, error) {
	db, p, err := provider(url)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	pending, err := lacking(ctx, p)
	if err != nil {
		return 0, err
	}
	ofIntake, err := pendingIntake(ctx, IntakeURL(url))
	return pending + ofIntake, err
}

func provider(url string) (*sql.DB, *goose.Provider, error) {
	dialect, tree, folder := goose.DialectSQLite3, migrations.SQLite, "sqlite"
	var db *sql.DB
	var err error
	if IsPostgres(url) {
		dialect, tree, folder = goose.DialectPostgres, migrations.Postgres, "postgres"
		config, parseErr := pgx.ParseConfig(url)
		if parseErr != nil {
			return nil, nil, parseErr
		}
		db = stdlib.OpenDB(*config)
	} else {
		path := strings.TrimPrefix(url, "sqlite:")
		if err := makeParent(path); err != nil {
			return nil, nil, err
		}
		if db, err = sql.Open("sqlite", sqliteDSN(path, "immediate", "journal_mode(WAL)")); err != nil {
			return nil, nil, err
		}
	}
	sub, err := fs.Sub(tree, folder)
	if err != nil {
		return nil, nil, err
	}
	p, err := goose.NewProvider(dialect, db, sub)
	if err != nil {
		return nil, nil, fmt.Errorf("read the migrations: %w", err)
	}
	return db, p, nil
}

// appendOnly are the tables whose rows are never changed.
var appendOnly = []string{
	app.Journal.Name(), app.Payloads.Name(), app.Accounts.Name(), app.Postings.Name(), app.Trades.Name(),
	app.DealSteps.Name(), app.DealSources.Name(), app.LotMovements.Name(),
	app.ProjectSteps.Name(), app.ProjectEntries.Name(),
	app.AmountChanges.Name(), app.Discharges.Name(), app.Tasks.Name(), app.SurplusLosses.Name(), app.RenewalSteps.Name(), app.Reminders.Name(),
	app.BudgetMovements.Name(), app.BuyBackSteps.Name(), app.BuyBackPrices.Name(), app.BuyBackSources.Name(),
	app.TermsOfMarkets.Name(), app.Closes.Name(), app.MarketChanges.Name(),
}

// GrantService gives a PostgreSQL role what the service needs and no more: it
// may read and insert everywhere and change what changes, but never change or
// delete a posting, a trade, an account or a journal row. Run as the owner.
func GrantService(ctx context.Context, url, role string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	name := pgx.Identifier{role}.Sanitize()
	statements := []string{
		"GRANT USAGE ON SCHEMA public TO " + name,
		"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO " + name,
		"REVOKE UPDATE, DELETE, TRUNCATE ON " + strings.Join(appendOnly, ", ") + " FROM " + name,
	}
	statements = append(statements, grantIntake(name)...)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return fmt.Errorf("grant to %s: %w", role, err)
		}
	}
	return nil
}
