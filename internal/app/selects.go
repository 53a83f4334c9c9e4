package app

import (
	"cmp"
	"reflect"
)

// selects reports whether a row holds the conditions of a query, as a store decides it.
func (q Query) selects(row reflect.Value) bool {
	for _, c := range q.Where {
		if !c.holds(fieldOf(row, c.Column)) {
			return false
		}
	}
	return true
}

// fieldOf is a row's field by its column's name, as a plain int64, string or bool.
func fieldOf(row reflect.Value, column string) any {
	for i := range row.NumField() {
		if snakeCase(row.Type().Field(i).Name) == column {
			return plain(row.Field(i))
		}
	}
	panic("app: " + row.Type().String() + " has no column " + column)
}

func plain(v reflect.Value) any {
	switch {
	case v.CanInt():
		return v.Int()
	case v.CanUint():
		return int64(v.Uint()) //nolint:gosec // at most 32 bits
	case v.Kind() == reflect.Bool:
		return v.Bool()
	case v.Kind() == reflect.String:
		return v.String()
	}
	panic("app: cannot compare " + v.Type().String())
}

func (c Cond) holds(field any) bool {
	value := reflect.ValueOf(c.Value)
	if c.Op == In {
		for i := range value.Len() {
			if plain(value.Index(i)) == field {
				return true
			}
		}
		return false
	}
	switch order := comparePlain(field, plain(value)); c.Op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Gt:
		return order > 0
	case Ge:
		return order >= 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case In:
	}
	panic("app: unknown comparison " + string(c.Op))
}

// comparePlain orders numbers and texts; of two booleans it says whether they differ.
func comparePlain(a, b any) int {
	switch a := a.(type) {
	case int64:
		if b, is := b.(int64); is {
			return cmp.Compare(a, b)
		}
	case string:
		if b, is := b.(string); is {
			return cmp.Compare(a, b)
		}
	}
	if a == b {
		return 0
	}
	return 1
}
