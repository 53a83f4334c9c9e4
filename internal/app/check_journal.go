package app

import (
	"bytes"
	"crypto/sha256"

	"permitx/internal/ledger"
	"permitx/internal/market"
)

// follower reads the rows of a table that commands only insert, alongside the
// journal: both are in the order of their commands.
type follower[R any] struct {
	c       *checker
	table   Table[R]
	command func(*R) int64
	rows    []R
	next    int
	after   int64
	done    bool
}

// of returns the rows of one command. Rows of earlier commands that nobody
// asked for are reported: no journal row has written them.
func (f *follower[R]) of(command int64) ([]R, error) {
	var out []R
	for {
		if f.next == len(f.rows) {
			if f.done {
				return out, nil
			}
			if err := f.read(); err != nil {
				return nil, err
			}
			continue
		}
		row := &f.rows[f.next]
		switch written := f.command(row); {
		case written > command:
			return out, nil
		case written < command:
			f.c.report("I-9", f.table.name, idOf(row), "is said to be written by command %d, out of the order of the journal", written)
		default:
			out = append(out, *row)
		}
		f.next++
	}
}

func (f *follower[R]) read() error {
	f.rows, f.next = nil, 0
	q := Query{After: f.after, Limit: rowsPerRead}
	if err := f.c.r.Find(f.c.ctx, f.table.name, q, &f.rows); err != nil {
		return err
	}
	f.done = len(f.rows) < rowsPerRead
	if n := len(f.rows); n > 0 {
		f.after = idOf(&f.rows[n-1])
	}
	return nil
}

// rest reports the rows that are left when the journal has ended.
func (f *follower[R]) rest(length int64) error {
	rows, err := f.of(length + 1)
	for range rows {
		f.c.report("I-9", f.table.name, 0, "has a row of a command that the journal does not have")
	}
	if f.next < len(f.rows) {
		f.c.report("I-9", f.table.name, idOf(&f.rows[f.next]), "is said to be written by a command that the journal does not have")
	}
	return err
}

// checkJournal recomputes the chain: numbers without gaps, payloads and rows
// as their digests say, each hash from the one before (I-8, I-9).
func (c *checker) checkJournal() error {
	if err := c.checkAnchor(); err != nil {
		return err
	}
	accounts := follower[ledger.Account]{c: c, table: Accounts, after: c.from.Account, command: func(a *ledger.Account) int64 { return a.Command }}
	postings := follower[ledger.Posting]{c: c, table: Postings, after: c.from.Posting, command: func(p *ledger.Posting) int64 { return p.Command }}
	trades := follower[market.Trade]{c: c, table: Trades, after: c.from.Trade, command: func(t *market.Trade) int64 { return t.Command }}
	payloads := follower[JournalPayload]{c: c, table: Payloads, after: c.from.Number, command: func(p *JournalPayload) int64 { return p.Number }}
	expected, head, lastAt := c.from.Number+1, c.from.Head, int64(0)
	hash := newHasher()
	var failed error
	err := eachOf(c.ctx, c.r, Journal, Query{After: c.from.Number}, func(row JournalRow) {
		if row.Number != expected {
			c.report("I-8", Journal.name, row.Number, "is not %d, the number that follows", expected)
		}
		if int64(row.At) < lastAt {
			c.report("I-8", Journal.name, row.Number, "was done before the row before it")
		}
		a, err1 := accounts.of(row.Number)
		p, err2 := postings.of(row.Number)
		t, err3 := trades.of(row.Number)
		sent, err4 := payloads.of(row.Number)
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil {
				failed = err
			}
		}
		if !bytes.Equal(hash.rows(row.Changes, a, p, t), row.Digest) {
			c.report("I-9", Journal.name, row.Number, "the rows that it wrote (%d accounts, %d postings, %d trades and its changes) are not what its digest says", len(a), len(p), len(t))
		}
		for _, s := range sent {
			if d := sha256.Sum256(s.Payload); !bytes.Equal(d[:], row.Payload) {
				c.report("I-9", Payloads.name, row.Number, "is not the payload that the journal says")
			}
		}
		if !bytes.Equal(hash.row(head, &row), row.Hash) {
			c.report("I-8", Journal.name, row.Number, "its hash does not follow from the row and the one before it")
		}
		expected, head, lastAt = row.Number+1, row.Hash, int64(row.At)
	})
	if err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	if c.registry.Length != expected-1 || !bytes.Equal(c.registry.Head, head) {
		c.report("I-8", "registry", 0, "says that the journal has %d rows, it has %d, or the head differs", c.registry.Length, expected-1)
	}
	for _, rest := range []func(int64) error{accounts.rest, postings.rest, trades.rest} {
		if err := rest(c.registry.Length); err != nil {
			return err
		}
	}
	return nil
}

// checkAnchor looks whether the journal still has the row that the point names.
func (c *checker) checkAnchor() error {
	if c.isWhole() {
		return nil
	}
	var rows []JournalRow
	if err := c.r.Find(c.ctx, Journal.name, Where("number", c.from.Number), &rows); err != nil {
		return err
	}
	if len(rows) != 1 || !bytes.Equal(rows[0].Hash, c.from.Head) {
		c.report("I-8", Journal.name, c.from.Number, "is not the row that was verified last time")
	}
	return nil
}
