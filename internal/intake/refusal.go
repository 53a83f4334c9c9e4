package intake

import (
	"context"
	"encoding/json"
	"fmt"
)

// Refusal is why an activity was refused, as the answer to its batch said it.
type Refusal struct{ Code, Detail string }

// Refusal finds the refusal of a scheme's activity in the answer to its batch.
// Returns ErrNotRefused.
func (in *Intake) Refusal(ctx context.Context, scheme, batch int64, sourceID string) (Refusal, error) {
	row, err := in.c.Store.JournalRow(ctx, batch)
	if err != nil {
		return Refusal{}, fmt.Errorf("read the journal: %w", err)
	}
	if row.Kind != KindBatch { // or no row
		return Refusal{}, ErrNotRefused
	}
	body, err := unpackAnswer(row.Answer)
	if err != nil {
		return Refusal{}, err
	}
	var answer struct {
		Scheme     int64
		Activities []struct {
			SourceID string `json:"source_id"`
			Status   Status
			Refusal
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Refusal{}, fmt.Errorf("read the answer to batch %d: %w", batch, err)
	}
	for _, a := range answer.Activities {
		if answer.Scheme == scheme && a.SourceID == sourceID && a.Status == Refused {
			return a.Refusal, nil
		}
	}
	return Refusal{}, ErrNotRefused
}
