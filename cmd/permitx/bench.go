package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"permitx/internal/bench"
	"permitx/internal/market"
)

// What is measured where nothing is said, and with --quick.
const (
	benchRounds       = 5
	benchSeconds      = 5.0
	benchWarmUp       = 1.0
	benchQuickRounds  = 1
	benchQuickSeconds = 1.0
	benchQuickWarmUp  = 0.3
)

const (
	benchBatch       = 100       // items of an order batch or a transfer batch
	benchBeside      = 16        // connections of orders beside which something else is done
	benchFew         = 64        // connections
	benchMany        = 256       // connections, and firms
	benchBookOrders  = 1_000_000 // orders of the mixed load
	benchOpenOrders  = 1_000_000 // orders that are open when the server restarts
	benchQuickOrders = 20_000    // the same, with --quick: another figure
	benchRestarts    = 3
)

// benchCommand is `permitx bench`.
type benchCommand struct {
	What     string   `arg:"" optional:"" enum:",window,carbon" default:"" help:"window: auctions with 10,000 bidders whose windows close, beside orders. carbon: the intake of carbon-inclusive schemes. Both on registries of their own. Default: the exchange."`
	Quick    bool     `xor:"extent" help:"Take less than a minute: shorter measurements, fewer rounds, no restart with a million orders."`
	Full     bool     `xor:"extent" help:"Of carbon: fill the intake with 50 million activities instead of 2: long, and some 40 GB."`
	JSON     bool     `name:"json" help:"Print one JSON object instead of tables."`
	Only     []string `placeholder:"NAME" help:"Measure only what these ratios or measurements need; an unknown name lists them all."`
	Rounds   int      `placeholder:"N" help:"Rounds; the median counts. Default: 5, with --quick 1."`
	Seconds  float64  `placeholder:"N" help:"Length of each measurement. Default: 5, with --quick 1."`
	Postgres string   `env:"PERMITX_BENCH_POSTGRES" placeholder:"URL" help:"PostgreSQL server on which databases and roles may be made and dropped, postgres://…. Default: a private one from the programs that are installed, with PostgreSQL's defaults for durability and the memory that the README advises."`
	Dir      string   `placeholder:"DIR" help:"Directory for the databases, on a disk. Default: where temporary files go."`
	Profile  string   `placeholder:"DIR" help:"Write a CPU profile of the server for each measurement there."`

	OpenOrders int `hidden:"" placeholder:"N" help:"Orders that are open when the server is restarted."`
}

// Help is shown under the flags.
func (*benchCommand) Help() string {
	return `Starts this program as a server and puts load on it over HTTP, on PostgreSQL and on SQLite. Half of the orders cross.
In the same rounds it measures the same server with a store that keeps nothing, and pgbench's TPC-B on the same
PostgreSQL. Everything shares the machine's processors, so run nothing else beside it.`
}

// Validate returns everything that is wrong with the flags.
func (c *benchCommand) Validate() error {
	var found []error
	if c.Rounds < 0 {
		found = append(found, errors.New("--rounds must be at least 1"))
	}
	if c.Seconds < 0 {
		found = append(found, errors.New("--seconds must be more than 0"))
	}
	if c.OpenOrders < 0 {
		found = append(found, errors.New("--open-orders must be at least 1"))
	}
	if _, err := benchSets[c.What].choose(c.Only); err != nil {
		found = append(found, err)
	}
	return errors.Join(found...)
}

