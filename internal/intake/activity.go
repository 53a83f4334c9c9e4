package intake

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Activity is what an operator declares: one line of a batch.
type Activity struct {
	SourceID    string
	Participant string // pseudonym, never a name, phone or identity number
	Scenario    string // code
	From, To    calendar.Instant
	Inputs      []carbon.Value
	Evidence    [32]byte // hash of what shows it
	Reverses    string   // the source id of the activity that this one takes back; "" for none
	Identifier  string   // what other registers call the plant or certificate behind it; "" for none
	CountedIn   string   // the list of another register that the operator says counts it; "" for none
	Fault       error    // what was wrong with the line; nil otherwise
}

// Key says what is counted once: 4 bytes of the SHA-256 of methodology and source,
// or of the data source, and the source id without its last characters, and 12 of that of the whole id.
// So ids that were counted up lie side by side in the index, and a batch of them
// touches few pages of it, however large it has become; of ids drawn at random
// each touches a page of its own. Two different activities have the same key
// with a chance of one in 10¹⁴ among ten billion.
type Key [16]byte

const (
	keyBlock = 4 // bytes of a key that ids have in common which differ in their last
	idTail   = 4 // characters
)

func (k Key) compare(other Key) int { return bytes.Compare(k[:], other[:]) }

func keyOf(methodology string, source int64, sourceID string) Key {
	b := make([]byte, 0, 160)
	b = binary.AppendUvarint(b, uint64(len(methodology)))
	b = append(b, methodology...)
	b = binary.AppendVarint(b, source)
	b = append(b, sourceID...)
	block, whole := sha256.Sum256(b[:len(b)-min(idTail, len(sourceID))]), sha256.Sum256(b)
	return Key(append(block[:keyBlock], whole[:len(Key{})-keyBlock]...))
}

// sharedKey is the key of what a data source has given an id: whichever schemes
// declare it, by whichever methodology, it is counted once. No methodology has the
// byte that sets it apart.
func sharedKey(dataSource, sourceID string) Key { return keyOf("\x00"+dataSource, 0, sourceID) }

// keyIn is the key of an activity of a scenario: of its data source, where it
// names one, otherwise of its methodology and who declares it.
func keyIn(s *carbon.Scenario, source int64, sourceID string) Key {
	if s.DataSource != "" {
		return sharedKey(s.DataSource, sourceID)
	}
	return keyOf(s.Methodology, source, sourceID)
}

// otherKey is the key that the activity has where it was counted by a scenario of
// the methodology from before, or since, the scheme names a data source; zero
// where there is none.
func (s *Scenario) otherKey(source int64, sourceID string) Key {
	switch {
	case s.DataSource != "":
		return keyOf(s.Methodology, source, sourceID)
	case s.SharedAs != "":
		return sharedKey(s.SharedAs, sourceID)
	}
	return Key{}
}

// reversalKey is the key of what takes an activity back. No source id has the
// byte that sets it apart.
func reversalKey(methodology string, source int64, reverses string) Key {
	return keyOf(methodology, source, "\x00"+reverses)
}

// plainReversalKey is what it was in earlier versions, where an activity could
// have it, too.
func plainReversalKey(methodology string, source int64, reverses string) Key {
	return keyOf(methodology, source, "reversal of "+reverses)
}

// Pseudonym is what the registry knows a person by: 16 bytes of the SHA-256 of
// the scheme's salt and what the operator calls the person.
type Pseudonym [16]byte

func (p Pseudonym) compare(other Pseudonym) int { return bytes.Compare(p[:], other[:]) }

// PseudonymOf is what a scheme knows a participant by, with the scheme's salt.
func PseudonymOf(scheme int64, salt []byte, participant string) Pseudonym {
	b := make([]byte, 0, 128)
	b = append(append(binary.AppendVarint(b, scheme), salt...), participant...)
	sum := sha256.Sum256(b)
	return Pseudonym(sum[:16])
}

// Month is a month in the market's zone, as the number yyyymm.
type Month int32

// MonthOf is the month of a day.
func MonthOf(d calendar.Date) Month { return Month(d / 100) } //nolint:mnd // yyyymmdd

// String gives the month as yyyy-mm.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", int(m)/100, int(m)%100) } //nolint:mnd // yyyymm

// ParseMonth reads what String gives.
func ParseMonth(field, s string) (Month, error) {
	d, err := calendar.ParseDate(field, s+"-01")
	if err != nil {
		return 0, fault.Invalidf(field, `%.20q is not a month such as "2026-11"`, s)
	}
	return MonthOf(d), nil
}

// First is the first day of the month.
func (m Month) First() calendar.Date { return calendar.Date(m)*100 + 1 } //nolint:mnd // yyyymmdd

// Next is the month after.
func (m Month) Next() Month {
	const december, january = 12, 89 // from December, 89 on is January of the next year
	if m%100 == december {
		return m + january
	}
	return m + 1
}

