package ledger

// AccountID identifies an account within its registry.
type AccountID int64

// Kind is what an account is for.
type Kind uint8

// The kinds of accounts. Their numbers are stored: never renumber.
const (
	Cap         Kind = 1 // permits, contra: the region's total-control indicator (总量指标) of its basic account (基本账户)
	Unallocated Kind = 2 // permits: cap that nobody has been given
	Reserve     Kind = 3 // permits: the government's reserve (政府储备), tonnage without a term
	Holding     Kind = 4 // permits of one licence, instrument and origin
	InTransit   Kind = 5 // permits on the way between registries
	Retired     Kind = 6 // permits taken out for good, kept visible so that they are not issued again
	Bank        Kind = 7 // money, contra: what lies in the platform's bank account
	Funds       Kind = 8 // money of a party
	Escrow      Kind = 9 // money of deals that are paid and not yet settled
	Deposit     Kind = 10
	Fee         Kind = 11
	Suspense    Kind = 12 // money received that is not yet known to be anybody's

	CreditsIssued  Kind = 13 // credits, contra: what a scheme has issued of a vintage
	Credits        Kind = 14 // credits of a party
	CreditsRetired Kind = 15 // credits used for good

	Forfeits Kind = 16 // money of a region: what bidders of its auctions lost, until its treasury has it

	CreditsExpired Kind = 17 // credits that nobody has used by their last day
)

var kindNames = [...]string{
	Cap: "cap", Unallocated: "unallocated", Reserve: "reserve", Holding: "holding", InTransit: "in_transit", Retired: "retired",
	Bank: "bank", Funds: "funds", Escrow: "escrow", Deposit: "deposit", Fee: "fee", Suspense: "suspense",
	CreditsIssued: "credits_issued", Credits: "credits", CreditsRetired: "credits_retired",
	Forfeits: "forfeits", CreditsExpired: "credits_expired",
}

// Kinds are all kinds in the order of their numbers.
var Kinds = []Kind{
	Cap, Unallocated, Reserve, Holding, InTransit, Retired, Bank, Funds, Escrow, Deposit, Fee, Suspense, CreditsIssued, Credits, CreditsRetired, Forfeits,
	CreditsExpired,
}

// String gives the name that JSON and the views use.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown"
}

// IsContra reports whether debits make an account of this kind grow.
func (k Kind) IsContra() bool { return k == Cap || k == Bank || k == CreditsIssued }

// IsPermit reports whether accounts of this kind count permits.
func (k Kind) IsPermit() bool { return k >= Cap && k <= Retired }

// IsMoney reports whether accounts of this kind count money.
func (k Kind) IsMoney() bool { return k >= Bank && k <= Suspense || k == Forfeits }

// IsCredit reports whether accounts of this kind count carbon credits.
func (k Kind) IsCredit() bool {
	return k >= CreditsIssued && k <= CreditsRetired || k == CreditsExpired
}

// counts is what accounts of this kind count: permits, money or credits.
func (k Kind) counts() string {
	switch {
	case k.IsPermit():
		return "t/a"
	case k.IsMoney():
		return "CNY"
	}
	return "kgCO2e"
}

// SameCount reports whether accounts of two kinds count the same sort of thing.
func SameCount(a, b Kind) bool { return a.counts() == b.counts() }

// Origin is how the permits of a holding were obtained. Only paid permits can
// be sold (浙江省大气污染防治条例 Art. 16; 甬环发〔2015〕81号).
type Origin uint8

// The origins. Their numbers are stored: never renumber.
const (
	NoOrigin      Origin = 0 // accounts other than holdings
	Paid          Origin = 1
	Free          Origin = 2
	UnknownOrigin Origin = 3 // taken over from an older register that does not say; cannot be sold
)

var originNames = [...]string{NoOrigin: "", Paid: "paid", Free: "free", UnknownOrigin: "unknown"}

// String gives the name that JSON and the views use.
func (o Origin) String() string {
	if int(o) < len(originNames) {
		return originNames[o]
	}
	return "invalid"
}

// Key says which account is meant. At most one account has a given key.
type Key struct {
	Kind       Kind
	Origin     Origin // holdings only
	Region     string // permits, credits, forfeits: GB/T 2260 code
	Pollutant  string // permits: pollutant code; credits: their series, scheme and vintage, "JXCP-2026"
	Party      int64  // holdings, funds, deposits, credits
	Licence    int64  // holdings only
	Instrument int64  // holdings only
}

// PermitKey is the key of a region's account that is nobody's holding.
func PermitKey(kind Kind, region, pollutant string) Key {
	return Key{Kind: kind, Region: region, Pollutant: pollutant}
}

// HoldingKey is the key of a holding; region is the licence's.
func HoldingKey(region, pollutant string, party, licence, instrument int64, origin Origin) Key {
	return Key{Kind: Holding, Origin: origin, Region: region, Pollutant: pollutant, Party: party, Licence: licence, Instrument: instrument}
}

// FundsKey is the key of a party's money.
func FundsKey(party int64) Key { return Key{Kind: Funds, Party: party} }

// CreditKey is the key of an account of credits of a series, which belongs to
// its scheme's region; party is 0 but of Credits.
func CreditKey(kind Kind, region, series string, party int64) Key {
	return Key{Kind: kind, Region: region, Pollutant: series, Party: party}
}

// ForfeitsKey is the key of what a region's bidders lost and its treasury has not got.
func ForfeitsKey(region string) Key { return Key{Kind: Forfeits, Region: region} }

// MoneyKey is the key of an account of the platform itself.
func MoneyKey(kind Kind) Key { return Key{Kind: kind} }

// Asset is what an account counts: the permits of a region and pollutant, the
// credits of a series, or money.
type Asset struct{ Region, Pollutant string }

// Asset returns the asset of the account with this key. Money is one asset, whoever it is for.
func (k Key) Asset() Asset {
	if k.Kind.IsMoney() {
		return Asset{}
	}
	return Asset{k.Region, k.Pollutant}
}

// Account is an account's identity. It never changes.
type Account struct {
	ID         AccountID
	Kind       Kind
	Origin     Origin
	Region     string
	Pollutant  string
	Party      int64
	Licence    int64
	Instrument int64
	Command    int64 // the journal row that opened it
}

// Key returns the account's key.
func (a Account) Key() Key {
	return Key{a.Kind, a.Origin, a.Region, a.Pollutant, a.Party, a.Licence, a.Instrument}
}

// Balance is what an account holds: the part of it that changes.
type Balance struct {
	ID          AccountID
	Balance     int64 // atoms of the asset, ≥ 0
	Held        int64 // set aside by holds and open orders, 0 ≤ held ≤ balance
	LastPosting int64 // the newest posting on this account; a statement walks back from it
	Command     int64 // the journal row that last wrote it
}

// Available is what may be moved or held.
func (b Balance) Available() int64 { return b.Balance - b.Held }
