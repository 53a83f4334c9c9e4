package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/gin-gonic/gin"

	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// admit lets a request of the contract come to its handler: its key is valid,
// its rate within the limit, its form that of the contract. A query gets a
// deadline.
func (s *Server) admit(c *gin.Context) {
	k := callOf(c)
	k.op = s.operations[route{c.Request.Method, c.FullPath()}]
	if k.op == nil { // 404 and 405
		return
	}
	if err := s.check(c, k); err != nil {
		s.fail(c, err)
		return
	}
	if k.op.isCommand || k.op.isStream {
		return
	}
	ctx, cancel := context.WithTimeout(k.ctx, s.config.QueryTime)
	defer cancel()
	k.ctx = ctx
	c.Request = c.Request.WithContext(ctx)
	c.Next()
}

func (s *Server) check(c *gin.Context, k *call) error {
	if err := s.authenticate(c, k); err != nil {
		return err
	}
	if s.limiter != nil && !s.limiter.allows(limitKey{k.actor.Person, addressOf(c, k)}) {
		return errTooMany
	}
	if k.op.isCommand {
		keys := c.Request.Header[idempotencyHeader]
		if len(keys) != 1 {
			return app.ErrNoIdempotencyKey
		}
		if err := app.CheckKey(keys[0]); err != nil {
			return err
		}
	}
	if k.op.isHot {
		return nil
	}
	return validate(c, k.op)
}

// addressOf tells callers without a key apart.
func addressOf(c *gin.Context, k *call) string {
	if k.secret != "" {
		return ""
	}
	return c.RemoteIP()
}

// authenticate finds out who calls. A key that is not valid is refused
// everywhere, also where none is needed.
func (s *Server) authenticate(c *gin.Context, k *call) error {
	sent := c.Request.Header["Authorization"]
	if len(sent) == 0 {
		if k.op.isPublic {
			return nil
		}
		return identity.ErrNoKey
	}
	scheme, secret, _ := strings.Cut(sent[0], " ")
	if len(sent) > 1 || !strings.EqualFold(scheme, "Bearer") || !strings.HasPrefix(secret, identity.KeyPrefix) {
		return identity.ErrBadKey
	}
	var err error
	if k.actor, err = s.app.Authenticate(secret); err != nil {
		return err
	}
	k.secret = secret
	return nil
}

// badParameter explains what the generated code could not decode among the
// parameters: the number in the path of an operation that is not validated
// before.
func badParameter(o *operation, err error) error {
	if o.isHot && len(o.path) == 1 {
		return fault.Invalidf(o.path[0], "must be %s", aNumber)
	}
	return fault.Invalidf("", "the request cannot be read").Because(err)
}

// undecodable explains what the generated code could not decode although it
// has the form of the contract, such as a number that does not fit.
func undecodable(err error) error {
	var unfit *json.UnmarshalTypeError
	if errors.As(err, &unfit) && unfit.Field != "" {
		return fault.Invalidf("/"+strings.ReplaceAll(unfit.Field, ".", "/"), "must be a whole number of at most 19 digits, written without a point or an exponent")
	}
	return fault.Invalidf("", "the request cannot be read").Because(err)
}
