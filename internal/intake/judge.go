package intake

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Status is what became of an activity.
type Status string

// The statuses.
const (
	Accepted  Status = "accepted"
	Duplicate Status = "duplicate"
	Refused   Status = "refused"
)

// Result is what became of one line of a batch.
type Result struct {
	Status   Status
	Activity int64              // its number, or of a duplicate the first one's
	Amount   quantity.Reduction // kgCO2e credited
	Capped   bool               // the day's cap cut it
	Cut      quantity.Measure   // points beyond PointsMost
	Fault    *fault.Error       // why it was refused
}

// line is an activity on its way through the judge: what of it can be told
// without the rows.
type line struct {
	*Activity
	scenario *Scenario
	day      calendar.Date
	from, to int32
	key      Key // of a reversal: its own, not that of what it takes back
	other    Key // by which it may have been counted, too
	plain    Key // of a reversal: its own in earlier versions
	reversed Key
	source   int64
	takes    []*Scenario // of a reversal that does not say when: by whose methodology its activity may have been counted
	name     Pseudonym
	computed quantity.Reduction
	fault    *fault.Error
}

// read does what needs no rows: the register, the period, the formula.
func (a *Activity) read(r Register, source int64, now calendar.Instant) line {
	l := line{Activity: a, source: source, day: a.From.Date()}
	if a.Fault != nil {
		l.fault = faultOf(a.Fault)
		return l
	}
	if a.Reverses != "" && a.From == 0 { // a reversal need not say when
		if l.takes = r.Takes(source, a.Scenario); len(l.takes) > 0 {
			l.take(l.takes[0])
			return l
		}
		l.day = now.Date()
	}
	s, err := r.Scenario(source, a.Scenario, l.day)
	if err != nil {
		l.fault = faultOf(err)
		return l
	}
	if a.Reverses != "" {
		l.take(s)
		return l
	}
	l.scenario, l.name = s, PseudonymOf(s.Scheme, s.Salt, a.Participant)
	l.key, l.other = keyIn(&s.Scenario, source, a.SourceID), s.otherKey(source, a.SourceID)
	l.from, l.to = secondsOf(a.From, a.To)
	if err := fault.First(a.checkPeriod(l.day, now), l.checkClaim(r, source, now)); err != nil {
		l.fault = faultOf(err)
		return l
	}
	if a.CountedIn != "" {
		l.fault = carbon.ErrExcluded.With("the operator says that it is counted in %s", a.CountedIn).At("counted_in")
		return l
	}
	if l.computed, err = s.Compute(a.Inputs); err != nil {
		l.fault = faultOf(err)
	} else if l.computed <= 0 {
		l.fault = ErrNothing
	}
	return l
}

// take says by whose methodology the activity was counted that a reversal takes back.
func (l *line) take(s *Scenario) {
	l.scenario, l.name = s, PseudonymOf(s.Scheme, s.Salt, l.Participant)
	l.reversed = keyIn(&s.Scenario, l.source, l.Reverses)
	l.key, l.plain = reversalKey(s.Methodology, l.source, l.Reverses), plainReversalKey(s.Methodology, l.source, l.Reverses)
}

// find settles which of several methodologies it was: the newest one that has
// the activity. What another scheme has counted by a data source's id is none.
func (l *line) find(w *work) {
	for _, s := range l.takes {
		at, known := w.keys[keyIn(&s.Scenario, l.source, l.Reverses)]
		if row := w.rows[at.Activity]; known && (row == nil || row.Scheme == s.Scheme) {
			l.take(s)
			return
		}
	}
}

func (a *Activity) checkPeriod(day calendar.Date, now calendar.Instant) error {
	switch {
	case !isWholeSecond(a.From):
		return ErrFraction.At("from")
	case !isWholeSecond(a.To):
		return ErrFraction.At("to")
	case a.From >= a.To || a.To > now:
		return ErrNoPeriod
	case a.To > day.AddDays(1).Start():
		return ErrTwoDays
	}
	return nil
}

// checkClaim holds the claim window, which a complaint that was upheld opens again.
func (l *line) checkClaim(r Register, source int64, now calendar.Instant) error {
	err := l.scenario.CheckClaim(l.day, now.Date())
	if errors.Is(err, carbon.ErrClaimTooLate) && r.Upheld(source, l.Activity) {
		return nil
	}
	return err
}

func faultOf(err error) *fault.Error {
	if f, ok := fault.As(err); ok {
		return f
	}
	return ErrUnreadable.With("%s", err)
}

// batch judges one batch, in the order of its lines, against the rows that
// are loaded and what the lines before changed.
func (w *work) batch(source int64, lines []line, results []Result) []Result {
	for i := range lines {
		w.pace.Breathe(i)
		results = append(results, w.judge(source, &lines[i]))
	}
	return results
}

