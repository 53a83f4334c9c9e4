package app

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
	"permitx/internal/report"
)

// Finder finds what an intake has handed on and entries of lists have.
type Finder interface {
	HandedOn(ctx context.Context, schemes []int64, entries []carbon.Exclusion) ([]intake.Listed, error)
}

// entriesAWalk are how many entries are looked for at a time.
const entriesAWalk = 100_000

// listedSince finds what units were issued of and another register's list has by now,
// by an entry that was imported or corrected in the month: it was not there when the
// lists were asked (ADR 72).
func (e *exceptions) listedSince() error {
	first, end, err := rowsWithin(e.ctx, e.r, Journal, e.q.Month.Start(), report.MonthEnd(e.q.Month), func(r JournalRow) calendar.Instant { return r.At })
	if err != nil {
		return err
	}
	s := sinceIssue{exceptions: e, ofPlant: map[string][]carbon.Issuance{}, ofMessage: map[int64]carbon.Issuance{}, recorded: map[int64]calendar.Date{}}
	if err := eachOf(e.ctx, e.r, Issuances, Where("state", string(carbon.Issued)), s.index); err != nil {
		return err
	}
	q := Query{Limit: entriesAWalk}.And("command", Ge, first).And("command", Lt, end).And("void", Eq, false)
	for len(s.ofPlant)+len(s.ofMessage) > 0 {
		var entries []carbon.Exclusion
		if err := e.r.Find(e.ctx, Exclusions.name, q, &entries); err != nil {
			return fmt.Errorf("read the exclusion lists: %w", err)
		}
		if len(entries) == 0 {
			break
		}
		if err := s.look(entries); err != nil {
			return err
		}
		q.After = entries[len(entries)-1].ID
	}
	return nil
}

// sinceIssue is the search for entries that have what units were issued of.
type sinceIssue struct {
	*exceptions
	ofPlant   map[string][]carbon.Issuance
	ofMessage map[int64]carbon.Issuance
	recorded  map[int64]calendar.Date // by number of the journal
}

// index notes an issuance of which something can be revoked.
func (s sinceIssue) index(i carbon.Issuance) {
	if i.Revocable() == 0 {
		return
	}
	if plant := PlantOf(s.ref, i); plant != "" {
		s.ofPlant[plant] = append(s.ofPlant[plant], i)
	}
	if i.FromIntake() {
		s.ofMessage[i.Outbox] = i
	}
}

// look asks for some entries: of projects by their plants, of pools by the activities
// that they count, which the intake knows.
func (s sinceIssue) look(entries []carbon.Exclusion) error {
	for _, entry := range entries {
		for _, i := range s.ofPlant[entry.Identifier] {
			if !entry.Touches(i.PeriodFrom, i.PeriodTo) {
				continue
			}
			if err := s.add(i, entry, fmt.Sprintf("the period from %s to %s names", i.PeriodFrom, i.PeriodTo)); err != nil {
				return err
			}
		}
	}
	if s.q.Intake == nil || len(s.ofMessage) == 0 {
		return nil
	}
	schemes := map[int64]bool{}
	for _, i := range s.ofMessage {
		schemes[i.Scheme] = true
	}
	found, err := s.q.Intake.HandedOn(s.ctx, slices.Sorted(maps.Keys(schemes)), entries)
	if err != nil {
		return err
	}
	for _, l := range found {
		i, issued := s.ofMessage[l.Message]
		if !issued {
			continue
		}
		what := fmt.Sprintf("activity %d of participant %d on %s and %d more name", l.First.ID, l.First.Participant, l.First.Day, l.Activities-1)
		if err := s.add(i, l.Entry, what); err != nil {
			return err
		}
	}
	return nil
}

// add adds an issuance and an entry that has what it counts.
func (s sinceIssue) add(i carbon.Issuance, entry carbon.Exclusion, what string) error {
	on, err := s.recordedOn(entry.Command)
	if err != nil {
		return err
	}
	scheme, _ := ReadTable(s.ref, CarbonSchemes).Get(i.Scheme)
	about := append(objects(Issuances.name, i.ID), objects(Exclusions.name, entry.ID)...)
	if i.Project != 0 {
		about = append(about, objects(CreditProjects.name, i.Project)...)
	}
	s.exceptions.add(report.Exception{
		Kind: report.ListedSince, Regions: []string{i.Region}, On: on, Objects: about,
		Detail: fmt.Sprintf("%s: %s %.64q, which the list %s has from %s on (%.200s); %d of %d units are revoked",
			i.Serial(scheme.Code, i.FirstUnit, i.LastUnit), what, entry.Identifier, entry.List, entry.ValidFrom, entry.Source, i.RevokedUnits, i.Units),
	})
	return nil
}

// recordedOn is the day of a command.
func (s sinceIssue) recordedOn(command int64) (calendar.Date, error) {
	on, known := s.recorded[command]
	if known {
		return on, nil
	}
	var rows []JournalRow
	if err := s.r.Find(s.ctx, Journal.name, Where("number", command), &rows); err != nil {
		return 0, fmt.Errorf("read the journal: %w", err)
	}
	if len(rows) == 0 {
		return 0, ErrNoRecord
	}
	s.recorded[command] = rows[0].At.Date()
	return s.recorded[command], nil
}
