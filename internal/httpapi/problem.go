package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"permitx/internal/app"
	"permitx/internal/fault"
)

// statuses is the one mapping of kinds of faults to HTTP.
var statuses = [...]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Refused:         http.StatusUnprocessableEntity,
	fault.TooLarge:        http.StatusRequestEntityTooLarge,
	fault.TooMany:         http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// titles say what the kinds are, in a problem's title.
var titles = [...]string{
	fault.Internal:        "An error of the server",
	fault.Invalid:         "The request is malformed",
	fault.Unauthenticated: "No valid API key",
	fault.Forbidden:       "Not allowed",
	fault.NotFound:        "Not found",
	fault.Conflict:        "Not possible in this state",
	fault.Refused:         "Refused by a rule",
	fault.TooLarge:        "The body is too large",
	fault.TooMany:         "Too many requests",
	fault.Unavailable:     "Not available now",
}

// The faults of a request, in the order in which they are checked.
var (
	// errInternal is answered in place of every error that is not a fault.
	errInternal = fault.New(fault.Internal, "internal", "the server met an error; its log has more under the request id")
	// errNoRoute is returned for a path that does not exist.
	errNoRoute = fault.New(fault.NotFound, "request.path_not_found", "there is no such path; see /docs")
	// errNoMethod is returned for a path that does not take this method.
	errNoMethod = fault.New(fault.Invalid, "request.method_not_allowed", "this path does not take this method; see /docs")
	// errCrossOrigin is returned for a browser's request from another site.
	errCrossOrigin = fault.New(fault.Forbidden, "request.cross_origin", "a page of another site may not send this request")
	// errTooMany is returned over the rate limit. Wait a second.
	errTooMany = fault.New(fault.TooMany, "request.too_many", "too many requests: wait a second and go on more slowly")
	// errTooLarge is returned for a body over its limit.
	errTooLarge = fault.New(fault.TooLarge, "request.too_large", "the body is too large")
	// errTimeout is returned when an answer takes too long. Ask for less.
	errTimeout = fault.New(fault.Unavailable, "request.timeout", "the answer took too long: ask for a smaller part, or try again")
	// errDatabase is returned while the database does not answer. Try again later.
	errDatabase = fault.New(fault.Unavailable, "request.database_unavailable", "the database does not answer at this moment; try again")
)

// problem is an error as it is answered.
type problem struct {
	*fault.Error
	status  int
	request string // the request's id
}

// problemOf turns any error into a problem. Errors that are not faults lose
// their text.
func problemOf(err error) problem {
	f, ok := fault.As(err)
	switch {
	case ok:
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		f = errTimeout
	case errors.Is(err, app.ErrLost):
		f = errDatabase
	default:
		f = errInternal
	}
	p := problem{Error: f, status: statuses[f.Kind]}
	if f.Code == errNoMethod.Code {
		p.status = http.StatusMethodNotAllowed
	}
	return p
}

// append writes the problem's JSON as encoding/json writes api.Problem.
func (p problem) append(b []byte, o *operation) []byte {
	b = append(b, '{')
	if p.Citation != "" {
		b = appendText(append(b, `"citation":`...), p.Citation)
		b = append(b, ',')
	}
	b = appendText(append(b, `"code":`...), p.Code)
	b = appendText(append(b, `,"detail":`...), p.Detail)
	for i, e := range p.All {
		if i == 0 {
			b = append(b, `,"errors":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendText(append(b, `{"code":`...), e.Code)
		b = appendText(append(b, `,"detail":`...), e.Detail)
		b = appendText(append(b, `,"field":`...), o.pointer(e.Field))
		b = append(b, '}')
	}
	if p.All != nil {
		b = append(b, ']')
	}
	if p.Field != "" {
		b = appendText(append(b, `,"field":`...), o.pointer(p.Field))
	}
	if p.request != "" {
		b = appendText(append(b, `,"request_id":`...), p.request)
	}
	if p.Rule != "" {
		b = appendText(append(b, `,"rule":`...), p.Rule)
	}
	b = strconv.AppendInt(append(b, `,"status":`...), int64(p.status), 10)
	b = appendText(append(b, `,"title":`...), titles[p.Kind])
	b = appendText(append(b, `,"type":`...), problemTypePrefix+p.Code)
	return append(b, '}')
}

// fail answers with the problem of an error, which is logged when it is ours.
func (s *Server) fail(c *gin.Context, err error) {
	k := callOf(c)
	p := problemOf(err)
	p.request = k.id
	if p.Kind == fault.Internal && !c.IsAborted() {
		s.config.Log.LogAttrs(c.Request.Context(), slog.LevelError, "a request failed",
			slog.String("request", k.id), slog.String("path", c.FullPath()), slog.Any("error", err))
	} else if cause := errors.Unwrap(p.Error); cause != nil && !errors.Is(cause, context.Canceled) {
		s.config.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "a request was refused because of an error",
			slog.String("request", k.id), slog.String("code", p.Code), slog.Any("error", cause))
	}
	c.Abort()
	if c.Writer.Written() { // a stream that has begun
		return
	}
	writeProblem(c.Writer, p, k.op)
}

func writeProblem(w http.ResponseWriter, p problem, o *operation) {
	h := w.Header()
	h["Content-Type"] = problemType
	if p.Kind == fault.TooMany || p.Kind == fault.Unavailable {
		h["Retry-After"] = retryAfter
	}
	if p.Kind == fault.Unauthenticated {
		h["Www-Authenticate"] = bearerScheme
	}
	w.WriteHeader(p.status)
	w.Write(p.append(make([]byte, 0, 512), o)) //nolint:errcheck // the client has gone
}

// problemTypePrefix begins the reference that names a kind of problem.
const problemTypePrefix = "/problems/"

// Header values that are sent often, made once. Nobody may change them.
var (
	problemType  = []string{"application/problem+json"}
	jsonType     = []string{"application/json"}
	retryAfter   = []string{"1"} // seconds
	bearerScheme = []string{"Bearer"}
	replayedNo   = []string{"false"}
	replayedYes  = []string{"true"}
)

// appendText appends a JSON string as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for _, c := range []byte(s) {
		if c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(s) //nolint:errchkjson // a string always can
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
