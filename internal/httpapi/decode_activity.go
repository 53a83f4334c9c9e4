package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/intake"
	"permitx/internal/quantity"
)

// What the fields of an activity must be, in the words that sentence uses.
const (
	aSourceID    = "a string of 1 to 64 characters in UTF-8, without characters that are not seen and without a space at its ends"
	aPseudonym   = "a pseudonym of 32 to 64 hexadecimal digits, never a name, a phone or an identity number"
	aScenario    = `a string such as "BUS"`
	anInstant    = `a string such as "2026-11-24T08:00:00+08:00"`
	inputsOfIt   = "a list of inputs, each with name, value and unit"
	anInputName  = `a string such as "distance"`
	anInputUnit  = `a string such as "km"`
	aMeasure     = `a string such as "7250"`
	anEvidence   = "64 hexadecimal digits: the SHA-256 of what shows the activity"
	aList        = "one of national_ets, local_ets, ccer, green_certificate"
	maxSourceID  = 64 // characters
	maxInputText = 32
	maxInputs    = 16
)

// The fields of an activity, by place in activityFields.
const (
	fieldSourceID = iota
	fieldScenario
	fieldParticipant
	fieldFrom
	fieldTo
	fieldInputs
	fieldEvidence
	fieldReverses
	fieldIdentifier
	fieldCountedIn
)

var activityFields = fields{
	names:    []string{"source_id", "scenario", "participant", "from", "to", "inputs", "evidence", "reverses", "identifier", "counted_in"},
	expected: []string{aSourceID, aScenario, aPseudonym, anInstant, anInstant, inputsOfIt, anEvidence, aSourceID, aSourceID, aList},
	required: 1<<fieldParticipant - 1, // of a reversal; of any other all but the last
}

var inputFields = fields{
	names: []string{"name", "value", "unit"}, expected: []string{anInputName, aMeasure, anInputUnit}, required: 1<<3 - 1,
}

// decodeActivities reads the lines of a batch. Fields are named with the
// number of their line, from 0. The digest is of the data without the
// pseudonyms: whoever is erased could be found again by it.
func decodeActivities(pace *intake.Pace, data []byte) (all []intake.Activity, digest [32]byte, err error) {
	s := scanner{data: data, path: []string{""}}
	for s.stop == nil && s.skipSpace() != 0 {
		if len(all) == intake.MaxActivities {
			return nil, digest, intake.ErrTooManyInBatch
		}
		s.index = len(all)
		pace.Breathe(s.index)
		all = append(all, s.activity())
		if len(s.wrong) >= maxInvalid {
			break
		}
	}
	switch {
	case s.stop != nil:
		return nil, digest, s.stopAt()
	case len(all) == 0:
		return nil, digest, fault.Invalidf("", "the body must have a line for each activity, a JSON object")
	}
	return all, s.digest(), s.wrong.err()
}

// stopAt names the line that is not JSON.
func (s *scanner) stopAt() error {
	line := bytes.Count(s.data[:min(s.at, len(s.data))], []byte("\n")) + 1
	return s.stop.With("line %d: %s", line, s.stop.Detail).At(s.pointer(""))
}

// digest is the SHA-256 of the data without what is secret in it.
func (s *scanner) digest() [32]byte {
	h, at := sha256.New(), 0
	for _, value := range s.secret {
		h.Write(s.data[at:value.from])
		at = value.to
	}
	h.Write(s.data[at:])
	return [32]byte(h.Sum(nil))
}

