package app

import (
	"slices"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// The tables of reminders, and how far each round of them is.
var (
	Reminders    = cold[permit.Reminder]("reminder")
	ReminderRuns = resident[ReminderRun]("reminder_run")
)

// ReminderRun is a round of reminders about the end of an instrument's term.
type ReminderRun struct {
	ID         int64
	Instrument int64
	Days       int32 // before the end
	After      int64 // holdings up to this account are reminded
	Done       bool
	Command    int64
}

// remindedHoldings bounds the holdings of one command.
const remindedHoldings = 400

const timerRemind = "instrument.remind"

var _ = declareTimer(timerRemind, retrying(timerRemind, remind))

// reminderKeys say on which days holders are reminded, of all regions.
var reminderKeys = []rulebook.Key{rulebook.ReminderFirst, rulebook.ReminderSecond, rulebook.ReminderLast}

// reminderDays are how long before the end of a pollutant's terms their holders are
// reminded, by the parameters of today.
func (v *View) reminderDays(pollutant string) []int32 {
	var days []int32
	for _, key := range reminderKeys {
		days = append(days, int32(v.span(key, "", pollutant))) //nolint:gosec // at most 400
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// armReminders makes sure that the holders of an instrument are reminded of
// the end of its term, on the days that are still to come.
func (tx *Tx) armReminders(i catalog.Instrument) {
	for _, days := range tx.reminderDays(i.Pollutant) {
		on := i.TermEnd.AddDays(-int(days))
		if on > tx.Today {
			run := Put(tx, ReminderRuns, ReminderRun{Instrument: i.ID, Days: days})
			tx.Arm(on.Start(), timerRemind, run.ID)
		}
	}
}

// timerArmReminders is armed by the migration of registries that were in
// service before holders were reminded.
const timerArmReminders = "instrument.arm_reminders"

var _ = declareTimer(timerArmReminders, armEarlier)

// armEarlier arms the reminders of the instruments that have none, some a
// command.
func armEarlier(v *View, _ int64) (Apply, error) {
	armed := map[int64]bool{}
	for r := range All(v, ReminderRuns) {
		armed[r.Instrument] = true
	}
	var without []catalog.Instrument
	for i := range All(v, Instruments) {
		if !i.OfCredits() && !armed[i.ID] && i.TermEnd.AddDays(-int(v.reminderDays(i.Pollutant)[0])) > v.Today {
			without = append(without, i)
		}
	}
	some := without[:min(len(without), remindedHoldings)]
	return func(tx *Tx) any {
		for _, i := range some {
			tx.armReminders(i)
		}
		if len(some) < len(without) {
			tx.Arm(tx.Now, timerArmReminders, 0)
		}
		return len(some)
	}, nil
}

// remind reminds the next holders of an instrument: those whose renewal is not
// yet applied for.
func remind(v *View, id int64) (Apply, error) {
	run, err := Get(v, ReminderRuns, "run", id)
	if err != nil || run.Done {
		return nil, err
	}
	if len(v.batch.Accounts) > 0 { // a holding that was opened a moment ago must be found
		return nil, errCommitFirst
	}
	i, err := Get(v, Instruments, "instrument", run.Instrument)
	if err != nil {
		return nil, err
	}
	accounts, err := Find(v, Accounts, Where("instrument", i.ID).And("kind", Eq, int64(ledger.Holding)).Page(run.After, remindedHoldings))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		for _, a := range accounts {
			run.After = int64(a.ID)
			b := tx.ledger.BalanceOf(a.ID)
			if _, open := tx.renewalOf(a.Key()); b.Balance == 0 || open {
				continue
			}
			Put(tx, Reminders, permit.Reminder{
				Party: a.Party, Region: a.Region, Licence: a.Licence, Instrument: i.ID, Pollutant: a.Pollutant, Origin: a.Origin, Days: run.Days,
				TermEnd: i.TermEnd, ApplyBy: catalog.Licence{ValidTo: i.TermEnd}.RenewBy(), Quantity: quantity.Quantity(b.Balance), At: tx.Now,
			})
		}
		if run.Done = len(accounts) < remindedHoldings; !run.Done {
			tx.Arm(tx.Now, timerRemind, id)
		}
		return Put(tx, ReminderRuns, run)
	}, nil
}
