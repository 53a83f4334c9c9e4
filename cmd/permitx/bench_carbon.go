package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"permitx/api"
	"permitx/internal/bench"
	"permitx/internal/calendar"
	"permitx/internal/store"
)

// The intake that is measured: bus rides of a million participants, in full
// batches, of the seven days that may be declared.
const (
	carbonPeople   = 1_000_000
	carbonBatch    = 10_000
	carbonClients  = 4
	carbonDays     = 7
	carbonFirstDay = 2  // days before today
	carbonMinutes  = 10 // of a ride
	carbonFill     = 2_000_000
	carbonFullFill = 50_000_000
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

// measureActivities measures the intake on a registry that is empty, then
// orders without it and beside it, then the intake on one that is filled.
func measureActivities(ctx context.Context, b *benchRun, m benchMeasure) error {
	args, database, err := b.statementRegistry(ctx, m)
	if err != nil {
		return err
	}
	site, err := b.openSite(ctx, args...)
	if err != nil {
		return err
	}
	scheme, operator, err := site.carbonScheme(ctx)
	if err != nil {
		return joinStop(fmt.Errorf("set the scheme up: %w", err), site.server)
	}
	load := &carbonLoad{path: fmt.Sprintf("/v1/carbon/activity-batches?scheme=%d", scheme), key: operator}
	if err := b.loadActivities(ctx, site, m.name, load); err != nil {
		return joinStop(err, site.server)
	}
	if err := b.ordersBeside(ctx, site, m.name, load); err != nil {
		return joinStop(err, site.server)
	}
	if err := site.server.stop(); err != nil {
		return err
	}
	if err := b.weighIntake(ctx, m, database); err != nil {
		return fmt.Errorf("weigh the intake: %w", err)
	}
	rows := carbonFill
	if b.command.Full {
		rows = carbonFullFill
	}
	if err := b.fillIntake(ctx, m, database, rows); err != nil {
		return fmt.Errorf("fill the intake: %w", err)
	}
	if site.server, err = startBenchServer(ctx, b.dir, b.command.Profile != "", args...); err != nil {
		return err
	}
	if err := b.loadActivities(ctx, site, m.name+"_full", load); err != nil {
		return joinStop(err, site.server)
	}
	return site.server.stop()
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
		Code: "BENCH", Name: benchDocument, Region: benchRegion, Operator: s.firms[0].party, SerialUnit: "1", Salt: "BENCH", ValidFrom: since, Source: benchDocument,
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

// carbonLoad makes clients whose activities all differ, over the whole run.
type carbonLoad struct {
	path, key string
	made      uint64 // clients
}

func (l *carbonLoad) clients() []bench.Client {
	all := make([]bench.Client, carbonClients)
	today := calendar.InstantOf(time.Now()).Date()
	for i := range all {
		l.made++
		all[i] = newCarbonClient(l.path, l.key, l.made, today)
	}
	return all
}

// carbonClient sends a batch that is rendered once; before each sending its
// source ids, participants and times are written over.
type carbonClient struct {
	request []byte
	lines   []carbonLine
	sent    uint64
	number  uint64 // of the client
	days    [carbonDays]string
	key     int // where the key's digits are
}

// carbonLine is where the fields of a line lie.
type carbonLine struct{ source, person, from, to int }

const (
	carbonTime   = "2026-01-01T00:00:00+08:00"
	carbonDigits = 32
)

func newCarbonClient(path, key string, number uint64, today calendar.Date) *carbonClient {
	c := &carbonClient{number: number}
	for i := range c.days {
		c.days[i] = today.AddDays(-carbonFirstDay - i).String()
	}
	var body bytes.Buffer
	zero := string(bytes.Repeat([]byte{'0'}, carbonDigits))
	for range carbonBatch {
		var l carbonLine
		body.WriteString(`{"source_id":"`)
		l.source = body.Len()
		body.WriteString(zero + `","scenario":"BUS","participant":"`)
		l.person = body.Len()
		body.WriteString(zero + `","from":"`)
		l.from = body.Len()
		body.WriteString(carbonTime + `","to":"`)
		l.to = body.Len()
		body.WriteString(carbonTime + `","inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"` + zero + zero + "\"}\n")
		c.lines = append(c.lines, l)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\nIdempotency-Key: ", path, key, body.Len())
	c.key = len(head)
	head += zero + "\r\n\r\n"
	c.request = append([]byte(head), body.Bytes()...)
	for i := range c.lines {
		l := &c.lines[i]
		l.source, l.person, l.from, l.to = l.source+len(head), l.person+len(head), l.from+len(head), l.to+len(head)
	}
	return c
}

// Next writes the next batch: activity k of client c is participant's
// (k × a prime) mod a million, and the participant's next ride that day.
func (c *carbonClient) Next() []byte {
	const prime, slots = 7_368_787, 24 * 60 / carbonMinutes
	putHex(c.request[c.key:], c.number, c.sent)
	for i, l := range c.lines {
		n := c.sent*carbonBatch + uint64(i)
		person := (n*prime + c.number*carbonPeople/carbonClients) % carbonPeople
		ride := n/carbonPeople + (c.number-1)*3 // clients of one run keep apart
		day, slot := c.days[ride%carbonDays], int(ride/carbonDays%slots)
		putHex(c.request[l.source:], c.number, n)
		putHex(c.request[l.person:], 0, person)
		putTime(c.request[l.from:], day, slot*carbonMinutes)
		putTime(c.request[l.to:], day, slot*carbonMinutes+carbonMinutes-1)
	}
	c.sent++
	return c.request
}

func putHex(into []byte, high, low uint64) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high)
	binary.BigEndian.PutUint64(b[8:], low)
	hex.Encode(into[:carbonDigits], b[:])
}

func putTime(into []byte, day string, minute int) {
	copy(into, day)
	const digits = "0123456789"
	hour, minute := minute/60, minute%60
	into[11], into[12], into[14], into[15] = digits[hour/10], digits[hour%10], digits[minute/10], digits[minute%10]
}

// Done counts the activities that were accepted.
func (*carbonClient) Done(r bench.Response) int {
	if r.Status != http.StatusOK {
		return 0
	}
	return bytes.Count(r.Body, []byte(`"status":"accepted"`))
}

// The parts in which an intake is filled: each a transaction, with keys and
// pseudonyms that come after those of the part before, so that indexes grow at
// one end however many rows there are.
const (
	carbonParts    = 256 // a part is the first byte of its keys
	carbonProgress = 64  // parts between two lines of progress
)

// intakeSQL fills an intake whose server is stopped: keys, participants and their
// days that are none of the load's, in the SQL of either database. Parameters:
// first and last row, part.
var intakeSQL = map[string][]string{
	onPostgres: {
		`INSERT INTO intake.activity_key SELECT set_byte(substring(sha256(i::text::bytea) FROM 1 FOR 16), 0, $3::int) k, 1000000000 + i, 202501
 FROM generate_series($1::bigint, $2::bigint) i ORDER BY k`,
		`INSERT INTO intake.participant (id, scheme, pseudonym, amount, activities, batch)
 SELECT 1000000000 + i, 1, set_byte(substring(sha256(('p' || i)::bytea) FROM 1 FOR 16), 0, $3::int) p, 52000, 1, 1 FROM generate_series($1::bigint, $2::bigint) i WHERE i % 10 = 0 ORDER BY p`,
		`INSERT INTO intake.participant_day (scenario, day, participant, amount, spans, batch)
 SELECT 1, 20250101 + i % 28 d, 1000000000 + i / 28 p, 52000, '\x00', 1 FROM generate_series($1::bigint, $2::bigint) i WHERE $3::int >= 0 ORDER BY d, p`,
	},
	onSQLite: {
		`WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO activity_key
 SELECT unhex(printf('%02x', $3) || hex(randomblob(15))) k, 1000000000 + i, 202501 FROM n ORDER BY k`,
		`WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO participant (id, scheme, pseudonym, amount, activities, batch)
 SELECT 1000000000 + i, 1, unhex(printf('%02x', $3) || hex(randomblob(15))) p, 52000, 1, 1 FROM n WHERE i % 10 = 0 ORDER BY p`,
		`WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) INSERT INTO participant_day (scenario, day, participant, amount, spans, batch)
 SELECT 1, 20250101 + i % 28 d, 1000000000 + i / 28 p, 52000, x'00', 1 FROM n WHERE $3 >= 0 ORDER BY d, p`,
	},
}

// intakeSizeSQL is how many bytes an intake takes with its indexes, without the
// log of the database, and how many activities it has.
var intakeSizeSQL = map[string]string{
	onPostgres: `SELECT (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'intake' AND c.relkind = 'r')::bigint,
 (SELECT count(*) FROM intake.activity_key)`,
	onSQLite: `SELECT (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size), (SELECT count(*) FROM activity_key)`,
}

// weighIntake measures what a million activities take of the database, of an
// intake whose server is stopped.
func (b *benchRun) weighIntake(ctx context.Context, m benchMeasure, database benchDatabase) error {
	db, err := openBenchIntake(m.place, database)
	if err != nil {
		return err
	}
	defer db.Close()
	var size, activities float64
	if err := db.QueryRowContext(ctx, intakeSizeSQL[m.place]).Scan(&size, &activities); err != nil {
		return err
	}
	b.add(m.name+"_bytes_per_million", "B", size/max(activities, 1)*1_000_000) //nolint:mnd // a million
	return nil
}

// openBenchIntake opens the intake beside a registry.
func openBenchIntake(place string, database benchDatabase) (*sql.DB, error) {
	if place == onSQLite {
		path := filepath.Join(filepath.Dir(database.source[len("file:"):]), dataFile)
		database.source = "file:" + filepath.ToSlash(store.IntakeURL(path))
	}
	return sql.Open(database.driver, database.source)
}

// fillIntake adds rows to an intake whose server is stopped.
func (b *benchRun) fillIntake(ctx context.Context, m benchMeasure, database benchDatabase, rows int) error {
	b.progress("%s: filling the intake with %d activities", m.name, rows)
	db, err := openBenchIntake(m.place, database)
	if err != nil {
		return err
	}
	defer db.Close()
	for part := range carbonParts {
		first, last := part*rows/carbonParts+1, (part+1)*rows/carbonParts
		for _, statement := range intakeSQL[m.place] {
			if _, err := db.ExecContext(ctx, statement, first, last, part); err != nil {
				return err
			}
		}
		if (part+1)%carbonProgress == 0 {
			b.progress("%s: %d activities are there", m.name, last)
		}
	}
	_, err = db.ExecContext(ctx, "ANALYZE")
	return err
}
