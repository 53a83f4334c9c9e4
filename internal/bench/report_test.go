package bench

import (
	"bytes"
	"strings"
	"testing"
)

// A ratio is the median of its rounds, judged upwards or downwards.
func TestGoal_Judge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		must, aim float64
		rounds    []float64
		value     float64
		pass      bool
		verdict   string
	}{
		{3, 7, []float64{2, 9, 3.5}, 3.5, true, "pass"},
		{3, 7, []float64{7, 8}, 7.5, true, "aim reached"},
		{3, 7, []float64{2.99}, 2.99, false, "FAIL"},
		{5, 2, []float64{5, 5.0001, 1}, 5, true, "pass"},
		{5, 2, []float64{1.2}, 1.2, true, "aim reached"},
		{5, 2, []float64{6}, 6, false, "FAIL"},
	} {
		r := Goal{"x", c.must, c.aim}.Judge(c.rounds)
		if r.Value != c.value || r.Pass != c.pass || r.verdict() != c.verdict {
			t.Errorf("%v of must %v, aim %v: %v %s", c.rounds, c.must, c.aim, r, r.verdict())
		}
	}
}

var example = func() *Report {
	r := &Report{}
	r.AddFigure("orders_per_s", "1/s", []float64{12345.678, 11000, 13000})
	r.AddFigure("nothing", "1/s", nil)
	r.Ratios = append(r.Ratios, Goal{"orders_per_tpcb_256", 3, 7}.Judge([]float64{4, 5.25, 4.12349}))
	r.Absent = append(r.Absent, Absent{"restart_1m_orders_s", "not asked for"})
	return r
}

// The JSON form is that of the documentation.
func TestReport_JSON(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := example().JSON(&out); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "figures": [
    {
      "name": "orders_per_s",
      "value": 12350,
      "unit": "1/s"
    }
  ],
  "ratios": [
    {
      "name": "orders_per_tpcb_256",
      "value": 4.123,
      "must": 3,
      "aim": 7,
      "pass": true,
      "spread": {
        "min": 4,
        "max": 5.25
      }
    }
  ],
  "absent": [
    {
      "name": "restart_1m_orders_s",
      "why": "not asked for"
    }
  ]
}
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	out.Reset()
	if err := (&Report{}).JSON(&out); err != nil || strings.Contains(out.String(), "null") {
		t.Errorf("an empty report is %s, %v", out.String(), err)
	}
}

func TestReport_Text(t *testing.T) {
	t.Parallel()
	r := example()
	r.Columns = []string{"per_s", "p50_ms"}
	r.AddFigure("transfers_p50_ms", "ms", []float64{1.5})
	r.AddFigure("transfers_per_s", "1/s", []float64{20})
	r.AddFigure("book_ns", "ns/message", []float64{98.7})
	var out bytes.Buffer
	if err := r.Text(&out); err != nil {
		t.Fatal(err)
	}
	const want = `
             per_s  p50_ms
     orders  12350
  transfers     20     1.5

                       median    spread  must  aim
  orders_per_tpcb_256   4.123  4 – 5.25     3    7  pass

book_ns: 98.7 ns/message
absent: restart_1m_orders_s (not asked for)
`
	var got strings.Builder
	for line := range strings.Lines("\n" + out.String()) {
		got.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}
