package permit_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"permitx/internal/permit"
)

// docs/permit-states.md shows the two tables of steps, row by row.
func TestStates_AreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/permit-states.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, row := range permit.Transitions {
		want = append(want, fmt.Sprintf("| %s | %s | %s |", join(row.From), row.Event, row.To))
	}
	for _, row := range permit.RenewalTransitions {
		to := string(row.To)
		switch {
		case row.Payable:
			to += ", where it is paid for"
		case row.Free:
			to += ", where it is not"
		case row.Refused:
			to += ", where the rules refuse its joining"
		}
		want = append(want, fmt.Sprintf("| %s | %s | %s | %s |", join(row.From), row.Event, join(row.By), to))
	}
	shown := 0
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| in |") && !strings.HasPrefix(line, "| --") {
			shown++
		}
	}
	for _, row := range want {
		if !strings.Contains(string(text), row+"\n") {
			t.Errorf("not in docs/permit-states.md: %s", row)
		}
	}
	if shown != len(want) {
		t.Errorf("docs/permit-states.md has %d rows, the tables %d", shown, len(want))
	}
}

func join[T ~string](all []T) string {
	words := make([]string, len(all))
	for i, w := range all {
		words[i] = string(w)
	}
	return strings.Join(words, ", ")
}
