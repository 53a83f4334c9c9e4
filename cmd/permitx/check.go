package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"permitx/internal/app"
	"permitx/internal/store"
)

// checkCommand is `permitx check`.
type checkCommand struct {
	databaseConfig

	JSON  bool   `name:"json" help:"Print one JSON object."`
	Point string `placeholder:"FILE" help:"Begin where the last check with this FILE found nothing, and keep in it how far this one came. What was done before is taken as verified."`
}

// Help is shown under the flags.
func (*checkCommand) Help() string {
	return `Reads one consistent snapshot and lists all violations, not only the first: balances, holds, acquisitions, books, both
conservation equations, and the journal's digests and chain. Each activity of the intake is judged again, but those of months
that were taken away, which it names. A server may run beside it.`
}

// Validate returns everything that is wrong with the flags.
func (c *checkCommand) Validate() error { return all(c.problems()) }

// Run checks a registry. It fails when a violation was found.
func (c *checkCommand) Run(g *globals) error {
	if err := c.exists(); err != nil {
		return err
	}
	from, err := readPoint(c.Point)
	if err != nil {
		return err
	}
	found, reached, err := checkDatabaseFrom(g.ctx, c.url(), from)
	if err != nil {
		return err
	}
	if err := found.addIntake(g.ctx, c.url()); err != nil {
		return err
	}
	if len(found.Violations) == 0 {
		if err := writePoint(c.Point, reached); err != nil {
			return err
		}
	}
	if c.JSON {
		err = printJSON(g.stdout, found)
	} else {
		for _, v := range found.Violations {
			g.print("%s", app.Violation(v))
		}
		for _, m := range found.NotJudged {
			g.print("activities of %s were taken away: they are proven by digests, and not judged again", m)
		}
		g.print("%s: %d violations; the journal has %d rows, head %s",
			c.describe(), len(found.Violations), found.Journal.Length, found.Journal.Head)
	}
	if n := len(found.Violations); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d violations", n))
	}
	return err
}

// checkResult is what a check found.
type checkResult struct {
	Violations []violation `json:"violations"`
	Journal    journalHead `json:"journal"`
	NotJudged  []string    `json:"not_judged,omitempty"` // months of activities that were taken away
}

// violation is an app.Violation as JSON shows it.
type violation struct {
	Invariant string `json:"invariant"`
	Table     string `json:"table"`
	ID        int64  `json:"id,omitempty"`
	Detail    string `json:"detail"`
}

// journalHead is the end of the journal's chain.
type journalHead struct {
	Length int64  `json:"length"`
	Head   string `json:"head"`
}

// checkDatabase verifies a registry from its beginning.
func checkDatabase(ctx context.Context, url string) (checkResult, error) {
	result, _, err := checkDatabaseFrom(ctx, url, app.Point{})
	return result, err
}

// checkDatabaseFrom verifies a registry from a snapshot of its own, beside
// whoever writes, and returns how far it came.
func checkDatabaseFrom(ctx context.Context, url string, from app.Point) (checkResult, app.Point, error) {
	s, err := store.Open(ctx, url)
	if err != nil {
		return checkResult{}, from, err
	}
	defer s.Close()
	snapshot, registry, end, err := s.Snapshot(ctx)
	if err != nil {
		return checkResult{}, from, err
	}
	defer end()
	found, reached, err := app.CheckFrom(ctx, snapshot, registry, from)
	if err != nil {
		return checkResult{}, from, fmt.Errorf("check: %w", err)
	}
	result := checkResult{Violations: []violation{}, Journal: journalHead{registry.Length, hex.EncodeToString(registry.Head)}}
	for _, v := range found {
		result.Violations = append(result.Violations, violation(v))
	}
	return result, reached, nil
}

// addIntake adds what is wrong in the intake beside a registry, which one that
// no server has opened since does not have.
func (r *checkResult) addIntake(ctx context.Context, url string) error {
	if has, err := store.HasIntake(ctx, store.IntakeURL(url)); err != nil || !has {
		return err
	}
	s, err := store.OpenIntake(ctx, store.IntakeURL(url), nil)
	if err != nil {
		return err
	}
	defer s.Close()
	trading, err := store.Open(ctx, url)
	if err != nil {
		return err
	}
	defer trading.Close()
	found, err := app.CheckIntake(ctx, s, trading)
	if err != nil {
		return fmt.Errorf("check the intake: %w", err)
	}
	for _, v := range found {
		r.Violations = append(r.Violations, violation(v))
	}
	gone, err := s.Gone(ctx)
	if err != nil {
		return fmt.Errorf("find the months that were taken away: %w", err)
	}
	slices.Sort(gone)
	for _, m := range gone {
		r.NotJudged = append(r.NotJudged, m.String())
	}
	return nil
}

// printJSON prints one object, indented, and nothing else.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
