package api_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx"
)

// The contract, loaded and resolved.
func contract(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(permitx.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// An operation with where it is.
type operation struct {
	*openapi3.Operation
	method, path string
}

func (o operation) isCommand() bool { return o.method != http.MethodGet && !o.asks() }

// asks reports whether a POST only asks: its question has a body.
func (o operation) asks() bool { return o.Extensions["x-query"] == true }

func (o operation) roles(t *testing.T) []string {
	t.Helper()
	list, _ := o.Extensions["x-roles"].([]any)
	roles := make([]string, len(list))
	for i, r := range list {
		roles[i], _ = r.(string)
	}
	return roles
}

func operations(t *testing.T, doc *openapi3.T) []operation {
	t.Helper()
	var all []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{op, method, path})
		}
	}
	if len(all) < 90 {
		t.Fatalf("only %d operations", len(all))
	}
	return all
}

// The document is valid OpenAPI, examples and all, of the version that request
// validation is fast on.
func TestContract_Valid(t *testing.T) {
	t.Parallel()
	doc := contract(t)
	if doc.OpenAPI != "3.0.3" {
		t.Errorf("version %s, want 3.0.3", doc.OpenAPI)
	}
	if err := doc.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Error(err)
	}
}

// Every operation says who may call it, has a name and one known tag.
func TestContract_Operations(t *testing.T) {
	t.Parallel()
	doc := contract(t)
	known := []string{"public"}
	for _, r := range doc.Components.Schemas["Role"].Value.Enum {
		role, _ := r.(string)
		known = append(known, role)
	}
	name := regexp.MustCompile(`^[a-z]+([A-Z][a-z]*)+$`)
	seen := map[string]bool{}
	for _, o := range operations(t, doc) {
		id := o.OperationID
		if !name.MatchString(id) || seen[id] {
			t.Errorf("%s %s: operationId %q is not a verb and a noun, or is there twice", o.method, o.path, id)
		}
		seen[id] = true
		if len(o.Tags) != 1 || doc.Tags.Get(o.Tags[0]) == nil {
			t.Errorf("%s: tags %v, want one that is described", id, o.Tags)
		}
		if o.Summary == "" {
			t.Errorf("%s: no summary", id)
		}
		roles := o.roles(t)
		if len(roles) == 0 {
			t.Errorf("%s: no x-roles", id)
		}
		for _, r := range roles {
			if !slices.Contains(known, r) {
				t.Errorf("%s: unknown role %q", id, r)
			}
		}
		open := o.Security != nil && len(*o.Security) == 0
		if public := slices.Equal(roles, []string{"public"}); public != open || !public && slices.Contains(roles, "public") {
			t.Errorf("%s: roles %v and security do not agree", id, roles)
		}
	}
}

// Every command needs an idempotency key and says whether its answer is a
// replay; nothing else does.
func TestContract_Commands(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t, contract(t)) {
		id := o.OperationID
		if o.isCommand() && o.method != http.MethodPost {
			t.Errorf("%s: a command is a POST, not a %s", id, o.method)
		}
		if marked := o.Extensions["x-command"] == true; marked != o.isCommand() {
			t.Errorf("%s: x-command is %v", id, marked)
		}
		key := o.Parameters.GetByInAndName("header", "Idempotency-Key")
		if o.isCommand() != (key != nil && key.Required) {
			t.Errorf("%s: Idempotency-Key is %v", id, key)
		}
		for status, r := range o.Responses.Map() {
			if !strings.HasPrefix(status, "2") {
				continue
			}
			if has := r.Value.Headers["Idempotency-Replayed"] != nil; has != o.isCommand() {
				t.Errorf("%s: %s: Idempotency-Replayed is %v", id, status, has)
			}
		}
	}
}

