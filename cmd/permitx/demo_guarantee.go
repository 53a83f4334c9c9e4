package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// guaranteeFigure is the major project that the reserve guarantees.
type guaranteeFigure struct {
	Project   int64  `json:"project"`
	Region    string `json:"region"`
	Pollutant string `json:"pollutant"`
	Need      string `json:"need"`    // t/a
	Ratio     string `json:"ratio"`   // offset ratio
	Taken     string `json:"taken"`   // out of the reserve, t/a
	Held      string `json:"held"`    // by the licence
	Retired   string `json:"retired"` // the offset share
}

// statementFigure is the reserve over the day of the story.
type statementFigure struct {
	Region    string `json:"region"`
	Pollutant string `json:"pollutant"`
	Opening   string `json:"opening"` // t/a
	Closing   string `json:"closing"`
	Ledger    string `json:"ledger"`
	Cost      string `json:"cost"`       // of what is there at the end, CNY
	MeanCost  string `json:"mean_cost"`  // CNY/(t·a)
	Sold      string `json:"sold"`       // t/a
	Turnover  string `json:"turnover"`   // CNY
	MeanPrice string `json:"mean_price"` // CNY/(t·a)
}

// What the project needs; the ratio of 1.5 is the one that Jiaxing had in 2008.
const (
	guaranteeNeed  = "1"
	guaranteeRatio = "1.5"
)

// guarantee lets the reserve of Jiashan guarantee a major project: 1.5 t/a
// leave the reserve, the licence holds 1, 0.5 are retired.
func (t *story) guarantee(ctx context.Context) error {
	f := t.cast.optics
	r := t.region(f.region)
	project, err := t.project(ctx, f, "重大项目：光电膜二期（虚构）", nh3n, guaranteeNeed, guaranteeRatio)
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	e, err := approved[api.Earmark](ctx, r.leader)(read(r.clerk.MakeEarmark(ctx, &api.MakeEarmarkParams{IdempotencyKey: commandKey()}, api.EarmarkInput{
		Region: r.code, Pollutant: nh3n, Project: &project, Name: "光电膜二期（虚构）", Document: made("重大项目排污权保障"), Priority: 1,
		Need: guaranteeNeed, Ratio: guaranteeRatio, ExpiresOn: t.today.AddMonths(6).String(),
	})))
	if err != nil {
		return fmt.Errorf("earmark: %w", err)
	}
	t.say("Project %d needs %s t/a of %s at the offset ratio %s (Jiaxing's of 2008): %s t/a of %s's reserve are earmarked until %s",
		project, e.Need, nh3n, e.Ratio, e.Quantity, r.name, e.ExpiresOn)
	a, err := approved[api.EarmarkAllocation](ctx, r.leader)(read(r.clerk.AllocateEarmark(ctx, e.ID, &api.AllocateEarmarkParams{IdempotencyKey: commandKey()},
		api.EarmarkAllocationInput{
			Licence: f.licence, Instrument: t.instrument(nh3n, false), Need: guaranteeNeed, Origin: api.OriginPaid, Price: as("4000"),
			DueOn: as(t.today.AddMonths(1).String()), Document: made("排污权保障决定"),
		})))
	if err != nil {
		return fmt.Errorf("allocate: %w", err)
	}
	n, err := answer[api.PaymentNotice](read(r.clerk.GetPaymentNotice(ctx, *a.Notice)))
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	if err := t.payAndDeliver(ctx, r, n, "DEMO-TAX-GUARANTEE"); err != nil {
		return err
	}
	t.say("    notice %s over CNY %s is paid to the tax authority and delivered", n.Number, n.Amount)
	t.say("    allocated: %s t/a leave the reserve, the licence holds %s, %s are retired", a.Taken, a.Need, a.Retired)
	t.guaranteed = guaranteeFigure{
		Project: project, Region: r.code, Pollutant: nh3n, Need: e.Need, Ratio: e.Ratio, Taken: a.Taken, Held: a.Need, Retired: a.Retired,
	}
	return t.reserveStatement(ctx, r)
}

// reserveStatement shows the reserve over today: opening + sources − uses =
// closing, which is the ledger's balance.
func (t *story) reserveStatement(ctx context.Context, r *demoRegion) error {
	today := t.today.String()
	s, err := answer[api.ReserveStatement](read(r.clerk.GetReserveStatement(ctx, &api.GetReserveStatementParams{
		Region: r.code, Pollutant: nh3n, From: today, To: today,
	})))
	if err != nil {
		return fmt.Errorf("statement: %w", err)
	}
	t.say("Reserve of %s in %s on %s:", r.name, nh3n, today)
	for _, l := range s.Items {
		t.say("    %-8s %-12s %-14s %s t/a, cost CNY %s", l.Line, orElse(l.Event, ""), orElse(l.Provenance, ""), l.Quantity, l.Cost)
	}
	t.stated = statementFigure{
		Region: r.code, Pollutant: nh3n, Opening: s.Opening, Closing: s.Closing, Ledger: orElse(s.Ledger, ""), Cost: s.ClosingCost,
		MeanCost: orElse(s.MeanCost, ""), Sold: s.Sold, Turnover: s.Turnover, MeanPrice: orElse(s.MeanPrice, ""),
	}
	t.say("    mean cost of what is left: CNY %s a t/a; sold %s t/a for CNY %s, mean price CNY %s a t/a", orElse(s.MeanCost, "–"), s.Sold, s.Turnover, orElse(s.MeanPrice, "–"))
	if t.stated.Closing != t.stated.Ledger {
		return fmt.Errorf("the statement closes with %s, the ledger has %s", t.stated.Closing, t.stated.Ledger)
	}
	return nil
}
