package httpapi

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"permitx/internal/fault"
)

// scanner reads the JSON of the operations that a market lives of: objects of
// strings and whole numbers, and lists of them. It accepts what the contract
// accepts and goes on after a wrong field, so that a problem lists all; only
// what is not JSON at all ends it. It allocates for the strings that it
// returns and for nothing else.
type scanner struct {
	data  []byte
	at    int
	path  []string // names of the objects and lists around
	index int      // of the item in hand, where path has an empty name
	wrong requestErrors
	stop  *fault.Error // the data are not JSON

	secret []span // values that no digest is made of
}

// span is where a value lies in the data.
type span struct{ from, to int }

// err returns what was wrong, after the last value: the end must follow.
func (s *scanner) err() error {
	if s.stop == nil && s.skipSpace() != 0 {
		s.stop = errTrailing
	}
	if s.stop != nil {
		return s.stop
	}
	return s.wrong.err()
}

// skipSpace returns the next byte that is not white, 0 at the end.
func (s *scanner) skipSpace() byte {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case ' ', '\t', '\r', '\n':
			s.at++
		case 0:
			s.stop = notJSON(s.at)
			return 0
		default:
			return c
		}
	}
	return 0
}

// broken ends the scan: what follows is not JSON.
func (s *scanner) broken() {
	if s.stop != nil {
		return
	}
	if s.at >= len(s.data) {
		s.stop = errCut
	} else {
		s.stop = notJSON(s.at)
	}
}

// take reads one byte of punctuation, or ends the scan.
func (s *scanner) take(c byte) bool {
	if s.stop == nil && s.skipSpace() == c {
		s.at++
		return true
	}
	s.broken()
	return false
}

// pointer names a field of the object in hand.
func (s *scanner) pointer(field string) string {
	path := make([]string, 0, len(s.path)+1)
	for _, name := range s.path {
		if name == "" {
			name = strconv.Itoa(s.index)
		}
		path = append(path, name)
	}
	if field != "" {
		path = append(path, field)
	}
	return pointerTo(path)
}

// refuse notes that a field is wrong.
func (s *scanner) refuse(field, sentence string) {
	if len(s.wrong) < maxInvalid {
		s.wrong = append(s.wrong, fault.Invalidf(s.pointer(field), "%s", sentence))
	}
}

// note keeps the fault of a field's value.
func (s *scanner) note(err error) {
	if f, ok := fault.As(err); ok && len(s.wrong) < maxInvalid {
		s.wrong = append(s.wrong, f)
	}
}

// fields says which fields an object has, each with what it must be.
type fields struct {
	names    []string
	expected []string
	required uint16 // bit i: names[i] must be there
}

// object reads the fields of an object and calls read for each that is known,
// by its place in f. The value of any other is passed over.
func (s *scanner) object(f *fields, read func(field int)) (seen uint16, ok bool) {
	if s.skipSpace() != '{' {
		s.mismatch("", "an object with the fields "+f.list())
		return 0, false
	}
	s.at++
	for n := 0; s.stop == nil; n++ {
		if s.skipSpace() == '}' && n == 0 {
			s.at++
			break
		}
		name, ok := s.text()
		if !ok || !s.take(':') {
			break
		}
		i := f.find(name)
		switch {
		case i < 0:
			s.refuse(shorten(string(name)), f.unknown())
			s.skip(0)
		case seen&(1<<i) != 0:
			s.refuse(f.names[i], "the field is there twice")
			s.skip(0)
		default:
			seen |= 1 << i
			read(i)
		}
		if s.stop == nil && s.skipSpace() == '}' {
			s.at++
			break
		}
		s.take(',')
	}
	return seen, s.stop == nil
}

// complete reads an object that must have its required fields.
func (s *scanner) complete(f *fields, read func(field int)) {
	seen, ok := s.object(f, read)
	if !ok || f.required&^seen == 0 {
		return
	}
	for i, name := range f.names {
		if f.required&^seen&(1<<i) != 0 {
			s.refuse(name, "is missing: it must be "+f.expected[i])
		}
	}
}

func (f *fields) find(name []byte) int {
	for i, known := range f.names {
		if string(name) == known {
			return i
		}
	}
	return -1
}

func (f *fields) unknown() string { return "there is no such field; the fields are " + f.list() }

