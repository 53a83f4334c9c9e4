package main

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/pgtest"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/store"
)

const anyPort = "127.0.0.1:0"

var (
	keyPattern     = regexp.MustCompile(`px_[A-Za-z0-9_-]{43}\b`)
	addressPattern = regexp.MustCompile(`http://[0-9.]+:[0-9]+`)
)

// address awaits the address of a server.
func (j *job) address(t *testing.T) string {
	t.Helper()
	return addressPattern.FindString(j.stdout.await(t, "Listening on"))
}

// whoAmI asks a server who holds a key.
func whoAmI(t *testing.T, address, key string) (api.Me, error) {
	t.Helper()
	client, err := api.NewBearerClient(address, key)
	if err != nil {
		t.Fatal(err)
	}
	return answer[api.Me](read(client.GetMe(t.Context())))
}

// On an empty registry the first administrator's key is printed, this once,
// and it works; the registry is there again after a clean stop.
func TestServeBootstrap(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, "serve", "--data", dir, "--listen", anyPort)
	address := first.address(t)
	keys := keyPattern.FindAllString(first.stdout.String(), -1)
	if len(keys) != 1 {
		t.Fatalf("%d keys were printed:\n%s", len(keys), &first.stdout)
	}
	if me, err := whoAmI(t, address, keys[0]); err != nil || len(me.Grants) != 1 || me.Grants[0].Role != api.RoleAdmin {
		t.Fatalf("the key is that of %+v, %v", me, err)
	}
	if strings.Contains(first.stderr.String(), keys[0]) {
		t.Error("the key is in the log")
	}
	first.stop()
	if code := first.wait(t); code != exitOK {
		t.Fatalf("exit code %d:\n%s", code, &first.stderr)
	}
	second := start(t, "serve", "--data", dir, "--listen", anyPort)
	address = second.address(t)
	if again := keyPattern.FindString(second.stdout.String()); again != "" {
		t.Errorf("a second key was printed: %s", again)
	}
	if _, err := whoAmI(t, address, keys[0]); err != nil {
		t.Errorf("the key does not work after a restart: %v", err)
	}
	// The first command of a process may be one that is refused.
	client, err := api.NewBearerClient(address, keys[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = answer[api.Grant](read(client.RevokeGrant(t.Context(), 1, &api.RevokeGrantParams{IdempotencyKey: commandKey()})))
	if !isProblem(err, "identity.last_admin") || strings.Contains(second.stderr.String(), "a batch failed") {
		t.Errorf("the last administrator is revoked: %v\n%s", err, &second.stderr)
	}
}

// SIGTERM ends a real process with exit code 0, and its role is free at once.
func TestServeSIGTERM(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := exec.CommandContext(t.Context(), os.Args[0], "serve", "--data", dir, "--listen", anyPort)
	program.Env = append(os.Environ(), runAsProgram+"=1")
	var stdout, stderr output
	program.Stdout, program.Stderr = &stdout, &stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	stdout.await(t, "Listening on")
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := program.Wait(); err != nil {
		t.Fatalf("the server ended with %v:\n%s", err, &stderr)
	}
	if code, stdout, stderr := do(t, "check", "--data", dir); code != exitOK || !strings.Contains(stdout, "0 violations") {
		t.Errorf("check: exit code %d:\n%s%s", code, stdout, stderr)
	}
	key := regexp.MustCompile(`^px_\S+\n$`)
	if code, stdout, stderr := do(t, "key", "make", "--data", dir, "--person", "1"); code != exitOK || !key.MatchString(stdout) {
		t.Errorf("the role is not free: exit code %d:\n%s%s", code, stdout, stderr)
	}
}

// A second server on the registry waits, and takes over when the first stops.
func TestServeStandby(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, "serve", "--data", dir, "--listen", anyPort)
	key := keyPattern.FindString(first.stdout.await(t, "px_"))
	first.address(t)
	standby := start(t, "serve", "--data", dir, "--listen", anyPort)
	standby.stderr.await(t, "waiting as a standby")
	third := start(t, "serve", "--data", dir, "--listen", anyPort)
	third.stderr.await(t, "waiting as a standby")
	third.stop()
	if code := third.wait(t); code != exitOK {
		t.Errorf("a standby that is stopped ends with exit code %d:\n%s", code, &third.stderr)
	}
	if standby.stdout.String() != "" {
		t.Fatalf("the standby serves beside the first:\n%s", &standby.stdout)
	}
	first.stop()
	if _, err := whoAmI(t, standby.address(t), key); err != nil {
		t.Errorf("the standby does not know the key: %v", err)
	}
}

