package opening

import (
	"errors"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// Contents are the lines of a package as records; each knows its row.
type Contents struct {
	Parties     []Party
	Licences    []Licence
	Caps        []Cap
	Lots        []Lot
	Holdings    []Holding
	Deposits    []Deposit
	Pledges     []Pledge
	Leases      []Lease
	Sales       []Sale
	Instalments []Instalment
	Freezes     []Freeze
	FundFreezes []FundFreeze
	Budgets     []Budget
}

// A Party to be registered.
type Party struct {
	Row int
	catalog.Party

	Contact catalog.Contact // without a name: nobody
}

// A Licence to be registered.
type Licence struct {
	Row    int
	Holder string // code of the party
	catalog.Licence
}

// A Cap is the basic account of a region and a pollutant.
type Cap struct {
	Row         int
	Region      string
	Pollutant   string
	Cap         quantity.Quantity
	Unallocated quantity.Quantity
	Reserve     quantity.Quantity
	Document    string
	DecidedOn   calendar.Date
}

// A Lot of the reserve.
type Lot struct {
	Row        int
	Region     string
	Pollutant  string
	Provenance string
	AcquiredOn calendar.Date
	Quantity   quantity.Quantity
	Price      quantity.Price
	Months     int32
	Cost       quantity.Money
	Document   string
}

// A Holding is an acquisition of a licence.
type Holding struct {
	Row        int
	Licence    string
	Pollutant  string
	TermEnd    calendar.Date
	Origin     ledger.Origin
	Quantity   quantity.Quantity
	Price      quantity.Price
	PriceKnown bool
	AcquiredOn calendar.Date
	Document   string
}

// A Deposit is money of a party.
type Deposit struct {
	Row           int
	Holder        string // code of the party
	Amount        quantity.Money
	BankReference string
	ReceivedOn    calendar.Date
}

// A Pledge of paid permits.
type Pledge struct {
	Row       int
	Licence   string
	Pollutant string
	TermEnd   calendar.Date
	Quantity  quantity.Quantity
	Bank      string // code of the party
	Value     quantity.Money
	Loan      quantity.Money
	DueOn     calendar.Date
	Document  string
	Rank      int32 // 0: 1
}

// IsFurther reports whether the permits are pledged by an earlier row already.
func (p Pledge) IsFurther() bool { return p.Rank > 1 }

// A Lease of paid permits.
type Lease struct {
	Row       int
	Licence   string
	Pollutant string
	TermEnd   calendar.Date
	Quantity  quantity.Quantity
	Lessee    string // licence
	Price     quantity.Price
	StartsOn  calendar.Date
	Months    int32
	Document  string
}

// LastDay is the last day of the lease: it lasts whole months. Of a row whose
// first day or months are faults it is the zero date.
func (l Lease) LastDay() calendar.Date {
	if !l.StartsOn.Valid() || l.Months < 1 || l.Months > monthsMax {
		return 0
	}
	return l.StartsOn.AddMonths(int(l.Months)).AddDays(-1)
}

// A Sale of the reserve that is paid in instalments.
type Sale struct {
	Row       int
	Number    string
	Licence   string
	Pollutant string
	TermEnd   calendar.Date
	Quantity  quantity.Quantity
	Price     quantity.Price
	Months    int32
	Amount    quantity.Money
	Paid      quantity.Money
	PaidOn    calendar.Date
	SoldOn    calendar.Date
	Document  string
}

// An Instalment of a sale that is not paid.
type Instalment struct {
	Row    int
	Sale   string
	Amount quantity.Money
	DueOn  calendar.Date
}

// An Order is what a court or a bureau has ordered.
type Order struct {
	Issuer      string
	IssuerName  string
	OrderNumber string
	Reason      string
	StartsOn    calendar.Date
	EndsOn      calendar.Date // 0: until it is released
}

// A Freeze of a holding.
type Freeze struct {
	Order

	Row       int
	Licence   string
	Pollutant string
	TermEnd   calendar.Date
	Origin    ledger.Origin
	Quantity  quantity.Quantity
}

// A FundFreeze is a freeze of a party's funds.
type FundFreeze struct {
	Order

	Row    int
	Holder string // code of the party
	Amount quantity.Money
}

// A Budget is money of a region for buying back.
type Budget struct {
	Row        int
	Region     string
	FiscalYear int32
	Source     string
	Amount     quantity.Money
	Document   string
}

// readParty reads a party as PartyRegister takes it: one whose code fails only
// its check digit is suspended until a leader confirms the code.
func readParty(c *cells, into *Contents) {
	p := catalog.Party{
		USCC: c.text("uscc"), Name: c.text("name"), Region: c.text("region"), Industry: c.text("industry"),
		SignerLimit: c.money("signer_limit"), State: catalog.PartyActive,
	}
	checked := p
	if _, err := catalog.CheckUSCC("uscc", p.USCC); errors.Is(err, catalog.ErrUSCCCheckDigit) {
		w := FaultOf(c.line.Sheet.Name, c.line.Row, err)
		w.Detail += "; the party is taken suspended, until a leader confirms the code"
		w.Warning = true
		c.faults.add(w)
		p.State, checked.USCCWarning = catalog.PartySuspended, true
	}
	if c.isComplete() {
		c.note(checked.Validate())
		if p.SignerLimit < 0 {
			c.note(fault.Invalidf("signer_limit", "must not be negative"))
		}
	}
	into.Parties = append(into.Parties, Party{c.line.Row, p, readContact(c, p.Region)})
}

// readContact reads who speaks for a party: nobody, or a name with a telephone.
func readContact(c *cells, region string) catalog.Contact {
	name, telephone := c.text("contact_name"), c.text("contact_telephone")
	if name == "" && telephone == "" {
		return catalog.Contact{}
	}
	contact, err := catalog.NewContact(name, telephone)
	if f, ok := fault.As(err); ok {
		c.note(f.At("contact_" + f.Field))
	}
	contact.Region = region
	return contact
}

// isComplete reports whether every cell that must be there is: what is missing
// is a fault already.
func (c *cells) isComplete() bool {
	for i, of := range c.line.Sheet.Columns {
		if !of.Optional && c.line.Cells[i] == "" {
			return false
		}
	}
	return true
}

func readLicence(c *cells, into *Contents) {
	l := catalog.Licence{
		Number: c.text("number"), Site: c.text("site"), Region: c.text("region"), ValidFrom: c.day("valid_from"), ValidTo: c.day("valid_to"),
		State: catalog.LicenceValid,
	}
	number, _ := catalog.ParseLicenceNumber("number", l.Number)
	l.Kind = number.Kind()
	if c.isComplete() && l.ValidFrom != 0 && l.ValidTo != 0 {
		checked := l
		checked.Party = 1 // who that is follows from the number
		c.note(checked.Validate())
	}
	into.Licences = append(into.Licences, Licence{c.line.Row, number.USCC, l})
}

func readCap(c *cells, into *Contents) {
	into.Caps = append(into.Caps, Cap{
		Row: c.line.Row, Region: c.text("region"), Pollutant: c.text("pollutant"), Cap: c.quantity("cap"), Unallocated: c.quantity("unallocated"),
		Reserve: c.quantity("reserve"), Document: c.text("document"), DecidedOn: c.day("decided_on"),
	})
}

func readLot(c *cells, into *Contents) {
	l := Lot{
		Row: c.line.Row, Region: c.text("region"), Pollutant: c.text("pollutant"), Provenance: c.text("provenance"), AcquiredOn: c.day("acquired_on"),
		Quantity: c.quantity("quantity"), Months: c.count("months"), Cost: c.money("cost"), Document: c.text("document"),
	}
	l.Price, _ = c.price()
	into.Lots = append(into.Lots, l)
}

func readHolding(c *cells, into *Contents) {
	h := Holding{
		Row: c.line.Row, Licence: c.text("licence"), Pollutant: c.text("pollutant"), TermEnd: c.day("term_end"), Origin: c.origin("origin"),
		Quantity: c.quantity("quantity"), AcquiredOn: c.day("acquired_on"), Document: c.text("document"),
	}
	h.Price, h.PriceKnown = c.price()
	into.Holdings = append(into.Holdings, h)
}

func readDeposit(c *cells, into *Contents) {
	into.Deposits = append(into.Deposits, Deposit{
		Row: c.line.Row, Holder: c.text("uscc"), Amount: c.money("amount"), BankReference: c.text("bank_reference"), ReceivedOn: c.day("received_on"),
	})
}

func readPledge(c *cells, into *Contents) {
	into.Pledges = append(into.Pledges, Pledge{
		Row: c.line.Row, Licence: c.text("licence"), Pollutant: c.text("pollutant"), TermEnd: c.day("term_end"), Quantity: c.quantity("quantity"),
		Bank: c.text("pledgee"), Value: c.money("value"), Loan: c.money("loan"), DueOn: c.day("due_on"), Document: c.text("document"),
		Rank: c.count("rank"),
	})
}

func readLease(c *cells, into *Contents) {
	l := Lease{
		Row: c.line.Row, Licence: c.text("licence"), Pollutant: c.text("pollutant"), TermEnd: c.day("term_end"), Quantity: c.quantity("quantity"),
		Lessee: c.text("lessee"), StartsOn: c.day("starts_on"), Months: c.count("months"), Document: c.text("document"),
	}
	l.Price, _ = c.price()
	into.Leases = append(into.Leases, l)
}

func readSale(c *cells, into *Contents) {
	s := Sale{
		Row: c.line.Row, Number: c.text("sale"), Licence: c.text("licence"), Pollutant: c.text("pollutant"), TermEnd: c.day("term_end"),
		Quantity: c.quantity("quantity"), Months: c.count("months"), Amount: c.money("amount"), Paid: c.money("paid"),
		PaidOn: c.day("paid_on"), SoldOn: c.day("sold_on"), Document: c.text("document"),
	}
	s.Price, _ = c.price()
	into.Sales = append(into.Sales, s)
}

func readInstalment(c *cells, into *Contents) {
	into.Instalments = append(into.Instalments, Instalment{Row: c.line.Row, Sale: c.text("sale"), Amount: c.money("amount"), DueOn: c.day("due_on")})
}

func readOrder(c *cells) Order {
	return Order{
		Issuer: c.text("issuer"), IssuerName: c.text("issuer_name"), OrderNumber: c.text("order_number"), Reason: c.text("reason"),
		StartsOn: c.day("starts_on"), EndsOn: c.day("ends_on"),
	}
}

func readFreeze(c *cells, into *Contents) {
	into.Freezes = append(into.Freezes, Freeze{
		Row: c.line.Row, Licence: c.text("licence"), Pollutant: c.text("pollutant"), TermEnd: c.day("term_end"), Origin: c.origin("origin"),
		Quantity: c.quantity("quantity"), Order: readOrder(c),
	})
}

func readFundFreeze(c *cells, into *Contents) {
	into.FundFreezes = append(into.FundFreezes, FundFreeze{Row: c.line.Row, Holder: c.text("uscc"), Amount: c.money("amount"), Order: readOrder(c)})
}

func readBudget(c *cells, into *Contents) {
	into.Budgets = append(into.Budgets, Budget{
		Row: c.line.Row, Region: c.text("region"), FiscalYear: c.count("fiscal_year"), Source: c.text("source"), Amount: c.money("amount"),
		Document: c.text("document"),
	})
}
