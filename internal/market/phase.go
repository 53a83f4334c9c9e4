package market

import (
	"fmt"
	"strings"

	"permitx/internal/fault"
)

// Phase is what a market does with orders at a moment of its day.
type Phase string

// The phases.
const (
	PhaseClosed     Phase = "closed"     // no order comes in; open ones may be cancelled
	PhaseCall       Phase = "call"       // orders are collected and do not match; they may be cancelled
	PhaseUncrossing Phase = "uncrossing" // a call is over and its fills are made: nothing comes in or goes out
	PhaseContinuous Phase = "continuous" // an order matches when it comes
)

// Phases are all phases.
var Phases = []Phase{PhaseClosed, PhaseCall, PhaseUncrossing, PhaseContinuous}

// Minute is a time of the day in the market's zone: minutes since midnight.
type Minute int

const minutesPerDay = 24 * 60

// String writes hh:mm; the end of the day is 24:00.
func (m Minute) String() string { return fmt.Sprintf("%02d:%02d", int(m)/60, int(m)%60) }

// ParseMinute reads hh:mm, up to 24:00. Anything else is a fault about field.
func ParseMinute(field, s string) (Minute, error) {
	var h, m int
	if _, err := fmt.Sscanf(s, "%02d:%02d", &h, &m); err != nil || h < 0 || m < 0 || m > 59 || h*60+m > minutesPerDay || Minute(h*60+m).String() != s {
		return 0, fault.Invalidf(field, "%.20q is not a time of the day; write it as hh:mm, for example 09:30", s)
	}
	return Minute(h*60 + m), nil
}

// Slot is a phase of every trading day: from From up to Until, which is no
// longer in it.
type Slot struct {
	Phase       Phase
	From, Until Minute
}

// MaxSlots bounds the slots of a day.
const MaxSlots = 16

// Timetable is the slots of a trading day, ascending and apart; between them
// the market is closed. An empty one means that the market always trades.
type Timetable []Slot

// String writes a timetable as it is stored: "call 09:15-09:25, continuous 09:30-11:30".
func (t Timetable) String() string {
	parts := make([]string, len(t))
	for i, s := range t {
		parts[i] = fmt.Sprintf("%s %s-%s", s.Phase, s.From, s.Until)
	}
	return strings.Join(parts, ", ")
}

// ParseTimetable reads what String prints and checks it.
func ParseTimetable(field, text string) (Timetable, error) {
	if text == "" {
		return nil, nil
	}
	var t Timetable
	for i, part := range strings.Split(text, ", ") {
		phase, times, _ := strings.Cut(part, " ")
		from, until, _ := strings.Cut(times, "-")
		at := fmt.Sprintf("%s/%d", field, i)
		start, err := ParseMinute(at+"/from", from)
		if err != nil {
			return nil, err
		}
		end, err := ParseMinute(at+"/until", until)
		if err != nil {
			return nil, err
		}
		t = append(t, Slot{Phase(phase), start, end})
	}
	return t, t.Validate(field)
}

// Validate returns a fault about the first slot that is wrong.
func (t Timetable) Validate(field string) error {
	if len(t) > MaxSlots {
		return fault.Invalidf(field, "a day has at most %d slots", MaxSlots)
	}
	for i, s := range t {
		at := fmt.Sprintf("%s/%d", field, i)
		switch {
		case s.Phase != PhaseCall && s.Phase != PhaseContinuous:
			return fault.Invalidf(at+"/phase", "%.20q must be one of call, continuous: between slots the market is closed", string(s.Phase))
		case s.From < 0 || s.From >= s.Until || s.Until > minutesPerDay:
			return fault.Invalidf(at+"/until", "the slot must end after it begins, and by 24:00")
		case i > 0 && s.From < t[i-1].Until:
			return fault.Invalidf(at+"/from", "the slot begins before the one before it has ended")
		}
	}
	return nil
}

// At is the phase of a minute of a trading day, and the minute at which it ends.
func (t Timetable) At(m Minute) (Phase, Minute) {
	for _, s := range t {
		switch {
		case m < s.From:
			return PhaseClosed, s.From
		case m < s.Until:
			return s.Phase, s.Until
		}
	}
	return PhaseClosed, minutesPerDay
}

// End is the minute at which the last slot is over.
func (t Timetable) End() Minute {
	if len(t) == 0 {
		return minutesPerDay
	}
	return t[len(t)-1].Until
}
