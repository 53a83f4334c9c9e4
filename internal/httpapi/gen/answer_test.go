package gen_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"permitx/internal/httpapi/gen"
)

// The routes do not collide: gin panics when two do.
func TestRegisterHandlers(t *testing.T) {
	t.Parallel()
	engine := gin.New()
	gen.RegisterHandlers(engine, gen.NewStrictHandler(nil, nil))
	if n := len(engine.Routes()); n < 90 {
		t.Errorf("%d routes", n)
	}
}

// A stored answer is sent as it was, and its kind follows from its status.
func TestAnswer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answer              gen.Answer
		contentType, replay string
	}{
		{gen.Answer{Status: http.StatusCreated, Body: []byte(`{"id":1}`)}, "application/json", "false"},
		{gen.Answer{Status: http.StatusUnprocessableEntity, Body: []byte(`{}`), Replayed: true}, "application/problem+json", "true"},
	} {
		w := httptest.NewRecorder()
		var response gen.PlaceOrderResponseObject = c.answer
		if err := response.VisitPlaceOrderResponse(w); err != nil {
			t.Fatal(err)
		}
		if w.Code != c.answer.Status || w.Body.String() != string(c.answer.Body) {
			t.Errorf("sent %d %s, want %+v", w.Code, w.Body, c.answer)
		}
		if h := w.Header(); h.Get("Content-Type") != c.contentType || h.Get("Idempotency-Replayed") != c.replay {
			t.Errorf("%d: headers %v", c.answer.Status, h)
		}
	}
}
