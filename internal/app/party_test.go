package app

import (
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

// A party is registered once, by the bureau of its region, with everything right.
func TestPartyRegister_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauClerk, Region: "330402"})
	good := PartyRegister{Name: "嘉善印刷厂", USCC: uscc("330421", 1), Region: "330421", Industry: "2319", SignerLimit: 100}
	o.refuses(o.finance, good, identity.ErrForbidden)
	o.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*PartyRegister)
		want   *fault.Error
	}{
		{func(c *PartyRegister) { c.Name = "" }, invalid},
		{func(c *PartyRegister) { c.USCC = "x" }, catalog.ErrUSCC},
		{func(c *PartyRegister) { c.Industry = "x" }, invalid},
		{func(c *PartyRegister) { c.SignerLimit = -1 }, invalid},
		{func(c *PartyRegister) { c.Region = "339999" }, ErrNoRecord},
		{func(c *PartyRegister) { c.Region = "341822" }, ErrRegionNotValid},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.clerk, c, tt.want)
	}
	p := done[PartyResult](o, o.clerk, good).Party
	if p.State != catalog.PartyActive || p.USCCWarning {
		t.Errorf("%+v", p)
	}
	o.refuses(o.clerk, good, ErrUSCCTaken)
}

// A code that fails its check keeps its party suspended until a leader confirms it.
func TestParty_UnconfirmedCode(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	code := []byte(uscc("330421", 1))
	code[17] = map[bool]byte{true: '1', false: '0'}[code[17] == '0']
	c := PartyRegister{Name: "early", USCC: string(code), Region: "330421", Industry: "23"}
	p := done[PartyResult](o, o.clerk, c).Party
	if p.State != catalog.PartySuspended || p.USCCWarning {
		t.Fatalf("%+v", p)
	}
	o.refuses(o.clerk, c, ErrUSCCTaken)
	o.refuses(o.leader, PartyState{p.ID, catalog.PartyActive, "reason", ""}, ErrUSCCUnconfirmed)
	o.refuses(o.clerk, USCCConfirm{p.ID, "licence", ""}, identity.ErrForbidden)
	o.refuses(o.leader, USCCConfirm{p.ID, "", ""}, invalid)
	l := done[LicenceResult](o, o.clerk, LicenceRegister{
		Party: p.ID, Number: string(code) + "001P", Kind: catalog.KindLicence, Site: "s", Region: "330421", ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	p = done[PartyResult](o, o.leader, USCCConfirm{p.ID, "business licence", "seen"}).Party
	if p.State != catalog.PartyActive || !p.USCCWarning || l.Party != p.ID {
		t.Errorf("%+v", p)
	}
	o.refuses(o.leader, USCCConfirm{p.ID, "d", ""}, ErrUSCCNothingToConfirm)
	o.refuses(o.leader, USCCConfirm{9999, "d", ""}, ErrNoRecord)
}

// A party that is closed stays so.
func TestPartyState_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm("330421", 1)
	o.refuses(o.leader, PartyState{9999, catalog.PartyClosed, "r", ""}, ErrNoRecord)
	o.refuses(o.leader, PartyState{f.party, "gone", "r", ""}, invalid)
	o.refuses(o.leader, PartyState{f.party, catalog.PartyClosed, "", ""}, invalid)
	o.refuses(o.leader, PartyState{f.party, catalog.PartyActive, "r", ""}, ErrStateUnchanged)
	done[PartyResult](o, o.leader, PartyState{f.party, catalog.PartySuspended, "r", "d"})
	done[PartyResult](o, o.leader, PartyState{f.party, catalog.PartyClosed, "r", ""})
	o.refuses(o.leader, PartyState{f.party, catalog.PartyActive, "r", ""}, ErrStateFinal)
	o.refuses(o.clerk, LicenceRegister{
		Party: f.party, Number: uscc("330421", 1) + "002P", Kind: catalog.KindLicence, Site: "s", Region: "330421", ValidFrom: 20260101, ValidTo: 20310630,
	}, ErrPartyClosed)
}

// A licence is its party's, new, and not over; what was revoked stays so.
func TestLicence_Faults(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm("330421", 1)
	code := uscc("330421", 1)
	good := LicenceRegister{
		Party: f.party, Number: code + "002P", Kind: catalog.KindLicence, Site: "two", Region: "330402", ValidFrom: 20260101, ValidTo: 20310630,
	}
	nanhu := o.person("nanhu", GrantAdd{Role: identity.BureauClerk, Region: "330421"})
	o.refuses(nanhu, good, ErrNoRecord)
	for _, tt := range []struct {
		change func(*LicenceRegister)
		want   *fault.Error
	}{
		{func(c *LicenceRegister) { c.Number = "x" }, catalog.ErrLicenceNumber},
		{func(c *LicenceRegister) { c.Kind = catalog.KindRegistration }, catalog.ErrLicenceKind},
		{func(c *LicenceRegister) { c.ValidTo = 20251231 }, catalog.ErrValidity},
		{func(c *LicenceRegister) { c.Party = 9999 }, ErrNoRecord},
		{func(c *LicenceRegister) { c.Number = uscc("330421", 2) + "001P" }, catalog.ErrLicenceHolder},
		{func(c *LicenceRegister) { c.Region = "339999" }, ErrNoRecord},
		{func(c *LicenceRegister) { c.Region = "341822" }, ErrRegionNotValid},
		{func(c *LicenceRegister) { c.ValidTo = 20260630 }, ErrLicenceOver},
		{func(c *LicenceRegister) { c.Number = code + "001P" }, ErrLicenceTaken},
	} {
		c := good
		tt.change(&c)
		o.refuses(o.clerk, c, tt.want)
	}
	l := done[LicenceResult](o, o.clerk, good).Licence

	o.refuses(o.clerk, LicenceState{l.ID, catalog.LicenceSuspended, "r", "d"}, identity.ErrForbidden)
	o.refuses(o.leader, LicenceState{9999, catalog.LicenceSuspended, "r", "d"}, ErrNoRecord)
	o.refuses(o.leader, LicenceState{l.ID, "gone", "r", "d"}, invalid)
	o.refuses(o.leader, LicenceState{l.ID, catalog.LicenceSuspended, "", "d"}, invalid)
	o.refuses(o.leader, LicenceState{l.ID, catalog.LicenceSuspended, "r", ""}, invalid)
	o.refuses(o.leader, LicenceState{l.ID, catalog.LicenceValid, "r", "d"}, ErrStateUnchanged)
	done[LicenceResult](o, o.leader, LicenceState{l.ID, catalog.LicenceSuspended, "r", "d"})
	done[LicenceResult](o, o.leader, LicenceState{l.ID, catalog.LicenceValid, "r", "d"})
	done[LicenceResult](o, o.leader, LicenceState{l.ID, catalog.LicenceRevoked, "r", "d"})
	o.refuses(o.leader, LicenceState{l.ID, catalog.LicenceValid, "r", "d"}, ErrStateFinal)
	done[LicenceResult](o, o.leader, LicenceState{f.licence.ID, catalog.LicenceExpired, "r", "d"})
	o.now.set(l.ValidTo.AddDays(1).Start())
	o.runTimers() // of the licences that have ended
	o.refuses(o.leader, LicenceState{f.licence.ID, catalog.LicenceValid, "r", "d"}, ErrLicenceOver)
}
