package reserve

import (
	"fmt"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// A SaleKind is how the buyer of a payment notice was found.
type SaleKind string

// The kinds of sales.
const (
	ByAgreement  SaleKind = "agreement"   // 协议出让, at a price that a document names
	AtFixedPrice SaleKind = "fixed_price" // 定额出让
	BySimplified SaleKind = "simplified"  // 简易出让
	ByAuction    SaleKind = "auction"     // 拍卖, 竞价: to who has won it
	ByGuarantee  SaleKind = "guarantee"   // 重大项目保障: out of what is earmarked for a project
	ForRenewal   SaleKind = "renewal"     // 延续: the new term of what the payer holds
)

// noticeSequence is how many digits a number is written with, at least.
const noticeSequence = 6

// SaleKinds are all kinds of sales.
var SaleKinds = []SaleKind{ByAgreement, AtFixedPrice, BySimplified, ByAuction, ByGuarantee, ForRenewal}

// A Sale is what a payment notice is about besides its payment: its official
// number and how it came about.
type Sale struct {
	ID           int64
	Notice       int64
	Party        int64
	Licence      int64
	Region       string
	Year         int32 // of the issue
	Number       int32 // within region and year
	Kind         SaleKind
	Listing      int64  // 0: not sold out of a listing
	Confirmation string // why finance confirmed a payment that no list has
	ConfirmedAt  calendar.Instant
	Command      int64
}

// NoticeNumber is the number that the buyer quotes when he pays: region, year and number.
func (s Sale) NoticeNumber() string {
	return fmt.Sprintf("%s-%d-%0*d", s.Region, s.Year, noticeSequence, s.Number)
}

// Confirmed returns the sale with finance's reason to deliver without a match.
func (s Sale) Confirmed(reason string, at calendar.Instant) (Sale, error) {
	if err := catalog.CheckDocument("reason", reason); err != nil {
		return s, err
	}
	s.Confirmation, s.ConfirmedAt = reason, at
	return s, nil
}

// NoticeNumbers counts the notices of a region and year: numbers have no gaps.
type NoticeNumbers struct {
	ID      int64
	Region  string
	Year    int32
	Last    int32
	Command int64
}

// PaymentNumber is what a payer quotes: the number of a notice, and of the
// instalment where it is paid in parts.
type PaymentNumber struct {
	Region     string
	Year       int32
	Number     int32
	Instalment int32 // 0: none
}

// ParseNumber reads 330421-2026-000012, or 330421-2026-000012/2 of an instalment.
func ParseNumber(s string) (n PaymentNumber, ok bool) {
	s, part, isPart := strings.Cut(s, "/")
	fields := strings.Split(s, "-")
	if len(fields) != 3 || len(fields[0]) != 6 || len(fields[1]) != 4 || len(fields[2]) < noticeSequence {
		return n, false
	}
	year, err1 := strconv.ParseUint(fields[1], 10, 15)
	number, err2 := strconv.ParseUint(fields[2], 10, 31)
	n = PaymentNumber{Region: fields[0], Year: int32(year), Number: int32(number)}
	if isPart {
		i, err := strconv.ParseUint(part, 10, 15)
		if err != nil || i == 0 {
			return n, false
		}
		n.Instalment = int32(i)
	}
	return n, err1 == nil && err2 == nil && number > 0
}

// ErrNotMatched is returned when permits would be delivered whose payment is in
// no list of the tax authority and not confirmed by finance.
var ErrNotMatched = fault.New(fault.Conflict, "payment_notice.not_matched", "no list of the tax authority has this payment: import one, or let finance confirm it with a reason")
