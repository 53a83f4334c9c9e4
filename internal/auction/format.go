package auction

import "permitx/internal/quantity"

// Format names a way to clear.
type Format string

// The formats.
const (
	Uniform        Format = "uniform"
	PayAsBid       Format = "pay_as_bid"
	PayAsBidShare  Format = "pay_as_bid_share"
	Ascending      Format = "ascending"
	ReverseUniform Format = "reverse_uniform"
	Call           Format = "call"
)

// format is what is known about one.
type format struct {
	name  Format
	clear func(*Case) (Result, error)
	// The fields of a case, besides those that all have; a star marks those that must be there.
	fields []string
	// How winners' amounts are rounded to the fen.
	rounding quantity.Rounding
	// Whether winners pay their own prices.
	paysOwn bool
	// Whether the rule itself says that the earlier comes first.
	onlyByTime bool
}

// formats are all of them: a new one is a line here and a file.
var formats = []format{
	{name: Uniform, clear: clearUniform, rounding: quantity.HalfUp, fields: []string{
		"supply*", "bids*", "reserve_price", "noncompetitive", "noncompetitive_limit", "tie", "undersubscribed", "draw", "next_auctions",
	}},
	{name: PayAsBid, clear: clearPayAsBid, rounding: quantity.HalfUp, paysOwn: true, fields: []string{
		"supply*", "bids*", "reserve_price", "tie", "undersubscribed", "draw", "next_auctions",
	}},
	{name: PayAsBidShare, clear: clearPayAsBidShare, rounding: quantity.HalfUp, paysOwn: true, onlyByTime: true, fields: []string{
		"bids*", "win_share", "reserve_price", "supply", "fit", "min_bidders", "tie", "next_auctions",
	}},
	{name: Ascending, clear: clearAscending, rounding: quantity.HalfUp, fields: []string{
		"supply*", "bids*", "reserve_price", "step", "next_auctions",
	}},
	{name: ReverseUniform, clear: clearReverseUniform, rounding: quantity.Down, fields: []string{
		"demand*", "asks*", "ceiling_price", "budget", "tie", "undersubscribed", "draw",
	}},
	{name: Call, clear: clearCall, onlyByTime: true, fields: []string{"bids*", "asks*", "reference_price", "tie"}},
}

// Formats returns the names of all formats.
func Formats() []Format {
	names := make([]Format, len(formats))
	for i := range formats {
		names[i] = formats[i].name
	}
	return names
}

// PaysOwn tells a format in which each winner pays his own price.
func (f Format) PaysOwn() bool {
	known := f.find()
	return known != nil && known.paysOwn
}

func (f Format) find() *format {
	for i := range formats {
		if formats[i].name == f {
			return &formats[i]
		}
	}
	return nil
}
