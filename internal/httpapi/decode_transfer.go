package httpapi

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// What the fields of a transfer must be.
const (
	anAmount   = `a string such as "5.12"`
	aText      = "a string of 1 to 500 characters"
	aBatchMode = "one of all, each"
)

// maxText is the longest document or note, in characters.
const maxText = 500

// The fields of a transfer, by place in transferFields.
const (
	fieldDebit = iota
	fieldCredit
	fieldAmount
	fieldDocument
	fieldNote
)

var transferFields = fields{
	names:    []string{"debit_account", "credit_account", "amount", "document", "note"},
	expected: []string{aNumber, aNumber, anAmount, aText, aText},
	required: 1<<fieldNote - 1,
}

// transferInput is a transfer as it was sent: what its amount counts depends
// on its accounts.
type transferInput struct {
	app.TransferPost
	amount string // has the form of an Amount
	at     string // pointer to the amount
}

// decodeTransfer reads the body of postTransfer.
func decodeTransfer(data []byte) (transferInput, error) {
	s := scanner{data: data}
	t := s.transfer()
	return t, s.err()
}

// transfer reads a TransferInput.
func (s *scanner) transfer() transferInput {
	var t transferInput
	s.complete(&transferFields, func(field int) {
		switch field {
		case fieldDebit:
			t.Debit = ledger.AccountID(s.whole("debit_account"))
		case fieldCredit:
			t.Credit = ledger.AccountID(s.whole("credit_account"))
		case fieldAmount:
			t.amount = s.code("amount", anAmount, isAmount)
		case fieldDocument:
			t.Document = s.freeText("document")
		case fieldNote:
			t.Note = s.freeText("note")
		}
	})
	if len(s.path) > 0 {
		t.at = s.pointer("amount")
	}
	return t
}

// freeText reads a document or a note.
func (s *scanner) freeText(field string) string {
	read, ok := s.str(field, aText)
	text := string(read)
	switch n := utf8.RuneCountInString(text); {
	case !ok:
	case n < 1 || n > maxText:
		s.refuse(field, fmt.Sprintf("must have 1 to %d characters", maxText))
	case unfit(text) != "":
		s.refuse(field, unfit(text))
	default:
		return text
	}
	return ""
}

// isAmount holds Amount's form: at most 17 digits before the point and 6 behind.
func isAmount(b []byte) bool {
	const most, whole, decimals = 24, 17, 6
	point := bytes.IndexByte(b, '.')
	if point < 0 {
		point = len(b)
	} else if n := len(b) - point - 1; n < 1 || n > decimals || !allDigits(b[point+1:]) {
		return false
	}
	return len(b) <= most && point >= 1 && point <= whole && allDigits(b[:point]) && (b[0] != '0' || point == 1)
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// resolve reads the amount in the unit of the debited account. An account that
// does not exist is the app's to refuse.
func (t *transferInput) resolve(isMoney bool) error {
	parse := func() (int64, error) {
		q, err := quantity.ParsePositiveQuantity("/amount", t.amount)
		return int64(q), err
	}
	if isMoney {
		parse = func() (int64, error) {
			m, err := quantity.ParsePositiveMoney("/amount", t.amount)
			return int64(m), err
		}
	}
	var err error
	if t.Amount, err = parse(); err != nil && t.at != "" {
		if f, ok := fault.As(err); ok {
			return f.At(t.at)
		}
	}
	return err
}

// The fields of a batch of transfers.
var transferBatchFields = fields{
	names: []string{"transfers", "mode"}, expected: []string{aBatch, aBatchMode}, required: 1,
}

// decodeTransferBatch reads the body of postTransferBatch.
func decodeTransferBatch(data []byte) ([]transferInput, app.BatchMode, error) {
	s := scanner{data: data}
	var all []transferInput
	mode := app.EachItem
	s.complete(&transferBatchFields, func(field int) {
		if field == 1 {
			mode = s.batchMode()
			return
		}
		n, ok := s.list("transfers", aBatch, func() { all = append(all, s.transfer()) })
		if ok && (n < 1 || n > app.MaxTransfers) {
			s.refuse("transfers", fmt.Sprintf("must have 1 to %d items", app.MaxTransfers))
		}
	})
	return all, mode, s.err()
}

func (s *scanner) batchMode() app.BatchMode {
	text, ok := s.str("mode", aBatchMode)
	switch {
	case !ok:
	case string(text) == string(app.EachItem):
		return app.EachItem
	case string(text) == string(app.AllItems):
		return app.AllItems
	default:
		s.refuse("mode", "must be "+aBatchMode)
	}
	return ""
}
