package intake

import (
	"context"
	"errors"

	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

var (
	// ErrFenced is returned when another process has become the writer.
	ErrFenced = errors.New("intake: another process is the writer")
	// ErrUnknown is returned when the connection broke at COMMIT.
	ErrUnknown = errors.New("intake: it is not known whether the batch was committed")
	// ErrRejected is returned when the database does not take a row, or has no such
	// table: trying again changes nothing.
	ErrRejected = errors.New("intake: the database refuses it")
)

// Store keeps an intake's rows. Commit is for the one writer.
type Store interface {
	// TakeOver makes this process the writer, and raises the epoch.
	TakeOver(ctx context.Context) (Registry, error)
	Registry(ctx context.Context) (Registry, error)
	// Pools are all pools that are open, and those of the last month that each scheme has closed.
	Pools(ctx context.Context) ([]Pool, error)

	// Gone are the months that have activities and no table of them: they were taken away.
	Gone(ctx context.Context) ([]Month, error)

	// Unindexed are the months whose tables have no index of reversals: an earlier
	// version has made them.
	Unindexed(ctx context.Context) ([]Month, error)
	// IndexReversals makes that of a month. What was begun and not ended is made anew.
	IndexReversals(ctx context.Context, m Month) error

	// Answered finds commands by actor and idempotency key.
	Answered(ctx context.Context, keys []ActorKey) ([]JournalRow, error)
	// Keys finds those that are taken.
	Keys(ctx context.Context, keys []Key) ([]KeyRow, error)
	// Newest calls each with the participants who came last and are not erased, at most so many.
	Newest(ctx context.Context, limit int, each func(*Participant)) error
	// Participants finds persons by pseudonym.
	Participants(ctx context.Context, names []Pseudonym) ([]Participant, error)
	// ParticipantsByID finds them by number.
	ParticipantsByID(ctx context.Context, ids []int64) ([]Participant, error)
	// Days finds days of participants.
	Days(ctx context.Context, keys []DayKey) ([]Day, error)
	// Totals finds totals of days.
	Totals(ctx context.Context, keys []TotalKey) ([]Total, error)
	// Rows finds activities of a month by id: none of a month that was taken away.
	Rows(ctx context.Context, m Month, ids []int64) ([]Row, error)
	// Outgoing are the messages after a number that are not sent, by number.
	Outgoing(ctx context.Context, after int64, limit int) ([]Outgoing, error)

	// Commit writes changes and moves the fence, in one transaction. Returns
	// ErrFenced or ErrUnknown; any other error has rolled it back. It and the
	// finders above return ErrRejected.
	Commit(ctx context.Context, c *Changes) error
	// Forget takes what commits have deleted out of the database's files, as far as the
	// database does so when it is told, and reports whether it has: not while somebody
	// reads what was there before. It goes beside Commit.
	Forget(ctx context.Context) (done bool, err error)

	Source
	Close() error
}

// Reader is what check and the pages read.
type Reader interface {
	// Months are those that have a table of activities.
	Months(ctx context.Context) ([]Month, error)
	// Journal are the rows after a number, in order.
	Journal(ctx context.Context, after int64, limit int) ([]JournalRow, error)
	// JournalRow finds a row by its number; it is zero where there is none.
	JournalRow(ctx context.Context, number int64) (JournalRow, error)
	// BatchMonths are the proofs of a batch.
	BatchMonths(ctx context.Context, batch int64) ([]BatchMonth, error)
	// Parts are what a batch put into pools, by month of the activities, scheme and methodology.
	Parts(ctx context.Context, batch int64) ([]PoolPart, error)
	// PartsOf are those of a pool, by batch and month of the activities.
	PartsOf(ctx context.Context, k PoolKey) ([]PoolPart, error)
	// PoolsWith are the pools that count activities of a month, by scheme, methodology and month.
	PoolsWith(ctx context.Context, m Month) ([]PoolKey, error)
	// Returns are what came back of rejected issuances, by batch.
	Returns(ctx context.Context) ([]PoolReturn, error)
	// Between calls each with a month's rows of the ids from first to last, in order.
	// Returns ErrRejected where the month was taken away meanwhile.
	Between(ctx context.Context, m Month, first, last int64, each func(Row) error) error
	// Activities calls each with a month's rows by id.
	Activities(ctx context.Context, m Month, each func(Row) error) error
	// Identified calls each with a scheme's activities of a month that name a plant or a
	// certificate and were not taken back, by id. Returns ErrRejected where the month was taken away meanwhile.
	Identified(ctx context.Context, m Month, scheme int64, each func(Row) error) error
	// TotalsOf are a scheme's totals of the days from … to.
	TotalsOf(ctx context.Context, scheme int64, from, to calendar.Date) ([]Total, error)
	// FewOn are, of a scheme's days from … to on which fewer participants than so many did
	// something in a scenario, the days of those participants, without what they did.
	FewOn(ctx context.Context, scheme int64, from, to calendar.Date, fewer int) ([]DayKey, error)
	// SumOf is what a scheme has come to in all its days.
	SumOf(ctx context.Context, scheme int64) (reduced quantity.Reduction, activities int64, err error)
	// Taken are the months that were taken away.
	Taken(ctx context.Context) ([]MonthTaken, error)
	// PlainReversals is that of the registry row.
	PlainReversals(ctx context.Context) (int64, error)
	// Reversals calls each with a month's reversals, and the activities that they take back.
	Reversals(ctx context.Context, m Month, each func(back, was Row) error) error
	// Cut calls each with a month's activities that were credited less than they reduced:
	// number, participant, scenario, day, computed and amount; and what their days have.
	Cut(ctx context.Context, m Month, each func(row Row, spans []Span) error) error
	// EachKey calls each with all keys.
	EachKey(ctx context.Context, each func(KeyRow) error) error
	// EachTotal calls each with all totals of days.
	EachTotal(ctx context.Context, each func(Total) error) error
	// EachParticipant calls each with all participants, without their pseudonyms.
	EachParticipant(ctx context.Context, each func(Participant) error) error
	// EachBurn calls each with all burned points.
	EachBurn(ctx context.Context, each func(Burn) error) error
	// EachDay calls each with all days of participants.
	EachDay(ctx context.Context, each func(Day) error) error
	// DaysOf are a participant's days of some scenarios, from … to.
	DaysOf(ctx context.Context, participant int64, scenarios []int64, from, to calendar.Date) ([]Day, error)
	// RowsOf calls each with a month's rows of some ids.
	RowsOf(ctx context.Context, m Month, ids []int64, each func(Row) error) error
	// ReversalsOf are a month's reversals of a participant's activities.
	ReversalsOf(ctx context.Context, m Month, participant int64) ([]Row, error)
	// BurnsOf are what a participant has exchanged, after a number or from the newest on.
	BurnsOf(ctx context.Context, participant, after int64, limit int, newest bool) ([]Spent, error)
	// Participant finds a person by pseudonym, or false.
	Participant(ctx context.Context, name Pseudonym) (Participant, bool, error)
	// Sums are what check compares.
	Sums(ctx context.Context) (Sums, error)
	// AllPools are the pools of all schemes, by scheme, methodology and month.
	AllPools(ctx context.Context) ([]Pool, error)
	// Messages calls each with the messages of the outbox after a number, by number.
	Messages(ctx context.Context, after int64, each func(Outgoing) error) error
	// Message finds a message by its number; it is zero where there is none.
	Message(ctx context.Context, number int64) (Outgoing, error)
}

// A Source gives a Reader that sees one moment; its own methods see what is
// committed when they are called.
type Source interface {
	Reader
	// Snapshot returns one. The caller must end it.
	Snapshot(ctx context.Context) (r Reader, end func(), err error)
}

// ActorKey is an idempotency key of an actor.
type ActorKey struct {
	Actor int64
	Key   string
}

// Changes is what a commit writes.
type Changes struct {
	Epoch, Before   int64 // the fence: of this epoch, with this many commits before
	Registry        Registry
	Journal         []JournalRow
	Months          []BatchMonth
	Parts           []PoolPart
	Keys            []KeyRow
	Rows            map[Month][]Row
	NewParticipants []Participant
	Participants    []Participant
	NewDays         []Day
	Days            []Day
	NewTotals       []Total
	Totals          []Total
	NewPools        []Pool
	Pools           []Pool
	NewOutgoing     []Outgoing
	Outgoing        []Outgoing
	Burns           []Burn
	Returns         []PoolReturn
}

// Sums are totals over all rows of a table, amounts in kgCO2e 10⁻⁶.
type Sums struct {
	ParticipantAmount int64
	ParticipantCount  int64
	DayAmount         int64
	TotalAmount       int64
	TotalCount        int64
	Points            int64 // left, less what is short
	Burned            int64 // points
}
