package app

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"

	"permitx/internal/calendar"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// JournalRow is one command as it was done. The rows form a chain: each one's
// hash covers the row and the hash of the row before.
type JournalRow struct {
	Number  int64 // from 1, without gaps
	At      calendar.Instant
	Actor   int64  // person; 0 is the system
	Kind    string // the operation
	Key     string // idempotency key
	Payload []byte // SHA-256 of the payload, which lies beside it and may be archived
	Status  int32  // of the answer: 2xx done, 422 refused by a rule, 500 quarantined
	Result  []byte // the answer's body
	Changes []byte // every mutable row that it wrote, as it was afterwards; see appendChange
	Digest  []byte // SHA-256 of Changes and of every immutable row that it wrote
	Hash    []byte // SHA-256 of the hash before and of all of the above
	Build   string // the build that ran it
}

// JournalPayload is a command as it was sent.
type JournalPayload struct {
	Number  int64
	Payload []byte
}

// hasher computes the hashes of journal rows and of what they wrote. It keeps
// its buffers: the chain is on the path of every command.
type hasher struct {
	h   hash.Hash
	buf []byte
	sum [sha256.Size]byte
}

func newHasher() hasher { return hasher{h: sha256.New()} }

// row computes a row's hash from the hash of the row before. The result is
// valid until the next call.
func (s *hasher) row(previous []byte, r *JournalRow) []byte {
	b := append(s.buf[:0], previous...)
	b = appendInt(b, r.Number)
	b = appendInt(b, r.At)
	b = appendInt(b, r.Actor)
	b = appendString(b, r.Kind)
	b = appendString(b, r.Key)
	b = append(b, r.Payload...)
	b = appendInt(b, r.Status)
	b = binary.AppendUvarint(b, uint64(len(r.Result)))
	b = append(b, r.Result...)
	b = append(b, r.Digest...)
	b = appendString(b, r.Build)
	s.buf = b
	s.sum = sha256.Sum256(b)
	return s.sum[:]
}

// rows computes the digest over the after-images and the rows that a command
// only ever inserts, each table in the order of its ids. The result is valid
// until the next call.
func (s *hasher) rows(changes []byte, accounts []ledger.Account, postings []ledger.Posting, trades []market.Trade) []byte {
	s.h.Reset()
	s.h.Write(changes)
	b := s.buf[:0]
	for i := range accounts {
		b = appendRecord(b, &accounts[i])
	}
	for i := range postings {
		b = appendPosting(b, &postings[i])
	}
	for i := range trades {
		b = appendTrade(b, &trades[i])
	}
	s.h.Write(b)
	s.buf = b
	return s.h.Sum(s.sum[:0])
}

// keep copies bytes into the batch's arena.
func (b *Batch) keep(p []byte) []byte {
	start := len(b.arena)
	b.arena = append(b.arena, p...)
	return b.arena[start:len(b.arena):len(b.arena)]
}

// planted is what stands for a command with the image of a row as a migration has written
// it. The journal keeps that with the first command that changes the row.
const planted = -1

// appendChange appends the after-image of a mutable row: its table, the
// command that had last written it (0 for a new row), and its encoding.
func appendChange(b []byte, table string, previous int64, encode func([]byte) []byte) []byte {
	b = appendString(b, table)
	b = appendInt(b, previous)
	b = append(b, 0, 0) // the encoding's length, little-endian
	start := len(b)
	b = encode(b)
	n := len(b) - start
	if n > 1<<16-1 {
		panic("app: a record of " + table + " is longer than 64 kB")
	}
	binary.LittleEndian.PutUint16(b[start-2:], uint16(n)) //nolint:gosec // bounded above
	return b
}

// change is an after-image read back from a journal row.
type change struct {
	table    string
	previous int64
	image    []byte
}

// errChanges is returned for a Changes column that nothing here wrote.
var errChanges = errors.New("app: the changes of a journal row cannot be read")

// parseChanges reads the after-images of a journal row.
func parseChanges(b []byte, f func(change)) error {
	for len(b) > 0 {
		size, n := binary.Uvarint(b)
		if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // n is at most len(b)
			return errChanges
		}
		c := change{table: string(b[n : n+int(size)])} //nolint:gosec // bounded by len(b)
		b = b[n+int(size):]                            //nolint:gosec // bounded by len(b)
		if c.previous, n = binary.Varint(b); n <= 0 || len(b) < n+2 {
			return errChanges
		}
		length := int(binary.LittleEndian.Uint16(b[n:]))
		if b = b[n+2:]; len(b) < length {
			return errChanges
		}
		c.image, b = b[:length], b[length:]
		f(c)
	}
	return nil
}

// imageID is the id at the head of an after-image.
func imageID(image []byte) int64 {
	id, _ := binary.Varint(image)
	return id
}
