package carbon_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"permitx/internal/carbon"
)

// Every state, step and role: what the table has is taken, and nothing else.
func TestIssuance_Next(t *testing.T) {
	t.Parallel()
	allowed := map[string]carbon.IssuanceState{
		"computed check operator": carbon.Checked, "computed check bureau_clerk": carbon.Checked,
		"checked verify verifier": carbon.Verified, "checked verify bureau_leader": carbon.Verified,
		"verified issue bureau_leader": carbon.Issued,
		"computed reject verifier":     carbon.Rejected, "checked reject verifier": carbon.Rejected, "verified reject verifier": carbon.Rejected,
		"computed reject bureau_leader": carbon.Rejected, "checked reject bureau_leader": carbon.Rejected, "verified reject bureau_leader": carbon.Rejected,
	}
	for _, state := range carbon.IssuanceStates {
		for _, event := range carbon.IssuanceEvents {
			for _, role := range []string{"operator", "verifier", "bureau_clerk", "bureau_leader", "enterprise", "auditor"} {
				got, err := carbon.Issuance{State: state, DeclaredBy: 1, VerifiedBy: 2}.Next(event, 3, []string{role})
				want := allowed[strings.Join([]string{string(state), string(event), role}, " ")]
				if got != want || (err == nil) != (want != "") {
					t.Errorf("%s %s %s: got %q, %v; want %q", state, event, role, got, err, want)
				}
			}
		}
	}
}

// Who has declared or verified an issuance cannot take the step that needs
// another.
func TestIssuance_SamePerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state  carbon.IssuanceState
		event  carbon.IssuanceEvent
		person int64
		ok     bool
	}{
		{carbon.Checked, carbon.Verify, 1, false},
		{carbon.Checked, carbon.Verify, 3, true},
		{carbon.Verified, carbon.Issue, 1, false},
		{carbon.Verified, carbon.Issue, 2, false},
		{carbon.Verified, carbon.Issue, 3, true},
		{carbon.Verified, carbon.Reject, 2, true},
	} {
		_, err := carbon.Issuance{State: c.state, DeclaredBy: 1, VerifiedBy: 2}.Next(c.event, c.person, []string{"bureau_leader"})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, carbon.ErrSamePerson) {
			t.Errorf("%s by person %d: got %v", c.event, c.person, err)
		}
	}
}

// A sample must be the same for the same evidence and step, another for
// another step, and name different pieces that exist.
func TestSampleOf(t *testing.T) {
	t.Parallel()
	for items, want := range map[int32]int{1: 1, 3: 1, 4: 2, 100: 10, 10_000: 50, 100_000_000: 50} {
		sample := strings.Split(carbon.SampleOf("digest", 7, items), ",")
		if len(sample) != want || len(slices.Compact(slices.Clone(sample))) != want {
			t.Errorf("of %d pieces: got %v; want %d", items, sample, want)
		}
		for _, s := range sample {
			if n, err := strconv.Atoi(s); err != nil || n < 1 || n > int(items) {
				t.Errorf("of %d pieces: got piece %s", items, s)
			}
		}
	}
	first, again, other := carbon.SampleOf("digest", 7, 10_000), carbon.SampleOf("digest", 7, 10_000), carbon.SampleOf("digest", 8, 10_000)
	if first != again || first == other {
		t.Error("the sample does not follow from the evidence and the step")
	}
}