// A server whose role was taken from it stops, and says so by its exit code.
func TestServeLosesRole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, "serve", "--data", dir, "--listen", anyPort)
	server.address(t)
	s, err := store.Open(t.Context(), databaseConfig{Data: dir}.url())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	late := app.SystemClock().Add(app.LeaseTime + time.Minute)
	for {
		_, err := s.TakeOver(t.Context(), late)
		if err == nil {
			break
		}
		if !errors.Is(err, app.ErrHeld) { // it may beat at this very moment
			t.Fatal(err)
		}
	}
	if code := server.wait(t); code != exitFailed || !strings.Contains(server.stderr.String(), "the writer stopped") {
		t.Errorf("exit code %d:\n%s", code, &server.stderr)
	}
}

// On PostgreSQL the server refuses a schema that is not up to date and says
// what to do; after that it runs as a role that owns nothing.
func TestServePostgres(t *testing.T) {
	t.Parallel()
	db := dbtest.Database(t)
	code, _, stderr := do(t, "serve", "--database-url", db.OwnerURL, "--listen", anyPort)
	if code != exitFailed || !strings.Contains(stderr, "permitx migrate") {
		t.Fatalf("exit code %d:\n%s", code, stderr)
	}
	if code, _, stderr := do(t, "migrate", "--status", "--database-url", db.OwnerURL); code != exitFailed || !strings.Contains(stderr, "lacks") {
		t.Fatalf("migrate --status: exit code %d:\n%s", code, stderr)
	}
	if code, _, stderr := do(t, "migrate", "--database-url", db.OwnerURL, "--service-role", pgtest.ServiceRole); code != exitOK {
		t.Fatalf("migrate: exit code %d:\n%s", code, stderr)
	}
	if code, _, stderr := do(t, "migrate", "--status", "--database-url", db.OwnerURL); code != exitOK {
		t.Fatalf("migrate --status: exit code %d:\n%s", code, stderr)
	}
	server := start(t, "serve", "--database-url", db.ServiceURL, "--listen", anyPort)
	address := server.address(t)
	if _, err := whoAmI(t, address, keyPattern.FindString(server.stdout.String())); err != nil {
		t.Error(err)
	}
	if code, stdout, stderr := do(t, "check", "--json", "--database-url", db.ServiceURL); code != exitOK || !strings.Contains(stdout, `"violations": []`) {
		t.Errorf("check beside the server: exit code %d:\n%s%s", code, stdout, stderr)
	}
}

// The store that keeps nothing serves like the others; only permitx bench wants it.
func TestServeKeepNothing(t *testing.T) {
	t.Parallel()
	server := start(t, "serve", "--keep-nothing", "--listen", anyPort)
	address := server.address(t)
	if _, err := whoAmI(t, address, keyPattern.FindString(server.stdout.String())); err != nil {
		t.Error(err)
	}
	server.stop()
	if code := server.wait(t); code != exitOK {
		t.Errorf("exit code %d:\n%s", code, &server.stderr)
	}
}

// An address that is taken ends the server, and leaves no role behind.
func TestServeAddressTaken(t *testing.T) {
	t.Parallel()
	first := start(t, "serve", "--data", t.TempDir(), "--listen", anyPort)
	taken := strings.TrimPrefix(first.address(t), "http://")
	dir := t.TempDir()
	for range 2 {
		code, stdout, stderr := do(t, "serve", "--data", dir, "--listen", taken)
		if code != exitFailed || !strings.Contains(stderr, taken) || strings.Contains(stderr, "standby") || stdout != "" {
			t.Errorf("exit code %d:\n%s%s", code, stdout, stderr)
		}
	}
}
