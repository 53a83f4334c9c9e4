// Package pgtest starts a private PostgreSQL server and makes databases on it.
//
// The server is made of the programs that are installed. It listens on a Unix
// socket in a directory of its own and nowhere else, runs as a user without
// privileges, and goes away with the process that started it, however that
// ends. Tests use it through package dbtest; the command testdb starts one
// server for the tests of all packages; benchmarks start one with Durable.
//
// # Roles
//
// A database has an owner, who migrates it, and is used by the service, which
// is another role, so that tests find out what the service may not do. What it
// may do, the migrations say (GRANT); a role has nothing here by itself.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	superuser      = "postgres"
	port           = "5432" // only names the socket's file: the server does not listen on TCP
	connectionsMax = 400    // packages are tested in parallel, each test with its own pools; benchmarks use 256
	socketPathMax  = 103    // bytes; the smallest limit of the systems (macOS; Linux has 107)

	startTimeout = 60 * time.Second
	stopTimeout  = 10 * time.Second
	pollInterval = 20 * time.Millisecond
)

// advised are the README's settings of a server that has a few gigabytes for PostgreSQL. With its
// defaults what is changed all over a table of a million rows is read anew for each batch, and checkpoints follow
// each other so closely that most of what is logged are whole pages. Log segments that a quiet night gave back are
// made anew in the morning, filled with zeros, while who commits waits.
var advised = []string{"shared_buffers=1GB", "min_wal_size=4GB", "max_wal_size=8GB", "checkpoint_timeout=15min"}

// Options say how a server is started. The zero value is right for tests.
type Options struct {
	// Dir is where the server makes its directory, by default where temporary
	// files go. The server's user must be able to reach it.
	Dir string
	// Durable keeps PostgreSQL's defaults for durability, and has the memory that
	// the README advises (advised), for measurements.
	// Without it nothing is synced to disk: the data survive a process that is
	// killed, but not a machine that stops.
	Durable bool
	// Install permits to install Debian's package if we are root and
	// PostgreSQL is missing.
	Install bool
	// Progress is told of what takes long; nil is silent.
	Progress io.Writer
}

// Server is a running private server.
type Server struct {
	bin     string   // directory of PostgreSQL's programs
	base    string   // our directory: data, log and, if its path is short enough, the socket
	socket  string   // directory of the socket
	account *account // who runs the server

	postgres *exec.Cmd
	exited   chan struct{} // closed when postgres has ended
	reaper   *exec.Cmd
	leash    io.Closer // the reaper acts when it is closed, as the kernel does when we die
	stop     sync.Once
}

// Start starts a server and returns when it answers. The caller must Stop it.
// It fails with ErrNotInstalled where there is no PostgreSQL. ctx limits the
// start, not the server's life.
func Start(ctx context.Context, o Options) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*startTimeout) // room for an installation
	defer cancel()
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	bin, err := findBinaries()
	if errors.Is(err, ErrNotInstalled) && o.Install {
		if err = install(ctx, o.Progress); err == nil {
			bin, err = findBinaries()
		}
	}
	if err != nil {
		return nil, err
	}
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, account: acc, exited: make(chan struct{})}
	if err := s.start(ctx, o); err != nil {
		s.Stop()
		return nil, fmt.Errorf("private PostgreSQL server (%s): %w", bin, err)
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, o Options) error {
	if err := s.makeDirs(ctx, o.Dir); err != nil {
		return err
	}
	args := []string{"-D", s.data(), "-U", superuser, "--auth=trust", "--encoding=UTF8", "--locale=C"}
	if !o.Durable {
		args = append(args, "--no-sync")
	}
	if out, err := s.command(ctx, "initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, tail(out))
	}
	if err := s.launch(o.Durable); err != nil { //nolint:contextcheck // ctx is for the start only
		return err
	}
	return s.awaitReady(ctx)
}

// makeDirs makes our directory where the server's user can reach it, and a
// second one for the socket if the path of the first is too long for that.
func (s *Server) makeDirs(ctx context.Context, dir string) error {
	parents := []string{dir}
	if dir == "" {
		// Root's own directory for temporary files may be closed to others.
		parents = slices.Compact([]string{os.TempDir(), "/tmp", "/var/tmp"})
	}
	var failures []error
	for _, parent := range parents {
		base, err := s.makeDir(ctx, parent)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		s.base, s.socket = base, base
		if len(filepath.Join(base, ".s.PGSQL."+port)) > socketPathMax {
			s.socket, err = s.makeDir(ctx, "/tmp")
		}
		return err
	}
	return errors.Join(failures...)
}

