package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"permitx/api"
)

// Keys are made, listed and revoked through a running server; past it they are
// not, and while no server runs the database is enough.
func TestKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := start(t, "serve", "--data", dir, "--listen", anyPort)
	address := server.address(t)
	admin := keyPattern.FindString(server.stdout.String())

	key := func(t *testing.T, args ...string) (string, string) {
		t.Helper()
		code, stdout, stderr := do(t, append([]string{"key"}, args...)...)
		if code != exitOK {
			t.Fatalf("permitx key %v: exit code %d:\n%s%s", args, code, stdout, stderr)
		}
		return stdout, stderr
	}
	made, said := key(t, "make", "--server", address, "--key", admin, "--person", "林审计", "--role", "auditor", "--expires", "30d")
	auditor := strings.TrimSpace(made)
	if !keyPattern.MatchString(auditor) || !strings.Contains(said, "Made person 2") || strings.Contains(said, auditor) {
		t.Fatalf("%q\n%s", made, said)
	}
	me, err := whoAmI(t, address, auditor)
	if err != nil || me.Person.Name != "林审计" || len(me.Grants) != 1 || me.Grants[0].Role != api.RoleAuditor || me.Key.ExpiresAt == nil {
		t.Fatalf("the key is that of %+v, %v", me, err)
	}
	// The same person again: nothing but a key is made.
	if _, said = key(t, "make", "--server", address, "--key", admin, "--person", "林审计", "--role", "auditor"); strings.Contains(said, "Made") || strings.Contains(said, "Gave") {
		t.Errorf("it was made again:\n%s", said)
	}
	// A key from a file; an officer of one region.
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(admin+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	key(t, "make", "--server", address, "--key-file", file, "--person", "周局长", "--role", "bureau_leader", "--region", "330400", "--with-children")
	list, _ := key(t, "list", "--server", address, "--key", admin)
	for _, want := range []string{"林审计", "auditor", "bureau_leader of 330400 and below", "never"} {
		if !strings.Contains(list, want) {
			t.Errorf("%q is not in the list:\n%s", want, list)
		}
	}
	key(t, "revoke", "2", "--server", address, "--key", admin)
	if _, err := whoAmI(t, address, auditor); !isProblem(err, "identity.key_not_valid") {
		t.Errorf("a revoked key: %v", err)
	}
	testKeyPastServer(t, dir, server)
}

// testKeyPastServer works on the registry itself.
func testKeyPastServer(t *testing.T, dir string, server *job) {
	t.Helper()
	if code, _, stderr := do(t, "key", "make", "--data", dir, "--person", "1"); code != exitFailed || !strings.Contains(stderr, "a server runs") {
		t.Errorf("past a running server: exit code %d:\n%s", code, stderr)
	}
	if code, stdout, stderr := do(t, "key", "list", "--data", dir); code != exitOK || !strings.Contains(stdout, "林审计") {
		t.Errorf("a list needs no role: exit code %d:\n%s%s", code, stdout, stderr)
	}
	server.stop()
	server.wait(t)
	code, stdout, stderr := do(t, "key", "make", "--data", dir, "--person", "新管理员", "--role", "admin", "--expires", "never")
	if code != exitOK || !keyPattern.MatchString(stdout) {
		t.Fatalf("without a server: exit code %d:\n%s%s", code, stdout, stderr)
	}
	again := start(t, "serve", "--data", dir, "--listen", anyPort)
	if me, err := whoAmI(t, again.address(t), strings.TrimSpace(stdout)); err != nil || me.Grants[0].Role != api.RoleAdmin {
		t.Errorf("the key is that of %+v, %v", me, err)
	}
}

// An expiry is a number of days, a last day in the market's zone, or never.
// Who acts for an enterprise or a bank, and who runs the schemes of one, names the party;
// nobody else does.
func TestKeyMake_Party(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, role := range []string{"enterprise", "bank", "operator", "bureau_clerk", "verifier", "auditor", ""} {
		isOfParty := role == "enterprise" || role == "bank" || role == "operator"
		for _, party := range []string{"", "1"} {
			c := keyMakeCommand{keyAccess: keyAccess{databaseConfig: databaseConfig{Data: dir}}, Person: "刘运营", Role: role, Party: party, Expires: defaultExpiry}
			if err := c.Validate(); (err == nil) != (isOfParty == (party != "")) {
				t.Errorf("role %q, party %q: %v", role, party, err)
			}
		}
	}
}

func TestParseExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	for _, c := range []struct{ text, want string }{
		{"1d", "2026-11-25T08:00:00.000000Z"},
		{"365d", "2027-11-24T08:00:00.000000Z"},
		{"2027-06-30", "2027-06-30T16:00:00.000000Z"},
		{"never", ""},
		{"0d", "error"},
		{"-3d", "error"},
		{"soon", "error"},
		{"", "error"},
		{"2027-02-30", "error"},
	} {
		at, err := parseExpiry(c.text, now)
		got := orElse(at, "")
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}