// Run measures and prints the report.
func (c *benchCommand) Run(g *globals) error {
	set := benchSets[c.What]
	chosen, err := set.choose(c.Only)
	if err != nil {
		return usageError{err}
	}
	b := &benchRun{
		g: g, command: c, set: set, chosen: chosen, started: time.Now(), samples: map[string][]float64{}, why: map[string]string{}, sites: map[string]*benchSite{},
		rounds: benchRounds, length: seconds(benchSeconds), warmUp: seconds(benchWarmUp), openOrders: benchOpenOrders,
	}
	if c.Quick {
		b.rounds, b.length, b.warmUp, b.openOrders = benchQuickRounds, seconds(benchQuickSeconds), seconds(benchQuickWarmUp), benchQuickOrders
	}
	if c.Rounds > 0 {
		b.rounds = c.Rounds
	}
	if c.Seconds > 0 {
		b.length = seconds(c.Seconds)
	}
	if c.OpenOrders > 0 {
		b.openOrders = c.OpenOrders
	}
	err = errors.Join(b.run(), b.close())
	if err != nil {
		return err
	}
	report := b.report()
	if c.JSON {
		for _, a := range report.Absent {
			g.say("bench: absent: %s: %s", a.Name, a.Why)
		}
		return report.JSON(g.stdout)
	}
	return report.Text(g.stdout)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// The places where something is measured.
const (
	onPostgres = "postgres"
	onSQLite   = "sqlite"
	onNothing  = "nodb" // the server with a store that keeps nothing
	onTPCB     = "tpcb" // pgbench on the same PostgreSQL
	onNone     = ""     // in this process, or in its own way
)

// benchMeasure is something that is measured once in a round.
type benchMeasure struct {
	name  string
	place string
	full  bool // not with --quick, unless it is asked for
	run   benchTake
}

// benchTake measures once and adds the figures.
type benchTake func(ctx context.Context, b *benchRun, m benchMeasure) error

// benchMeasures are all of them, in the order of a round: what is compared
// stands side by side.
var benchMeasures = []benchMeasure{
	{name: "orders_postgres_64", place: onPostgres, run: measureOrders(benchFew)},
	{name: "orders_sqlite_64", place: onSQLite, run: measureOrders(benchFew)},
	{name: "orders_sqlite_256", place: onSQLite, run: measureOrders(benchMany)},
	{name: "orders_nodb_256", place: onNothing, run: measureOrders(benchMany)},
	{name: "orders_postgres_256", place: onPostgres, run: measureOrders(benchMany)},
	{name: "tpcb_256", place: onTPCB, run: measureTPCB(benchMany)},
	{name: "tpcb_64", place: onTPCB, run: measureTPCB(benchFew)},
	{name: "transfers_postgres_64", place: onPostgres, run: measureTransfers(benchFew)},
	{name: "bulk_postgres", place: onPostgres, run: measureTransferBatches(benchFew)},
	{name: "order_batches_postgres", place: onPostgres, run: measureOrderBatches(benchFew)},
	{name: "order_batches_sqlite", place: onSQLite, full: true, run: measureOrderBatches(benchFew)},
	{name: "bulk_sqlite", place: onSQLite, full: true, run: measureTransferBatches(benchFew)},
	{name: "transfers_sqlite_64", place: onSQLite, full: true, run: measureTransfers(benchFew)},
	{name: "book", place: onNone, run: measureBook},
	{name: "auction_clear", place: onNone, run: measureClear},
}

// benchRatio is what is judged: a figure, or one figure over another of the
// same round.
type benchRatio struct {
	bench.Goal
	over, under string   // figures
	needs       []string // measures
}

// benchRatios are all of them.
var benchRatios = []benchRatio{
	{
		bench.Goal{Name: "orders_per_tpcb_256", Must: 3, Aim: 7},
		"orders_postgres_256_per_s", "tpcb_256_per_s",
		[]string{"orders_postgres_256", "tpcb_256"},
	},
	{
		bench.Goal{Name: "orders_per_nodb_256", Must: 0.2, Aim: 0.45},
		"orders_postgres_256_per_s", "orders_nodb_256_per_s",
		[]string{"orders_postgres_256", "orders_nodb_256"},
	},
	{
		bench.Goal{Name: "orders_sqlite_per_nodb_256", Must: 0.2, Aim: 0.45},
		"orders_sqlite_256_per_s", "orders_nodb_256_per_s",
		[]string{"orders_sqlite_256", "orders_nodb_256"},
	},
	{
		bench.Goal{Name: "transfers_per_tpcb_64", Must: 2, Aim: 3},
		"transfers_postgres_64_per_s", "tpcb_64_per_s",
		[]string{"transfers_postgres_64", "tpcb_64"},
	},
	{bench.Goal{Name: "order_batches_per_s", Must: 25_000, Aim: 50_000}, "order_batches_postgres_per_s", "", []string{"order_batches_postgres"}},
	{bench.Goal{Name: "book_ns", Must: 350, Aim: 100}, "book_ns", "", []string{"book"}},
	{bench.Goal{Name: "auction_clear_100k_ms", Must: 200, Aim: 50}, "auction_clear_100k_ms", "", []string{"auction_clear"}},
	{bench.Goal{Name: "bulk_postings_per_s", Must: 40_000, Aim: 100_000}, "bulk_postgres_per_s", "", []string{"bulk_postgres"}},
	{bench.Goal{Name: "restart_1m_orders_s", Must: 5, Aim: 2}, "restart_1m_orders_s", "", []string{"restart"}},
	{bench.Goal{Name: "reserve_statement_ms", Must: 300, Aim: 100}, "reserve_statement_postgres_ms", "", []string{"reserve_statement_postgres"}},
	{bench.Goal{Name: "reserve_statement_sqlite_ms", Must: 300, Aim: 100}, "reserve_statement_sqlite_ms", "", []string{"reserve_statement_sqlite"}},
}

// benchSet is what one call of bench measures and judges.
type benchSet struct {
	rounds []benchMeasure // in every round
	last   []benchMeasure // once, after the rounds
	ratios []benchRatio
}

// benchSets are those that can be asked for, by name; "" is the exchange.
var benchSets = map[string]benchSet{
	"":       {benchMeasures, lastMeasures, benchRatios},
	"window": {last: windowMeasures, ratios: windowRatios},
	"carbon": {last: carbonMeasures, ratios: carbonRatios},
}

// choose returns the measures that names, of measures or of ratios, need;
// nil, which means all, where there are no names.
func (s benchSet) choose(names []string) (map[string]bool, error) {
	if len(names) == 0 {
		return nil, nil //nolint:nilnil // all are meant
	}
	chosen := map[string]bool{}
	for _, name := range names {
		isKnown := slices.ContainsFunc(s.all(), func(m benchMeasure) bool { return m.name == name })
		needs := []string{name}
		for _, r := range s.ratios {
			if r.Name == name {
				isKnown, needs = true, r.needs
			}
		}
		if !isKnown {
			return nil, fmt.Errorf("--only: there is no %q; there are %s", name, strings.Join(s.names(), ", "))
		}
		for _, n := range needs {
			chosen[n] = true
		}
	}
	return chosen, nil
}

func (s benchSet) names() []string {
	var names []string
	for _, r := range s.ratios {
		names = append(names, r.Name)
	}
	for _, m := range s.all() {
		names = append(names, m.name)
	}
	return names
}

func (s benchSet) all() []benchMeasure { return slices.Concat(s.rounds, s.last) }

// benchRun is a run of the measurements.
type benchRun struct {
	g          *globals
	command    *benchCommand
	set        benchSet
	chosen     map[string]bool // measures; nil: all
	rounds     int
	round      int
	length     time.Duration // of a measurement
	warmUp     time.Duration
	started    time.Time
	openOrders int

	dir      string // of all files, removed at the end
	postgres *benchPostgres
	sites    map[string]*benchSite
	messages []market.Message // of the book

	units   []benchUnit
	samples map[string][]float64 // of each figure, one a round
	why     map[string]string    // why a measure is absent
}

// benchUnit is a figure's name and unit, in the order of first measurement.
type benchUnit struct{ name, unit string }

// wants tells whether a measure shall be taken.
func (b *benchRun) wants(m benchMeasure) bool {
	if b.chosen != nil {
		return b.chosen[m.name]
	}
	return !b.command.Quick || !m.full
}

// add notes what a round gave for a figure.
func (b *benchRun) add(figure, unit string, value float64) {
	if _, known := b.samples[figure]; !known {
		b.units = append(b.units, benchUnit{figure, unit})
	}
	b.samples[figure] = append(b.samples[figure], value)
}

// progress says what is done now, and how much time has passed.
func (b *benchRun) progress(format string, args ...any) {
	b.g.say("bench: %3.0f s  %s", time.Since(b.started).Seconds(), fmt.Sprintf(format, args...))
}

// run takes all measures, round by round.
func (b *benchRun) run() error {
	ctx := b.g.ctx
	if err := b.makeDir(); err != nil {
		return err
	}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	var measures []benchMeasure
	for _, m := range b.set.rounds {
		if b.wants(m) && b.why[m.name] == "" {
			measures = append(measures, m)
		}
	}
	for b.round = 1; b.round <= b.rounds && len(measures) > 0; b.round++ {
		b.progress("round %d of %d", b.round, b.rounds)
		for _, m := range measures {
			if err := m.run(ctx, b, m); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
		slices.Reverse(measures) // neither of two that are compared always comes first
	}
	if err := b.closeSites(); err != nil {
		return err
	}
	for _, m := range b.set.last {
		if b.wants(m) && b.why[m.name] == "" {
			if err := m.run(ctx, b, m); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
	}
	return nil
}

func (b *benchRun) makeDir() (err error) {
	if b.command.Dir != "" {
		if err := os.MkdirAll(b.command.Dir, 0o750); err != nil {
			return err
		}
	}
	if b.dir, err = os.MkdirTemp(b.command.Dir, "permitx-bench-"); err != nil {
		return err
	}
	if inMemory(b.dir) {
		b.g.say("bench: %s lies in memory, where a sync costs nothing: the figures of databases mean little; name a disk with --dir", b.dir)
	}
	if b.command.Profile != "" {
		return os.MkdirAll(b.command.Profile, 0o750)
	}
	return nil
}

// prepare starts what the chosen measures need. A place that cannot be had
// makes its measures absent.
func (b *benchRun) prepare(ctx context.Context) error {
	needed := map[string]bool{}
	for _, m := range b.set.rounds {
		needed[m.place] = needed[m.place] || b.wants(m)
	}
	last := slices.ContainsFunc(b.set.last, func(m benchMeasure) bool { return m.place == onPostgres && b.wants(m) })
	if needed[onPostgres] || needed[onTPCB] || last {
		if err := b.preparePostgres(ctx, needed[onPostgres], needed[onTPCB]); err != nil {
			return err
		}
	}
	if needed[onSQLite] {
		if err := b.prepareSite(ctx, onSQLite, "--data", filepath.Join(b.dir, "sqlite")); err != nil {
			return err
		}
	}
	if needed[onNothing] {
		if err := b.prepareSite(ctx, onNothing, "--keep-nothing"); err != nil {
			return err
		}
	}
	return nil
}

// lack makes all measures of a place absent.
func (b *benchRun) lack(place, why string) {
	for _, m := range b.set.all() {
		if m.place == place && b.wants(m) {
			b.why[m.name] = why
		}
	}
}

func (b *benchRun) close() error {
	err := b.closeSites()
	if b.postgres != nil {
		err = errors.Join(err, b.postgres.close())
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

func (b *benchRun) closeSites() error {
	var all error
	for place, s := range b.sites {
		all = errors.Join(all, s.server.stop())
		delete(b.sites, place)
	}
	return all
}

// report makes the figures and ratios of what was measured.
func (b *benchRun) report() bench.Report {
	r := bench.Report{Columns: benchColumns}
	for _, u := range b.units {
		r.AddFigure(u.name, u.unit, b.samples[u.name])
	}
	for _, ratio := range b.set.ratios {
		if values := b.ratioOf(ratio); len(values) > 0 {
			r.Ratios = append(r.Ratios, ratio.Judge(values))
			continue
		}
		for _, need := range ratio.needs {
			if b.why[need] != "" {
				r.Absent = append(r.Absent, bench.Absent{Name: ratio.Name, Why: b.why[need]})
				break
			}
		}
	}
	return r
}

// ratioOf computes a ratio in each round.
func (b *benchRun) ratioOf(r benchRatio) []float64 {
	over := b.samples[r.over]
	if r.under == "" {
		return over
	}
	under := b.samples[r.under]
	var values []float64
	for i := range min(len(over), len(under)) {
		values = append(values, over[i]/under[i])
	}
	return values
}

// measureBook plays the mixed load through a book, in this process.
func measureBook(_ context.Context, b *benchRun, _ benchMeasure) error {
	const messages = benchBookOrders * 10 / 7 // of ten messages of the mixed load seven place an order
	if b.messages == nil {
		b.messages = market.MixedLoad(1, messages)
	}
	runtime.GC()
	book := market.NewBook()
	started := time.Now()
	market.Replay(book, b.messages)
	b.add("book_ns", "ns/message", float64(time.Since(started).Nanoseconds())/float64(len(b.messages)))
	return nil
}
