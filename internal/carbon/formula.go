package carbon

import (
	"math/big"
	"slices"

	"permitx/internal/quantity"
)

// A formula is a compiled formula: steps on a stack. It never changes and is
// safe for concurrent use.
type formula struct {
	steps     []step
	constants []small
	used      []string // the inputs that it reads, in order
}

type operation uint8

const (
	pushInput operation = iota
	pushConstant
	add
	subtract
	multiplied
	divide
	least
	most
)

// A step is one operation. at is the index of an input or constant; culprit is
// the input that a divisor is made of, or its text.
type step struct {
	op      operation
	at      uint8
	culprit string
}

// stackMax bounds how deep a formula nests.
const stackMax = 16

// evaluate returns the exact result for inputs, in the order in which they
// were declared. Returns ErrDivision.
func (f *formula) evaluate(inputs []quantity.Measure) (small, *big.Rat, error) {
	v, fits, err := f.inSmall(inputs)
	if fits || err != nil {
		return v, nil, err
	}
	r, err := f.inBig(inputs)
	return small{}, r, err
}

// inSmall evaluates in 64 bits and reports whether everything fitted.
func (f *formula) inSmall(inputs []quantity.Measure) (result small, fits bool, err error) {
	var room [stackMax]small
	stack := room[:0]
	for i := range f.steps {
		s := &f.steps[i]
		switch s.op {
		case pushInput:
			stack = append(stack, smallOf(inputs[s.at]))
			continue
		case pushConstant:
			stack = append(stack, f.constants[s.at])
			continue
		case divide:
			if stack[len(stack)-1].n == 0 {
				return small{}, false, s.byZero()
			}
		case add, subtract, multiplied, least, most:
		}
		a, b := stack[len(stack)-2], stack[len(stack)-1]
		v, fits := a.combine(s.op, b)
		if !fits {
			return small{}, false, nil
		}
		stack = append(stack[:len(stack)-2], v)
	}
	return stack[0], true, nil
}

// combine is a op b, and whether it fits.
func (a small) combine(op operation, b small) (small, bool) {
	switch op {
	case add:
		return a.add(b)
	case subtract:
		return a.sub(b)
	case multiplied:
		return a.mul(b)
	case divide:
		return a.div(b)
	case least, most:
		below, fits := a.less(b)
		if below == (op == least) {
			return a, fits
		}
		return b, fits
	case pushInput, pushConstant:
	}
	panic("carbon: not an operation on two numbers")
}

// inBig evaluates without bounds.
func (f *formula) inBig(inputs []quantity.Measure) (*big.Rat, error) {
	var stack []*big.Rat
	for i := range f.steps {
		s := &f.steps[i]
		switch s.op {
		case pushInput:
			stack = append(stack, smallOf(inputs[s.at]).big())
			continue
		case pushConstant:
			stack = append(stack, f.constants[s.at].big())
			continue
		case divide:
			if stack[len(stack)-1].Sign() == 0 {
				return nil, s.byZero()
			}
		case add, subtract, multiplied, least, most:
		}
		a, b := stack[len(stack)-2], stack[len(stack)-1]
		stack = append(stack[:len(stack)-2], combineBig(s.op, a, b))
	}
	return stack[0], nil
}

func combineBig(op operation, a, b *big.Rat) *big.Rat {
	switch op {
	case add:
		return new(big.Rat).Add(a, b)
	case subtract:
		return new(big.Rat).Sub(a, b)
	case multiplied:
		return new(big.Rat).Mul(a, b)
	case divide:
		return new(big.Rat).Quo(a, b)
	case least, most:
		if (a.Cmp(b) < 0) == (op == least) {
			return a
		}
		return b
	case pushInput, pushConstant:
	}
	panic("carbon: not an operation on two numbers")
}

func (s *step) byZero() error {
	return ErrDivision.With("the formula divides by what is 0 for this %s", s.culprit).At(s.culprit)
}

// reads notes that the formula uses an input.
func (f *formula) reads(name string) {
	if !slices.Contains(f.used, name) {
		f.used = append(f.used, name)
	}
}