func (w *work) judge(source int64, l *line) Result {
	l.find(w)
	if l.scenario != nil {
		if first, taken := w.keys[l.key]; taken {
			return Result{Status: Duplicate, Activity: first.Activity}
		}
		if first, taken := w.keys[l.other]; taken {
			return Result{Status: Duplicate, Activity: first.Activity}
		}
	}
	if l.fault != nil {
		return Result{Status: Refused, Fault: l.fault}
	}
	if l.Reverses != "" {
		return w.reverse(source, l)
	}
	if w.gone[MonthOf(l.day)] {
		return Result{Status: Refused, Fault: ErrMonthTaken.With("the activities of %s were taken away: none can be added", MonthOf(l.day))}
	}
	p := w.participant(l.scenario.Scheme, l.name)
	d := w.day(DayKey{l.scenario.ID, l.day, p.ID})
	if other, overlaps := d.overlaps(l.from, l.to); overlaps {
		return Result{Status: Refused, Fault: ErrOverlap.With("the period overlaps activity %d of the participant in this scenario", other)}
	}
	amount := l.scenario.CreditPerson(d.Amount, l.computed)
	if amount == 0 {
		return Result{Status: Refused, Fault: ErrCapReached.With("the participant has %s kgCO2e of this scenario on %s already", d.Amount, l.day)}
	}
	points, err := pointsOf(&l.scenario.Scenario, l.Inputs, l.computed, amount)
	if err != nil {
		return Result{Status: Refused, Fault: faultOf(err)}
	}
	if !w.fits(l, p, amount) {
		return Result{Status: Refused, Fault: ErrSumTooLarge.With("with %s kgCO2e more a sum would be beyond %s", amount, sumMost)}
	}
	row := Row{
		Batch: w.number, Source: source, SourceID: l.SourceID, Scheme: l.scenario.Scheme, Scenario: l.scenario.ID,
		Methodology: l.scenario.Version, Participant: p.ID, From: l.From, To: l.To, Day: l.day, Inputs: l.written(),
		Evidence: l.Evidence, Computed: l.computed, Amount: amount,
	}
	w.addRow(&row, l.key)
	w.credit(l.scenario, p, d, &row)
	given := min(points, p.Room())
	d.Spans = append(d.Spans, Span{row.ID, l.from, l.to, amount, given})
	p.Points = p.Add(given)
	return Result{Status: Accepted, Activity: row.ID, Amount: amount, Capped: amount < l.computed, Cut: points - given}
}

// sumMost bounds what is summed up, so that no sum of 64 bits is ever wrong: a
// hundred million tonnes of a participant, a day, a pool or a batch (project default).
const sumMost = 100_000_000 * quantity.OneTonne

// fits reports whether an amount can be added to all that it is a part of.
func (w *work) fits(l *line, p *Participant, amount quantity.Reduction) bool {
	most := sumMost - amount
	if t := w.totals[TotalKey{l.scenario.Scheme, l.scenario.ID, l.scenario.Version, l.day}]; t != nil && t.Amount > most {
		return false
	}
	pool, _ := w.findPool(PoolKey{l.scenario.Scheme, l.scenario.First, MonthOf(l.day)})
	return amount <= sumMost && w.amount <= most && p.Amount <= most && (pool == nil || pool.Credited+pool.Carried <= most)
}

// pointsOf are those for what was credited of an activity: where the day's cap has
// cut it, the same part of them, rounded down (project default).
func pointsOf(s *carbon.Scenario, inputs []carbon.Value, computed, credited quantity.Reduction) (quantity.Measure, error) {
	points, err := s.Points(inputs, computed)
	if err != nil || credited == computed {
		return points, err
	}
	part, err := quantity.MulDiv(int64(points), int64(credited), 1, int64(computed), quantity.Down)
	return quantity.Measure(part), err
}

// burn takes points away for a reward.
func (w *work) burn(r *request) (*Participant, error) {
	p := w.participants[r.person]
	switch {
	case p == nil:
		return nil, ErrNoParticipant
	case r.points > p.Left:
		return nil, ErrPointsShort.With("the participant has %s points", p.Left)
	}
	p.Points = p.Add(-r.points)
	p.Batch = w.number
	w.seen[p] = true
	w.out.Burns = append(w.out.Burns, Burn{w.number, p.ID, r.points, r.reward})
	return p, nil
}

