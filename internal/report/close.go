package report

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// A Close is the close of a region's month.
type Close struct {
	ID        int64
	Region    string
	Month     calendar.Date // its first day
	State     CloseState
	Digest    string // ManifestDigest of the files that the first signature was given to; "": nobody has signed
	OpenedBy  int64  // persons
	OpenedAt  calendar.Instant
	CentreBy  int64
	CentreAt  calendar.Instant
	FinanceBy int64
	FinanceAt calendar.Instant
	FrozenAt  calendar.Instant
	Reason    string // of the withdrawal
	Command   int64
}

// A CloseDifference is something that the close found open, with the text that
// explains it.
type CloseDifference struct {
	ID          int64
	Close       int64
	Kind        DifferenceKind
	Reference   int64 // the record that it is about
	Detail      string
	Explanation string // "": not yet
	ExplainedBy int64  // person
	ExplainedAt calendar.Instant
	Command     int64
}

// A DifferenceKind is what is open.
type DifferenceKind string

// The kinds of difference.
const (
	EntryUnmatched      DifferenceKind = "bank_entry_unmatched"     // confirmed, and in no statement of the bank
	EntryInSuspense     DifferenceKind = "bank_entry_in_suspense"   // its money waits
	NoticeNotMatched    DifferenceKind = "payment_notice_unmatched" // its receipt is in no list of the tax authority
	NoticePastDue       DifferenceKind = "payment_notice_past_due"
	DealPastDue         DifferenceKind = "deal_past_due"
	ObjectionUnanswered DifferenceKind = "objection_unanswered"
	FigureMismatch      DifferenceKind = "official_figure_mismatch"
)

// DifferenceKinds are all kinds of difference.
var DifferenceKinds = []DifferenceKind{
	EntryUnmatched, EntryInSuspense, NoticeNotMatched, NoticePastDue, DealPastDue, ObjectionUnanswered, FigureMismatch,
}

// DifferencesMax bounds what one close may find open.
const DifferencesMax = 500

// The faults of a period close, in the order in which they are checked.
var (
	// ErrMonth is returned when a month is not named by its first day.
	ErrMonth = fault.New(fault.Invalid, "period_close.month", "name the month by its first day, for example 2026-07-01").At("month")
	// ErrMonthOpen is returned when the month is not over.
	ErrMonthOpen = fault.New(fault.Refused, "period_close.month_not_over", "a month is closed after its last day").At("month").
			Under("period_close.month_over", "project default")
	// ErrNotCounted is returned when the trades of the month are not counted yet. Try again in a minute.
	ErrNotCounted = fault.New(fault.Conflict, "period_close.not_counted", "the trades of the month are still being counted: try again in a minute").At("month")
	// ErrClosedBefore is returned when the month is closed, or being closed.
	ErrClosedBefore = fault.New(fault.Conflict, "period_close.exists", "the month is closed, or being closed, already").At("month")
	// ErrCloseOrder is returned when a month before it is still to be closed.
	ErrCloseOrder = fault.New(fault.Conflict, "period_close.order", "the months of a region are closed in their order").At("month").
			Under("period_close.in_order", "project default")
	// ErrTooManyDifferences is returned when more is open than one close can list.
	ErrTooManyDifferences = fault.New(fault.Refused, "period_close.too_many_differences", "more than 500 things are open: settle some of them first").
				Under("period_close.differences_most", "project default")
	// ErrCloseNotNow is returned when the state of a close does not allow a step.
	ErrCloseNotNow = fault.New(fault.Conflict, "period_close.not_now", "the period close does not allow this step now")
	// ErrUnexplained is returned when a close is signed while a difference is not explained.
	ErrUnexplained = fault.New(fault.Conflict, "period_close.unexplained", "each difference is explained before anybody signs")
	// ErrOneSigner is returned when one person would give both signatures.
	ErrOneSigner = fault.New(fault.Conflict, "period_close.one_signer", "the centre and finance sign by two persons")
	// ErrFilesChanged is returned when what is signed now is not what was signed first.
	ErrFilesChanged = fault.New(fault.Conflict, "period_close.files_changed", "these are not the files that were signed first: withdraw the close and open it again")
)

