package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"permitx/internal/bench"
)

const (
	benchStartTime = 60 * time.Second // a server that is not ready by then will not be
	benchStopTime  = 20 * time.Second
	benchPollPause = 5 * time.Millisecond
	benchTailBytes = 4 << 10 // of the server's stderr that are kept
)

// benchServer is this program, run as a server in a process of its own.
type benchServer struct {
	address string // host:port
	key     string // of the first administrator; "" where the registry was not empty
	profile string // host:port of its profiles; "" if it serves none
	started time.Time
	ready   time.Duration // from the start of the process until it took requests

	process *exec.Cmd
	exited  chan error
	log     *benchTail
}

var (
	benchKeyPattern     = regexp.MustCompile(`\bpx_[A-Za-z0-9_-]+`)
	benchAddressPattern = regexp.MustCompile(`http://([0-9.]+:[0-9]+)`)
)

// startBenchServer starts a server and returns when it takes requests. What it
// needs for a while lies in dir.
func startBenchServer(ctx context.Context, dir string, profiled bool, args ...string) (*benchServer, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &benchServer{exited: make(chan error, 1), log: &benchTail{}}
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--log-level", "warn"}, args...)
	if profiled {
		if s.profile, err = freeAddress(ctx); err != nil {
			return nil, err
		}
		args = append(args, "--profile-listen", s.profile)
	}
	s.process = exec.Command(program, args...) //nolint:gosec,noctx // this program; it is stopped by a signal
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "PERMITX_") || strings.HasPrefix(v, "PERMITX_TEST_") { // no settings of another server
			s.process.Env = append(s.process.Env, v)
		}
	}
	s.process.Env = append(s.process.Env, "TMPDIR="+dir)
	s.process.SysProcAttr = endsWithParent()
	s.process.Stderr = s.log
	stdout, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.started = time.Now()
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	listening := make(chan struct{})
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read(stdout, listening)
	}()
	go func() {
		<-read // before Wait closes the pipe
		s.exited <- s.process.Wait()
	}()
	if err := s.await(ctx, listening); err != nil {
		return nil, fmt.Errorf("start a server: %w\n%s", errors.Join(err, s.stop()), s.log)
	}
	return s, nil
}

// read takes address and key from what the server prints.
func (s *benchServer) read(stdout io.Reader, listening chan struct{}) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		line := lines.Text()
		if key := benchKeyPattern.FindString(line); key != "" {
			s.key = key
		}
		if found := benchAddressPattern.FindStringSubmatch(line); found != nil && s.address == "" {
			s.address = found[1]
			close(listening)
		}
	}
}

// await returns when the server is ready.
func (s *benchServer) await(ctx context.Context, listening <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, benchStartTime)
	defer cancel()
	select {
	case <-listening:
	case err := <-s.exited:
		s.exited <- err
		return fmt.Errorf("it ended: %w", err)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for {
		r, err := s.get(ctx, "/readyz")
		if err == nil && r.Status == http.StatusOK {
			s.ready = time.Since(s.started)
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(benchPollPause):
		}
	}
}

// get asks the server for something that needs no key.
func (s *benchServer) get(ctx context.Context, path string) (bench.Response, error) {
	c, err := bench.Dial(ctx, s.address)
	if err != nil {
		return bench.Response{}, err
	}
	defer c.Close()
	return c.Do(bench.Get(path))
}

// stop ends the server cleanly, or kills it when that takes too long.
func (s *benchServer) stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.exited:
		s.exited <- err
		if err != nil {
			return fmt.Errorf("the server ended: %w\n%s", err, s.log)
		}
		return nil
	case <-time.After(benchStopTime):
		return errors.Join(fmt.Errorf("the server did not stop within %s", benchStopTime), s.process.Process.Kill())
	}
}

// saveProfile writes a profile of the server's next d into a file.
func (s *benchServer) saveProfile(ctx context.Context, dir, name string, d time.Duration) error {
	url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", s.profile, max(1, int(d.Seconds())))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the server answered %s", response.Status)
	}
	file, err := os.Create(filepath.Join(dir, name+".pprof")) //nolint:gosec // the user's own directory
	if err != nil {
		return err
	}
	_, err = io.Copy(file, response.Body)
	return errors.Join(err, file.Close())
}

// freeAddress is an address on which nobody listens at this moment.
func freeAddress(ctx context.Context) (string, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// benchTail keeps the end of what is written to it.
type benchTail struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps p.
func (t *benchTail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-benchTailBytes):]
	return len(p), nil
}

// String is what was kept.
func (t *benchTail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
