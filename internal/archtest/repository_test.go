package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file is one Go file of the repository.
type file struct {
	pkg       string // directory below the root, with slashes; the root is ""
	path      string
	test      bool
	generated bool
	ast       *ast.File
	fset      *token.FileSet
}

func (f *file) position(p token.Pos) token.Position { return f.fset.Position(p) }

// parse makes a file of a source.
func parse(t *testing.T, pkg, path string, source []byte) *file {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return &file{
		pkg: pkg, path: path, fset: fset, ast: tree,
		test: strings.HasSuffix(path, "_test.go"), generated: ast.IsGenerated(tree),
	}
}

// repository returns all Go files, whatever their build constraints.
func repository(t *testing.T) []*file {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var files []*file
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			// What the go command leaves out too.
			if path != root && (name == "testdata" || name == "vendor" || name[0] == '.' || name[0] == '_') {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		short, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		pkg := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(short)), ".")
		files = append(files, parse(t, pkg, short, source))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatal("no Go files found")
	}
	return files
}
