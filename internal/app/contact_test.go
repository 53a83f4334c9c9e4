package app

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/settlement"
)

// reached is somebody with a telephone.
func reached(telephone string) ContactInput { return ContactInput{"王芳", telephone} }

// A party has one contact at a time: whom its signer, or an officer of its region, has
// recorded last.
func TestPartyContact(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f, g := o.firm(jiashan, 1), o.firm(qingpu, 2)
	handler := o.person("handler", GrantAdd{Role: identity.Enterprise, Party: f.party})
	west := o.person("west", GrantAdd{Role: identity.BureauClerk, Region: qingpu})
	good := PartyContact{f.party, reached("0573-84123456")}
	for _, tt := range []struct {
		person int64
		change func(*PartyContact)
		want   *fault.Error
	}{
		{o.finance, func(*PartyContact) {}, identity.ErrForbidden},
		{handler, func(*PartyContact) {}, identity.ErrForbidden},
		{g.user, func(*PartyContact) {}, ErrNoRecord.At("party")},
		{west, func(*PartyContact) {}, ErrNoRecord.At("party")},
		{f.user, func(c *PartyContact) { c.Party = 99 }, ErrNoRecord.At("party")},
		{f.user, func(c *PartyContact) { c.Contact.Name = "" }, invalid.At("contact/name")},
		{f.user, func(c *PartyContact) { c.Contact.Telephone = "84123456" }, invalid.At("contact/telephone")},
	} {
		c := good
		tt.change(&c)
		o.refuses(tt.person, c, tt.want)
	}
	first := done[catalog.Contact](o, f.user, good)
	if first.Telephone != "+8657384123456" || first.Party != f.party || first.Region != jiashan || first.EndedAt != 0 {
		t.Errorf("%+v", first)
	}
	o.refuses(f.user, PartyContact{f.party, reached("+86 573 8412 3456")}, ErrStateUnchanged)
	o.now.set(o.now.get().Add(time.Hour))
	next := done[catalog.Contact](o, o.clerk, PartyContact{f.party, reached("13800001234")})
	o.restart()
	if got := storedRow(o, Contacts, first.ID); got.EndedAt != next.RecordedAt || next.RecordedAt == 0 {
		t.Errorf("%+v, then %+v", got, next)
	}
	o.does(o.leader, PartyState{g.party, catalog.PartyClosed, "gone", "d"})
	o.refuses(o.person("of the city", GrantAdd{Role: identity.BureauClerk, Region: qingpu}), PartyContact{g.party, reached("13800001234")}, ErrPartyClosed)
}

// Who speaks for a party is said when it is registered, or later.
func TestPartyRegister_Contact(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	c := PartyRegister{Name: "p", USCC: uscc(jiashan, 7), Region: jiashan, Industry: "23", Contact: reached("x")}
	o.refuses(o.clerk, c, invalid.At("contact/telephone"))
	c.Contact.Telephone = "138 0000 1234"
	p := done[PartyResult](o, o.clerk, c).Party
	if got := rowsIn(o, Contacts, Query{}); len(got) != 1 || got[0].Party != p.ID || got[0].Region != jiashan || got[0].Telephone != "+8613800001234" {
		t.Errorf("%+v", got)
	}
}

// A row of a package names both, or neither, of the contact's columns.
func TestOpening_Contact(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	file := func(cells ...string) sheets {
		s := small()
		s["parties"][0] = append(s["parties"][0], cells...)
		return s
	}
	for column, cells := range map[string][]string{"contact_telephone": {"王芳", ""}, "contact_name": {"", "13800001234"}} {
		faults := faultsOf(t, o.checks(file(cells...)))
		if len(faults) != 1 || faults[0].Column != column {
			t.Errorf("%q: %+v", cells, faults)
		}
	}
	o.opens(file("王芳", "0573 84123456"))
	got := rowsIn(o, Contacts, Query{})
	if len(got) != 1 || got[0].Name != "王芳" || got[0].Telephone != "+8657384123456" || got[0].Party == 0 || got[0].Region != jiashan || got[0].RecordedAt == 0 {
		t.Errorf("%+v", got)
	}
}

// permitx check finds a gap between two contacts, a party whose last one is over, one that
// another region reads, and a telephone that is not in its form.
func TestCheck_Contacts(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(first, last *catalog.Contact) (wrong *catalog.Contact){
		"gap":       func(first, last *catalog.Contact) *catalog.Contact { first.EndedAt--; return last },
		"two":       func(first, last *catalog.Contact) *catalog.Contact { first.EndedAt = 0; return last },
		"nobody":    func(_, last *catalog.Contact) *catalog.Contact { last.EndedAt = last.RecordedAt; return last },
		"region":    func(first, _ *catalog.Contact) *catalog.Contact { first.Region = qingpu; return first },
		"telephone": func(first, _ *catalog.Contact) *catalog.Contact { first.Telephone = "13800001234"; return first },
	} {
		o := openOffice(t)
		f := o.firm(jiashan, 1)
		o.does(f.user, PartyContact{f.party, reached("13800001234")})
		o.now.set(o.now.get().Add(time.Hour))
		o.does(f.user, PartyContact{f.party, reached("13800005678")})
		all := rowsIn(o, Contacts, Query{})
		wrong := change(&all[0], &all[1])
		for _, c := range all {
			o.store.table(Contacts.name).put(c.ID, c)
		}
		t.Log(name)
		o.finds("I-147", wrong.ID)
	}
}

// The auditor finds the bargains of two parties whose contacts had one telephone at the
// time, beside those of one person.
func TestExceptions_SameTelephone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	project := s.projectOf(s.buyer, quantity.OneRatio)
	s.trade(project, 2*one) // nobody speaks for them
	s.does(s.seller.user, PartyContact{s.seller.party, reached("0573-84123456")})
	s.does(s.buyer.user, PartyContact{s.buyer.party, reached("13800001234")})
	s.trade(project, one)
	s.now.set(s.now.get().Add(time.Hour))
	s.does(s.buyer.user, PartyContact{s.buyer.party, reached("+86 573 84123456")})
	s.trade(project, one)
	together := s.app.st.lastID[Trades.name]
	d := s.run(s.propose(s.forUnit(s.offer(s.seller, s.buyer, one, 2000)), s.buyer), s.seller, s.buyer, settlement.Settle)
	s.now.set(s.now.get().Add(time.Hour))
	both := done[identity.Grant](s.office, s.admin, GrantAdd{Person: s.buyer.user, Role: identity.Enterprise, Party: s.seller.party})
	s.trade(project, one)
	done[identity.Grant](s.office, s.admin, GrantRevoke{both.ID})
	s.now.set(s.now.get().Add(time.Hour))
	s.does(s.leader, PartyContact{s.seller.party, reached("13800005678")})
	s.now.set(s.now.get().Add(time.Hour))
	s.trade(project, one)
	parties := fmt.Sprintf("{party %d} {party %d}", s.seller.party, s.buyer.party)
	want := []string{
		fmt.Sprintf("same_contact [{deal %d} %s]", d.ID, parties),
		fmt.Sprintf("same_contact [{trade %d} {person %d}]", together+1, s.buyer.user),
		fmt.Sprintf("same_contact [{trade %d} {trade %d} %s]", together, together+1, parties),
	}
	if got := s.exceptions(ExceptionQuery{Kind: report.SameContact}); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
