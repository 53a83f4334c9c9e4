package intake

import (
	"context"
	"encoding/json"
	"fmt"

	"permitx/internal/calendar"
)

// Refusal is why an activity was refused, as the answer to its batch said it,
// and what that activity was. Whose it was no answer says.
type Refusal struct {
	Code, Detail string
	Scenario     string        // code; empty in answers of an earlier version, as the next two
	Day          calendar.Date // 0
	Evidence     string        // SHA-256 in hex
}

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
			Day      string
			Refusal
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return Refusal{}, fmt.Errorf("read the answer to batch %d: %w", batch, err)
	}
	for _, a := range answer.Activities {
		if answer.Scheme != scheme || a.SourceID != sourceID || a.Status != Refused {
			continue
		}
		if a.Day != "" {
			if a.Refusal.Day, err = calendar.ParseDate("day", a.Day); err != nil {
				return Refusal{}, err
			}
		}
		return a.Refusal, nil
	}
	return Refusal{}, ErrNotRefused
}
