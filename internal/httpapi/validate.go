package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/gin-gonic/gin"

	"permitx/internal/fault"
)

// maxInvalid bounds what one problem lists.
const maxInvalid = 100

// validate compares a request with its operation in the contract and puts the
// body back for the handler. It returns everything that is wrong.
func validate(c *gin.Context, o *operation) error {
	var wrong requestErrors
	query, err := url.ParseQuery(c.Request.URL.RawQuery)
	if err != nil { // what cannot be read would be left out: a filter that is not there
		return fault.Invalidf("", "the query after ? is not as in a URL: %v", err)
	}
	for name := range query {
		if !o.query[name] {
			wrong = append(wrong, fault.Invalidf(name, "there is no such parameter; %s", parameterNames(o)))
		}
	}
	for _, p := range o.params {
		wrong = append(wrong, checkParameter(c, p.Value, query[p.Value.Name])...)
	}
	body, err := checkBody(c, o)
	if err != nil {
		return err
	}
	wrong = append(wrong, body...)
	return wrong.err()
}

// requestErrors is everything that is wrong with a request.
type requestErrors []*fault.Error

// err is what the problem lists: nil when nothing is wrong.
func (e requestErrors) err() error { return fault.Together(e[:min(len(e), maxInvalid)]) }

func parameterNames(o *operation) string {
	names := make([]string, 0, len(o.query))
	for name := range o.query {
		names = append(names, name)
	}
	if len(names) == 0 {
		return "this call has none"
	}
	slices.Sort(names)
	return "the parameters are " + strings.Join(names, ", ")
}

// checkParameter compares one parameter with the contract.
func checkParameter(c *gin.Context, p *openapi3.Parameter, sent []string) requestErrors {
	switch p.In {
	case openapi3.ParameterInPath:
		sent = []string{c.Param(p.Name)}
	case openapi3.ParameterInHeader:
		if p.Name == idempotencyHeader {
			return nil // checked for every command alike
		}
		sent = c.Request.Header.Values(p.Name)
	}
	s := p.Schema.Value
	switch {
	case len(sent) == 0 && !p.Required:
		return nil
	case len(sent) == 0:
		return requestErrors{fault.Invalidf(p.Name, "is missing: it must be %s", expected(s))}
	case len(sent) > 1:
		return requestErrors{fault.Invalidf(p.Name, "is there %d times; send it once", len(sent))}
	}
	value, ok := parameterValue(resolved(s), sent[0])
	if !ok {
		return requestErrors{fault.Invalidf(p.Name, "must be %s", expected(s))}
	}
	if wrong := unfit(sent[0]); wrong != "" {
		return requestErrors{fault.Invalidf(p.Name, "%s", wrong)}
	}
	var wrong requestErrors
	explain(s.VisitJSON(value, openapi3.MultiErrors()), func(e *openapi3.SchemaError) {
		wrong = append(wrong, fault.Invalidf(p.Name, "%s", sentence(e)))
	})
	return wrong
}

// parameterValue reads a parameter's text as its type.
func parameterValue(s *openapi3.Schema, text string) (any, bool) {
	switch {
	case s.Type.Is(openapi3.TypeInteger):
		_, err := strconv.ParseInt(text, 10, 64)
		return json.Number(text), err == nil
	case s.Type.Is(openapi3.TypeBoolean):
		return text == "true", text == "true" || text == "false"
	}
	return text, true
}

// checkBody compares the body with the contract and puts it back. The error is
// that of a body that is too large or cannot be read.
func checkBody(c *gin.Context, o *operation) (requestErrors, error) {
	data, err := readBody(c.Request, o, nil)
	if err != nil {
		return nil, err
	}
	if o.file != "" {
		c.Request.Body = io.NopCloser(bytes.NewReader(data))
		return nil, checkType(c.Request, o.file, "the body is not of the right type: send the header Content-Type: "+o.file)
	}
	if o.body == nil {
		return nil, checkNoBody(data)
	}
	if err := checkJSONType(c.Request); err != nil {
		return nil, err
	}
	value, err := parseJSON(data)
	if err != nil {
		return nil, err
	}
	c.Request.Body = validatedBody{bytes.NewReader(data), value}
	return compare(o.body, value), nil
}

