// Package gen is the server's side of openapi.yaml: one method an operation,
// the routes, and what decodes parameters and bodies. Its types are those of
// package api.
//
// A handler returns the answer of its operation or an error. Problems have no
// types here, so that no handler can make one up: httpapi turns errors into
// problems in one place. A command's answer was written before it was
// committed; Answer sends it as it is.
package gen

//go:generate go tool oapi-codegen -config ../../../api/oapi-server.yaml ../../../openapi.yaml
