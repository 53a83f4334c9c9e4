package carbon

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// formulaMax is the longest text of a formula, in bytes, and decimalMax the
// most digits of a number in it: both sides of the point fit 64 bits.
const (
	formulaMax = 1000
	decimalMax = 18
)

// A name is what a formula may call: an input or a factor, with its unit.
type name struct {
	input bool
	at    uint8 // the input's place
	value small // the factor's value
	unit  dimension
}

// A parser reads a formula from left to right, checks units as it goes and
// writes the steps.
type parser struct {
	text   string
	pos    int
	names  map[string]name
	out    formula
	depth  int // numbers on the stack
	nested int
	err    error
}

// A term is what was read: its unit, whether it is the number 0, which has
// every unit, and the input that it is made of, if any.
type term struct {
	unit    dimension
	zero    bool
	culprit string
}

// parseFormula compiles text and returns its unit. Returns ErrFormula, or
// ErrUnitMismatch.
func parseFormula(text string, names map[string]name) (*formula, dimension, error) {
	p := &parser{text: text, names: names}
	if text == "" || len(text) > formulaMax || !utf8.ValidString(text) {
		return nil, dimension{}, ErrFormula.With("a formula has 1 to %d characters", formulaMax).At("formula")
	}
	t := p.sum()
	if p.peek(); p.pos != len(p.text) {
		p.fail("a sign + − × ÷ or the end was expected")
	}
	if p.err != nil {
		return nil, dimension{}, p.err
	}
	return &p.out, t.unit, nil
}

// fail keeps the first error, with its place.
func (p *parser) fail(why string) {
	if p.err != nil {
		return
	}
	where := "its end"
	if p.pos < len(p.text) {
		where = fmt.Sprintf("%.20q", p.text[p.pos:])
	}
	p.err = ErrFormula.With("%s at %s (character %d)", why, where, utf8.RuneCountInString(p.text[:p.pos])+1).At("formula")
}

func (p *parser) mismatch(what string, a, b dimension) {
	if p.err == nil {
		p.err = ErrUnitMismatch.With("%s needs one unit on both sides, not %v and %v (before character %d)",
			what, a, b, utf8.RuneCountInString(p.text[:p.pos])+1).At("formula")
	}
}

// peek is the next sign: 0 at the end, and after an error.
func (p *parser) peek() rune {
	for p.pos < len(p.text) && p.text[p.pos] == ' ' {
		p.pos++
	}
	if p.err != nil || p.pos == len(p.text) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	if at := strings.IndexRune("×·÷−", r); at >= 0 {
		return map[rune]rune{'×': '*', '·': '*', '÷': '/', '−': '-'}[r]
	}
	return r
}

// skip goes over one sign.
func (p *parser) skip() {
	_, size := utf8.DecodeRuneInString(p.text[p.pos:])
	p.pos += size
}

// expect goes over a sign that must come.
func (p *parser) expect(sign rune) {
	if p.peek() != sign {
		p.fail(string(sign) + " was expected")
		return
	}
	p.skip()
}

// sum reads products with + and − between them.
func (p *parser) sum() term {
	left := p.product()
	for {
		op, what := add, "+"
		switch p.peek() {
		case '+':
		case '-':
			op, what = subtract, "−"
		default:
			return left
		}
		p.skip()
		left = p.same(op, what, left, p.product())
	}
}

// same joins two terms of one unit.
func (p *parser) same(op operation, what string, a, b term) term {
	p.emit(step{op: op})
	switch {
	case a.zero:
		a.unit = b.unit
	case b.zero:
	case a.unit != b.unit:
		p.mismatch(what, a.unit, b.unit)
	}
	return term{unit: a.unit, zero: a.zero && b.zero, culprit: first(a.culprit, b.culprit)}
}

// product reads factors with × and ÷ between them.
func (p *parser) product() term {
	left := p.factor()
	for {
		op, sign := multiplied, int8(1)
		switch p.peek() {
		case '*':
		case '/':
			op, sign = divide, -1
		default:
			return left
		}
		p.skip()
		right := p.factor()
		if op == divide && right.zero {
			p.fail("the formula divides by 0")
		}
		p.emit(step{op: op, culprit: first(right.culprit, "formula")})
		left = term{unit: left.unit.times(right.unit, sign), zero: left.zero || right.zero, culprit: first(left.culprit, right.culprit)}
		if !left.unit.bounded() {
			p.fail("a unit has too high a power")
		}
	}
}

