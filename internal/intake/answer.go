package intake

import (
	"bytes"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"permitx/internal/quantity"
)

// Answer is what a command is answered with.
type Answer struct {
	Number   int64
	Body     []byte // JSON, as in the contract
	Replayed bool
}

// appendBatch writes the answer to a batch: the counts and each activity.
func appendBatch(pace *Pace, b []byte, row *JournalRow, scheme int64, lines []line, results []Result) []byte {
	b = append(b, `{"id":`...)
	b = strconv.AppendInt(b, row.Number, 10)
	b = appendCount(b, "accepted", row.Accepted)
	b = appendCount(b, "duplicates", row.Duplicates)
	b = appendCount(b, "refused", row.Refused)
	b = appendAmount(b, row.Amount)
	b = append(b, `,"at":"`...)
	b = append(b, row.At.String()...)
	b = append(b, `","scheme":`...)
	b = strconv.AppendInt(b, scheme, 10)
	b = append(b, `,"activities":[`...)
	for i := range results {
		pace.Breathe(i)
		if i > 0 {
			b = append(b, ',')
		}
		b = appendResult(b, lines[i].SourceID, &results[i])
		if results[i].Status == Refused && lines[i].Reverses == "" {
			b = lines[i].appendRefused(b)
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// appendClose writes the answer to the close of a month: its pools, and what was
// taken back before.
func appendClose(b []byte, row *JournalRow, r *request, pools []*Pool, excluded []byte) []byte {
	b = fmt.Appendf(b, `{"id":%d,"scheme":%d,"month":"%s","pools":[`, row.Number, r.scheme, r.month)
	for i, p := range pools {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"methodology":%d,"units":%d,"left":"%s"}`, p.Methodology, p.Units, p.Left())
	}
	b = append(b, ']')
	if len(excluded) > 0 {
		b = append(append(append(b, `,"excluded":[`...), excluded...), ']')
	}
	return append(b, '}')
}

// answerExcluded writes what was taken back because a list has got it.
func (w *work) answerExcluded(lines []line, results []Result) (b []byte) {
	for i := range results {
		l, r := &lines[i], &results[i]
		if r.Status != Accepted { // it was taken back in the same commit
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"activity":%d,"reversal":%d,"counted_in":"%s","source_id":`, w.keys[l.reversed].Activity, r.Activity, l.CountedIn)
		b = appendJSON(b, l.Reverses)
		b = appendJSON(append(b, `,"identifier":`...), l.Identifier)
		b = append(appendAmount(b, r.Amount), '}')
	}
	return b
}

func appendResult(b []byte, sourceID string, r *Result) []byte {
	b = append(b, `{"source_id":`...)
	b = appendJSON(b, sourceID)
	b = append(b, `,"status":"`...)
	b = append(b, r.Status...)
	b = append(b, '"')
	switch r.Status {
	case Accepted:
		b = append(b, `,"activity":`...)
		b = strconv.AppendInt(b, r.Activity, 10)
		b = appendAmount(b, r.Amount)
		if r.Capped {
			b = append(b, `,"capped":true`...)
		}
		if r.Cut != 0 {
			b = append(append(append(b, `,"points_cut":"`...), r.Cut.String()...), '"')
		}
	case Duplicate:
		b = append(b, `,"activity":`...)
		b = strconv.AppendInt(b, r.Activity, 10)
	case Refused:
		b = append(b, `,"code":`...)
		b = appendJSON(b, r.Fault.Code)
		b = append(b, `,"field":`...)
		b = appendJSON(b, r.Fault.Field)
		b = append(b, `,"detail":`...)
		b = appendJSON(b, r.Fault.Detail)
	}
	return b
}

// appendRefused writes what was refused, for a complaint.
func (l *line) appendRefused(b []byte) []byte {
	b = appendJSON(append(b, `,"scenario":`...), l.Scenario)
	b = append(append(b, `,"day":"`...), l.day.String()...)
	return append(hex.AppendEncode(append(b, `","evidence":"`...), l.Evidence[:]), '"')
}

func appendCount(b []byte, name string, n int32) []byte {
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, int64(n), 10)
}

func appendAmount(b []byte, q quantity.Reduction) []byte {
	return append(append(append(b, `,"amount":"`...), q.String()...), '"')
}

// appendJSON quotes text; control characters, quotes and backslashes are
// escaped, everything else is UTF-8 as it is.
func appendJSON(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

// packer compresses answers: a repeated batch gets the same one again.
type packer struct {
	buffer bytes.Buffer
	w      *flate.Writer
}

func (p *packer) pack(body []byte) []byte {
	p.buffer.Reset()
	if p.w == nil {
		p.w, _ = flate.NewWriter(&p.buffer, flate.BestSpeed) // of a known level, no error
	} else {
		p.w.Reset(&p.buffer)
	}
	_, _ = p.w.Write(body) // into memory, no error
	_ = p.w.Close()
	return bytes.Clone(p.buffer.Bytes())
}

func unpackAnswer(packed []byte) ([]byte, error) {
	body, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		return nil, fmt.Errorf("intake: a stored answer cannot be read: %w", err)
	}
	return body, nil
}
