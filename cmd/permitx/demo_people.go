package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// people makes the officers, each with a role and a key of his own.
func (t *story) people(ctx context.Context) error {
	var err error
	if t.admin.ClientWithResponses, err = api.NewBearerClient(t.url, t.admin.key); err != nil {
		return err
	}
	t.actors = append(t.actors, t.admin)
	for _, r := range t.regions {
		if r.leader, err = t.join(ctx, r.name+"生态环境局 负责人", api.GrantInput{Role: api.RoleBureauLeader, Region: &r.code}); err != nil {
			return err
		}
		if r.clerk, err = t.join(ctx, r.name+"生态环境局 经办人", api.GrantInput{Role: api.RoleBureauClerk, Region: &r.code}); err != nil {
			return err
		}
	}
	for _, officer := range []struct {
		at   **actor
		name string
		role api.Role
	}{
		{&t.finance, "结算财务", api.RoleFinance},
		{&t.upper, "跨区域协调机构", api.RoleUpper},
		{&t.auditor, "审计", api.RoleAuditor},
	} {
		if *officer.at, err = t.join(ctx, officer.name, api.GrantInput{Role: officer.role}); err != nil {
			return err
		}
	}
	t.say("%d persons: an administrator, a leader and a clerk for each of %d bureaus, finance, the body above the regions, an auditor.",
		len(t.actors), len(t.regions))
	return nil
}

// join makes a person with a role and a key.
func (t *story) join(ctx context.Context, name string, g api.GrantInput) (*actor, error) {
	r := &remote{t.admin.ClientWithResponses}
	p, err := r.addPerson(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	g.Person = p.ID
	made, err := r.addGrant(ctx, g)
	if err != nil {
		return nil, fmt.Errorf("give %s the role %s: %w", name, g.Role, err)
	}
	_, key, err := r.makeKey(ctx, api.KeyInput{Person: p.ID, Label: "demo"})
	if err != nil {
		return nil, fmt.Errorf("make a key for %s: %w", name, err)
	}
	client, err := api.NewBearerClient(t.url, key)
	if err != nil {
		return nil, err
	}
	a := &actor{name: name, role: describeGrant(made), key: key, ClientWithResponses: client}
	t.actors = append(t.actors, a)
	return a, nil
}

// register makes an enterprise known: its bureau's clerk registers party and
// licence, the administrator gives its users keys.
func (t *story) register(ctx context.Context, f *firm) error {
	clerk := t.region(f.region).clerk
	in := api.PartyInput{Name: f.name, USCC: f.uscc, Region: f.region, Industry: f.industry}
	if f.limit != "" {
		in.SignerLimit = &f.limit
	}
	p, err := answer[api.Party](read(clerk.CreateParty(ctx, &api.CreatePartyParams{IdempotencyKey: commandKey()}, in)))
	if err != nil {
		return err
	}
	f.party = p.ID
	from := t.today.AddMonths(-3)
	l, err := answer[api.Licence](read(clerk.CreateLicence(ctx, &api.CreateLicenceParams{IdempotencyKey: commandKey()}, api.LicenceInput{
		Party: f.party, Number: f.uscc + "001P", Kind: api.LicenceKindLicence, Site: f.name, Region: f.region,
		ValidFrom: from.String(), ValidTo: from.AddMonths(termMonths).AddDays(-1).String(),
	})))
	if err != nil {
		return err
	}
	f.licence = l.ID
	f.handler, err = t.join(ctx, f.name+" 经办人", api.GrantInput{Role: api.RoleEnterprise, Party: &f.party})
	if err != nil || f.limit == "" {
		return err
	}
	f.signer, err = t.join(ctx, f.name+" 签字人", api.GrantInput{Role: api.RoleEnterprise, Party: &f.party, Signer: as(true)})
	return err
}
