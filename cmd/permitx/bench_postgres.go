package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"permitx/internal/pgtest"
	"permitx/internal/store"
)

const tpcbScale = 10 // branches; 100,000 accounts each

const insufficientPrivilege = "42501" // SQLSTATE

// benchPostgres is the PostgreSQL that is measured.
type benchPostgres struct {
	server   *pgtest.Server // ours; nil if a flag named one
	adminURL string
	tpcb     pgtest.Database
	pgbench  string            // program
	made     []pgtest.Database // to be dropped
}

// preparePostgres starts PostgreSQL and on it what is wanted: the exchange, and
// pgbench's tables.
func (b *benchRun) preparePostgres(ctx context.Context, exchange, tpcb bool) error {
	b.progress("starting PostgreSQL")
	p := &benchPostgres{adminURL: b.command.Postgres}
	if p.adminURL == "" {
		server, err := pgtest.Start(ctx, pgtest.Options{Dir: b.command.Dir, Durable: true, Progress: b.g.stderr})
		if errors.Is(err, pgtest.ErrNotInstalled) {
			b.lack(onPostgres, err.Error())
			b.lack(onTPCB, err.Error())
			return nil
		}
		if err != nil {
			return err
		}
		p.server, p.adminURL = server, server.URL("postgres")
	} else if err := pgtest.Check(ctx, p.adminURL); err != nil {
		return fmt.Errorf("--postgres: %w", err)
	}
	b.postgres = p
	if exchange {
		d, err := p.newExchange(ctx)
		if err != nil {
			return err
		}
		if err := b.prepareSite(ctx, onPostgres, "--database-url", d.ServiceURL, "--seal-keys", filepath.Join(b.dir, "seals")); err != nil {
			return err
		}
	}
	if tpcb {
		return b.prepareTPCB(ctx)
	}
	return nil
}

// newExchange makes a database for an exchange. As in production the server's
// role owns nothing.
func (p *benchPostgres) newExchange(ctx context.Context) (pgtest.Database, error) {
	d, err := p.newDatabase(ctx, "permitx_bench_")
	if err != nil {
		return d, err
	}
	if _, err := store.Migrate(ctx, d.OwnerURL); err != nil {
		return d, err
	}
	return d, store.GrantService(ctx, d.OwnerURL, pgtest.ServiceRole)
}

func (p *benchPostgres) newDatabase(ctx context.Context, prefix string) (pgtest.Database, error) {
	d, err := pgtest.NewDatabase(ctx, p.adminURL, prefix+strings.ToLower(commandKey()))
	if err == nil {
		p.made = append(p.made, d)
	}
	return d, err
}

// errMayNot is returned of what PostgreSQL lets only some roles do.
var errMayNot = errors.New("the role may not make a checkpoint: grant it pg_checkpoint")

// checkpoint makes PostgreSQL write what its memory has to its tables.
func (p *benchPostgres) checkpoint(ctx context.Context) (err error) {
	c, err := pgx.Connect(ctx, p.adminURL)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close(ctx)) }()
	_, err = c.Exec(ctx, "CHECKPOINT")
	if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && refused.Code == insufficientPrivilege {
		return errMayNot
	}
	return err
}

func (b *benchRun) prepareTPCB(ctx context.Context) (err error) {
	p := b.postgres
	if p.pgbench = findPgbench(p.server); p.pgbench == "" {
		b.lack(onTPCB, "pgbench is not installed (Debian: postgresql-contrib or postgresql)")
		return nil
	}
	if p.tpcb, err = p.newDatabase(ctx, "permitx_tpcb_"); err != nil {
		return err
	}
	b.progress("setting up: pgbench")
	_, err = p.runPgbench(ctx, "-i", "-q", "-s", strconv.Itoa(tpcbScale))
	return err
}

// findPgbench returns the path of pgbench, or "". The one beside the server comes first.
func findPgbench(server *pgtest.Server) string {
	if server != nil {
		if path, ok := server.Program("pgbench"); ok {
			return path
		}
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		return ""
	}
	return found[len(found)-1]
}

func (p *benchPostgres) runPgbench(ctx context.Context, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, p.pgbench, append(args, p.tpcb.OwnerURL)...) //nolint:gosec // PostgreSQL's own program
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("pgbench: %w\n%s", err, stderr.Bytes())
	}
	return stdout.Bytes(), nil
}

var tpsPattern = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)

// parseTPS reads the transactions a second from what pgbench prints. Older
// ones print two values, the last of which leaves connecting out.
func parseTPS(out []byte) (float64, error) {
	found := tpsPattern.FindAllSubmatch(out, -1)
	if len(found) == 0 {
		return 0, fmt.Errorf("pgbench printed no tps:\n%s", out)
	}
	return strconv.ParseFloat(string(found[len(found)-1][1]), 64)
}

// measureTPCB runs pgbench. Its time includes connecting, which its result
// leaves out: so it gets more, and once more where that was not enough.
func measureTPCB(connections int) benchTake {
	const connectingMax = 16 // s
	return func(ctx context.Context, b *benchRun, m benchMeasure) error {
		for extra := 1 + connections/benchMany; ; extra *= 4 {
			out, err := b.postgres.runPgbench(ctx, "-M", "prepared", "-c", strconv.Itoa(connections),
				"-j", strconv.Itoa(min(connections, runtime.NumCPU())), "-T", strconv.Itoa(int(b.length.Seconds()+0.5)+extra))
			if err != nil {
				return err
			}
			tps, err := parseTPS(out)
			if err == nil {
				b.add(m.name+"_per_s", "1/s", tps)
				return nil
			}
			if extra >= connectingMax {
				return err
			}
		}
	}
}

// close drops the databases on a server that is not ours, or stops ours.
func (p *benchPostgres) close() error {
	if p.server != nil {
		p.server.Stop()
		return nil
	}
	ctx := context.Background() // also after an interrupt
	var all error
	for _, d := range p.made {
		all = errors.Join(all, d.Drop(ctx))
	}
	return all
}