// MonthEnd is the first instant after a month that begins on start.
func MonthEnd(start calendar.Date) calendar.Instant { return start.AddMonths(1).Start() }

// CheckMonth returns ErrMonth, a fault for a month before FirstDay, or ErrMonthOpen.
func CheckMonth(month, today calendar.Date) error {
	switch {
	case !month.Valid() || month.Day() != 1:
		return ErrMonth
	case month < FirstDay:
		return CheckDay("month", month)
	case month.AddMonths(1) > today:
		return ErrMonthOpen.With("the last day of the month is %s", month.AddMonths(1).AddDays(-1))
	}
	return nil
}

// CheckAfter returns a fault unless a region's month may be closed after these
// closes of it.
func CheckAfter(month calendar.Date, before []Close) error {
	var latest calendar.Date
	for _, c := range before {
		if c.State == CloseWithdrawn {
			continue
		}
		if c.Month == month {
			return ErrClosedBefore.With("close %d of the month is %s", c.ID, c.State)
		}
		latest = max(latest, c.Month)
	}
	switch {
	case latest == 0 || month == latest.AddMonths(1):
		return nil
	case month < latest:
		return ErrCloseOrder.With("the months of a region are closed in their order, and %s is closed already", monthText(latest))
	}
	return ErrCloseOrder.With("the months of a region are closed in their order: %s is next", monthText(latest.AddMonths(1)))
}

// Step returns the close after a step of a person, or ErrCloseNotNow,
// ErrOneSigner.
func (c Close) Step(event CloseEvent, as CloseRole, person int64, at calendar.Instant) (Close, error) {
	i := slices.IndexFunc(CloseTransitions, func(t CloseTransition) bool {
		return slices.Contains(t.From, c.State) && t.Event == event && slices.Contains(t.By, as)
	})
	if i < 0 {
		return c, ErrCloseNotNow.With("the close is %s: %s cannot %s it now", c.State, as, event)
	}
	if event == SignClose {
		if c.CentreBy == person || c.FinanceBy == person {
			return c, ErrOneSigner
		}
		c = c.signed(as, person, at)
	}
	if event == RelistClose { // nobody has signed for what is new
		c.CentreBy, c.CentreAt, c.FinanceBy, c.FinanceAt, c.Digest = 0, 0, 0, 0, ""
	}
	c.State = CloseTransitions[i].To
	if c.State == CloseFrozen {
		c.FrozenAt = at
	}
	return c, nil
}

func (c Close) signed(as CloseRole, person int64, at calendar.Instant) Close {
	if as == AsCentre {
		c.CentreBy, c.CentreAt = person, at
	} else {
		c.FinanceBy, c.FinanceAt = person, at
	}
	return c
}

// SignedFor returns the close with the digest of the files that are signed, or
// ErrFilesChanged.
func (c Close) SignedFor(files []File) (Close, error) {
	digest := ManifestDigest(files)
	if c.Digest != "" && c.Digest != digest {
		return c, ErrFilesChanged
	}
	c.Digest = digest
	return c, nil
}

// CheckExplained returns ErrUnexplained unless each difference has its text.
func CheckExplained(all []CloseDifference) error {
	for _, d := range all {
		if d.Explanation == "" {
			return ErrUnexplained.With("difference %d is not explained: %s", d.ID, d.Detail)
		}
	}
	return nil
}

// NotListed are those of what is open now that a close has not listed yet.
func NotListed(listed, open []CloseDifference) []CloseDifference {
	return slices.DeleteFunc(open, func(o CloseDifference) bool {
		return slices.ContainsFunc(listed, func(l CloseDifference) bool { return l.Kind == o.Kind && l.Reference == o.Reference })
	})
}

// CheckExplanation returns a fault unless s can explain a difference.
func CheckExplanation(s string) error { return catalog.CheckDocument("explanation", s) }
