package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"permitx/api"
	"permitx/internal/calendar"
)

const (
	defaultExpiry  = "365d"
	defaultLabel   = "permitx key"
	expiryDaysMax  = 10 * 366
	keyFileBytes   = 1 << 10
	endlessExpires = "never"
)

// keyCommand is `permitx key`.
type keyCommand struct {
	Make   keyMakeCommand   `cmd:"" help:"Make a key, with the person and the role where they are missing. Prints the secret, this once."`
	List   keyListCommand   `cmd:"" help:"List keys, their persons and roles."`
	Revoke keyRevokeCommand `cmd:"" help:"Revoke a key."`
}

// keyAccess says which registry the keys are of.
type keyAccess struct {
	databaseConfig

	Server  string `env:"PERMITX_SERVER" placeholder:"URL" help:"Running server to speak to. Default: ${server}, unless --data or --database-url is given: then the registry itself, while no server runs on it."`
	Key     string `env:"PERMITX_KEY" placeholder:"px_…" help:"Key of an administrator of that server. It is better given in the environment or a file."`
	KeyFile string `env:"PERMITX_KEY_FILE" type:"existingfile" placeholder:"FILE" help:"File with that key."`
}

// isLocal reports whether the registry is opened here, past any server.
func (c *keyAccess) isLocal() bool {
	return c.Server == "" && c.Key == "" && c.KeyFile == "" && (c.DatabaseURL != "" || c.Data != "")
}

func (c *keyAccess) problems() []error {
	found := c.databaseConfig.problems()
	if c.isLocal() {
		return found
	}
	if u, err := url.Parse(c.server()); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		found = append(found, fmt.Errorf("--server %q is not an address such as %s", c.Server, defaultServer))
	}
	if (c.Key == "") == (c.KeyFile == "") {
		found = append(found, errors.New("a server wants the key of an administrator: give PERMITX_KEY or --key-file; or, while no server runs, only --data or --database-url"))
	}
	return found
}

func (c *keyAccess) server() string {
	if c.Server != "" {
		return c.Server
	}
	return defaultServer
}

// open returns the registry's persons and keys.
func (c *keyAccess) open(g *globals) (registrar, error) {
	if c.isLocal() {
		return openLocal(g, c.databaseConfig)
	}
	key := c.Key
	if c.KeyFile != "" {
		text, err := os.ReadFile(c.KeyFile)
		if err != nil {
			return nil, err
		}
		key = strings.TrimSpace(string(text[:min(len(text), keyFileBytes)]))
	}
	client, err := api.NewBearerClient(c.server(), key)
	if err != nil {
		return nil, err
	}
	return &remote{client}, nil
}

// registrar keeps persons, grants and keys: a running server, or the registry itself.
type registrar interface {
	persons(ctx context.Context) ([]api.Person, error)
	grants(ctx context.Context) ([]api.Grant, error)
	keys(ctx context.Context) ([]api.Key, error)
	partyByUSCC(ctx context.Context, uscc string) (api.ID, error)
	addPerson(ctx context.Context, name string) (api.Person, error)
	addGrant(ctx context.Context, g api.GrantInput) (api.Grant, error)
	makeKey(ctx context.Context, k api.KeyInput) (api.Key, string, error)
	revokeKey(ctx context.Context, id api.ID) (api.Key, error)
	Close() error
}

// keyMakeCommand is `permitx key make`.
type keyMakeCommand struct {
	keyAccess

	Person       string `required:"" placeholder:"NAME|ID" help:"Whose key: a number, or a name; a name that nobody has makes a person."`
	Role         string `placeholder:"ROLE" enum:",enterprise,bureau_clerk,bureau_leader,finance,upper,partner,bank,operator,verifier,auditor,admin" default:"" help:"Role to give the person, unless he holds it: enterprise, bureau_clerk, bureau_leader, finance, upper, partner, bank, operator, verifier, auditor or admin."`
	Region       string `placeholder:"CODE" help:"Region of an officer by GB/T 2260. Without it the role holds for every region."`
	WithChildren bool   `help:"An officer's role holds for the regions below too."`
	Party        string `placeholder:"USCC|ID" help:"Party of a user of an enterprise or bank, or that runs the schemes of an operator: its unified social credit code, or its number."`
	Signer       bool   `help:"The user may confirm over the party's limit."`
	Label        string `default:"permitx key" help:"What the key is for. Default: ${default}."`
	Expires      string `placeholder:"WHEN" default:"365d" help:"Number of days such as 90d, last day such as 2027-06-30, or never. Default: ${default}."`

	expiresAt *api.Instant
}

