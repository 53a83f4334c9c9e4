//go:build unix

package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The exit code is the command's, and the command finds the server's address.
func TestCommand_ExitCode(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]int{
		"exit 0":   0,
		"exit 7":   7,
		"kill $$":  exitFailed,
		"no-such-": 127,
		`test "$PERMITX_TEST_POSTGRES" = postgres://here`: 0,
	} {
		if got, _ := command(t.Context(), []string{"sh", "-c", script}, "postgres://here"); got != want {
			t.Errorf("%s: exit code %d, want %d", script, got, want)
		}
	}
	if got, err := command(t.Context(), []string{"./no-such-program"}, ""); got != exitFailed || err == nil {
		t.Errorf("a program that does not exist: exit code %d, %v", got, err)
	}
}

// An interrupt ends the command and what it has started.
func TestCommand_Interrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ready, late := filepath.Join(dir, "ready"), filepath.Join(dir, "late")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(ready); err == nil {
				cancel()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	script := `(sleep 2; touch "$2") & touch "$1"; wait`
	if got, err := command(ctx, []string{"sh", "-c", script, "sh", ready, late}, ""); got != exitSignal || err == nil {
		t.Errorf("exit code %d, %v", got, err)
	}
	time.Sleep(3 * time.Second)
	if _, err := os.Stat(late); err == nil {
		t.Error("a process that the command started went on")
	}
}
