package archtest

import (
	"slices"
	"strings"
	"testing"
)

const module = "permitx"

// rule says what a package may import besides the standard library.
type rule struct {
	internal []string // packages of this module, without its name
	external []string // modules of others, or parts of them
	core     bool     // one of the packages that know no HTTP, no SQL and no floats
	random   string   // the source of randomness that a core package may use after all
	testing  bool     // a package that only tests import: it may import what tests may
	anything bool     // the program, which wires all others
}

var (
	quantity     = []string{"internal/fault"}
	calendar     = append(slices.Clone(quantity), "internal/quantity")
	catalog      = append(slices.Clone(calendar), "internal/calendar")
	ledger       = append(slices.Clone(catalog), "internal/catalog")
	rulebook     = append(slices.Clone(ledger), "internal/ledger")
	capability   = append(slices.Clone(rulebook), "internal/rulebook")
	capabilities = []string{
		"internal/market", "internal/settlement", "internal/reserve", "internal/auction", "internal/encumbrance", "internal/outside",
		"internal/carbon", "internal/evidence", "internal/approval", "internal/identity", "internal/permit", "internal/report",
		"internal/carbon", "internal/evidence", "internal/approval", "internal/identity", "internal/permit", "internal/opening",
	}
	app  = slices.Concat(capability, capabilities)
	edge = append(slices.Clone(app), "internal/app", "internal/intake")
)

// rules lists every package, from the bottom to the top. Packages may be
// listed before they exist.
var rules = map[string]rule{
	"":           {}, // the contract, embedded
	"migrations": {},
	"api":        {external: []string{"github.com/oapi-codegen/runtime"}},

	"internal/fault":              {core: true},
	"internal/quantity":           {core: true, internal: quantity, external: []string{"github.com/shopspring/decimal"}},
	"internal/calendar":           {core: true, internal: calendar},
	"internal/catalog":            {core: true, internal: catalog},
	"internal/ledger":             {core: true, internal: ledger},
	"internal/rulebook":           {core: true, internal: rulebook},
	"internal/rulebook/cmd/rules": {internal: capability}, // writes docs/rules.md

	// The capabilities never import each other: app composes them.
	"internal/market":      {core: true, internal: capability, random: "math/rand/v2"}, // for a load from a seed
	"internal/settlement":  {core: true, internal: capability},
	"internal/reserve":     {core: true, internal: capability},
	"internal/auction":     {core: true, internal: capability},
	"internal/encumbrance": {core: true, internal: capability},
	"internal/outside":     {core: true, internal: capability},
	"internal/carbon":      {core: true, internal: capability},
	"internal/evidence":    {core: true, internal: capability, external: []string{"golang.org/x/mod/sumdb", "github.com/emmansun/gmsm"}},
	"internal/approval":    {core: true, internal: capability},
	"internal/permit":      {core: true, internal: capability},
	"internal/report":      {core: true, internal: capability},
	"internal/opening":     {core: true, internal: capability},
	"internal/identity":    {core: true, internal: capability, external: []string{"golang.org/x/crypto"}, random: "crypto/rand"},

	"internal/app":         {core: true, internal: append(slices.Clone(app), "internal/intake")},
	"internal/intake":      {core: true, internal: append(slices.Clone(capability), "internal/carbon")}, // a registry of its own: it knows nothing of the trading registry
	"internal/app/apptest": {internal: edge, testing: true},

	// The edge: each knows app and what is below, none knows another.
	"internal/store": {
		internal: append(slices.Clone(edge), "migrations"),
		external: []string{"gorm.io", "github.com/jackc/pgx/v5", "modernc.org/sqlite", "github.com/pressly/goose/v3"},
	},
	"internal/httpapi": {
		internal: append(slices.Clone(edge), "", "api", "internal/httpapi/gen"),
		external: []string{
			"github.com/gin-gonic/gin", "github.com/getkin/kin-openapi", "github.com/oapi-codegen/runtime",
			"github.com/prometheus/client_golang", "github.com/xuri/excelize/v2",
		},
	},
	"internal/httpapi/gen": {
		internal: []string{"api"},
		external: []string{"github.com/gin-gonic/gin", "github.com/getkin/kin-openapi", "github.com/oapi-codegen/runtime"},
	},
	"internal/bench":   {}, // the load that permitx bench makes, from outside
	"internal/console": {internal: edge, external: []string{"github.com/gin-gonic/gin"}},
	"internal/job":     {internal: edge},

	"cmd/permitx": {anything: true},

	"internal/pgtest":            {external: []string{"github.com/jackc/pgx/v5"}},
	"internal/pgtest/dbtest":     {internal: []string{"internal/pgtest"}, external: []string{"github.com/jackc/pgx/v5"}, testing: true},
	"internal/store/storetest":   {internal: []string{"internal/pgtest/dbtest", "internal/store"}, testing: true},
	"internal/pgtest/cmd/testdb": {internal: []string{"internal/pgtest"}, external: []string{"github.com/jackc/pgx/v5"}},
	"internal/archtest":          {},
}

