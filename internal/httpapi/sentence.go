package httpapi

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The sentences of invalid requests say what would be right, in the contract's
// words. They never repeat a value or a schema.

// resolved follows a schema that only adds a description to another one.
func resolved(s *openapi3.Schema) *openapi3.Schema {
	for s.Type == nil && len(s.AllOf) == 1 {
		s = s.AllOf[0].Value
	}
	return s
}

// expected describes a value that a schema accepts: "a string such as …".
func expected(s *openapi3.Schema) string {
	s = resolved(s)
	switch {
	case len(s.Enum) > 0:
		return "one of " + choices(s.Enum)
	case s.Type.Is(openapi3.TypeString) && s.Example != nil:
		return fmt.Sprintf("a string such as %q", s.Example)
	case s.Type.Is(openapi3.TypeString):
		return "a string" + lengths(s)
	case s.Type.Is(openapi3.TypeInteger):
		return "a whole number" + bounds(s)
	case s.Type.Is(openapi3.TypeBoolean):
		return "true or false"
	case s.Type.Is(openapi3.TypeArray):
		return "a list" + items(s)
	}
	return "an object with the fields " + fieldNames(s)
}

func choices(enum []any) string {
	names := make([]string, len(enum))
	for i, v := range enum {
		names[i] = fmt.Sprint(v)
	}
	return strings.Join(names, ", ")
}

func lengths(s *openapi3.Schema) string {
	if s.MaxLength == nil {
		return ""
	}
	return " of " + between(s.MinLength, *s.MaxLength) + " characters"
}

func bounds(s *openapi3.Schema) string {
	var text string
	if s.Min != nil {
		text = " from " + strconv.FormatInt(int64(*s.Min), 10)
	}
	if s.Max != nil && *s.Max < math.MaxInt64 {
		text += " to " + strconv.FormatInt(int64(*s.Max), 10)
	}
	return text
}

func items(s *openapi3.Schema) string {
	if s.MaxItems == nil {
		return ""
	}
	return " of " + between(s.MinItems, *s.MaxItems) + " items"
}

func between(least, most uint64) string {
	if least == most {
		return strconv.FormatUint(least, 10)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// howMany says how many of its fields an object has.
func howMany(s *openapi3.Schema) string {
	if s.MaxProps != nil && *s.MaxProps == s.MinProps { // both are 1, where there are any
		return "exactly one of the fields " + fieldNames(s)
	}
	return "at least one of the fields " + fieldNames(s)
}

func fieldNames(s *openapi3.Schema) string {
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// kindOf names what a JSON value is.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number, float64: // the validation makes these of those
		return "a number"
	case string:
		return "a string"
	case []any:
		return "a list"
	}
	return "an object"
}

// wrongType says that a value is of another type.
func wrongType(s *openapi3.Schema, v any) string {
	if v == nil {
		return "must be " + expected(s) + "; leave the field out where it has no value"
	}
	return "must be " + expected(s) + ", not " + kindOf(v)
}

// wrongForm says how a string is written.
func wrongForm(s *openapi3.Schema) string {
	s = resolved(s)
	if s.Example == nil {
		return "has not the form of " + lowerFirst(s.Description)
	}
	return fmt.Sprintf("must be written like %q: %s", s.Example, lowerFirst(s.Description))
}

func lowerFirst(text string) string {
	text = strings.TrimSuffix(text, ".")
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] < 'A' || text[1] > 'Z') {
		return strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

// unknownField says which fields there are.
func unknownField(s *openapi3.Schema) string {
	return "there is no such field; the fields are " + fieldNames(s)
}
