package app

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
)

// Command is a change that somebody asks for. Its fields are the payload that
// the journal keeps, so they hold no secret.
type Command interface {
	// Operation is what the command does: its kind in the journal and its row
	// in the table of who may do what.
	Operation() identity.Operation
	// Decide authorises the actor and says whether the command can be done
	// now. It reads before anything is written. The faults that it returns
	// are listed at each command, in the order in which they are checked.
	Decide(v *View) (Apply, error)
}

// Apply does what was decided and returns the result. It cannot fail: what
// could, was checked by Decide. A panic in it is a broken invariant.
type Apply func(tx *Tx) any

// inTurn does what several decisions came to, one after the other.
func inTurn(steps []Apply) func(*Tx) {
	return func(tx *Tx) {
		for _, step := range steps {
			step(tx)
		}
	}
}

// Answer is what a command came to.
type Answer struct {
	Command  int64  // journal number
	Status   int    // HTTP status
	Body     []byte // the result or the problem, as the encoder wrote it
	Replayed bool   // the command had been done before, with this key
}

// Encoder turns a result, or the refusal that took its place, into what is
// stored and answered.
type Encoder func(result any, refusal *fault.Error) (status int, body []byte)

// The faults of the pipeline, in the order in which they are checked.
var (
	// ErrNoIdempotencyKey is returned when a command comes without its key.
	ErrNoIdempotencyKey = fault.New(fault.Invalid, "command.idempotency_key_missing", "every command needs an Idempotency-Key of 1 to 64 letters, digits, - or _").At("Idempotency-Key")
	// ErrStopping is returned while the server shuts down. Try again later.
	ErrStopping = fault.New(fault.Unavailable, "command.stopping", "the server is stopping; send the command again with the same key")
	// ErrGone is returned when the caller went away before the command ran. Nothing was changed.
	ErrGone = fault.New(fault.Unavailable, "command.caller_gone", "the caller went away before the command ran; it was not done")
	// ErrQueueFull is returned when more commands wait than the queue holds. Try again later.
	ErrQueueFull = fault.New(fault.Unavailable, "command.queue_full", "too many commands are waiting; send this one again with the same key")
	// ErrKeyReused is returned when a key comes again with another command.
	ErrKeyReused = fault.New(fault.Conflict, "command.idempotency_key_reused", "this key was used for another command; a new command needs a new key").At("Idempotency-Key")
	// ErrNotDurable is returned when the database could not be reached. Nothing was changed.
	ErrNotDurable = fault.New(fault.Unavailable, "command.not_durable", "the database could not be reached and nothing was changed; send the command again with the same key")
)

// MaxKeyLength bounds an idempotency key.
const MaxKeyLength = 64

// CheckKey returns ErrNoIdempotencyKey unless key is 1 to 64 letters, digits, - or _.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKeyLength {
		return ErrNoIdempotencyKey
	}
	for _, c := range []byte(key) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return ErrNoIdempotencyKey
		}
	}
	return nil
}

// commandTypes knows every command by its operation, so that a journal can be
// replayed.
var commandTypes = map[identity.Operation]reflect.Type{}

// declare makes a command known. Each file of commands declares its own.
func declare(commands ...Command) bool {
	for _, c := range commands {
		op := c.Operation()
		if _, taken := commandTypes[op]; taken {
			panic("app: two commands for " + string(op))
		}
		if _, known := identity.Table[op]; !known {
			panic("app: nobody may do " + string(op))
		}
		commandTypes[op] = reflect.TypeOf(c)
	}
	return true
}

// Operations are all operations that have a command.
func Operations() []identity.Operation {
	ops := make([]identity.Operation, 0, len(commandTypes))
	for op := range commandTypes {
		ops = append(ops, op)
	}
	return ops
}

// DecodeCommand reads a command back from the journal. It accepts only what
// encodePayload writes.
func DecodeCommand(kind string, payload []byte) (Command, error) {
	t, known := commandTypes[identity.Operation(kind)]
	if !known {
		return nil, fmt.Errorf("app: the journal has a command of the unknown kind %q", kind)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(payload, v.Interface()); err != nil {
		return nil, fmt.Errorf("app: payload of %s: %w", kind, err)
	}
	return v.Elem().Interface().(Command), nil //nolint:errcheck // declare takes only commands
}

// derived is a command that brings more than what was asked for: what its
// handler made of committed rows. Sent again with its key it is the same
// command when it asks for the same, whatever the rows have become.
type derived interface{ asked() any }

// renewed is a command of which a field that is not said means something else since a
// version. As it was is the request as the version before recorded it.
type renewed interface{ asItWas() Command }

// payloader is a command that writes its payload without reflection.
type payloader interface{ appendPayload(b []byte) []byte }

func encodePayload(c Command) ([]byte, [sha256.Size]byte) {
	var b []byte
	if p, ok := c.(payloader); ok {
		b = p.appendPayload(make([]byte, 0, 192))
	} else {
		var err error
		if b, err = json.Marshal(c); err != nil {
			panic(fmt.Sprintf("app: command %T has a field that JSON cannot hold: %v", c, err))
		}
	}
	return b, sha256.Sum256(b)
}

// View is what a command may look at: the state after all commands before it.
type View struct {
	*state
	batch  *Batch
	Now    calendar.Instant // the command's stamp
	Today  calendar.Date    // the day of the stamp in Asia/Shanghai
	Actor  identity.Actor
	Number int64 // the command's journal number

	authorised bool
	region     string           // the first region that the actor's right was asked for
	approver   *identity.Actor  // of a proposal that is being approved; the actor is its proposer
	dry        *dryRun          // where a command that is only shown writes
	leaving    []*market.Record // open orders that leave the books before what was decided is done
	effective  calendar.Date    // the day of a command that takes effect on a later one; 0: at once
	unsigned   int64            // the party whose signer must approve what the actor has prepared; 0: none
}

// Authorise returns the fault that forbids the actor this, or nil; of a
// proposal that is being approved, also the one that forbids its approver to
// approve it. Every Decide must call it.
func (v *View) Authorise(op identity.Operation, t identity.Target) error {
	v.authorised = true
	if v.region == "" && len(t.Regions) > 0 {
		v.region = t.Regions[0]
	}
	if err := identity.Authorise(v.Actor, op, t); err != nil || v.approver == nil {
		return err
	}
	return identity.Approve(*v.approver, op, t)
}

// AuthoriseAt is Authorise about the field that named the object: whether it
// does not exist or is not the actor's looks the same.
func (v *View) AuthoriseAt(field string, op identity.Operation, t identity.Target) error {
	err := v.Authorise(op, t)
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		return f.At(field)
	}
	return err
}

// Tx is what a command may change: a View that can write.
type Tx struct {
	*View
	touched touched
	firing  *streak // of the timer whose command this is
}

// touched are the rows that one command has written, for its digest.
type touched struct {
	balances     []mark[ledger.AccountID]
	orders       []mark[int64]
	acquisitions []acquisitionMark
	surpluses    []surplusMark
	records      []recordMark
	planted      []plantedMark
	accounts     []ledger.Account
	postings     int // index into the batch
	trades       int
}

type mark[K comparable] struct {
	id       K
	previous int64
}

type acquisitionMark struct {
	row      *ledger.Acquisition
	previous int64
}

type surplusMark struct {
	row      *market.Surplus
	previous int64
}

// plantedMark is a row that a migration has written, as it was before the command.
type plantedMark struct {
	table string
	image []byte
}

type recordMark struct {
	table    string
	id       int64
	previous int64
}
