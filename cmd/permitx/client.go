package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"permitx/api"
)

const answerBytesMax = 16 << 20

// problemError is a problem that a server answered.
type problemError struct{ api.Problem }

// Error gives what a person can act on.
func (e problemError) Error() string {
	text := fmt.Sprintf("%s (%s)", e.Detail, e.Code)
	if e.Field != nil {
		text = *e.Field + ": " + text
	}
	if e.Citation != nil {
		text += "; " + *e.Citation
	}
	return text
}

// isProblem reports whether err is the problem with that code.
func isProblem(err error, code string) bool {
	var p problemError
	return errors.As(err, &p) && p.Code == code
}

// reply is what a server sent back.
type reply struct {
	status int
	body   []byte
}

// read reads a response to its end.
func read(response *http.Response, err error) (reply, error) {
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax))
	if err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	return reply{response.StatusCode, body}, nil
}

// answer is what a server answered: a T, or a problem as an error. Its
// arguments are what read returns.
func answer[T any](r reply, err error) (T, error) {
	var result T
	switch {
	case err != nil:
		return result, err
	case r.status >= http.StatusBadRequest:
		return result, problemOf(r.status, r.body)
	}
	return result, unmarshal(r.body, &result)
}

// approved is answer for a command that a second person must approve: the
// server answers with a proposal, and the approver approves what it shows.
func approved[T any](ctx context.Context, approver api.ClientInterface) func(reply, error) (T, error) {
	return func(r reply, err error) (T, error) {
		if err != nil || r.status != http.StatusAccepted {
			return answer[T](r, err)
		}
		var done struct {
			Result T `json:"result"`
		}
		p, err := answer[api.Proposal](r, nil)
		if err != nil {
			return done.Result, err
		}
		r, err = read(approver.ApproveProposal(ctx, p.ID, &api.ApproveProposalParams{IdempotencyKey: commandKey()},
			api.ProposalApproval{EffectsDigest: p.EffectsDigest}))
		if err != nil || r.status >= http.StatusBadRequest {
			return answer[T](r, err)
		}
		return done.Result, unmarshal(r.body, &done)
	}
}

func problemOf(status int, body []byte) error {
	var p problemError
	if err := json.Unmarshal(body, &p.Problem); err != nil || p.Code == "" {
		return fmt.Errorf("the server answered %d %s", status, http.StatusText(status))
	}
	return p
}

func unmarshal(body []byte, result any) error {
	if err := json.Unmarshal(body, result); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// pages reads a list to its end. fetch returns one page and the cursor of the next.
func pages[T any](fetch func(after *api.ID) ([]T, *api.ID, error)) ([]T, error) {
	var all []T
	for after := (*api.ID)(nil); ; {
		items, next, err := fetch(after)
		all = append(all, items...)
		if err != nil || next == nil {
			return all, err
		}
		after = next
	}
}
