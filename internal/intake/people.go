package intake

import (
	"context"
	"log/slog"
)

// peopleKept are how many participants are remembered at least, if so many came: with twice
// as many at most, 300 MB (project default).
const peopleKept = 1_000_000

// people remembers participants as they are after the last commit that was judged, those
// that came lately: to find one by pseudonym is half of what the database does for
// an activity before it is judged. It is dropped when the memory is read again.
type people struct{ young, old map[Pseudonym]Participant }

// recall begins with the participants who came last. Without them each is found when
// he comes again.
func (in *Intake) recall(ctx context.Context) {
	err := in.c.Store.Newest(ctx, peopleKept, in.people.put)
	if err == nil {
		return
	}
	in.people = newPeople()
	if ctx.Err() == nil {
		in.c.Log.WarnContext(ctx, "participants could not be read ahead", slog.Any("error", err))
	}
}

func newPeople() *people { return &people{young: map[Pseudonym]Participant{}} }

func (p *people) get(name Pseudonym) (Participant, bool) {
	found, known := p.young[name]
	if !known {
		found, known = p.old[name]
	}
	return found, known
}

func (p *people) put(one *Participant) {
	if len(p.young) >= peopleKept {
		p.young, p.old = make(map[Pseudonym]Participant, peopleKept), p.young
	}
	p.young[one.Pseudonym] = *one
}

func (p *people) forget(name Pseudonym) {
	delete(p.young, name)
	delete(p.old, name)
}

// remember keeps a commit's participants. Who was erased is forgotten first: somebody may
// have come again under the name.
func (p *people) remember(w *work) {
	for _, name := range w.erased {
		p.forget(name)
	}
	for _, one := range w.participants {
		p.put(one)
	}
}
