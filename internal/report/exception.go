package report

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// An ExceptionKind is why an auditor should look at something.
type ExceptionKind string

// The kinds of exception.
const (
	SameContact     ExceptionKind = "same_contact"          // one person is a user of both sides, or one telephone that of both contacts
	SameAccount     ExceptionKind = "same_bank_account"     // both sides pay from or are paid to one account
	PriceOutlier    ExceptionKind = "price_outlier"         // far from the mean of the month
	SoonSale        ExceptionKind = "soon_after_allocation" // sold soon after it was given
	RuleOverridden  ExceptionKind = "rule_overridden"       // what the registry asks for by itself, an officer has set aside
	DecidedAlone    ExceptionKind = "decided_alone"         // what two administrators decide elsewhere, one has done
	DeliveryRefused ExceptionKind = "delivery_refused"      // paid for, and the rules refuse to deliver it
	ListedSince     ExceptionKind = "listed_since_issue"    // credits were issued of it, and another register's list has it by now
	DeadlineExpired ExceptionKind = "past_deadline"
)

// ExceptionKinds are all kinds of exception.
var ExceptionKinds = []ExceptionKind{SameContact, SameAccount, PriceOutlier, SoonSale, RuleOverridden, DecidedAlone, DeliveryRefused, ListedSince, DeadlineExpired}

// An Object names a record by its table.
type Object struct {
	Table string
	ID    int64
}

// An Exception is something that an auditor should look at. It is no finding.
type Exception struct {
	Kind    ExceptionKind
	Regions []string      // none: every region
	On      calendar.Date // of what happened, or the day that has passed
	Objects []Object      // what it is about first, then what it rests on
	Detail  string
}

// Outlies reports whether a price differs from the mean by more than a share of
// it. Without a mean nothing does.
func Outlies(price, mean quantity.Price, share quantity.Ratio) bool {
	low, high := OutlierBounds(mean, share)
	return mean > 0 && (price < low || price > high)
}

// OutlierBounds are the lowest and the highest price that do not outlie.
func OutlierBounds(mean quantity.Price, share quantity.Ratio) (low, high quantity.Price) {
	room, err := quantity.MulDiv(int64(mean), int64(share), 1, int64(quantity.OneRatio), quantity.Down)
	if err != nil {
		return 0, mean
	}
	return mean - quantity.Price(room), mean + quantity.Price(room)
}
