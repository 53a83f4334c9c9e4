package app

import (
	"cmp"
	"fmt"
	"math/rand"
	"slices"
	"sync"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// Whatever officers do to the reserve, in any order, each command is done or
// refused with a fault, and after each one permitx check finds the lots equal to
// the ledger, to their movements and to the totals of the days.
func TestReserve_Random(t *testing.T) {
	t.Parallel()
	done := map[identity.Operation]int{}
	for seed := range int64(3) {
		randomReserve(t, rand.New(rand.NewSource(seed)), 100, done)
	}
	walked(t, done, reserveWalk)
}

func randomReserve(t *testing.T, r *rand.Rand, steps int, done map[identity.Operation]int) {
	t.Helper()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 60*one, 20*one)
	o.setCap(jiaxing, 20*one, 5*one)
	q := func() quantity.Quantity { return quantity.Quantity(r.Intn(60)) * one / 20 }
	id := func(table string) int64 { last, _ := o.store.LastID(t.Context(), table); return r.Int63n(last+1) + 1 }
	choice := func() LotChoice {
		c := LotChoice{Order: reserve.PickOrders[r.Intn(3)]}
		if c.Order == reserve.NamedLots {
			c.Lots = []int64{id(Lots.name), id(Lots.name)}
		}
		return c
	}
	commands := []func() (int64, Command){
		func() (int64, Command) {
			return o.leader, LotAdd{jiashan, vocs, reserve.AddedByOrder[r.Intn(2)], q(), today, "d", 0, 0, quantity.Money(r.Intn(2)) * 999}
		},
		func() (int64, Command) { return o.leader, LotRetire{jiashan, vocs, q(), choice(), "d"} },
		func() (int64, Command) { return o.leader, LotFreeze{id(Lots.name), q(), "d"} },
		func() (int64, Command) { return o.leader, LotUnfreeze{id(Lots.name), q(), "d"} },
		func() (int64, Command) {
			c := ReserveMove{jiashan, vocs, reserve.Directions[r.Intn(2)], q(), "d", LotChoice{}}
			if c.Direction == reserve.ToUnallocated {
				c.LotChoice = choice()
			}
			return o.leader, c
		},
		func() (int64, Command) {
			return o.upper, LevelMove{jiashan, jiaxing, vocs, q(), reserve.Reserve, "d", choice()}
		},
		func() (int64, Command) {
			return o.leader, EarmarkMake{
				Region: jiashan, Pollutant: vocs, Name: "p", Document: "d", Priority: int32(r.Intn(9) + 1), Need: q() / 2, Ratio: 1_300_000,
				ExpiresOn: o.now.get().Date().AddDays(r.Intn(4)), GivesWay: int64(r.Intn(2)) * id(Earmarks.name), LotChoice: choice(),
			}
		},
		func() (int64, Command) {
			c := EarmarkAllocate{id(Earmarks.name), f.licence.ID, i.Code, q() / 10, ledger.Free, 0, "d", 0}
			if r.Intn(2) == 0 {
				c.Origin, c.Price, c.DueOn = ledger.Paid, 4000*quantity.OnePrice, o.now.get().Date()
			}
			return o.leader, c
		},
		func() (int64, Command) { return o.leader, EarmarkRelease{id(Earmarks.name), "r"} },
		func() (int64, Command) {
			return o.leader, ListingOpen{jiashan, vocs, reserve.FixedPrice, q(), quantity.OnePrice, 0, "d", choice()}
		},
		func() (int64, Command) { return o.leader, ListingClose{id(Listings.name), "r"} },
		func() (int64, Command) {
			return o.clerk, ListingSell{Listing: id(Listings.name), Licence: f.licence.ID, Instrument: i.Code, Quantity: q(), DueOn: 20260801}
		},
		func() (int64, Command) {
			return o.clerk, NoticeIssue{f.licence.ID, i.Code, q(), quantity.OnePrice, 20260801, "d", 0, choice(), false}
		},
		func() (int64, Command) { return o.leader, NoticeCancel{id(Notices.name), "r"} },
		func() (int64, Command) {
			c := Allocate{f.licence.ID, i.Code, reserve.Initial, reserve.Parts[r.Intn(2)], ledger.Free, q(), 0, true, today, "d", LotChoice{}}
			if c.Part == reserve.Reserve {
				c.LotChoice = choice()
			}
			return o.clerk, c
		},
	}
	for step := range steps {
		who, c := commands[r.Intn(len(commands))]()
		if o.do(who, c) == nil {
			done[c.Operation()]++
		}
		if step%20 == 19 {
			o.now.set(o.now.get() + calendar.Instant(24*3_600_000_000))
			o.runTimers()
		}
	}
	o.restart()
	o.check()
}

