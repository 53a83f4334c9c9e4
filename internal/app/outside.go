package app

import (
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// The tables of what other platforms know.
var (
	OutsideNumbers = cold[outside.Number]("outside_number")
	MirroredDeals  = cold[outside.Mirror]("mirrored_deal")
)

// OutsideNumberRecord records what another platform calls an object.
type OutsideNumberRecord struct {
	System outside.System
	Kind   outside.Kind
	Object int64
	Number string
}

// DealMirror records a deal that was made and paid on another platform: its
// permits move here, by the rules of a deal, and no money.
type DealMirror struct {
	System        outside.System
	Number        string
	SellerLicence int64
	BuyerLicence  int64
	Instrument    string
	Quantity      quantity.Quantity
	Price         quantity.Price
	Amount        quantity.Money
	SettledOn     calendar.Date
	Document      string
}

// MirrorResult is a mirrored deal with the code of its instrument.
type MirrorResult struct {
	Deal       outside.Mirror
	Instrument string
}

var _ = declare(OutsideNumberRecord{}, DealMirror{})

// Operation is OutsideNumber.
func (OutsideNumberRecord) Operation() identity.Operation { return identity.OutsideNumber }

// Decide checks that the object is there, and that neither it nor the number is
// taken. The result is an outside.Number.
func (c OutsideNumberRecord) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.OutsideNumber, identity.Target{}); err != nil {
		return nil, err
	}
	n := outside.Number{System: c.System, Kind: c.Kind, Object: c.Object, Number: c.Number, RecordedAt: v.Now}
	if err := n.Validate(); err != nil {
		return nil, err
	}
	var err error
	if n.Party, n.Region, err = v.objectOf(c.Kind, c.Object); err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("object", identity.OutsideNumber, identity.OfRegion(n.Region)); err != nil {
		return nil, err
	}
	if err := v.checkOutside(n); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, OutsideNumbers, n) }, nil
}

// checkOutside returns ErrNumbered or ErrNumberTaken.
func (v *View) checkOutside(n outside.Number) error {
	ofKind := Where("system", string(n.System)).And("kind", Eq, string(n.Kind))
	if n.Object != 0 {
		mine, err := Find(v, OutsideNumbers, ofKind.And("object", Eq, n.Object))
		if err != nil {
			return err
		}
		if len(mine) > 0 {
			return outside.ErrNumbered.With("%s %d is %s there already", n.Kind, n.Object, mine[0].Number)
		}
	}
	taken, err := Find(v, OutsideNumbers, ofKind.And("number", Eq, n.Number))
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return outside.ErrNumberTaken.With("%s is %s %d already", n.Number, n.Kind, taken[0].Object)
	}
	return nil
}

// objectOf is whose an object is and whose bureau keeps it, or ErrNoRecord.
func (v *View) objectOf(kind outside.Kind, id int64) (party int64, region string, err error) {
	const field = "object"
	switch kind {
	case outside.Party:
		p, err := Get(v, Parties, field, id)
		return p.ID, p.Region, err
	case outside.Licence:
		l, err := Get(v, Licences, field, id)
		return l.Party, l.Region, err
	case outside.Deal:
		d, err := Get(v, Deals, field, id)
		return d.SellerParty, d.SellerRegion, err
	case outside.Notice:
		n, err := Get(v, Notices, field, id)
		return n.Party, n.Region, err
	case outside.Allocation:
		a, err := Get(v, Allocations, field, id)
		return a.Party, a.Region, err
	case outside.CapDecision:
		d, err := Get(v, CapDecisions, field, id)
		return 0, d.Region, err
	case outside.Project:
		p, err := Get(v, Projects, field, id)
		return p.Party, p.Region, err
	case outside.Freeze:
		f, err := Get(v, Freezes, field, id)
		return f.Party, f.Region, err
	case outside.Succession:
		s, err := Get(v, Successions, field, id)
		return s.Party, s.Region, err
	case outside.Correction:
		x, err := Get(v, Corrections, field, id)
		return x.Party, x.Region, err
	case outside.MirroredDeal:
		m, err := Get(v, MirroredDeals, field, id)
		return m.SellerParty, m.Region, err
	}
	return 0, "", ErrNoRecord.At(field)
}

