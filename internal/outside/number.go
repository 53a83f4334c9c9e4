// Package outside is what other platforms know of the registry's objects: the
// numbers by which they call them, and the deals that were made there.
//
// # Terms
//
// A system is another platform: the provincial one for trading permits, or the
// national one for licences. An outside number is what a system calls an
// object of this registry. A mirrored deal was made and paid on the provincial
// platform: here only its permits move, with the number that it has there.
//
// # Invariants
//
// I-60 in docs/invariants.md.
//
// The package is pure.
package outside

import (
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A System is another platform.
type System string

// The systems.
const (
	Provincial      System = "provincial"       // 省级排污权交易平台
	NationalLicence System = "national_licence" // 全国排污许可证管理信息平台
)

// Systems are all systems.
var Systems = []System{Provincial, NationalLicence}

// A Kind is a kind of object that has outside numbers.
type Kind string

// The kinds of objects.
const (
	Party               Kind = "party"
	Licence             Kind = "licence"
	Deal                Kind = "deal"
	Notice              Kind = "payment_notice"
	Allocation          Kind = "allocation"
	CapDecision         Kind = "cap_decision"
	Project             Kind = "project"
	Freeze              Kind = "freeze"
	Succession          Kind = "succession"
	Correction          Kind = "correction"
	MirroredDeal        Kind = "mirrored_deal"
	Trade               Kind = "trade" // a fill of a market
	Lot                 Kind = "lot"
	BuyBack             Kind = "buy_back"
	Renewal             Kind = "renewal"
	Earmark             Kind = "earmark"
	Listing             Kind = "listing"
	Lease               Kind = "lease"
	Pledge              Kind = "pledge"
	JudicialSale        Kind = "judicial_sale"
	Departure           Kind = "departure"
	SurplusVerification Kind = "surplus_verification"
	Offer               Kind = "offer" // an auction
	Award               Kind = "award"
	StandingOffer       Kind = "standing_offer"
	Budget              Kind = "budget"
	Plan                Kind = "instalment_plan" // of instalments
	Refund              Kind = "treasury_refund"
	IdleDeclaration     Kind = "idle_declaration"
	Block               Kind = "block_trade"
	PublicNotice        Kind = "public_notice"
	LevelTransfer       Kind = "level_transfer"
	Movement            Kind = "reserve_movement"
	LotOrder            Kind = "lot_order" // such as that which retires lots
	Discharge           Kind = "discharge"
	Task                Kind = "reduction_task"
	Debt                Kind = "debt"
	Registration        Kind = "registration" // for an auction
	Certificate         Kind = "certificate"
)

// Kinds are all kinds of objects.
var Kinds = []Kind{
	Party, Licence, Deal, Notice, Allocation, CapDecision, Project, Freeze, Succession, Correction, MirroredDeal, Trade, Lot, BuyBack, Renewal, Earmark, Listing,
	Lease, Pledge, JudicialSale, Departure, SurplusVerification, Offer, Award, StandingOffer, Budget, Plan, Refund,
	IdleDeclaration, Block, PublicNotice, LevelTransfer, Movement, LotOrder, Discharge, Task, Debt, Registration, Certificate,
}

// numberMax is the longest outside number, in characters.
const numberMax = 100

// The faults of this package, in the order in which they are checked.
var (
	// ErrNumberTaken is returned when the system calls another object of the kind so.
	ErrNumberTaken = fault.New(fault.Conflict, "outside.number_taken", "this number is that of another object already").At("number")
	// ErrNumbered is returned when the object has a number of the system already.
	ErrNumbered = fault.New(fault.Conflict, "outside.object_numbered", "the object has a number of this system already").At("object")
	// ErrOneLicence is returned when seller and buyer are one licence.
	ErrOneLicence = fault.New(fault.Invalid, "outside.one_licence", "seller and buyer are two licences").At("buyer_licence")
)

// Number is what a system calls an object. It never changes.
type Number struct {
	ID         int64
	System     System
	Kind       Kind
	Object     int64
	Number     string
	Party      int64  // whose object it is; 0: nobody's
	Region     string // whose bureau keeps the object
	RecordedAt calendar.Instant
	Command    int64
}

// Validate returns a fault that names the first field that is wrong.
func (n Number) Validate() error {
	return fault.First(
		catalog.CheckOneOf("system", n.System, Systems),
		catalog.CheckOneOf("kind", n.Kind, Kinds),
		CheckNumber(n.Number),
	)
}

// CheckNumber returns a fault unless s can be an outside number.
func CheckNumber(s string) error { return catalog.CheckText("number", s, numberMax) }

// Mirror is a deal that was made and paid on another platform.
type Mirror struct {
	ID            int64
	System        System
	Number        string // there
	Region        string // of the seller
	SellerParty   int64
	SellerLicence int64
	BuyerParty    int64
	BuyerLicence  int64
	Instrument    int64
	Pollutant     string
	Quantity      quantity.Quantity
	Price         quantity.Price // CNY/(t·a)
	Amount        quantity.Money // paid there
	SettledOn     calendar.Date
	Document      string
	Transfer      int64
	RecordedAt    calendar.Instant
	BuyerRegion   string            // "": the seller's
	Pair          int64             // that lets it go there; 0 within a region
	Arriving      quantity.Quantity // T = ⌊Q·k⌋, in the buyer's region; 0 within a region: all of it
	Command       int64
}

// Validate returns a fault that names the first field that is wrong.
func (m Mirror) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("system", m.System, Systems),
		CheckNumber(m.Number),
		catalog.CheckDocument("document", m.Document),
	); err != nil {
		return err
	}
	switch {
	case m.SellerLicence == m.BuyerLicence:
		return ErrOneLicence
	case m.Quantity <= 0:
		return fault.Invalidf("quantity", "must be greater than zero")
	case m.Price <= 0:
		return fault.Invalidf("price", "must be greater than zero")
	case m.Amount < 0:
		return fault.Invalidf("amount", "must not be negative")
	case !m.SettledOn.Valid():
		return fault.Invalidf("settled_on", "must be the day of the deal")
	}
	return nil
}

// IsCrossRegion reports whether the deal moved the caps of two regions.
func (m Mirror) IsCrossRegion() bool { return m.BuyerRegion != "" }

// Arrived is what the buyer got.
func (m Mirror) Arrived() quantity.Quantity {
	if m.IsCrossRegion() {
		return m.Arriving
	}
	return m.Quantity
}

// CapChange is what the deal changes the cap of a region by.
func (m Mirror) CapChange(region string) quantity.Quantity {
	switch {
	case !m.IsCrossRegion():
		return 0
	case region == m.Region:
		return -m.Quantity
	case region == m.BuyerRegion:
		return m.Arriving
	}
	return 0
}
