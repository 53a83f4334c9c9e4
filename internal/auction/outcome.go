package auction

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"

	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// An OpenedBid is a step of a bidder's last quote, as it was opened after the
// close. Of an ascending auction every bid is one, at once.
type OpenedBid struct {
	ID           int64
	Offer        int64
	Registration int64
	Quote        int64
	Price        quantity.Price // 0: any
	Quantity     quantity.Quantity
	PlacedAt     calendar.Instant
	Won          quantity.Quantity // once ranked; 0: it lost
	Paid         quantity.Price    // that it pays or gets; 0: it lost
	Command      int64
}

// A Winner is a bidder with what he has won, from the certification on.
type Winner struct {
	ID           int64
	Offer        int64
	Registration int64
	Party        int64
	Region       string
	Licence      int64
	Project      int64
	Instrument   int64
	Quantity     quantity.Quantity
	Price        quantity.Price // of one price; where he pays several, their mean by quantity, half up
	Amount       quantity.Money // of each bid half-up, of a buy-back down
	Collateral   quantity.Money // put up; it is held until his payment is proven
	Command      int64
}

// IncidentKind is what went wrong with an offer.
type IncidentKind string

// The kinds of incidents.
const (
	Interruption IncidentKind = "interruption" // the registry was down, or did not get on, in the window
	KeyMissing   IncidentKind = "key_missing"  // the key of the seal is not there
	Halt         IncidentKind = "halt"         // an officer has interrupted the window
)

// IncidentKinds are all kinds.
var IncidentKinds = []IncidentKind{Interruption, KeyMissing, Halt}

// IncidentOutcome is what followed.
type IncidentOutcome string

// The outcomes.
const (
	Tolerated IncidentOutcome = "tolerated" // within what the offer allows
	Extended  IncidentOutcome = "extended"
	Voided    IncidentOutcome = "void"
	Waits     IncidentOutcome = "waits" // for an operator
)

// IncidentOutcomes are all outcomes.
var IncidentOutcomes = []IncidentOutcome{Tolerated, Extended, Voided, Waits}

// An Incident is kept of everything that disturbed an offer. It never changes.
type Incident struct {
	ID      int64
	Offer   int64
	Kind    IncidentKind
	Since   calendar.Instant // the last sign of life before
	Until   calendar.Instant
	Outcome IncidentOutcome
	Command int64
}

// Interrupted is what a sign of life at an instant means for an open window: how
// the offer goes on, and the incident if there was one. beats are how far apart
// signs of life are; a shorter gap says nothing. All interruptions of a window
// count together against what the offer allows: the one that passes it makes up
// for all that was lost, each later one for itself.
func (o Offer) Interrupted(at calendar.Instant, beat calendar.Instant) (Offer, Incident, error) {
	x := Incident{Offer: o.ID, Kind: Interruption, Since: o.SeenAt, Until: at, Outcome: Tolerated}
	o.SeenAt = at
	if x.lasted() <= 2*beat {
		return o, Incident{}, nil
	}
	allowed, before := calendar.Instant(o.InterruptionMost)*1_000_000, o.Lost
	o.Lost += x.lasted()
	switch {
	case o.Lost <= allowed:
		return o, x, nil
	case o.InterruptionRule == Voids:
		x.Outcome = Voided
		o, err := o.Next(Interrupt, AsSystem)
		o.Reason = "interrupted for longer than the offer allows"
		return o, x, err
	case before <= allowed:
		return o.extended(x, o.Lost)
	}
	return o.extended(x, x.lasted())
}

// Halted is an open window that an officer interrupts at an instant. Returns
// ErrOfferState, also where the time of its close has come.
func (o Offer) Halted(at calendar.Instant) (Offer, error) {
	if o.State == OfferBidding && at >= o.ClosesAt {
		return o, ErrOfferState.With("the window closed at %s", o.ClosesAt)
	}
	o, err := o.Next(HaltWindow, AsOfficer)
	o.SeenAt = at
	return o, err
}

