package auction

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"permitx/internal/quantity"
)

// The fields that every format has.
var commonFields = []string{"format", "lot_size", "tick", "years", "months"}

// The fields of a bid.
var bidFields = []string{"id", "price", "qty", "seq", "accepts_part", "protection"}

const idMax = 200 // bytes of a bid's id

// Decode reads one case as JSON: decimals are strings, a price that is null is
// any: of a market order or a price-taker. It takes nothing for granted: a field that is not known or
// not of the case's format, that is there twice or missing, a number where a
// decimal string belongs, an id that is there twice are ErrCase or faults of
// package quantity, whose field is the path of the place.
func Decode(data []byte) (Case, error) {
	tree, err := parse(data)
	if err != nil {
		return Case{}, err
	}
	root, ok := tree.(object)
	if !ok {
		return Case{}, ErrCase.With("a case is an object such as {\"format\": \"uniform\", …}, not %s", kindOf(tree))
	}
	r := &reader{}
	c := r.read(root)
	if r.err != nil {
		return Case{}, r.err
	}
	return c, c.Validate()
}

// A reader reads the parts of a case. It remembers the first fault, and reads
// nothing more.
type reader struct{ err error }

func (r *reader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = ErrCase.With(format, args...).At(field)
	}
}

func (r *reader) keep(err error) {
	if r.err == nil {
		r.err = err
	}
}

func (r *reader) read(o object) Case {
	c := Case{Format: Format(r.text(o, "format"))}
	if r.checkFields(o, c.Format); r.err != nil {
		return c
	}
	c.Supply = decimal(r, o, "supply", quantity.ParsePositiveQuantity)
	c.Demand = decimal(r, o, "demand", quantity.ParsePositiveQuantity)
	c.Noncompetitive = decimal(r, o, "noncompetitive", quantity.ParseQuantity)
	c.NoncompetitiveLimit = decimal(r, o, "noncompetitive_limit", quantity.ParsePositiveQuantity)
	c.ReservePrice = decimal(r, o, "reserve_price", quantity.ParsePrice)
	c.CeilingPrice = decimal(r, o, "ceiling_price", quantity.ParsePositivePrice)
	c.ReferencePrice = decimal(r, o, "reference_price", quantity.ParsePositivePrice)
	c.Budget = decimal(r, o, "budget", quantity.ParsePositiveMoney)
	c.LotSize = decimal(r, o, "lot_size", quantity.ParsePositiveQuantity)
	c.Tick = decimal(r, o, "tick", quantity.ParsePositivePrice)
	c.Step = decimal(r, o, "step", quantity.ParsePositivePrice)
	c.WinShare = decimal(r, o, "win_share", parsePositiveRatio)
	c.Months = r.months(o)
	c.BiddersMin = int(r.count(o, "min_bidders", BidsMax))
	c.Tie = Tie(r.word(o, "tie", listed(Ties)))
	c.Undersubscribed = Undersubscribed(r.word(o, "undersubscribed", listed(UndersubscribedRules)))
	c.Fit = Fit(r.word(o, "fit", listed(Fits)))
	for i, item := range r.list(o, "next_auctions") {
		path := fmt.Sprintf("next_auctions[%d]", i)
		c.NextAuctions = append(c.NextAuctions, decimalAt(r, path, item, quantity.ParseQuantity))
	}
	ids := map[string]*Bid{}
	c.Bids = r.bids(o, "bids", ids)
	c.Asks = r.bids(o, "asks", ids)
	r.draw(o, ids)
	return c
}

// checkFields wants every field to be one of the format's, and those that it
// must have to be there.
func (r *reader) checkFields(o object, name Format) {
	f := name.find()
	if f == nil {
		r.fail("format", "%q is not a format; there are %s", name, listed(Formats()))
		return
	}
	known := append([]string(nil), commonFields...)
	for _, field := range f.fields {
		known = append(known, strings.TrimSuffix(field, "*"))
	}
	for _, field := range o.names {
		if !slices.Contains(known, field) {
			r.fail(field, "is not a field of %s, which has %s", name, listed(known))
		}
	}
	for _, field := range f.fields {
		bare, required := strings.CutSuffix(field, "*")
		if _, there := o.values[bare]; required && !there {
			r.fail(bare, "is missing; %s needs it", name)
		}
	}
}