// Row is an activity that was counted. It never changes.
type Row struct {
	ID          int64
	Batch       int64 // journal number
	Source      int64
	SourceID    string
	Scheme      int64
	Scenario    int64
	Methodology int64 // the version that computed it
	Participant int64
	From, To    calendar.Instant
	Day         calendar.Date // of From, in the market's zone
	Inputs      string        // as declared: name=value unit; …
	Evidence    [32]byte
	Computed    quantity.Reduction // kgCO2e, negative for a reversal
	Amount      quantity.Reduction // what was credited: within the day's cap
	Reverses    int64              // the activity that it takes back; 0 for none
}

// appendCanonical appends what the digest of a row is made of.
func (r *Row) appendCanonical(b []byte) []byte {
	for _, v := range [...]int64{
		r.ID, r.Source, r.Scheme, r.Scenario, r.Methodology, r.Participant, int64(r.From), int64(r.To), int64(r.Day),
		int64(r.Computed), int64(r.Amount), r.Reverses,
	} {
		b = binary.AppendVarint(b, v)
	}
	b = appendText(appendText(b, r.SourceID), r.Inputs)
	return append(b, r.Evidence[:]...)
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Span is an activity on a participant's day: seconds since midnight, and what
// it credited.
type Span struct {
	Activity int64
	From, To int32
	Amount   quantity.Reduction
	Points   quantity.Measure
}

// DayKey names a participant's day in a scenario.
type DayKey struct {
	Scenario    int64
	Day         calendar.Date
	Participant int64
}

func (k DayKey) compare(other DayKey) int {
	return cmp.Or(cmp.Compare(k.Scenario, other.Scenario), cmp.Compare(k.Day, other.Day), cmp.Compare(k.Participant, other.Participant))
}

// Day is what a participant did of a scenario on one day: it shows overlaps,
// the daily cap, and the way to the activities of a participant.
type Day struct {
	DayKey
	Amount quantity.Reduction
	Spans  []Span
	Batch  int64
}

func (d *Day) overlaps(from, to int32) (int64, bool) {
	for _, s := range d.Spans {
		if from < s.To && s.From < to {
			return s.Activity, true
		}
	}
	return 0, false
}

// withPoints begins spans that have points; no activity has the number 0.
const withPoints = 0

// PackSpans is how the spans lie in the database.
func PackSpans(spans []Span) []byte {
	b := make([]byte, 0, 16*len(spans)) //nolint:mnd // about
	pointed := slices.ContainsFunc(spans, func(s Span) bool { return s.Points != 0 })
	if pointed {
		b = append(b, withPoints)
	}
	for _, s := range spans {
		b = binary.AppendVarint(b, s.Activity)
		b = binary.AppendUvarint(b, uint64(s.From)) //nolint:gosec // seconds of a day
		b = binary.AppendUvarint(b, uint64(s.To))   //nolint:gosec // seconds of a day
		b = binary.AppendVarint(b, int64(s.Amount))
		if pointed {
			b = binary.AppendVarint(b, int64(s.Points))
		}
	}
	return b
}

// UnpackSpans reads what PackSpans writes.
func UnpackSpans(b []byte) []Span {
	var spans []Span
	pointed := len(b) > 0 && b[0] == withPoints
	if pointed {
		b = b[1:]
	}
	for len(b) > 0 {
		var s Span
		s.Activity, b = takeVarint(b)
		var from, to, amount, points int64
		from, b = takeUvarint(b)
		to, b = takeUvarint(b)
		amount, b = takeVarint(b)
		if pointed {
			points, b = takeVarint(b)
		}
		s.From, s.To, s.Amount, s.Points = int32(from), int32(to), quantity.Reduction(amount), quantity.Measure(points) //nolint:gosec // seconds of a day
		spans = append(spans, s)
	}
	return spans
}

func takeVarint(b []byte) (int64, []byte) {
	v, n := binary.Varint(b)
	return v, b[max(n, 1):]
}

func takeUvarint(b []byte) (int64, []byte) {
	v, n := binary.Uvarint(b)
	return int64(v), b[max(n, 1):] //nolint:gosec // seconds of a day
}

const aSecond = calendar.Instant(time.Second / time.Microsecond)

// isWholeSecond reports whether an instant is one that a Span can keep.
func isWholeSecond(at calendar.Instant) bool { return at%aSecond == 0 }

// secondsOf is where a period lies in its day; midnight ends it.
func secondsOf(from, to calendar.Instant) (begins, ends int32) {
	begins, ends = secondsOfDay(from), secondsOfDay(to)
	if ends == 0 && to > from {
		ends = 24 * 60 * 60
	}
	return begins, ends
}

// secondsOfDay is where an instant lies in its day, in the market's zone.
func secondsOfDay(at calendar.Instant) int32 {
	t := at.Time().In(calendar.Shanghai)
	h, m, s := t.Clock()
	return int32(time.Duration(h)*time.Hour/time.Second + time.Duration(m)*time.Minute/time.Second + time.Duration(s)) //nolint:gosec // of a day
}
