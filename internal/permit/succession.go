package permit

import (
	"slices"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// A SuccessionKind says why the permits of a licence go to others.
type SuccessionKind string

// The kinds of succession.
const (
	Merger    SuccessionKind = "merger"     // 合并: all goes to one licence
	Division  SuccessionKind = "division"   // 分立: to several, or a part stays
	NewHolder SuccessionKind = "new_holder" // 变更主体: the site goes on under another party's licence
)

// SuccessionKinds are all kinds of succession.
var SuccessionKinds = []SuccessionKind{Merger, Division, NewHolder}

// MaxParts bounds the parts of one succession.
const MaxParts = 100

// The faults of a succession, in the order in which they are checked.
var (
	// ErrNoParts is returned when a succession has no parts, or too many.
	ErrNoParts = fault.New(fault.Invalid, "succession.parts_missing", "name where the permits go, in 1 to 100 parts; of a licence that has none, its successor").At("parts")
	// ErrPartTwice is returned when two parts name the same licence, instrument and origin.
	ErrPartTwice = fault.New(fault.Invalid, "succession.part_twice", "each licence, instrument and origin is named once").At("parts")
	// ErrStays is returned when a part stays where all must go.
	ErrStays = fault.New(fault.Invalid, "succession.stays", "only by a division a part stays with its licence").At("parts")
	// ErrOneSuccessor is returned when what goes to one licence is given to several.
	ErrOneSuccessor = fault.New(fault.Invalid, "succession.one_successor", "by a merger or to a new holder all goes to one licence").At("parts")
	// ErrPartSurplus is returned when more surplus than permits would go, or with permits that were not paid.
	ErrPartSurplus = fault.New(fault.Invalid, "succession.part_surplus", "verified surplus goes with paid permits, and is no more than they are").At("parts")
	// ErrSuccessor is returned when a successor is named of a licence whose parts say where they go, or of nothing.
	ErrSuccessor = fault.New(fault.Invalid, "succession.successor_named", "a successor is named of a licence that has no permits, by a merger or to a new holder, and is another one").At("successor")
	// ErrOtherRegion is returned when permits would go to a licence of another region.
	ErrOtherRegion = fault.New(fault.Refused, "succession.other_region", "permits stay in their region: what leaves it leaves by a departure").
			Under("permit.region", "project default")
	// ErrPartsSum is returned when the parts are not the whole.
	ErrPartsSum = fault.New(fault.Refused, "succession.parts_sum", "the parts must sum to what the licence has").At("parts").
			Under("succession.whole", "project default")
	// ErrBlocked is returned when something rests on the licence that a succession does not carry along.
	ErrBlocked = fault.New(fault.Refused, "succession.blocked", "something rests on the licence that must be brought to an end first").
			Under("succession.unencumbered", "project default")
)

// Succession is that the permits of a licence followed its site or enterprise
// to others.
type Succession struct {
	ID          int64
	Kind        SuccessionKind
	Party       int64
	Licence     int64 // whose permits they were
	Region      string
	Document    string
	EffectiveOn calendar.Date
	Closed      bool  // nothing stays: the licence is revoked
	Transfer    int64 // 0: all stays, or there are no permits
	RecordedAt  calendar.Instant
	Successor   int64 // the licence that goes on, of one without permits; 0: the parts say it
	Command     int64
}

// To is the licence that goes on where nothing stays.
func (s Succession) To(parts []SuccessionPart) int64 {
	if s.Successor != 0 {
		return s.Successor
	}
	return parts[0].ToLicence
}

// Validate returns a fault that names the first field that is wrong.
func (s Succession) Validate() error {
	if err := fault.First(
		catalog.CheckOneOf("kind", s.Kind, SuccessionKinds),
		catalog.CheckDocument("document", s.Document),
	); err != nil {
		return err
	}
	if !s.EffectiveOn.Valid() {
		return fault.Invalidf("effective_on", "must be the day from which it holds")
	}
	return nil
}

// SuccessionPart is what went to one licence of one instrument and origin. It
// never changes.
type SuccessionPart struct {
	ID         int64
	Succession int64
	ToParty    int64
	ToLicence  int64 // the same as the succession's: it stayed
	Instrument int64
	Pollutant  string
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Surplus    quantity.Quantity // verified and neither sold nor offered, that went with it
	Command    int64
}

// HoldingID is what a part is of.
type HoldingID struct {
	Instrument int64
	Origin     ledger.Origin
}

// CheckParts holds that the parts of a succession are well formed and sum to
// the whole: of each holding exactly what it has, of each pollutant's surplus
// exactly what is unsold. The whole is what the licence has; code is that of an instrument.
// Of a licence that has nothing there are no parts, but a successor.
func (s Succession) CheckParts(parts []SuccessionPart, has map[HoldingID]quantity.Quantity, surplus map[string]quantity.Quantity, code func(int64) string) error {
	if s.Successor != 0 {
		if len(parts) > 0 || len(has) > 0 || s.Kind == Division || s.Successor == s.Licence {
			return ErrSuccessor
		}
		return nil
	}
	if len(parts) == 0 || len(parts) > MaxParts {
		return ErrNoParts
	}
	sums, unsold := map[HoldingID]quantity.Quantity{}, map[string]quantity.Quantity{}
	type place struct {
		licence int64
		of      HoldingID
	}
	seen, to := map[place]bool{}, map[int64]bool{}
	for _, p := range parts {
		of := HoldingID{p.Instrument, p.Origin}
		switch {
		case p.Quantity <= 0:
			return fault.Invalidf("parts", "the quantity of each part must be greater than zero")
		case seen[place{p.ToLicence, of}]:
			return ErrPartTwice
		case p.ToLicence == s.Licence && s.Kind != Division:
			return ErrStays
		case p.Surplus < 0 || p.Surplus > p.Quantity || p.Surplus > 0 && p.Origin != ledger.Paid:
			return ErrPartSurplus
		case p.Quantity > has[of]-sums[of]:
			return ErrPartsSum.With("the parts come to more than the %s t/a that the licence has of %s, %s", has[of], code(p.Instrument), p.Origin)
		case p.Surplus > surplus[p.Pollutant]-unsold[p.Pollutant]:
			return ErrPartsSum.With("the parts come to more than the %s t/a of verified surplus for %s", surplus[p.Pollutant], p.Pollutant)
		}
		seen[place{p.ToLicence, of}], to[p.ToLicence] = true, true
		sums[of] += p.Quantity
		unsold[p.Pollutant] += p.Surplus
	}
	if s.Kind != Division && len(to) > 1 {
		return ErrOneSuccessor
	}
	for of, q := range has {
		if sums[of] != q {
			return ErrPartsSum.With("the parts come to %s t/a of the %s t/a that the licence has of %s, %s", sums[of], q, code(of.Instrument), of.Origin)
		}
	}
	for pollutant, q := range surplus {
		if unsold[pollutant] != q {
			return ErrPartsSum.With("the parts come to %s t/a of the %s t/a of verified surplus for %s", unsold[pollutant], q, pollutant)
		}
	}
	return nil
}

// IsSplit reports whether the parts go to, or stay with, more than one licence.
func IsSplit(parts []SuccessionPart) bool {
	return slices.ContainsFunc(parts, func(p SuccessionPart) bool { return p.ToLicence != parts[0].ToLicence })
}

// A Resting is something that rests on a licence when its permits go.
type Resting string

// What may rest on a licence.
const (
	RestingOrder   Resting = "order"
	RestingDeal    Resting = "deal"
	RestingNotice  Resting = "payment_notice"
	RestingBid     Resting = "registration" // in an auction whose window has closed
	RestingPlan    Resting = "instalment_plan"
	RestingBuyBack Resting = "buy_back"
	RestingBlock   Resting = "block_trade"
	RestingHold    Resting = "hold" // whatever else holds permits aside
	RestingLease   Resting = "lease"
	RestingPledge  Resting = "pledge"
	RestingProject Resting = "project"
	RestingRenewal Resting = "renewal"
	RestingFreeze  Resting = "freeze"
	RestingDebt    Resting = "debt" // of a wrong allocation
	RestingIdle    Resting = "idle_declaration"
)

// A Fate is what becomes of it.
type Fate string

// The fates.
const (
	Follows   Fate = "follows"   // it goes along with the permits
	Withdrawn Fate = "withdrawn" // the succession ends it
	Blocks    Fate = "blocks"    // it must be brought to an end first
)

// Rests is the table of what follows a succession and what blocks it. The
// acquisitions and the verified surplus are the permits' own and always follow.
var Rests = []struct {
	What         Resting
	Whole, Split Fate // all goes to one licence; or to several
	Why          string
}{
	{RestingOrder, Withdrawn, Withdrawn, "an order names its licence: the successor places his own"},
	{RestingDeal, Blocks, Blocks, "the other side has agreed with this party: settle, withdraw or reject it first"},
	{RestingNotice, Blocks, Blocks, "the payment was asked from this party: deliver or cancel it first"},
	{RestingBid, Blocks, Blocks, "it was bid for this licence: wait for the result, and see the award to its end, first"},
	{RestingPlan, Blocks, Blocks, "the permits are not paid in full: pay the rest of their instalments first"},
	{RestingBuyBack, Blocks, Blocks, "the bureau has been asked for these permits by this party, or asks him for them: book, withdraw or reject it first"},
	{RestingBlock, Blocks, Blocks, "the other side was offered these permits by this party: let it be accepted, withdrawn or rejected first"},
	{RestingHold, Blocks, Blocks, "somebody else relies on it: release it, or let its holder agree, first"},
	{RestingLease, Follows, Blocks, "a lease is of one licence's permits, for one licence's use: by a division both sides end it first"},
	{RestingPledge, Follows, Blocks, "the pledge goes with all of the permits; of a part only the bank can say"},
	{RestingProject, Blocks, Blocks, "a project is approved for its licence: complete, reduce or cancel it first"},
	{RestingRenewal, Blocks, Blocks, "it was applied for by its holder: decide and pay, withdraw or reject it first"},
	{RestingFreeze, Follows, Blocks, "the order names one holding: it goes with all of it; of a part only the issuer can say"},
	{RestingDebt, Follows, Blocks, "who owes must be one licence: settle it, or let the decision name who owes"},
	{RestingIdle, Follows, Blocks, "it says that a part of one holding lies idle: end it, and declare it anew, since the same day, where that part goes"},
}

// FateOf is what becomes of something that rests on a licence, and why.
func FateOf(what Resting, split bool) (Fate, string) {
	for _, r := range Rests {
		if r.What == what {
			if split {
				return r.Split, r.Why
			}
			return r.Whole, r.Why
		}
	}
	panic("permit: nothing is said of " + string(what))
}

// Rename is that a party has another name or code. Its number stays.
type Rename struct {
	ID          int64
	Party       int64
	Region      string
	OldName     string
	NewName     string
	OldUSCC     string
	NewUSCC     string
	Document    string
	EffectiveOn calendar.Date
	RecordedAt  calendar.Instant
	Command     int64
}
