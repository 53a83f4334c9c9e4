package archtest

import (
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// program is a package with its types, and what each of its functions and variables uses.
type program struct {
	fset *token.FileSet
	info *types.Info
	pkg  *types.Package
	uses map[types.Object]*part
}

// part is a function or a declaration of variables.
type part struct {
	name string
	tree ast.Node
	uses map[types.Object]bool // functions and variables of the package
}

// program gives the files of a package their types.
func newProgram(t *testing.T, path string, files []*ast.File, fset *token.FileSet, imports types.Importer) *program {
	t.Helper()
	p := &program{fset: fset, uses: map[types.Object]*part{}, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}}
	pkg, err := (&types.Config{Importer: imports}).Check(path, fset, files, p.info)
	if err != nil {
		t.Fatal(err)
	}
	p.pkg = pkg
	for _, f := range files {
		for _, d := range f.Decls {
			p.declare(d)
		}
	}
	return p
}

func (p *program) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = types.ExprString(d.Recv.List[0].Type) + "." + name
		}
		p.uses[p.info.Defs[d.Name]] = p.part(name, d)
	case *ast.GenDecl:
		for _, s := range d.Specs {
			if s, ok := s.(*ast.ValueSpec); ok {
				all := p.part(s.Names[0].Name, s)
				for _, name := range s.Names {
					p.uses[p.info.Defs[name]] = all
				}
			}
		}
	}
}

func (p *program) part(name string, tree ast.Node) *part {
	one := &part{name, tree, map[types.Object]bool{}}
	ast.Inspect(tree, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if o := p.origin(p.info.Uses[id]); o != nil {
				one.uses[o] = true
			}
		}
		return true
	})
	return one
}

// origin is the function, without its type arguments, or variable of the package that is
// used; nil for what is neither.
func (p *program) origin(o types.Object) types.Object {
	switch o := o.(type) {
	case *types.Func:
		if o.Pkg() == p.pkg {
			return o.Origin()
		}
	case *types.Var:
		if o.Parent() == p.pkg.Scope() {
			return o
		}
	}
	return nil
}

// reached are the parts that some lead to. Whoever calls a method of an interface calls all
// methods of its name; whoever uses a function is taken to call it.
func (p *program) reached(roots []types.Object) map[types.Object]*part {
	methods := map[string][]types.Object{}
	for o := range p.uses {
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil {
			methods[f.Name()] = append(methods[f.Name()], o)
		}
	}
	reached := map[types.Object]*part{}
	var visit func(o types.Object)
	visit = func(o types.Object) {
		if f, ok := o.(*types.Func); ok && f.Signature().Recv() != nil && types.IsInterface(f.Signature().Recv().Type()) {
			for _, m := range methods[f.Name()] {
				visit(m)
			}
			return
		}
		one := p.uses[o]
		if one == nil || reached[o] != nil {
			return
		}
		reached[o] = one
		for used := range one.uses {
			visit(used)
		}
	}
	for _, o := range roots {
		visit(o)
	}
	return reached
}

// compiled reads the types of imported packages from what the compiler made of them.
func compiled(t *testing.T, fset *token.FileSet, imports []string) types.Importer {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, imports...)...)
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, export, _ := strings.Cut(strings.TrimSpace(line), " ")
		exports[path] = export
	}
	return importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
}
