package rulebook

import (
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The faults of the seller's gate, in the order in which they are checked.
var (
	// ErrNotForSale is returned when a licence offers permits that were not obtained by payment, or whose price or origin is not known.
	ErrNotForSale = fault.New(fault.Refused, "rule.only_paid_permits", "only permits obtained by payment, with a known price, can be sold")
	// ErrOnlyReclaimed is returned when the government would pay for free permits.
	ErrOnlyReclaimed = fault.New(fault.Refused, "rule.free_permits_are_reclaimed", "permits that were obtained free are taken back free")
	// ErrTaskNotDone is returned when the site's reduction task is not done.
	ErrTaskNotDone = fault.New(fault.Refused, "rule.reduction_task_not_done", "the site's reduction task is not done: nothing of it can be traded")
	// ErrNoMonitor is returned when the site has no automatic monitor.
	ErrNoMonitor = fault.New(fault.Refused, "rule.no_monitor", "the site has no automatic monitor: only the government may buy its surplus")
	// ErrNoSurplus is returned when the bureau has not verified enough surplus.
	ErrNoSurplus = fault.New(fault.Refused, "rule.no_verified_surplus", "the bureau has not verified enough surplus for this sale")
)

const fieldQuantity = "quantity"

func checkGate(f *Facts, medium catalog.Medium) Finding {
	s := &f.Seller
	switch {
	case f.Medium != medium:
		return notApplicable("the pollutant is of another medium")
	case !s.Known || !s.Holding.Seen:
		return notApplicable("what the seller has is not looked at")
	case f.Action == Reclamation:
		return checkReclaimed(s)
	case f.Action == BuyBack:
		return checkBuyBack(s)
	case f.Action == Pledge:
		return checkPaid(f, s)
	}
	if x := checkPaid(f, s); x.Outcome == Refused {
		return x
	}
	switch left := s.Holding.Surplus; {
	case s.Site.TaskDone == IsNot:
		return refused(ErrTaskNotDone.With("the reduction task of licence %s is not done (%s)", s.Licence.Number, s.Site.TaskBy).At(s.Field))
	case s.Site.Monitor == IsNot:
		return refused(ErrNoMonitor.With("licence %s has no automatic monitor (%s): only the government may buy its surplus", s.Licence.Number, s.Site.MonitorBy).At(s.Field))
	case left < f.Quantity:
		return refused(ErrNoSurplus.With("%s t/a of verified surplus are left, %s t/a are offered", left, f.Quantity).At(fieldQuantity))
	}
	return passed("paid permits, and nothing is recorded against monitor and task: to another unit, or back to the government")
}

func checkPaid(f *Facts, s *Side) Finding {
	if s.Holding.Paid == 0 {
		return refused(ErrNotForSale.With("licence %s has no paid permits of %s; free ones and those of unknown origin cannot be sold", s.Licence.Number, f.Pollutant).At(fieldQuantity))
	}
	return passed("the permits were obtained by payment")
}

func checkBuyBack(s *Side) Finding {
	switch {
	case s.Holding.Paid == 0:
		return refused(ErrOnlyReclaimed.With("licence %s has no paid permits; what was obtained free is taken back free", s.Licence.Number).At(fieldQuantity))
	case s.Site.TaskDone == IsNot:
		return refused(ErrTaskNotDone.With("the reduction task of licence %s is not done (%s)", s.Licence.Number, s.Site.TaskBy).At(s.Field))
	}
	return passed("paid permits can be bought back, with a monitor or without")
}

func checkReclaimed(s *Side) Finding {
	if s.Holding.Free > 0 {
		return passed("free permits are taken back free")
	}
	return notApplicable("the licence has no free permits")
}

// gateCases is fact 20: the four rows of the article.
func gateCases(medium catalog.Medium) []Case {
	paid := Holding{Seen: true, Paid: quantity.OneQuantity, Surplus: quantity.OneQuantity}
	free := Holding{Seen: true, Free: quantity.OneQuantity}
	of := func(a Action, h Holding, monitor, task Known) Facts {
		return Facts{
			Action: a, On: 20260701, Medium: medium, Quantity: quantity.OneQuantity,
			Seller: Side{Known: true, Holding: h, Site: Site{Monitor: monitor, TaskDone: task}},
		}
	}
	return []Case{
		{"paid, monitored, task done: sold", of(Sell, paid, IsSo, IsSo), Passed, ""},
		{"paid, monitored, task done: bought back", of(BuyBack, paid, IsSo, IsSo), Passed, ""},
		{"paid, no monitor: sold", of(Sell, paid, IsNot, IsSo), Refused, "rule.no_monitor"},
		{"paid, no monitor: bought back", of(BuyBack, paid, IsNot, IsSo), Passed, ""},
		{"free: sold", of(Deal, free, IsSo, IsSo), Refused, "rule.only_paid_permits"},
		{"free: bought back", of(BuyBack, free, IsSo, IsSo), Refused, "rule.free_permits_are_reclaimed"},
		{"free: reclaimed", of(Reclamation, free, IsSo, IsSo), Passed, ""},
		{"task not done: sold", of(Sell, paid, IsSo, IsNot), Refused, "rule.reduction_task_not_done"},
		{"task not done: bought back", of(BuyBack, paid, IsNot, IsNot), Refused, "rule.reduction_task_not_done"},
		{"nothing recorded, surplus verified: sold", of(Sell, paid, Unrecorded, Unrecorded), Passed, ""},
		{"nothing verified: sold", of(Sell, Holding{Seen: true, Paid: quantity.OneQuantity}, IsSo, IsSo), Refused, "rule.no_verified_surplus"},
		{"free: pledged", of(Pledge, free, IsSo, IsSo), Refused, "rule.only_paid_permits"},
		{"free: leased", of(Lease, free, IsSo, IsSo), Refused, "rule.only_paid_permits"},
	}
}
