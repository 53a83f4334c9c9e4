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
	OutsideNumbers    = cold[outside.Number]("outside_number")
	MirroredDeals     = cold[outside.Mirror]("mirrored_deal")
	Exports           = cold[outside.Export]("outside_export")
	ExportFiles       = cold[outside.ExportFile]("outside_export_file")
	Imports           = cold[outside.Import]("outside_import")
	ImportDifferences = cold[outside.Difference]("outside_difference")
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
	o, err := v.objectOf(c.Kind, c.Object)
	if err != nil {
		return nil, err
	}
	n.Party, n.Region = o.party, o.region
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
	if i.Expired(v.Today) {
		return nil, ErrInstrumentExpired.With("the term of %s ended on %s", i.Code, i.TermEnd)
	}
	if err := v.checkOutside(outside.Number{System: m.System, Kind: outside.MirroredDeal, Number: m.Number}); err != nil {
		return nil, err
	}
	from, to := HoldingKey(seller, i, ledger.Paid), HoldingKey(buyer, i, ledger.Paid)
	if m, err = v.judgeMirror(m, buyer.Region, from, to); err != nil {
		return nil, err
	}
	id, _ := v.ledger.Find(from)
	if v.partsOf(id, m.Quantity) > MaxFills {
		return nil, ErrTooManyParts
	}
	return func(tx *Tx) any { return MirrorResult{tx.mirror(m, from, to), i.Code} }, nil
}

// judgeMirror judges a mirrored deal as a deal of today, and reckons what
// arrives where it goes to another region, or returns ErrNoPair. The
// confirmations that the pair asks for were given there: Document names them.
// No offset ratio is applied: it is where the buyer puts the permits to a project.
func (v *View) judgeMirror(m outside.Mirror, buyerRegion string, from, to ledger.Key) (outside.Mirror, error) {
	d := settlement.Deal{
		Kind: settlement.Local, SellerParty: m.SellerParty, SellerLicence: m.SellerLicence, SellerRegion: m.Region,
		BuyerParty: m.BuyerParty, BuyerLicence: m.BuyerLicence, BuyerRegion: buyerRegion, Instrument: m.Instrument,
		Pollutant: m.Pollutant, Quantity: m.Quantity, OffsetRatio: quantity.OneRatio,
	}
	if buyerRegion == m.Region {
		return m, v.judgeDeal(d, true)
	}
	d.Kind = settlement.CrossRegion
	pair, joined := v.pairFor(d)
	d.Pair = pair.ID
	if err := v.judgeDeal(d, true); err != nil {
		return m, err
	}
	if !joined {
		return m, ErrNoPair.At("buyer_licence").Under("deal.region_pair", "国办发〔2014〕38号")
	}
	o, err := mirrorDelivery(m, from, to, pair.Coefficient).Outcome()
	m.BuyerRegion, m.Pair, m.Arriving = buyerRegion, pair.ID, o.Delivered
	return m, err
}

func mirrorDelivery(m outside.Mirror, from, to ledger.Key, coefficient quantity.Ratio) settlement.Delivery {
	return settlement.Delivery{Seller: from, Buyer: to, Quantity: m.Quantity, Exchange: coefficient, Offset: quantity.OneRatio}
}

// mirrorLegs are the postings of a mirrored deal, out of what the seller has
// available.
func mirrorLegs(m outside.Mirror, from, to ledger.Key) []ledger.Leg {
	legs := mirrorDelivery(m, from, to, 0).Legs(settlement.Outcome{Given: m.Quantity, Arriving: m.Arrived(), Delivered: m.Arrived()})
	for i := range legs {
		legs[i].FromHeld = false
	}
	return legs
}

// mirror moves the permits of a deal that was made elsewhere, uses the seller's
// acquisitions and surplus up, and gives the buyer an acquisition.
func (tx *Tx) mirror(m outside.Mirror, from, to ledger.Key) outside.Mirror {
	m = Put(tx, MirroredDeals, m)
	m.Transfer = tx.Post(ledger.Transfer{Reason: ledger.Mirrored, Reference: m.ID, Legs: mirrorLegs(m, from, to)})[0].Transfer
	tx.Consume(from, m.Quantity, true)
	tx.ChangeSurplus(m.SellerLicence, m.Pollutant, func(s *market.Surplus) { s.Used += m.Quantity })
	tx.Acquire(to, ledger.Acquisition{AcquiredOn: m.SettledOn, Price: m.Price, PriceKnown: true, Document: m.Document, Quantity: m.Arrived()})
	tx.licenceChanged(m.SellerLicence, m.Pollutant, amountChange{permit.AmountSold, m.ID, -m.Quantity, m.Document})
	tx.licenceChanged(m.BuyerLicence, m.Pollutant, amountChange{permit.AmountBought, m.ID, m.Arrived(), m.Document})
	Put(tx, OutsideNumbers, outside.Number{
		System: m.System, Kind: outside.MirroredDeal, Object: m.ID, Number: m.Number, Party: m.SellerParty, Region: m.Region, RecordedAt: tx.Now,
	})
	return Put(tx, MirroredDeals, m)
}