// reverse takes an activity back: its amount, its period and its place under
// the day's cap. Its key stays taken.
func (w *work) reverse(source int64, l *line) Result {
	first, known := w.keys[l.reversed]
	if !known {
		return Result{Status: Refused, Fault: ErrNoActivity}
	}
	was := w.rows[first.Activity]
	if was == nil {
		return Result{Status: Refused, Fault: ErrNoActivity.With("the month of the activity was taken away: it cannot be reversed any more")}
	}
	if was.Scheme != l.scenario.Scheme { // of a data source that both name
		return Result{Status: Refused, Fault: ErrNoActivity}
	}
	if was.Reverses != 0 {
		return Result{Status: Refused, Fault: ErrNotReversible}
	}
	p, d := w.participantByID(was.Participant), w.day(DayKey{was.Scenario, was.Day, was.Participant})
	span := slices.IndexFunc(d.Spans, func(s Span) bool { return s.Activity == was.ID })
	if span < 0 { // an earlier version has taken it back
		return Result{Status: Duplicate, Activity: w.keys[l.plain].Activity}
	}
	if p.Add(-d.Spans[span].Points).Short > PointsMost {
		return Result{Status: Refused, Fault: ErrPointsOwed}
	}
	row := Row{
		Batch: w.number, Source: source, SourceID: l.SourceID, Scheme: was.Scheme, Scenario: was.Scenario, Methodology: was.Methodology,
		Participant: was.Participant, From: was.From, To: was.To, Day: was.Day, Inputs: l.written(), Evidence: l.Evidence,
		Computed: -was.Computed, Amount: -was.Amount, Reverses: was.ID,
	}
	w.addRow(&row, l.key)
	p.Points = p.Add(-d.Spans[span].Points)
	d.Spans = slices.Delete(slices.Clone(d.Spans), span, span+1)
	w.credit(l.scenario, p, d, &row)
	return Result{Status: Accepted, Activity: row.ID, Amount: row.Amount}
}

// The signs of what was declared, as it lies in a row.
const (
	between      = "; "
	identifierIs = "identifier="
)

// written is how what was declared lies in a row; readInputs reads it.
func (a *Activity) written() string {
	var b strings.Builder
	if a.Identifier != "" {
		b.WriteString(identifierIs + a.Identifier)
		if len(a.Inputs) > 0 {
			b.WriteString(between)
		}
	}
	for i, in := range a.Inputs {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(in.Name)
		b.WriteByte('=')
		b.WriteString(in.Amount.String())
		b.WriteByte(' ')
		b.WriteString(in.Unit)
	}
	return b.String()
}

// closing are the pools of a scheme's month, which may be closed.
func (w *work) closing(r *request) ([]*Pool, error) {
	scheme, m := r.scheme, r.month
	_, known := r.reg.Unit(scheme)
	var all []*Pool
	earlier := m // the first month that is open
	for k, p := range w.pools {
		if k.Scheme == scheme && k.Month == m {
			all = append(all, p)
		}
		if k.Scheme == scheme && !p.Closed {
			earlier = min(earlier, k.Month)
		}
	}
	switch {
	case !known:
		return nil, ErrNoPool
	case m <= w.closedTo(scheme):
		return nil, ErrPoolClosed
	case len(all) == 0:
		return nil, ErrNoPool
	case m >= MonthOf(r.at.Date()):
		return nil, ErrPoolOpen
	case earlier < m:
		return nil, ErrPoolOrder.With("%s is still open: close it first", earlier)
	}
	if last := r.reg.ClaimedUntil(scheme, m); !r.early && r.at.Date() <= last {
		return nil, ErrPoolClaims.With("activities of %s can be declared until %s: close it after that day, or say early", m, last)
	}
	slices.SortFunc(all, func(a, b *Pool) int { return cmp.Compare(a.Methodology, b.Methodology) })
	return all, nil
}

// closePool turns what a pool has into whole units, and says so to the trading
// registry. What is left over goes on.
func (w *work) closePool(p *Pool, unit quantity.Reduction) {
	w.touchPool(p)
	p.Closed, p.Unit = true, unit
	p.Units = min(max(int64((p.Credited+p.Carried)/unit), 0), carbon.UnitsMost) // what is beyond goes on
	if left := p.Left(); left != 0 {
		next := w.openPool(PoolKey{p.Scheme, p.Methodology, p.Month.Next()})
		next.Carried += left
		w.touchPool(next)
	}
	if p.Units > 0 {
		w.nextIDs.Outbox++
		w.out.NewOutgoing = append(w.out.NewOutgoing, Outgoing{
			Number: w.nextIDs.Outbox, PoolKey: p.PoolKey, Units: p.Units, Unit: unit, Items: p.Items, Evidence: p.digest(), Batch: w.number,
		})
	}
}

var errNotLoaded = errors.New("intake: a row was not loaded")