// months reads the term that is paid for: years, or months.
func (r *reader) months(o object) int {
	years, hasYears := o.values["years"]
	if _, hasMonths := o.values["months"]; hasMonths {
		if hasYears {
			r.fail("months", "give years or months, not both")
		}
		return int(r.positive(o, "months", monthsMax))
	}
	if !hasYears {
		return 0
	}
	text, isText := years.(string)
	if n, isNumber := years.(json.Number); isNumber {
		text, isText = n.String(), true
	}
	if !isText {
		r.fail("years", "%s is not a number of years such as \"5\" or \"0.25\"", kindOf(years))
		return 0
	}
	y, err := parsePositiveRatio("years", text)
	r.keep(err)
	if y > monthsMax/monthsPerYear*quantity.OneRatio {
		r.fail("years", "%s is more than %d years", y, monthsMax/monthsPerYear)
		return 0
	}
	if (y*monthsPerYear)%quantity.OneRatio != 0 {
		r.fail("years", "%s years are not whole months; give months instead", y)
	}
	return int(y * monthsPerYear / quantity.OneRatio)
}

// bids reads a side. What is read is entered in ids.
func (r *reader) bids(o object, side string, ids map[string]*Bid) []Bid {
	items := r.list(o, side)
	if len(items) > BidsMax {
		r.fail(side, "%d are too many: at most %d", len(items), BidsMax)
		return nil
	}
	found := make([]Bid, len(items))
	for i, item := range items {
		if r.err != nil {
			return nil
		}
		path := side + "[" + strconv.Itoa(i) + "]"
		fields, ok := item.(object)
		if !ok {
			r.fail(path, "%s is not an object such as {\"id\": \"A\", \"price\": \"12.5\", \"qty\": \"10\", \"seq\": 1}", kindOf(item))
			return nil
		}
		found[i] = r.bid(fields.under(path))
		if ids[found[i].ID] != nil {
			r.fail(path+".id", "%q is there twice", found[i].ID)
		}
		ids[found[i].ID] = &found[i]
	}
	return found
}

func (r *reader) bid(o object) Bid {
	for _, field := range o.names {
		if !slices.Contains(bidFields, field) {
			r.fail(o.path+field, "is not a field of a bid, which has %s", listed(bidFields))
		}
	}
	b := Bid{ID: r.text(o, "id")}
	if r.err == nil && (b.ID == "" || len(b.ID) > idMax) {
		r.fail(o.path+"id", "an id has from 1 to %d bytes", idMax)
	}
	if price, there := o.values["price"]; !there {
		r.fail(o.path+"price", "is missing; a market order, or a price-taker, has the price null")
	} else if price != nil {
		b.Price = decimal(r, o, "price", quantity.ParsePositivePrice)
	}
	b.Protection = decimal(r, o, "protection", quantity.ParsePositivePrice)
	if _, there := o.values["qty"]; !there {
		r.fail(o.path+"qty", "is missing")
	}
	b.Quantity = decimal(r, o, "qty", quantity.ParsePositiveQuantity)
	if _, there := o.values["seq"]; !there {
		r.fail(o.path+"seq", "is missing: the order of arrival, a whole number")
	}
	const most = 1 << 53
	b.Seq = r.count(o, "seq", most)
	if part, there := o.values["accepts_part"]; there {
		yes, isBool := part.(bool)
		if !isBool {
			r.fail(o.path+"accepts_part", "%s is not true or false", kindOf(part))
		}
		b.AcceptsPart = yes
	}
	return b
}

// draw reads the drawn order into the bids.
func (r *reader) draw(o object, ids map[string]*Bid) {
	for i, item := range r.list(o, "draw") {
		path := "draw[" + strconv.Itoa(i) + "]"
		id, isText := item.(string)
		b := ids[id]
		switch {
		case !isText:
			r.fail(path, "%s is not the id of a bid", kindOf(item))
		case b == nil:
			r.fail(path, "there is no bid %q", id)
		case b.Draw > 0:
			r.fail(path, "%q is there twice", id)
		}
		if r.err != nil {
			return
		}
		b.Draw = i + 1
	}
}

// text reads a string that must be there.
func (r *reader) text(o object, field string) string {
	v, there := o.values[field]
	if !there {
		r.fail(o.path+field, "is missing")
		return ""
	}
	s, ok := v.(string)
	if !ok {
		r.fail(o.path+field, "%s is not a string", kindOf(v))
	}
	return s
}

