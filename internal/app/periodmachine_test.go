package app

import (
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/report"
)

// closeStep is an event of a close and the body on whose behalf it is asked for.
type closeStep string

func (s closeStep) parts() (report.CloseEvent, report.CloseRole) {
	event, as, _ := strings.Cut(string(s), " as ")
	return report.CloseEvent(event), report.CloseRole(as)
}

// The close of a period in each of its states meets every step by everybody.
func TestPeriodClose_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	s.now.set(calendar.Date(20260801).Start() + 9*3_600_000_000)
	s.runTimers()
	r := done[PeriodResult](s.office, s.clerk, PeriodOpen{Region: jiashan, Month: 20260701})
	for _, d := range r.Differences {
		s.does(s.clerk, PeriodExplain{1, d.ID, "settled in August"})
	}
	officers := map[report.CloseRole][]identity.Role{
		report.AsClerk: {identity.BureauClerk, identity.BureauLeader, identity.Finance}, report.AsCentre: {identity.BureauLeader}, report.AsFinance: {identity.Finance},
	}
	now := func(o *office) report.Close { return storedRow(o, PeriodCloses, 1) }
	takes := func(_ report.CloseState, e closeStep, p player) bool {
		_, as := e.parts()
		for _, role := range officers[as] {
			if p == registry || p.role == role && !p.isAway {
				return true
			}
		}
		return false
	}
	const relist closeStep = "relist as centre"
	machine[report.CloseState, closeStep]{
		office: s.office, players: s.cast(s.buyer), states: report.CloseStates,
		events: []closeStep{"explain as clerk", "sign as centre", "sign as finance", "withdraw as centre", "withdraw as finance", relist},
		next: func(at report.CloseState, e closeStep, p player) (report.CloseState, error) {
			if !takes(at, e, p) {
				return at, identity.ErrForbidden
			}
			event, as := e.parts()
			c, err := report.Close{State: at}.Step(event, as, p.person, 1)
			return c.State, err
		},
		takes: takes,
		command: func(o *office, _ report.CloseState, e closeStep) Command {
			switch event, as := e.parts(); event { //nolint:exhaustive // nobody asks for a new list
			case report.ExplainDifference:
				return PeriodExplain{1, r.Differences[0].ID, "settled in August"}
			case report.SignClose:
				files, err := o.app.PeriodFiles(o.t.Context(), now(o))
				if err != nil {
					o.t.Fatal(err)
				}
				return PeriodSign{Close: 1, As: as, Files: files}
			case report.WithdrawClose:
				return PeriodWithdraw{1, as, "r"}
			}
			return nil
		},
		state:   func(o *office) report.CloseState { return now(o).State },
		because: []*fault.Error{report.ErrCloseNotNow},
		denied:  []*fault.Error{ErrNotYourSignature},
	}.drive(t)
}
