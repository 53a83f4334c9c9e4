package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

var _ app.Encoder = Encode

// Encode turns the result of a command, or the refusal that took its place,
// into what the journal keeps and the caller gets. A result has status 200;
// whether it is answered as created is for the handler to say. The writer
// calls it for every command: the results that a market lives of are written
// by hand, the others through the conversion that register was given.
func Encode(result any, refusal *fault.Error) (status int, body []byte) {
	if refusal != nil {
		p := problemOf(refusal)
		return p.status, p.append(make([]byte, 0, 512), nil)
	}
	switch r := result.(type) {
	case app.Proposed: // not done: 202, whatever a success would be
		return http.StatusAccepted, must(json.Marshal(proposalOf(r.Proposal))) //nolint:gosec // a stored proposal has no secret
	case app.OrderResult:
		return http.StatusOK, appendOrder(make([]byte, 0, 384+96*len(r.Fills)), &r)
	case app.OrderBatchResult:
		return http.StatusOK, appendOrderBatch(make([]byte, 0, 384*len(r.Items)), &r)
	case app.TransferResult:
		return http.StatusOK, appendTransfer(make([]byte, 0, 384), &r)
	case app.TransferBatchResult:
		return http.StatusOK, appendTransferBatch(make([]byte, 0, 32*len(r.Items)), &r)
	}
	convert, known := conversions[reflect.TypeOf(result)]
	if !known {
		panic(fmt.Sprintf("httpapi: nothing is registered for results of type %T", result))
	}
	return http.StatusOK, must(json.Marshal(convert(result)))
}

// must is for what can always be written as JSON.
func must(body []byte, err error) []byte {
	if err != nil {
		panic(fmt.Sprintf("httpapi: a result cannot be written as JSON: %v", err))
	}
	return body
}

// conversions turn results of commands into the contract's types.
var conversions = map[reflect.Type]func(any) any{}

// registered are the operations whose result has a conversion; a test compares
// them with the operations that there are.
var registered = map[identity.Operation]reflect.Type{}

// register says how results of type R are shown, and which operations have
// such results. Each file of handlers registers those of its commands.
func register[R, A any](convert func(R) A, operations ...identity.Operation) bool {
	t := reflect.TypeFor[R]()
	if conversions[t] != nil {
		panic("httpapi: two conversions of " + t.String())
	}
	conversions[t] = func(r any) any { return convert(r.(R)) } //nolint:errcheck,forcetypeassert // found by this type
	for _, op := range operations {
		if _, twice := registered[op]; twice {
			panic("httpapi: two results for " + string(op))
		}
		registered[op] = t
	}
	return true
}

// Timers are nobody's request; their rows in the journal say what became of them.
var _ = register(func(t app.Timer) timerResult { return timerResult{t.ID, t.Purpose, t.Reference, string(t.State)} }, identity.TimerFire)

type timerResult struct {
	ID        int64  `json:"id"`
	Purpose   string `json:"purpose"`
	Reference int64  `json:"reference"`
	State     string `json:"state"`
}
