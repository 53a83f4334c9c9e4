package carbon_test

import (
	"strings"
	"testing"

	"permitx/internal/carbon"
	"permitx/internal/fault"
)

// A refusal says on which days the list has the identifier.
func TestCheckExcluded(t *testing.T) {
	t.Parallel()
	e := carbon.Exclusion{List: carbon.CCER, Identifier: "GRID-7", ValidFrom: 20261101, ValidTo: 20261130, Source: "s"}
	if err := carbon.CheckExcluded([]carbon.Exclusion{e}, 20261201, 20261201); err != nil {
		t.Errorf("after its last day: %v", err)
	}
	says := func(want string) {
		t.Helper()
		f, ok := fault.As(carbon.CheckExcluded([]carbon.Exclusion{e}, 20261130, 20261130))
		if !ok || f.Code != carbon.ErrExcluded.Code || f.Field != "identifier" || !strings.Contains(f.Detail, want) {
			t.Errorf("got %v, want that it says %q", f, want)
		}
	}
	says("is in the list ccer from 2026-11-01 to 2026-11-30 (s)")
	e.ValidTo = 0
	says("is in the list ccer from 2026-11-01 on (s)")
}
