package app

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/identity"
)

// A key that was used before a command got another field is answered as then; with
// something else in that field it is a new command, which needs a new key.
func TestReplay_OfBeforeAField(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, actor := o.firm(jiashan, 1), identity.Actor{Person: o.leader}
	c := PartyState{Party: f.party, State: catalog.PartySuspended, Reason: "r"}
	first, err := o.app.Do(t.Context(), actor, "k", c)
	if err != nil {
		t.Fatal(err)
	}
	o.settle()
	o.store.mu.Lock()
	payload, journal := o.store.table(Payloads.name), o.store.table(Journal.name)
	p, j := payload.rows[first.Command].(JournalPayload), journal.rows[first.Command].(JournalRow)
	without := bytes.Replace(p.Payload, []byte(`,"Document":""`), nil, 1)
	if len(without) == len(p.Payload) {
		t.Errorf("the payload is %s", p.Payload)
	}
	sum := sha256.Sum256(without)
	p.Payload, j.Payload = without, sum[:]
	payload.put(p.Number, p)
	journal.put(j.Number, j)
	o.store.mu.Unlock()
	if again, err := o.app.Do(t.Context(), actor, "k", c); err != nil || !again.Replayed || again.Command != first.Command {
		t.Errorf("sent again: %+v, %v", again, err)
	}
	c.Document = "another"
	if again, err := o.app.Do(t.Context(), actor, "k", c); !errors.Is(err, ErrKeyReused) {
		t.Errorf("sent with a document: %+v, %v", again, err)
	}
}
