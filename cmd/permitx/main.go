// Command permitx is the exchange in one program: the server, a demonstration
// of it, and the tools of those who run it.
//
// It is the only place that reads flags and the environment; everything below
// receives values.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // the command failed, or check found something
	exitUsage  = 2 // flags, environment or input are wrong; nothing was started
)

const description = `An emissions-permit exchange: who holds which permits, the government's reserve, the market, and deals
within a region and between regions. It runs alone on a SQLite file, or against PostgreSQL.

Try "permitx demo" first. Most flags may also be set in the environment, as PERMITX_….`

// commandLine is everything that can be typed.
type commandLine struct {
	Serve   serveCommand   `cmd:"" help:"Run the exchange."`
	Demo    demoCommand    `cmd:"" help:"Run the exchange on a fresh registry and play a story on it: the first cross-province VOCs deals, and a market."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date."`
	Check   checkCommand   `cmd:"" help:"Verify every invariant of a registry, also beside a running server. Exits 1 when something is wrong."`
	Clear   clearCommand   `cmd:"" help:"Clear one auction from a file, without a server: to check a published result again."`
	Bench   benchCommand   `cmd:"" help:"Measure the server on both databases."`
	Key     keyCommand     `cmd:"" help:"Make, list and revoke API keys."`

	TakeAway takeAwayCommand `cmd:"" help:"Take the activities of a month out of the intake, into an archive."`

	CertificateKey certificateKeyCommand `cmd:"" help:"Make a new key for the codes of certificates."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

// globals is what every command gets besides its own flags.
type globals struct {
	ctx    context.Context //nolint:containedctx // of the program's run; cancelled by SIGINT and SIGTERM
	stdin  io.Reader
	stdout io.Writer // what was asked for
	stderr io.Writer // logs and progress
}

// say writes a line to stderr.
func (g *globals) say(format string, args ...any) { fmt.Fprintf(g.stderr, format+"\n", args...) }

// print writes a line to stdout.
func (g *globals) print(format string, args ...any) { fmt.Fprintf(g.stdout, format+"\n", args...) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	g := &globals{ctx: ctx, stdin: os.Stdin, stdout: stdout, stderr: stderr}
	done := -1 // --help and --version end the program in the middle of parsing
	parser, err := kong.New(&commandLine{},
		kong.Name("permitx"), kong.Description(description), kong.Writers(stdout, stderr), defaults,
		kong.Vars{"version": version()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: helpWidth}),
		kong.Exit(func(code int) { done = max(done, code) }))
	if err != nil {
		g.say("permitx: %v", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if done >= 0 {
		return done
	}
	if err != nil {
		return g.refuse(err)
	}
	for _, name := range unknownEnvironment(parser.Model.Node, os.Environ()) {
		g.say("permitx: the environment's %s is not known and does nothing", name)
	}
	if err := parsed.Run(g); err != nil {
		var wrong usageError
		if errors.As(err, &wrong) {
			return g.refuse(err)
		}
		g.say("permitx: %v", err)
		var input inputError
		if errors.As(err, &input) {
			return exitUsage
		}
		return exitFailed
	}
	return exitOK
}

// refuse says what is wrong with flags or environment.
func (g *globals) refuse(err error) int {
	where := "permitx"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if command := strings.Fields(parse.Context.Command()); len(command) > 0 {
			where += " " + strings.Join(command, " ")
		}
	}
	g.say("permitx: %v\nSee %s --help.", err, where)
	return exitUsage
}

// usageError is a mistake in flags or environment that is seen only when the
// command runs.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// inputError is a mistake in a file that was given: the flags are right, so that
// its one line is all there is to say.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }
