package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// earlier is the command that had an idempotency key first.
type earlier struct {
	JournalRow
	request *request // where it is of this commit; nil of one before
}

// repeated answers a command whose key was used. Whom a command is about is in
// no digest that stays: it is compared with what the rows say.
func (in *Intake) repeated(ctx context.Context, r *request, e earlier) (reply, error) {
	if !bytes.Equal(e.Payload, r.payload[:]) {
		return reply{err: ErrKeyUsed}, nil
	}
	body, err := unpackAnswer(e.Answer)
	if err != nil {
		return reply{err: err}, nil //nolint:nilerr // of this command alone: the others of its commit go on
	}
	same, err := in.samePeople(ctx, r, e, body)
	if err != nil {
		return reply{}, err
	}
	if !same {
		return reply{err: ErrKeyUsed}, nil
	}
	return reply{answer: Answer{Number: e.Number, Body: body, Replayed: true}}, nil
}

// spoken is a participant as a command calls it, and the number that the answer
// has for it.
type spoken struct {
	name Pseudonym
	id   int64 // 0: of one who was erased
}

// samePeople reports whether a command is about those whom the one before was
// about. Of a participant who was erased since, nobody can tell.
func (in *Intake) samePeople(ctx context.Context, r *request, e earlier, body []byte) (bool, error) {
	if e.request != nil {
		return r.source == e.request.source && slices.Equal(r.people(in.c.Pace), e.request.people(in.c.Pace)), nil
	}
	all, same, err := in.spokenOf(ctx, r, body)
	if err != nil || !same || len(all) == 0 {
		return same && err == nil, err
	}
	names, ids := make([]Pseudonym, len(all)), make([]int64, len(all))
	for i, s := range all {
		names[i], ids[i] = s.name, s.id
	}
	named, err := in.c.Store.Participants(ctx, distinct(names))
	if err != nil {
		return false, fmt.Errorf("find participants: %w", err)
	}
	numbered, err := in.c.Store.ParticipantsByID(ctx, distinct(ids))
	if err != nil {
		return false, fmt.Errorf("find participants: %w", err)
	}
	live, erased := map[Pseudonym]int64{}, map[int64]bool{0: true}
	for _, p := range named {
		live[p.Pseudonym] = p.ID
	}
	for _, p := range numbered {
		erased[p.ID] = p.Erased
	}
	for _, s := range all {
		if live[s.name] != s.id && (s.id == 0 || !erased[s.id]) {
			return false, nil
		}
	}
	return true, nil
}

// people are the pseudonyms that a command names, in its order.
func (r *request) people(pace *Pace) []Pseudonym {
	if r.kind != KindBatch {
		return []Pseudonym{r.person}
	}
	names := make([]Pseudonym, len(r.batch))
	for i := range r.batch {
		pace.Breathe(i)
		names[i] = r.batch[i].read(r.reg, r.source, r.at).name
	}
	return names
}

// spokenOf are the participants of a command that was answered: of a batch,
// those whose activities were accepted. Activities of a month that was taken
// away say of nobody any more. A batch of another scheme is not the same.
func (in *Intake) spokenOf(ctx context.Context, r *request, body []byte) (all []spoken, same bool, err error) {
	var answer struct {
		Scheme      int64
		Participant int64
		Activities  []struct {
			Status   Status
			Activity int64
		}
	}
	if r.kind == KindPool || r.kind == KindSent || r.kind == KindReturn {
		return nil, true, nil
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, false, fmt.Errorf("read an answer: %w", err)
	}
	switch {
	case r.kind != KindBatch:
		return []spoken{{r.person, answer.Participant}}, true, nil
	case answer.Scheme != r.source:
		return nil, false, nil
	}
	of, months := map[int64]Pseudonym{}, map[Month][]int64{}
	for i, name := range r.people(in.c.Pace) {
		if a := answer.Activities[i]; a.Status == Accepted && r.batch[i].Reverses == "" {
			of[a.Activity] = name
			m := MonthOf(r.batch[i].From.Date())
			months[m] = append(months[m], a.Activity)
		}
	}
	for m, ids := range months {
		rows, err := in.c.Store.Rows(ctx, m, ids)
		if err != nil {
			return nil, false, fmt.Errorf("find activities of %d: %w", m, err)
		}
		for i := range rows {
			all = append(all, spoken{of[rows[i].ID], rows[i].Participant})
		}
	}
	return all, true, nil
}

func distinct[K comparable](all []K) []K {
	set := make(map[K]bool, len(all))
	for _, k := range all {
		set[k] = true
	}
	return keysOf(set)
}
