package report

// A CloseState is where the close of a period is.
type CloseState string

// The states of a close; the last two are final.
const (
	CloseOpen          CloseState = "open" // its differences are being explained
	CloseCentreSigned  CloseState = "centre_signed"
	CloseFinanceSigned CloseState = "finance_signed"
	CloseFrozen        CloseState = "frozen"
	CloseWithdrawn     CloseState = "withdrawn"
)

// CloseStates are all states of a close.
var CloseStates = []CloseState{CloseOpen, CloseCentreSigned, CloseFinanceSigned, CloseFrozen, CloseWithdrawn}

// A CloseEvent is a step of a close.
type CloseEvent string

// The steps of a close.
const (
	ExplainDifference CloseEvent = "explain"
	SignClose         CloseEvent = "sign"
	WithdrawClose     CloseEvent = "withdraw"
	RelistClose       CloseEvent = "relist" // something has come open since; signatures fall
)

// CloseEvents are all steps of a close.
var CloseEvents = []CloseEvent{ExplainDifference, SignClose, WithdrawClose, RelistClose}

// A CloseRole is the body on whose behalf a person takes a step.
type CloseRole string

// The bodies that take part in a close.
const (
	AsClerk   CloseRole = "clerk"   // of the reserve-trading centre
	AsCentre  CloseRole = "centre"  // the leader of the centre
	AsFinance CloseRole = "finance" // finance of the region
)

// CloseRoles are all bodies of a close.
var CloseRoles = []CloseRole{AsClerk, AsCentre, AsFinance}

// CloseTransition is a row of the table: in one of the states From, one of the
// bodies By may take the step Event, and the close is To.
type CloseTransition struct {
	From  []CloseState
	Event CloseEvent
	By    []CloseRole
	To    CloseState
}

// CloseTransitions are every step that can be taken; what is not here is
// refused. The second signature freezes.
var CloseTransitions = []CloseTransition{
	{[]CloseState{CloseOpen}, ExplainDifference, []CloseRole{AsClerk, AsCentre, AsFinance}, CloseOpen},
	{[]CloseState{CloseOpen}, SignClose, []CloseRole{AsCentre}, CloseCentreSigned},
	{[]CloseState{CloseOpen}, SignClose, []CloseRole{AsFinance}, CloseFinanceSigned},
	{[]CloseState{CloseCentreSigned}, SignClose, []CloseRole{AsFinance}, CloseFrozen},
	{[]CloseState{CloseFinanceSigned}, SignClose, []CloseRole{AsCentre}, CloseFrozen},
	{[]CloseState{CloseOpen, CloseCentreSigned, CloseFinanceSigned}, RelistClose, []CloseRole{AsCentre, AsFinance}, CloseOpen},
	{[]CloseState{CloseOpen, CloseCentreSigned, CloseFinanceSigned}, WithdrawClose, []CloseRole{AsCentre, AsFinance}, CloseWithdrawn},
}
