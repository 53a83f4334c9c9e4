package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"permitx/api"
)

// table prints rows in columns; Chinese goes last, because it is wider than
// its number of characters.
func (t *story) table(header string, rows func(line func(cells ...any))) {
	w := tabwriter.NewWriter(t.progress, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	rows(func(cells ...any) {
		for i, c := range cells {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, c)
		}
		fmt.Fprintln(w)
	})
	_ = w.Flush() // to a terminal or into memory
}

// showEnd prints what the story came to.
func (t *story) showEnd(ctx context.Context, r demoResult) error {
	x := r.CrossRegion
	t.say("\n== The end")
	t.say("Cross-region deals: %d deals of %d enterprises, %s t/a for CNY %s, on average CNY %s/t.", x.Deals, x.Enterprises, x.Quantity, x.Amount, x.AveragePrice)
	t.say("%s", splitNote)
	t.say("\nBasic accounts in t/a, before the deals and at the end:")
	t.table("REGION\tPOLLUTANT\tWHEN\tCAP\tUNALLOCATED\tRESERVE\tHOLDINGS\tIN TRANSIT\tRETIRED\tNAME", func(line func(...any)) {
		for _, c := range r.Regions {
			for _, at := range []struct {
				when string
				parts
			}{{"before", c.Before}, {"after", c.After}} {
				line(c.Code, c.Pollutant, at.when, at.Cap, at.Unallocated, at.Reserve, at.Holdings, at.InTransit, at.Retired, t.region(c.Code).name)
			}
		}
	})
	for _, show := range []func(context.Context) error{t.showHoldings, t.showAcquisitions, t.showFunds, t.showTrial} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	t.say("\nTrades of the session: %d", r.Trades)
	t.say("permitx check: %d violations", r.Violations)
	for _, v := range r.found {
		t.say("    %s %s %d: %s", v.Invariant, v.Table, v.ID, v.Detail)
	}
	t.say("Journal: %d commands, head of the chain %s", r.Journal.Length, r.Journal.Head)
	return nil
}

// firm finds a firm by its party.
func (t *story) firm(party api.ID) *firm {
	for _, f := range t.cast.all() {
		if f.party == party {
			return f
		}
	}
	for _, b := range t.bidders {
		if b.party == party {
			return &b.firm
		}
	}
	return &firm{}
}

func (t *story) showHoldings(ctx context.Context) error {
	holdings, err := pages(func(after *api.ID) ([]api.Holding, *api.ID, error) {
		p, err := answer[api.HoldingPage](read(t.auditor.ListHoldings(ctx, &api.ListHoldingsParams{After: after})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return fmt.Errorf("holdings: %w", err)
	}
	t.say("\nHoldings in t/a:")
	t.table("REGION\tINSTRUMENT\tORIGIN\tBALANCE\tHELD\tSELLABLE\tFIRM", func(line func(...any)) {
		for _, h := range holdings {
			line(h.Region, h.Instrument, h.Origin, h.Balance, h.Held, h.Sellable, t.firm(h.Party).name)
		}
	})
	return nil
}

func (t *story) showAcquisitions(ctx context.Context) error {
	acquisitions, err := pages(func(after *api.ID) ([]api.Acquisition, *api.ID, error) {
		p, err := answer[api.AcquisitionPage](read(t.auditor.ListAcquisitions(ctx, &api.ListAcquisitionsParams{After: after})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return fmt.Errorf("acquisitions: %w", err)
	}
	t.say("\nAcquisitions that may not be sold, because something of them is not known:")
	t.table("INSTRUMENT\tQUANTITY\tACQUIRED\tNOT KNOWN\tFIRM", func(line func(...any)) {
		for _, a := range acquisitions {
			if len(a.Flags) > 0 {
				line(a.Instrument, a.Remaining, a.AcquiredOn, a.Flags, t.firm(a.Party).name)
			}
		}
	})
	return nil
}

func (t *story) showFunds(ctx context.Context) error {
	funds, err := pages(func(after *api.ID) ([]api.Funds, *api.ID, error) {
		p, err := answer[api.FundsPage](read(t.auditor.ListFunds(ctx, &api.ListFundsParams{After: after})))
		return p.Items, p.Next, err
	})
	if err != nil {
		return fmt.Errorf("funds: %w", err)
	}
	t.say("\nFunds in CNY:")
	t.table("BALANCE\tHELD\tAVAILABLE\tFIRM", func(line func(...any)) {
		for _, f := range funds {
			line(f.Balance, f.Held, f.Available, t.firm(f.Party).name)
		}
	})
	return nil
}

func (t *story) showTrial(ctx context.Context) error {
	trial, err := answer[api.TrialBalance](read(t.auditor.GetTrialBalance(ctx, nil)))
	if err != nil {
		return fmt.Errorf("trial balance: %w", err)
	}
	t.say("\nTrial balance after command %d; debits equal credits in each region and pollutant, and in money: %t", trial.Command, trial.Balanced)
	t.table("UNIT\tREGION\tPOLLUTANT\tKIND\tACCOUNTS\tDEBIT\tCREDIT", func(line func(...any)) {
		for _, l := range trial.Lines {
			line(l.Unit, orElse(l.Region, "-"), orElse(l.Pollutant, "-"), l.Kind, l.Accounts, l.Debit, l.Credit)
		}
	})
	if !trial.Balanced {
		return fmt.Errorf("the trial balance after command %d does not balance", trial.Command)
	}
	return nil
}

// showKeys prints the keys of the demo's users.
func (t *story) showKeys() {
	t.say("\nKeys of the demo's users, for Authorization: Bearer …")
	t.table("KEY\tROLE\tNAME", func(line func(...any)) {
		for _, a := range t.actors {
			line(a.key, a.role, a.name)
		}
	})
}
