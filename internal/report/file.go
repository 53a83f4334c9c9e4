package report

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
)

// A Sheet is a table of texts, rows in a fixed order, that a file is made of.
type Sheet struct {
	Name    string
	Columns []string
	Rows    [][]string
}

// A File is what a period close keeps. It never changes.
type File struct {
	ID      int64
	Close   int64
	Name    string
	Content string // UTF-8
	Digest  string // SHA-256 of Content, in hex
	Command int64
}

// The ends of the names of files.
const (
	csvEnd  = ".csv"
	jsonEnd = ".json"
)

// Files are the sheets in both forms, by name. The forms are canonical: the same
// sheets give the same bytes.
func Files(sheets ...Sheet) []File {
	var files []File
	for _, s := range sheets {
		w := NewSheetWriter(s.Name, s.Columns...)
		for _, row := range s.Rows {
			w.Add(row...)
		}
		files = append(files, w.Files()...)
	}
	SortFiles(files)
	return files
}

// SortFiles puts files in the order of their names.
func SortFiles(files []File) {
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
}

func fileOf(name, content string) File {
	return File{Name: name, Content: content, Digest: DigestOf(content)}
}

// DigestOf is the SHA-256 of a text, in hex.
func DigestOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// ManifestDigest is the one digest of some files: that of the lines which
// sha256sum prints for them in the order of their names.
func ManifestDigest(files []File) string {
	var b strings.Builder
	for _, f := range files {
		b.WriteString(f.Digest + "  " + f.Name + "\n")
	}
	return DigestOf(b.String())
}

// A SheetWriter makes the two files of a sheet row by row. The one is CSV as in
// RFC 4180 with line feeds: a line of columns, then one a row. The other is a JSON
// array with an object a row, its members in the order of the columns and all
// texts, without blanks, and a line feed.
type SheetWriter struct {
	name      string
	columns   []string
	rows      int
	csv, json *strings.Builder
	lines     *csv.Writer // into csv
}

// NewSheetWriter begins a sheet.
func NewSheetWriter(name string, columns ...string) *SheetWriter {
	w := &SheetWriter{name: name, columns: columns, csv: &strings.Builder{}, json: &strings.Builder{}}
	w.lines = csv.NewWriter(w.csv)
	w.line(columns)
	w.json.WriteByte('[')
	return w
}

func (w *SheetWriter) line(row []string) {
	if err := w.lines.Write(row); err != nil {
		panic(err) // a builder takes everything
	}
}

// Add adds a row.
func (w *SheetWriter) Add(row ...string) {
	w.line(row)
	separate(w.json, w.rows)
	w.json.WriteByte('{')
	for j, value := range row {
		separate(w.json, j)
		w.json.WriteString(quoted(w.columns[j]) + ":" + quoted(value))
	}
	w.json.WriteByte('}')
	w.rows++
}

// Rows is how many rows were added.
func (w *SheetWriter) Rows() int { return w.rows }

// Files ends the sheet.
func (w *SheetWriter) Files() []File {
	w.lines.Flush()
	w.json.WriteString("]\n")
	return []File{fileOf(w.name+csvEnd, w.csv.String()), fileOf(w.name+jsonEnd, w.json.String())}
}

func separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte(',')
	}
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a text always has a form
	}
	return string(b)
}
