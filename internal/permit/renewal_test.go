package permit_test

import (
	"errors"
	"testing"

	"permitx/internal/permit"
	"permitx/internal/quantity"
)

// The table, written out: every state × event × body. A decision leads to a
// payment where one is asked for, else to readiness; what is ready is rejected
// only where the rules refuse its joining.
func TestRenewal_Transitions(t *testing.T) {
	t.Parallel()
	for _, refused := range []bool{false, true} {
		everyRenewalStep(t, refused)
	}
}

// everyRenewalStep is of renewals whose joining the rules refuse, or not.
func everyRenewalStep(t *testing.T, refused bool) {
	t.Helper()
	const officers, leader, holder, finance, system = "clerk leader", "leader", "holder", "finance", "system"
	type step struct {
		by string
		to permit.RenewalState
	}
	verify := step{officers, permit.RenewalVerified}
	reject, withdraw := step{leader, permit.RenewalRejected}, step{holder, permit.RenewalWithdrawn}
	table := map[permit.RenewalState]map[permit.RenewalEvent]step{
		permit.RenewalApplied: {permit.VerifyRenewal: verify, permit.RejectRenewal: reject, permit.WithdrawRenewal: withdraw},
		permit.RenewalVerified: {
			permit.VerifyRenewal: verify, permit.PublishRenewal: {officers, permit.RenewalPublished}, permit.RejectRenewal: reject, permit.WithdrawRenewal: withdraw,
		},
		permit.RenewalPublished: {
			permit.VerifyRenewal: verify, permit.DecideRenewal: {leader, permit.RenewalReady}, permit.RejectRenewal: reject, permit.WithdrawRenewal: withdraw,
		},
		permit.RenewalNoticed: {
			permit.PayRenewal: {finance, permit.RenewalReady}, permit.RejectRenewal: reject, permit.WithdrawRenewal: withdraw,
			permit.LapseRenewal: {system, permit.RenewalLapsed},
		},
		permit.RenewalReady: {permit.JoinRenewal: {system, permit.RenewalJoined}},
	}
	refusal := ""
	if refused {
		refusal = "licence.in_force: revoked"
		table[permit.RenewalReady][permit.RejectRenewal] = reject
	}
	for _, from := range permit.RenewalStates {
		for _, e := range permit.RenewalEvents {
			for _, body := range permit.Bodies {
				for _, payable := range []bool{false, true} {
					want, known := table[from][e]
					if payable && e == permit.DecideRenewal && known {
						want.to = permit.RenewalNoticed
					}
					may := false
					for _, b := range permit.Bodies {
						may = may || b == body && contains(want.by, string(b))
					}
					got, as, err := permit.Renewal{State: from, Refusal: refusal}.Next(e, payable, body)
					switch {
					case known && may:
						if err != nil || got != want.to || as != body {
							t.Errorf("%s %s by %s: %s, %v", from, e, body, got, err)
						}
					case known:
						if !errors.Is(err, permit.ErrRenewalBody) {
							t.Errorf("%s %s by %s: %v", from, e, body, err)
						}
					case !errors.Is(err, permit.ErrRenewalStep):
						t.Errorf("%s %s by %s: %s, %v", from, e, body, got, err)
					}
				}
			}
		}
		if open := table[from] != nil; from.IsOpen() != open {
			t.Errorf("%s is open: %t", from, from.IsOpen())
		}
	}
}

func contains(words, word string) bool {
	for len(words) >= len(word) {
		if words[:len(word)] == word {
			return true
		}
		words = words[1:]
	}
	return false
}

// Five years of 0.0276 t/a at CNY 4,000 cost CNY 552.00 (fact 5): the new term
// is paid for from its first day to its last.
func TestRenewal_Priced(t *testing.T) {
	t.Parallel()
	r, err := permit.Renewal{Quantity: q(t, "0.0276"), TermEnd: 20310630}.Priced(4000*quantity.OnePrice, 20360630)
	if err != nil || r.Amount.String() != "552.00" || r.Months != 60 || r.FirstDay() != 20310701 {
		t.Errorf("%+v, %v", r, err)
	}
}