// makeDir makes a directory that belongs to the server's user, and tries out
// whether that user can enter it and run PostgreSQL there.
func (s *Server) makeDir(ctx context.Context, parent string) (string, error) {
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(parent, "permitx-pg-") // mode 0700
	if err != nil {
		return "", err
	}
	err = s.account.give(dir)
	if err == nil {
		cmd := s.command(ctx, "initdb", "--version")
		cmd.Dir = dir
		err = cmd.Run()
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("directory %s for the server's user: %w", dir, err), os.RemoveAll(dir))
	}
	return dir, nil
}

// launch starts postgres, and beside it the reaper.
func (s *Server) launch(durable bool) error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close()
	settings := []string{"listen_addresses=", "unix_socket_directories=" + s.socket, "max_connections=" + strconv.Itoa(connectionsMax)}
	if durable {
		settings = append(settings, advised...)
	} else {
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	args := []string{"-D", s.data(), "-p", port}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	s.postgres = s.command(context.Background(), "postgres", args...)
	s.postgres.Stdout, s.postgres.Stderr = log, log
	if err := s.postgres.Start(); err != nil {
		s.postgres = nil
		return err
	}
	go func() {
		defer close(s.exited)
		_ = s.postgres.Wait() // how it ended is in its log
	}()
	return s.startReaper()
}

// reaperScript waits until nobody holds the other end of its standard input,
// then ends the server $1 and removes the directories that follow.
const reaperScript = `read -r _; pid=$1; shift
kill -QUIT "$pid" 2>/dev/null
n=0; while kill -0 "$pid" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done
rm -rf "$@"`

// startReaper starts the process that cleans up after us if we cannot: a test
// that runs into its time limit, panics or is killed runs no deferred calls.
func (s *Server) startReaper() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	args := append([]string{"-c", reaperScript, "sh", strconv.Itoa(s.postgres.Process.Pid)}, s.dirs()...)
	s.reaper = exec.Command("sh", args...) //nolint:noctx // it must outlive us
	s.reaper.Dir, s.reaper.Stdin, s.reaper.SysProcAttr = s.base, r, s.account.sysProcAttr()
	s.leash = w
	if err := s.reaper.Start(); err != nil {
		s.reaper = nil
		return errors.Join(err, w.Close())
	}
	return nil
}

// awaitReady returns when the server answers a connection.
func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("postgres ended\n%s", s.log())
		case <-ctx.Done():
			return fmt.Errorf("%w: %w\n%s", context.Cause(ctx), err, s.log())
		case <-time.After(pollInterval):
		}
	}
}

// Stop ends the server at once and removes its directory. Further calls do nothing.
func (s *Server) Stop() {
	s.stop.Do(func() {
		if s.postgres != nil {
			_ = s.postgres.Process.Signal(syscall.SIGQUIT) // "immediate": nothing is kept, so nothing need be flushed
			select {
			case <-s.exited:
			case <-time.After(stopTimeout):
				_ = s.postgres.Process.Kill()
				<-s.exited
			}
		}
		if s.reaper != nil {
			_ = s.reaper.Process.Kill()
			_ = s.reaper.Wait()
			_ = s.leash.Close()
		}
		for _, dir := range s.dirs() {
			_ = os.RemoveAll(dir)
		}
	})
}

// URL returns the address of a database for the superuser.
func (s *Server) URL(database string) string {
	query := url.Values{"host": {s.socket}, "port": {port}, "user": {superuser}}
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: query.Encode()}).String()
}

// Program returns the path of one of PostgreSQL's programs, such as pgbench;
// false if it is not installed beside the server.
func (s *Server) Program(name string) (string, bool) {
	path, err := exec.LookPath(filepath.Join(s.bin, name))
	return path, err == nil
}

// command returns one of the server's programs, to run as the server's user.
func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = s.base, s.account.sysProcAttr()
	// PGDATA, PGPORT and the like are meant for somebody else's server.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PG") })
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	return cmd
}

// dirs are the directories that we made.
func (s *Server) dirs() []string {
	made := slices.Compact([]string{s.base, s.socket})
	return slices.DeleteFunc(made, func(dir string) bool { return dir == "" })
}

func (s *Server) data() string    { return filepath.Join(s.base, "data") }
func (s *Server) logFile() string { return filepath.Join(s.base, "server.log") }

func (s *Server) log() []byte {
	out, err := os.ReadFile(s.logFile())
	if err != nil {
		return nil
	}
	return tail(out)
}
