// Package httpapi is the exchange over HTTP. It is the only place that knows
// gin, and the only one where an error becomes a response.
//
// # The way of a request
//
//	enter      request id, recovery, log
//	admit      key → actor, rate, size, time, validation against the contract
//	operation  decodes, asks or commands the app, encodes
//	fail       any error → a problem (RFC 9457); problem.go has the one mapping
//
// A command's answer is encoded by the writer before it is committed (Encode)
// and sent as it was stored. A query reads committed rows, or what the app
// publishes, and never waits for the writer.
//
// # How an operation is added
//
// openapi.yaml gets the operation and package gen its method; the compiler
// then names what is missing here. A command is decoded into one of package
// app's and given to do or create; what it results in is registered once with
// register. A query authorises with see, which also says what of a list the
// caller may know of, and reads with find (stored rows) or published (rows in
// memory).
//
// The operations that a market lives of (hot.go) decode and encode by hand.
// Tests hold both equal to the contract and to encoding/json.
package httpapi
