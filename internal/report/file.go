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
		files = append(files, fileOf(s.Name+csvEnd, s.csv()), fileOf(s.Name+jsonEnd, s.json()))
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
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

// csv is RFC 4180 with line feeds: a line of columns, then one a row.
func (s Sheet) csv() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{s.Columns}, s.Rows...)); err != nil {
		panic(err) // a builder takes everything
	}
	return b.String()
}

// json is an array with an object a row, its members in the order of the
// columns and all texts, without blanks, and a line feed.
func (s Sheet) json() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, row := range s.Rows {
		separate(&b, i)
		b.WriteByte('{')
		for j, value := range row {
			separate(&b, j)
			b.WriteString(quoted(s.Columns[j]) + ":" + quoted(value))
		}
		b.WriteByte('}')
	}
	b.WriteString("]\n")
	return b.String()
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
