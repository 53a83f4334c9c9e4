// Package fault holds the errors that a user may see.
//
// A fault has a kind, which decides the HTTP status, a stable code that a
// client may test for, a detail that is safe to show and, below them, a cause
// that is only logged. Every error that is not a fault is internal: it is
// logged and answered without its text.
//
// Packages declare their faults in one var block, in the order in which they
// are checked: when several hold, the first one listed is returned.
package fault

import (
	"errors"
	"fmt"
)

// Kind is the coarse class of a fault. It decides the HTTP status; the one
// mapping is in httpapi.
type Kind uint8

// The kinds, and what a client should do.
const (
	Internal        Kind = iota // our error; nothing to do
	Invalid                     // malformed input: correct the named field
	Unauthenticated             // no key, or one that is not valid
	Forbidden                   // the role may not do this
	NotFound                    // does not exist, or the caller may not know that it does
	Conflict                    // the state does not allow it now, or an idempotency key was used for something else
	Refused                     // well-formed, but a rule or a balance says no
	TooLarge                    // the body is over its limit
	TooMany                     // over the rate limit: slow down
	Unavailable                 // overloaded or not ready: try again later
)

// Kinds are all kinds, for tests that must cover each.
var Kinds = []Kind{Internal, Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Refused, TooLarge, TooMany, Unavailable}

// Error is a fault. Errors are values: With, At, Under and Because return a
// changed copy. Two faults are the same for errors.Is when their codes are.
type Error struct {
	Kind     Kind
	Code     string   // stable, "package.snake_case"
	Detail   string   // a sentence that a person can act on; safe to show
	Field    string   // where in the input, as a JSON pointer or a parameter's name
	Rule     string   // id of the rule that refused, where one did
	Citation string   // the rule's source: document number and article, or "project default"
	All      []*Error // each of several things that are wrong, this one first; nil where it is alone
	kept     *Error   // what is kept of it, where the whole would tell too much
	cause    error
}

// New returns a fault to be declared once and returned with details by With.
func New(kind Kind, code, detail string) *Error {
	return &Error{Kind: kind, Code: code, Detail: detail}
}

// Invalidf returns a fault about one field of the input.
func Invalidf(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "request.invalid", Field: field, Detail: fmt.Sprintf(format, args...)}
}

// Together returns what is wrong as one error: the first fault, which names the
// others, or nil when there is none.
func Together(all []*Error) error {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	first := *all[0]
	first.All = all
	return &first
}

// Error gives the code and the detail; the cause is not part of it.
func (e *Error) Error() string {
	if e.Field != "" {
		return e.Code + ": " + e.Field + ": " + e.Detail
	}
	return e.Code + ": " + e.Detail
}

// Is reports whether target is a fault with the same code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Unwrap returns the cause, which is for the log only.
func (e *Error) Unwrap() error { return e.cause }

// With returns e with a detail for this occurrence.
func (e *Error) With(format string, args ...any) *Error {
	c := *e
	c.Detail = fmt.Sprintf(format, args...)
	return &c
}

// At returns e with the field that it is about.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Under returns e with the rule that refused and its source.
func (e *Error) Under(rule, citation string) *Error {
	c := *e
	c.Rule, c.Citation = rule, citation
	return &c
}

// Because returns e with a cause, which is logged and never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// KeptAs returns e of which the journal keeps another fault: e is answered once,
// and told to nobody else.
func (e *Error) KeptAs(kept *Error) *Error {
	c := *e
	c.kept = kept
	return &c
}

// Kept is what may be kept of e: itself, if nothing else was named.
func (e *Error) Kept() *Error {
	if e.kept != nil {
		return e.kept
	}
	return e
}

// As returns the fault in err's chain, if there is one.
func As(err error) (*Error, bool) {
	if err == nil { // the usual case, without an allocation
		return nil, false
	}
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// First returns the first error there is.
func First(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
