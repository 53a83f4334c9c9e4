package encumbrance

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// ErrCertificateNumber is returned for what cannot be the number of a certificate.
var ErrCertificateNumber = fault.New(fault.Invalid, "certificate.number", "a certificate's number is region, number and check digit, for example 330421-0000000012-1: one of them is mistyped").At("number")

// CertificateStatus is what a certificate (凭证) is worth on a day.
type CertificateStatus string

// The statuses of a certificate, in the order in which they are looked for
// from below: what is encumbered is valid otherwise.
const (
	CertificateValid      CertificateStatus = "valid"
	CertificateEncumbered CertificateStatus = "encumbered" // something lies on its holding
	CertificateExpired    CertificateStatus = "expired"    // its term is over
	CertificateReplaced   CertificateStatus = "replaced"   // all of it went on: sold, renewed, succeeded to, bought back, used for good
	CertificateRevoked    CertificateStatus = "revoked"    // what was left of it was taken back
)

// CertificateStatuses are all statuses of a certificate.
var CertificateStatuses = []CertificateStatus{CertificateValid, CertificateEncumbered, CertificateExpired, CertificateReplaced, CertificateRevoked}

// Burden is what lies on the permits of a holding.
type Burden string

// The burdens.
const (
	BurdenFreeze      Burden = "freeze"
	BurdenPledge      Burden = "pledge"
	BurdenLease       Burden = "lease"
	BurdenInstalments Burden = "instalments" // not yet paid for in full
)

// Burdens are all burdens.
var Burdens = []Burden{BurdenFreeze, BurdenPledge, BurdenLease, BurdenInstalments}

// BurdenOf is the burden that a hold on a holding is for; "" for the hold of a
// dealing that is under way, which burdens nothing: its permits are the
// holder's until it is done.
func BurdenOf(p ledger.HoldPurpose) Burden {
	switch p { //nolint:exhaustive // the others are dealings
	case ledger.ForPledge:
		return BurdenPledge
	case ledger.ForLease:
		return BurdenLease
	case ledger.ForSale:
		return BurdenInstalments
	}
	return ""
}

// takenBack are the reasons by which permits are taken from who has them,
// because they were wrongly his or without payment.
var takenBack = []ledger.Reason{ledger.Reversal, ledger.Correction, ledger.SaleRevocation, ledger.Revocation, ledger.Reclamation}

// Standing is what the status of a certificate follows from.
type Standing struct {
	Remaining quantity.Quantity // of the acquisition
	LastUse   ledger.Reason     // by which the last of it left; 0 while something remains
	TermEnd   calendar.Date     // last day
	Burdens   []Burden          // on its holding
}

// Status is the certificate's status on a day. Burdens lie on a holding as a
// whole, and its acquisitions are used first in, first out, so that each
// certificate of a burdened holding is encumbered: nobody is told that what he
// takes as security is free when it may not be.
func (s Standing) Status(on calendar.Date) CertificateStatus {
	switch {
	case s.Remaining == 0 && slices.Contains(takenBack, s.LastUse):
		return CertificateRevoked
	case s.Remaining == 0 && s.LastUse != ledger.TermEnd:
		return CertificateReplaced
	case s.Remaining == 0 || on > s.TermEnd:
		return CertificateExpired
	case len(s.Burdens) > 0:
		return CertificateEncumbered
	}
	return CertificateValid
}

const (
	certificateDigits = 10 // of the acquisition's id, at least
	regionDigits      = 6
	idDigits          = 19
)

// CertificateNumber is the number of an acquisition's certificate: the region
// of its holding, its id, and a check digit (ISO/IEC 7064, MOD 11,10) by which
// one wrong digit is always found, and two neighbours in the wrong order nearly
// always.
func CertificateNumber(region string, acquisition int64) string {
	digits := fmt.Sprintf("%0*d", certificateDigits, acquisition)
	return fmt.Sprintf("%s-%s-%d", region, digits, checkDigit(region+digits))
}

// ParseCertificateNumber returns the region and the acquisition of a number.
// Returns ErrCertificateNumber unless CertificateNumber may have written it.
func ParseCertificateNumber(number string) (region string, acquisition int64, err error) {
	parts := strings.Split(number, "-")
	if len(parts) != 3 || len(parts[0]) != regionDigits || len(parts[1]) > idDigits || strings.Trim(parts[0], "0123456789") != "" {
		return "", 0, ErrCertificateNumber
	}
	id, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || id <= 0 || CertificateNumber(parts[0], id) != number {
		return "", 0, ErrCertificateNumber
	}
	return parts[0], id, nil
}

// checkDigit is the digit that ISO/IEC 7064's MOD 11,10 puts behind others.
func checkDigit(digits string) int {
	p := 10
	for _, d := range digits {
		p = (p + int(d-'0')) % 10
		if p == 0 {
			p = 10
		}
		p = p * 2 % 11
	}
	return (11 - p) % 10
}