// factor reads a number, a name, a sum in parentheses, or min and max of two.
func (p *parser) factor() term {
	r := p.peek()
	switch {
	case r == '(':
		p.skip()
		return p.inside(p.sum)
	case r >= '0' && r <= '9':
		return p.number()
	case isNameStart(r):
		word := p.word()
		switch {
		case (word == "min" || word == "max") && p.peek() == '(':
			p.skip()
			return p.inside(func() term { return p.extreme(word) })
		default:
			return p.named(word)
		}
	}
	p.fail("a number, an input, a factor or ( was expected")
	return term{}
}

// inside reads what is in parentheses, up to the closing one.
func (p *parser) inside(read func() term) term {
	p.nested++
	if p.nested > stackMax {
		p.fail("parentheses are nested too deep")
		return term{}
	}
	t := read()
	p.expect(')')
	p.nested--
	return t
}

// extreme reads the two or more sums of min or max.
func (p *parser) extreme(word string) term {
	op := least
	if word == "max" {
		op = most
	}
	left := p.sum()
	p.expect(',')
	left = p.same(op, word, left, p.sum())
	for p.peek() == ',' {
		p.skip()
		left = p.same(op, word, left, p.sum())
	}
	return left
}

// number reads a decimal.
func (p *parser) number() term {
	end := p.pos
	for end < len(p.text) && (p.text[end] == '.' || isDigit(p.text[end])) {
		end++
	}
	v, ok := decimal(p.text[p.pos:end])
	if !ok {
		p.fail("a plain decimal with at most 18 digits was expected")
		return term{}
	}
	p.pos = end
	p.constant(v)
	return term{zero: v.n == 0}
}

// named puts an input or a factor on the stack.
func (p *parser) named(word string) term {
	n, ok := p.names[word]
	if !ok {
		p.pos -= len(word)
		p.fail(word + " is neither an input nor a factor of this methodology")
		return term{}
	}
	if n.input {
		p.emit(step{op: pushInput, at: n.at})
		p.out.reads(word)
		return term{unit: n.unit, culprit: word}
	}
	p.constant(n.value)
	return term{unit: n.unit, zero: n.value.n == 0}
}

// constant puts a number on the stack.
func (p *parser) constant(v small) {
	if len(p.out.constants) > formulaMax/4 {
		p.fail("there are too many numbers")
		return
	}
	p.emit(step{op: pushConstant, at: uint8(len(p.out.constants))}) //nolint:gosec // bounded above
	p.out.constants = append(p.out.constants, v)
}

// emit writes a step and keeps count of the stack.
func (p *parser) emit(s step) {
	if p.err != nil {
		return
	}
	p.depth--
	if s.op == pushInput || s.op == pushConstant {
		p.depth += 2
	}
	if p.depth > stackMax {
		p.fail("the formula is nested too deep")
	}
	p.out.steps = append(p.out.steps, s)
}

// word reads a name.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.text) && isNamePart(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

// decimal reads digits, optionally with a point and more digits.
func decimal(s string) (small, bool) {
	whole, frac, point := strings.Cut(s, ".")
	if whole == "" || point && frac == "" || len(whole) > 1 && whole[0] == '0' || len(strings.TrimPrefix(whole, "0"))+len(frac) > decimalMax {
		return small{}, false
	}
	v, digits := small{0, 1}, whole+frac
	for i := range len(digits) {
		c := digits[i]
		if !isDigit(c) {
			return small{}, false
		}
		if i >= len(whole) {
			v.d *= 10
		}
		v.n = v.n*10 + int64(c-'0')
	}
	v.n, v.d = reduce(v.n, v.d)
	return v, true
}

// isName reports whether s can name an input or a factor.
func isName(s string) bool {
	if s == "" || len(s) > nameMax || !isNameStart(rune(s[0])) || s == "min" || s == "max" {
		return false
	}
	for i := range len(s) {
		if !isNamePart(s[i]) {
			return false
		}
	}
	return true
}

func isNameStart(r rune) bool { return r >= 'a' && r <= 'z' }
func isNamePart(c byte) bool  { return c >= 'a' && c <= 'z' || isDigit(c) || c == '_' }
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
