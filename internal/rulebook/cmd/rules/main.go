// Command rules writes docs/rules.md from the rulebook, and the list of what the
// code beside it cites: the list of rules is the documentation.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"permitx/internal/rulebook"
)

const head = `# Rules

Written by ` + "`go generate`" + ` from ` + "`internal/rulebook`" + `: change the rule, not this page. ` + "`GET /v1/rules`" + ` lists the rules and
parameters of any day; ` + "`POST /v1/eligibility`" + ` says what each of them says of a licence today. Rules are checked in this order,
and the first refusal is the answer. What no text that was read is behind says "project default". A rule holds from the day of its source; one that has none,
or whose source's day was not read, holds from 2020-01-01, since when the defaults of the project's parameters hold (project default).

`

const permissions = 0o644

func main() {
	if len(os.Args) != 4 { //nolint:mnd // the three below
		log.Fatal("usage: rules SOURCE PAGE LIST")
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

// write reads the code below source, and writes the page of all rules and the
// list of provisions.
func write(source, to, list string) error {
	code, err := readSource(source)
	if err != nil {
		return err
	}
	provisions, err := code.provisions()
	if err != nil {
		return err
	}
	b := page()
	provisionsPage(b, provisions)
	file, err := provisionsFile(provisions)
	if err != nil {
		return err
	}
	return errors.Join(os.WriteFile(to, b.Bytes(), permissions), os.WriteFile(list, file, permissions)) //nolint:gosec // go generate names the files
}

func page() *bytes.Buffer {
	b := bytes.NewBufferString(head)
	b.WriteString("| rule | title | source | speaks about |\n|---|---|---|---|\n")
	for _, r := range rulebook.All() {
		fmt.Fprintf(b, "| [`%s`](#%s) | %s | %s | %s |\n", r.ID, strings.NewReplacer(".", "", "_", "_").Replace(r.ID), r.Title, r.Citation, join(r.Actions))
	}
	for _, r := range rulebook.All() {
		rule(b, r)
	}
	b.WriteString("\n## Parameters\n\nDated rows set under four eyes (`POST /v1/parameters`). The narrowest region goes before a wider one, then the pollutant,\nthen the narrowest industry, then the newest row, which ends before a value that is set to begin later (`parameter.planned`).\nA row is for all, or set for what its key is read by. A decision is judged by the rows of its own day.\n\n")
	b.WriteString("| key | set for | unit | from | to | default | source of the default | sets |\n|---|---|---|---|---|---|---|---|\n")
	for _, k := range rulebook.Keys {
		value := k.Default
		if value == "" {
			value = "none"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s | %s | %s |\n", k.Key, strings.Join(k.ReadBy.Names(), ", "), k.Unit, k.Least, k.Most, value, strings.TrimSpace(k.Document+" "+k.Words), k.Says)
	}
	return b
}

func rule(b *bytes.Buffer, r *rulebook.Rule) {
	fmt.Fprintf(b, "\n## %s\n\n**%s.** %s\n\n", r.ID, r.Title, r.Reading)
	if r.Words != "" {
		fmt.Fprintf(b, "> %s\n\n", r.Words)
	}
	fmt.Fprintf(b, "- Source: %s%s\n", r.Citation, period(r))
	if r.Unread != "" {
		fmt.Fprintf(b, "- Not read: %s\n", r.Unread)
	}
	if r.Default != "" {
		fmt.Fprintf(b, "- Not recorded: %s\n", r.Default)
	}
	fmt.Fprintf(b, "- Needs: %s\n", strings.Join(r.Needs, "; "))
	if len(r.Keys) > 0 {
		fmt.Fprintf(b, "- Parameters: %s\n", join(r.Keys))
	}
	fmt.Fprintf(b, "- Speaks about: %s\n\n| case | says |\n|---|---|\n", join(r.Actions))
	for _, c := range r.Cases {
		says := string(c.Want)
		if c.Code != "" {
			says += " `" + c.Code + "`"
		}
		fmt.Fprintf(b, "| %s | %s |\n", c.Name, says)
	}
}

func period(r *rulebook.Rule) string {
	s := ", from " + r.From.String()
	if r.To != 0 {
		s += ", to " + r.To.String()
	}
	return s
}

func join[T ~string](names []T) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + string(n) + "`"
	}
	return strings.Join(quoted, ", ")
}