// Every operation lists the problems that it may answer with, each a shared
// response that carries a Problem. A key that is not valid is refused also
// where none is needed.
func TestContract_Problems(t *testing.T) {
	t.Parallel()
	components := map[string]string{
		"400": "Invalid", "401": "Unauthenticated", "403": "Forbidden", "404": "NotFound", "409": "Conflict", "413": "TooLarge",
		"422": "Refused", "429": "TooMany", "500": "Internal", "503": "Unavailable",
	}
	doc := contract(t)
	for status, name := range components {
		r := doc.Components.Responses[name]
		if r == nil || r.Value.Content["application/problem+json"] == nil || len(r.Value.Content) != 1 {
			t.Fatalf("response %s is not a problem", name)
		}
		if after := r.Value.Headers["Retry-After"] != nil; after != (status == "429" || status == "503") {
			t.Errorf("%s: Retry-After is %v", name, after)
		}
	}
	notYet := []string{"getOfferCase", "getIssuanceSample"} // there is an object, and it has no such thing yet, or no more
	for _, o := range operations(t, doc) {
		var want []string
		switch {
		case o.isCommand():
			want = []string{"400", "401", "403", "404", "409", "413", "422", "429", "500", "503"}
		case o.asks():
			want = []string{"400", "401", "403", "404", "413", "429", "500", "503"}
		case o.path == "/healthz":
			want = []string{"401", "500"}
		case o.path == "/readyz":
			want = []string{"401", "500", "503"}
		case o.Security == nil:
			want = []string{"400", "401", "403", "404", "429", "500", "503"}
		case strings.Contains(o.path, "{"):
			want = []string{"400", "401", "404", "429", "500", "503"}
		default:
			want = []string{"400", "401", "429", "500", "503"}
		}
		if slices.Contains(notYet, o.OperationID) {
			want = slices.Insert(want, slices.Index(want, "429"), "409")
		}
		var got []string
		for status, r := range o.Responses.Map() {
			if strings.HasPrefix(status, "2") {
				continue
			}
			got = append(got, status)
			if r.Ref != "#/components/responses/"+components[status] {
				t.Errorf("%s: %s is %q", o.OperationID, status, r.Ref)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: problems %v, want %v", o.OperationID, got, want)
		}
	}
}

// Every list comes in pages: limit is bounded, and the answer has items and next.
func TestContract_Pages(t *testing.T) {
	t.Parallel()
	for _, o := range operations(t, contract(t)) {
		limit := o.Parameters.GetByInAndName("query", "limit")
		if (limit != nil) != (o.Parameters.GetByInAndName("query", "after") != nil) {
			t.Errorf("%s: limit without after, or the other way round", o.OperationID)
		}
		if limit == nil {
			continue
		}
		if s := limit.Schema.Value; *s.Min != 1 || *s.Max != 500 || s.Default != 100.0 {
			t.Errorf("%s: limit is %v to %v, default %v", o.OperationID, *s.Min, *s.Max, s.Default)
		}
		if answer := o.Responses.Status(http.StatusOK).Value.Content["application/json"].Schema.Value; answer.Properties["next"] == nil {
			t.Errorf("%s: the answer has no next", o.OperationID)
		}
	}
}

// schemas calls visit with every schema of the document once, and where it is.
func schemas(doc *openapi3.T, visit func(where string, s *openapi3.Schema)) {
	seen := map[*openapi3.Schema]bool{}
	var walk func(where string, ref *openapi3.SchemaRef)
	walk = func(where string, ref *openapi3.SchemaRef) {
		if ref == nil || seen[ref.Value] {
			return
		}
		s := ref.Value
		seen[s] = true
		visit(where, s)
		walk(where+"/items", s.Items)
		walk(where+"/additionalProperties", s.AdditionalProperties.Schema)
		walk(where+"/not", s.Not)
		for _, list := range []openapi3.SchemaRefs{s.AllOf, s.AnyOf, s.OneOf} {
			for _, r := range list {
				walk(where+"/of", r)
			}
		}
		for name, p := range s.Properties {
			walk(where+"/"+name, p)
		}
	}
	content := func(where string, c openapi3.Content) {
		for kind, media := range c {
			if kind != "text/event-stream" { // has no end
				walk(where, media.Schema)
			}
		}
	}
	for name, s := range doc.Components.Schemas {
		walk(name, s)
	}
	for name, h := range doc.Components.Headers {
		walk(name, h.Value.Schema)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			where := method + " " + path
			for _, p := range op.Parameters {
				walk(where+" "+p.Value.Name, p.Value.Schema)
			}
			if op.RequestBody != nil {
				content(where+" body", op.RequestBody.Value.Content)
			}
			for status, r := range op.Responses.Map() {
				content(where+" "+status, r.Value.Content)
			}
		}
	}
}

