// Package api is the HTTP interface of the exchange for programs: the types of
// openapi.yaml and a client. It needs nothing of the server.
//
// # Terms
//
// Decimals are strings ("13.257"), so that nothing is lost on the way; days and
// instants are strings too ("2031-06-30", "2026-07-01T01:30:00.000000Z"). An
// optional field is a pointer, nil where it has no value.
//
// A command is an operation that changes something. It takes an idempotency
// key of the caller's choice: a command whose answer was lost is sent again
// with the same key and is done once.
//
// Every method of ClientWithResponses returns the answer's body in the field of
// its status, or the problem in ApplicationProblemJSONDefault.
package api

//go:generate go tool oapi-codegen -config oapi-types.yaml ../openapi.yaml
//go:generate go tool oapi-codegen -config oapi-client.yaml ../openapi.yaml