// list names the fields in the order of the alphabet, as fieldNames does.
func (f *fields) list() string {
	names := slices.Clone(f.names)
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// list reads a list and calls read for each item.
func (s *scanner) list(field, expected string, read func()) (n int, ok bool) {
	if s.skipSpace() != '[' {
		s.mismatch(field, expected)
		return 0, false
	}
	s.at++
	s.path = append(s.path, field, "")
	for s.stop == nil {
		if s.skipSpace() == ']' && n == 0 {
			s.at++
			break
		}
		s.index = n
		read()
		n++
		if s.stop == nil && s.skipSpace() == ']' {
			s.at++
			break
		}
		s.take(',')
	}
	s.path = s.path[:len(s.path)-2]
	return n, s.stop == nil
}

// str reads a string; what is something else is refused. The bytes are valid
// until the data are used for something else.
func (s *scanner) str(field, expected string) (text []byte, ok bool) {
	if s.skipSpace() != '"' {
		s.mismatch(field, expected)
		return nil, false
	}
	return s.text()
}

// text reads a string as bytes of the data, or as a copy where it has escapes
// or is not valid UTF-8.
func (s *scanner) text() ([]byte, bool) {
	if s.skipSpace() != '"' {
		s.broken()
		return nil, false
	}
	start := s.at
	plain := true
	for s.at++; s.at < len(s.data); s.at++ {
		switch c := s.data[s.at]; {
		case c == '"':
			s.at++
			if plain {
				return s.data[start+1 : s.at-1], true
			}
			return s.unquote(start)
		case c == '\\':
			plain = false
			s.at++
		case c < ' ':
			s.broken()
			return nil, false
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	s.at = len(s.data)
	s.broken()
	return nil, false
}

// unquote reads a string the long way, as encoding/json does.
func (s *scanner) unquote(start int) ([]byte, bool) {
	var text string
	if json.Unmarshal(s.data[start:s.at], &text) != nil {
		s.at = start
		s.broken()
		return nil, false
	}
	return []byte(text), true
}

// whole reads a whole number of at least 1; what is something else is refused.
func (s *scanner) whole(field string) int64 {
	c := s.skipSpace()
	if c != '-' && (c < '0' || c > '9') {
		s.mismatch(field, aNumber)
		return 0
	}
	start := s.at
	if !s.number() {
		return 0
	}
	digits := s.data[start:s.at]
	n, ok := parseWhole(digits)
	if !ok {
		s.refuse(field, "must be "+aNumber)
	}
	return n
}

// flag reads true or false.
func (s *scanner) flag(field string) bool {
	switch s.skipSpace() {
	case 't':
		s.word("true")
		return true
	case 'f':
		s.word("false")
	default:
		s.mismatch(field, aFlag)
	}
	return false
}

// parseWhole returns the number that digits write, if it is at least 1.
func parseWhole(digits []byte) (int64, bool) {
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' || n > (math.MaxInt64-int64(c-'0'))/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, n >= 1
}

// number passes over a JSON number.
func (s *scanner) number() bool {
	if s.data[s.at] == '-' {
		s.at++
	}
	switch {
	case s.at < len(s.data) && s.data[s.at] == '0':
		s.at++
	case !s.digits():
		return false
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if s.at < len(s.data) && (s.data[s.at] == 'e' || s.data[s.at] == 'E') {
		s.at++
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		return s.digits()
	}
	return true
}

// digits passes over at least one digit.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	if s.at == start {
		s.broken()
	}
	return s.at > start
}

// mismatch refuses a value of another type and passes over it.
func (s *scanner) mismatch(field, expected string) {
	var got string
	switch s.skipSpace() {
	case '"':
		got = "a string"
	case '{':
		got = "an object"
	case '[':
		got = "a list"
	case 't', 'f':
		got = "true or false"
	case 'n':
		got = "null"
	default:
		got = "a number"
	}
	s.skip(0)
	if s.stop == nil {
		s.refuse(field, "must be "+expected+", not "+got)
	}
}

// skip passes over any value.
func (s *scanner) skip(depth int) {
	switch c := s.skipSpace(); {
	case s.stop != nil:
	case depth > maxDepth:
		s.stop = fault.Invalidf(s.pointer(""), "is nested too deeply")
	case c == '"':
		s.text()
	case c == '{', c == '[':
		s.skipAll(c, depth)
	case c == 't':
		s.word("true")
	case c == 'f':
		s.word("false")
	case c == 'n':
		s.word("null")
	case c == '-', c >= '0' && c <= '9':
		s.number()
	default:
		s.broken()
	}
}

// skipAll passes over an object or a list.
func (s *scanner) skipAll(open byte, depth int) {
	end := open + 2 // in ASCII: { } and [ ]
	s.at++
	for n := 0; s.stop == nil; n++ {
		if s.skipSpace() == end && n == 0 {
			s.at++
			return
		}
		if open == '{' {
			if _, ok := s.text(); !ok || !s.take(':') {
				return
			}
		}
		s.skip(depth + 1)
		if s.stop == nil && s.skipSpace() == end {
			s.at++
			return
		}
		s.take(',')
	}
}

func (s *scanner) word(w string) {
	if len(s.data)-s.at < len(w) || string(s.data[s.at:s.at+len(w)]) != w {
		s.broken()
		return
	}
	s.at += len(w)
}
