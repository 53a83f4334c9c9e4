package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"permitx/internal/pgtest/dbtest"
)

// runAsProgram makes the test binary behave as the program, for tests that
// need a process of its own.
const runAsProgram = "PERMITX_TEST_RUN_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runAsProgram) != "" {
		main()
	}
	dbtest.Main(m)
}

// output is what a command wrote; it may be read while the command runs.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is what was written so far.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// await returns the first line with a text in it.
func (o *output) await(t *testing.T, text string) string {
	t.Helper()
	const patience = 60 * time.Second
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		for line := range strings.Lines(o.String()) {
			if strings.Contains(line, text) && strings.HasSuffix(line, "\n") {
				return line
			}
		}
	}
	t.Fatalf("nothing with %q was written:\n%s", text, o)
	return ""
}

// job is a command that runs beside the test.
type job struct {
	stdout, stderr output
	stop           context.CancelFunc // as SIGTERM does
	done           chan int           // gives the exit code
}

func start(t *testing.T, args ...string) *job {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	j := &job{stop: cancel, done: make(chan int, 1)}
	go func() { j.done <- run(ctx, args, &j.stdout, &j.stderr) }()
	t.Cleanup(func() {
		cancel()
		j.wait(t)
	})
	return j
}

// wait returns the exit code.
func (j *job) wait(t *testing.T) int {
	t.Helper()
	select {
	case code := <-j.done:
		j.done <- code
		return code
	case <-time.After(60 * time.Second):
		t.Fatalf("the command does not end:\n%s\n%s", &j.stdout, &j.stderr)
		return 0
	}
}

// do runs a command to its end.
func do(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, log output
	code = run(t.Context(), args, &out, &log)
	return code, out.String(), log.String()
}

// Every command explains itself: --help is no error, and goes to standard output.
func TestHelp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ command, want string }{
		{"", "permitx demo"},
		{"serve", "--database-url"},
		{"demo", "--exit"},
		{"migrate", "--service-role"},
		{"check", "--json"},
		{"clear", "pay_as_bid_share"},
		{"bench", "--quick"},
		{"key make", "--expires"},
		{"key list", "PERMITX_KEY"},
		{"key revoke", "<key>"},
	} {
		code, stdout, stderr := do(t, append(strings.Fields(c.command), "--help")...)
		if code != exitOK || stderr != "" || !strings.Contains(stdout, c.want) {
			t.Errorf("permitx %s --help: exit code %d, want %q in:\n%s%s", c.command, code, c.want, stdout, stderr)
		}
		if strings.Contains(stdout, "${") {
			t.Errorf("permitx %s --help: a variable is not filled in:\n%s", c.command, stdout)
		}
	}
}

// The version names the build.
func TestVersion(t *testing.T) {
	t.Parallel()
	code, stdout, _ := do(t, "--version")
	if code != exitOK || strings.TrimSpace(stdout) != version() {
		t.Errorf("exit code %d, %q", code, stdout)
	}
}

// A mistake in the flags starts nothing: exit code 2, nothing on standard
// output, and a sentence that says what to correct. A password is not repeated.
func TestBadFlags(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, want string }{
		{"", "serve"},
		{"sell", "sell"},
		{"serve --colour", "--colour"},
		{"serve --listen 8080", "HOST:PORT"},
		{"serve --listen :http-no", "not a port"},
		{"serve --rate-limit=-1", "--rate-limit"},
		{"serve --rate-limit many", "--rate-limit"},
		{"serve --queue-limit 0", "--queue-limit"},
		{"serve --drain-timeout 0s", "--drain-timeout"},
		{"serve --log-level loud", "--log-level"},
		{"serve --database-url mysql://u:hunter2@h/d", "postgres://"},
		{"serve --database-url postgres://h/d --data x", "not both"},
		{"migrate --service-role permitx_service --data x", "--service-role"},
		{"check --database-url sqlite:x", "--data"},
		{"demo --listen nowhere", "HOST:PORT"},
		{"key make --person x --data x --expires soon", "--expires"},
		{"key make --person x --data x --region 330421", "--role"},
		{"key make --person x --data x --role enterprise", "--party"},
		{"key make --person x --data x --role king", "--role"},
		{"key make --data x", "--person"},
		{"key list", "PERMITX_KEY"},
		{"key list --server ftp://x --key px_x", "--server"},
		{"key revoke --data x", "<key>"},
	} {
		code, stdout, stderr := do(t, strings.Fields(c.args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("permitx %s: exit code %d, want 2 and %q:\n%s%s", c.args, code, c.want, stdout, stderr)
		}
		if strings.Contains(stderr, "hunter2") {
			t.Errorf("permitx %s: the password is shown:\n%s", c.args, stderr)
		}
	}
}

// All mistakes are named at once, not only the first.
func TestBadFlagsTogether(t *testing.T) {
	t.Parallel()
	_, _, stderr := do(t, "serve", "--listen", "x", "--rate-limit=-1", "--queue-limit=0", "--drain-timeout=-1s", "--data", "x", "--database-url", "y")
	for _, flag := range []string{"--listen", "--rate-limit", "--queue-limit", "--drain-timeout", "--database-url must", "not both"} {
		if !strings.Contains(stderr, flag) {
			t.Errorf("%s is not named in:\n%s", flag, stderr)
		}
	}
}

// The environment sets flags, and a name with a slip in it is pointed out.
//
//nolint:paralleltest // it changes the environment
func TestEnvironment(t *testing.T) {
	t.Setenv("PERMITX_DATA", "somewhere/that/is/not")
	t.Setenv("PERMITX_DATABSE_URL", "postgres://h/d")
	code, _, stderr := do(t, "check")
	if code != exitFailed || !strings.Contains(stderr, "somewhere/that/is/not") || !strings.Contains(stderr, "PERMITX_DATABSE_URL is not known") {
		t.Errorf("exit code %d:\n%s", code, stderr)
	}
}

// What only looks makes no registry.
func TestCheckMakesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, args := range []string{"check", "migrate --status", "key list"} {
		code, _, stderr := do(t, append(strings.Fields(args), "--data", dir+"/none")...)
		if code != exitFailed || !strings.Contains(stderr, "no registry") {
			t.Errorf("permitx %s: exit code %d:\n%s", args, code, stderr)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v was made (%v)", left, err)
	}
}
