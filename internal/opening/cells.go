package opening

import (
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// cells reads the cells of a line and notes what is wrong with them.
type cells struct {
	line   *Line
	faults *faults
}

func (c *cells) note(err error) { c.faults.note(c.line.Sheet.Name, c.line.Row, err) }

// cell reads a cell by a parser. An empty one is zero, and a fault unless its
// column is optional.
func cell[T any](c *cells, column string, parse func(field, text string) (T, error)) (v T, given bool) {
	at := c.line.Sheet.column(column)
	if at < 0 {
		panic("opening: the sheet " + c.line.Sheet.Name + " has no column " + column)
	}
	text := c.line.Cells[at]
	if text == "" {
		if of := c.line.Sheet.Columns[at]; !of.Optional {
			c.note(ErrCell.With("is missing: %s, for example %s", of.Holds, of.Example).At(column))
		}
		return v, false
	}
	v, err := parse(column, text)
	if err != nil {
		c.note(err)
	}
	return v, err == nil
}

func (c *cells) text(column string) string {
	v, _ := cell(c, column, func(_, text string) (string, error) { return text, nil })
	return v
}

func (c *cells) quantity(column string) quantity.Quantity {
	v, _ := cell(c, column, quantity.ParseQuantity)
	return v
}

func (c *cells) price() (p quantity.Price, known bool) {
	return cell(c, "price", quantity.ParsePrice)
}

func (c *cells) money(column string) quantity.Money {
	v, _ := cell(c, column, quantity.ParseMoney)
	return v
}

func (c *cells) day(column string) calendar.Date {
	v, _ := cell(c, column, parseDay)
	return v
}

func (c *cells) count(column string) int32 {
	v, _ := cell(c, column, func(field, text string) (int32, error) {
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return 0, fault.Invalidf(field, "%q must be a whole number, for example 60", shorten(text))
		}
		return int32(n), nil
	})
	return v
}

func (c *cells) origin(column string) ledger.Origin {
	v, _ := cell(c, column, func(field, text string) (ledger.Origin, error) {
		for _, o := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
			if o.String() == text {
				return o, nil
			}
		}
		return 0, fault.Invalidf(field, "%q must be one of paid, free, unknown", shorten(text))
	})
	return v
}

// Spreadsheets number days so that 1 March 1900 is 61; these are the years 1980
// to 2078.
var day61 = calendar.NewDate(1900, 3, 1)

const serialMin, serialMax = 29_221, 65_380

// parseDay reads a day as 2026-07-01 or 2026/7/1, or as the number that a
// spreadsheet makes of it.
func parseDay(field, text string) (calendar.Date, error) {
	if n, err := strconv.Atoi(text); err == nil && n >= serialMin && n <= serialMax {
		return day61.AddDays(n - 61), nil
	}
	plain := text
	if parts := strings.Split(text, "/"); len(parts) == 3 {
		for i, p := range parts {
			if len(p) == 1 {
				parts[i] = "0" + p
			}
		}
		plain = strings.Join(parts, "-")
	}
	d, err := calendar.ParseDate(field, plain)
	if err != nil {
		return 0, fault.Invalidf(field, "%q is not a day such as 2026-07-01", shorten(text))
	}
	return d, nil
}
