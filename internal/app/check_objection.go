package app

import "permitx/internal/approval"

var _ = declareCheck((*checker).checkObjections)

// checkObjections holds that each objection came while its notice stood, and what came
// on paper no later than it was entered, with its document (I-141).
func (c *checker) checkObjections() error {
	stands := map[int64]approval.PublicNotice{}
	err := eachOf(c.ctx, c.r, PublicNotices, Query{}, func(n approval.PublicNotice) { stands[n.ID] = n })
	if err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Objections, Query{}, func(o approval.Objection) {
		n, came := stands[o.Notice], o.FiledAt.Date()
		if o.ReceivedOn > came || (o.ReceivedOn > 0) != (o.Document != "") {
			c.report("I-141", Objections.name, o.ID, "came on %s by %q and was entered on %s", o.ReceivedOn, o.Document, came)
		}
		if came = o.Came(); came < n.StartsOn || came > n.EndsOn || o.DueOn <= came {
			c.report("I-141", Objections.name, o.ID, "came on %s and is due on %s, its notice stood from %s to %s", came, o.DueOn, n.StartsOn, n.EndsOn)
		}
	})
}
