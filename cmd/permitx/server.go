package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"permitx/internal/app"
	"permitx/internal/httpapi"
)

// Bounds of a connection. There is none for writing an answer: streams stay open.
const (
	headerTime  = 10 * time.Second
	bodyTime    = 60 * time.Second
	idleTime    = 120 * time.Second
	headerBytes = 32 << 10
)

// The first administrator of an empty registry.
const (
	bootstrapName  = "Administrator"
	bootstrapLabel = "bootstrap"
)

// server is an exchange that runs: the app with its writer, and HTTP before it.
type server struct {
	url          string
	bootstrapKey string // of an empty registry; otherwise ""

	app     *app.App
	intake  *runningIntake // nil: none
	store   keeper
	api     *httpapi.Server
	http    *http.Server
	serving chan error // what http.Server.Serve returned
	drain   time.Duration
	log     *slog.Logger
}

// beside is what a server has besides its database.
type beside struct {
	intake intakeConfig
	seals  app.SealKeys
	codes  *codeFolder // nil: none
	clock  app.Clock
}

// startServer takes the writer's role, waiting for it as a standby if it
// must, and listens. The server owns the store from then on; on an error it
// remains the caller's.
func startServer(g *globals, store keeper, by beside, c serverConfig, log *slog.Logger) (*server, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	metrics := httpapi.NewMetrics(registry)
	a, err := takeRole(g, app.Config{
		Store: store, Clock: by.clock, Lease: app.SystemClock, Encode: httpapi.Encode, Build: version(),
		QueueLimit: c.QueueLimit, Log: log, Observe: metrics.Observe, Seals: by.seals,
	})
	if err != nil {
		return nil, err
	}
	s := &server{app: a, store: store, drain: c.DrainTimeout, log: log, serving: make(chan error, 1)}
	config := httpapi.Config{App: a, Log: log, Version: version(), Metrics: registry, RateLimit: c.RateLimit, QueryTime: c.queryTime}
	if by.codes != nil {
		config.CodeKeys = by.codes.keys
	}
	if by.intake.url != "" {
		if s.intake, err = openIntake(g.ctx, by.intake, a, by.clock, log); err != nil {
			return nil, errors.Join(err, a.Close())
		}
		config.Intake, config.Refused = s.intake.Intake, s.intake.refused
	}
	s.api, err = httpapi.New(config)
	if err == nil {
		err = s.open(g.ctx, c.Listen)
	}
	if err != nil {
		return nil, errors.Join(err, s.intake.close(), a.Close())
	}
	return s, nil
}

// open makes the first administrator where there is none, and listens.
func (s *server) open(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if s.bootstrapKey, err = bootstrap(ctx, s.app); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.url = "http://" + listener.Addr().String()
	s.http = &http.Server{
		Handler:           s.api.Handler(),
		ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		// Requests outlive the signal that stops the program: they are drained.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:    slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	go func() { s.serving <- s.http.Serve(listener) }()
	return nil
}

// takeRole opens the app, as soon as no other process is the writer.
func takeRole(g *globals, c app.Config) (*app.App, error) {
	for waiting := false; ; waiting = true {
		a, err := app.Open(g.ctx, c)
		if !errors.Is(err, app.ErrHeld) {
			return a, err
		}
		if !waiting {
			g.say("permitx: another process is the writer of this registry%s; waiting as a standby", showsLater(g.ctx, c))
		}
		select {
		case <-g.ctx.Done():
			return nil, g.ctx.Err()
		case <-time.After(standbyPause):
		}
	}
}

// showsLater says so where the writer has shown itself in a time that is to come:
// the clock of one of the machines is wrong.
func showsLater(ctx context.Context, c app.Config) string {
	r, err := c.Store.Registry(ctx)
	if now := c.Lease(); err != nil || r.BeatAt <= now.Add(app.LeaseTime) {
		return ""
	}
	return fmt.Sprintf(", which has shown itself at %s: by this machine's clock that is to come, and if it ended without a word nobody takes its role until then", r.BeatAt)
}

// bootstrap makes the first administrator of an empty registry and returns
// the key, or "".
func bootstrap(ctx context.Context, a *app.App) (string, error) {
	if a.HasKeys() {
		return "", nil
	}
	key := newSecret()
	c := app.Bootstrap{Name: bootstrapName, Label: bootstrapLabel, Hash: key.hash, Prefix: key.prefix}
	answer, err := a.DoSystem(ctx, commandKey(), c)
	if err != nil {
		return "", fmt.Errorf("make the first administrator: %w", err)
	}
	if answer.Status >= http.StatusBadRequest {
		return "", fmt.Errorf("make the first administrator: %s", answer.Body)
	}
	return key.text, nil
}

// wait serves until ctx ends, and then stops. It fails when the writer or the
// listener stopped before.
func (s *server) wait(ctx context.Context) error {
	var early error
	select {
	case <-ctx.Done():
	case <-s.app.Stopped():
		early = errors.New("the writer stopped")
	case err := <-s.serving:
		early = fmt.Errorf("the listener stopped: %w", err)
	}
	return errors.Join(early, s.stop(ctx))
}

// stop takes no more requests, lets those in flight finish, gives the
// writer's role back and closes the database. That ctx has ended is why.
func (s *server) stop(ctx context.Context) error {
	s.log.InfoContext(ctx, "the server stops")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	s.api.Close() // streams never end by themselves
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("requests were cut off: %w", err), s.http.Close())
	}
	return errors.Join(err, s.intake.close(), s.app.Close(), s.store.Close())
}
