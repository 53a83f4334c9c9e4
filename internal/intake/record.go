package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Registry is the one row that says how far an intake has come: the fence.
type Registry struct {
	Epoch       int64
	Batch       int64 // commits
	Length      int64 // journal rows
	Head        []byte
	LastAt      calendar.Instant
	Activity    int64 // last ids
	Participant int64
	Outbox      int64

	PlainReversals int64 // the last activity whose key may be that of an earlier version's reversal; it stays
}

// MonthTaken is a month whose activities were taken away into an archive. It
// never changes.
type MonthTaken struct {
	Month Month
	At    calendar.Instant
	Keys  []byte // the digest of its keys
}

// A Kind is what a journal row did.
type Kind string

// The kinds of journal rows.
const (
	KindBatch Kind = "activity_batch"
	KindPool  Kind = "pool_close"
	KindErase Kind = "participant_erase"
	KindSent  Kind = "outbox_sent"
	KindBurn  Kind = "points_burn"
	// KindReturn takes the units of a rejected issuance back.
	KindReturn Kind = "units_return"
)

// JournalRow is one command. It never changes.
type JournalRow struct {
	Number     int64
	At         calendar.Instant
	Kind       Kind
	Actor      int64
	Key        string // idempotency key
	Payload    []byte // SHA-256 of what was sent
	Accepted   int32
	Duplicates int32
	Refused    int32
	Amount     quantity.Reduction // credited by it
	Answer     []byte             // compressed
	Rows       []byte             // SHA-256 over what it wrote
	Hash       []byte             // SHA-256 over the row and the hash before
}

// BatchMonth is what a batch wrote of one month: the proof of a month's rows
// that stays when they are taken away.
type BatchMonth struct {
	Batch      int64
	Month      Month
	Activities int32
	Amount     quantity.Reduction
	Digest     []byte // SHA-256 over the canonical rows, by id
}

// KeyRow is a key and the activity that has it.
type KeyRow struct {
	Key      Key
	Activity int64
	Month    Month // where its row lies
}

// Participant is a person, or what is left of one: an erased participant has
// no pseudonym, and its activities keep their number.
type Participant struct {
	ID         int64
	Scheme     int64
	Pseudonym  Pseudonym
	Erased     bool
	Amount     quantity.Reduction // kgCO2e credited
	Activities int64
	Points
	Batch int64
}

// PointsMost is how many points a participant may have, and how many he may be
// short of, so that no sum of them overflows (project default).
const PointsMost = 1_000_000_000 * quantity.OneMeasure

// Points are a participant's. They are derived from activities, belong to nobody
// else and are burned for a reward; no points ever become credits.
type Points struct {
	Left  quantity.Measure // to be burned
	Short quantity.Measure // spent before their activities were taken back; the next points make it up
}

// Add is the points after some were earned, or taken back with their activity.
func (p Points) Add(earned quantity.Measure) Points {
	net := p.Left - p.Short + earned
	return Points{max(net, 0), max(-net, 0)}
}

// Room is how many points he may still earn. What an activity brings beyond that is
// not given, and so not taken back with it.
func (p Points) Room() quantity.Measure { return PointsMost - p.Left + p.Short }

// Burn is points that were exchanged for a reward. It never changes.
type Burn struct {
	Batch       int64 // journal number
	Participant int64
	Points      quantity.Measure
	Reward      string
}

// TotalKey names a day's total.
type TotalKey struct {
	Scheme, Scenario, Methodology int64
	Day                           calendar.Date
}

// Total is what all participants did on a day.
type Total struct {
	TotalKey
	Amount     quantity.Reduction
	Activities int64
	Batch      int64
}

// PoolKey names a pool. Units of different methodologies have different serial
// numbers, so they are never pooled together.
type PoolKey struct {
	Scheme      int64
	Methodology int64 // its first version: a new version goes on with what is left
	Month       Month
}

// String names the pool in messages.
func (k PoolKey) String() string {
	return fmt.Sprintf("the pool %s of methodology %d in scheme %d", k.Month, k.Methodology, k.Scheme)
}

// Pool is what the activities of a methodology come to in a scheme's month.
// What is credited after its close goes to the month that is open then.
type Pool struct {
	PoolKey
	Credited quantity.Reduction // by activities, less reversals
	Carried  quantity.Reduction // from the month before, and from issuances that were rejected; may be negative
	Items    int64              // activities and reversals, and what came back: the pieces of evidence, numbered as they came
	Evidence []byte             // SHA-256 over that of the parts before and the next part's digest
	Units    int64              // whole serial units, once closed
	Unit     quantity.Reduction // kgCO2e of one, once closed
	Closed   bool
	Batch    int64
}

// PoolPart is what a batch put into a pool, of the activities of one month: it
// leads from a piece of evidence to its activity. It never changes.
type PoolPart struct {
	Batch int64
	Of    Month // of the activities, where their rows lie
	PoolKey
	First      int64 // ids of the activities; those between may be of other methodologies
	Last       int64
	Activities int32
	Amount     quantity.Reduction
	Digest     []byte // SHA-256 over the pool and, by id, each activity's number and evidence
}

// PoolReturn is what a pool took of one before it whose issuance was rejected:
// its units, and all of its evidence. It never changes.
type PoolReturn struct {
	Batch   int64 // journal number
	Message int64 // of the outbox
	Of      Month // of the pool that was rejected
	PoolKey       // that took it
	Items   int64
	Amount  quantity.Reduction
	Digest  []byte // of the evidence, as the message has it
}

// rejected is the pool that came back.
func (r *PoolReturn) rejected() PoolKey { return PoolKey{r.Scheme, r.Methodology, r.Of} }

// Left is what a closed pool carries into the next month.
func (p *Pool) Left() quantity.Reduction {
	return p.Credited + p.Carried - quantity.Reduction(p.Units)*p.Unit
}

// digest is that of all evidence of a pool: no two pools have the same.
func (p *Pool) digest() []byte {
	b := make([]byte, 0, 64) //nolint:mnd // about
	for _, v := range [...]int64{p.Scheme, p.Methodology, int64(p.Month), p.Items} {
		b = binary.AppendVarint(b, v)
	}
	sum := sha256.Sum256(append(b, p.Evidence...))
	return sum[:]
}

// Outgoing is a message to the trading registry: units to be issued. It is
// delivered until the trading registry has it, which takes each number once.
type Outgoing struct {
	Number int64
	PoolKey
	Units    int64
	Unit     quantity.Reduction
	Items    int64  // pieces of evidence
	Evidence []byte // digest of all
	Sent     bool   // the trading registry has answered
	Batch    int64
}

// Amount is what a message hands on, in kgCO2e.
func (o Outgoing) Amount() quantity.Reduction { return quantity.Reduction(o.Units) * o.Unit }