// However sales are paid for, in one or in parts, by whom and in which order,
// nothing is found wrong after any command or day. The walk goes on, past its least
// length, until each command was done; then until a plan is delivered and not paid,
// which is revoked in the end: nothing that must happen is left to luck.
func TestSales_Random(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewSource(6))
	o, i, _, f := tradingOffice(t)
	o.setCap(jiashan, 1000*one, 900*one)
	l := o.listingOf(reserve.FixedPrice, 800*one) // more than is sold
	anyNotice := func() int64 { return r.Int63n(int64(len(tableOf(o, Notices)) + 1)) }
	sell := func() (int64, Command) {
		return o.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: one, DueOn: o.now.get().Date().AddDays(9)}
	}
	deliver := func() (int64, Command) { return o.leader, NoticeDeliver{anyNotice()} }
	paying := o.paying(r, f)
	commands := append(slices.Clone(paying), sell,
		func() (int64, Command) { return o.finance, NoticeConfirm{anyNotice(), "seen at the counter"} },
		func() (int64, Command) {
			return o.finance, ProofWithdraw{anyNotice() * int64(r.Intn(2)), "r"}
		},
		func() (int64, Command) { return o.leader, NoticeCancel{anyNotice() * int64(r.Intn(3)/2), "r"} }, // seldom: it ends what others begin
		func() (int64, Command) {
			return o.finance, RefundCancel{r.Int63n(int64(len(tableOf(o, Refunds))+2)) * int64(r.Intn(2)), "never paid", 0}
		},
		deliver, deliver,
	)
	done := map[identity.Operation]int{}
	states := func() map[reserve.PlanState]int {
		all := map[reserve.PlanState]int{}
		for _, p := range tableOf(o, InstalmentPlans) {
			all[p.State]++
		}
		return all
	}
	steps := 0
	walk := func(least int, commands []func() (int64, Command), until func() bool) { // at most ten times as many steps
		for from := steps; steps-from < least || steps-from < 10*least && !until(); steps++ {
			who, c := commands[r.Intn(len(commands))]()
			if o.do(who, c) == nil {
				done[c.Operation()]++
			}
			if steps%50 == 49 {
				o.now.set(o.now.get() + calendar.Instant(24*3_600_000_000))
				o.runTimers()
			}
		}
	}
	walk(700, commands, func() bool {
		return !slices.ContainsFunc(salesWalk, func(op identity.Operation) bool { return done[op] == 0 })
	})
	walk(60, append(paying[:4:4], sell, deliver, deliver), func() bool {
		return slices.ContainsFunc(tableOf(o, Instalments), func(i reserve.Instalment) bool {
			return i.Paid == 0 && rowsIn(o, InstalmentPlans, Where("id", i.Plan))[0].State.IsRunning()
		})
	})
	o.now.set(o.now.get().Date().AddDays(60).Start()) // what is not paid for is revoked
	o.runTimers()
	o.restart()
	o.check()
	t.Logf("%d steps, done %v, plans %v", steps, done, states())
	walked(t, done, salesWalk)
	if all := states(); all[reserve.PlanRevoked] == 0 {
		t.Errorf("no plan was revoked: %v", all)
	}
}

// paying are the commands of a walk by which what was sold is paid for: in one
// or in parts, proved by finance or brought by a list of the tax authority, now
// and then of another amount or for another number.
func (o *office) paying(r *rand.Rand, f firm) []func() (int64, Command) {
	day := func() calendar.Date { return o.now.get().Date() }
	receipts := 0
	receipt := func() string { receipts++; return fmt.Sprint("receipt ", receipts-r.Intn(2)) }
	notice := func() (n reserve.PaymentNotice, s reserve.Sale) {
		all := tableOf(o, Notices)
		if len(all) == 0 {
			return n, s
		}
		n = all[r.Intn(len(all))]
		return n, rowsIn(o, Sales, Where("notice", n.ID))[0]
	}
	part := func() (i reserve.Instalment) {
		if all := tableOf(o, Instalments); len(all) > 0 {
			i = all[r.Intn(len(all))]
		}
		return i
	}
	return []func() (int64, Command){
		func() (int64, Command) {
			n, _ := notice()
			first := n.Amount/2 + quantity.Money(r.Intn(2))
			return f.user, InstalmentRequest{n.ID, []reserve.PlannedPart{{Amount: first, DueOn: day()}, {Amount: n.Amount - first, DueOn: day().AddDays(2)}}, "d"}
		},
		func() (int64, Command) {
			return o.leader, InstalmentDecide{int64(len(tableOf(o, InstalmentPlans))), r.Intn(4) > 0, "r"}
		},
		func() (int64, Command) {
			i := part()
			return o.finance, InstalmentProve{i.ID, i.Amount, receipt(), day()}
		},
		func() (int64, Command) { return o.finance, InstalmentConfirm{part().ID, "r"} },
		func() (int64, Command) {
			return o.finance, InstalmentWithdraw{part().ID * int64(r.Intn(2)), "r"}
		},
		func() (int64, Command) {
			n, _ := notice()
			return o.finance, NoticeProve{n.ID, n.Amount, receipt(), day()}
		},
		func() (int64, Command) {
			n, s := notice()
			row := reserve.TaxRow{Number: s.NoticeNumber(), Receipt: receipt(), Amount: n.Amount + quantity.Money(r.Intn(4)/3), PaidOn: day()}
			if i := part(); i.ID != 0 && r.Intn(2) == 0 {
				row.Number, row.Amount = rowsIn(o, Sales, Where("notice", i.Notice))[0].NoticeNumber()+fmt.Sprint("/", i.Sequence), i.Amount
			}
			return o.finance, TaxListImport{jiashan, "list", []reserve.TaxRow{row}}
		},
	}
}

