package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

// The reserve whose statement is measured: its lots came in over five years and
// each has ten movements over five more. The year that is asked for has all
// lots in it, and movements before, within and after it.
const (
	benchLots           = 100_000
	benchMovementsOfLot = 10
	benchQuickLots      = 2_000 // with --quick: another figure
	benchStatementYear  = 2022
	benchStatements     = 15  // answers that are measured
	benchLotsOfPage     = 500 // the most that a page has
)

// measureStatement fills a reserve and measures how long a client waits for a
// year's statement: in all, and a page of it lot by lot, the pages in turn. The
// rows lie in the system's cache, as those of a server that runs do.
func measureStatement(ctx context.Context, b *benchRun, m benchMeasure) error {
	lots, figure := benchLots, m.name
	if b.command.Quick {
		lots, figure = benchQuickLots, fmt.Sprintf("%s_%d_lots", m.name, benchQuickLots)
		b.why[m.name] = fmt.Sprintf("only %d lots were made, for want of time", lots)
	}
	server, client, err := b.statementServer(ctx, m, lots)
	if err != nil {
		return err
	}
	for i := range benchStatements {
		started := time.Now()
		if err := askStatement(ctx, client); err != nil {
			return joinStop(err, server)
		}
		all := time.Since(started)
		if _, err := askStatementLots(ctx, client, api.ID(i*lots/benchStatements)); err != nil {
			return joinStop(err, server)
		}
		b.add(figure+"_ms", "ms", milliseconds(time.Since(started)))
		b.add(figure+"_total_ms", "ms", milliseconds(all))
		b.add(figure+"_page_ms", "ms", milliseconds(time.Since(started)-all))
	}
	started := time.Now()
	for after := api.ID(0); ; {
		if after, err = askStatementLots(ctx, client, after); err != nil {
			return joinStop(err, server)
		}
		if after == 0 {
			break
		}
	}
	b.add(figure+"_every_page_s", "s", time.Since(started).Seconds())
	return server.stop()
}

var benchStatementFrom, benchStatementTo = calendar.NewDate(benchStatementYear, time.January, 1).String(), calendar.NewDate(benchStatementYear, time.December, 31).String()

// askStatement asks for the statement in all.
func askStatement(ctx context.Context, client *api.ClientWithResponses) error {
	s, err := answer[api.ReserveStatement](read(client.GetReserveStatement(ctx, &api.GetReserveStatementParams{
		Region: benchRegion, Pollutant: benchPollutant, From: benchStatementFrom, To: benchStatementTo,
	})))
	if err == nil && (s.Opening == "0" || s.Closing == "0") {
		err = errors.New("the statement is empty")
	}
	return err
}

// askStatementLots asks for a page of the statement lot by lot and returns the
// cursor of the next one, 0 where there is none.
func askStatementLots(ctx context.Context, client *api.ClientWithResponses, after api.ID) (api.ID, error) {
	limit := benchLotsOfPage
	params := &api.GetReserveStatementLotsParams{Region: benchRegion, Pollutant: benchPollutant, From: benchStatementFrom, To: benchStatementTo, Limit: &limit}
	if after > 0 {
		params.After = &after
	}
	p, err := answer[api.ReserveStatementLotPage](read(client.GetReserveStatementLots(ctx, params)))
	switch {
	case err != nil:
		return 0, err
	case len(p.Items) == 0:
		return 0, errors.New("a page of the statement has no lots")
	case p.Next == nil:
		return 0, nil
	}
	return *p.Next, nil
}

