package store

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"testing"

	"permitx/internal/intake"
)

// reversalOf takes an activity back.
func reversalOf(sourceID string) intake.Activity {
	return intake.Activity{SourceID: "back " + sourceID, Scenario: "bus", Reverses: sourceID}
}

// No activity stands in the way of a reversal, whatever it is called.
func TestIntake_ReversalHasItsOwnKey(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		got := submit(t, in, "k", ride("b1", "anna", 3, 8, 0), ride("reversal of b1", "bert", 3, 8, 0), reversalOf("b1"), reversalOf("b1"))
		if got.Accepted != 3 || got.Activities[2].Status != "accepted" || got.Activities[3].Activity != got.Activities[2].Activity {
			t.Errorf("%+v", got)
		}
		verified(t, s)
	})
}

// What an earlier version has taken back, under a key of plain text, is not
// taken back again.
func TestIntake_ReversalOfEarlierVersion(t *testing.T) {
	t.Parallel()
	onBothIntakes(t, func(t *testing.T, url string) {
		t.Helper()
		s, now := openedIntake(t, url), someDay
		in := intakeOf(t, s, &now)
		defer in.Close()
		submit(t, in, "k", ride("b1", "anna", 3, 8, 0), ride("b2", "anna", 3, 9, 0), reversalOf("b1"))
		literal := `'\x%x'`
		if !IsPostgres(url) {
			literal = "x'%x'"
			execIntake(t, url, "DROP TRIGGER activity_key_no_update")
		}
		execIntake(t, url, fmt.Sprintf("UPDATE activity_key SET key = "+literal+" WHERE activity = 3", plainReversal("b1")), "UPDATE registry SET plain_reversals = 3")
		got := submit(t, in, "again", reversalOf("b1"), reversalOf("b2"), reversalOf("b2"))
		if got.Accepted != 1 || got.Activities[0].Status != "duplicate" || got.Activities[0].Activity != 3 || got.Activities[2].Status != "duplicate" {
			t.Errorf("%+v", got)
		}
		verified(t, s)
	})
}

// plainReversal is the key that a reversal had in earlier versions.
func plainReversal(reverses string) []byte {
	b := append([]byte{3}, "bus"...)
	b = append(binary.AppendVarint(b, 1), "reversal of "+reverses...)
	block, whole := sha256.Sum256(b[:len(b)-4]), sha256.Sum256(b)
	return append(block[:4:4], whole[:12]...)
}
