package intake

import (
	"context"
	"log/slog"
	"time"
)

// forgetPause is how long the database is left alone where it could not forget.
const forgetPause = time.Second

// forget has the database forget who was erased, beside the writer: after a start, and
// after each commit that has erased somebody.
func (in *Intake) forget(ctx context.Context) {
	defer close(in.forgot)
	for {
		select {
		case <-in.erases:
		case <-ctx.Done():
			return
		}
		for !in.forgotten(ctx) {
			if !wait(ctx, forgetPause) {
				return
			}
		}
	}
}

func (in *Intake) forgotten(ctx context.Context) bool {
	done, err := in.c.Store.Forget(ctx)
	if err != nil && ctx.Err() == nil {
		in.c.Log.WarnContext(ctx, "the database could not forget who was erased", slog.Any("error", err))
	}
	return done
}
