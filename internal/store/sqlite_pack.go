package store

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"sync"

	"modernc.org/sqlite"
)

// packFunction is the name of an aggregate that makes one blob of all cells of
// its rows: a whole number is a varint, a text its length and itself.
const packFunction = "permitx_pack"

func init() { //nolint:gochecknoinits // a function is registered before the first connection
	sqlite.MustRegisterFunction(packFunction, &sqlite.FunctionImpl{
		NArgs: -1, Deterministic: true, VolatileArgs: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) {
			return packers.Get().(*packer), nil //nolint:errcheck,forcetypeassert // its own
		},
	})
}

// packers are those that have ended: their memory is used again.
var packers = sync.Pool{New: func() any { return &packer{} }}

// packer is one evaluation of the function.
type packer struct{ packed []byte }

// Step adds a row.
func (p *packer) Step(_ *sqlite.FunctionContext, row []driver.Value) error {
	b := p.packed
	for _, cell := range row {
		switch v := cell.(type) {
		case int64:
			b = binary.AppendVarint(b, v)
		case string:
			b = binary.AppendUvarint(b, uint64(len(v)))
			b = append(b, v...)
		default:
			return fmt.Errorf("%s: a cell is %T, neither a whole number nor text", packFunction, cell)
		}
	}
	p.packed = b
	return nil
}

// WindowInverse is not possible: this is no window function.
func (*packer) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("%s is no window function", packFunction)
}

// WindowValue is the blob.
func (p *packer) WindowValue(*sqlite.FunctionContext) (driver.Value, error) { return p.packed, nil }

// Final ends the evaluation.
func (p *packer) Final(*sqlite.FunctionContext) {
	p.packed = p.packed[:0]
	packers.Put(p)
}

// unpack takes a row from the front of a blob and returns what follows it.
func unpack(packed []byte, q *bulk, row *bulkRow) []byte {
	for i := range row.numbers {
		v, n := binary.Varint(packed)
		row.numbers[i], packed = v, packed[n:]
	}
	if q.text != "" {
		length, n := binary.Uvarint(packed)
		end := n + int(length) //nolint:gosec // of a blob in memory
		row.text, packed = packed[n:end], packed[end:]
	}
	return packed
}