// word reads a string that may be absent and is not empty.
func (r *reader) word(o object, field, known string) string {
	if _, there := o.values[field]; !there {
		return ""
	}
	s := r.text(o, field)
	if s == "" {
		r.fail(field, "is empty; there are %s", known)
	}
	return s
}

// list reads an array that may be absent.
func (r *reader) list(o object, field string) []any {
	v, there := o.values[field]
	if !there {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		r.fail(o.path+field, "%s is not an array", kindOf(v))
	}
	return items
}

// count reads a whole number of at least 0 that may be absent.
func (r *reader) count(o object, field string, most int64) int64 {
	v, there := o.values[field]
	if !there {
		return 0
	}
	n, isNumber := v.(json.Number)
	if !isNumber {
		r.fail(o.path+field, "%s is not a whole number such as 1", kindOf(v))
		return 0
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || i < 0 || i > most {
		r.fail(o.path+field, "%s is not a whole number from 0 to %d", n, most)
	}
	return i
}

// positive reads a count of at least 1.
func (r *reader) positive(o object, field string, most int64) int64 {
	n := r.count(o, field, most)
	if n == 0 {
		r.fail(o.path+field, "must be from 1 to %d", most)
	}
	return n
}

// decimal reads a decimal string that may be absent.
func decimal[T any](r *reader, o object, field string, parse func(field, text string) (T, error)) T {
	v, there := o.values[field]
	if !there {
		var none T
		return none
	}
	return decimalAt(r, o.path+field, v, parse)
}

func decimalAt[T any](r *reader, path string, v any, parse func(field, text string) (T, error)) T {
	var none T
	text, isText := v.(string)
	if !isText {
		r.fail(path, "%s is not a decimal string such as \"12.5\"", kindOf(v))
		return none
	}
	d, err := parse(path, text)
	r.keep(err)
	return d
}

// parsePositiveRatio reads a ratio of more than 0.
func parsePositiveRatio(field, text string) (quantity.Ratio, error) {
	k, err := quantity.ParseRatio(field, text)
	if err == nil && k <= 0 {
		err = quantity.ErrNotPositive.With("%q is not more than 0", text).At(field)
	}
	return k, err
}

// An object is a JSON object with its path, which ends in a point, and its
// names as they are written.
type object struct {
	path   string
	names  []string
	values map[string]any
}

// under returns o as it stands at a path.
func (o object) under(path string) object {
	o.path = path + "."
	return o
}

// kindOf names a value for a fault.
func kindOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return "the number " + v.String()
	case string:
		return strconv.Quote(v)
	case []any:
		return "an array"
	}
	return "an object"
}

// parse reads a JSON value. A name that is there twice in an object, something
// behind the value and what is not UTF-8 are faults.
func parse(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, ErrCase.With("the text is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	p := parser{d: d}
	v, err := p.value("")
	if err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return v, nil
		} else if err == nil {
			err = ErrCase.With("there is something behind the case")
		}
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, ErrCase.With("the text is not JSON: the mistake is at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, ErrCase.With("the text is empty or ends too early")
	}
	return nil, err
}

type parser struct {
	d     *json.Decoder
	depth int
}

// depthMax bounds how deep a text is nested; a case needs three levels.
const depthMax = 8

func (p *parser) value(path string) (any, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	delim, isDelim := t.(json.Delim)
	if !isDelim {
		return t, nil
	}
	if p.depth++; p.depth > depthMax {
		return nil, ErrCase.With("is nested too deep").At(path)
	}
	defer func() { p.depth-- }()
	if delim == '{' {
		return p.object(path)
	}
	return p.array(path)
}

func (p *parser) object(path string) (any, error) {
	o := object{values: map[string]any{}}
	for p.d.More() {
		t, err := p.d.Token()
		if err != nil {
			return nil, err
		}
		name, ok := t.(string)
		if !ok {
			return nil, ErrCase.With("the text is not JSON: a name must be a string").At(path)
		}
		at := strings.TrimPrefix(path+"."+name, ".")
		if _, twice := o.values[name]; twice {
			return nil, ErrCase.With("is there twice").At(at)
		}
		v, err := p.value(at)
		if err != nil {
			return nil, err
		}
		o.names, o.values[name] = append(o.names, name), v
	}
	_, err := p.d.Token()
	return o, err
}

func (p *parser) array(path string) (any, error) {
	items := []any{}
	for p.d.More() {
		v, err := p.value(path + "[" + strconv.Itoa(len(items)) + "]")
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := p.d.Token()
	return items, err
}
