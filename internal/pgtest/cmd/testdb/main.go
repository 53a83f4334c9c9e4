//go:build unix

// Command testdb runs a command with a PostgreSQL server for tests:
//
//	testdb -- go test ./...
//
// If PERMITX_TEST_POSTGRES names a server, that is used. Otherwise testdb
// starts a private one, installs Debian's PostgreSQL first if there is none
// and it may, sets the variable for the command, and stops the server when the
// command ends or testdb is interrupted. The exit code is the command's.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"permitx/internal/pgtest"
)

const (
	checkTimeout = 10 * time.Second
	endTimeout   = 10 * time.Second // what an interrupted command is given to end
	exitUsage    = 2
	exitFailed   = 1
	exitSignal   = 130
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: testdb -- command [argument ...]")
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code, err := run(ctx, args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "testdb:", err)
	}
	os.Exit(code)
}

// run runs the command with a server and returns its exit code.
func run(ctx context.Context, args []string) (int, error) {
	url := os.Getenv(pgtest.EnvURL)
	if url != "" {
		checkCtx, cancel := context.WithTimeout(ctx, checkTimeout)
		defer cancel()
		if err := pgtest.Check(checkCtx, url); err != nil {
			return exitFailed, fmt.Errorf("%s: %w", pgtest.EnvURL, err)
		}
		fmt.Fprintln(os.Stderr, "testdb: using the server that", pgtest.EnvURL, "names")
	} else {
		begin := time.Now()
		server, err := pgtest.Start(ctx, pgtest.Options{Install: true, Progress: os.Stderr})
		if err != nil {
			return exitFailed, err
		}
		defer server.Stop()
		url = server.URL("postgres")
		fmt.Fprintf(os.Stderr, "testdb: private PostgreSQL started in %.1f s\n", time.Since(begin).Seconds())
	}
	return command(ctx, args, url)
}

// command runs args with url in its environment. When ctx ends, it and all
// that it has started are told to end, and after a while made to.
func command(ctx context.Context, args []string, url string) (int, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), pgtest.EnvURL+"="+url)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	// A group of its own: `go test` does not pass signals on to the tests.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = endTimeout
	err := cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what is left of the group, if anything
		}
		return exitSignal, errors.New("interrupted")
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return exitFailed, err
	}
	return 0, nil
}
