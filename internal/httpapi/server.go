package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/intake"
)

// The limits of the server. Zero fields of Config mean these.
const (
	DefaultBodyLimit      = 1 << 20          // bytes
	DefaultLargeBodyLimit = 8 << 20          // bytes, of batches and bank statements
	DefaultActivitiesBody = 24 << 20         // bytes: 10,000 activities, each with all that the contract allows
	DefaultQueryTime      = 10 * time.Second // a query may take this long; a command is bounded by its queue
	DefaultStreams        = 1_000            // event streams at once
)

// Config is what a Server needs.
type Config struct {
	App     *app.App
	Log     *slog.Logger // nil: none
	Version string       // names the build in the header Server

	BodyLimit           int64 // bytes
	LargeBodyLimit      int64 // bytes, of batches and bank statements
	ActivitiesBodyLimit int64 // bytes, of batches of activities
	QueryTime           time.Duration
	Streams             int // event streams at once
	RateLimit           int // requests a second of one person, or of one address without a key; 0: no limit

	Intake  *intake.Intake // of carbon-inclusive schemes; nil: its operations are not available
	Refused *app.Refusals  // of its messages; nil: none

	CodeKeys app.CodeKeys // of certificates; nil: they have no codes

	Metrics *prometheus.Registry // nil: no /metrics
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.BodyLimit == 0 {
		c.BodyLimit = DefaultBodyLimit
	}
	if c.LargeBodyLimit == 0 {
		c.LargeBodyLimit = DefaultLargeBodyLimit
	}
	if c.ActivitiesBodyLimit == 0 {
		c.ActivitiesBodyLimit = DefaultActivitiesBody
	}
	if c.QueryTime == 0 {
		c.QueryTime = DefaultQueryTime
	}
	if c.Streams == 0 {
		c.Streams = DefaultStreams
	}
	return c
}

// Server answers the operations of the contract from one app.
type Server struct {
	config     Config
	app        *app.App
	rows       app.Reader // the committed rows, for handlers
	results    app.PublishedResults
	operations map[route]*operation
	limiter    *limiter // nil: no limit
	ids        requestIDs
	hub        *hub
	version    []string // the header Server
	kinds      sync.Map // of accounts: ledger.AccountID → ledger.Kind
	engine     *gin.Engine
}

var _ gen.StrictServerInterface = (*Server)(nil)

// New returns a server for an app. The caller serves Handler and calls Close
// before it waits for open requests.
func New(c Config) (*Server, error) {
	if c.App == nil {
		return nil, errors.New("httpapi: a server needs an app")
	}
	c = c.withDefaults()
	s := &Server{config: c, app: c.App, rows: c.App.Reader(), ids: newRequestIDs(), version: []string{"permitx/" + c.Version}}
	var err error
	if s.operations, err = operationsOf(c); err != nil {
		return nil, err
	}
	if c.RateLimit > 0 {
		s.limiter = newLimiter(c.RateLimit)
	}
	if c.Metrics != nil {
		if err := registerGauges(c.Metrics, c.App); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	s.hub = newHub(c.App, c.Log, c.Streams)
	s.engine = s.routes()
	return s, nil
}

// Close ends the event streams, which would otherwise never end.
func (s *Server) Close() { s.hub.close() }

// Handler serves the contract. It refuses what browsers send from the pages of
// other sites.
func (s *Server) Handler() http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeProblem(w, problemOf(errCrossOrigin), nil)
	}))
	return guard.Handler(s.engine)
}

func (s *Server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.ContextWithFallback = true // a handler's context ends with its request
	e.Use(s.enter)
	e.NoRoute(func(c *gin.Context) { s.fail(c, errNoRoute) })
	e.NoMethod(func(c *gin.Context) { s.fail(c, errNoMethod) })
	s.pages(e)
	e.Use(s.export, s.admit) // what follows is the contract
	strict := gen.NewStrictHandlerWithOptions(s, []gen.StrictMiddlewareFunc{ownContext}, gen.StrictGinServerOptions{
		RequestErrorHandlerFunc:  func(c *gin.Context, err error) { s.fail(c, undecodable(err)) },
		HandlerErrorFunc:         s.fail,
		ResponseErrorHandlerFunc: s.unsent,
	})
	gen.RegisterHandlersWithOptions(e, hot{ServerInterface: strict, s: s}, gen.GinServerOptions{
		ErrorHandler: func(c *gin.Context, err error, _ int) { s.fail(c, badParameter(callOf(c).op, err)) },
	})
	return e
}

// ownContext gives handlers a context that stays theirs: gin uses its own again for
// the next request while the writer or a database driver may still look at it.
func ownContext(handle gen.StrictHandlerFunc, _ string) gen.StrictHandlerFunc {
	return func(c *gin.Context, request any) (any, error) { return handle(c.Copy(), request) }
}

// unsent is called when an answer could not be written: the client has gone,
// or it cannot be encoded.
func (s *Server) unsent(c *gin.Context, err error) {
	if c.Request.Context().Err() == nil && !c.Writer.Written() {
		s.fail(c, err)
	}
}

// do runs a command for the caller and answers with what it results in.
func (s *Server) do(ctx context.Context, key string, c app.Command) (gen.Answer, error) {
	k := callOf(ctx)
	a, err := s.app.Do(ctx, k.actor, key, c)
	return gen.Answer{Status: a.Status, Body: a.Body, Replayed: a.Replayed}, err
}

// create is do for a command that makes something: it answers 201.
func (s *Server) create(ctx context.Context, key string, c app.Command) (gen.Answer, error) {
	a, err := s.do(ctx, key, c)
	if a.Status == http.StatusOK {
		a.Status = http.StatusCreated
	}
	return a, err
}