// statementServer is a server on a registry with the reserve in it, and a
// client with the key of an officer.
func (b *benchRun) statementServer(ctx context.Context, m benchMeasure, lots int) (*benchServer, *api.ClientWithResponses, error) {
	args, database, err := b.statementRegistry(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	server, err := startBenchServer(ctx, b.dir, false, args...)
	if err != nil {
		return nil, nil, err
	}
	admin, err := api.NewBearerClient("http://"+server.address, server.key)
	if err != nil {
		return nil, nil, joinStop(err, server)
	}
	key, err := newBenchUser(ctx, &remote{admin}, "Officer", api.GrantInput{Role: api.RoleBureauLeader})
	if err = errors.Join(err, server.stop()); err != nil {
		return nil, nil, err
	}
	b.progress("%s: making %d movements in %d lots", m.name, lots*benchMovementsOfLot, lots)
	if err := fillReserve(ctx, database, lots); err != nil {
		return nil, nil, fmt.Errorf("fill the reserve: %w", err)
	}
	if server, err = startBenchServer(ctx, b.dir, b.command.Profile != "", args...); err != nil {
		return nil, nil, err
	}
	client, err := api.NewBearerClient("http://"+server.address, key)
	if err != nil {
		return nil, nil, joinStop(err, server)
	}
	return server, client, nil
}

// benchDatabase is a database as database/sql opens it.
type benchDatabase struct{ driver, source string }

// statementRegistry makes an empty registry and returns how a server is told of
// it, and how its rows are written.
func (b *benchRun) statementRegistry(ctx context.Context, m benchMeasure) ([]string, benchDatabase, error) {
	if m.place == onSQLite {
		dir := filepath.Join(b.dir, m.name)
		return []string{"--data", dir}, benchDatabase{"sqlite", "file:" + filepath.ToSlash(filepath.Join(dir, dataFile))}, nil
	}
	d, err := b.postgres.newExchange(ctx)
	return []string{"--database-url", d.ServiceURL}, benchDatabase{"pgx", d.OwnerURL}, err
}

// reserveSQL fills the reserve in the SQL of both databases. A day is 1 of 28 of
// 12 months: no other calendar is needed. Parameters: lots, region, pollutant.
var reserveSQL = []string{
	`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < CAST($1 AS INTEGER)),
came AS (SELECT i, i % 7 AS source, (i - 1) * 1825 / CAST($1 AS INTEGER) AS d FROM n)
INSERT INTO lot (id, region, pollutant, provenance, acquired_on, document, price, months, cost, source, quantity, available, earmarked, listed, reserved,
 frozen_available, frozen_earmarked, transferred, retired, withdrawn, open, added_on, closed_on, command)
SELECT i, CAST($2 AS TEXT), CAST($3 AS TEXT), CASE source WHEN 0 THEN 'pre_reserved' WHEN 1 THEN 'reclaimed_free' WHEN 2 THEN 'swept_idle' WHEN 3 THEN 'bought_back'
 WHEN 4 THEN 'government_reduction' WHEN 5 THEN 'unsold_return' ELSE 'opening' END,
 (2016 + d / 336) * 10000 + (1 + d / 28 % 12) * 100 + 1 + d % 28, 'permitx bench', 0, 0, CASE WHEN source < 3 THEN 0 ELSE 100000 END, 0,
 10000000, 7000000, 0, 0, 0, 0, 0, 2000000, 1000000, 0, TRUE, (2016 + d / 336) * 10000 + (1 + d / 28 % 12) * 100 + 1 + d % 28, 0, 0
  FROM came`,
	`WITH step(k, event, source, target, tonnes, amount) AS (VALUES
 (0, 'add', '', 'available', 10, 0), (1, 'earmark', 'available', 'earmarked', 2, 0), (2, 'release', 'earmarked', 'available', 1, 0),
 (3, 'allocate', 'earmarked', 'transferred', 1, 0), (4, 'list', 'available', 'listed', 3, 0), (5, 'unlist', 'listed', 'available', 1, 0),
 (6, 'reserve', 'listed', 'reserved', 2, 400000), (7, 'default', 'reserved', 'available', 1, 0), (8, 'deliver', 'reserved', 'transferred', 1, 200000),
 (9, 'retire', 'available', 'retired', 1, 0)),
moved AS (SELECT l.id AS lot, l.provenance, l.cost, s.*, (l.id - 1) * 1825 / CAST($1 AS INTEGER) + 180 * k AS d
  FROM lot l CROSS JOIN step s WHERE l.region = CAST($2 AS TEXT) AND l.pollutant = CAST($3 AS TEXT))
INSERT INTO lot_movement (id, lot, region, pollutant, provenance, event, from_bucket, to_bucket, quantity, cost, amount, document, reference, day, command)
SELECT row_number() OVER (ORDER BY d, lot, k), lot, CAST($2 AS TEXT), CAST($3 AS TEXT), provenance, event, source, target, tonnes * 1000000,
 CASE WHEN event IN ('add', 'allocate', 'deliver', 'retire') THEN cost / 10 * tonnes ELSE 0 END, amount, 'permitx bench', 0,
 (2016 + d / 336) * 10000 + (1 + d / 28 % 12) * 100 + 1 + d % 28, 0
  FROM moved ORDER BY d, lot, k`,
	`INSERT INTO reserve_day (id, region, pollutant, day, event, provenance, quantity, cost, amount, movements, latest, command)
SELECT row_number() OVER (ORDER BY min(id)), region, pollutant, day, event, provenance, sum(quantity), sum(cost), sum(amount), count(*),
 day = max(day) OVER (PARTITION BY region, pollutant, event, provenance), 0
  FROM lot_movement WHERE CAST($1 AS INTEGER) > 0 AND region = CAST($2 AS TEXT) AND pollutant = CAST($3 AS TEXT)
 GROUP BY region, pollutant, day, event, provenance`,
	`INSERT INTO account (id, kind, origin, region, pollutant, party, licence, instrument, command)
SELECT COALESCE(max(id), 0) + 1, 3, 0, CAST($2 AS TEXT), CAST($3 AS TEXT), 0, 0, 0, 0 FROM account WHERE CAST($1 AS INTEGER) > 0`,
	`INSERT INTO balance (id, balance, held, last_posting, command)
SELECT id, CAST($1 AS BIGINT) * 7000000, 0, 0, 0 FROM account WHERE kind = 3 AND region = CAST($2 AS TEXT) AND pollutant = CAST($3 AS TEXT)`,
}

// fillReserve makes the lots, their movements and the totals of their days, and
// the account that they come to. Nothing is journaled: check would complain.
func fillReserve(ctx context.Context, database benchDatabase, lots int) error {
	db, err := sql.Open(database.driver, database.source)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, statement := range reserveSQL {
		if _, err := db.ExecContext(ctx, statement, lots, benchRegion, benchPollutant); err != nil {
			return err
		}
	}
	_, err = db.ExecContext(ctx, "ANALYZE")
	return err
}
