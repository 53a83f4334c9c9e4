package app

import (
	"fmt"
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/report"
)

// byTwoAdmins are what two administrators decide about an officer where there are two.
var byTwoAdmins = []identity.Operation{identity.GrantAdd, identity.KeyMake, identity.StandInOrder}

// statusDone and the 99 behind it are the statuses of journal rows of what was done.
const statusDone = 200

// decidedAlone finds the roles, keys and stand-ins of officers that one person, or the
// registry's operator at its command line, has made without a second one: the journal
// row is that of the command itself, not of an approval.
func (e *exceptions) decidedAlone() error {
	first, end, err := rowsWithin(e.ctx, e.r, Journal, e.q.Month.Start(), report.MonthEnd(e.q.Month), func(r JournalRow) calendar.Instant { return r.At })
	if err != nil {
		return err
	}
	q := Query{After: first - 1}.And("number", Lt, end).And("kind", In, anyOf(byTwoAdmins)).
		And("status", Ge, int64(statusDone)).And("status", Lt, int64(statusDone+100)).And("status", Ne, int64(statusProposed))
	var failed error
	err = eachOf(e.ctx, e.r, Journal, q, func(r JournalRow) {
		if failed == nil {
			failed = e.addAlone(r)
		}
	})
	if err != nil {
		return err
	}
	return failed
}

// addAlone adds what a journal row has made, where that is about an officer.
func (e *exceptions) addAlone(r JournalRow) error {
	made := map[string]int64{} // by table: the first row of each
	err := parseChanges(r.Changes, func(c change) {
		if _, known := made[c.table]; !known {
			made[c.table] = imageID(c.image)
		}
	})
	if err != nil {
		return err
	}
	by := fmt.Sprintf("person %d alone", r.Actor)
	if r.Actor == 0 {
		by = "the command line"
	}
	add := func(table string, regions []string, detail string) {
		e.add(report.Exception{
			Kind: report.DecidedAlone, Regions: regions, On: r.At.Date(), Detail: by + " " + detail,
			Objects: append(objects(table, made[table]), objects(Journal.name, r.Number)...),
		})
	}
	switch identity.Operation(r.Kind) { //nolint:exhaustive // the query knows no others
	case identity.GrantAdd:
		if g, known := ReadTable(e.ref, Grants).Get(made[Grants.name]); known && isOfficial(g.Role) {
			add(Grants.name, regionsOf(g), fmt.Sprintf("has given person %d the role %s", g.Person, g.Role))
		}
	case identity.KeyMake:
		k, known := ReadTable(e.ref, Keys).Get(made[Keys.name])
		if roles := e.officialAt(k.Person, r.At); known && len(roles) > 0 {
			add(Keys.name, roles.regions(), fmt.Sprintf("has made a key of person %d, who is %s", k.Person, roles[0].Role))
		}
	case identity.StandInOrder:
		if s, known := ReadTable(e.ref, StandIns).Get(made[StandIns.name]); known {
			g, _ := ReadTable(e.ref, Grants).Get(s.RoleGrant)
			add(StandIns.name, regionsOf(g), fmt.Sprintf("has ordered that person %d stands in for person %d as %s from %s to %s", s.Person, s.StandsInFor, g.Role, s.ValidFrom, s.ValidTo))
		}
	}
	return nil
}

// regionsOf is the region that a role is tied to; none where it holds for all.
func regionsOf(g identity.Grant) []string {
	if g.Region == "" {
		return nil
	}
	return []string{g.Region}
}

// officialRoles are the roles of an officer.
type officialRoles []identity.Grant

// regions are at most two regions of the roles, none where one holds for all or they have more.
func (roles officialRoles) regions() (codes []string) {
	for _, g := range roles {
		if g.Region == "" {
			return nil
		}
		codes = append(codes, g.Region)
	}
	slices.Sort(codes)
	if codes = slices.Compact(codes); len(codes) > 2 {
		return nil
	}
	return codes
}

// officialAt are the roles of an officer that a person had at an instant.
func (e *exceptions) officialAt(person int64, at calendar.Instant) (roles officialRoles) {
	for _, g := range ReadTable(e.ref, Grants).All() {
		if g.Person == person && isOfficial(g.Role) && g.GrantedAt <= at && (g.State == identity.GrantActive || g.RevokedAt > at) {
			roles = append(roles, g)
		}
	}
	return roles
}
