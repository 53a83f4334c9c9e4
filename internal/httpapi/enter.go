package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"permitx/internal/identity"
)

// call is a request on its way, from enter to its handler.
type call struct {
	id     string // names the request in the log and in problems
	op     *operation
	ctx    context.Context //nolint:containedctx // the request's: gin's own context is used again for another one
	actor  identity.Actor  // nobody for the public
	secret string          // the API key, which nobody may log; empty for the public
}

// callKey is where gin's context keeps the call; it looks up strings only.
const callKey = "permitx.call"

// callOf returns the call that a handler's context belongs to.
func callOf(ctx context.Context) *call {
	k, ok := ctx.Value(callKey).(*call)
	if !ok {
		panic("httpapi: a context without a call")
	}
	return k
}

// enter is the first to see a request and the last to see its answer: it names
// it, turns a panic into a problem, and writes it to the log.
func (s *Server) enter(c *gin.Context) {
	started := time.Now()
	k := &call{id: s.ids.of(c.Request), ctx: c.Request.Context()}
	c.Set(callKey, k)
	h := c.Writer.Header()
	h["X-Request-Id"] = []string{k.id}
	h["Server"] = s.version
	defer func() {
		if cause := recover(); cause != nil {
			s.recovered(c, k, cause)
		}
		if s.config.Log.Enabled(k.ctx, slog.LevelDebug) {
			s.config.Log.LogAttrs(k.ctx, slog.LevelDebug, "request", slog.String("request", k.id),
				slog.String("method", c.Request.Method), slog.String("path", c.Request.URL.Path), slog.Int("status", c.Writer.Status()),
				slog.Int64("person", k.actor.Person), slog.Duration("took", time.Since(started)))
		}
	}()
	c.Next()
}

func (s *Server) recovered(c *gin.Context, k *call, cause any) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	s.config.Log.LogAttrs(k.ctx, slog.LevelError, "a handler panicked", slog.String("request", k.id),
		slog.String("path", c.FullPath()), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	c.Abort()
	s.fail(c, fmt.Errorf("panic: %v", cause))
}

// requestIDs names requests: the server's start and a counter, or what a proxy
// before it has sent.
type requestIDs struct {
	prefix string
	last   *atomic.Uint64
}

const (
	requestIDHeader   = "X-Request-Id"
	idempotencyHeader = "Idempotency-Key"
	maxRequestID      = 64
)

func newRequestIDs() requestIDs {
	var start [6]byte
	rand.Read(start[:])
	return requestIDs{hex.EncodeToString(start[:]) + "-", new(atomic.Uint64)}
}

func (r requestIDs) of(req *http.Request) string {
	if sent := req.Header[requestIDHeader]; len(sent) == 1 && isRequestID(sent[0]) {
		return sent[0]
	}
	const base = 36
	b := append(make([]byte, 0, 32), r.prefix...)
	return string(strconv.AppendUint(b, r.last.Add(1), base))
}

func isRequestID(s string) bool {
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return s != "" && len(s) <= maxRequestID
}
