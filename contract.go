// Package permitx carries the HTTP contract of the exchange. Everything else
// lies below: api is the client, cmd/permitx the program.
package permitx

import _ "embed" // for the contract

// OpenAPI is openapi.yaml, as the server hands it out.
//
//go:embed openapi.yaml
var OpenAPI []byte
