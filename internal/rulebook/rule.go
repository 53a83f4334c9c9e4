package rulebook

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/fault"
)

// ProjectDefault is the source of what no text that was read is behind.
const ProjectDefault = "project default"

// What Unread says.
const (
	noText    = "no text was read: project default"
	senseOnly = "the words of the citation were not read, only their sense"
)

// Rule is a rule, with what it rests on.
type Rule struct {
	ID       string
	Title    string
	Citation string        // document number and article, or ProjectDefault
	Words    string        // the decisive words that were read, in the original
	Unread   string        // what was not read: the words of the citation, or any text; never empty where Words is
	Reading  string        // what it says, and what of that is this project's reading
	Default  string        // what holds where a fact is not recorded; empty: it needs none
	From, To calendar.Date // From: of the source or, where its day was not read or there is none, the first of the parameters; To may be 0: open
	Needs    []string      // what it must know
	Keys     []Key         // the parameters that it uses
	Actions  []Action      // what it speaks about
	Credits  bool          // it speaks about credits as about permits
	Check    func(f *Facts) Finding
	Cases    []Case
}

// Case is an example of a rule, with what comes of it.
type Case struct {
	Name  string
	Facts Facts
	Want  Outcome
	Code  string // of the refusal
}

// Outcome is what a rule says.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "passed"
	Refused       Outcome = "refused"
	Warned        Outcome = "warned" // it goes on, and somebody should know
	NotApplicable Outcome = "not_applicable"
)

// Finding is what a rule says about facts, and why.
type Finding struct {
	Outcome Outcome
	Says    string
	Fault   *fault.Error // of a refusal
}

func passed(says string) Finding        { return Finding{Outcome: Passed, Says: says} }
func warned(says string) Finding        { return Finding{Outcome: Warned, Says: says} }
func notApplicable(says string) Finding { return Finding{Outcome: NotApplicable, Says: says} }
func refused(f *fault.Error) Finding    { return Finding{Outcome: Refused, Says: f.Detail, Fault: f} }

// Opinion is what one rule says about facts.
type Opinion struct {
	Rule *Rule
	Finding
}

// rules are all rules, in the order in which they are checked: who acts, what
// he has, where it goes, how much.
var rules = []*Rule{
	partyActive, blacklist, licenceInForce, licenceRenewal,
	sellerDebt, sellerAvailable, sellerPrice, sellerAir, sellerWater, sellerGovernment, holderIdle,
	limitProvince, limitCity, limitBasin, regionPair, limitSource, limitThermal,
	regionInflow, regionCap, zoneAdmission, credit,
	offsetRatio, purchaseLimit, holdingLimit, leaseTerm, pledgeShare,
}

// All are all rules, in the order in which they are checked.
func All() []*Rule { return slices.Clone(rules) }

// byAction are the rules that speak about an action, so that an order passes
// over the others.
var byAction = func() map[Action][]*Rule {
	m := map[Action][]*Rule{}
	for _, a := range Actions {
		for _, r := range rules {
			if slices.Contains(r.Actions, a) {
				m[a] = append(m[a], r)
			}
		}
	}
	return m
}()

// IsJudged reports whether a rule about orders or deals uses a parameter.
func IsJudged(k Key) bool {
	return slices.ContainsFunc(rules, func(r *Rule) bool {
		return slices.Contains(r.Keys, k) && slices.ContainsFunc([]Action{Sell, Buy, Deal}, func(a Action) bool { return slices.Contains(r.Actions, a) })
	})
}

// isOf reports whether the rule is about what changes hands.
func (r *Rule) isOf(f *Facts) bool { return r.Credits || !f.Credits }

// InForce reports whether the rule holds on a day.
func (r *Rule) InForce(on calendar.Date) bool { return inPeriod(on, r.From, r.To) }

// Judge returns the first refusal by the rules of f's day, as a fault that
// names the rule and its source, or nil.
func Judge(f *Facts) error {
	for _, r := range byAction[f.Action] {
		if !r.InForce(f.On) || !r.isOf(f) {
			continue
		}
		if x := r.Check(f); x.Outcome == Refused {
			return x.Fault.Under(r.ID, r.Citation)
		}
	}
	return nil
}

// JudgeBasin is Judge by the second limit for water alone: of two orders that
// would meet, this is what is still to be looked at.
func JudgeBasin(f *Facts) error {
	if x := limitBasin.Check(f); x.Outcome == Refused {
		return x.Fault.Under(limitBasin.ID, limitBasin.Citation)
	}
	return nil
}

// Explain returns what every rule of f's day says. Rules about permits alone have
// nothing to say of credits, and are left out.
func Explain(f *Facts) []Opinion {
	var all []Opinion
	for _, r := range rules {
		switch {
		case !r.InForce(f.On) || !r.isOf(f):
		case !slices.Contains(r.Actions, f.Action):
			all = append(all, Opinion{r, notApplicable("it does not speak about this action")})
		default:
			all = append(all, Opinion{r, r.Check(f)})
		}
	}
	return all
}

// inPeriod reports whether on lies in a period with open ends.
func inPeriod(on, from, to calendar.Date) bool { return on >= from && (to == 0 || on <= to) }

func dateOf(yyyymmdd int32) calendar.Date { return calendar.Date(yyyymmdd) }
