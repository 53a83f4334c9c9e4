package ledger

// Reason says why a transfer is made. It is stored as a number and shown by name.
type Reason uint8

// The reasons. Their numbers are stored: never renumber.
const (
	CapDecision    Reason = 1  // the cap is set or changed by an approved document
	ReserveMove    Reason = 2  // between unallocated and reserve
	Allocation     Reason = 3  // permits are given out for the first time
	Opening        Reason = 4  // a balance taken over from an older register
	LevelTransfer  Reason = 5  // indicators between levels of government
	PrimarySale    Reason = 6  // sold by the government out of its reserve
	Fill           Reason = 7  // a trade of the continuous market
	Settlement     Reason = 8  // a deal is settled
	Reversal       Reason = 9  // a mirrored posting that undoes an earlier transfer
	Correction     Reason = 10 // ordered by a document, between accounts of one asset
	DepositReceipt Reason = 11 // money received
	Withdrawal     Reason = 12 // money paid out
	Escrowing      Reason = 13 // into or out of escrow
	SuspenseReason Reason = 14 // money received that waits for its owner, and its assignment
	TermEnd        Reason = 15 // a term has ended: back to unallocated
	Renewal        Reason = 16 // a new term joins the old
	Retirement     Reason = 17 // taken out for good
	CapReturn      Reason = 18 // a cap lent by a cross-region deal returns at term end
	Guarantee      Reason = 19 // given to a major project out of the reserve, its offset share retired
	SaleRevocation Reason = 20 // permits whose instalments were not paid go back to the reserve
	BuyBack        Reason = 21 // bought back by the government: holding to reserve
	Reclamation    Reason = 22 // taken back without payment: holding to reserve
	Offset         Reason = 23 // the offset share of permits that are put to a project is retired
	Succession     Reason = 24 // permits follow their site or enterprise to its successor
	Revocation     Reason = 25 // a wrong allocation is taken back, or what is owed for it
	JudicialSale   Reason = 26 // to the buyer, by order of a court
	FeeCharge      Reason = 27 // of a trade, by the market's schedule
	BlockTrade     Reason = 28 // a block trade of a market is settled
	Rent           Reason = 29 // of a lease, out of escrow to the lessor
	PledgeSale     Reason = 30 // pledged permits are sold to pay the banks
	RentRefund     Reason = 31 // a lease ended early: a part of its rent goes back
	Mirrored       Reason = 40 // a deal that was made on another platform

	CreditIssuance   Reason = 50 // verified reductions become credits
	CreditTransfer   Reason = 51 // from one party to another
	CreditRetirement Reason = 52 // used for good: voluntary, neutrality, compensation, offset
	CreditRevocation Reason = 53 // unspent credits of an issuance that was wrong
	CreditRepayment  Reason = 54 // credits given up for those that were spent and wrong
	CreditSale       Reason = 55 // sold by auction: credits to the winner, money to the seller
	CreditFill       Reason = 56 // a trade of the continuous market: credits to the buyer, money to the seller
	CreditExpiry     Reason = 57 // credits that nobody has used by their last day
	BidForfeit       Reason = 41 // a winner has not signed or not paid: deposit to forfeits, to fee where no region sells
	AuctionBuyBack   Reason = 42 // bought back by auction: holding to reserve
	BidCollateral    Reason = 45 // put up by a bidder of an auction: funds to deposit
	BidReturn        Reason = 46 // … and given back
	TreasuryPayout   Reason = 59 // forfeits to the treasury of their region: non-tax revenue
	ForfeitMove      Reason = 60 // forfeits that lay among the fees before they had an account: fee to forfeits
)

var reasonNames = [...]string{ //nolint:gosec // no credentials
	CapDecision: "cap_decision", ReserveMove: "reserve_movement", Allocation: "allocation", Opening: "opening", LevelTransfer: "level_transfer",
	PrimarySale: "primary_sale", Fill: "fill", Settlement: "settlement", Reversal: "reversal", Correction: "correction",
	DepositReceipt: "deposit", Withdrawal: "withdrawal", Escrowing: "escrow", SuspenseReason: "suspense", TermEnd: "term_end",
	Renewal: "renewal", Retirement: "retirement", CapReturn: "cap_return", Guarantee: "guarantee", SaleRevocation: "sale_revocation",
	BuyBack: "buy_back", Reclamation: "reclamation", Offset: "offset",
	CreditIssuance: "credit_issuance", CreditTransfer: "credit_transfer", CreditRetirement: "credit_retirement",
	CreditRevocation: "credit_revocation", CreditRepayment: "credit_repayment", CreditSale: "credit_sale", CreditFill: "credit_fill",
	CreditExpiry: "credit_expiry",
	BidForfeit:   "bid_forfeit", AuctionBuyBack: "auction_buy_back", BidCollateral: "bid_collateral", BidReturn: "bid_collateral_return",
	TreasuryPayout: "treasury_payout", ForfeitMove: "forfeit_move",
	Succession: "succession", Revocation: "revocation", JudicialSale: "judicial_sale", FeeCharge: "fee", Mirrored: "mirrored_deal",
	BlockTrade: "block_trade",
	Rent:       "rent", PledgeSale: "pledge_sale", RentRefund: "rent_refund",
}

// String gives the name that JSON and the views use.
func (r Reason) String() string {
	if int(r) < len(reasonNames) && reasonNames[r] != "" {
		return reasonNames[r]
	}
	return "unknown"
}

// MayChangeInstrument reports whether a posting between two holdings of
// different instruments is allowed for this reason.
func (r Reason) MayChangeInstrument() bool { return r == Renewal }

// Leg is a posting still to be made.
type Leg struct {
	Debit, Credit Key
	Amount        int64 // atoms of the asset, > 0
	FromHeld      bool  // takes the debited account's held part rather than its available one
}

// Transfer is a set of postings to be made together.
type Transfer struct {
	Reason    Reason
	Reference int64 // the record that it is about: trade, deal, deposit, …, by reason
	Legs      []Leg
}

// Posting is a posting as it was made. It never changes.
type Posting struct {
	ID             int64
	Transfer       int64 // the ID of the transfer's first posting
	Reason         Reason
	Reference      int64
	Debit          AccountID
	Credit         AccountID
	Amount         int64
	DebitAfter     int64 // the debited account's balance afterwards
	CreditAfter    int64
	DebitPrevious  int64 // the debited account's posting before this one, 0 for its first
	CreditPrevious int64
	Command        int64
}
