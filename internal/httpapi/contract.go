package httpapi

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx"
)

// operation is what the server must know of an operation of the contract
// before its handler runs.
type operation struct {
	id        string
	isPublic  bool // needs no key
	isCommand bool // goes through the journal: needs an idempotency key
	isStream  bool // has no end, so no deadline either
	isHot     bool // validated by its handler
	bodyLimit int64

	params openapi3.Parameters
	query  map[string]bool  // names of the query's parameters
	path   []string         // names of the path's parameters
	body   *openapi3.Schema // of JSON; nil: takes none
	file   string           // the type of a body that its handler reads; "" for none
	export *exportForm      // of its answer; nil: it is no list
}

// The types of bodies that their handlers read.
const (
	fileType  = "application/octet-stream"
	linesType = "application/x-ndjson" // a JSON object a line
)

// route names an operation by its method and gin's pattern of its path.
type route struct{ method, path string }

// hotOperations decode and validate by hand.
var hotOperations = map[string]bool{
	"placeOrder": true, "cancelOrder": true, "submitOrderBatch": true, "postTransfer": true, "postTransferBatch": true,
}

// largeOperations may have larger bodies.
var largeOperations = map[string]bool{"submitOrderBatch": true, "postTransferBatch": true, "importBankStatement": true, "submitOpeningPackage": true}

// operationsOf reads the contract.
func operationsOf(c Config) (map[route]*operation, error) {
	doc, err := openapi3.NewLoader().LoadFromData(permitx.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("read the contract: %w", err)
	}
	all := map[route]*operation{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o, err := operationOf(c, op)
			if err != nil {
				return nil, err
			}
			all[route{method, strings.NewReplacer("{", ":", "}", "").Replace(path)}] = o
		}
	}
	return all, nil
}

func operationOf(c Config, op *openapi3.Operation) (*operation, error) {
	o := &operation{
		id: op.OperationID, params: op.Parameters, query: map[string]bool{}, bodyLimit: c.BodyLimit,
		isPublic: op.Security != nil && len(*op.Security) == 0, isCommand: op.Extensions["x-command"] == true,
		isHot: hotOperations[op.OperationID], isStream: op.Responses.Status(http.StatusOK) != nil &&
			op.Responses.Status(http.StatusOK).Value.Content["text/event-stream"] != nil,
		export: exportFormOf(op),
	}
	switch {
	case largeOperations[o.id]:
		o.bodyLimit = c.LargeBodyLimit
	case o.id == "submitActivityBatch":
		o.bodyLimit = c.ActivitiesBodyLimit
	}
	for _, p := range op.Parameters {
		switch p.Value.In {
		case openapi3.ParameterInQuery:
			o.query[p.Value.Name] = true
		case openapi3.ParameterInPath:
			o.path = append(o.path, p.Value.Name)
		}
	}
	if op.RequestBody != nil {
		media := op.RequestBody.Value.Content["application/json"]
		for _, kind := range []string{fileType, linesType} {
			if op.RequestBody.Value.Content[kind] != nil {
				o.file = kind
				return o, nil
			}
		}
		if media == nil || !op.RequestBody.Value.Required {
			return nil, fmt.Errorf("the contract's operation %s has a body that is optional or not JSON", o.id)
		}
		o.body = media.Schema.Value
	}
	return o, nil
}

// pointer turns the field that a fault names, as the core names it, into what
// the contract promises: a JSON pointer into the body, or a parameter's name.
func (o *operation) pointer(field string) string {
	switch {
	case field == "" || field[0] == '/':
		return field
	case o == nil: // a stored refusal, which is about the command
		return "/" + field
	case !o.isCommand && o.body == nil:
		return field
	}
	first, _, _ := strings.Cut(field, "/")
	switch {
	case o.body != nil && o.body.Properties[first] != nil:
		return "/" + field
	case o.params.GetByInAndName(openapi3.ParameterInHeader, field) != nil || o.params.GetByInAndName(openapi3.ParameterInPath, field) != nil:
		return field
	case o.query[first]:
		return first
	case len(o.path) == 1: // the core calls it by its kind: "grant" for id
		return o.path[0]
	}
	return "/" + field
}
