package httpapi

import (
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var (
	_ = register(transferOf, identity.TransferPost)
	_ = register(transferBatchOf, identity.TransferBatch)
	_ = register(orderBatchOf, identity.OrderBatch)
)

// transferOf is a correcting transfer as the contract shows it.
func transferOf(r app.TransferResult) api.Transfer {
	t := postedTransfer(r.Postings, func(ledger.Posting) ledger.Kind { return r.Kind })
	t.At, t.Document, t.Note = r.At.String(), optional(r.Document), optional(r.Note)
	return t
}

// postedTransfer shows the postings of a transfer; when and why it was made is
// for the caller to add. unit tells what a posting counts.
func postedTransfer(postings []ledger.Posting, unit func(ledger.Posting) ledger.Kind) api.Transfer {
	head := postings[0]
	t := api.Transfer{ID: head.Transfer, Command: head.Command, Reason: api.TransferReason(head.Reason.String()), Postings: []api.Posting{}}
	if head.Reason != ledger.Correction { // whose reference is a place in its command
		t.Reference = optional(head.Reference)
	}
	for _, p := range postings {
		t.Postings = append(t.Postings, api.Posting{
			ID: p.ID, DebitAccount: int64(p.Debit), CreditAccount: int64(p.Credit), Amount: amountOf(unit(p), p.Amount),
		})
	}
	return t
}

// appendTransfer writes what encoding/json writes of transferOf.
func appendTransfer(b []byte, r *app.TransferResult) []byte {
	head := &r.Postings[0]
	b = appendInstant(append(b, `{"at":"`...), r.At)
	b = strconv.AppendInt(append(b, `","command":`...), head.Command, 10)
	if r.Document != "" {
		b = appendText(append(b, `,"document":`...), r.Document)
	}
	b = strconv.AppendInt(append(b, `,"id":`...), head.Transfer, 10)
	if r.Note != "" {
		b = appendText(append(b, `,"note":`...), r.Note)
	}
	for i := range r.Postings {
		if i == 0 {
			b = append(b, `,"postings":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendPosting(b, &r.Postings[i], r.Kind)
	}
	b = append(append(b, `],"reason":"`...), head.Reason.String()...)
	return append(b, `"}`...)
}

func appendPosting(b []byte, p *ledger.Posting, kind ledger.Kind) []byte {
	b = append(b, `{"amount":"`...)
	if !kind.IsMoney() { // permits and credits have one scale
		b = quantity.Quantity(p.Amount).AppendTo(b)
	} else {
		b = quantity.Money(p.Amount).AppendTo(b)
	}
	b = strconv.AppendInt(append(b, `","credit_account":`...), int64(p.Credit), 10)
	b = strconv.AppendInt(append(b, `,"debit_account":`...), int64(p.Debit), 10)
	b = strconv.AppendInt(append(b, `,"id":`...), p.ID, 10)
	return append(b, '}')
}

func transferBatchOf(r app.TransferBatchResult) api.TransferBatchResult {
	out := api.TransferBatchResult{Results: make([]api.TransferResult, len(r.Items))}
	for i, item := range r.Items {
		if item.Fault != nil {
			out.Results[i].Problem = itemProblemOf(item.Fault, transferPointer(i, item.Fault.Field))
		} else {
			out.Results[i].Transfer = &item.Transfer
		}
	}
	return out
}

// appendTransferBatch writes what encoding/json writes of transferBatchOf.
func appendTransferBatch(b []byte, r *app.TransferBatchResult) []byte {
	b = append(b, `{"results":[`...)
	for i := range r.Items {
		item := &r.Items[i]
		if i > 0 {
			b = append(b, ',')
		}
		if item.Fault != nil {
			b = appendItemProblem(b, item.Fault, transferPointer(i, item.Fault.Field))
		} else {
			b = strconv.AppendInt(append(b, `{"transfer":`...), item.Transfer, 10)
		}
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

func orderBatchOf(r app.OrderBatchResult) api.OrderBatchResult {
	out := api.OrderBatchResult{Results: make([]api.OrderResult, len(r.Items))}
	for i, item := range r.Items {
		if item.Fault != nil {
			out.Results[i].Problem = itemProblemOf(item.Fault, orderPointer(i, item.Fault.Field))
		} else {
			out.Results[i].Order = new(orderOf(item.Order))
		}
	}
	return out
}

// appendOrderBatch writes what encoding/json writes of orderBatchOf.
func appendOrderBatch(b []byte, r *app.OrderBatchResult) []byte {
	b = append(b, `{"results":[`...)
	for i := range r.Items {
		item := &r.Items[i]
		if i > 0 {
			b = append(b, ',')
		}
		if item.Fault != nil {
			b = appendItemProblem(b, item.Fault, orderPointer(i, item.Fault.Field))
		} else {
			b = appendOrder(append(b, `{"order":`...), &item.Order)
		}
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

// transferPointer names a field of a transfer of a batch.
func transferPointer(item int, field string) string {
	at := "/transfers/" + strconv.Itoa(item)
	if field == "" {
		return at
	}
	return at + "/" + field
}

// orderPointer names a field of an item of a batch of orders.
func orderPointer(item int, field string) string {
	at := "/orders/" + strconv.Itoa(item)
	switch field {
	case "":
		return at
	case "cancel":
		return at + "/cancel"
	}
	return at + "/place/" + field
}

// itemProblemOf is the problem of an item of a batch.
func itemProblemOf(f *fault.Error, at string) *api.Problem {
	p := problemOf(f.At(at))
	return &api.Problem{
		Citation: optional(p.Citation), Code: p.Code, Detail: p.Detail, Field: &at, Rule: optional(p.Rule),
		Status: p.status, Title: titles[p.Kind], Type: problemTypePrefix + p.Code,
	}
}

func appendItemProblem(b []byte, f *fault.Error, at string) []byte {
	return problemOf(f.At(at)).append(append(b, `{"problem":`...), nil)
}
