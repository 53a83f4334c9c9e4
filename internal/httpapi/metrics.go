package httpapi

import (
	"net/http"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"permitx/internal/app"
)

// Metrics counts what the writer does. Its Observe is the app's Observer.
type Metrics struct {
	commands *prometheus.CounterVec
	batch    prometheus.Histogram
	rows     prometheus.Counter
	run      prometheus.Histogram
	commit   prometheus.Histogram

	counters map[app.KindResult]prometheus.Counter // found once
}

// NewMetrics makes the writer's metrics and registers them. It panics when
// they are registered already.
func NewMetrics(r *prometheus.Registry) *Metrics {
	m := &Metrics{
		commands: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "permitx_commands_total", Help: "Commands in the journal, by kind and result.",
		}, []string{"kind", "result"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "permitx_batch_commands", Help: "Commands that were committed together.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000},
		}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "permitx_rows_written_total", Help: "Rows that were committed.",
		}),
		run: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "permitx_batch_run_seconds", Help: "Time to decide and apply a batch.", Buckets: secondsBuckets,
		}),
		commit: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "permitx_batch_commit_seconds", Help: "Time to write a batch and commit it.", Buckets: secondsBuckets,
		}),
		counters: map[app.KindResult]prometheus.Counter{},
	}
	r.MustRegister(m.commands, m.batch, m.rows, m.run, m.commit)
	return m
}

var secondsBuckets = []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Observe counts a batch. Only the writer may call it.
func (m *Metrics) Observe(b app.BatchReport) {
	m.batch.Observe(float64(b.Commands))
	m.rows.Add(float64(b.Rows))
	m.run.Observe(b.Run.Seconds())
	m.commit.Observe(b.Commit.Seconds())
	for _, k := range b.Kinds {
		c, known := m.counters[k]
		if !known {
			c = m.commands.WithLabelValues(k.Kind, resultOf(k.Status))
			m.counters[k] = c
		}
		c.Inc()
	}
}

func resultOf(status int) string {
	switch {
	case status < http.StatusMultipleChoices:
		return "done"
	case status < http.StatusInternalServerError:
		return "refused"
	}
	return "quarantined"
}

// registerGauges registers what is read from an app when somebody asks.
func registerGauges(r *prometheus.Registry, a *app.App) error {
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "permitx_queue_commands", Help: "Commands that wait for the writer.",
	}, func() float64 { return float64(a.Waiting()) })
	if err := r.Register(waiting); err != nil {
		return err
	}
	return r.Register(bookCollector{a})
}

// bookCollector shows the depth of each book.
type bookCollector struct{ app *app.App }

var (
	openOrders = prometheus.NewDesc("permitx_book_open_orders", "Orders that rest in a book.", []string{"market", "instrument"}, nil)
	bookLevels = prometheus.NewDesc("permitx_book_levels", "Price levels of a book's side, at most "+strconv.Itoa(app.DepthLevels)+".",
		[]string{"market", "instrument", "side"}, nil)
	ready = prometheus.NewDesc("permitx_ready", "1 while the server is ready, otherwise 0.", nil, nil)
)

// Describe names the metrics.
func (bookCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- openOrders
	ch <- bookLevels
	ch <- ready
}

// Collect reads the published books.
func (b bookCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value int, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	if b.app.Ready() != nil {
		gauge(ready, 0)
		return
	}
	gauge(ready, 1)
	snapshot, err := b.app.Snapshot()
	if err != nil {
		return
	}
	ref := b.app.Reference()
	for key, depth := range snapshot.Books {
		m, _ := app.ReadTable(ref, app.Markets).Get(key.Market)
		i, _ := app.ReadTable(ref, app.Instruments).Get(key.Instrument)
		gauge(openOrders, depth.OpenOrders, m.Code, i.Code)
		gauge(bookLevels, len(depth.Buys), m.Code, i.Code, "buy")
		gauge(bookLevels, len(depth.Sells), m.Code, i.Code, "sell")
	}
}
