package calendar

import (
	"strings"
	"time"

	"permitx/internal/fault"
)

// Shanghai is the zone of the market, UTC+8 throughout the year.
//
// It is a fixed zone and not the one of the time-zone database, because China
// has had no summer time since 1991: the two agree for every instant that this
// program handles, and a fixed zone needs no database on the machine and gives
// the same dates when an old journal is replayed after the database changed.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// An Instant is a point in time: microseconds since 1970-01-01 UTC. Zero means
// "not set".
type Instant int64

const instantForm = "2006-01-02T15:04:05.000000Z"

// InstantOf returns the instant of t; what is below a microsecond is dropped.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMicro()) }

// ParseInstant returns the instant that s writes in the form of RFC 3339, with
// any offset. Another form, a fraction finer than a microsecond and a year outside
// 1900 to 2199 is an invalid field.
func ParseInstant(field, s string) (Instant, error) {
	// time.Parse lets "9:30" and a decimal comma pass; comparing the text with what
	// it was read as does not.
	const upToSeconds = "2006-01-02T15:04:05"
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || !strings.HasPrefix(s, t.Format(upToSeconds)) || s[len(upToSeconds)] == ',' {
		return 0, fault.Invalidf(field, "%.40q is not a time; write it as in RFC 3339, for example 2026-07-01T09:30:00+08:00", s)
	}
	if t.Nanosecond()%1000 != 0 {
		return 0, fault.Invalidf(field, "a time has at most 6 digits after the seconds")
	}
	if y := t.UTC().Year(); y < inputYearMin || y > inputYearMax {
		return 0, fault.Invalidf(field, "the year of %s must be from %d to %d", s, inputYearMin, inputYearMax)
	}
	return InstantOf(t), nil
}

// Time returns i in UTC.
func (i Instant) Time() time.Time { return time.UnixMicro(int64(i)).UTC() }

// Date returns the day of i in the market's zone.
func (i Instant) Date() Date { return fromTime(time.UnixMicro(int64(i)).In(Shanghai)) }

// Add returns the instant d later; what is below a microsecond is dropped.
func (i Instant) Add(d time.Duration) Instant { return i + Instant(d.Microseconds()) }

// Sub returns the time from o to i.
func (i Instant) Sub(o Instant) time.Duration { return time.Duration(i-o) * time.Microsecond }

// String writes i in the form of RFC 3339 in UTC with six digits after the
// seconds, so that equal instants have equal texts and texts sort as instants do.
// The zero instant is the empty string.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format(instantForm)
}
