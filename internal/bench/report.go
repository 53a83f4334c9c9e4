package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Figure is a measured value: the median over the rounds.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Goal is what a ratio must be, and what it should be. Lower is better where
// Aim is below Must.
type Goal struct {
	Name string
	Must float64
	Aim  float64
}

// Ratio is a value that is judged: the median over the rounds.
type Ratio struct {
	Name   string  `json:"name"`
	Value  float64 `json:"value"`
	Must   float64 `json:"must"`
	Aim    float64 `json:"aim"`
	Pass   bool    `json:"pass"` // it is what it must be
	Spread Spread  `json:"spread"`
}

// Spread is the least and the greatest value of the rounds.
type Spread struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
}

// Absent is a ratio that could not be measured.
type Absent struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// Report is what a run of measurements found.
type Report struct {
	Figures []Figure `json:"figures"`
	Ratios  []Ratio  `json:"ratios"`
	Absent  []Absent `json:"absent"`

	// Columns are ends of figures' names, such as per_s of orders_per_s: what
	// stands before is a row of the table for a person.
	Columns []string `json:"-"`
}

// reached tells whether a value is as good as a bound.
func (g Goal) reached(value, bound float64) bool {
	if g.Aim < g.Must {
		return value <= bound
	}
	return value >= bound
}

// Judge makes a ratio of the values that its rounds gave; there is at least one.
func (g Goal) Judge(rounds []float64) Ratio {
	median := Median(rounds)
	return Ratio{
		Name: g.Name, Value: round(median), Must: g.Must, Aim: g.Aim, Pass: g.reached(median, g.Must),
		Spread: Spread{round(slices.Min(rounds)), round(slices.Max(rounds))},
	}
}

// verdict says in a word how good a ratio is.
func (r Ratio) verdict() string {
	g := Goal{r.Name, r.Must, r.Aim}
	switch {
	case g.reached(r.Value, r.Aim):
		return "aim reached"
	case r.Pass:
		return "pass"
	}
	return "FAIL"
}

// AddFigure adds the median of what the rounds gave; without rounds it does nothing.
func (r *Report) AddFigure(name, unit string, rounds []float64) {
	if len(rounds) > 0 {
		r.Figures = append(r.Figures, Figure{name, round(Median(rounds)), unit})
	}
}

// Median is the middle value, or the mean of the two in the middle; 0 of none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// round keeps four significant digits: more would be noise.
func round(v float64) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil {
		return v
	}
	return rounded
}

// JSON writes the report as one object.
func (r *Report) JSON(w io.Writer) error {
	whole := Report{Figures: []Figure{}, Ratios: []Ratio{}, Absent: []Absent{}} // lists, even where there is nothing
	whole.Figures = append(whole.Figures, r.Figures...)
	whole.Ratios = append(whole.Ratios, r.Ratios...)
	whole.Absent = append(whole.Absent, r.Absent...)
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(whole)
}

// Text writes the report as tables for a person.
func (r *Report) Text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if rows, cells := r.rows(); len(rows) > 0 {
		fmt.Fprintln(t, "\t"+strings.Join(r.Columns, "\t")+"\t")
		for _, row := range rows {
			fmt.Fprint(t, row+"\t")
			for _, column := range r.Columns {
				fmt.Fprint(t, cells[row+"_"+column]+"\t")
			}
			fmt.Fprintln(t)
		}
		fmt.Fprintln(t)
	}
	if len(r.Ratios) > 0 {
		fmt.Fprintln(t, "\tmedian\tspread\tmust\taim\t\t")
		for _, f := range r.Ratios {
			fmt.Fprintf(t, "%s\t%s\t%s – %s\t%s\t%s\t%s\t\n", f.Name, number(f.Value), number(f.Spread.Min), number(f.Spread.Max),
				number(f.Must), number(f.Aim), f.verdict())
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, f := range r.Figures {
		if r.rowOf(f.Name) == "" {
			fmt.Fprintf(w, "%s: %s %s\n", f.Name, number(f.Value), f.Unit)
		}
	}
	for _, a := range r.Absent {
		if _, err := fmt.Fprintf(w, "absent: %s (%s)\n", a.Name, a.Why); err != nil {
			return err
		}
	}
	return nil
}

// rows are the rows of the table of figures, with the text of each figure.
func (r *Report) rows() (rows []string, cells map[string]string) {
	cells = map[string]string{}
	for _, f := range r.Figures {
		if row := r.rowOf(f.Name); row != "" {
			cells[f.Name] = number(f.Value)
			if !slices.Contains(rows, row) {
				rows = append(rows, row)
			}
		}
	}
	return rows, cells
}

// rowOf returns the row that a figure belongs to; "" where it has none.
func (r *Report) rowOf(figure string) string {
	for _, column := range r.Columns {
		if row, ok := strings.CutSuffix(figure, "_"+column); ok {
			return row
		}
	}
	return ""
}

// number writes a value as a person reads it.
func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
