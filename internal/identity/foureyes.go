package identity

import "slices"

// FourEyes is the one place that says which operations take effect only when
// a second person approves them, and who that may be. Table says who may
// propose them. Timers need nobody.
var FourEyes = map[Operation]Rule{
	CapDecide:          {BureauLeader: Own, Upper: Own},
	ReserveMoveOp:      {BureauLeader: Own},
	LevelMove:          {Upper: Own},
	Allocate:           {BureauLeader: Own},
	FreezePlace:        {BureauLeader: Own},
	FreezeExtend:       {BureauLeader: Own},
	FreezeRelease:      {BureauLeader: Own},
	FreezeSell:         {BureauLeader: Own},
	PledgeOffer:        {BureauLeader: Own},
	PledgeTake:         {BureauLeader: Own},
	Succession:         {BureauLeader: Own},
	DepartureRecord:    {BureauLeader: Own},
	TransferPost:       {Finance: Any, BureauLeader: Own}, // all but a party's own money between its two accounts
	TransferBatch:      {Finance: Any},                    // as TransferPost
	CorrectionRecord:   {BureauLeader: Own},
	DebtSettle:         {BureauLeader: Own},
	DealMirror:         {BureauLeader: Own},
	DepartureStep:      {BureauLeader: Own},
	PartyRename:        {BureauLeader: Own},
	ProjectStep:        {BureauLeader: Own},
	ProjectAssign:      {BureauLeader: Own},
	RenewalStep:        {BureauLeader: Own}, // its decision, and the rejection of what is paid or waits after its term
	NoticeIssue:        {BureauLeader: Own},
	NoticeCancel:       {Finance: Own, BureauLeader: Own}, // of one that was paid: money is owed of it
	NoticeConfirm:      {Finance: Own, BureauLeader: Own}, // a payment that a list of the tax authority has needs no confirmation
	InstalmentConfirm:  {Finance: Own, BureauLeader: Own},
	ProofWithdraw:      {Finance: Own, BureauLeader: Own},
	InstalmentWithdraw: {Finance: Own, BureauLeader: Own},
	ZoneRuleSet:        {BureauLeader: Own},
	MarketTerms:        {BureauLeader: Own},
	ParameterSet:       {BureauLeader: Own, Upper: Own},
	PairAdd:            {Admin: Any, Upper: Own},
	GrantAdd:           {Admin: Any},
	KeyMake:            {Admin: Any},
	StandInOrder:       {Admin: Any},
	BuyBackOpen:        {BureauLeader: Own},
	IdleSweep:          {BureauLeader: Own},
	BuyBackReclaim:     {BureauLeader: Own},
	BuyBackApprove:     {Finance: Own},
	BudgetApprove:      {Finance: Own, BureauLeader: Own},
	BudgetLapse:        {Finance: Own, BureauLeader: Own},
	BudgetCarry:        {Finance: Own, BureauLeader: Own},
	RefundCancel:       {Finance: Own, BureauLeader: Own},
	TreasuryPay:        {Finance: Own, BureauLeader: Own},
	PayeeRegister:      {Finance: Own},
	OfferOpen:          {Finance: Own},
	OpeningTake:        {BureauLeader: Own, Upper: Own},
	FeeScheduleSet:     {Admin: Any, BureauLeader: Own},
	PartyGroup:         {Admin: Any, BureauLeader: Own},

	OfferAnnounce: {BureauLeader: Own},
	OfferVoid:     {BureauLeader: Own},
	OfferCertify:  {BureauLeader: Own},
	AwardDefault:  {BureauLeader: Own},
	AwardRevoke:   {BureauLeader: Own},

	// What an officer gives back to the open reserve alone — EarmarkRelease, ListingClose, a
	// NoticeCancel of what nobody has paid — stays in the reserve's account and is nobody's: whatever takes it
	// from there again is approved.
	LotAdd:          {BureauLeader: Own},
	LotRetire:       {BureauLeader: Own},
	LotFreeze:       {BureauLeader: Own},
	LotUnfreeze:     {BureauLeader: Own},
	EarmarkMake:     {BureauLeader: Own},
	EarmarkAllocate: {BureauLeader: Own},
	ListingOpen:     {BureauLeader: Own},

	SchemeRegister:      {BureauLeader: Own},
	SchemeOperatorSet:   {BureauLeader: Own},
	CreditLifeSet:       {BureauLeader: Own},
	MethodologyRegister: {BureauLeader: Any},
	ScenarioRegister:    {BureauLeader: Own},
	ExclusionImport:     {BureauLeader: Own}, // an operator's
	ExclusionCorrect:    {BureauLeader: Own},
	CreditRevoke:        {BureauLeader: Own},
	RecognitionSet:      {BureauLeader: Own},
	CreditOffer:         {BureauLeader: Own}, // of the scheme's region
	ObligationRecord:    {BureauLeader: Own},

	// Over the party's limit, from a user who may not sign: a signer of the party.
	OrderPlace:        {Enterprise: Own},
	RegistrationApply: {Enterprise: Own},
	AwardSign:         {Enterprise: Own},
	WithdrawRequest:   {Enterprise: Own},
	DealStep:          {Enterprise: Own},
	BuyBackStep:       {Enterprise: Own},
	OfferAccept:       {Enterprise: Own},
	OrderAmend:        {Enterprise: Own},
	BlockPropose:      {Enterprise: Own},
	BlockStep:         {Enterprise: Own},
	LeaseStep:         {Enterprise: Own},
	PledgeBuy:         {Enterprise: Own},
}

// Approve returns nil when a may approve op to t.
func Approve(a Actor, op Operation, t Target) error {
	rule := FourEyes[op]
	if err := rule.authorise(a, t); err != ErrForbidden { //nolint:errorlint // the sentinel itself
		return err
	}
	return ErrForbidden.With("%s is approved by %s", op, rule.names())
}

// Without is the actor without some of his grants.
func (a Actor) Without(grants ...int64) Actor {
	a.Grants = slices.DeleteFunc(slices.Clone(a.Grants), func(g Grant) bool { return slices.Contains(grants, g.ID) })
	return a
}
