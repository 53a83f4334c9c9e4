package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of credit.
var (
	// ErrCredit is returned when a party's credit is too bad to buy.
	ErrCredit = fault.New(fault.Refused, "rule.credit", "the party's environmental credit does not let it buy")
	// ErrCreditReview is returned when a party of yellow credit buys in the market
	// before the bureau has looked at it.
	ErrCreditReview = fault.New(fault.Refused, "rule.credit_review", "a party of yellow credit buys in the market only after the bureau's review")
)

// CreditOf is the level of a side's credit and its score.
func CreditOf(f *Facts, s *Side) (Level, int) {
	_, start, _ := Lookup(f.Parameters, CreditStart, f.place(s), f.On)
	_, most, _ := Lookup(f.Parameters, CreditMost, f.place(s), f.On)
	score := s.Conduct.Score(int(start/quantity.OneRatio), int(most/quantity.OneRatio))
	return LevelOf(score), score
}

var credit = &Rule{
	ID: "party.credit", Title: "Credit gate", Citation: ProjectDefault, From: firstSeededYear,
	Unread: "of Jiangsu's scale: " + senseOnly,
	Reading: "The scale is Jiangsu's: 9 points to begin with, 12 at most, 1 to 12 deducted by event; green 11–12, blue 6–10, yellow 3–5, red 1–2, black 0 and below. " +
		"A buyer of red or black credit, or of grade D or E, buys out of the reserve only, where this rule warns the officers who sell, and knows no purpose such as remediation; green credit comes first nowhere; one of yellow credit buys after the bureau's review, which in a deal is its approval. " +
		"A slight violation that is not punished does not count (嘉兴市 2024 work plan, point 12).",
	Default: "A party of which no event is recorded has the points that it starts with.",
	Needs:   []string{"facts credit_points, credit_slight, credit_grade and credit_review of the buyer"},
	Keys:    []Key{CreditStart, CreditMost},
	Actions: buys,
	Check:   checkCredit,
	Cases: []Case{
		{"9 points: blue", creditCase(Buy, Conduct{}), Passed, ""},
		{"9 − 3 = 6: still blue", creditCase(Buy, Conduct{Deducted: 3, Events: 1}), Passed, ""},
		{"5: yellow, in the market", creditCase(Buy, Conduct{Deducted: 4, Events: 1}), Refused, "rule.credit_review"},
		{"5: yellow, reviewed", creditCase(Buy, Conduct{Deducted: 4, Events: 1, ReviewedBy: "review 1"}), Passed, ""},
		{"5: yellow, by a deal that the bureau approves", creditCase(Deal, Conduct{Deducted: 4, Events: 1}), Warned, ""},
		{"2: red", creditCase(Buy, Conduct{Deducted: 7, Events: 1}), Refused, "rule.credit"},
		{"0: black", creditCase(Deal, Conduct{Deducted: 9, Events: 2}), Refused, "rule.credit"},
		{"0: black, from the reserve", creditCase(PrimarySale, Conduct{Deducted: 9, Events: 2}), Warned, ""},
		{"11: green", creditCase(Buy, Conduct{Deducted: -2, Events: 1}), Passed, ""},
		{"grade D", creditCase(Buy, Conduct{Grade: "D"}), Refused, "rule.credit"},
	},
}

func creditCase(a Action, c Conduct) Facts {
	return Facts{Action: a, Buyer: Side{Known: true, Conduct: c}}
}

func checkCredit(f *Facts) Finding {
	s := &f.Buyer
	if !s.Known {
		return notApplicable("the buyer is not known")
	}
	if s.Conduct.Events == 0 && s.Conduct.Grade == "" { // the usual case
		return passed("nothing is recorded against the buyer's credit")
	}
	level, score := CreditOf(f, s)
	bad := level == Red || level == Black || s.Conduct.Grade == "D" || s.Conduct.Grade == "E"
	switch {
	case bad && f.Action == PrimarySale:
		return warned("the buyer's credit is bad: it buys out of the reserve only")
	case bad:
		grade := ""
		if s.Conduct.Grade != "" {
			grade = ", grade " + s.Conduct.Grade
		}
		return refused(ErrCredit.With("party %d has %d points (%s)%s", s.Party, score, level, grade).At(s.Field))
	case level == Yellow && f.Action != Buy:
		return warned("the buyer's credit is yellow: the bureau looks at it when it approves")
	case level == Yellow && s.Conduct.ReviewedBy == "":
		return refused(ErrCreditReview.With("party %d has %d points (%s): the bureau must review it first", s.Party, score, level).At(s.Field))
	case level == Green || s.Conduct.Grade == "A":
		return passed("the buyer's credit is green")
	}
	return passed("the buyer's credit is good enough")
}