// What tests may import besides their package's own list.
var (
	testInternal = []string{"", "internal/pgtest", "internal/pgtest/dbtest", "internal/store", "internal/store/storetest", "internal/app/apptest"}
	testExternal = []string{
		"pgregory.net/rapid", "github.com/google/go-cmp/cmp", "go.uber.org/goleak", "github.com/anishathalye/porcupine",
		"github.com/getkin/kin-openapi", // what is said over HTTP is held against the contract
	}
)

// Standard packages that the core must do without.
var (
	coreForbidden = []string{"net", "net/http", "database/sql"}
	// The journal replays to the same state: what is random comes from outside.
	entropy = []string{"math/rand", "math/rand/v2", "crypto/rand"}
)

// Every package is listed, and imports only what its line permits.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, f := range repository(t) {
		r, listed := rules[f.pkg]
		if !listed {
			t.Errorf("%s: package %q is not listed in internal/archtest/imports_test.go", f.path, f.pkg)
			continue
		}
		for _, spec := range f.ast.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if why := refuse(r, f.pkg, path, f.test); why != "" {
				t.Errorf("%s: import of %q: %s", f.position(spec.Pos()), path, why)
			}
		}
	}
}

// refuse says why a package may not import path, or nothing if it may.
func refuse(r rule, pkg, path string, test bool) string {
	inTests := test || r.testing
	if path == module || strings.HasPrefix(path, module+"/") {
		target := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
		switch {
		case target == pkg && test: // an external test of the package itself
		case rules[target].testing && !inTests:
			return "only tests may import it"
		case r.anything, slices.Contains(r.internal, target), inTests && slices.Contains(testInternal, target):
		default:
			return "not among the packages that " + pkg + " may import"
		}
		return ""
	}
	if isStandard(path) {
		switch {
		case test || !r.core:
		case slices.Contains(coreForbidden, path):
			return "the core knows no HTTP and no SQL"
		case slices.Contains(entropy, path) && path != r.random:
			return "the core has no randomness"
		}
		return ""
	}
	within := func(m string) bool { return path == m || strings.HasPrefix(path, m+"/") }
	if r.anything || slices.ContainsFunc(r.external, within) || inTests && slices.ContainsFunc(testExternal, within) {
		return ""
	}
	return "not among the modules that " + pkg + " may import"
}

// isStandard tells a package of the standard library by its first element,
// which has no dot.
func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// The table forbids what it is there to forbid.
func TestRefuse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, path string
		test      bool
		may       bool
	}{
		{"internal/ledger", "permitx/internal/quantity", false, true},
		{"internal/ledger", "permitx/internal/market", false, false},
		{"internal/ledger", "permitx/internal/rulebook", false, false},
		{"internal/ledger", "github.com/shopspring/decimal", false, false},
		{"internal/quantity", "github.com/shopspring/decimal", false, true},
		{"internal/quantity", "github.com/shopspring/decimals", false, false},
		{"internal/market", "permitx/internal/settlement", false, false},
		{"internal/market", "net/http", false, false},
		{"internal/market", "crypto/rand", false, false},
		{"internal/ledger", "math/rand/v2", false, false},
		{"internal/ledger", "math/rand/v2", true, true},
		{"internal/market", "pgregory.net/rapid", false, false},
		{"internal/market", "pgregory.net/rapid", true, true},
		{"internal/market", "permitx/internal/market", true, true},
		{"internal/app", "permitx/internal/market", false, true},
		{"internal/app", "permitx/internal/store", false, false},
		{"internal/app", "permitx/internal/store", true, true},
		{"internal/app", "database/sql", false, false},
		{"internal/app", "gorm.io/gorm", false, false},
		{"internal/app", "github.com/gin-gonic/gin", false, false},
		{"internal/store", "gorm.io/gorm", false, true},
		{"internal/store", "permitx/internal/httpapi", false, false},
		{"internal/store", "permitx/internal/pgtest/dbtest", false, false},
		{"internal/httpapi", "permitx/api", false, true},
		{"internal/httpapi", "permitx/internal/store", false, false},
		{"internal/console", "permitx/internal/httpapi", false, false},
		{"api", "permitx/internal/fault", false, false},
		{"api", "github.com/gin-gonic/gin", false, false},
		{"migrations", "github.com/pressly/goose/v3", false, false},
		{"cmd/permitx", "permitx/internal/pgtest", false, true},
		{"cmd/permitx", "permitx/internal/pgtest/dbtest", false, false},
		{"cmd/permitx", "permitx/internal/pgtest/dbtest", true, true},
		{"internal/pgtest", "permitx/internal/fault", false, false},
	} {
		if why := refuse(rules[c.pkg], c.pkg, c.path, c.test); (why == "") != c.may {
			t.Errorf("%s imports %s (in a test: %t): got %q, want permitted: %t", c.pkg, c.path, c.test, why, c.may)
		}
	}
}