// Nothing is open: objects know their fields, texts and lists their longest
// length. There is no JSON number with a fraction: every decimal is a string.
func TestContract_Schemas(t *testing.T) {
	t.Parallel()
	schemas(contract(t), func(where string, s *openapi3.Schema) {
		switch {
		case len(s.AllOf) == 1 && s.Type == nil: // a reference with its own description
		case s.Type == nil:
			t.Errorf("%s: no type", where)
		case s.Extensions["x-go-type"] == "json.RawMessage": // what another operation answers
		case s.Type.Is("object"):
			if closed := s.AdditionalProperties.Has; closed == nil || *closed {
				t.Errorf("%s: additionalProperties is not false", where)
			}
			if len(s.Required) == 0 && s.MinProps == 0 {
				t.Errorf("%s: no field is required", where)
			}
			for _, name := range s.Required {
				if s.Properties[name] == nil {
					t.Errorf("%s: %s is required and not there", where, name)
				}
			}
			for name := range s.Properties {
				if !regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`).MatchString(name) {
					t.Errorf("%s: %s is not snake_case", where, name)
				}
			}
		case s.Type.Is("array"):
			if s.MaxItems == nil {
				t.Errorf("%s: no maxItems", where)
			}
		case s.Type.Is("string") && s.Format == "binary": // a file
		case s.Type.Is("string"):
			if s.MaxLength == nil && len(s.Enum) == 0 {
				t.Errorf("%s: no maxLength", where)
			}
			if s.Format != "" {
				t.Errorf("%s: format %s would not be a string in Go", where, s.Format)
			}
		case s.Type.Is("integer"):
			if s.Min == nil || s.Max == nil && s.Format != "int64" {
				t.Errorf("%s: no bounds", where)
			}
		case s.Type.Is("boolean"):
		default:
			t.Errorf("%s: type %v", where, s.Type)
		}
	})
}

// The decimals take what the exchange takes, and nothing else.
func TestContract_Decimals(t *testing.T) {
	t.Parallel()
	decimals := contract(t).Components.Schemas
	for name, scale := range map[string]int{
		"Quantity": 6, "SignedQuantity": 6, "Price": 4, "Money": 2, "SignedMoney": 2, "Ratio": 6, "Amount": 6, "SignedAmount": 6,
	} {
		s := decimals[name].Value
		text := "1." + strings.Repeat("5", scale)
		for _, good := range []string{"0", "1", "13.2", "1000000000000", text} {
			if err := s.VisitJSON(good); err != nil {
				t.Errorf("%s: %q is refused", name, good)
			}
		}
		bad := []any{1.5, nil, "", "1e5", ".5", "5.", "+1", "1_000", "１", " 1", "01", "--1", strings.Repeat("9", 30), text + "5"}
		if !strings.HasPrefix(name, "Signed") {
			bad = append(bad, "-1")
		} else if err := s.VisitJSON("-1.5"); err != nil {
			t.Errorf("%s: -1.5 is refused", name)
		}
		for _, b := range bad {
			if err := s.VisitJSON(b); err == nil {
				t.Errorf("%s: %v is accepted", name, b)
			}
		}
	}
}
