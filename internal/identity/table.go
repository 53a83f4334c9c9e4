package identity

import (
	"slices"
	"strings"
)

// Operation is something a caller does; of a command it is also the kind that
// the journal records.
type Operation string

// Relation is which objects a role may do an operation to.
type Relation uint8

// The relations.
const (
	None Relation = iota
	Own           // the actor's own party, or a region that the grant covers
	Any           // every object of the registry
)

// Rule says which roles may do an operation, and to what.
type Rule map[Role]Relation

func (r Rule) names() string {
	var names []string
	for role := range r {
		if role != System {
			names = append(names, string(role))
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// The commands.
const (
	PersonAdd        Operation = "person.add"
	GrantAdd         Operation = "grant.add"
	GrantRevoke      Operation = "grant.revoke"
	KeyMake          Operation = "key.make"
	KeyRevoke        Operation = "key.revoke"
	YearPublish      Operation = "calendar.publish"
	MarketOpen       Operation = "market.open"
	MarketState      Operation = "market.state"
	MarketTerms      Operation = "market.terms"
	BlockPropose     Operation = "block_trade.propose"
	BlockStep        Operation = "block_trade.step"
	InstrumentAdd    Operation = "instrument.add"
	PairAdd          Operation = "region_pair.add"
	AttainmentSet    Operation = "attainment.set"
	FactRecord       Operation = "fact.record"
	ZoneRuleSet      Operation = "zone_rule.set"
	ParameterSet     Operation = "parameter.set"
	PartyRegister    Operation = "party.register"
	PartyState       Operation = "party.state"
	USCCConfirm      Operation = "party.confirm_uscc"
	LicenceRegister  Operation = "licence.register"
	LicenceState     Operation = "licence.state"
	PartyRename      Operation = "party.rename"
	PartyGroup       Operation = "party.group"
	Succession       Operation = "succession.record"
	DepartureRecord  Operation = "departure.record"
	DepartureStep    Operation = "departure.step"
	CorrectionRecord Operation = "correction.record"
	DebtSettle       Operation = "debt.settle"
	OutsideNumber    Operation = "outside_number.record"
	DealMirror       Operation = "deal.mirror"
	ExportMake       Operation = "outside_export.make"
	ExportReceive    Operation = "outside_export.receive"
	ImportReceive    Operation = "outside_import.receive"
	ImportExplain    Operation = "outside_import.explain"
	ImportClose      Operation = "outside_import.close"
	CapDecide        Operation = "cap.decide"
	ReserveMoveOp    Operation = "reserve.move"
	LevelMove        Operation = "level.move"
	Allocate         Operation = "allocation.grant"
	OpeningSubmit    Operation = "opening_package.submit"
	OpeningTake      Operation = "opening_package.take"
	NoticeIssue      Operation = "payment_notice.issue"
	NoticeProve      Operation = "payment_notice.prove"
	NoticeDeliver    Operation = "payment_notice.deliver"
	NoticeCancel     Operation = "payment_notice.cancel"
	ProofWithdraw    Operation = "payment_notice.withdraw_proof"
	SurplusVerify    Operation = "surplus.verify"
	FreezePlace      Operation = "freeze.place"
	FreezeEmergency  Operation = "freeze.emergency"
	FreezeConfirm    Operation = "freeze.confirm"
	FreezeExtend     Operation = "freeze.extend"
	FreezeRelease    Operation = "freeze.release"
	FreezeSell       Operation = "freeze.sell"
	LeaseOffer       Operation = "lease.offer"
	LeaseStep        Operation = "lease.step"
	PledgeApply      Operation = "pledge.apply"
	PledgeStep       Operation = "pledge.step"
	PledgeOffer      Operation = "pledge.offer"
	PledgeTake       Operation = "pledge.take"
	PledgeBuy        Operation = "pledge.buy"
	DepositConfirm   Operation = "deposit.confirm"
	WithdrawRequest  Operation = "withdrawal.request"
	WithdrawConfirm  Operation = "withdrawal.confirm"
	WithdrawCancel   Operation = "withdrawal.cancel"
	StatementImport  Operation = "bank_statement.import"
	EntryAssign      Operation = "bank_entry.assign"
	EntryReturn      Operation = "bank_entry.return"
	AmountRecord     Operation = "licence.record_quantity"
	DischargeRecord  Operation = "discharge.record"
	TaskSet          Operation = "reduction_task.set"
	RenewalApply     Operation = "renewal.apply"
	RenewalStep      Operation = "renewal.step"
	ProjectRegister  Operation = "project.register"
	ProjectStep      Operation = "project.step"
	ProjectAssign    Operation = "project.assign"
	OrderPlace       Operation = "order.place"
	OrderCancel      Operation = "order.cancel"
	OrderBatch       Operation = "order.batch"
	OrderAmend       Operation = "order.amend"
	OrderSweep       Operation = "order.sweep"
	FeeScheduleSet   Operation = "fee_schedule.set"
	DealPropose      Operation = "deal.propose"
	DealStep         Operation = "deal.step"
	TransferPost     Operation = "transfer.post"
	TransferBatch    Operation = "transfer.batch"
	TimerFire        Operation = "timer.fire"
	Bootstrap        Operation = "registry.bootstrap"
	ProposalApprove  Operation = "proposal.approve"
	ProposalReject   Operation = "proposal.reject"
	ProposalWithdraw Operation = "proposal.withdraw"
	ProposalRefresh  Operation = "proposal.refresh"
	StandInOrder     Operation = "stand_in.order"
	PublicNoticePost Operation = "public_notice.post"
	PublicNoticeEnd  Operation = "public_notice.withdraw"
	ObjectionFile    Operation = "objection.file"
	ObjectionAnswer  Operation = "objection.answer"
	BuyBackApply     Operation = "buy_back.apply"
	BuyBackOpen      Operation = "buy_back.open"
	BuyBackStep      Operation = "buy_back.step"
	BuyBackVerify    Operation = "buy_back.verify"
	BuyBackReclaim   Operation = "buy_back.reclaim"
	BuyBackApprove   Operation = "buy_back.approve"
	BuyBackPay       Operation = "buy_back.pay"
	BuyBackBook      Operation = "buy_back.book"
	RefundRequest    Operation = "treasury_refund.request"
	RefundReceive    Operation = "treasury_refund.receive"
	RefundCancel     Operation = "treasury_refund.cancel"
	TreasuryPay      Operation = "treasury_payout.make"
	BudgetApprove    Operation = "budget.approve"
	BudgetLapse      Operation = "budget.lapse"
	BudgetCarry      Operation = "budget.carry_over"
	OfferOpen        Operation = "standing_offer.open"
	OfferClose       Operation = "standing_offer.close"
	OfferAccept      Operation = "standing_offer.accept"
	IdleDeclare      Operation = "idle.declare"
	IdleEnd          Operation = "idle.end"
	IdleSweep        Operation = "idle.sweep"

	OfferAnnounce        Operation = "offer.announce"
	OfferCancel          Operation = "offer.cancel"
	OfferVoid            Operation = "offer.void"
	OfferHalt            Operation = "offer.halt"
	OfferResume          Operation = "offer.resume"
	OfferCertify         Operation = "offer.certify"
	OfferOpenBids        Operation = "offer.open_bids"
	OfferCompute         Operation = "offer.compute"
	OfferApply           Operation = "offer.apply"
	OfferAward           Operation = "offer.award"
	OfferGiveBack        Operation = "offer.give_back"
	AwardSign            Operation = "award.sign"
	AwardContract        Operation = "award.contract"
	AwardSettle          Operation = "award.settle"
	AwardPay             Operation = "award.pay"
	AwardBook            Operation = "award.book"
	AwardDefault         Operation = "award.default"
	AwardRevoke          Operation = "award.revoke"
	RegistrationApply    Operation = "registration.apply"
	RegistrationWithdraw Operation = "registration.withdraw"
	QuotePlace           Operation = "quote.place"

	SchemeRegister        Operation = "carbon_scheme.register"
	MethodologyRegister   Operation = "methodology.register"
	ScenarioRegister      Operation = "scenario.register"
	ExclusionImport       Operation = "exclusion.import"
	ExclusionCorrect      Operation = "exclusion.correct"
	ActivitySubmit        Operation = "activity_batch.submit" // of the intake, as the next two
	PoolClose             Operation = "pool.close"
	ParticipantErase      Operation = "participant.erase"
	PointsBurn            Operation = "points.burn"
	NoticeConfirm         Operation = "payment_notice.confirm"
	LotAdd                Operation = "lot.add"
	LotRetire             Operation = "lot.retire"
	LotFreeze             Operation = "lot.freeze"
	LotUnfreeze           Operation = "lot.unfreeze"
	EarmarkMake           Operation = "earmark.make"
	EarmarkRelease        Operation = "earmark.release"
	EarmarkAllocate       Operation = "earmark.allocate"
	ListingOpen           Operation = "listing.open"
	ListingClose          Operation = "listing.close"
	ListingSell           Operation = "listing.sell"
	TaxListImport         Operation = "tax_list.import"
	InstalmentRequest     Operation = "instalment.request"
	InstalmentDecide      Operation = "instalment.decide"
	InstalmentProve       Operation = "instalment.prove"
	InstalmentConfirm     Operation = "instalment.confirm"
	InstalmentWithdraw    Operation = "instalment.withdraw_proof"
	FigureRecord          Operation = "official_figure.record"
	PeriodOpen            Operation = "period_close.open"
	PeriodExplain         Operation = "period_close.explain"
	PeriodSign            Operation = "period_close.sign"
	PeriodWithdraw        Operation = "period_close.withdraw"
	CreditIssue           Operation = "credit.issue"
	CreditProjectRegister Operation = "credit_project.register"
	CreditDeclare         Operation = "credit.declare"
	IssuanceStep          Operation = "issuance.step"
	ComplaintFile         Operation = "complaint.file"
	ComplaintAnswer       Operation = "complaint.answer"
	CreditTransfer        Operation = "credit.transfer"
	CreditOffer           Operation = "credit.offer"
	CreditMirror          Operation = "credit.mirror"
	RecognitionSet        Operation = "recognition.set"
	CreditRetire          Operation = "credit.retire"
	CreditRevoke          Operation = "credit.revoke"
	CreditRepay           Operation = "credit.repay"
	ObligationRecord      Operation = "carbon_obligation.record"
)

// The queries that not everybody may ask.
const (
	PersonRead      Operation = "person.read"
	KeyRead         Operation = "key.read"
	PartyRead       Operation = "party.read"
	HoldingRead     Operation = "holding.read"
	FactRead        Operation = "fact.read"
	Eligibility     Operation = "eligibility.ask"
	FundsRead       Operation = "funds.read"
	AccountRead     Operation = "account.read"
	OrderRead       Operation = "order.read"
	DealRead        Operation = "deal.read"
	UseRead         Operation = "use.read"     // what licences permit and discharge, and their reduction tasks
	RenewalRead     Operation = "renewal.read" // and reminders
	ProjectRead     Operation = "project.read"
	NoticeRead      Operation = "payment_notice.read"
	FreezeRead      Operation = "freeze.read"
	OutsideRead     Operation = "outside.read"       // outside numbers, mirrored deals
	PackageRead     Operation = "outside.packages"   // exports to other platforms and imports from them
	ChangeRead      Operation = "permit_change.read" // successions, new names, departures, corrections, debts
	ReserveRead     Operation = "reserve.read"       // lots, their movements and orders, earmarks, statements
	TaxListRead     Operation = "tax_list.read"
	FeeRead         Operation = "fee.read"   // what was charged
	MoneyRead       Operation = "money.read" // bank entries and statements
	CapRead         Operation = "cap.read"   // cap decisions, allocations, movements
	OpeningRead     Operation = "opening_package.read"
	JournalRead     Operation = "journal.read"
	TrialRead       Operation = "trial_balance.read"
	SelfRead        Operation = "self.read"
	PublicRead      Operation = "public.read" // regions, pollutants, markets, instruments, books, trades, basic accounts
	ProposalRead    Operation = "proposal.read"
	ObjectionRead   Operation = "objection.read"
	BuyBackRead     Operation = "buy_back.read" // with refunds and idle permits
	BidderRead      Operation = "bidder.read"   // registrations, receipts of quotes and, after the close, what they said
	BudgetRead      Operation = "budget.read"
	ForfeitRead     Operation = "forfeit.read"
	PeriodRead      Operation = "period_close.read"
	ExclusionRead   Operation = "exclusion.read"
	ComplaintRead   Operation = "complaint.read"
	SampleRead      Operation = "issuance.sample"
	ExceptionRead   Operation = "exception.read"
	ParticipantRead Operation = "participant.read"
	CreditRead      Operation = "credit.read" // projects, issuances, ranges, debts, obligations
	BlockRead       Operation = "block_trade.read"
	LeaseRead       Operation = "lease.read"
	PledgeRead      Operation = "pledge.read"
)

// Table is the one place that says who may do what. The contract's x-roles
// and docs say the same; a test compares them. The system makes keys where
// somebody who may open the database does so while no server runs.
var Table = map[Operation]Rule{
	PersonAdd:        {Admin: Any, System: Any},
	GrantAdd:         {Admin: Any, System: Any},
	GrantRevoke:      {Admin: Any},
	KeyMake:          {Admin: Any, System: Any},
	KeyRevoke:        {Admin: Any, System: Any},
	YearPublish:      {Admin: Any},
	MarketOpen:       {Admin: Any},
	MarketState:      {Admin: Any, BureauLeader: Own},
	MarketTerms:      {Admin: Any, BureauLeader: Own},
	BlockPropose:     {Enterprise: Own},
	BlockStep:        {Enterprise: Own, BureauLeader: Own},
	InstrumentAdd:    {Admin: Any, BureauClerk: Any, BureauLeader: Any},
	PairAdd:          {Admin: Any, Upper: Own},
	AttainmentSet:    {Upper: Own, BureauLeader: Own},
	FactRecord:       {BureauLeader: Own},
	ZoneRuleSet:      {BureauClerk: Own, BureauLeader: Own},
	ParameterSet:     {BureauClerk: Own, BureauLeader: Own, Upper: Own},
	PartyRegister:    {BureauClerk: Own, BureauLeader: Own},
	PartyState:       {BureauLeader: Own},
	USCCConfirm:      {BureauLeader: Own},
	LicenceRegister:  {BureauClerk: Own, BureauLeader: Own},
	LicenceState:     {BureauLeader: Own},
	PartyRename:      {BureauClerk: Own, BureauLeader: Own},
	PartyGroup:       {Admin: Any, BureauClerk: Own, BureauLeader: Own},
	Succession:       {BureauLeader: Own},
	DepartureRecord:  {BureauLeader: Own},
	DepartureStep:    {BureauClerk: Own, BureauLeader: Own},
	CorrectionRecord: {BureauLeader: Own},
	DebtSettle:       {BureauLeader: Own},
	OutsideNumber:    {BureauClerk: Own, BureauLeader: Own},
	DealMirror:       {BureauClerk: Own, BureauLeader: Own},
	ExportMake:       {BureauClerk: Own, BureauLeader: Own},
	ExportReceive:    {BureauClerk: Own, BureauLeader: Own},
	ImportReceive:    {BureauClerk: Own, BureauLeader: Own},
	ImportExplain:    {BureauClerk: Own, BureauLeader: Own},
	ImportClose:      {BureauLeader: Own},
	LevelMove:        {Upper: Own},
	OpeningSubmit:    {BureauClerk: Own, BureauLeader: Own, Upper: Own},
	OpeningTake:      {BureauClerk: Own, BureauLeader: Own, Upper: Own},
	NoticeIssue:      {BureauClerk: Own, BureauLeader: Own},
	NoticeProve:      {Finance: Own},
	NoticeDeliver:    {BureauLeader: Own},
	NoticeCancel:     {BureauLeader: Own},
	ProofWithdraw:    {Finance: Own},
	SurplusVerify:    {BureauLeader: Own},
	FreezePlace:      {BureauClerk: Own, BureauLeader: Own},
	FreezeEmergency:  {BureauClerk: Own, BureauLeader: Own},
	FreezeConfirm:    {BureauLeader: Own},
	FreezeExtend:     {BureauClerk: Own, BureauLeader: Own},
	FreezeRelease:    {BureauClerk: Own, BureauLeader: Own},
	FreezeSell:       {BureauClerk: Own, BureauLeader: Own},
	LeaseOffer:       {Enterprise: Own},
	LeaseStep:        {Enterprise: Own, BureauLeader: Own, System: Any},
	PledgeApply:      {Enterprise: Own},
	PledgeStep:       {Enterprise: Own, BureauLeader: Own, BankOfficer: Own, System: Any},
	PledgeOffer:      {BureauClerk: Own, BureauLeader: Own},
	PledgeTake:       {BureauLeader: Own},
	PledgeBuy:        {Enterprise: Own},
	DepositConfirm:   {Finance: Any},
	WithdrawRequest:  {Enterprise: Own, BankOfficer: Own},
	WithdrawConfirm:  {Finance: Any},
	WithdrawCancel:   {Enterprise: Own, BankOfficer: Own, Finance: Any},
	StatementImport:  {Finance: Any},
	EntryAssign:      {Finance: Any},
	EntryReturn:      {Finance: Any},
	AmountRecord:     {BureauLeader: Own},
	DischargeRecord:  {BureauClerk: Own, BureauLeader: Own},
	TaskSet:          {BureauLeader: Own},
	RenewalApply:     {Enterprise: Own},
	RenewalStep:      {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, System: Any},
	ProjectRegister:  {BureauClerk: Own, BureauLeader: Own},
	ProjectStep:      {BureauClerk: Own, BureauLeader: Own},
	ProjectAssign:    {BureauClerk: Own, BureauLeader: Own},
	OrderPlace:       {Enterprise: Own},
	OrderCancel:      {Enterprise: Own},
	OrderBatch:       {Enterprise: Own},
	OrderAmend:       {Enterprise: Own},
	OrderSweep:       {Enterprise: Own},
	FeeScheduleSet:   {Admin: Any, BureauLeader: Own},
	DealPropose:      {Enterprise: Own},
	DealStep:         {Enterprise: Own, BureauLeader: Own, Upper: Own, Finance: Own},
	TransferPost:     {Finance: Any, BureauLeader: Own},
	TransferBatch:    {Finance: Any, BureauLeader: Own},
	TimerFire:        {System: Any},
	Bootstrap:        {System: Any},

	OfferAnnounce:        {BureauClerk: Own, BureauLeader: Own},
	OfferCancel:          {BureauLeader: Own},
	OfferVoid:            {BureauClerk: Own, BureauLeader: Own},
	OfferHalt:            {BureauLeader: Own},
	OfferResume:          {BureauLeader: Own},
	OfferCertify:         {BureauClerk: Own, BureauLeader: Own},
	OfferOpenBids:        {System: Any},
	OfferCompute:         {System: Any},
	OfferApply:           {System: Any},
	OfferAward:           {System: Any},
	OfferGiveBack:        {System: Any},
	AwardSign:            {Enterprise: Own},
	AwardContract:        {BureauClerk: Own, BureauLeader: Own},
	AwardSettle:          {Enterprise: Own},
	AwardPay:             {Finance: Own},
	AwardBook:            {BureauClerk: Own, BureauLeader: Own},
	AwardDefault:         {BureauClerk: Own, BureauLeader: Own},
	AwardRevoke:          {BureauClerk: Own, BureauLeader: Own},
	RegistrationApply:    {Enterprise: Own},
	RegistrationWithdraw: {Enterprise: Own},
	QuotePlace:           {Enterprise: Any},

	NoticeConfirm:      {Finance: Own},
	LotAdd:             {BureauClerk: Own, BureauLeader: Own},
	LotRetire:          {BureauClerk: Own, BureauLeader: Own},
	LotFreeze:          {BureauClerk: Own, BureauLeader: Own},
	LotUnfreeze:        {BureauClerk: Own, BureauLeader: Own},
	EarmarkMake:        {BureauClerk: Own, BureauLeader: Own},
	EarmarkRelease:     {BureauLeader: Own},
	EarmarkAllocate:    {BureauClerk: Own, BureauLeader: Own},
	ListingOpen:        {BureauClerk: Own, BureauLeader: Own},
	ListingClose:       {BureauLeader: Own},
	ListingSell:        {BureauClerk: Own, BureauLeader: Own},
	TaxListImport:      {Finance: Own},
	InstalmentRequest:  {Enterprise: Own, BureauClerk: Own, BureauLeader: Own},
	InstalmentDecide:   {BureauLeader: Own},
	InstalmentProve:    {Finance: Own},
	InstalmentConfirm:  {Finance: Own},
	InstalmentWithdraw: {Finance: Own},
	CapDecide:          {BureauClerk: Own, BureauLeader: Own, Upper: Own},
	ReserveMoveOp:      {BureauClerk: Own, BureauLeader: Own},
	Allocate:           {BureauClerk: Own, BureauLeader: Own},
	ProposalApprove:    {Enterprise: Own, BureauLeader: Own, Finance: Own, Upper: Own, Admin: Any},
	ProposalReject:     {Enterprise: Own, BureauLeader: Own, Finance: Own, Upper: Own, Admin: Any},
	ProposalWithdraw:   {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Admin: Any},
	ProposalRefresh:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Admin: Any},
	StandInOrder:       {Admin: Any},
	PublicNoticePost:   {BureauClerk: Own, BureauLeader: Own},
	PublicNoticeEnd:    {BureauLeader: Own},
	ObjectionFile:      {Enterprise: Any, BureauClerk: Own, BureauLeader: Own},
	ObjectionAnswer:    {BureauLeader: Own},
	FigureRecord:       {BureauClerk: Own, BureauLeader: Own, Finance: Own},
	PeriodOpen:         {BureauClerk: Own, BureauLeader: Own, Finance: Own},
	PeriodExplain:      {BureauClerk: Own, BureauLeader: Own, Finance: Own},
	PeriodSign:         {BureauLeader: Own, Finance: Own},
	PeriodWithdraw:     {BureauLeader: Own, Finance: Own},

	SchemeRegister:      {BureauClerk: Own, BureauLeader: Own},
	MethodologyRegister: {BureauClerk: Any, BureauLeader: Any},
	ScenarioRegister:    {BureauClerk: Own, BureauLeader: Own},
	ExclusionImport:     {BureauClerk: Own, BureauLeader: Own, Operator: Own},
	ExclusionCorrect:    {BureauClerk: Own, BureauLeader: Own},
	ActivitySubmit:      {Operator: Own},
	PoolClose:           {Verifier: Own, BureauLeader: Own},
	ParticipantErase:    {Operator: Own},
	PointsBurn:          {Operator: Own},
	ParticipantRead:     {Operator: Own},
	ComplaintRead:       {Operator: Own, BureauClerk: Own, BureauLeader: Own, Auditor: Any},
	SampleRead:          {BureauClerk: Own, BureauLeader: Own, Operator: Own, Verifier: Own, Auditor: Any},
	ExclusionRead:       {BureauClerk: Any, BureauLeader: Any, Operator: Any, Verifier: Any, Auditor: Any},

	CreditIssue:           {Operator: Own, System: Any},
	CreditProjectRegister: {BureauClerk: Own, BureauLeader: Own},
	CreditDeclare:         {Enterprise: Own, Operator: Own},
	ComplaintFile:         {Operator: Own, BureauClerk: Own, BureauLeader: Own},
	ComplaintAnswer:       {BureauLeader: Own},
	IssuanceStep:          {BureauClerk: Own, BureauLeader: Own, Operator: Own, Verifier: Own},
	CreditTransfer:        {Enterprise: Own},
	CreditOffer:           {Enterprise: Own},
	CreditMirror:          {Enterprise: Own},
	RecognitionSet:        {BureauClerk: Own, BureauLeader: Own},
	CreditRetire:          {Enterprise: Own},
	CreditRevoke:          {BureauLeader: Own},
	CreditRepay:           {Enterprise: Own},
	ObligationRecord:      {BureauClerk: Own, BureauLeader: Own},
	CreditRead:            {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Operator: Own, Verifier: Own, Upper: Own, Auditor: Any},

	PersonRead:     {Admin: Any, Auditor: Any},
	KeyRead:        {Admin: Any, Auditor: Any},
	PartyRead:      {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Any, Upper: Own, Auditor: Any, Admin: Any},
	HoldingRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	FactRead:       {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	Eligibility:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	FundsRead:      {Enterprise: Own, BankOfficer: Own, Finance: Any, Auditor: Any},
	AccountRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Any, Upper: Own, Auditor: Any},
	OrderRead:      {Enterprise: Own, Auditor: Any},
	BlockRead:      {Enterprise: Own, BureauLeader: Own, Auditor: Any},
	DealRead:       {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	UseRead:        {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	RenewalRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	ProjectRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	OutsideRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Auditor: Any},
	PackageRead:    {BureauClerk: Own, BureauLeader: Own, Auditor: Any},
	ChangeRead:     {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Auditor: Any},
	FreezeRead:     {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Auditor: Any},
	LeaseRead:      {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	PledgeRead:     {Enterprise: Own, BankOfficer: Own, BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	NoticeRead:     {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Auditor: Any},
	ReserveRead:    {BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	TaxListRead:    {BureauClerk: Own, BureauLeader: Own, Finance: Own, Auditor: Any},
	MoneyRead:      {Finance: Any, Auditor: Any},
	FeeRead:        {Finance: Any, Auditor: Any},
	CapRead:        {BureauClerk: Own, BureauLeader: Own, Upper: Own, Auditor: Any},
	JournalRead:    {Auditor: Any},
	TrialRead:      {Auditor: Any, Finance: Any},
	SelfRead:       {Enterprise: Any, BureauClerk: Any, BureauLeader: Any, Finance: Any, Upper: Any, Partner: Any, BankOfficer: Any, Operator: Any, Verifier: Any, Auditor: Any, Admin: Any},
	PublicRead:     {Public: Any},
	ProposalRead:   {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Admin: Any, Auditor: Any},
	ObjectionRead:  {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Auditor: Any}, // an enterprise: what its user has filed
	BuyBackApply:   {Enterprise: Own},
	BuyBackOpen:    {BureauClerk: Own, BureauLeader: Own},
	BuyBackStep:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own},
	BuyBackVerify:  {BureauLeader: Own},
	BuyBackReclaim: {BureauLeader: Own},
	BuyBackApprove: {BureauLeader: Own},
	BuyBackPay:     {Finance: Own},
	BuyBackBook:    {BureauLeader: Own},
	RefundRequest:  {BureauLeader: Own, Finance: Own},
	RefundReceive:  {Finance: Own},
	RefundCancel:   {BureauLeader: Own, Finance: Own},
	TreasuryPay:    {Finance: Own},
	BudgetApprove:  {Finance: Own},
	BudgetLapse:    {Finance: Own},
	BudgetCarry:    {Finance: Own},
	OfferOpen:      {BureauLeader: Own},
	OfferClose:     {BureauLeader: Own},
	OfferAccept:    {Enterprise: Own},
	IdleDeclare:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own},
	IdleEnd:        {Enterprise: Own, BureauClerk: Own, BureauLeader: Own},
	IdleSweep:      {BureauLeader: Own},
	BidderRead:     {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Auditor: Any},
	BuyBackRead:    {Enterprise: Own, BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	ForfeitRead:    {BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	BudgetRead:     {BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	PeriodRead:     {BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
	ExceptionRead:  {Auditor: Any},
	OpeningRead:    {BureauClerk: Own, BureauLeader: Own, Finance: Own, Upper: Own, Auditor: Any},
}
