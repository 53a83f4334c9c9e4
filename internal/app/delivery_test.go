package app

import (
	"context"
	"strings"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// A fullOutbox holds messages 1 to its number; the last is of methodology 1, the others of none.
type fullOutbox struct {
	messages int64
	sent     []int64
}

func (f *fullOutbox) Outgoing(_ context.Context, after int64, limit int) (page []intake.Outgoing, err error) {
	for n := after + 1; n <= f.messages && len(page) < limit; n++ {
		o := intake.Outgoing{Number: n}
		if n == f.messages {
			o.Methodology = 1
		}
		page = append(page, o)
	}
	return page, nil
}

func (f *fullOutbox) Sent(_ context.Context, number int64) error {
	f.sent = append(f.sent, number)
	return nil
}

func (*fullOutbox) Returns(context.Context) ([]intake.PoolReturn, error) { return nil, nil }
func (*fullOutbox) Return(context.Context, int64) error                  { return nil }

// An obligingIssuer knows methodology 1, and takes what it is given.
type obligingIssuer struct{ reference Reference }

func (i *obligingIssuer) Reference() *Reference { return &i.reference }

func (*obligingIssuer) DoSystem(context.Context, string, Command) (Answer, error) {
	return Answer{Status: 201}, nil
}

// However many messages are refused, the one after them is delivered.
func TestDeliver_BehindRefused(t *testing.T) {
	t.Parallel()
	for _, messages := range []int64{1, deliveryPage, deliveryPage + 1, 3*deliveryPage + 7} {
		box := &fullOutbox{messages: messages}
		known := &publishedPage[carbon.Methodology]{}
		known.has[0] = true
		issuer := &obligingIssuer{Reference{tables: map[string]any{Methodologies.name: &Published[carbon.Methodology]{pages: []*publishedPage[carbon.Methodology]{known}}}}}
		err := Deliver(t.Context(), box, issuer, func() string { return "" }, nil)
		refused := 0
		if err != nil {
			refused = strings.Count(err.Error(), "there is no methodology")
		}
		if int64(refused) != messages-1 || len(box.sent) != 1 || box.sent[0] != messages {
			t.Errorf("of %d messages %d were refused and %v sent", messages, refused, box.sent)
		}
	}
}
