package httpapi

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/gin-gonic/gin"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/ledger"
)

// hot answers the operations that a market lives of without the generated
// decoding and validation: 0.6 µs and 4 allocations to decode an order, where
// encoding/json with a comparison with the contract takes 25 µs. Tests hold it
// equal to them.
type hot struct {
	gen.ServerInterface
	s *Server
}

// bodies are buffers for request bodies.
var bodies = sync.Pool{New: func() any { return new([]byte) }}

// maxPooledBody bounds the buffers that are kept.
const maxPooledBody = 64 << 10

// readInto gives decode the request's body, which it must not keep.
func readInto(c *gin.Context, decode func(data []byte) error) error {
	if err := checkJSONType(c.Request); err != nil {
		return err
	}
	buf := bodies.Get().(*[]byte) //nolint:errcheck,forcetypeassert // only these are put
	data, err := readBody(c.Request, callOf(c).op, (*buf)[:0])
	if err == nil {
		err = decode(data)
	}
	if cap(data) <= maxPooledBody {
		*buf = data
		bodies.Put(buf)
	}
	return err
}

// errHot is returned by the methods that hot stands before. Nothing calls them.
var errHot = errors.New("httpapi: the operation has a handler of its own")

// CancelOrder is answered by hot.
func (s *Server) CancelOrder(context.Context, gen.CancelOrderRequestObject) (gen.CancelOrderResponseObject, error) {
	return nil, errHot
}

// PlaceOrder is answered by hot.
func (s *Server) PlaceOrder(context.Context, gen.PlaceOrderRequestObject) (gen.PlaceOrderResponseObject, error) {
	return nil, errHot
}

// PostTransfer is answered by hot.
func (s *Server) PostTransfer(context.Context, gen.PostTransferRequestObject) (gen.PostTransferResponseObject, error) {
	return nil, errHot
}

// PostTransferBatch is answered by hot.
func (s *Server) PostTransferBatch(context.Context, gen.PostTransferBatchRequestObject) (gen.PostTransferBatchResponseObject, error) {
	return nil, errHot
}

// SubmitOrderBatch is answered by hot.
func (s *Server) SubmitOrderBatch(context.Context, gen.SubmitOrderBatchRequestObject) (gen.SubmitOrderBatchResponseObject, error) {
	return nil, errHot
}

// run gives a command to the app and answers; status is that of its success.
func (h hot) run(c *gin.Context, key string, command app.Command, status int) {
	k := callOf(c)
	a, err := h.s.app.Do(k.ctx, k.actor, key, command)
	if err != nil {
		h.s.fail(c, err)
		return
	}
	header := c.Writer.Header()
	header["Content-Type"] = jsonType
	header["Idempotency-Replayed"] = replayedNo
	if a.Replayed {
		header["Idempotency-Replayed"] = replayedYes
	}
	switch a.Status {
	case http.StatusOK:
		a.Status = status
	case http.StatusAccepted: // it waits for a signer
	default:
		header["Content-Type"] = problemType
	}
	header["Content-Length"] = []string{strconv.Itoa(len(a.Body))}
	c.Writer.WriteHeader(a.Status)
	c.Writer.Write(a.Body) //nolint:errcheck // the client has gone
}

// PlaceOrder enters an order into a market.
func (h hot) PlaceOrder(c *gin.Context, params api.PlaceOrderParams) {
	var order app.PlaceOrder
	err := readInto(c, func(data []byte) (err error) {
		order, err = decodeOrder(data)
		return err
	})
	if err != nil {
		h.s.fail(c, err)
		return
	}
	h.run(c, params.IdempotencyKey, order, http.StatusCreated)
}

// CancelOrder takes an open order out of its book.
func (h hot) CancelOrder(c *gin.Context, id api.PathID, params api.CancelOrderParams) {
	data, err := readBody(c.Request, callOf(c).op, nil)
	if err == nil {
		err = checkNoBody(data)
	}
	if err == nil && id < 1 {
		err = fault.Invalidf("id", "must be %s", aNumber)
	}
	if err != nil {
		h.s.fail(c, err)
		return
	}
	h.run(c, params.IdempotencyKey, app.CancelOrder{Order: id}, http.StatusOK)
}

// SubmitOrderBatch places and cancels a number of orders.
func (h hot) SubmitOrderBatch(c *gin.Context, params api.SubmitOrderBatchParams) {
	var batch app.OrderBatch
	err := readInto(c, func(data []byte) (err error) {
		batch, err = decodeOrderBatch(data)
		return err
	})
	if err != nil {
		h.s.fail(c, err)
		return
	}
	h.run(c, params.IdempotencyKey, batch, http.StatusOK)
}

// PostTransfer posts a correcting transfer.
func (h hot) PostTransfer(c *gin.Context, params api.PostTransferParams) {
	var t transferInput
	err := readInto(c, func(data []byte) (err error) {
		t, err = decodeTransfer(data)
		return err
	})
	if err == nil {
		err = h.s.resolve(callOf(c).ctx, &t)
	}
	if err != nil {
		h.s.fail(c, err)
		return
	}
	h.run(c, params.IdempotencyKey, t.TransferPost, http.StatusCreated)
}

// PostTransferBatch posts a number of correcting transfers.
func (h hot) PostTransferBatch(c *gin.Context, params api.PostTransferBatchParams) {
	var inputs []transferInput
	var batch app.TransferBatch
	err := readInto(c, func(data []byte) (err error) {
		inputs, batch.Mode, err = decodeTransferBatch(data)
		return err
	})
	for i := 0; i < len(inputs) && err == nil; i++ {
		if err = h.s.resolve(callOf(c).ctx, &inputs[i]); err == nil {
			batch.Transfers = append(batch.Transfers, inputs[i].TransferPost)
		}
	}
	if err != nil {
		h.s.fail(c, err)
		return
	}
	h.run(c, params.IdempotencyKey, batch, http.StatusOK)
}

// resolve reads a transfer's amount in the unit of its debited account. An
// account's kind never changes, so it is asked for once.
func (s *Server) resolve(ctx context.Context, t *transferInput) error {
	kind, known := s.kinds.Load(t.Debit)
	if !known {
		var rows []ledger.Account
		if err := s.rows.Find(ctx, app.Accounts.Name(), app.Where("id", int64(t.Debit)), &rows); err != nil {
			return err
		}
		if len(rows) == 0 {
			return t.resolve(false)
		}
		kind = rows[0].Kind
		s.kinds.Store(t.Debit, kind)
	}
	return t.resolve(kind.(ledger.Kind).IsMoney()) //nolint:errcheck,forcetypeassert // only kinds are stored
}