// activity reads one line.
func (s *scanner) activity() intake.Activity {
	var a intake.Activity
	seen, ok := s.object(&activityFields, func(field int) {
		switch field {
		case fieldSourceID:
			a.SourceID = s.idOf("source_id")
		case fieldScenario:
			a.Scenario = s.textUpTo("scenario", aScenario, maxInputText)
		case fieldParticipant:
			a.Participant = s.pseudonym()
		case fieldFrom:
			a.From = decimal(s, "from", anInstant, calendar.ParseInstant)
		case fieldTo:
			a.To = decimal(s, "to", anInstant, calendar.ParseInstant)
		case fieldInputs:
			a.Inputs = s.inputs()
		case fieldEvidence:
			s.evidence(a.Evidence[:])
		case fieldReverses:
			a.Reverses = s.textUpTo("reverses", aSourceID, maxSourceID)
		case fieldIdentifier:
			a.Identifier = s.idOf("identifier")
		case fieldCountedIn:
			a.CountedIn = s.textUpTo("counted_in", aList, maxInputText)
			if a.CountedIn != "" && !slices.Contains(carbon.Lists, carbon.List(a.CountedIn)) {
				s.refuse("counted_in", "must be "+aList)
			}
		}
	})
	required := activityFields.required
	if seen&(1<<fieldReverses) == 0 {
		required = 1<<fieldReverses - 1
	}
	for i, name := range activityFields.names {
		if ok && required&^seen&(1<<i) != 0 {
			s.refuse(name, "is missing: it must be "+activityFields.expected[i])
		}
	}
	return a
}

// idOf reads what an operator or another register calls something, as a complaint about
// it and an entry of a list have it: a space at its ends would make it another one.
func (s *scanner) idOf(field string) string {
	id := s.textUpTo(field, aSourceID, maxSourceID)
	if strings.TrimSpace(id) != id {
		s.refuse(field, "must be "+aSourceID)
	}
	return id
}

// textUpTo reads a text of so many characters that are seen. What is not
// UTF-8 is refused: what it is read as would be the same for different ids.
func (s *scanner) textUpTo(field, expected string, most int) string {
	text, ok := s.str(field, expected)
	if !ok {
		return ""
	}
	characters := 0
	for _, c := range string(text) {
		if characters++; catalog.IsUnseen(c) || c == utf8.RuneError {
			most = 0
		}
	}
	if characters == 0 || characters > most {
		s.refuse(field, "must be "+expected)
		return ""
	}
	return string(text)
}

func (s *scanner) pseudonym() string {
	s.skipSpace()
	from := s.at
	text, ok := s.str("participant", aPseudonym)
	s.secret = append(s.secret, span{from, s.at})
	const least, most = 32, 64
	if ok && (len(text) < least || len(text) > most || !isHex(text)) {
		s.refuse("participant", "must be "+aPseudonym)
	}
	return string(text)
}

func (s *scanner) evidence(into []byte) {
	text, ok := s.str("evidence", anEvidence)
	if !ok {
		return
	}
	if n, err := hex.Decode(into, text[:min(len(text), 2*len(into))]); err != nil || n != len(into) || len(text) != 2*len(into) {
		s.refuse("evidence", "must be "+anEvidence)
	}
}

func isHex(text []byte) bool {
	for _, c := range text {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// inputs reads the measured values.
func (s *scanner) inputs() []carbon.Value {
	if s.skipSpace() != '[' {
		s.mismatch("inputs", inputsOfIt)
		return nil
	}
	s.at++
	all := make([]carbon.Value, 0, 1)
	for s.stop == nil {
		if s.skipSpace() == ']' && len(all) == 0 {
			s.at++
			break
		}
		s.path = append(s.path, "inputs", strconv.Itoa(len(all)))
		all = append(all, s.input())
		s.path = s.path[:len(s.path)-2]
		if s.stop == nil && s.skipSpace() == ']' {
			s.at++
			break
		}
		s.take(',')
	}
	if len(all) > maxInputs {
		s.refuse("inputs", "there are more than 16 inputs")
	}
	return all
}

func (s *scanner) input() carbon.Value {
	var v carbon.Value
	s.complete(&inputFields, func(field int) {
		switch field {
		case 0:
			v.Name = s.textUpTo("name", anInputName, maxInputText)
		case 1:
			v.Amount = decimal(s, "value", aMeasure, quantity.ParseMeasure)
		default:
			v.Unit = s.textUpTo("unit", anInputUnit, carbon.UnitMax)
		}
	})
	return v
}
