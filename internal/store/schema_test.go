package store

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"permitx/internal/app"
	"permitx/migrations"
)

// columnsOf asks the database for a table's columns.
func columnsOf(t *testing.T, s *Store, table string) []string {
	t.Helper()
	query := "SELECT name FROM pragma_table_info(?)"
	if s.Dialect() == "postgres" {
		query = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = ?"
	}
	var names []string
	if err := s.read.Raw(query, table).Scan(&names).Error; err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// Every record has a column for each of its fields and no other, in both
// databases: the records are the rows.
func TestRowsMatchSchema(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *Store) {
		t.Helper()
		for name, row := range app.TableRows() {
			parsed, err := schema.Parse(row, &sync.Map{}, schema.NamingStrategy{})
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(parsed.DBNames)
			slices.Sort(want)
			if diff := cmp.Diff(want, columnsOf(t, s, name)); diff != "" {
				t.Errorf("table %s: fields of the record (-) and columns (+):\n%s", name, diff)
			}
		}
	})
}

var constraintName = regexp.MustCompile(`(?i)(DROP\s+)?CONSTRAINT\s+([a-z0-9_]+)`)

// constraints are the named constraints of a tree of migrations, by the file
// that names them first: SQLite names those of a table again that it rebuilds,
// PostgreSQL those that it drops to change them.
func constraints(t *testing.T, tree fs.FS) map[string][]string {
	t.Helper()
	found, named := map[string][]string{}, map[string]bool{}
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(tree, path)
		if err != nil {
			return err
		}
		file := path[strings.IndexByte(path, '/')+1:]
		for _, m := range constraintName.FindAllStringSubmatch(string(text), -1) {
			if m[1] == "" && !named[m[2]] {
				found[file] = append(found[file], m[2])
			}
		}
		for _, name := range found[file] {
			named[name] = true
		}
		slices.Sort(found[file])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// The two trees of migrations name the same constraints, file by file, and a
// file that neither drops nor rebuilds anything names none that was named before.
func TestMigrations_SameConstraints(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(constraints(t, migrations.Postgres), constraints(t, migrations.SQLite)); diff != "" {
		t.Errorf("constraints of PostgreSQL (-) and SQLite (+):\n%s", diff)
	}
	seen := map[string]bool{}
	files, err := fs.Glob(migrations.Postgres, "postgres/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(migrations.Postgres, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range constraintName.FindAllStringSubmatch(string(text), -1) {
			if m[1] == "" && seen[m[2]] && !strings.Contains(string(text), "DROP CONSTRAINT") {
				t.Errorf("%s: constraint %s is named twice", file, m[2])
			}
			seen[m[2]] = seen[m[2]] || m[1] == ""
		}
	}
}
