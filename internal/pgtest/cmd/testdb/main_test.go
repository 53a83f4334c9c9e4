//go:build unix

package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
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
	alive := filepath.Join(t.TempDir(), "alive")
	if err := syscall.Mkfifo(alive, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pipe := make(chan *os.File, 1)
	go func() {
		f, err := os.Open(alive) // returns when the command has opened its end
		if err != nil {
			t.Error(err)
		}
		pipe <- f
		cancel()
	}()
	script := `exec 3>"$1"; sleep 600 & wait`
	if got, err := command(ctx, []string{"sh", "-c", script, "sh", alive}, ""); got != exitSignal || err == nil {
		t.Errorf("exit code %d, %v", got, err)
	}
	f := <-pipe
	defer f.Close()
	if err := f.SetReadDeadline(time.Now().Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(f); err != nil { // it ends when the last process that has it open does
		t.Errorf("a process that the command started went on: %v", err)
	}
}
