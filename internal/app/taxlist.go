package app

import (
	"cmp"
	"maps"
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The treasury's memorandum: what the tax authority has received for sales out
// of the reserve. None of it is the platform's money.
var (
	TaxLists    = cold[reserve.TaxList]("tax_list")
	TaxReceipts = cold[reserve.TaxReceipt]("tax_receipt")
)

// TaxListImport brings a list of payments of the tax authority and matches each
// with the notice, or instalment, that it quotes. A receipt that an earlier list
// has brought is passed over.
type TaxListImport struct {
	Region   string
	Document string // number of the list
	Rows     []reserve.TaxRow
}

// TaxListResult is a list with the receipts that it has brought.
type TaxListResult struct {
	List     reserve.TaxList
	Receipts []reserve.TaxReceipt
}

var _ = declare(TaxListImport{})

// Operation is TaxListImport.
func (TaxListImport) Operation() identity.Operation { return identity.TaxListImport }

// Decide checks the rows and matches them. The result is a TaxListResult.
func (c TaxListImport) Decide(v *View) (Apply, error) {
	if err := v.AuthoriseAt("region", identity.TaxListImport, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("document", c.Document); err != nil {
		return nil, err
	}
	if err := c.checkRows(v); err != nil {
		return nil, err
	}
	m, err := c.match(v)
	if err != nil {
		return nil, err
	}
	list := reserve.TaxList{
		Region: c.Region, Document: c.Document, Rows: int32(len(c.Rows)), Known: int32(len(c.Rows) - m.fresh), ImportedAt: v.Now, //nolint:gosec // at most 500
	}
	for _, r := range c.Rows {
		list.Amount += r.Amount
	}
	settle, err := m.settle(v)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := TaxListResult{List: Put(tx, TaxLists, list)}
		for _, receipt := range m.receipts {
			isNew := receipt.ID == 0
			if isNew {
				receipt.List = r.List.ID
			}
			receipt = Put(tx, TaxReceipts, receipt)
			if isNew {
				r.Receipts = append(r.Receipts, receipt)
			}
		}
		settle(tx)
		if len(m.settled) > 0 {
			tx.reviewNotices()
		}
		return r
	}, nil
}

func (c TaxListImport) checkRows(v *View) error {
	if n := len(c.Rows); n == 0 || n > reserve.TaxRowsMax {
		return reserve.ErrTaxRows
	}
	seen := map[string]bool{}
	var sum quantity.Money
	for i, r := range c.Rows {
		err := r.Validate()
		switch {
		case err == nil && r.PaidOn > v.Today:
			err = v.checkPast("paid_on", r.PaidOn)
		case err == nil && seen[r.Receipt]:
			err = reserve.ErrReceiptTwice.At("receipt")
		case err == nil && r.Amount > 1<<62-sum:
			err = reserve.ErrTaxRows.With("the amounts are too large")
		}
		if err != nil {
			return within("rows", i, err)
		}
		seen[r.Receipt] = true
		sum += r.Amount
	}
	return nil
}

// target is what a receipt pays: a notice, or an instalment of it.
type target struct{ notice, instalment int64 }

// taxMatch is the matching of a list: receipts by what they pay, and the notices
// that they are about.
type taxMatch struct {
	fresh    int // receipts that no earlier list has
	receipts []reserve.TaxReceipt
	notices  map[int64]*soldNotice
	taken    map[string]target // receipts that finance has recorded, with what they prove
	earlier  map[target][]reserve.TaxReceipt
	settled  map[target]reserve.TaxReceipt // by the receipt that stands for all
}

// match reads what the rows are about and gives each receipt its state. It asks
// the database a fixed number of questions, however long the list is.
func (c TaxListImport) match(v *View) (*taxMatch, error) {
	rows, err := c.freshRows(v)
	if err != nil {
		return nil, err
	}
	m := &taxMatch{fresh: len(rows), notices: map[int64]*soldNotice{}, settled: map[target]reserve.TaxReceipt{}}
	sales, err := c.salesOf(v, rows)
	if err != nil {
		return nil, err
	}
	if err := m.read(v, sales); err != nil {
		return nil, err
	}
	receipts := make([]string, len(rows))
	for i, r := range rows {
		receipts[i] = r.Receipt
	}
	for _, named := range m.earlier {
		receipts = append(receipts, numbersOf(named)...)
	}
	if m.taken, err = v.takenProofs(receipts); err != nil {
		return nil, err
	}
	fresh := map[target][]reserve.TaxReceipt{}
	for _, row := range rows {
		t := m.targetOf(row, sales)
		fresh[t] = append(fresh[t], reserve.TaxReceipt{
			Region: c.Region, Number: row.Number, Receipt: row.Receipt, Amount: row.Amount, PaidOn: row.PaidOn, Notice: t.notice, Instalment: t.instalment,
			State: reserve.ReceiptUnmatched,
		})
	}
	for _, t := range sortedTargets(fresh) {
		m.matchTarget(t, fresh[t])
	}
	return m, nil
}

// freshRows are the rows whose receipt no earlier list has. Returns
// reserve.ErrReceiptDiffers.
func (c TaxListImport) freshRows(v *View) ([]reserve.TaxRow, error) {
	receipts := make([]string, len(c.Rows))
	for i, r := range c.Rows {
		receipts[i] = r.Receipt
	}
	known, err := Find(v, TaxReceipts, Query{}.And("receipt", In, receipts))
	if err != nil {
		return nil, err
	}
	byReceipt := map[string]reserve.TaxReceipt{}
	for _, k := range known {
		byReceipt[k.Receipt] = k
	}
	var fresh []reserve.TaxRow
	for i, r := range c.Rows {
		k, isKnown := byReceipt[r.Receipt]
		if isKnown && !r.Same(k) {
			return nil, within("rows", i, reserve.ErrReceiptDiffers.With("receipt %s was listed before: CNY %s for %s on %s", k.Receipt, k.Amount, k.Number, k.PaidOn).At("receipt"))
		}
		if !isKnown {
			fresh = append(fresh, r)
		}
	}
	return fresh, nil
}

// salesOf are the sales that the rows quote, by number.
func (c TaxListImport) salesOf(v *View, rows []reserve.TaxRow) (map[reserve.PaymentNumber]reserve.Sale, error) {
	var numbers []int64
	for _, r := range rows {
		if n, ok := reserve.ParseNumber(r.Number); ok && n.Region == c.Region {
			numbers = append(numbers, int64(n.Number))
		}
	}
	byNumber := map[reserve.PaymentNumber]reserve.Sale{}
	if len(numbers) == 0 {
		return byNumber, nil
	}
	sales, err := Find(v, Sales, Where("region", c.Region).And("number", In, numbers))
	for _, s := range sales {
		byNumber[reserve.PaymentNumber{Region: s.Region, Year: s.Year, Number: s.Number}] = s
	}
	return byNumber, err
}

// read reads the notices of the sales, how they are paid and what was received
// for them before.
func (m *taxMatch) read(v *View, sales map[reserve.PaymentNumber]reserve.Sale) error {
	m.earlier = map[target][]reserve.TaxReceipt{}
	if len(sales) == 0 {
		return nil
	}
	var ids []int64
	for _, s := range sales {
		ids = append(ids, s.Notice)
		m.notices[s.Notice] = &soldNotice{sale: s}
	}
	notices, err1 := Find(v, Notices, Query{}.And("id", In, ids))
	plans, err2 := Find(v, InstalmentPlans, Query{}.And("notice", In, ids))
	parts, err3 := Find(v, Instalments, Query{}.And("notice", In, ids))
	receipts, err4 := Find(v, TaxReceipts, namingAny("notice", ids))
	if err := cmp.Or(err1, err2, err3, err4); err != nil {
		return err
	}
	for _, n := range notices {
		m.notices[n.ID].PaymentNotice = n
	}
	for _, p := range plans { // the newest stays
		m.notices[p.Notice].parts = planned{InstalmentPlan: p}
	}
	for _, i := range parts {
		if p := &m.notices[i.Notice].parts; p.ID == i.Plan {
			p.parts = append(p.parts, i)
		}
	}
	for _, r := range receipts {
		t := target{r.Notice, r.Instalment}
		m.earlier[t] = append(m.earlier[t], r)
	}
	return nil
}

// targetOf is what a row pays; the zero target is nothing.
func (m *taxMatch) targetOf(row reserve.TaxRow, sales map[reserve.PaymentNumber]reserve.Sale) target {
	number, ok := reserve.ParseNumber(row.Number)
	if !ok {
		return target{}
	}
	part := number.Instalment
	number.Instalment = 0
	s, known := sales[number]
	if !known {
		return target{}
	}
	n := m.notices[s.Notice]
	switch {
	case n.State == reserve.NoticeCancelled:
		return target{}
	case part == 0 && !n.parts.IsOpen():
		return target{notice: n.ID}
	case part > 0 && n.parts.ID != 0 && int(part) <= len(n.parts.parts):
		return target{n.ID, n.parts.parts[part-1].ID}
	}
	return target{}
}

// asked is what a target waits for.
func (m *taxMatch) asked(t target) reserve.Asked {
	n := m.notices[t.notice]
	if t.instalment == 0 {
		waits := n.State == reserve.NoticeIssued || n.State == reserve.NoticeProved && !n.Matched
		return reserve.Asked{Amount: n.Amount, Proof: n.Proof, Waits: waits}
	}
	for _, i := range n.parts.parts {
		if i.ID == t.instalment {
			return reserve.Asked{Amount: i.Amount, Proof: i.Proof, Waits: n.parts.State != reserve.PlanRequested && n.parts.IsOpen() && !i.Matched}
		}
	}
	return reserve.Asked{}
}

// matchTarget gives the receipts of a target their state, those of earlier lists
// among them where they were partial.
func (m *taxMatch) matchTarget(t target, fresh []reserve.TaxReceipt) {
	if t.notice == 0 {
		m.receipts = append(m.receipts, fresh...)
		return
	}
	a := m.asked(t)
	all := fresh
	if a.Waits {
		all = append(slices.Clone(m.earlier[t]), fresh...)
	}
	state := matchedBy(t, a, all, m.taken)
	for _, r := range all {
		r.State, r.Asked = state, a.Amount
		m.receipts = append(m.receipts, r)
	}
	if state == reserve.ReceiptMatched {
		m.settled[t] = reserve.Standing(all)
	}
}

// settle returns what records the payments that were matched.
func (m *taxMatch) settle(v *View) (func(*Tx), error) {
	var steps []Apply
	parts := map[int64][]int{} // by notice
	for _, t := range sortedTargets(m.settled) {
		n, r := m.notices[t.notice], m.settled[t]
		if t.instalment == 0 {
			step, err := m.matched(v, n, r)
			if err != nil {
				return nil, err
			}
			steps = append(steps, step)
			continue
		}
		at := slices.IndexFunc(n.parts.parts, func(i reserve.Instalment) bool { return i.ID == t.instalment })
		n.parts.parts[at] = n.parts.parts[at].ProvedByList(r)
		parts[t.notice] = append(parts[t.notice], at)
	}
	for _, id := range slices.Sorted(maps.Keys(parts)) {
		step, err := v.partsChanged(*m.notices[id], parts[id]...)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return inTurn(steps), nil
}

// matched records that the tax authority has the payment of a notice. Where
// finance has not, the list proves it.
func (*taxMatch) matched(v *View, n *soldNotice, r reserve.TaxReceipt) (Apply, error) {
	p, paid := n.PaymentNotice, func(*Tx) {}
	if p.State == reserve.NoticeIssued {
		var err error
		if paid, err = v.awardPaid(*n); err != nil {
			return nil, err
		}
		p = v.provedByList(p, r)
	}
	p.Matched = true
	return func(tx *Tx) any {
		paid(tx)
		tx.renewalPaid(Put(tx, Notices, p))
		return p
	}, nil
}

// provedByList is a notice that a receipt of a list proves.
func (v *View) provedByList(n reserve.PaymentNotice, r reserve.TaxReceipt) reserve.PaymentNotice {
	n.State, n.Paid, n.Proof, n.PaidOn, n.ProvedAt = reserve.NoticeProved, n.Amount, r.Receipt, r.PaidOn, v.Now
	return n
}

// matchedBy is the state of all receipts of a notice, or instalment, given what receipts
// prove: one that proves something else pays no part of it.
func matchedBy(t target, a reserve.Asked, receipts []reserve.TaxReceipt, proves map[string]target) reserve.ReceiptState {
	for _, r := range receipts {
		if of, taken := proves[r.Receipt]; taken && of != t {
			return reserve.ReceiptProofDiffers
		}
	}
	return reserve.MatchReceipts(a, receipts)
}

// numbersOf are the numbers of receipts.
func numbersOf(receipts []reserve.TaxReceipt) []string {
	numbers := make([]string, len(receipts))
	for i, r := range receipts {
		numbers[i] = r.Receipt
	}
	return numbers
}

// receiptsNaming are the listed receipts that name a notice, or an instalment of it.
func (v *View) receiptsNaming(t target) ([]reserve.TaxReceipt, error) {
	return Find(v, TaxReceipts, naming("notice", t.notice).And("instalment", Eq, t.instalment))
}

// putReceipts writes receipts in their new state.
func (tx *Tx) putReceipts(receipts []reserve.TaxReceipt) {
	for _, r := range receipts {
		Put(tx, TaxReceipts, r)
	}
}

// receiptsProving are the receipts that lists had brought for what is now proved, and
// the one that proves it where nothing else is paid by it, in their new state.
func (v *View) receiptsProving(n reserve.PaymentNotice, t target, amount quantity.Money, proof string) ([]reserve.TaxReceipt, error) {
	listed, err := Find(v, TaxReceipts, Where("receipt", proof))
	if err != nil {
		return nil, err
	}
	listed = slices.DeleteFunc(listed, func(r reserve.TaxReceipt) bool {
		return r.Region != n.Region || r.Notice != 0 && (target{r.Notice, r.Instalment}) != t
	})
	named, err := v.receiptsNaming(t)
	for _, r := range named {
		if !slices.ContainsFunc(listed, func(l reserve.TaxReceipt) bool { return l.ID == r.ID }) {
			listed = append(listed, r)
		}
	}
	if err != nil {
		return nil, err
	}
	taken, err := v.takenProofs(numbersOf(listed))
	state := matchedBy(t, reserve.Asked{Amount: amount, Proof: proof, Waits: true}, listed, taken)
	for i := range listed {
		r := &listed[i]
		r.Notice, r.Instalment, r.Asked, r.State = t.notice, t.instalment, amount, state
	}
	return listed, err
}

// provenBy records the payment of a notice that waits for it. Receipts that a list
// had brought before, and nothing else is paid by, are matched with it.
func (v *View) provenBy(n soldNotice, proved reserve.PaymentNotice) (func(*Tx) NoticeResult, error) {
	proved.ProvedAt = v.Now
	listed, err := v.receiptsProving(n.PaymentNotice, target{notice: n.ID}, n.Amount, proved.Proof)
	if err != nil {
		return nil, err
	}
	proved.Matched = reserve.AreMatched(listed)
	if proved, err = v.judgePaid(n, proved); err != nil {
		return nil, err
	}
	paid, err := v.awardPaid(n)
	return func(tx *Tx) NoticeResult {
		tx.putReceipts(listed)
		paid(tx)
		r := tx.putNotice(proved, n.sale)
		if proved.Matched {
			tx.renewalPaid(proved)
		}
		return r
	}, err
}

func sortedTargets[V any](m map[target]V) []target {
	return slices.SortedFunc(maps.Keys(m), func(a, b target) int {
		return cmp.Or(cmp.Compare(a.notice, b.notice), cmp.Compare(a.instalment, b.instalment))
	})
}
