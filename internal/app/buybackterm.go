package app

import "permitx/internal/reserve"

// termEnded is the reason and the document of what the end of a term does.
const termEnded = "the term of the instrument has ended"

// endBuyBacks works off the buy-backs of a term that has ended, one a command:
// what the treasury has paid for goes into the reserve, the others lapse.
func endBuyBacks(v *View, e TermEnd) (termEndPart, error) {
	rows, err := Find(v, BuyBacks, Where("instrument", e.Instrument).And("state", In, anyOf(reserve.OpenBuyBacks)).Page(0, 1))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	b := rows[0]
	m := buyBackMove{BuyBack: b, note: termEnded}
	var effect buyBackEffect
	if b.State == reserve.BuyBackPaid {
		m.move, m.document = must(b.Next(reserve.BookBuyBack, reserve.AsSystem)), b.Contract
		effect, err = v.decideBook(b, m.document)
	} else {
		m.move = must(b.Next(reserve.LapseBuyBack, reserve.AsSystem))
		effect, err = v.decideFree(&m)
	}
	if err != nil {
		return nil, err
	}
	return func(tx *Tx, _ *TermEnd) { m.apply(effect)(tx) }, nil
}

// endIdle ends the declarations of a term that has ended. Those of a holding
// whose renewal was applied for go with it.
func endIdle(v *View, e TermEnd) (termEndPart, error) {
	rows := v.idleEnding(e.Instrument)
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // nothing to end
	}
	end := must(Get(v, Instruments, "instrument", e.Instrument)).TermEnd
	return func(tx *Tx, _ *TermEnd) {
		for _, d := range rows {
			Put(tx, IdleDeclarations, d.End(end, termEnded))
		}
	}, nil
}

// idleEnding are the next open declarations of an instrument that no renewal
// carries over.
func (v *View) idleEnding(instrument int64) (rows []reserve.IdleDeclaration) {
	for d := range openIdle.of(v, permits{instrument: instrument}) {
		if _, renewed := v.renewalOf(d.Holding()); renewed {
			continue
		}
		if rows = append(rows, d); len(rows) == termEndHolds {
			break
		}
	}
	return rows
}