// compare returns what of a body the contract does not accept.
func compare(s *openapi3.Schema, value any) requestErrors {
	var wrong requestErrors
	unknown := map[string]bool{} // objects whose unknown fields are listed already
	explain(s.VisitJSON(value, openapi3.MultiErrors(), openapi3.VisitAsRequest()), func(e *openapi3.SchemaError) {
		at := pointerTo(e.JSONPointer())
		if e.SchemaField == "properties" {
			if object, ok := e.Value.(map[string]any); ok && !unknown[at] {
				unknown[at] = true
				wrong = append(wrong, unknownFields(at, object, e.Schema)...)
			}
			return
		}
		wrong = append(wrong, fault.Invalidf(at, "%s", sentence(e)))
	})
	return wrong
}

func unknownFields(at string, object map[string]any, s *openapi3.Schema) requestErrors {
	var wrong requestErrors
	for name := range object {
		if s.Properties[name] == nil {
			wrong = append(wrong, fault.Invalidf(shorten(at+"/"+pointerEscaper.Replace(name)), "%s", unknownField(s)))
		}
	}
	slices.SortFunc(wrong, func(a, b *fault.Error) int { return strings.Compare(a.Field, b.Field) })
	return wrong
}

// explain calls say with each thing that a validation found.
func explain(err error, say func(*openapi3.SchemaError)) {
	var several openapi3.MultiError
	switch e := err.(type) { //nolint:errorlint // walks the tree itself
	case nil:
	case openapi3.MultiError:
		for _, one := range e {
			explain(one, say)
		}
	case *openapi3.SchemaError:
		if e.SchemaField == "allOf" && errors.As(e.Origin, &several) {
			explain(several, say)
			return
		}
		say(e)
	default:
		panic("httpapi: the validation failed: " + err.Error())
	}
}

// sentence says what would be right in place of what a schema refused.
func sentence(e *openapi3.SchemaError) string {
	s := e.Schema
	switch e.SchemaField {
	case "required":
		path := e.JSONPointer()
		return "is missing: it must be " + expected(s.Properties[path[len(path)-1]].Value)
	case "pattern":
		return wrongForm(s)
	case "minLength", "maxLength":
		return "must have" + strings.TrimPrefix(lengths(s), " of")
	case "minItems", "maxItems":
		return "must have" + strings.TrimPrefix(items(s), " of")
	case "minProperties", "maxProperties":
		return "must have " + howMany(s)
	case "enum", "minimum", "maximum", "format":
		return "must be " + expected(s)
	}
	return wrongType(s, e.Value)
}

// maxPointer bounds the pointers that a problem shows.
const maxPointer = 200

func pointerTo(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(pointerEscaper.Replace(p))
		if b.Len() > maxPointer {
			break
		}
	}
	return shorten(b.String())
}

// pointerEscaper escapes a name as in RFC 6901. It is made once: to make it for each
// field took 42 % of the server's time under batches of transfers.
var pointerEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// shorten cuts a pointer to what a problem may hold.
func shorten(pointer string) string {
	if len(pointer) <= maxPointer {
		return pointer
	}
	return strings.ToValidUTF8(pointer[:maxPointer-len("…")], "") + "…"
}

func checkJSONType(r *http.Request) error {
	if sent := r.Header["Content-Type"]; len(sent) == 1 && sent[0] == jsonType[0] {
		return nil
	}
	return checkType(r, jsonType[0], "the body must be JSON: send the header Content-Type: application/json")
}

func checkType(r *http.Request, want, sentence string) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != want {
		return fault.Invalidf("Content-Type", "%s", sentence)
	}
	return nil
}

// checkNoBody lets pass the empty object that many clients send.
func checkNoBody(data []byte) error {
	if data = bytes.TrimSpace(data); len(data) > 0 && string(data) != "{}" {
		return fault.Invalidf("", "this call takes no body")
	}
	return nil
}

// readBody appends the body to buf. Returns errTooLarge beyond the operation's limit.
func readBody(r *http.Request, o *operation, buf []byte) ([]byte, error) {
	if r.ContentLength > o.bodyLimit {
		return buf, errTooLarge.With("the body may have at most %d bytes, not %d", o.bodyLimit, r.ContentLength)
	}
	if r.Body == nil || r.ContentLength == 0 {
		return buf, nil
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > o.bodyLimit:
			return buf, errTooLarge.With("the body may have at most %d bytes", o.bodyLimit)
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return buf, fault.Invalidf("", "the body ended too early").Because(err)
		}
	}
}

// validatedBody is a body that is read again; the generated code takes the
// value that was validated instead.
type validatedBody struct {
	*bytes.Reader
	value any
}

// Close does nothing: the request's own body is closed by the server.
func (validatedBody) Close() error { return nil }

// ValidatedValue is what was compared with the contract.
func (b validatedBody) ValidatedValue() any { return b.value }