// Validate returns everything that is wrong with the flags.
func (c *keyMakeCommand) Validate() error {
	found := c.problems()
	if c.Role == "" && (c.Region != "" || c.WithChildren || c.Party != "" || c.Signer) {
		found = append(found, errors.New("--region, --with-children, --party and --signer belong to a --role"))
	}
	if ofParty := []api.Role{api.RoleEnterprise, api.RoleBank, api.RoleOperator}; slices.Contains(ofParty, api.Role(c.Role)) != (c.Party != "") {
		found = append(found, errors.New("--party belongs to the roles enterprise, bank and operator, and only to them"))
	}
	var err error
	if c.expiresAt, err = parseExpiry(c.Expires, time.Now()); err != nil {
		found = append(found, err)
	}
	return errors.Join(found...)
}

// parseExpiry reads an expiry: a number of days, the last day, or never.
func parseExpiry(text string, now time.Time) (*api.Instant, error) {
	if text == endlessExpires {
		return nil, nil //nolint:nilnil // no instant is what is meant
	}
	at := calendar.InstantOf(now)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > expiryDaysMax {
			return nil, fmt.Errorf("--expires %q: give 1d to %dd", text, expiryDaysMax)
		}
		at = at.Add(time.Duration(n) * 24 * time.Hour)
	} else {
		day, err := calendar.ParseDate("expires", text)
		if err != nil {
			return nil, fmt.Errorf("--expires %q is neither a number of days (90d), nor a day (2027-06-30), nor never", text)
		}
		at = day.AddDays(1).Start()
	}
	s := at.String()
	return &s, nil
}

// Run makes a key.
func (c *keyMakeCommand) Run(g *globals) (err error) {
	r, err := c.open(g)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	person, err := c.person(g, r)
	if err != nil {
		return err
	}
	if c.Role != "" {
		if err := c.grant(g, r, person.ID); err != nil {
			return err
		}
	}
	key, text, err := r.makeKey(g.ctx, api.KeyInput{Person: person.ID, Label: c.Label, ExpiresAt: c.expiresAt})
	if err != nil {
		return err
	}
	if key.ID == 0 {
		g.say("The key of %s (person %d) opens nothing before a second administrator approves it: see /v1/inbox. Its secret is shown this once:", person.Name, person.ID)
	} else {
		g.say("Key %d of %s (person %d), expires: %s. Its secret is shown this once:", key.ID, person.Name, person.ID, orElse(key.ExpiresAt, endlessExpires))
	}
	g.print("%s", text)
	return nil
}

