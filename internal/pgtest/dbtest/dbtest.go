// Package dbtest gives a test a PostgreSQL database of its own.
//
// The server is the one that PERMITX_TEST_POSTGRES names, which `make test`
// sets; without it, every test program starts a private one when it first
// needs it, so that plain `go test` works too. There is no way to skip: a test
// that finds no server fails.
//
// A package whose tests use it has
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"permitx/internal/pgtest"
)

const (
	createTimeout = 5 * time.Minute // one database, while other packages' tests keep the machine busy
	dropTimeout   = 5 * time.Minute
	nameMax       = 24 // bytes; PostgreSQL cuts names at 63, and ours have a suffix
)

// process is what this test program shares among its tests.
var process struct {
	sync.Mutex
	running   bool // inside Main
	server    *pgtest.Server
	adminURL  string
	err       error // why there is no server; the first test's answer holds for all
	templates map[string]*template
}

// template is a migrated database that tests get copies of.
type template struct {
	once     sync.Once
	database pgtest.Database
	err      error
}

// Main runs the tests and removes what they made; TestMain must call it.
func Main(m *testing.M) { os.Exit(Wrap(m).Run()) }

// TestingM is what TestMain is given.
type TestingM interface{ Run() int }

// Runner is a TestingM that cleans up after the tests.
type Runner struct{ tests TestingM }

// Wrap is Main for a package that also checks for leaked goroutines:
//
//	goleak.VerifyTestMain(dbtest.Wrap(m))
func Wrap(m TestingM) *Runner { return &Runner{m} }

// Run runs the tests and returns the exit code.
func (r *Runner) Run() int {
	setRunning(true)
	defer cleanUp()
	return r.tests.Run()
}

// Database returns an empty database for this test. It is dropped when the
// test ends, whoever may still be connected.
func Database(tb testing.TB) pgtest.Database {
	tb.Helper()
	return forTest(tb, "empty", func(ctx context.Context, admin, name string) (pgtest.Database, error) {
		return pgtest.NewDatabase(ctx, admin, name)
	})
}

// Template returns a database for this test that is a copy of the one that
// prepare made: usually it runs the migrations as the owner. prepare runs once
// a test program for each name; it must close its connections.
func Template(tb testing.TB, name string, prepare func(ownerURL string) error) pgtest.Database {
	tb.Helper()
	if len(name) > nameMax {
		tb.Fatalf("dbtest: the template's name %q has more than %d bytes", name, nameMax)
	}
	return forTest(tb, name, func(ctx context.Context, admin, copyName string) (pgtest.Database, error) {
		tmpl := templateOf(name)
		tmpl.once.Do(func() { tmpl.database, tmpl.err = newTemplate(ctx, admin, name, prepare) })
		if tmpl.err != nil {
			return pgtest.Database{}, fmt.Errorf("template %s: %w", name, tmpl.err)
		}
		return tmpl.database.Copy(ctx, copyName)
	})
}

func newTemplate(ctx context.Context, admin, name string, prepare func(string) error) (pgtest.Database, error) {
	database, err := pgtest.NewDatabase(ctx, admin, unique(name+"_tmpl"))
	if err != nil {
		return database, err
	}
	if err := prepare(database.OwnerURL); err != nil {
		return database, err
	}
	return database, database.Seal(ctx)
}

// forTest makes a database with a name of its own and drops it after the test.
func forTest(tb testing.TB, kind string, create func(ctx context.Context, admin, name string) (pgtest.Database, error)) pgtest.Database {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), createTimeout)
	defer cancel()
	admin, err := adminURL(tb.Context())
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	database, err := create(ctx, admin, unique(kind))
	if err != nil {
		tb.Fatalf("dbtest: %v", err)
	}
	cleanupCtx := context.WithoutCancel(tb.Context())
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(cleanupCtx, dropTimeout)
		defer cancel()
		if err := database.Drop(ctx); err != nil {
			tb.Errorf("dbtest: drop %s: %v", database.Name, err)
		}
	})
	return database
}

// unique returns a name that no other test, process or machine uses on the
// same server.
func unique(kind string) string {
	return fmt.Sprintf("permitx_%s_%d_%s", kind, os.Getpid(), strings.ToLower(rand.Text()[:10]))
}

// adminURL returns the server's address; the first call starts the server.
func adminURL(ctx context.Context) (string, error) {
	process.Lock()
	defer process.Unlock()
	if !process.running {
		return "", errors.New("the package needs func TestMain(m *testing.M) { dbtest.Main(m) }")
	}
	if process.adminURL == "" && process.err == nil {
		process.adminURL, process.err = findServer(ctx)
	}
	return process.adminURL, process.err
}

func findServer(ctx context.Context) (string, error) {
	if u := os.Getenv(pgtest.EnvURL); u != "" {
		if err := pgtest.Check(ctx, u); err != nil {
			return "", fmt.Errorf("%s: %w", pgtest.EnvURL, err)
		}
		return u, nil
	}
	server, err := pgtest.Start(ctx, pgtest.Options{})
	if err != nil {
		return "", err
	}
	process.server = server
	return server.URL("postgres"), nil
}

func templateOf(name string) *template {
	process.Lock()
	defer process.Unlock()
	if process.templates == nil {
		process.templates = map[string]*template{}
	}
	if process.templates[name] == nil {
		process.templates[name] = &template{}
	}
	return process.templates[name]
}

func setRunning(running bool) {
	process.Lock()
	defer process.Unlock()
	process.running = running
}

// cleanUp removes the server if it is ours, else the templates from it.
func cleanUp() {
	setRunning(false)
	if process.server != nil {
		process.server.Stop()
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
	defer cancel()
	for name, tmpl := range process.templates {
		if tmpl.database.Name == "" {
			continue
		}
		if err := tmpl.database.Drop(ctx); err != nil {
			fmt.Fprintf(os.Stderr, "dbtest: drop template %s: %v\n", name, err)
		}
	}
}
