package httpapi

import (
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/quantity"
)

var _ = register(orderOf, identity.OrderPlace, identity.OrderCancel, identity.OrderAmend)

// orderOf is an order as the contract shows it.
func orderOf(r app.OrderResult) api.Order {
	o := r.Order
	out := api.Order{
		Hold: holdOf(&o), ID: o.ID, Instrument: r.Instrument, Licence: optional(o.Licence), Market: r.Market, Party: o.Party, Project: optional(o.Project),
		PlacedAt: o.PlacedAt.String(), Price: o.Price.String(), Quantity: o.Quantity.String(), Remaining: o.Remaining.String(),
		Kind: api.OrderKind(o.Kind.String()), Fee: feeOf(o.Fee), Ending: endingOf(o.Ending), Side: api.Side(o.Side.String()), State: api.OrderState(o.State.String()), TimeInForce: api.TimeInForce(o.TimeInForce.String()),
	}
	for _, f := range r.Fills {
		out.Fills = append(out.Fills, fillOf(f, o.Side))
	}
	return out
}

// holdOf is what an order sets aside: money for a buy, permits or credits for a sell.
func holdOf(o *market.Record) string {
	if o.Side == market.Buy {
		return quantity.Money(o.Hold).String()
	}
	return quantity.Quantity(o.Hold).String()
}

// endingOf is why an order ended that was not filled.
func endingOf(e market.Ending) *api.OrderEnding {
	if e == market.NotEnded {
		return nil
	}
	return new(api.OrderEnding(e.String()))
}

// feeOf is a fee where there is one.
func feeOf(fee quantity.Money) *string {
	if fee == 0 {
		return nil
	}
	return new(fee.String())
}

// feeSide is what a side was charged for a trade.
func feeSide(t *market.Trade, side market.Side) quantity.Money {
	if side == market.Buy {
		return t.BuyerFee
	}
	return t.SellerFee
}

func fillOf(t market.Trade, side market.Side) api.Fill {
	return api.Fill{Amount: t.Amount.String(), Fee: feeOf(feeSide(&t, side)), Price: t.Price.String(), Quantity: t.Quantity.String(), Trade: t.ID}
}

// appendOrder writes what encoding/json writes of orderOf.
func appendOrder(b []byte, r *app.OrderResult) []byte {
	o := &r.Order
	b = append(b, '{')
	if o.Ending != market.NotEnded {
		b = append(append(append(b, `"ending":"`...), o.Ending.String()...), `",`...)
	}
	if o.Fee != 0 {
		b = append(o.Fee.AppendTo(append(b, `"fee":"`...)), `",`...)
	}
	for i := range r.Fills {
		if i == 0 {
			b = append(b, `"fills":[`...)
		} else {
			b = append(b, ',')
		}
		b = appendFill(b, &r.Fills[i], o.Side)
	}
	if len(r.Fills) > 0 {
		b = append(b, `],`...)
	}
	b = append(b, `"hold":"`...)
	if o.Side == market.Buy {
		b = quantity.Money(o.Hold).AppendTo(b)
	} else {
		b = quantity.Quantity(o.Hold).AppendTo(b)
	}
	b = strconv.AppendInt(append(b, `","id":`...), o.ID, 10)
	b = appendText(append(b, `,"instrument":`...), r.Instrument)
	b = append(append(b, `,"kind":"`...), o.Kind.String()...)
	b = append(b, '"')
	if o.Licence != 0 {
		b = strconv.AppendInt(append(b, `,"licence":`...), o.Licence, 10)
	}
	b = appendText(append(b, `,"market":`...), r.Market)
	b = strconv.AppendInt(append(b, `,"party":`...), o.Party, 10)
	b = appendInstant(append(b, `,"placed_at":"`...), o.PlacedAt)
	b = o.Price.AppendTo(append(b, `","price":"`...))
	b = append(b, '"')
	if o.Project != 0 {
		b = strconv.AppendInt(append(b, `,"project":`...), o.Project, 10)
	}
	b = o.Quantity.AppendTo(append(b, `,"quantity":"`...))
	b = o.Remaining.AppendTo(append(b, `","remaining":"`...))
	b = append(append(b, `","side":"`...), o.Side.String()...)
	b = append(append(b, `","state":"`...), o.State.String()...)
	b = append(append(b, `","time_in_force":"`...), o.TimeInForce.String()...)
	return append(b, `"}`...)
}

func appendFill(b []byte, t *market.Trade, side market.Side) []byte {
	b = t.Amount.AppendTo(append(b, `{"amount":"`...))
	if fee := feeSide(t, side); fee != 0 {
		b = fee.AppendTo(append(b, `","fee":"`...))
	}
	b = t.Price.AppendTo(append(b, `","price":"`...))
	b = t.Quantity.AppendTo(append(b, `","quantity":"`...))
	b = strconv.AppendInt(append(b, `","trade":`...), t.ID, 10)
	return append(b, '}')
}

// appendInstant writes what Instant.String gives; time's formatter is five
// times slower.
func appendInstant(b []byte, i calendar.Instant) []byte {
	t := i.Time()
	year, month, day := t.Date()
	if i == 0 || year < 1000 || year > 9999 {
		return append(b, i.String()...)
	}
	hour, minute, second := t.Clock()
	b = append(appendDigits(b, year, 1000), '-')
	b = append(appendDigits(b, int(month), 10), '-')
	b = append(appendDigits(b, day, 10), 'T')
	b = append(appendDigits(b, hour, 10), ':')
	b = append(appendDigits(b, minute, 10), ':')
	b = append(appendDigits(b, second, 10), '.')
	return append(appendDigits(b, t.Nanosecond()/1000, 100_000), 'Z')
}

// appendDigits writes n with as many digits as unit has.
func appendDigits(b []byte, n, unit int) []byte {
	for ; unit > 0; unit /= 10 {
		b = append(b, byte('0'+n/unit%10))
	}
	return b
}
