package app

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/carbon"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/opening"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// A record's digest is taken over its canonical encoding: its fields in order
// of declaration, integers and booleans as zig-zag varints, strings and bytes
// with their length before them. appendRecord does it for any record by
// reflection; the records of the order path have functions of their own,
// which a test holds equal to it.

// later are the fields that records have got since registries were first in
// service. They are encoded behind the others, as far as the last that is not
// zero, so that a row that was there before is encoded as it was then.
var later = map[reflect.Type][]string{
	reflect.TypeFor[market.Record]():               {"Project", "Queued", "Kind", "Schedule", "Amount", "Fee", "Ending"},
	reflect.TypeFor[market.Trade]():                {"BuyerFee", "SellerFee", "Kind"},
	reflect.TypeFor[market.FeeSchedule]():          {"Exempt"},
	reflect.TypeFor[market.Block]():                {"BuyerExempt", "SellerExempt", "Project"},
	reflect.TypeFor[catalog.Market]():              {"ProjectRequired", "ResaleNextDay", "Scheme"},
	reflect.TypeFor[catalog.Instrument]():          {"Scheme", "Series"},
	reflect.TypeFor[catalog.Party]():               {"OwnerGroup"},
	reflect.TypeFor[identity.Grant]():              {"GrantedAt", "RevokedAt"},
	reflect.TypeFor[settlement.Deal]():             {"Project"},
	reflect.TypeFor[reserve.PaymentNotice]():       {"Project", "Renewal", "Opening", "Refusal"},
	reflect.TypeFor[reserve.BuyBack]():             {"Uncovered", "HeldOn", "Formula", "FormulaDocument"},
	reflect.TypeFor[reserve.IdleDeclaration]():     {"DeclaredOf", "HeldOn"},
	reflect.TypeFor[reserve.TreasuryRefund]():      {"Award", "Notice", "Correction", "CancelDocument"},
	reflect.TypeFor[reserve.InstalmentPlan]():      {"RevokedAt", "RequestedBy", "DecidedBy"},
	reflect.TypeFor[reserve.Instalment]():          {"Reason"},
	reflect.TypeFor[opening.Package]():             {"Pledges", "Leases", "Sales", "Instalments", "FundFreezes", "Loans", "Unpaid"},
	reflect.TypeFor[permit.Renewal]():              {"PublicNotice", "Notice", "Refusal", "Returned"},
	reflect.TypeFor[permit.Correction]():           {"EarmarkAllocation", "OffsetShare"},
	reflect.TypeFor[permit.DebtSettlement]():       {"OffsetShare"},
	reflect.TypeFor[permit.Entry]():                {"Needed", "Lowered", "Missing"},
	reflect.TypeFor[reserve.SurplusVerification](): {"Year", "Permitted", "Actual", "Task", "NoYear"},
	reflect.TypeFor[auction.Offer]():               {"Series", "Seller", "NoncompetitiveQuota", "NoncompetitiveShare", "Programme", "Planned", "Carried", "Lost", "BudgetLimit", "DepositPer"},
	reflect.TypeFor[auction.Award]():               {"Seller", "Uncovered"},
	reflect.TypeFor[auction.Registration]():        {"Reason", "QuantityMost", "Bidding", "LimitMost"},
	reflect.TypeFor[permit.Need]():                 {"Bidding"},
	reflect.TypeFor[permit.AmountChange]():         {"Unrecorded"},
	reflect.TypeFor[encumbrance.Freeze]():          {"Series"},
	reflect.TypeFor[encumbrance.JudicialSale]():    {"Series"},
	reflect.TypeFor[carbon.Range]():                {"Offer", "Mirror", "ExpiredOn"},
	reflect.TypeFor[carbon.Series]():               {"ValidTo"},
	reflect.TypeFor[approval.Proposal]():           {"ApprovedIn", "EffectiveOn"},
	reflect.TypeFor[approval.Objection]():          {"ReceivedOn", "Document"},
	reflect.TypeFor[carbon.Exclusion]():            {"Region", "Void", "Document"},
	reflect.TypeFor[carbon.Issuance]():             {"Origin", "Plant", "Intake", "ListsAsked", "ExpiredUnits"},
	reflect.TypeFor[carbon.Scenario]():             {"DataSource"},
	reflect.TypeFor[carbon.Complaint]():            {"Scenario", "Day", "Evidence"},
	reflect.TypeFor[report.Total]():                {"Secured", "AnnualRest", "Priced"},
	reflect.TypeFor[reserve.EarmarkAllocation]():   {"Notice", "Lapsed"},
	reflect.TypeFor[outside.Mirror]():              {"BuyerRegion", "Pair", "Arriving"},
}

// plan is what reflection must know of a record type, found once.
type plan struct {
	fields, id, command int
	first, later        []int // the fields in the order of their encoding
}

var plans sync.Map // reflect.Type → plan

func planOf(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan) //nolint:errcheck // only plans are stored
	}
	p := plan{fields: t.NumField(), id: -1, command: -1}
	for i := range p.fields {
		switch t.Field(i).Name {
		case "ID", "Number":
			p.id = i
		case "Command":
			p.command = i
		}
	}
	if t.Field(0).Name == "Number" || t.Field(0).Name == "ID" {
		p.id = 0
	}
	if p.command < 0 { // the journal and its payloads are written by their own number
		p.command = p.fields - 1
	}
	for i := range p.fields {
		if !slices.Contains(later[t], t.Field(i).Name) {
			p.first = append(p.first, i)
		}
	}
	for _, name := range later[t] {
		f, _ := t.FieldByName(name)
		p.later = append(p.later, f.Index[0])
	}
	plans.Store(t, p)
	return p
}

