package app

import (
	"permitx/internal/ledger"
	"permitx/internal/outside"
	"permitx/internal/report"
)

var (
	_ = declareCheck((*checker).checkMirrored)
	_ = declareCheck((*checker).checkExports)
	_ = declareCheck((*checker).checkImports)
)

// checkMirrored holds that each mirrored deal has its outside number and posted
// what it says, and that no posting of this kind is without one (I-60).
func (c *checker) checkMirrored() error {
	posted := map[int64][]ledger.Posting{}
	if err := eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.Mirrored)), func(p ledger.Posting) {
		posted[p.Transfer] = append(posted[p.Transfer], p)
	}); err != nil {
		return err
	}
	type named struct {
		system outside.System
		object int64
	}
	numbers := map[named]string{}
	ofKind := Where("kind", string(outside.MirroredDeal))
	if err := eachOf(c.ctx, c.r, OutsideNumbers, ofKind, func(n outside.Number) { numbers[named{n.System, n.Object}] = n.Number }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, MirroredDeals, Query{}, func(m outside.Mirror) {
		if !c.isPostedAs(m, posted[m.Transfer]) {
			c.report("I-60", MirroredDeals.name, m.ID, "moved %s t/a by transfer %d, which is not posted so", m.Quantity, m.Transfer)
		}
		if number := numbers[named{m.System, m.ID}]; number != m.Number {
			c.report("I-60", MirroredDeals.name, m.ID, "is %s there, its outside number is %s", m.Number, number)
		}
		delete(posted, m.Transfer)
	})
	for transfer := range posted {
		c.report("I-60", Postings.name, transfer, "is of no mirrored deal")
	}
	return err
}

// isPostedAs reports whether the postings of a mirrored deal are what it says:
// one from holding to holding, or one out of each of two regions' caps.
func (c *checker) isPostedAs(m outside.Mirror, posted []ledger.Posting) bool {
	want := 1
	if m.IsCrossRegion() {
		want = 2
	}
	if len(posted) != want {
		return false
	}
	out, in := posted[0], posted[len(posted)-1]
	from, to := c.ledger.accounts[out.Debit], c.ledger.accounts[in.Credit]
	if m.IsCrossRegion() {
		lost, won := c.ledger.accounts[out.Credit], c.ledger.accounts[in.Debit]
		if lost.Kind != ledger.Cap || won.Kind != ledger.Cap || lost.Region != m.Region || won.Region != m.BuyerRegion {
			return false
		}
	}
	return out.Amount == int64(m.Quantity) && in.Amount == int64(m.Arrived()) && out.Reference == m.ID && in.Reference == m.ID &&
		from.Licence == m.SellerLicence && to.Licence == m.BuyerLicence && from.Instrument == m.Instrument && to.Instrument == m.Instrument &&
		from.Origin == ledger.Paid && to.Origin == ledger.Paid
}

// checkExports holds that each file of an export is what its digest says, that
// the export's digest is that of all, and that the exports of a system and
// region are numbered without a gap (I-61).
func (c *checker) checkExports() error {
	type series struct {
		system outside.System
		region string
	}
	numbers := map[series]int32{}
	return eachOf(c.ctx, c.r, Exports, Query{}, func(e outside.Export) {
		s := series{e.System, e.Region}
		if numbers[s]++; e.Number != numbers[s] {
			c.report("I-61", Exports.name, e.ID, "is number %d of its system and region, it should be %d", e.Number, numbers[s])
		}
		var files []outside.ExportFile
		if err := c.r.Find(c.ctx, ExportFiles.name, Where("export", e.ID), &files); err != nil {
			c.report("I-61", ExportFiles.name, e.ID, "cannot be read: %v", err)
			return
		}
		for _, f := range files {
			if report.DigestOf(f.Content) != f.Digest {
				c.report("I-61", ExportFiles.name, f.ID, "%s is not what its digest says", f.Name)
			}
		}
		if manifestOf(files) != e.Digest {
			c.report("I-61", Exports.name, e.ID, "its digest is not that of its files")
		}
	})
}

// checkImports holds that an import has as many differences as it says, and is
// closed only when each is explained (I-62).
func (c *checker) checkImports() error {
	found, open := map[int64]int32{}, map[int64]bool{}
	err := eachOf(c.ctx, c.r, ImportDifferences, Query{}, func(d outside.Difference) {
		found[d.Import]++
		open[d.Import] = open[d.Import] || d.Explanation == ""
	})
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Imports, Query{}, func(p outside.Import) {
		switch {
		case found[p.ID] != p.Differences:
			c.report("I-62", Imports.name, p.ID, "has %d differences, it says %d", found[p.ID], p.Differences)
		case p.State == outside.ImportClosed && open[p.ID]:
			c.report("I-62", Imports.name, p.ID, "is closed, and a difference is not explained")
		}
	})
}
