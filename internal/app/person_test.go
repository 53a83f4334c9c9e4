package app

import (
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// invalid is the fault of a plain mistake in one field.
var invalid = fault.Invalidf("", "")

// An empty registry makes its first administrator once.
func TestBootstrap_OnlyOnce(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := Bootstrap{Name: "second", Label: "second", Hash: identity.HashSecret("px_second"), Prefix: "px_seco"}
	if _, err := o.app.DoSystem(t.Context(), "second", c); err == nil || !ErrNotEmpty.Is(err) {
		t.Errorf("a second bootstrap: %v", err)
	}
	if f := o.do(o.admin, c); f == nil || f.Code != identity.ErrForbidden.Code {
		t.Errorf("a bootstrap by a person: %v", f)
	}
	if _, err := o.app.Authenticate("px_first"); err != nil {
		t.Errorf("the first key: %v", err)
	}
}

// Grants fit what they are tied to, an enterprise's user holds no other role,
// and there is always an administrator.
func TestGrant_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm("330421", 1)
	p := done[catalog.Person](o, o.admin, PersonAdd{Name: "person"}).ID
	gone := int64(9999)
	o.refuses(o.clerk, PersonAdd{Name: "x"}, identity.ErrForbidden)
	o.refuses(o.admin, PersonAdd{}, invalid)
	for _, tt := range []struct {
		grant GrantAdd
		want  *fault.Error
	}{
		{GrantAdd{Person: gone, Role: identity.Admin}, ErrNoRecord},
		{GrantAdd{Person: p, Role: identity.System}, invalid},
		{GrantAdd{Person: p, Role: identity.Enterprise}, invalid},
		{GrantAdd{Person: p, Role: identity.Finance, Party: f.party}, invalid},
		{GrantAdd{Person: p, Role: identity.Finance, Signer: true}, invalid},
		{GrantAdd{Person: p, Role: identity.Auditor, Region: "330421"}, invalid},
		{GrantAdd{Person: p, Role: identity.BureauClerk, WithChildren: true}, invalid},
		{GrantAdd{Person: p, Role: identity.BureauClerk, Region: "339999"}, ErrNoRecord},
		{GrantAdd{Person: p, Role: identity.Enterprise, Party: gone}, ErrNoRecord},
		{GrantAdd{Person: f.user, Role: identity.BureauClerk, Region: "330421"}, ErrRolesConflict},
		{GrantAdd{Person: o.clerk, Role: identity.Enterprise, Party: f.party}, ErrRolesConflict},
		{GrantAdd{Person: o.clerk, Role: identity.BureauClerk}, ErrGrantExists},
	} {
		o.refuses(o.admin, tt.grant, tt.want)
	}
	g := done[identity.Grant](o, o.admin, GrantAdd{Person: p, Role: identity.BureauLeader, Region: "330400", WithChildren: true})
	done[identity.Grant](o, o.admin, GrantRevoke{g.ID})
	o.refuses(o.admin, GrantRevoke{g.ID}, ErrGrantRevoked)
	o.refuses(o.admin, GrantRevoke{gone}, ErrNoRecord)
	o.refuses(o.admin, GrantRevoke{1}, ErrLastAdmin)
	second := done[identity.Grant](o, o.admin, GrantAdd{Person: p, Role: identity.Admin})
	done[identity.Grant](o, o.admin, GrantRevoke{1})
	o.refuses(o.admin, GrantRevoke{second.ID}, identity.ErrForbidden)
	o.refuses(p, GrantRevoke{second.ID}, ErrLastAdmin)
}

// A key opens until it expires or is revoked, and its secret is nowhere.
func TestKey_LifeAndFaults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	hash := identity.HashSecret("px_clerk")
	good := KeyMake{Person: o.clerk, Label: "laptop", Hash: hash, Prefix: "px_cler", ExpiresAt: o.now.get() + 1_000_000}
	for _, tt := range []struct {
		change func(*KeyMake)
		want   *fault.Error
	}{
		{func(c *KeyMake) { c.Person = 9999 }, ErrNoRecord},
		{func(c *KeyMake) { c.Label = "" }, invalid},
		{func(c *KeyMake) { c.Hash = hash[:63] }, invalid},
		{func(c *KeyMake) { c.Hash = hash[:63] + "G" }, invalid},
		{func(c *KeyMake) { c.Prefix = "secret" }, invalid},
		{func(c *KeyMake) { c.ExpiresAt = o.now.get() }, invalid},
		{func(c *KeyMake) { c.Hash = identity.HashSecret("px_first") }, ErrKeyTaken},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.admin, c, tt.want)
	}
	k := done[KeyResult](o, o.admin, good).Key
	if a, err := o.app.Authenticate("px_clerk"); err != nil || a.Person != o.clerk {
		t.Fatalf("a new key: %+v, %v", a, err)
	}
	o.now.set(o.now.get() + 1_000_000)
	if _, err := o.app.Authenticate("px_clerk"); err == nil {
		t.Error("an expired key opens")
	}
	done[identity.Key](o, o.admin, KeyRevoke{k.ID})
	o.refuses(o.admin, KeyRevoke{k.ID}, ErrKeyRevoked)
}