// Operation is DealMirror.
func (DealMirror) Operation() identity.Operation { return identity.DealMirror }

// Decide checks the deal by the rules of deals of its day of entry, as if the
// seller offered it now. The result is a MirrorResult.
func (c DealMirror) Decide(v *View) (Apply, error) {
	seller, err := v.licenceOf(identity.DealMirror, c.SellerLicence)
	if err != nil {
		return nil, err
	}
	buyer, err := Get(v, Licences, "buyer_licence", c.BuyerLicence)
	if err != nil {
		return nil, err
	}
	i, err := v.Instrument("instrument", c.Instrument)
	if err != nil {
		return nil, err
	}
	m := outside.Mirror{
		System: c.System, Number: c.Number, Region: seller.Region, SellerParty: seller.Party, SellerLicence: seller.ID,
		BuyerParty: buyer.Party, BuyerLicence: buyer.ID, Instrument: i.ID, Pollutant: i.Pollutant, Quantity: c.Quantity,
		Price: c.Price, Amount: c.Amount, SettledOn: c.SettledOn, Document: c.Document, RecordedAt: v.Now,
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("settled_on", c.SettledOn); err != nil {
		return nil, err
	}
	switch {
	case i.Expired(v.Today):
		return nil, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	case buyer.Region != seller.Region:
		return nil, outside.ErrOtherRegion
	}
	if err := v.checkOutside(outside.Number{System: m.System, Kind: outside.MirroredDeal, Number: m.Number}); err != nil {
		return nil, err
	}
	if err := v.judgeDeal(settlement.Deal{
		Kind: settlement.Local, SellerParty: m.SellerParty, SellerLicence: m.SellerLicence, SellerRegion: m.Region,
		BuyerParty: m.BuyerParty, BuyerLicence: m.BuyerLicence, BuyerRegion: m.Region, Instrument: m.Instrument,
		Pollutant: m.Pollutant, Quantity: m.Quantity, OffsetRatio: quantity.OneRatio,
	}, true); err != nil {
		return nil, err
	}
	from, to := HoldingKey(seller, i, ledger.Paid), HoldingKey(buyer, i, ledger.Paid)
	id, _ := v.ledger.Find(from)
	if v.partsOf(id, m.Quantity) > MaxFills {
		return nil, ErrTooManyParts
	}
	return func(tx *Tx) any { return MirrorResult{tx.mirror(m, from, to), i.Code} }, nil
}

// mirror moves the permits of a deal that was made elsewhere, uses the seller's
// acquisitions and surplus up, and gives the buyer an acquisition.
func (tx *Tx) mirror(m outside.Mirror, from, to ledger.Key) outside.Mirror {
	m = Put(tx, MirroredDeals, m)
	m.Transfer = tx.Post(ledger.Transfer{Reason: ledger.Mirrored, Reference: m.ID, Legs: m.Legs(from, to)})[0].Transfer
	tx.Consume(from, m.Quantity, true)
	tx.ChangeSurplus(m.SellerLicence, m.Pollutant, func(s *market.Surplus) { s.Used += m.Quantity })
	tx.Acquire(to, ledger.Acquisition{AcquiredOn: m.SettledOn, Price: m.Price, PriceKnown: true, Document: m.Document, Quantity: m.Quantity})
	tx.licenceChanged(m.SellerLicence, m.Pollutant, amountChange{permit.AmountSold, m.ID, -m.Quantity, m.Document})
	tx.licenceChanged(m.BuyerLicence, m.Pollutant, amountChange{permit.AmountBought, m.ID, m.Quantity, m.Document})
	Put(tx, OutsideNumbers, outside.Number{
		System: m.System, Kind: outside.MirroredDeal, Object: m.ID, Number: m.Number, Party: m.SellerParty, Region: m.Region, RecordedAt: tx.Now,
	})
	return Put(tx, MirroredDeals, m)
}