// idOf returns the id of a record, given a pointer to it.
func idOf(row any) int64 {
	v := reflect.ValueOf(row).Elem()
	return v.Field(planOf(v.Type()).id).Int()
}

// commandOf returns the command that last wrote a record, given a pointer to it.
func commandOf(row any) int64 {
	v := reflect.ValueOf(row).Elem()
	return v.Field(planOf(v.Type()).command).Int()
}

// stamp sets a record's id and command, given a pointer to it.
func stamp(row any, id, command int64) {
	v := reflect.ValueOf(row).Elem()
	p := planOf(v.Type())
	v.Field(p.id).SetInt(id)
	v.Field(p.command).SetInt(command)
}

// appendRecord appends the canonical encoding of a record, given a pointer to it.
func appendRecord(b []byte, row any) []byte {
	v := reflect.ValueOf(row).Elem()
	p := planOf(v.Type())
	for _, i := range p.first {
		b = appendValue(b, v, i)
	}
	set := len(p.later)
	for set > 0 && v.Field(p.later[set-1]).IsZero() {
		set--
	}
	for _, i := range p.later[:set] {
		b = appendValue(b, v, i)
	}
	return b
}

func appendValue(b []byte, v reflect.Value, i int) []byte {
	switch f := v.Field(i); f.Kind() { //nolint:exhaustive // the others no table stores
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return appendInt(b, f.Int())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return appendInt(b, int64(f.Uint())) //nolint:gosec // at most 32 bits
	case reflect.Bool:
		return appendBool(b, f.Bool())
	case reflect.String:
		return appendString(b, f.String())
	}
	panic(fmt.Sprintf("app: field %s of %s has a kind that no table stores", v.Type().Field(i).Name, v.Type()))
}

func appendInt[T ~int64 | ~int32 | ~uint8](b []byte, n T) []byte {
	return binary.AppendVarint(b, int64(n))
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return appendInt(b, int64(1))
	}
	return appendInt(b, int64(0))
}

func appendString[T ~string | ~[]byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendBalance(b []byte, r *ledger.Balance) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Balance)
	b = appendInt(b, r.Held)
	b = appendInt(b, r.LastPosting)
	return appendInt(b, r.Command)
}

func appendPosting(b []byte, r *ledger.Posting) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Transfer)
	b = appendInt(b, r.Reason)
	b = appendInt(b, r.Reference)
	b = appendInt(b, r.Debit)
	b = appendInt(b, r.Credit)
	b = appendInt(b, r.Amount)
	b = appendInt(b, r.DebitAfter)
	b = appendInt(b, r.CreditAfter)
	b = appendInt(b, r.DebitPrevious)
	b = appendInt(b, r.CreditPrevious)
	return appendInt(b, r.Command)
}

func appendOrder(b []byte, r *market.Record) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Market)
	b = appendInt(b, r.Instrument)
	b = appendInt(b, r.Party)
	b = appendInt(b, r.Licence)
	b = appendInt(b, r.Side)
	b = appendInt(b, r.TimeInForce)
	b = appendInt(b, r.State)
	b = appendInt(b, r.Price)
	b = appendInt(b, r.Quantity)
	b = appendInt(b, r.Remaining)
	b = appendInt(b, r.Hold)
	b = appendInt(b, r.PlacedAt)
	b = appendInt(b, r.Command)
	return appendLater(b, r.Project, r.Queued, int64(r.Kind), r.Schedule, int64(r.Amount), int64(r.Fee), int64(r.Ending))
}

// appendLater appends fields that came later, as far as the last that is not zero.
func appendLater(b []byte, fields ...int64) []byte {
	set := len(fields)
	for set > 0 && fields[set-1] == 0 {
		set--
	}
	for _, f := range fields[:set] {
		b = appendInt(b, f)
	}
	return b
}

func appendTrade(b []byte, r *market.Trade) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Market)
	b = appendInt(b, r.Instrument)
	b = appendInt(b, r.BuyOrder)
	b = appendInt(b, r.SellOrder)
	b = appendInt(b, r.Taker)
	b = appendInt(b, r.Price)
	b = appendInt(b, r.Quantity)
	b = appendInt(b, r.Months)
	b = appendInt(b, r.Amount)
	b = appendString(b, r.BuyerRegion)
	b = appendString(b, r.SellerRegion)
	b = appendInt(b, r.At)
	b = appendInt(b, r.Command)
	return appendLater(b, int64(r.BuyerFee), int64(r.SellerFee), int64(r.Kind))
}

func appendAcquisition(b []byte, r *ledger.Acquisition) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Account)
	b = appendInt(b, r.AcquiredOn)
	b = appendInt(b, r.Price)
	b = appendBool(b, r.PriceKnown)
	b = appendString(b, r.Document)
	b = appendInt(b, r.Trade)
	b = appendInt(b, r.Deal)
	b = appendInt(b, r.Quantity)
	b = appendInt(b, r.Remaining)
	return appendInt(b, r.Command)
}

func appendSurplus(b []byte, r *market.Surplus) []byte {
	b = appendInt(b, r.ID)
	b = appendInt(b, r.Licence)
	b = appendString(b, r.Pollutant)
	b = appendInt(b, r.Verified)
	b = appendInt(b, r.Used)
	b = appendInt(b, r.Held)
	return appendInt(b, r.Command)
}
