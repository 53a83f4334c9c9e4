package quantity_test

import (
	"fmt"

	"permitx/internal/quantity"
)

// A firm buys 13.257 t/a of a permit with 37 months left, at 2397.22
// CNY/(t·a). The fill is rounded down to the fen.
func ExampleAmount() {
	q, err := quantity.ParsePositiveQuantity("quantity", "13.257")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := quantity.ParsePositivePrice("price", "2397.22")
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := quantity.Amount(p, q, 37, quantity.Down)
	fmt.Println(m, err)
	// Output: 97988.16 <nil>
}

// A number in scientific form is refused; the error names the field.
func ExampleParseQuantity() {
	_, err := quantity.ParseQuantity("quantity", "1e5")
	fmt.Println(err)
	// Output: quantity.malformed: quantity: "1e5" is not a plain decimal such as 12.5
}
