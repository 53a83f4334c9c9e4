package auction

import (
	"math"
	"slices"
	"time"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// The bounds of an offer's terms.
const (
	// QuotesMost is how many quotes a bidder has in a window of the Zhejiang
	// electronic sale (Wuyi 2021 no. 7, Yiwu 2020 no. 1).
	QuotesMost = 10
	// StepsMost is how many prices one quote may name.
	StepsMost = 10
	// DefaultNoncompetitiveShare is how much of an offer goes to price-takers at most,
	// where the offer does not say (project default).
	DefaultNoncompetitiveShare = quantity.OneRatio / 4
	// ClockSeconds is for how long an ascending auction waits for the next bid:
	// 4 minutes in Nanhu (2012) and Wuzhong (2025).
	ClockSeconds = 240

	windowMost       = 31 * 24 * time.Hour
	interruptionMost = 24 * 60 * 60 // s

	second calendar.Instant = 1_000_000
)

// Collateral is what a bidder puts up before he may bid.
type Collateral string

// The kinds of collateral.
const (
	// DepositCollateral is one amount a bidder, or one for each lot size that he registers
	// for, as the offer says: CNY 5000 a lot in Bozhou (2025).
	DepositCollateral Collateral = "deposit"
	// FullCollateral is a guarantee that the bidder chooses and that covers all he
	// may come to owe: for one price the greatest price × quantity at or above it,
	// for own prices the sum. A hold that followed the bids would tell them.
	FullCollateral Collateral = "full"
)

// Collaterals are all kinds.
var Collaterals = []Collateral{DepositCollateral, FullCollateral}

// DepositPer is what an offer's deposit is for.
type DepositPer string

// The kinds of deposits.
const (
	PerBidder DepositPer = ""    // the offer is one lot in the sense of the public notices (标的)
	PerLot    DepositPer = "lot" // each lot size that a bidder may bid for by his registration
)

// Sight is what a bidder sees of the others in the window.
type Sight string

// The kinds of sight.
const (
	SeesNothing      Sight = "nothing"
	SeesOwnRank      Sight = "own_rank"
	SeesHighestPrice Sight = "highest_price"
	SeesCutOff       Sight = "cut_off" // the lowest price that would win now
)

// Sights are all kinds.
var Sights = []Sight{SeesNothing, SeesOwnRank, SeesHighestPrice, SeesCutOff}

// InterruptionRule is what becomes of a window that was interrupted for longer
// than the offer allows.
type InterruptionRule string

// The rules: quotes that were acknowledged count or fall together.
const (
	Extends InterruptionRule = "extend" // by as much as was lost; all of them count
	Voids   InterruptionRule = "void"   // none of them counts
)

// InterruptionRules are both.
var InterruptionRules = []InterruptionRule{Extends, Voids}

// An Offer is a quantity by auction: permits that the government sells out of its
// reserve, or seeks to buy back from a budget, or credits that a party sells.
type Offer struct {
	ID           int64
	Region       string
	Pollutant    string // of credits the code of their series, as in the ledger
	Instrument   int64  // of permits: what the winners get, or the sellers give
	Series       int64  // of credits: what the winners get
	Seller       int64  // of credits: the party that has them
	Format       Format
	Quantity     quantity.Quantity // t/a; of credits t
	ReservePrice quantity.Price    // CNY/(t·a), of credits CNY/t: the lowest bid of a sale, the highest offer of a buy-back
	LotSize      quantity.Quantity
	Tick         quantity.Price
	Quota        quantity.Quantity // most that one bidder may ask for; 0: no limit
	Months       int32             // of the term from the window on, for all amounts; a part month counts for whom pays the state, and not against it; of credits OutrightMonths

	Budget      int64          // of a buy-back
	BudgetLimit quantity.Money // most that it spends, as announced; 0 of one that was announced before this was kept
	Committed   quantity.Money // of the limit, what is not yet paid or free again

	Collateral      Collateral
	Deposit         quantity.Money // of each bidder, or of each lot size that he registers for
	DepositPer      DepositPer
	Tie             Tie
	Undersubscribed Undersubscribed
	WinShare        quantity.Ratio
	Fit             Fit
	BiddersMin      int32
	QuotesMost      int32          // in the window; 0: any number
	ConfirmFactor   quantity.Ratio // a price above so many times the reserve price is confirmed; 0: none is
	Sight           Sight
	Step            quantity.Price // of ascending
	FreeSeconds     int32          // of ascending: from the opening on
	ClockSeconds    int32          // of ascending: from the last bid on

	// Of uniform: bids that name no price and take that of the auction. They are served first.
	NoncompetitiveQuota quantity.Quantity // most that one bidder may ask for at any price; 0: none is taken
	NoncompetitiveShare quantity.Ratio    // of the quantity, most that they get together; less than 1, for without priced bids there is no price

	// Of uniform: what one offer of a programme does not sell the next ones take over.
	Programme string            // its name, within the region; empty: none
	Planned   quantity.Quantity // as announced, of a programme
	Carried   quantity.Quantity // taken over, at most a quarter of what was planned

	InterruptionMost int32 // s that a window may be interrupted for, by all interruptions together
	InterruptionRule InterruptionRule

	RegisterFrom  calendar.Instant
	RegisterUntil calendar.Instant // excluded
	OpensAt       calendar.Instant
	ClosesAt      calendar.Instant // excluded: a quote stamped then is late
	SeenAt        calendar.Instant // the last sign of life of the registry in the window
	Lost          calendar.Instant // µs of the window that interruptions have taken, together; what an officer halted is not in it

	SealName   string // names the key in the key store
	KeyDigest  string // SHA-256 of the key, hex
	SeedDigest string // SHA-256 of the seed that draws ties, hex
	SealKey    string // the key, hex; empty until the close

	State       OfferState
	Document    string
	AnnouncedBy int64
	AnnouncedAt calendar.Instant
	Notice      int64  // the public notice of the announcement
	Reason      string // of a cancelled, void or failed offer

	ClosedAt  calendar.Instant
	CloseRow  int64  // the last journal row whose quotes count
	CloseHead string // its hash, hex
	Quotes    int32  // sealed quotes in the window
	Opened    int64  // the last registration whose quote is opened
	Bids      int32  // opened so far

	ResultStatus  Status
	ClearingPrice quantity.Price // 0: none, or each pays his own
	Volume        quantity.Quantity
	ResultDigest  string // SHA-256 over every outcome, hex
	Applied       int64  // the last registration that has its outcome
	AppliedDigest string // over the outcomes so far, hex

	CertifyBy   calendar.Date
	CertifiedBy int64
	CertifiedAt calendar.Instant
	Awarded     int64 // the last registration that has its award
	Releasing   bool  // it has ended, and what bidders put up is being given back
	Command     int64
}

// Buys reports whether the government buys.
func (o Offer) Buys() bool { return o.Format == ReverseUniform }

// OfCredits reports whether a party sells credits.
func (o Offer) OfCredits() bool { return o.Series != 0 }

// Unit is what quantities are counted in.
func (o Offer) Unit() string {
	if o.OfCredits() {
		return "t"
	}
	return "t/a"
}

// IsOpen reports whether bids are public while the auction runs.
func (o Offer) IsOpen() bool { return o.Format == Ascending }

// IsResultPublic reports whether everybody may know what the bids have come to: from
// the certification on, or where nobody could win; of an ascending auction always.
func (o Offer) IsResultPublic() bool {
	return o.IsOpen() || o.State == OfferCertifying || o.State == OfferCertified || o.State == OfferFailed
}

// BidsFell reports whether the offer is void, and with it all bids that were sealed: nobody
// but their bidders and the auditor may read them then.
func (o Offer) BidsFell() bool { return o.State == OfferVoid && !o.IsOpen() }

// FixedQuantity reports whether a quote names a price only.
func (o Offer) FixedQuantity() bool { return o.Format == PayAsBidShare || o.Format == Ascending }

// NoncompetitiveLimit is what price-takers get together at most, in whole lot sizes.
func (o Offer) NoncompetitiveLimit() quantity.Quantity {
	most, err := quantity.MulDiv(int64(o.Quantity), int64(o.NoncompetitiveShare), 1, int64(quantity.OneRatio), quantity.Down)
	if err != nil {
		panic(err) // a share of less than 1
	}
	return quantity.Quantity(most).FloorTo(o.LotSize)
}

// isCountable reports whether all of an offer at a price can be counted: what all
// winners pay together is no more, but for half a fen each.
func (o Offer) isCountable(p quantity.Price) bool {
	amount, err := quantity.Amount(p, o.Quantity, int(max(o.Months, monthsPerYear)), quantity.Up)
	return err == nil && p <= priceMax && amount <= math.MaxInt64-BidsMax
}

// BiddersMost is how many bidders an offer admits: so many that their bids can be
// ranked, and added up, however many prices each names.
func (o Offer) BiddersMost() int {
	if o.FixedQuantity() { // one bid each; nothing is added up
		return BidsMax
	}
	most := o.Quantity
	if o.Quota > 0 {
		most = o.Quota
	}
	return int(min(BidsMax/StepsMost, math.MaxInt64/int64(most)))
}

// Unsold is what nobody has won.
func (o Offer) Unsold() quantity.Quantity { return o.Quantity - o.Volume }

// The faults of an offer's terms, in the order in which they are checked. A
// plain mistake in one field is a request.invalid that names it.
var (
	// ErrTimetable is returned when the times do not follow each other.
	ErrTimetable = fault.New(fault.Invalid, "offer.timetable", "registration begins, ends, the window opens and closes, in this order")
	// ErrAnnounceShort is returned when the window opens too soon after the announcement.
	ErrAnnounceShort = fault.New(fault.Invalid, "offer.announced_too_late", "an offer is public before its window opens for as long as the parameter auction.announce_days says").At("opens_at").
				Under("offer.announcement", "project default, after Lishui 2018 and Wuzhong 2025")
	// ErrCreditFormat is returned when credits would be offered in a format that is for permits.
	ErrCreditFormat = fault.New(fault.Invalid, "offer.format_of_permits", "credits are sold at one price, at own prices or ascending: the other formats are for permits").At("format")
	// ErrFormatOption is returned when an option is given that the format does not have, or one is missing.
	ErrFormatOption = fault.New(fault.Invalid, "offer.option_of_other_format", "the option and the format do not go together")
)

// OfferFormats are the formats of offers; call belongs to markets.
var OfferFormats = []Format{Uniform, PayAsBid, PayAsBidShare, Ascending, ReverseUniform}

// CreditFormats are the formats in which credits are sold: the share sale is for
// approved needs, and nobody buys credits for the state.
var CreditFormats = []Format{Uniform, PayAsBid, Ascending}

// OutrightMonths makes the amount of a quantity at a price their product: the
// price of credits is for good, and has no term.
const OutrightMonths = 12

const oneFen = quantity.OnePrice / 100

// Validate returns a fault that names the first field that is wrong. An offer is
// announced now, as many days before its window opens as announce says, or more.
func (o Offer) Validate(now calendar.Instant, announce int) error {
	if err := fault.First(
		catalog.CheckOneOf("format", o.Format, OfferFormats), catalog.CheckOneOf("collateral", o.Collateral, Collaterals),
		catalog.CheckOneOf("sight", o.Sight, Sights), catalog.CheckOneOf("interruption_rule", o.InterruptionRule, InterruptionRules),
		o.checkCredits(), o.checkAmounts(),
	); err != nil {
		return err // what follows divides by lot size and tick
	}
	return fault.First(o.checkBounds(), o.checkOptions(), o.checkNoncompetitive(), o.checkTimes(now, announce), catalog.CheckDocument("document", o.Document))
}

// checkCredits holds that credits are offered in whole tonnes, as the market
// counts them.
func (o Offer) checkCredits() error {
	switch {
	case !o.OfCredits():
		return nil
	case !slices.Contains(CreditFormats, o.Format):
		return ErrCreditFormat
	case !o.LotSize.IsMultipleOf(quantity.OneQuantity):
		return fault.Invalidf("lot_size", "credits are sold in whole tonnes, for example 1: a market does not count kilograms")
	case o.ReservePrice < oneFen:
		return fault.Invalidf("reserve_price", "must be at least CNY 0.01: a tonne costs something")
	}
	return nil
}

func (o Offer) checkAmounts() error {
	switch {
	case o.LotSize <= 0:
		return fault.Invalidf("lot_size", "must be more than zero")
	case o.Tick <= 0 || o.Tick > priceMax:
		return fault.Invalidf("tick", "must be more than zero and at most %s", priceMax)
	case o.Quantity <= 0 || !o.Quantity.IsMultipleOf(o.LotSize):
		return fault.Invalidf("quantity", "must be more than zero and a multiple of the lot size %s", o.LotSize)
	case o.ReservePrice <= 0 || o.ReservePrice > priceMax || !o.ReservePrice.IsMultipleOf(o.Tick):
		return fault.Invalidf("reserve_price", "must be more than zero, at most %s and a multiple of the tick %s", priceMax, o.Tick)
	case o.Step < 0 || o.Step > priceMax:
		return fault.Invalidf("step", "must be at most %s", priceMax)
	case !o.isCountable(o.ReservePrice):
		return fault.Invalidf("quantity", "at the reserve price it comes to more than a sum of money can hold")
	case o.Quota < 0 || o.Quota > o.Quantity || !o.Quota.IsMultipleOf(o.LotSize):
		return fault.Invalidf("quota", "must be at most the quantity and a multiple of the lot size %s", o.LotSize)
	case (o.Collateral == DepositCollateral && !o.Buys()) != (o.Deposit > 0):
		return fault.Invalidf("deposit", "an offer with the collateral deposit says how much; a guarantee (full) the bidder chooses, and who sells puts up his permits")
	case o.DepositPer != PerBidder && (o.DepositPer != PerLot || o.Deposit == 0 || o.OfCredits()):
		return fault.Invalidf("deposit_per", "only a sale of permits with the collateral deposit has one for each lot")
	case o.Buys() != (o.Budget > 0):
		return ErrFormatOption.With("a budget pays for a reverse auction, and for no other").At("budget")
	case o.InterruptionMost < 30 || o.InterruptionMost > interruptionMost:
		return fault.Invalidf("interruption_seconds", "must be from 30 to %d", interruptionMost)
	}
	return nil
}

// checkBounds holds the bounds of options that a format has.
func (o Offer) checkBounds() error {
	switch {
	case o.WinShare > quantity.OneRatio:
		return fault.Invalidf("win_share", "must be more than 0 and at most 1")
	case o.ConfirmFactor > 0 && o.ConfirmFactor < quantity.OneRatio:
		return fault.Invalidf("confirm_factor", "must be at least 1: no price is below the reserve price")
	case !o.Step.IsMultipleOf(o.Tick):
		return fault.Invalidf("step", "must be a multiple of the tick %s", o.Tick)
	case o.ClosesAt.Sub(o.OpensAt) > windowMost:
		return ErrTimetable.With("a window is open for at most %d days", windowMost/(24*time.Hour)).At("closes_at")
	}
	return nil
}

// checkOptions holds that every option belongs to the format, and that what the
// format needs is there.
func (o Offer) checkOptions() error {
	share, ascends := o.Format == PayAsBidShare, o.Format == Ascending
	ranked := !share && !ascends // more than one may win, and quantities count
	for _, x := range []struct {
		field string
		wrong bool
	}{
		{"tie", ranked != (o.Tie != "") || ranked && !slices.Contains(Ties, o.Tie)},
		{"undersubscribed", ranked != (o.Undersubscribed != "") || ranked && !slices.Contains(UndersubscribedRules, o.Undersubscribed)},
		{"win_share", share != (o.WinShare > 0)},
		{"fit", o.Fit != "" && (!share || !slices.Contains(Fits, o.Fit))},
		{"min_bidders", o.BiddersMin < 0 || !share && o.BiddersMin > 0},
		{"max_quotes", o.QuotesMost < 0 || o.QuotesMost > QuotesMost || share != (o.QuotesMost > 0)},
		{"confirm_factor", o.ConfirmFactor < 0 || o.ConfirmFactor > 0 && o.Buys()},
		{"sight", o.Sight != SeesNothing && (ascends || o.Buys() || o.Sight == SeesCutOff && !share)},
		{"step", ascends != (o.Step > 0)},
		{"free_seconds", ascends != (o.FreeSeconds > 0)},
		{"clock_seconds", ascends != (o.ClockSeconds > 0)},
		{"quota", o.FixedQuantity() && o.Quota != 0},
		{"noncompetitive_quota", o.NoncompetitiveQuota != 0 && o.Format != Uniform},
		{"programme", o.Programme != "" && o.Format != Uniform || o.Programme != "" && catalog.CheckText("programme", o.Programme, programmeMost) != nil},
		{"noncompetitive_share", (o.NoncompetitiveQuota == 0) != (o.NoncompetitiveShare == 0)},
	} {
		if x.wrong {
			return ErrFormatOption.With("%s does not go with the format %s and its other options, or is missing", x.field, o.Format).At(x.field)
		}
	}
	return nil
}

// checkNoncompetitive holds the bounds of bids that name no price. With a full
// guarantee the factor of the second confirmation says what covers them.
func (o Offer) checkNoncompetitive() error {
	switch {
	case o.NoncompetitiveQuota == 0:
		return nil
	case o.NoncompetitiveShare < 0 || o.NoncompetitiveShare >= quantity.OneRatio:
		return fault.Invalidf("noncompetitive_share", "must be more than 0 and less than 1: without priced bids there is no price")
	case o.NoncompetitiveQuota < 0 || !o.NoncompetitiveQuota.IsMultipleOf(o.LotSize) || o.NoncompetitiveQuota > o.NoncompetitiveLimit() || o.Quota > 0 && o.NoncompetitiveQuota > o.Quota:
		return fault.Invalidf("noncompetitive_quota", "must be a multiple of the lot size %s, within the quota and at most %s, the share of all price-takers", o.LotSize, o.NoncompetitiveLimit())
	case o.Collateral == FullCollateral && o.ConfirmFactor == 0:
		return ErrFormatOption.With("with a full guarantee a bid at any price is covered at confirm_factor times the reserve price: it is missing").At("confirm_factor")
	}
	return nil
}

func (o Offer) checkTimes(now calendar.Instant, announce int) error {
	for _, x := range []struct {
		field string
		wrong bool
	}{
		{"register_from", o.RegisterFrom < now},
		{"register_until", o.RegisterUntil <= o.RegisterFrom},
		{"opens_at", o.OpensAt < o.RegisterUntil},
		{"closes_at", o.ClosesAt <= o.OpensAt},
	} {
		if x.wrong {
			return ErrTimetable.At(x.field)
		}
	}
	if free := o.OpensAt + calendar.Instant(o.FreeSeconds+o.ClockSeconds)*second; o.IsOpen() && o.ClosesAt < free {
		return ErrTimetable.With("with its free period and its clock the auction closes at %s at the earliest", free).At("closes_at")
	}
	if first := now.Date().AddDays(announce); o.OpensAt.Date() < first {
		return ErrAnnounceShort.With("announced on %s the window opens on %s at the earliest", now.Date(), first)
	}
	return nil
}
