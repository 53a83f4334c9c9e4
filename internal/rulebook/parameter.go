package rulebook

import (
	"slices"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// Parameter is the value of a key from a day on. Where several hold, the one of
// the narrowest region counts, then of the pollutant, then of the narrowest
// industry, then the newest: a city's ratio goes before the province's.
type Parameter struct {
	ID        int64
	Key       Key
	Region    string // "": all; a province or city stands for all within it
	Pollutant string // "": all
	Industry  string // "": all; GB/T 4754, a division stands for its groups and classes
	Value     string // decimal, or a name
	ValidFrom calendar.Date
	ValidTo   calendar.Date // last day; 0: no end
	Document  string        // or "project default"
	Words     string        // of the source; may be empty
	Command   int64
}

// Key names a parameter.
type Key string

// The keys.
const (
	OffsetAttained  Key = "offset.ratio.attained"
	OffsetMissed    Key = "offset.ratio.missed"
	CreditStart     Key = "credit.start"
	CreditMost      Key = "credit.most"
	IdleMonths      Key = "idle.buyback_after"
	PurchaseMost    Key = "purchase.limit"
	HoldingMost     Key = "holding.limit"
	BasePrice       Key = "buy_back.base_price"
	BuyBackPrice    Key = "buy_back.price"
	PartMonthUp     Key = "buy_back.part_month_up"
	SimplifiedMost  Key = "simplified_sale.most"
	FirstInstalment Key = "instalment.first_share"
	InstalmentMost  Key = "instalment.months"
	InstalmentGrace Key = "instalment.grace"
	OffsetCap       Key = "carbon.offset_cap"
	OffsetOutside   Key = "carbon.offset_outside"
	LeaseMost       Key = "lease.most_months"
	PledgeShare     Key = "pledge.most_share"
	OutlierShare    Key = "exception.price_share"
	SoonDays        Key = "exception.soon_days"
	AuctionCertify  Key = "auction.certify_days"
	AuctionContract Key = "auction.contract_days"
	AuctionPayment  Key = "auction.payment_days"
	AuctionDocument Key = "auction.certificate_days"
	AuctionReturn   Key = "auction.return_days"
	AuctionBar      Key = "auction.bar_months"
	ProposalLapse   Key = "proposal.lapse_days"
	NoticeDays      Key = "public_notice.days"
	AnswerDays      Key = "objection.answer_days"
	ObjectionDays   Key = "buy_back.objection_days"
	PaymentDays     Key = "payment.days"
	ConfirmDays     Key = "freeze.confirm_days"
	ReminderFirst   Key = "renewal.reminder_days.first"
	ReminderSecond  Key = "renewal.reminder_days.second"
	ReminderLast    Key = "renewal.reminder_days.last"
	AuctionAnnounce Key = "auction.announce_days"
	ExpiryNotice    Key = "carbon.expiry_notice_days"

	firstSeededYear = calendar.Date(20200101) // from when the project's own defaults hold
)

// The formulas of BuyBackPrice that have a name; any other is a share of the base price.
const (
	LowerOfPaidAndBase = "lower_of_paid_and_base"
	AsPaid             = "paid"
	AtBase             = "base"
)

// named are the values of keys that are no decimals.
var named = map[Key][]string{BuyBackPrice: {LowerOfPaidAndBase, AsPaid, AtBase}}

// Dimensions are what of a place a parameter is read by. A row that is set for another
// would have no effect.
type Dimensions uint8

// The dimensions of a place.
const (
	region Dimensions = 1 << iota
	pollutant
	industry
)

var dimensions = []struct {
	one  Dimensions
	name string // the field that names it
}{{region, "region"}, {pollutant, "pollutant"}, {industry, "industry"}}

// Names are the fields of a row that say for what it is set.
func (d Dimensions) Names() (names []string) {
	for _, x := range dimensions {
		if d&x.one != 0 {
			names = append(names, x.name)
		}
	}
	return names
}

// KeyInfo says what values a key takes, and for what a row of it may be set.
type KeyInfo struct {
	Key      Key
	ReadBy   Dimensions
	Unit     string
	Least    quantity.Ratio
	Most     quantity.Ratio
	Whole    bool // no decimals
	Default  string
	Document string // of the default
	Words    string
	Says     string
}

const largest = 1_000_000_000 * quantity.OneRatio

// Keys are all keys, with their defaults. One without a default sets nothing
// until a row does.
var Keys = []KeyInfo{
	{OffsetAttained, region | pollutant | industry, "1", quantity.OneRatio, 10 * quantity.OneRatio, false, "1", ProjectDefault, "", "offset ratio of a project where the region met its target"},
	{OffsetMissed, region | pollutant | industry, "1", quantity.OneRatio, 10 * quantity.OneRatio, false, "2", ProjectDefault, "", "offset ratio of a project where the region missed its target"},
	{CreditStart, region | pollutant | industry, "points", quantity.OneRatio, 12 * quantity.OneRatio, true, "9", ProjectDefault, "", "points that a party starts with, as in Jiangsu"},
	{CreditMost, region | pollutant | industry, "points", quantity.OneRatio, 100 * quantity.OneRatio, true, "12", ProjectDefault, "", "most points that a party can have, as in Jiangsu"},
	{IdleMonths, region | pollutant | industry, "months", quantity.OneRatio, 120 * quantity.OneRatio, true, "36", "浙政办发〔2010〕132号", "超过3年", "months after which idle permits are bought back"},
	{PurchaseMost, region | pollutant | industry, "t/a", 1, largest, false, "", "", "", "most that one order, deal or sale may buy"},
	{HoldingMost, region | pollutant | industry, "t/a", 0, largest, false, "", "", "", "most that a licence may hold beyond the right that is written in it"},
	{BasePrice, region | pollutant, "CNY/(t·a)", 100, largest, false, "", "", "", "base price of the price authority, from which the formula of a buy-back reckons"},
	{PartMonthUp, region | pollutant, "0 or 1", 0, quantity.OneRatio, true, "", "", "", "1: a buy-back counts a part month as one; unset or 0: it drops it, as who pays does"},
	{SimplifiedMost, region | pollutant, "t/a", 1, largest, false, "0.1", ProjectDefault, "", "most that a licence takes of a pollutant in simplified sales, over all listings; a listing may name more for itself"},
	{FirstInstalment, region | pollutant, "1", 1, quantity.OneRatio, false, "0.4", ProjectDefault, "", "share of the amount that the first instalment of a fixed-price sale is at least"},
	{InstalmentMost, region | pollutant, "months", quantity.OneRatio, 120 * quantity.OneRatio, true, "60", ProjectDefault, "", "months from the notice in which the last instalment is due"},
	{InstalmentGrace, region | pollutant, "days", 0, 366 * quantity.OneRatio, true, "30", ProjectDefault, "", "days from the due day of an unpaid instalment to the revocation in proportion"},
	{LeaseMost, region | pollutant | industry, "months", quantity.OneRatio, 120 * quantity.OneRatio, true, "12", ProjectDefault, "", "months that a lease lasts at most"},
	{PledgeShare, region | pollutant | industry, "1", 1, quantity.OneRatio, false, "0.8", ProjectDefault, "", "share of the value of permits that is lent on them at most"},
	{OffsetCap, region, "1", 0, quantity.OneRatio, false, "0.05", "上海市碳排放管理试行办法", "", "share of an obligation that carbon-inclusive credits may offset"},
	{OffsetOutside, region, "1", 0, quantity.OneRatio, false, "1", ProjectDefault, "", "share of what credits may offset that may come from another province; Beijing asks for half from its own"},
	{OutlierShare, region | pollutant, "1", 1, 10 * quantity.OneRatio, false, "0.3", ProjectDefault, "", "share of the month's mean by which a price differs before an auditor looks at it"},
	{SoonDays, region | pollutant, "days", 0, 366 * quantity.OneRatio, true, "90", ProjectDefault, "", "days after an allocation in which an auditor looks at a sale"},
	{AuctionCertify, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "5", "DB62/T 4150-2020", "", "working days from the close of a window to the certification of its result"},
	{AuctionContract, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "3", ProjectDefault, "", "working days from the certification to the contract, as in Foshan"},
	{AuctionPayment, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "7", ProjectDefault, "", "working days from the contract to the payment, as in Foshan and Jiaozhou"},
	{AuctionDocument, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "3", ProjectDefault, "", "working days from the delivery to the certificate of what was won, as in Jiaozhou"},
	{AuctionReturn, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "5", ProjectDefault, "", "working days from the certification in which losers have back what they put up"},
	{AuctionBar, region | pollutant, "months", 0, 120 * quantity.OneRatio, true, "12", ProjectDefault, "", "months for which who does not sign or pay what he has won is not admitted to auctions"},
	{BuyBackPrice, region | pollutant, "formula", 1, 10 * quantity.OneRatio, false, LowerOfPaidAndBase, ProjectDefault, "", "price of a buy-back: `lower_of_paid_and_base`, `paid`, `base`, or a share of the base price"},
	{ProposalLapse, region, "days", quantity.OneRatio, 366 * quantity.OneRatio, true, "14", ProjectDefault, "", "days that a proposal waits for its approval after the day on which it was made"},
	{NoticeDays, region, "days", quantity.OneRatio, 60 * quantity.OneRatio, true, "7", ProjectDefault, "", "days that a public notice stands at least, as in Lishui and Wuzhong"},
	{AnswerDays, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "5", "浙江省大气污染防治条例 第十四条", "", "working days in which an objection or a complaint is answered; that they are working days, and that complaints have them too, is a project default"},
	{ObjectionDays, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "5", ProjectDefault, "", "working days from the verification in which the holder may object to a compulsory buy-back"},
	{PaymentDays, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "7", ProjectDefault, "", "working days from the approval to the payment of a deal or lease, as in Foshan and Jiaozhou; of a deal by the seller's region"},
	{ConfirmDays, region | pollutant, "working days", quantity.OneRatio, 60 * quantity.OneRatio, true, "1", ProjectDefault, "", "working days in which a second person confirms an emergency freeze"},
	{ReminderFirst, pollutant, "days", quantity.OneRatio, 400 * quantity.OneRatio, true, "180", ProjectDefault, "", "days before the end of a term of the first reminder; it is that of the day on which the instrument was added, as of the next two"},
	{ReminderSecond, pollutant, "days", quantity.OneRatio, 400 * quantity.OneRatio, true, "90", ProjectDefault, "", "days before the end of a term of the second reminder"},
	{ReminderLast, pollutant, "days", quantity.OneRatio, 400 * quantity.OneRatio, true, "60", ProjectDefault, "", "days before the end of a term of the last reminder; 60 is the last day to apply for a renewal"},
	{AuctionAnnounce, region | pollutant, "days", quantity.OneRatio, 366 * quantity.OneRatio, true, "7", ProjectDefault, "", "days that an auction is public at least before its window opens, as in Lishui and Wuzhong"},
	{ExpiryNotice, region, "days", quantity.OneRatio, 366 * quantity.OneRatio, true, "90", ProjectDefault, "", "days before their last day on which the holders of credits are told of it; it is that of the day on which their series was issued first"},
}

// InfoOf is what is known of a key.
func InfoOf(k Key) (KeyInfo, bool) {
	i := slices.IndexFunc(Keys, func(i KeyInfo) bool { return i.Key == k })
	if i < 0 {
		return KeyInfo{}, false
	}
	return Keys[i], true
}

// SeedParameters are the defaults as rows: what the migration plants.
func SeedParameters() []Parameter {
	var rows []Parameter
	for _, k := range Keys {
		if k.Default != "" {
			rows = append(rows, Parameter{
				ID: int64(len(rows) + 1), Key: k.Key, Value: k.Default, ValidFrom: firstSeededYear, Document: k.Document, Words: k.Words,
			})
		}
	}
	return rows
}

// Validate returns a fault that names the first field that is wrong (I-33).
func (p Parameter) Validate() error {
	info, known := InfoOf(p.Key)
	if !known {
		names := make([]string, len(Keys))
		for i, k := range Keys {
			names[i] = string(k.Key)
		}
		return fault.Invalidf("key", "%.40q must be one of %s", string(p.Key), strings.Join(names, ", "))
	}
	if err := p.checkValue(info); err != nil {
		return err
	}
	if n := len(p.Industry); n != 0 && (n < 2 || n > 4 || strings.Trim(p.Industry, "0123456789") != "") {
		return fault.Invalidf("industry", "%.40q must be a division, group or class of GB/T 4754: 2 to 4 digits, for example 2319", p.Industry)
	}
	if err := checkPeriod(errPeriod, p.ValidFrom, p.ValidTo); err != nil {
		return err
	}
	if err := catalog.CheckDocument("document", p.Document); err != nil || p.Words == "" {
		return err
	}
	return catalog.CheckDocument("words", p.Words)
}

// CheckPlace returns a fault that names the first field by which the key is not read.
// It is of what is set: such rows of before stay, without effect.
func (p Parameter) CheckPlace() error {
	info, _ := InfoOf(p.Key)
	for i, of := range []string{p.Region, p.Pollutant, p.Industry} {
		if d := dimensions[i]; of != "" && info.ReadBy&d.one == 0 {
			return fault.Invalidf(d.name, "%s is the same for every %s: a row is for all, or for a %s", p.Key, d.name, strings.Join(info.ReadBy.Names(), " and a "))
		}
	}
	return nil
}

func (p Parameter) checkValue(info KeyInfo) error {
	if slices.Contains(named[p.Key], p.Value) {
		return nil
	}
	v, err := quantity.ParseRatio("value", p.Value)
	switch names := named[p.Key]; {
	case err != nil && names != nil:
		return fault.Invalidf("value", "%s must be one of %s, or a number", p.Key, strings.Join(names, ", "))
	case err != nil:
		return err
	case v < info.Least || v > info.Most || info.Whole && v%quantity.OneRatio != 0:
		return fault.Invalidf("value", "%s must be %s from %s to %s (unit: %s)", p.Key, info.numbers(), info.Least, info.Most, info.Unit)
	case p.Key == BasePrice:
		_, err = quantity.ParsePrice("value", p.Value)
	}
	return err
}

// numbers are those that a value of the key may be.
func (i KeyInfo) numbers() string {
	if i.Whole {
		return "a whole number"
	}
	return "a number"
}

// Parameters finds the rows of a key, in the order of their ids.
type Parameters interface{ Of(key Key) []Parameter }

// Rows are parameters as a list.
type Rows []Parameter

// Of is part of Parameters.
func (rows Rows) Of(key Key) []Parameter {
	var found []Parameter
	for _, p := range rows {
		if p.Key == key {
			found = append(found, p)
		}
	}
	return found
}

// Place is what a parameter is looked up by.
type Place struct{ Region, Pollutant, Industry string }

// Lookup is the parameter of a key that holds for a place on a day, and its
// value. Without a row it is the key's default, and false where there is none.
func Lookup(all Parameters, key Key, at Place, on calendar.Date) (p Parameter, value quantity.Ratio, set bool) {
	var found *Parameter
	if all != nil {
		rows := all.Of(key)
		for i := range rows {
			if row := &rows[i]; row.holds(at, on) && (found == nil || !row.isWider(found)) {
				found = row
			}
		}
	}
	if found == nil {
		info, _ := InfoOf(key)
		if info.Default == "" {
			return p, 0, false
		}
		found = &Parameter{Key: key, Value: info.Default, Document: info.Document, Words: info.Words}
	}
	value, _ = quantity.ParseRatio("value", found.Value) // it was checked when it was set; 0 of a name
	return *found, value, true
}

// HoldsOn reports whether the parameter holds on a day.
func (p *Parameter) HoldsOn(on calendar.Date) bool { return inPeriod(on, p.ValidFrom, p.ValidTo) }

// IsOf reports whether two rows are of one key and stand for the same: the newer one
// counts while both hold.
func (p *Parameter) IsOf(o *Parameter) bool {
	return p.Key == o.Key && p.Region == o.Region && p.Pollutant == o.Pollutant && p.Industry == o.Industry
}

// Hides reports whether p, as a newer row, would count on the first day of one that
// was set to begin later.
func (p *Parameter) Hides(o *Parameter) bool {
	return p.IsOf(o) && o.ValidFrom > p.ValidFrom && p.HoldsOn(o.ValidFrom)
}

func (p *Parameter) holds(at Place, on calendar.Date) bool {
	return p.HoldsOn(on) &&
		(p.Region == "" || catalog.IsWithin(at.Region, p.Region, true)) &&
		(p.Pollutant == "" || p.Pollutant == at.Pollutant) &&
		(p.Industry == "" || strings.HasPrefix(at.Industry, p.Industry))
}

// isWider reports whether p stands for more than o, which goes before it then.
func (p *Parameter) isWider(o *Parameter) bool {
	if a, b := regionDepth(p.Region), regionDepth(o.Region); a != b {
		return a < b
	}
	if (p.Pollutant == "") != (o.Pollutant == "") {
		return p.Pollutant == ""
	}
	return len(p.Industry) < len(o.Industry)
}

// regionDepth is how narrow a region is: nothing, province, city, county.
func regionDepth(code string) int { return len(strings.TrimRight(code, "0")) }