// Resumed is a halted window that goes on at an instant. It is extended by as long
// as it was halted, whatever the offer allows: an officer who could pass that
// could make an offer void alone.
func (o Offer) Resumed(at calendar.Instant) (Offer, Incident, error) {
	o, err := o.Next(ResumeWindow, AsOfficer)
	if err != nil {
		return o, Incident{}, err
	}
	x := Incident{Offer: o.ID, Kind: Halt, Since: o.SeenAt, Until: at}
	o.SeenAt = at
	return o.extended(x, x.lasted())
}

// extended is an offer whose window an incident has made longer.
func (o Offer) extended(x Incident, by calendar.Instant) (Offer, Incident, error) {
	x.Outcome = Extended
	o, err := o.Next(ExtendWindow, AsSystem)
	o.ClosesAt += by
	return o, x, err
}

func (x Incident) lasted() calendar.Instant { return x.Until - x.Since }

// An Outcome is what one bidder has got: the row of a result that its digest
// covers.
type Outcome struct {
	Registration int64
	Place        int32 // from 1; 0: no valid bid
	Bids         []BidOutcome
}

// A BidOutcome is what one bid has got.
type BidOutcome struct {
	Bid  int64 // opened
	Won  quantity.Quantity
	Paid quantity.Price
}

// Won is what all bids have got.
func (o Outcome) Won() (sum quantity.Quantity) {
	for _, b := range o.Bids {
		sum += b.Won
	}
	return sum
}

// Price is what a unit of all that was won costs: where bids pay several prices
// their mean, weighted by quantity, half up. 0: nothing was won.
func (o Outcome) Price() quantity.Price {
	sum := new(big.Int)
	for _, b := range o.Bids {
		addProduct(sum, b.Paid, b.Won)
	}
	return meanOf(sum, o.Won())
}

// NobodyDigest is the digest of a result without outcomes: nobody took part.
var NobodyDigest = Chain("", Outcome{})

// Failure says why an offer sold nothing, or bought nothing; Applied is 0 where
// nobody took part.
func (o Offer) Failure() string {
	switch {
	case o.Applied == 0:
		return "nobody took part"
	case o.Bids == 0:
		return "nobody has bid"
	case o.ResultStatus == Cancelled && o.Format == PayAsBidShare:
		return fmt.Sprintf("fewer than %d have bid", o.BiddersMin)
	case o.ResultStatus == Cancelled:
		return "the bids come to less than the quantity of the offer, whose rule is then to cancel"
	}
	return "no bid could be served"
}

// Chain is the digest over the outcomes so far with one more: SHA-256 of the digest
// before and the outcome's numbers, each as 8 bytes. The digest of a result is
// the last, from the empty one on; both are written in hex.
func Chain(before string, o Outcome) string {
	b := make([]byte, 0, 64+24*(len(o.Bids)+1))
	b = append(b, before...)
	b = binary.BigEndian.AppendUint64(b, uint64(o.Registration)) //nolint:gosec // ids are positive
	b = binary.BigEndian.AppendUint64(b, uint64(o.Place))        //nolint:gosec // a count
	for _, x := range o.Bids {
		b = binary.BigEndian.AppendUint64(b, uint64(x.Bid))  //nolint:gosec // ids are positive
		b = binary.BigEndian.AppendUint64(b, uint64(x.Won))  //nolint:gosec // at least 0
		b = binary.BigEndian.AppendUint64(b, uint64(x.Paid)) //nolint:gosec // at least 0
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// IsNoncompetitive reports whether a bid takes any price.
func (b OpenedBid) IsNoncompetitive() bool { return b.Price == 0 }

// Better orders bids: price-takers, who are served first, then the better price,
// then the earlier.
func (o Offer) Better(a, b OpenedBid) int {
	if a.IsNoncompetitive() != b.IsNoncompetitive() {
		return cmp.Compare(a.Price, b.Price)
	}
	order := cmp.Compare(b.Price, a.Price)
	if o.Buys() {
		order = -order
	}
	return cmp.Or(order, cmp.Compare(a.Quote, b.Quote))
}

// Amount is what a quantity costs at a price: half-up, what the state pays down.
func (o Offer) Amount(p quantity.Price, q quantity.Quantity) (quantity.Money, error) {
	return quantity.Amount(p, q, int(o.Months), o.Rounding())
}

// Rounding is that of amounts to the fen.
func (o Offer) Rounding() quantity.Rounding {
	if o.Buys() {
		return quantity.Down
	}
	return quantity.HalfUp
}
