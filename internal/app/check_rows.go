package app

import (
	"crypto/sha256"
	"errors"
	"maps"
	"slices"
)

// keysPerPass bounds the memory of checkRows: 32 bytes a row. A registry with
// more rows is walked several times, a part of its rows at a time.
const keysPerPass = 4_000_000

type imageDigest [16]byte

func digestImage(image []byte) imageDigest {
	h := sha256.Sum256(image)
	return imageDigest(h[:16])
}

type rowKey struct {
	table int16
	id    int64
}

// checkRows compares every mutable row with the last after-image that the
// journal has of it (I-10): a row that was altered, added or removed behind
// the writer's back differs. On the way it looks at what acquisitions began as (I-54).
func (c *checker) checkRows() error {
	names := slices.Sorted(maps.Keys(tables))
	names = slices.DeleteFunc(names, isImmutable)
	total := int64(0)
	for _, name := range names {
		last, err := c.r.LastID(c.ctx, name)
		if err != nil {
			return err
		}
		total += last
	}
	passes := total/keysPerPass + 1
	for pass := range passes {
		if err := c.checkRowsOf(names, pass, passes); err != nil {
			return err
		}
	}
	return nil
}

// isImmutable reports the tables that checkJournal has covered.
func isImmutable(name string) bool {
	switch name {
	case Journal.name, Payloads.name, Accounts.name, Postings.name, Trades.name:
		return true
	}
	return false
}

func (c *checker) checkRowsOf(names []string, pass, passes int64) error {
	index := map[string]int16{}
	for i, name := range names {
		index[name] = int16(i)
	}
	last := map[rowKey]imageDigest{}
	made := newCertificateCheck(c)
	var failed error
	err := eachOf(c.ctx, c.r, Journal, Query{After: c.from.Number}, func(row JournalRow) {
		bad := parseChanges(row.Changes, func(ch change) {
			if pass == 0 {
				failed = errors.Join(failed, made.see(row.Number, ch))
				c.checkOnce(row.Number, ch)
			}
			id := imageID(ch.image)
			table, known := index[ch.table]
			if !known {
				c.report("I-10", Journal.name, row.Number, "has changed a table %q that is not known", ch.table)
			} else if id%passes == pass {
				last[rowKey{table, id}] = digestImage(ch.image)
			}
		})
		if bad != nil && pass == 0 {
			c.report("I-10", Journal.name, row.Number, "its changes cannot be read")
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	for _, name := range names {
		if err := c.compareRows(name, index[name], pass, passes, last); err != nil {
			return err
		}
	}
	for k := range last {
		c.report("I-10", names[k.table], k.id, "is in the journal and not, or not as new, in the table")
	}
	return nil
}

// checkOnce reports what is written once and was written again: a report of a day before
// reads it as it is now (I-149).
func (c *checker) checkOnce(number int64, ch change) {
	if ch.previous != 0 && slices.Contains(neverChanged, ch.table) {
		c.report("I-149", ch.table, imageID(ch.image), "was written again by command %d", number)
	}
}

func (c *checker) compareRows(name string, table int16, pass, passes int64, last map[rowKey]imageDigest) error {
	info := tables[name]
	var buf []byte
	q := Query{}
	if !c.isWhole() {
		q = q.And("command", Gt, c.from.Number)
	}
	return info.each(c.ctx, c.r, q, func(row any) {
		id := idOf(row)
		if id%passes != pass {
			return
		}
		key := rowKey{table, id}
		image, written := last[key]
		delete(last, key)
		buf = info.encode(buf[:0], row)
		switch {
		case !written && commandOf(row) == 0: // came with a migration
		case !written:
			c.report("I-10", name, id, "is said to be written by command %d, which did not", commandOf(row))
		case digestImage(buf) != image:
			c.report("I-10", name, id, "is not as the journal says it was last written (command %d)", commandOf(row))
		}
	})
}
