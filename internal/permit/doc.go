// Package permit is what happens to permits in the hands of the firm that
// needs them: they are put to a project, used by a licence, and follow their
// site or enterprise to its successors.
//
// # Terms
//
// A project (新、改、扩建项目) needs, for each pollutant, its discharge times the
// offset ratio of the day of the decision: needed = need × ratio, rounded up
// at four decimals. Permits are bought for it, and assigned to it: the share
// that the ratio asks for beyond one is then retired, and the rest kept. Of
// 1.5 t/a bought at the ratio 1.5, 1 is kept and 0.5 retired.
//
// A licence permits an amount of each pollutant; it discharges what is recorded
// by quarter, where missing is not zero. Surplus = permitted − actual − task.
//
// A renewal gives a holding a further term, which joins the old without a gap.
//
// A succession carries all that a licence has to others of its region, with
// origin, date and price. Rests is the table of what follows it and what
// blocks it. A departure is of a site that leaves: its free permits are taken
// back, its paid ones go before it is complete.
//
// A correction takes back what was allocated wrongly. What is no longer there
// is a debt of the licence; whoever bought of it keeps it.
//
// # Invariants
//
// I-26: needed ≥ bought + open. I-27: bought ≥ assigned, and what is kept of
// it is ⌊assigned ÷ ratio⌋ at four decimals, the rest retired. I-28: a
// renewal joins no more than it was granted. I-31: the parts of a succession
// are the whole. I-32: what was wrong is back or owed.
//
// # Sources
//
// 排污许可管理条例 art. 8(3): new, rebuilt and expanded projects state where their
// reduction-substitution comes from; 财税〔2015〕61号. The rounding is a project
// default: what the state needs from a firm up, what it grants down.
package permit
