package identity

import (
	"errors"
	"slices"
	"testing"

	"permitx/internal/calendar"
)

const (
	city   = "330400"
	county = "330421"
	far    = "310118"
)

// An actor may do what the table gives one of his roles, to what lies in the
// reach of that role; what he may not see is not there for him.
func TestAuthorise(t *testing.T) {
	t.Parallel()
	officer := func(region string, children bool) Actor {
		return Actor{Person: 1, Grants: []Grant{{ID: 1, Role: BureauLeader, Region: region, WithChildren: children}}}
	}
	firm := Actor{Person: 2, Grants: []Grant{{ID: 2, Role: Enterprise, Party: 7}}}
	for _, tt := range []struct {
		name   string
		actor  Actor
		op     Operation
		target Target
		want   error
	}{
		{"in his region", officer(county, false), LotAdd, OfRegion(county), nil},
		{"in a region below", officer(city, true), LotAdd, OfRegion(county), nil},
		{"below, without the children", officer(city, false), LotAdd, OfRegion(county), ErrNotYours},
		{"elsewhere", officer(county, false), LotAdd, OfRegion(far), ErrNotYours},
		{"everywhere", officer("", false), LotAdd, OfRegion(far), nil},
		{"the role alone", officer(county, false), LotAdd, Target{}, nil},
		{"a role that may not", firm, LotAdd, OfRegion(county), ErrForbidden},
		{"his own party", firm, OrderPlace, OfParty(7, county), nil},
		{"another party", firm, OrderPlace, OfParty(8, county), ErrNotYours},
		{"nobody", Actor{}, LotAdd, OfRegion(county), ErrNoKey},
	} {
		if err := Authorise(tt.actor, tt.op, tt.target); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// Who approves is a role of the table of four eyes; every operation in it is
// one that somebody may propose.
func TestFourEyes(t *testing.T) {
	t.Parallel()
	leader := Actor{Person: 1, Grants: []Grant{{ID: 1, Role: BureauLeader, Region: county}}}
	clerk := Actor{Person: 2, Grants: []Grant{{ID: 2, Role: BureauClerk, Region: county}}}
	if err := Approve(leader, DealMirror, OfRegion(county)); err != nil {
		t.Errorf("a leader: %v", err)
	}
	if err := Approve(clerk, DealMirror, OfRegion(county)); !errors.Is(err, ErrForbidden) {
		t.Errorf("a clerk: %v", err)
	}
	if err := Approve(leader, DealMirror, OfRegion(far)); !errors.Is(err, ErrNotYours) {
		t.Errorf("a leader of another region: %v", err)
	}
	for op, rule := range FourEyes {
		if len(Table[op]) == 0 || len(rule) == 0 {
			t.Errorf("%s: nobody may propose it, or nobody approve it", op)
		}
	}
}

// Without his own grant a stand-in is what he was before.
func TestActor_Without(t *testing.T) {
	t.Parallel()
	a := Actor{Grants: []Grant{{ID: 1, Role: BureauClerk}, {ID: 2, Role: BureauLeader}}}
	if less := a.Without(2); less.Has(BureauLeader) || !less.Has(BureauClerk) || !a.Has(BureauLeader) {
		t.Errorf("%+v of %+v", less, a)
	}
}

// A signer of a party signs for it and for no other; his parties are named once.
func TestActor_Parties(t *testing.T) {
	t.Parallel()
	a := Actor{Grants: []Grant{{ID: 1, Role: Enterprise, Party: 7, Signer: true}, {ID: 2, Role: Enterprise, Party: 8}, {ID: 3, Role: Enterprise, Party: 7}}}
	if !a.MaySign(7) || a.MaySign(8) || a.MaySign(9) {
		t.Errorf("signs for 7 %t, 8 %t, 9 %t", a.MaySign(7), a.MaySign(8), a.MaySign(9))
	}
	parties := a.Parties()
	slices.Sort(parties)
	if !slices.Equal(slices.Compact(parties), []int64{7, 8}) {
		t.Errorf("%v", parties)
	}
}

// A key is usable until it is revoked; its secret is kept as a digest only.
func TestKey(t *testing.T) {
	t.Parallel()
	const now = calendar.Instant(100)
	if !(Key{}).IsUsable(now) {
		t.Error("a new key is not usable")
	}
	if (Key{RevokedAt: 50}).IsUsable(now) || (Key{ExpiresAt: now}).IsUsable(now) || !(Key{ExpiresAt: now + 1}).IsUsable(now) {
		t.Error("a key is usable until it is revoked or over")
	}
	if HashSecret("a") == HashSecret("b") || len(HashSecret("a")) != 64 {
		t.Error("the digest of a secret")
	}
}

// Every role has a name that is read back, and each operation a rule that names
// known roles.
func TestTable(t *testing.T) {
	t.Parallel()
	for _, role := range Roles {
		if got, err := ParseRole("role", string(role)); err != nil || got != role {
			t.Errorf("%s: %s, %v", role, got, err)
		}
	}
	if _, err := ParseRole("role", "king"); err == nil {
		t.Error("a role that does not exist is read")
	}
	for op, rule := range Table {
		for role := range rule {
			if role != System && role != Public && !slices.Contains(Roles, role) {
				t.Errorf("%s names the role %s", op, role)
			}
		}
	}
}
