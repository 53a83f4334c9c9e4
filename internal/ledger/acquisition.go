package ledger

import (
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// Acquisition says where a part of a holding came from.
type Acquisition struct {
	ID         int64
	Account    AccountID
	AcquiredOn calendar.Date
	Price      quantity.Price // CNY/(t·a); 0 for free permits and where it is not known
	PriceKnown bool           // false: taken over without a price; blocks sale
	Document   string         // what proves it
	Trade      int64          // the trade that brought it, if one did
	Deal       int64          // the deal that brought it, if one did
	Quantity   quantity.Quantity
	Remaining  quantity.Quantity // 0 ≤ remaining ≤ quantity
	Command    int64
}

// Hold is an amount set aside for something other than an order of the
// market; an order is its own hold.
type Hold struct {
	ID        int64
	Account   AccountID
	Amount    int64 // atoms, > 0
	Purpose   HoldPurpose
	Reference int64
	State     HoldState
	Command   int64
}

// HoldPurpose is what a hold is for.
type HoldPurpose string

// The purposes of holds.
const (
	ForDeal       HoldPurpose = "deal"
	ForWithdrawal HoldPurpose = "withdrawal"
	ForSale       HoldPurpose = "primary_sale"
	ForFreeze     HoldPurpose = "freeze"
	ForRenewal    HoldPurpose = "renewal"
	ForBuyBack    HoldPurpose = "buy_back"
	ForAuction    HoldPurpose = "auction"
	ForBlockTrade HoldPurpose = "block_trade"
	ForLease      HoldPurpose = "lease"
	ForPledge     HoldPurpose = "pledge"
)

// HoldState is where a hold is in its life.
type HoldState string

// The states of a hold; all but HoldActive are final.
const (
	HoldActive  HoldState = "active"
	HoldPosted  HoldState = "posted"
	HoldVoided  HoldState = "voided"
	HoldExpired HoldState = "expired"
)
