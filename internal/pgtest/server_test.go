package pgtest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"
)

// envChild makes this test program start a server and wait to be killed.
const envChild = "PGTEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) != "" {
		server, err := Start(context.Background(), Options{})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(server.base)
		io.Copy(io.Discard, os.Stdin) // until the test is over, if it did not kill
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// A server starts in a directory whose path is too long for a socket, answers,
// and leaves nothing behind; stopping it twice does no harm.
func TestStart_LongDirectory(t *testing.T) {
	t.Parallel()
	// Not t.TempDir: the server's user could not enter it when we are root.
	top, err := os.MkdirTemp("/tmp", "permitx-test-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(top) })
	dir := filepath.Join(top, strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(top, 0o755); err != nil {
		t.Fatal(err)
	}

	server, err := Start(t.Context(), Options{Dir: dir, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	if fsync := show(t, server, "fsync"); fsync != "on" {
		t.Errorf("a durable server has fsync %s", fsync)
	}
	if _, ok := server.Program("psql-of-another-world"); ok {
		t.Error("a program that does not exist is installed")
	}
	server.Stop()
	server.Stop()
	for _, made := range []string{server.base, server.socket} {
		if _, err := os.Stat(made); !os.IsNotExist(err) {
			t.Errorf("%s is still there (%v)", made, err)
		}
	}
}

// A server whose starter is killed ends, and its directory goes away.
func TestStart_StarterKilled(t *testing.T) {
	t.Parallel()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), envChild+"=1")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := child.StdinPipe(); err != nil { // stays open while the test runs
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	base := lines.Text()
	if _, err := os.Stat(filepath.Join(base, "data", "postmaster.pid")); err != nil {
		t.Errorf("the child has no server: %s, %v", base, err)
	}
	child.Process.Kill()
	child.Wait()
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if _, err := os.Stat(base); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there", base)
		}
	}
}

func show(t *testing.T, server *Server, setting string) (value string) {
	t.Helper()
	err := withConn(t.Context(), server.URL("postgres"), func(conn *pgx.Conn) error {
		return conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value)
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":  15,
		"/usr/lib/postgresql/9.6/bin": 9,
		"/usr/pgsql-16/bin":           16,
		"/opt/local/bin":              0,
	} {
		if got := version(dir); got != want {
			t.Errorf("version(%s) = %d, want %d", dir, got, want)
		}
	}
}

// The roles' addresses differ from the administrator's in user and database only.
func TestDescribe(t *testing.T) {
	t.Parallel()
	for admin, want := range map[string]string{
		"postgres://root:pa%2Fss@db.example:5433/postgres?sslmode=require": "postgres://permitx_owner:pa%2Fss@db.example:5433/x?sslmode=require",
		"postgresql://root@localhost/postgres":                             "postgresql://localhost/x?user=permitx_owner",
		"postgres:///postgres?host=/tmp/d&port=5432&user=postgres":         "postgres:///x?host=%2Ftmp%2Fd&port=5432&user=permitx_owner",
	} {
		got, err := describe(admin, "x")
		if err != nil || got.OwnerURL != want {
			t.Errorf("describe(%s) = %s, %v; want %s", admin, got.OwnerURL, err, want)
		}
	}
	for _, admin := range []string{"", "host=localhost user=postgres", "mysql://root@localhost/x", "postgres://a:b c@\x7f"} {
		if _, err := describe(admin, "x"); err == nil {
			t.Errorf("describe(%q) must fail", admin)
		}
	}
}