// Two officers use the last of the reserve at once, each in any way that there is:
// exactly one succeeds, and the reserve is never negative (acceptance fact 49). Of
// what a second person must approve both proposals are there, and are approved at once.
func TestReserve_LastLotOnce(t *testing.T) {
	t.Parallel()
	type use func(o *office, f firm) Command
	uses := map[string]use{
		"sale": func(o *office, f firm) Command {
			return ListingSell{Listing: 1, Licence: f.licence.ID, Instrument: "VOCs-20310630", Quantity: one, DueOn: 20260731}
		},
		"allocation": func(_ *office, f firm) Command {
			return Allocate{f.licence.ID, "VOCs-20310630", reserve.Initial, reserve.Reserve, ledger.Free, one, 0, true, today, "d", LotChoice{}}
		},
		"allocation of an earmark": func(_ *office, f firm) Command {
			return EarmarkAllocate{Earmark: 1, Licence: f.licence.ID, Instrument: "VOCs-20310630", Need: one, Origin: ledger.Free, Document: "d"}
		},
		"listing": func(*office, firm) Command {
			return ListingOpen{jiashan, vocs, reserve.FixedPrice, one, quantity.OnePrice, 0, "d", LotChoice{}}
		},
		"earmark": func(*office, firm) Command {
			return EarmarkMake{Region: jiashan, Pollutant: vocs, Name: "p", Document: "d", Priority: 1, Need: one, Ratio: quantity.OneRatio, ExpiresOn: 20260801}
		},
		"sale by agreement": func(_ *office, f firm) Command {
			return NoticeIssue{f.licence.ID, "VOCs-20310630", one, quantity.OnePrice, 20260801, "d", 0, LotChoice{}, false}
		},
		"retirement": func(*office, firm) Command { return LotRetire{jiashan, vocs, one, LotChoice{}, "d"} },
		"freeze":     func(*office, firm) Command { return LotFreeze{1, one, "d"} },
		"withdrawal": func(*office, firm) Command {
			return ReserveMove{jiashan, vocs, reserve.ToUnallocated, one, "d", LotChoice{}}
		},
		"move of a level": func(*office, firm) Command {
			return LevelMove{jiashan, jiaxing, vocs, one, reserve.Reserve, "d", LotChoice{}}
		},
	}
	together := [][2]string{{"retirement", "allocation"}, {"listing", "move of a level"}, {"sale by agreement", "withdrawal"}, {"freeze", "earmark"}}
	for name := range uses {
		together = append(together, [2]string{name, name})
	}
	for _, names := range together {
		t.Run(names[0]+" and "+names[1], func(t *testing.T) {
			t.Parallel()
			o := openOffice(t)
			o.instrument()
			f := o.firm(jiashan, 1)
			o.setCap(jiashan, 20*one, one)
			switch names[0] {
			case "sale":
				o.listingOf(reserve.FixedPrice, one)
			case "allocation of an earmark":
				o.does(o.clerk, uses["earmark"](o, f))
			}
			o.atOnce(uses[names[0]](o, f), uses[names[1]](o, f))
		})
	}
}

// atOnce sends two commands at one time, or where they are proposals their
// approvals: exactly one must succeed.
func (o *office) atOnce(commands ...Command) {
	o.t.Helper()
	proposers := map[identity.Operation]int64{identity.LevelMove: o.upper}
	approvers := map[identity.Operation][]int64{identity.LevelMove: {o.second, o.person("another of the body above", GrantAdd{Role: identity.Upper})}}
	by := []int64{o.clerk, o.leader}
	for n, c := range commands {
		op := c.Operation()
		if identity.FourEyes[op] == nil {
			continue
		}
		p := o.propose(cmp.Or(proposers[op], o.clerk), c)
		commands[n] = ProposalApprove{p.ID, p.EffectsDigest}
		by[n] = append(approvers[op], o.second, o.leader)[n]
	}
	var both sync.WaitGroup
	isDone := make([]bool, 2)
	for n, c := range commands {
		both.Go(func() {
			a, err := o.app.Do(o.t.Context(), identity.Actor{Person: by[n]}, fmt.Sprint("race-", n), c)
			isDone[n] = err == nil && a.Status == 200
		})
	}
	both.Wait()
	if isDone[0] == isDone[1] {
		o.t.Errorf("%T and %T: done are %v", commands[0], commands[1], isDone)
	}
	o.check()
	for _, l := range rowsIn(o, Lots, Where("region", jiashan)) {
		if l.Available != 0 {
			o.t.Errorf("%s t/a are still available", l.Available)
		}
	}
}
