package gen

import (
	"net/http"
	"strconv"
)

// Answer is the stored answer of a command, new or replayed: a result, or the
// problem of a refusal. It is a response of every command.
type Answer struct {
	Status   int
	Body     []byte // JSON
	Replayed bool   // the command had been done before, with this key
}

// write sends the answer.
func (a Answer) write(w http.ResponseWriter) error {
	h := w.Header()
	if a.Status >= http.StatusBadRequest {
		h.Set("Content-Type", "application/problem+json")
	} else {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Idempotency-Replayed", strconv.FormatBool(a.Replayed))
	w.WriteHeader(a.Status)
	_, err := w.Write(a.Body)
	return err
}
