package settlement

import (
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// DealKind says whether a deal stays within one basic account.
type DealKind string

// The kinds of deals.
const (
	Local       DealKind = "local"        // both licences lie in one region
	CrossRegion DealKind = "cross_region" // two regions, and both caps move
)

// DealKinds are all kinds of deals.
var DealKinds = []DealKind{Local, CrossRegion}

// DealSide is a side of a deal.
type DealSide string

// The sides of a deal.
const (
	SellerSide DealSide = "seller"
	BuyerSide  DealSide = "buyer"
)

// DealSides are both sides.
var DealSides = []DealSide{SellerSide, BuyerSide}

// DealPayment is the way of the money.
type DealPayment string

// The ways of the money.
const (
	EscrowPayment DealPayment = "escrow" // through the platform's escrow
	DirectPayment DealPayment = "direct" // from firm to firm, confirmed by both and by finance
)

// DealPayments are all ways of the money.
var DealPayments = []DealPayment{EscrowPayment, DirectPayment}

// CapEffect says what a cross-region deal does to the two caps when the term
// ends. No text that was read settles it, so there is no default: the deal
// says it, and by which document.
type CapEffect string

// The effects on the caps.
const (
	NoCapEffect      CapEffect = "" // local deals: no cap moves
	CapPermanent     CapEffect = "permanent"
	CapReturnsAtTerm CapEffect = "returns_at_term_end"
)

// CapEffects are the effects that a cross-region deal may have.
var CapEffects = []CapEffect{CapPermanent, CapReturnsAtTerm}

// DealLotSize is the smallest step of a deal's quantity and of what the buyer
// receives: 0.0001 t/a. Project default, after the four decimals of
// Zhejiang's practice.
const DealLotSize quantity.Quantity = 100

// The limits of a deal's numbers and texts.
const (
	dealMonthsMax = 1200
	DealTextMax   = 500 // characters
)

// Deal is an agreement trade (协议转让) between two parties: permits of one
// instrument against money, approved by the bureaus.
type Deal struct {
	ID       int64
	Kind     DealKind
	State    DealState
	Proposer DealSide

	SellerParty   int64
	SellerLicence int64
	SellerRegion  string
	BuyerParty    int64
	BuyerLicence  int64
	BuyerRegion   string

	Instrument int64
	Pollutant  string
	Quantity   quantity.Quantity // Q: what the seller gives, 10⁻⁶ t/a
	Price      quantity.Price    // CNY/(t·a) of Q
	Months     int32             // that the price is paid for
	Amount     quantity.Money    // price × Q × months / 12, half-up: one figure for both sides
	Payment    DealPayment

	Coefficient quantity.Ratio // k; one within a region
	OffsetRatio quantity.Ratio // r
	LotSize     quantity.Quantity
	Arriving    quantity.Quantity // T = ⌊Q·k⌋: grows the buyer region's cap
	Delivered   quantity.Quantity // ⌊T/r⌋ at the lot size: to the buyer's holding
	Retired     quantity.Quantity // T − delivered

	Project     int64  // of the buyer, that the permits are put to; cross-region deals name one
	ProjectName string // as it was when the deal was proposed
	CapEffect   CapEffect
	CapDocument string // by which the caps move
	Note        string

	Pair              int64 // the region pair that allows it; 0 within a region
	NeedsSellerBureau bool  // as the pair said when the deal was proposed
	NeedsBuyerBureau  bool
	NeedsUpper        bool

	ProposedBy int64 // person
	ProposedAt calendar.Instant
	Document   string        // of the approval
	DueOn      calendar.Date // the last day to pay; 0 before the approval
	PermitHold int64         // from the seller's signature on
	MoneyHold  int64         // on the escrow account, from the payment on
	Transfer   int64         // of the settlement
	SettledAt  calendar.Instant
	Reversal   int64 // the transfer that mirrors it
	CapReturn  int64 // the transfer that gave the cap back at term end
	Command    int64
}

// DealSource is a part of the seller's acquisitions that a deal used up. A
// reversal gives it back with its date and price. It never changes.
type DealSource struct {
	ID          int64
	Deal        int64
	Acquisition int64 // the seller's row
	Quantity    quantity.Quantity
	Command     int64
}

// The faults of a deal's terms, in the order in which they are checked.
var (
	// ErrOwnDeal is returned when seller and buyer are the same party.
	ErrOwnDeal = fault.New(fault.Invalid, "deal.own_party", "a party cannot deal with itself").At("buyer_party")
	// ErrDealKind is returned when the kind does not fit the two regions.
	ErrDealKind = fault.New(fault.Invalid, "deal.kind_does_not_fit", "the kind does not fit the two regions").At("kind")
	// ErrDealLot is returned when the quantity is not a multiple of DealLotSize.
	ErrDealLot = fault.New(fault.Invalid, "deal.quantity_off_lot", "the quantity of a deal must be a multiple of 0.0001 t/a").At("quantity")
	// ErrProjectMissing is returned when a cross-region deal names no project.
	ErrProjectMissing = fault.New(fault.Invalid, "deal.project_missing", "a deal across regions names the project that the permits are put to").At("project")
	// ErrCapEffectMissing is returned when a cross-region deal does not say what becomes of the cap.
	ErrCapEffectMissing = fault.New(fault.Invalid, "deal.cap_effect_missing",
		"a deal across regions says whether the cap moves for good (permanent) or returns_at_term_end; there is no default").At("cap_effect")
	// ErrCapDocumentMissing is returned when a cross-region deal does not name the document by which the caps move.
	ErrCapDocumentMissing = fault.New(fault.Invalid, "deal.cap_document_missing", "name the document by which the caps move").At("cap_document")
	// ErrNoCapMoves is returned when a local deal says what becomes of the cap.
	ErrNoCapMoves = fault.New(fault.Invalid, "deal.no_cap_moves", "a deal within a region moves no cap: leave cap_effect and cap_document out").At("cap_effect")
	// ErrOffsetWithoutProject is returned when an offset ratio is given and no project.
	ErrOffsetWithoutProject = fault.New(fault.Invalid, "deal.offset_without_project",
		"an offset ratio applies where the permits are put to a project: name the project").At("offset_ratio")
	// ErrAmountZero is returned when the amount rounds to nothing.
	ErrAmountZero = fault.New(fault.Refused, "deal.amount_zero", "the amount of the deal rounds to CNY 0.00").At("price").
			Under("deal.amount", "project default")
)

// CheckTerms returns the first fault of what the two sides agreed on, as far
// as it can be seen without the registry.
func (d Deal) CheckTerms() error {
	if err := fault.First(
		catalog.CheckOneOf("kind", d.Kind, DealKinds),
		catalog.CheckOneOf("proposer", d.Proposer, DealSides),
		catalog.CheckOneOf("payment", d.Payment, DealPayments),
		CheckDealText("cap_document", d.CapDocument),
		CheckDealText("note", d.Note),
	); err != nil {
		return err
	}
	switch {
	case d.SellerParty == d.BuyerParty:
		return ErrOwnDeal
	case d.Quantity <= 0:
		return fault.Invalidf("quantity", "must be more than zero")
	case d.Price <= 0:
		return fault.Invalidf("price", "must be more than zero")
	case d.Months < 1 || d.Months > dealMonthsMax:
		return fault.Invalidf("months", "must be from 1 to %d", dealMonthsMax)
	case !d.Quantity.IsMultipleOf(DealLotSize):
		return ErrDealLot
	case d.OffsetRatio < quantity.OneRatio:
		return fault.Invalidf("offset_ratio", "must be at least 1")
	case d.OffsetRatio > quantity.OneRatio && !d.namesProject():
		return ErrOffsetWithoutProject
	}
	return d.checkCap()
}

func (d Deal) checkCap() error {
	if d.Kind == Local {
		if d.SellerRegion != d.BuyerRegion {
			return ErrDealKind.With("the licences lie in %s and %s: such a deal is cross_region", d.SellerRegion, d.BuyerRegion)
		}
		if d.CapEffect != NoCapEffect || d.CapDocument != "" {
			return ErrNoCapMoves
		}
		return nil
	}
	switch {
	case d.SellerRegion == d.BuyerRegion:
		return ErrDealKind.With("both licences lie in %s: such a deal is local", d.SellerRegion)
	case !d.namesProject():
		return ErrProjectMissing
	case d.CapEffect == NoCapEffect:
		return ErrCapEffectMissing
	case d.CapDocument == "":
		return ErrCapDocumentMissing
	}
	return catalog.CheckOneOf("cap_effect", d.CapEffect, CapEffects)
}

// Reckon returns d with what the terms come to: the quantities after k and r,
// and the amount. Money of an agreed deal is rounded half-up; both sides see
// one figure. Returns ErrNothingDelivered, ErrAmountZero,
// quantity.ErrImplausible, or an overflow.
func (d Deal) Reckon() (Deal, error) {
	d.LotSize = DealLotSize
	o, err := d.Delivery().Outcome()
	if err != nil {
		return d, err
	}
	d.Arriving, d.Delivered, d.Retired = o.Arriving, o.Delivered, o.Retired
	d.Amount, err = quantity.TradeAmount(d.Price, d.Quantity, int(d.Months), quantity.HalfUp)
	if err == nil && d.Amount == 0 {
		err = ErrAmountZero
	}
	return d, err
}

// SellerKey is the holding that the permits come from.
func (d Deal) SellerKey() ledger.Key {
	return ledger.HoldingKey(d.SellerRegion, d.Pollutant, d.SellerParty, d.SellerLicence, d.Instrument, ledger.Paid)
}

// BuyerKey is the holding that the permits go to. They were paid for.
func (d Deal) BuyerKey() ledger.Key {
	return ledger.HoldingKey(d.BuyerRegion, d.Pollutant, d.BuyerParty, d.BuyerLicence, d.Instrument, ledger.Paid)
}

// Delivery is the way of the permits.
func (d Deal) Delivery() Delivery {
	return Delivery{
		Seller: d.SellerKey(), Buyer: d.BuyerKey(), Quantity: d.Quantity,
		Exchange: d.Coefficient, Offset: d.OffsetRatio, LotSize: d.LotSize,
	}
}

// Outcome is what the delivery comes to, as it was agreed.
func (d Deal) Outcome() Outcome {
	return Outcome{Given: d.Quantity, Arriving: d.Arriving, Delivered: d.Delivered, Retired: d.Retired}
}

// namesProject reports whether the deal says what the permits are for. Deals
// from before there were projects have only its name.
func (d Deal) namesProject() bool { return d.Project != 0 || d.ProjectName != "" }

// IsBuyersWord reports whether the buyer has confirmed a deal that is open: it
// then counts against the need of its project.
func (d Deal) IsBuyersWord() bool {
	return d.State.IsOpen() && d.State != DealProposed && d.State != DealSellerSigned
}

// IsSettled reports whether permits and money have changed hands and were not
// given back.
func (d Deal) IsSettled() bool { return d.Transfer != 0 && d.Reversal == 0 }

// CapChange is what the deal contributes to a region's cap, negative for the
// seller's region: −Q and +T once it is settled, nothing before, within one
// region, after a reversal, and after the cap has returned at term end. The
// sum over all deals, with the fills across regions and the cap decisions, is
// the cap; permitx check compares the two.
func (d Deal) CapChange(region string) quantity.Quantity {
	if d.Kind != CrossRegion || !d.IsSettled() || d.CapReturn != 0 {
		return 0
	}
	switch region {
	case d.SellerRegion:
		return -d.Quantity
	case d.BuyerRegion:
		return d.Arriving
	}
	return 0
}

// CheckDealText returns a fault unless s can be stored and shown in one line: at
// most 500 characters, none of them a control character. It may be empty.
func CheckDealText(field, s string) error { return optional(field, s, DealTextMax) }

func join[T ~string](all []T) string {
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}