// person finds the person, or makes one.
func (c *keyMakeCommand) person(g *globals, r registrar) (api.Person, error) {
	all, err := r.persons(g.ctx)
	if err != nil {
		return api.Person{}, err
	}
	id, notNumber := strconv.ParseInt(c.Person, 10, 64)
	var found []api.Person
	for _, p := range all {
		if (notNumber == nil && p.ID == id) || (notNumber != nil && p.Name == c.Person) {
			found = append(found, p)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return api.Person{}, fmt.Errorf("%d persons are called %s: give the number of one", len(found), c.Person)
	case notNumber == nil:
		return api.Person{}, fmt.Errorf("there is no person with the number %d", id)
	}
	p, err := r.addPerson(g.ctx, c.Person)
	if err == nil {
		g.say("Made person %d: %s", p.ID, p.Name)
	}
	return p, err
}

// grant gives the person the role, unless he holds it.
func (c *keyMakeCommand) grant(g *globals, r registrar, person api.ID) error {
	want := api.GrantInput{Person: person, Role: api.Role(c.Role), WithChildren: &c.WithChildren, Signer: &c.Signer}
	if c.Region != "" {
		want.Region = &c.Region
	}
	if c.Party != "" {
		id, err := strconv.ParseInt(c.Party, 10, 64)
		if err != nil || len(c.Party) == usccLength {
			if id, err = r.partyByUSCC(g.ctx, c.Party); err != nil {
				return err
			}
		}
		want.Party = &id
	}
	held, err := r.grants(g.ctx)
	if err != nil {
		return err
	}
	isHeld := func(h api.Grant) bool {
		return h.Person == person && h.State == api.GrantStateActive && h.Role == want.Role && h.WithChildren == c.WithChildren &&
			h.Signer == c.Signer && orElse(h.Region, "") == c.Region && orElse(h.Party, 0) == orElse(want.Party, 0)
	}
	if slices.ContainsFunc(held, isHeld) {
		return nil
	}
	made, err := r.addGrant(g.ctx, want)
	switch {
	case err != nil:
		return err
	case made.Person == 0: // the answer is a proposal
		g.say("The role %s counts when a second administrator has approved it: see /v1/inbox", want.Role)
	default:
		g.say("Gave the role: %s", describeGrant(made))
	}
	return nil
}

// usccLength is that of a unified social credit code, which is longer than any number of a party.
const usccLength = 18

// keyListCommand is `permitx key list`.
type keyListCommand struct{ keyAccess }

// Validate returns everything that is wrong with the flags.
func (c *keyListCommand) Validate() error { return all(c.problems()) }

// Run lists the keys.
func (c *keyListCommand) Run(g *globals) (err error) {
	r, err := c.open(g)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	persons, err := r.persons(g.ctx)
	if err != nil {
		return err
	}
	grants, err := r.grants(g.ctx)
	if err != nil {
		return err
	}
	keys, err := r.keys(g.ctx)
	if err != nil {
		return err
	}
	names, roles := map[api.ID]string{}, map[api.ID][]string{}
	for _, p := range persons {
		names[p.ID] = p.Name
	}
	for _, h := range grants {
		if h.State == api.GrantStateActive {
			roles[h.Person] = append(roles[h.Person], describeGrant(h))
		}
	}
	w := tabwriter.NewWriter(g.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "KEY\tBEGINS\tPERSON\tNAME\tROLES\tLABEL\tMADE\tEXPIRES\tREVOKED")
	for _, k := range keys {
		fmt.Fprintf(w, "%d\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Prefix, k.Person, names[k.Person],
			strings.Join(roles[k.Person], ", "), k.Label, k.CreatedAt, orElse(k.ExpiresAt, endlessExpires), orElse(k.RevokedAt, "-"))
	}
	return w.Flush()
}

// keyRevokeCommand is `permitx key revoke`.
type keyRevokeCommand struct {
	keyAccess

	ID int64 `arg:"" name:"key" help:"Number of the key, as in the list."`
}

// Validate returns everything that is wrong with the flags.
func (c *keyRevokeCommand) Validate() error { return all(c.problems()) }

// Run revokes a key.
func (c *keyRevokeCommand) Run(g *globals) (err error) {
	r, err := c.open(g)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	k, err := r.revokeKey(g.ctx, c.ID)
	if err != nil {
		return err
	}
	g.print("Key %d of person %d (%s) is revoked since %s", k.ID, k.Person, k.Label, orElse(k.RevokedAt, ""))
	return nil
}

// describeGrant says a grant in a few words.
func describeGrant(h api.Grant) string {
	text := string(h.Role)
	switch {
	case h.Party != nil:
		text += fmt.Sprintf(" of party %d", *h.Party)
	case h.Region != nil:
		text += " of " + *h.Region
	}
	if h.WithChildren {
		text += " and below"
	}
	if h.Signer {
		text += " (signer)"
	}
	return text
}

// orElse is *p, or another value where p is nil.
func orElse[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}
