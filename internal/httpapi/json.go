package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"permitx/internal/fault"
)

// maxDepth bounds how deep a body is nested; the contract needs four.
const maxDepth = 32

// parseJSON reads a body as one JSON value. It is stricter than encoding/json:
// a field that is there twice, the character NUL, which no database takes, and
// what is not UTF-8, which would be read as something else, are faults. Numbers
// stay as they are written.
func parseJSON(data []byte) (any, error) {
	p := jsonParser{d: json.NewDecoder(bytes.NewReader(data))}
	p.d.UseNumber()
	v, err := p.value()
	if err != nil {
		return nil, jsonFault(err)
	}
	if _, err := p.d.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return v, nil
}

// unfit says what is wrong with a string, whatever it is for: "" where nothing is.
func unfit(s string) string {
	switch {
	case strings.IndexByte(s, 0) >= 0:
		return "must not have the character NUL"
	case strings.ContainsRune(s, utf8.RuneError):
		return "must be text in UTF-8, without U+FFFD, which stands for what could not be read"
	}
	return ""
}

// errTrailing is returned for a body with more than one JSON value.
var errTrailing = fault.Invalidf("", "there is something behind the end of the JSON body")

// errCut is returned for a body that is empty or cut off.
var errCut = fault.Invalidf("", "the JSON body is empty or ends too early")

func jsonFault(err error) error {
	var syntax *json.SyntaxError
	switch _, isFault := fault.As(err); {
	case isFault:
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errCut
	case errors.As(err, &syntax):
		return notJSON(int(syntax.Offset))
	}
	return fault.Invalidf("", "the body is not JSON")
}

// notJSON says where a body stops being JSON.
func notJSON(offset int) *fault.Error {
	return fault.Invalidf("", "the body is not JSON: the mistake is at byte %d", offset)
}

type jsonParser struct {
	d    *json.Decoder
	path []string // names and indexes of the value in hand
}

func (p *jsonParser) value() (any, error) {
	t, err := p.d.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		if len(p.path) >= maxDepth {
			return nil, p.wrong("is nested too deeply")
		}
		if t == '[' {
			return p.list()
		}
		return p.object()
	case string:
		if wrong := unfit(t); wrong != "" {
			return nil, p.wrong(wrong)
		}
	}
	return t, nil
}

func (p *jsonParser) list() (any, error) {
	list := []any{}
	p.path = append(p.path, "")
	for p.d.More() {
		p.path[len(p.path)-1] = strconv.Itoa(len(list))
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	p.path = p.path[:len(p.path)-1]
	_, err := p.d.Token()
	return list, err
}

func (p *jsonParser) object() (any, error) {
	object := map[string]any{}
	p.path = append(p.path, "")
	for p.d.More() {
		t, err := p.d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string) // the decoder has made sure
		p.path[len(p.path)-1] = name
		if _, twice := object[name]; twice {
			return nil, p.wrong("the field is there twice")
		}
		if object[name], err = p.value(); err != nil {
			return nil, err
		}
	}
	p.path = p.path[:len(p.path)-1]
	_, err := p.d.Token()
	return object, err
}

func (p *jsonParser) wrong(sentence string) error {
	return fault.Invalidf(pointerTo(p.path), "%s", sentence)
}
