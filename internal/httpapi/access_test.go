package httpapi_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// ruleOf is the rule that each operation of the contract is under.
var ruleOf = map[string]identity.Operation{
	"listRegions": identity.PublicRead, "getRegion": identity.PublicRead, "listBasicAccounts": identity.PublicRead,
	"listPollutants": identity.PublicRead, "listAttainments": identity.PublicRead, "listRegionPairs": identity.PublicRead,
	"listRules": identity.PublicRead, "listParameters": identity.PublicRead, "listZoneRules": identity.PublicRead,
	"listCalendarYears": identity.PublicRead, "getCalendarYear": identity.PublicRead,
	"listInstruments": identity.PublicRead, "getInstrument": identity.PublicRead, "listMarkets": identity.PublicRead,
	"getMarket": identity.PublicRead, "getBook": identity.PublicRead, "listTrades": identity.PublicRead, "streamMarketEvents": identity.PublicRead,

	"setParameter": identity.ParameterSet, "setZoneRule": identity.ZoneRuleSet, "listFacts": identity.FactRead, "recordFact": identity.FactRecord,
	"askEligibility": identity.Eligibility,

	"recordAttainment": identity.AttainmentSet, "createRegionPair": identity.PairAdd, "publishCalendarYear": identity.YearPublish,
	"createInstrument": identity.InstrumentAdd, "createMarket": identity.MarketOpen, "setMarketState": identity.MarketState,
	"listMarketTerms": identity.PublicRead, "setMarketTerms": identity.MarketTerms, "getMarketStatus": identity.PublicRead,
	"listCloses": identity.PublicRead, "listCalls": identity.PublicRead, "listCandles": identity.PublicRead,
	"listBlockTrades": identity.BlockRead, "getBlockTrade": identity.BlockRead, "proposeBlockTrade": identity.BlockPropose, "stepBlockTrade": identity.BlockStep,

	"getMe": identity.SelfRead, "listPersons": identity.PersonRead, "getPerson": identity.PersonRead, "createPerson": identity.PersonAdd,
	"listGrants": identity.PersonRead, "createGrant": identity.GrantAdd, "revokeGrant": identity.GrantRevoke,
	"listKeys": identity.KeyRead, "createKey": identity.KeyMake, "revokeKey": identity.KeyRevoke,

	"listParties": identity.PartyRead, "getParty": identity.PartyRead, "createParty": identity.PartyRegister,
	"confirmPartyUSCC": identity.USCCConfirm, "setPartyState": identity.PartyState, "setPartyOwnerGroup": identity.PartyGroup,
	"listPartyContacts": identity.ContactRead, "recordPartyContact": identity.PartyContact,
	"listLicences": identity.PartyRead, "getLicence": identity.PartyRead, "createLicence": identity.LicenceRegister, "setLicenceState": identity.LicenceState,

	"listHoldings": identity.HoldingRead, "listAcquisitions": identity.HoldingRead, "listSurplus": identity.HoldingRead,
	"listSurplusLosses":        identity.HoldingRead,
	"listSurplusVerifications": identity.HoldingRead, "verifySurplus": identity.SurplusVerify,
	"listAccounts": identity.AccountRead, "getAccount": identity.AccountRead, "getAccountStatement": identity.AccountRead,
	"listFunds": identity.FundsRead, "getTrialBalance": identity.TrialRead, "getTransfer": identity.AccountRead,
	"postTransfer": identity.TransferPost, "postTransferBatch": identity.TransferBatch,

	"listCapDecisions": identity.CapRead, "decideCap": identity.CapDecide, "listReserveMovements": identity.CapRead, "moveReserve": identity.ReserveMoveOp,
	"listLevelTransfers": identity.CapRead, "transferLevel": identity.LevelMove, "listAllocations": identity.CapRead, "allocatePermits": identity.Allocate,
	"listPaymentNotices": identity.NoticeRead, "getPaymentNotice": identity.NoticeRead, "issuePaymentNotice": identity.NoticeIssue,
	"provePayment": identity.NoticeProve, "deliverPaymentNotice": identity.NoticeDeliver, "cancelPaymentNotice": identity.NoticeCancel, "withdrawProof": identity.ProofWithdraw,
	"confirmPayment": identity.NoticeConfirm, "listTaxLists": identity.TaxListRead, "importTaxList": identity.TaxListImport, "listTaxReceipts": identity.TaxListRead,

	"listLots": identity.ReserveRead, "getLot": identity.ReserveRead, "addLot": identity.LotAdd, "freezeLot": identity.LotFreeze,
	"unfreezeLot": identity.LotUnfreeze, "retireLots": identity.LotRetire, "listLotOrders": identity.ReserveRead, "listLotMovements": identity.ReserveRead,
	"getReserveStatement": identity.ReserveRead, "getReserveStatementLots": identity.ReserveRead,
	"listEarmarks": identity.ReserveRead, "getEarmark": identity.ReserveRead, "makeEarmark": identity.EarmarkMake, "releaseEarmark": identity.EarmarkRelease,
	"allocateEarmark": identity.EarmarkAllocate, "listEarmarkAllocations": identity.ReserveRead,
	"listListings": identity.PublicRead, "getListing": identity.PublicRead, "openListing": identity.ListingOpen, "closeListing": identity.ListingClose,
	"sellListing": identity.ListingSell, "listInstalmentPlans": identity.NoticeRead, "getInstalmentPlan": identity.NoticeRead,
	"requestInstalments": identity.InstalmentRequest, "decideInstalments": identity.InstalmentDecide, "proveInstalment": identity.InstalmentProve,
	"confirmInstalment": identity.InstalmentConfirm, "withdrawInstalmentProof": identity.InstalmentWithdraw,

	"listOffers": identity.PublicRead, "getOffer": identity.PublicRead, "announceOffer": identity.OfferAnnounce, "cancelOffer": identity.OfferCancel,
	"voidOffer": identity.OfferVoid, "haltOffer": identity.OfferHalt, "resumeOffer": identity.OfferResume, "certifyOffer": identity.OfferCertify, "registerBidder": identity.RegistrationApply,
	"listAwards": identity.BidderRead, "getAward": identity.BidderRead, "signAward": identity.AwardSign, "contractAward": identity.AwardContract,
	"listOperatorChanges": identity.PublicRead, "setSchemeOperator": identity.SchemeOperatorSet,
	"listCreditLives": identity.PublicRead, "setCreditLife": identity.CreditLifeSet,
	"listRecognitions": identity.PublicRead, "setRecognition": identity.RecognitionSet, "listCreditMirrors": identity.CreditRead,
	"mirrorCredits": identity.CreditMirror, "burnPoints": identity.PointsBurn,
	"settleAward": identity.AwardSettle, "offerCredits": identity.CreditOffer,
	"payAward": identity.AwardPay, "bookAward": identity.AwardBook, "defaultAward": identity.AwardDefault, "revokeAward": identity.AwardRevoke,
	"getOfferResult":       identity.PublicRead,
	"getOfferCase":         identity.OfferCaseRead,
	"withdrawRegistration": identity.RegistrationWithdraw, "listRegistrations": identity.BidderRead, "getRegistration": identity.BidderRead,
	"placeQuote": identity.QuotePlace, "listQuotes": identity.BidderRead, "listBids": identity.BidderRead, "getSight": identity.BidderRead,

	"listSuccessions": identity.ChangeRead, "getSuccession": identity.ChangeRead, "recordSuccession": identity.Succession,
	"listPartyRenames": identity.ChangeRead, "renameParty": identity.PartyRename, "listDepartures": identity.ChangeRead,
	"getDeparture": identity.ChangeRead, "recordDeparture": identity.DepartureRecord, "stepDeparture": identity.DepartureStep,

	"listCorrections": identity.ChangeRead, "recordCorrection": identity.CorrectionRecord, "listDebts": identity.ChangeRead,
	"getDebt": identity.ChangeRead, "settleDebt": identity.DebtSettle,

	"listOutsideNumbers": identity.OutsideRead, "recordOutsideNumber": identity.OutsideNumber, "listMirroredDeals": identity.OutsideRead,
	"mirrorDeal": identity.DealMirror, "listExportPackages": identity.PackageRead, "makeExportPackage": identity.ExportMake,
	"getExportPackage": identity.PackageRead, "receiveExportPackage": identity.ExportReceive, "getExportFile": identity.PackageRead,
	"listImportPackages": identity.PackageRead, "receiveImportPackage": identity.ImportReceive, "getImportPackage": identity.PackageRead,
	"getImportDifferences": identity.PackageRead, "explainImportDifference": identity.ImportExplain, "closeImportPackage": identity.ImportClose,

	"getOpeningTemplate": identity.PublicRead, "listOpeningPackages": identity.OpeningRead, "getOpeningPackage": identity.OpeningRead,
	"getOpeningFaults": identity.OpeningRead, "submitOpeningPackage": identity.OpeningSubmit, "takeOpeningPackage": identity.OpeningTake,
	"listFreezes": identity.FreezeRead, "getFreeze": identity.FreezeRead, "placeFreeze": identity.FreezePlace,
	"placeEmergencyFreeze": identity.FreezeEmergency, "confirmFreeze": identity.FreezeConfirm, "extendFreeze": identity.FreezeExtend,
	"listCertificates": identity.HoldingRead, "getCertificate": identity.HoldingRead, "checkCertificate": identity.PublicRead,
	"listLeases": identity.LeaseRead, "getLease": identity.LeaseRead, "offerLease": identity.LeaseOffer, "stepLease": identity.LeaseStep,
	"listPledges": identity.PledgeRead, "getPledge": identity.PledgeRead, "applyPledge": identity.PledgeApply, "stepPledge": identity.PledgeStep,
	"offerPledged": identity.PledgeOffer, "takePledged": identity.PledgeTake, "buyPledged": identity.PledgeBuy,
	"listPledgeOffers": identity.PublicRead, "listPledgeSales": identity.PledgeRead, "quotePrice": identity.PublicRead,
	"releaseFreeze": identity.FreezeRelease, "sellFrozen": identity.FreezeSell, "listJudicialSales": identity.FreezeRead,

	"listBuyBacks": identity.BuyBackRead, "getBuyBack": identity.BuyBackRead, "getBuyBackSteps": identity.BuyBackRead, "getBuyBackPrices": identity.BuyBackRead,
	"applyBuyBack": identity.BuyBackApply, "openBuyBack": identity.BuyBackOpen, "stepBuyBack": identity.BuyBackStep, "verifyBuyBack": identity.BuyBackVerify,
	"reclaimBuyBack": identity.BuyBackReclaim, "approveBuyBack": identity.BuyBackApprove, "payBuyBack": identity.BuyBackPay, "bookBuyBack": identity.BuyBackBook,
	"listTreasuryPayouts": identity.ForfeitRead, "makeTreasuryPayout": identity.TreasuryPay, "getForfeitStatement": identity.ForfeitRead,
	"listTreasuryRefunds": identity.BuyBackRead, "requestTreasuryRefund": identity.RefundRequest, "receiveTreasuryRefund": identity.RefundReceive,
	"cancelTreasuryRefund": identity.RefundCancel, "listBudgets": identity.BudgetRead, "getBudget": identity.BudgetRead, "getBudgetMovements": identity.BudgetRead,
	"approveBudget": identity.BudgetApprove, "lapseBudget": identity.BudgetLapse, "carryBudgetOver": identity.BudgetCarry,
	"listStandingOffers": identity.PublicRead, "openStandingOffer": identity.OfferOpen, "closeStandingOffer": identity.OfferClose, "acceptStandingOffer": identity.OfferAccept,
	"listIdleDeclarations": identity.BuyBackRead, "listIdlePermits": identity.BuyBackRead, "declareIdle": identity.IdleDeclare, "endIdle": identity.IdleEnd, "sweepIdle": identity.IdleSweep,

	"listDeposits": identity.FundsRead, "confirmDeposit": identity.DepositConfirm, "listWithdrawals": identity.FundsRead,
	"getWithdrawal": identity.FundsRead, "requestWithdrawal": identity.WithdrawRequest, "listPayeeAccounts": identity.FundsRead,
	"registerPayeeAccount": identity.PayeeRegister, "closePayeeAccount": identity.PayeeClose, "confirmWithdrawal": identity.WithdrawConfirm,
	"cancelWithdrawal": identity.WithdrawCancel, "listBankStatements": identity.MoneyRead, "getBankStatement": identity.MoneyRead,
	"importBankStatement": identity.StatementImport, "listBankEntries": identity.MoneyRead, "assignBankEntry": identity.EntryAssign,
	"returnBankEntry": identity.EntryReturn,

	"listOrders": identity.OrderRead, "getOrder": identity.OrderRead, "placeOrder": identity.OrderPlace, "cancelOrder": identity.OrderCancel,
	"amendOrder": identity.OrderAmend, "sweepOrders": identity.OrderSweep, "listOrderSweeps": identity.OrderRead, "getOrderSweep": identity.OrderRead,
	"setFeeSchedule": identity.FeeScheduleSet, "listFeeSchedules": identity.PublicRead, "getFeeQuote": identity.PublicRead, "getFeeStatement": identity.FeeRead,
	"submitOrderBatch": identity.OrderBatch,
	"listDeals":        identity.DealRead, "getDeal": identity.DealRead, "proposeDeal": identity.DealPropose, "stepDeal": identity.DealStep,
	"listProjects": identity.ProjectRead, "getProject": identity.ProjectRead, "registerProject": identity.ProjectRegister,
	"stepProject": identity.ProjectStep, "assignToProject": identity.ProjectAssign, "listProjectEntries": identity.ProjectRead,
	"listLicenceQuantities": identity.UseRead, "listLicenceQuantityChanges": identity.UseRead, "recordLicenceQuantity": identity.AmountRecord,
	"listDischarges": identity.UseRead, "recordDischarge": identity.DischargeRecord, "listReductionTasks": identity.UseRead,
	"setReductionTask": identity.TaskSet, "getSurplusEstimate": identity.UseRead,
	"listRenewals": identity.RenewalRead, "getRenewal": identity.RenewalRead, "applyForRenewal": identity.RenewalApply,
	"stepRenewal": identity.RenewalStep, "listReminders": identity.RenewalRead,
	"getInbox": identity.SelfRead, "listProposals": identity.ProposalRead, "getProposal": identity.ProposalRead,
	"approveProposal": identity.ProposalApprove, "rejectProposal": identity.ProposalReject, "withdrawProposal": identity.ProposalWithdraw,
	"refreshProposal": identity.ProposalRefresh, "listStandIns": identity.PersonRead, "orderStandIn": identity.StandInOrder,
	"listPublicNotices": identity.PublicRead, "getPublicNotice": identity.PublicRead, "postPublicNotice": identity.PublicNoticePost,
	"withdrawPublicNotice": identity.PublicNoticeEnd, "fileObjection": identity.ObjectionFile, "listObjections": identity.ObjectionRead, "getObjection": identity.ObjectionRead,
	"answerObjection": identity.ObjectionAnswer,
	"fileComplaint":   identity.ComplaintFile, "listComplaints": identity.ComplaintRead, "answerComplaint": identity.ComplaintAnswer, "getIssuanceSample": identity.SampleRead,
	"listStatistics": identity.PublicRead, "listOfficialFigures": identity.PublicRead, "recordOfficialFigure": identity.FigureRecord,
	"listPeriodCloses": identity.PeriodRead, "getPeriodClose": identity.PeriodRead, "openPeriodClose": identity.PeriodOpen,
	"explainCloseDifference": identity.PeriodExplain, "signPeriodClose": identity.PeriodSign, "withdrawPeriodClose": identity.PeriodWithdraw,
	"getCloseFiles": identity.PeriodRead, "getCloseFile": identity.PeriodRead, "listExceptions": identity.ExceptionRead,
	"listCarbonSchemes": identity.PublicRead, "registerCarbonScheme": identity.SchemeRegister, "listMethodologies": identity.PublicRead,
	"getMethodology": identity.PublicRead, "registerMethodology": identity.MethodologyRegister, "listScenarios": identity.PublicRead,
	"submitActivityBatch": identity.ActivitySubmit, "closePool": identity.PoolClose, "eraseParticipant": identity.ParticipantErase,
	"getParticipant": identity.ParticipantRead, "getParticipantHistory": identity.ParticipantRead, "getPointsBurns": identity.ParticipantRead,
	"listMonthlyReductions": identity.PublicRead, "listCarbonTotals": identity.PublicRead, "listPools": identity.PublicRead, "getReductions": identity.PublicRead,
	"registerScenario": identity.ScenarioRegister, "listCreditProjects": identity.IssuanceRead, "registerCreditProject": identity.CreditProjectRegister, "listIssuances": identity.IssuanceRead,
	"getIssuance": identity.IssuanceRead, "declareReductions": identity.CreditDeclare, "issuePool": identity.CreditIssue, "stepIssuance": identity.IssuanceStep,
	"revokeCredits": identity.CreditRevoke, "listCreditSeries": identity.PublicRead, "listCredits": identity.CreditRead,
	"transferCredits": identity.CreditTransfer, "listRetirements": identity.PublicRead, "getRetirement": identity.PublicRead,
	"retireCredits": identity.CreditRetire, "listCarbonObligations": identity.CreditRead, "recordCarbonObligation": identity.ObligationRecord,
	"listCreditDebts": identity.CreditDebtRead, "repayCredits": identity.CreditRepay, "listExclusions": identity.ExclusionRead, "importExclusions": identity.ExclusionImport, "correctExclusion": identity.ExclusionCorrect, "checkRetirement": identity.PublicRead,
	"listJournal": identity.JournalRead, "getJournalHead": identity.JournalRead, "getJournalRow": identity.JournalRead,
}

// ungoverned are the operations that no rule is about: they ask nothing of the registry.
var ungoverned = []string{"checkHealth", "checkReadiness"}

// contractOperations calls each with every operation of the contract.
func contractOperations(each func(method, path string, o *openapi3.Operation)) {
	for path, item := range contractDoc.Paths.Map() {
		for method, o := range item.Operations() {
			each(method, path, o)
		}
	}
}

// The roles that the contract states for an operation are those of the one
// table that is enforced. The system has no key, so the contract does not know it.
func TestAccess_ContractSaysTheTable(t *testing.T) {
	t.Parallel()
	governed := map[identity.Operation]bool{}
	contractOperations(func(_, _ string, o *openapi3.Operation) {
		if slices.Contains(ungoverned, o.OperationID) {
			return
		}
		op, known := ruleOf[o.OperationID]
		if !known {
			t.Errorf("%s is under no rule", o.OperationID)
			return
		}
		governed[op] = true
		if _, fourEyes := identity.FourEyes[op]; fourEyes != (o.Responses.Value("202") != nil) {
			t.Errorf("%s: it needs a second person's approval: %v; the contract has the answer 202: %v", o.OperationID, fourEyes, !fourEyes)
		}
		var want, got []string
		for role, relation := range identity.Table[op] {
			if relation != identity.None && role != identity.System {
				want = append(want, string(role))
			}
		}
		stated, _ := o.Extensions["x-roles"].([]any)
		for _, role := range stated {
			got = append(got, role.(string))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Errorf("%s: the contract says %v, the table says %v of %s", o.OperationID, got, want, op)
		}
	})
	for op := range identity.Table {
		_, onlySystem := identity.Table[op][identity.System]
		if onlySystem = onlySystem && len(identity.Table[op]) == 1; !governed[op] && !onlySystem {
			t.Errorf("%s is no operation of the contract", op)
		}
	}
}

// A key that is not valid is refused by every operation, also where none is
// needed: whoever sends one believes to be somebody.
func TestAccess_BadKey(t *testing.T) {
	t.Parallel()
	w := open(t)
	contractOperations(func(method, path string, o *openapi3.Operation) {
		path = regexp.MustCompile(`{[a-z_]+}`).ReplaceAllString(path, "1")
		for name, value := range map[string]string{
			"unknown": "Bearer px_nobody_nobody_nobody", "malformed": "Bearer secret", "another scheme": "Basic cHg6cHg=", "empty": "",
		} {
			a := w.send(method, path, "", "", func(r *http.Request) { r.Header.Set("Authorization", value) })
			if a.status != http.StatusUnauthorized || a.header.Get("Www-Authenticate") != "Bearer" {
				t.Errorf("%s: a key that is %s: %d %s", o.OperationID, name, a.status, a.body)
			}
		}
	})
}

// relation is how an actor stands to the objects of the walk: those of the
// first firm, which are in Jiaxing.
type relation string

const (
	own   relation = "own"
	other relation = "other"
	every relation = "every region"
)

// actor is somebody who holds one role.
type actor struct {
	role     identity.Role
	relation relation
	key      string
}

const jiaxing = "330400"

// actors make one person for each role and relation.
func (w *world) actors() []actor {
	w.t.Helper()
	all := []actor{{identity.Enterprise, own, w.firms[0].key}, {identity.Enterprise, other, w.firms[2].key}}
	for _, role := range identity.Roles {
		name := string(role)
		switch {
		case role == identity.Enterprise:
		case slices.Contains(identity.Regional, role):
			var party int64
			if role == identity.Operator {
				party = w.firms[0].party
			}
			all = append(all,
				actor{role, own, w.person(name+"-own", app.GrantAdd{Role: role, Region: jiaxing, WithChildren: true, Party: party})},
				actor{role, other, w.person(name+"-other", app.GrantAdd{Role: role, Region: apptest.Qingpu, Party: party})},
				actor{role, every, w.person(name+"-every", app.GrantAdd{Role: role, Party: party})})
		case role == identity.BankOfficer:
			_, keys := w.banks()
			all = append(all, actor{role, own, keys[0]}, actor{role, other, keys[1]})
		default:
			all = append(all, actor{role, own, w.person(name+"-any", app.GrantAdd{Role: role})})
		}
	}
	return all
}

// walked is a world with an object of every kind, all of the first firm or in
// its region. Those that a command spends are there for it alone.
type walked struct {
	*world
	buyer, spare                                                firm
	early, person, grant, key                                   int64
	order, sweep, deal                                          int64
	unallocated, reserve, holding                               int64
	block                                                       int64 // that the first firm may confirm
	funds, otherFunds, toProve, toDeliver, toCancel, toWithdraw int64
	toCertify, lot, earmark, toGiveUp                           int64
	listing, toClose, toDivide, plan, part                      int64
	award                                                       int64 // of an auction that was certified; 0: of none
	offer, toRegister, toEnd, registration, toLeave             int64 // auctions and bidders
	toQuit                                                      int64
	toConfirm, toDrop, toAssign, toReturn, toClosePayee         int64
	transfer, statement                                         int64
	line, project                                               int64 // projects: of the buyer, and one to be approved of the first firm
	succession, departure, site                                 int64
	wrong, debt, toSettle                                       int64
	renewal                                                     int64
	frozen, toConfirmFreeze, toRelease                          int64
	opening                                                     int64
	export, imported, toCloseImport                             int64
	leaderGrant, notice, objection                              int64
	toExplain, difference, toSign                               int64
	encumbered                                                  encumbered
	toApprove, toReject                                         map[identity.Role]api.Proposal
	buyBacks                                                    walkedBuyBacks
	carbon                                                      walkedCarbon
}

const smallMarket = "JX-VOCS"

func openWalked(t *testing.T) *walked {
	t.Helper()
	w := &walked{world: open(t)}
	w.remind()
	leader, finance := w.personOf(w.leader), w.personOf(w.finance)
	for _, region := range []string{jiaxing, apptest.Nanhu} {
		w.must(leader, app.CapDecide{Region: region, Pollutant: apptest.VOCs, Change: 1000 * quantity.OneQuantity, Document: "cap", DecidedOn: 20260101})
	}
	w.must(leader, app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	w.buyer, w.spare = w.newFirm(10, apptest.Nanhu), w.newFirm(11, apptest.Jiashan)
	w.must(leader, app.PartyRegister{Name: "early", USCC: badCheck(apptest.USCC(apptest.Jiashan, 12)), Region: apptest.Jiashan, Industry: "2319"})
	w.early = lastID(w.world, app.Parties)
	w.must(w.admin, app.PersonAdd{Name: "spare"})
	w.person = lastID(w.world, app.Persons)
	w.must(w.admin, app.GrantAdd{Person: w.person, Role: identity.Operator, Party: w.firms[0].party})
	w.grant = lastID(w.world, app.Grants)
	w.must(w.admin, app.KeyMake{Person: w.person, Label: "spare", Hash: identity.HashSecret("px_spare"), Prefix: "px_spar"})
	w.key = lastID(w.world, app.Keys)
	w.must(w.admin, app.MarketOpen{
		Code: smallMarket, Name: "嘉兴VOCs", Pollutant: apptest.VOCs, Regions: []string{apptest.Jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	f := w.firms[0]
	w.order = decode[api.Order](t, w.post("/v1/orders", f.key, order(f, "sell", "2400", "1"))).ID
	w.must(w.personOf(f.key), app.OrderSweep{Party: f.party, Side: market.Buy})
	w.sweep = last(w.world, app.OrderSweeps)
	w.must(w.admin, app.MarketTerms{Market: marketCode, ValidFrom: w.app.Now().Date(), BlockLeast: quantity.OneQuantity})
	w.must(w.personOf(w.firms[1].key), app.BlockPropose{
		Market: marketCode, Instrument: instrumentCode, Side: market.Buy, Licence: w.firms[1].licence, CounterpartyParty: f.party,
		CounterpartyLicence: f.licence, Quantity: quantity.OneQuantity, Price: 2400 * quantity.OnePrice,
	})
	w.block = last(w.world, app.Blocks)
	w.account(&w.unallocated, app.Where("kind", int64(ledger.Unallocated)).And("region", app.Eq, apptest.Jiashan))
	w.account(&w.reserve, app.Where("kind", int64(ledger.Reserve)).And("region", app.Eq, apptest.Jiashan))
	w.account(&w.holding, app.Where("kind", int64(ledger.Holding)).And("party", app.Eq, f.party))
	w.account(&w.funds, app.Where("kind", int64(ledger.Funds)).And("party", app.Eq, f.party))
	w.account(&w.otherFunds, app.Where("kind", int64(ledger.Funds)).And("party", app.Eq, w.firms[2].party))
	for _, id := range []*int64{&w.toProve, &w.toDeliver, &w.toCancel, &w.toWithdraw} {
		w.must(leader, app.NoticeIssue{
			Licence: f.licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity, Price: 2000 * quantity.OnePrice, DueOn: 20260801,
		})
		*id = last(w.world, app.Notices)
	}
	w.must(finance, app.NoticeProve{Notice: w.toDeliver, Amount: 10_000 * quantity.OneMoney, Proof: "walked", PaidOn: 20260701})
	w.must(finance, app.NoticeConfirm{Notice: w.toDeliver, Reason: "seen"})
	w.must(finance, app.NoticeProve{Notice: w.toWithdraw, Amount: 10_000 * quantity.OneMoney, Proof: "of another", PaidOn: 20260701})
	w.reserveUses()
	w.auctions()
	w.must(finance, app.PayeeRegister{Party: f.party, Account: "to be closed", Document: "d"})
	w.toClosePayee = last(w.world, app.PayeeAccounts)
	for _, id := range []*int64{&w.toConfirm, &w.toDrop} {
		w.must(w.personOf(f.key), app.WithdrawRequest{Party: f.party, Amount: quantity.OneMoney, PayeeAccount: "6222"})
		*id = last(w.world, app.Withdrawals)
	}
	for _, id := range []*int64{&w.toAssign, &w.toReturn} {
		w.must(finance, app.DepositConfirm{Party: f.party, Amount: quantity.OneMoney, BankReference: w.next("third"), ReceivedOn: 20260701, Payer: "a friend"})
		*id = last(w.world, app.BankEntries)
	}
	w.must(finance, app.StatementImport{Account: "3304", From: 20260630, To: 20260630, Lines: []settlement.BankLine{
		{Reference: "line", Amount: quantity.OneMoney, On: 20260630, Payer: "somebody"},
	}})
	w.statement = last(w.world, app.BankStatements)
	w.must(leader, app.Allocate{ // that is not yet verified as surplus
		Kind: reserve.Opening, Licence: f.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: 9 * quantity.OneQuantity, AcquiredOn: 20200101, Document: "taken over",
	})
	w.must(leader, app.Allocate{
		Kind: reserve.Initial, Licence: f.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Free,
		Quantity: quantity.OneQuantity, AcquiredOn: 20200101, Document: "allocation",
	})
	w.transfer = last(w.world, app.Postings)
	w.openBuyBacks()
	w.openCarbon(leader)
	w.encumbrances()
	w.freezes(leader)
	w.must(leader, app.FactRecord{Kind: rulebook.Monitor, Licence: f.licence, Value: rulebook.Yes, ValidFrom: 20260101, Document: "inspection"})
	w.changes(leader)
	w.must(w.admin, app.PairAdd{
		Pollutant: apptest.VOCs, SellerRegion: apptest.Jiashan, BuyerRegion: apptest.Nanhu, Coefficient: quantity.OneRatio,
		SellerBureau: true, BuyerBureau: true, Upper: true, Document: "pilot", ValidFrom: 20260101,
	})
	w.must(leader, app.AmountRecord{Licence: f.licence, Pollutant: apptest.VOCs, Quantity: quantity.OneQuantity, Rung: reserve.LicenceAmount, Document: "d"})
	w.must(leader, app.DischargeRecord{
		Licence: f.licence, Pollutant: "NOx", Year: 2025, Quarter: 1, Source: permit.MeterCard, Quantity: 1, Document: "d",
	})
	w.must(leader, app.TaskSet{Licence: f.licence, Pollutant: apptest.VOCs, Year: 2025, Quantity: 1, Document: "d"})
	w.line = w.projectOf(w.buyer)
	w.project = w.projectOf(f)
	w.must(leader, app.NoticeIssue{
		Licence: f.licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity, Price: 2000 * quantity.OnePrice, DueOn: 20260801, Project: w.project,
	})
	bought := last(w.world, app.Notices)
	w.must(finance, app.NoticeProve{Notice: bought, Amount: 10_000 * quantity.OneMoney, Proof: "bought", PaidOn: 20260701})
	w.must(finance, app.NoticeConfirm{Notice: bought, Reason: "seen"})
	w.must(leader, app.NoticeDeliver{Notice: bought})
	w.deal = decode[api.Deal](t, w.post("/v1/deals", f.key, w.dealBody())).ID
	w.closes()
	file, rows := w.request("submitOpeningPackage", "")
	w.opening = decode[api.OpeningPackage](t, w.post(file, w.leader, rows)).ID
	w.approvals()
	return w
}

// closes are of the month before: one with what is not explained, one to sign.
func (w *walked) closes() {
	w.t.Helper()
	leader := w.personOf(w.leader)
	w.must(leader, app.PeriodOpen{Region: apptest.Jiashan, Month: 20260601})
	w.toExplain, w.difference = last(w.world, app.PeriodCloses), last(w.world, app.CloseDifferences)
	w.must(leader, app.PeriodOpen{Region: jiaxing, Month: 20260601})
	w.toSign = last(w.world, app.PeriodCloses)
	for id := w.difference + 1; id <= last(w.world, app.CloseDifferences); id++ {
		w.must(leader, app.PeriodExplain{Close: w.toSign, Difference: id, Explanation: "e"})
	}
}

// changes are a succession of a firm of Jiaxing's whose permits stay, and a new name, a
// contact and a departure of the first firm.
func (w *walked) changes(leader int64) {
	w.t.Helper()
	f := w.firms[0]
	w.must(leader, app.PartyRename{Party: f.party, Name: "a new name", EffectiveOn: 20260701, Document: "d"})
	w.must(leader, app.PartyContact{Party: f.party, Contact: app.ContactInput{Name: "王芳", Telephone: "0573-84123456"}})
	w.must(leader, app.DepartureRecord{Kind: permit.Closure, Licence: f.licence, EffectiveOn: 20260701, Document: "d"})
	w.departure = lastID(w.world, app.Departures)
	first, _ := app.ReadTable(w.app.Reference(), app.Licences).Get(f.licence)
	w.must(leader, app.LicenceRegister{
		Party: f.party, Number: first.Number[:18] + "009P", Kind: catalog.KindLicence, Site: "other site", Region: apptest.Jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	})
	site := lastID(w.world, app.Licences)
	w.must(leader, app.Allocate{
		Kind: reserve.Initial, Licence: site, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Free,
		Quantity: quantity.OneQuantity, AcquiredOn: 20260701, Document: "allocation",
	})
	w.must(leader, app.SuccessionRecord{Kind: permit.Division, Licence: site, EffectiveOn: 20260701, Document: "d", Parts: []app.SuccessionShare{
		{Licence: site, Instrument: instrumentCode, Origin: ledger.Free, Quantity: quantity.OneQuantity},
	}})
	w.succession, w.site = last(w.world, app.Successions), site
	_, w.debt = w.owed(leader, site)
	w.must(leader, app.DebtSettle{Debt: w.debt, Way: permit.ByCourt, Quantity: 2, Document: "d"})
	w.must(leader, app.ExportMake{System: outside.Provincial, Region: apptest.Jiashan, FirstDay: 20260601, LastDay: 20260630, Files: []outside.ExportFile{
		{Name: "numbers.csv", Content: "n", Digest: report.DigestOf("n")},
	}})
	w.export = last(w.world, app.Exports)
	for _, id := range []*int64{&w.imported, &w.toCloseImport} {
		w.must(leader, app.ImportReceive{
			Import: outside.Import{System: outside.Provincial, Number: w.next("package"), Region: apptest.Jiashan, AsOf: 20260630},
			Lines:  []outside.Line{{Kind: outside.Party, Number: "none"}},
		})
		*id = last(w.world, app.Imports)
	}
	w.must(leader, app.ImportExplain{Import: w.toCloseImport, Difference: last(w.world, app.ImportDifferences), Explanation: "e"})
	w.must(leader, app.DealMirror{
		System: outside.Provincial, Number: "walked", SellerLicence: f.licence, BuyerLicence: w.spare.licence, Instrument: instrumentCode,
		Quantity: 1, Price: quantity.OnePrice, SettledOn: 20260701, Document: "d",
	})
	w.wrong, w.toSettle = w.owed(leader, w.spare.licence)
	w.order = decode[api.Order](w.t, w.post("/v1/orders", f.key, order(f, "sell", "2400", "1"))).ID // the debt has withdrawn the first
}

// owed makes a debt of a licence for free permits that are frozen, and returns it.
func (w *walked) owed(leader, licence int64) (allocation, debt int64) {
	w.t.Helper()
	w.must(leader, app.Allocate{
		Kind: reserve.Initial, Licence: licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Free,
		Quantity: quantity.OneQuantity, AcquiredOn: 20260701, Document: "wrong",
	})
	allocation = last(w.world, app.Allocations)
	w.must(leader, app.FreezePlace{FreezeTerms: app.FreezeTerms{
		Licence: licence, Instrument: instrumentCode, Origin: ledger.Free, Quantity: 10 * quantity.OneQuantity, Issuer: encumbrance.Court,
		IssuerName: "court", OrderNumber: "owed", Reason: "r",
	}})
	freeze := lastID(w.world, app.Freezes)
	w.must(leader, app.CorrectionRecord{Allocation: allocation, Quantity: 2, Finding: "f", Document: "d", DecidedOn: 20260701})
	w.must(leader, app.FreezeRelease{Freeze: freeze, Document: "d"})
	return allocation, lastID(w.world, app.Debts)
}

// freezes are of the first firm's free permits, and a judicial sale of paid ones.
func (w *walked) freezes(leader int64) {
	w.t.Helper()
	f := w.firms[0]
	terms := app.FreezeTerms{
		Licence: f.licence, Instrument: instrumentCode, Origin: ledger.Paid, Quantity: 2, Issuer: encumbrance.Court, IssuerName: "court",
		OrderNumber: "walked", Reason: "r", EndsOn: 20260731,
	}
	w.must(leader, app.FreezePlace{FreezeTerms: terms})
	w.frozen = lastID(w.world, app.Freezes)
	w.must(leader, app.FreezeSell{Freeze: w.frozen, BuyerLicence: w.spare.licence, Quantity: 1, Document: "d"})
	terms.Origin = ledger.Free
	w.must(leader, app.FreezeEmergency{FreezeTerms: terms})
	w.toConfirmFreeze = lastID(w.world, app.Freezes)
	terms.OrderNumber = "to release"
	w.must(leader, app.FreezePlace{FreezeTerms: terms})
	w.toRelease = lastID(w.world, app.Freezes)
}

// approvals makes what waits for a second person, and what is published.
func (w *walked) approvals() {
	w.t.Helper()
	other := w.world.person("other-admin", app.GrantAdd{Role: identity.Admin})
	w.otherAdmin = w.personOf(other)
	handler := w.world.person("handler", app.GrantAdd{Role: identity.Enterprise, Party: w.firms[0].party})
	for _, proposals := range []*map[identity.Role]api.Proposal{&w.toApprove, &w.toReject} {
		*proposals = map[identity.Role]api.Proposal{
			"": decode[api.Proposal](w.t, w.post("/v1/cap-decisions", w.leader,
				`{"region":"330421","pollutant":"VOCs","change":"1","document":"d","decided_on":"2026-07-01"}`)),
			identity.Enterprise: decode[api.Proposal](w.t, w.post("/v1/orders", handler, order(w.firms[0], "buy", "1000", "999"))),
			identity.Finance: decode[api.Proposal](w.t, w.post("/v1/budgets", w.finance,
				`{"region":"330421","fiscal_year":2026,"source":"s","amount":"1","document":"d"}`)),
			identity.Admin: decode[api.Proposal](w.t, w.post("/v1/grants", w.adminKey, fmt.Sprintf(`{"person":%d,"role":"verifier"}`, w.person))),
		}
	}
	for _, g := range app.ReadTable(w.app.Reference(), app.Grants).All() {
		if g.Person == w.personOf(w.leader) {
			w.leaderGrant = g.ID
		}
	}
	notice := w.post("/v1/public-notices", w.leader, noticeBody)
	w.notice = decode[api.PublicNotice](w.t, notice).ID
	objection := w.post(fmt.Sprintf("/v1/public-notices/%d/objections", w.notice), w.firms[0].key, `{"objector":"a neighbour","text":"no"}`)
	w.objection = decode[api.Objection](w.t, objection).ID
}

const noticeBody = `{"region":"330421","kind":"surplus_verification","title":"公示","body":"text","document":"d","starts_on":"2026-07-01","ends_on":"2026-07-07"}`

// proposalFor is one of some proposals, which a role may decide.
func proposalFor(role identity.Role, of map[identity.Role]api.Proposal) api.Proposal {
	if p, its := of[role]; its {
		return p
	}
	return of[""]
}

// remind gives the first firm something of a term that ends soon, and an
// application for its renewal; of another origin it is reminded.
func (w *walked) remind() {
	w.t.Helper()
	const code = "VOCs-20261231"
	w.must(w.admin, app.InstrumentAdd{Pollutant: apptest.VOCs, TermEnd: 20261231})
	for _, origin := range []ledger.Origin{ledger.Free, ledger.UnknownOrigin} {
		w.must(w.personOf(w.leader), app.Allocate{
			Kind: reserve.Opening, Licence: w.firms[0].licence, Instrument: code, Part: reserve.Unallocated, Origin: origin,
			Quantity: quantity.OneQuantity, AcquiredOn: 20260101, Document: "opening",
		})
	}
	w.must(w.personOf(w.firms[0].key), app.RenewalApply{Licence: w.firms[0].licence, Instrument: code, Origin: ledger.Free, Quantity: 1})
	w.renewal = last(w.world, app.Renewals)
}

// reserveUses makes what the walk needs of the reserve: a lot that is frozen in
// part, earmarks, listings, and a notice that is paid in parts.
func (w *walked) reserveUses() {
	w.t.Helper()
	leader, finance, f := w.personOf(w.leader), w.personOf(w.finance), w.firms[0]
	w.must(leader, app.LotAdd{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Provenance: reserve.GovernmentReduction, Quantity: 9 * quantity.OneQuantity,
		AcquiredOn: 20260701, Document: "d", Cost: quantity.OneMoney,
	})
	w.lot = last(w.world, app.Lots)
	w.must(leader, app.LotFreeze{Lot: w.lot, Quantity: quantity.OneQuantity, Document: "d"})
	for _, id := range []*int64{&w.earmark, &w.toGiveUp} {
		w.must(leader, app.EarmarkMake{
			Region: apptest.Jiashan, Pollutant: apptest.VOCs, Name: "a plant", Document: "d", Priority: 1, Need: quantity.OneQuantity,
			Ratio: quantity.OneRatio, ExpiresOn: 20261231,
		})
		*id = last(w.world, app.Earmarks)
	}
	w.must(leader, app.EarmarkAllocate{
		Earmark: w.earmark, Licence: f.licence, Instrument: instrumentCode, Need: quantity.OneQuantity / 10, Origin: ledger.Free, Document: "d",
	})
	w.must(finance, app.TaxListImport{Region: apptest.Jiashan, Document: "d", Rows: []reserve.TaxRow{
		{Number: "nothing", Amount: quantity.OneMoney, Receipt: "of nothing", PaidOn: 20260701},
	}})
	for _, id := range []*int64{&w.listing, &w.toClose} {
		w.must(leader, app.ListingOpen{
			Region: apptest.Jiashan, Pollutant: apptest.VOCs, Kind: reserve.FixedPrice, Quantity: 9 * quantity.OneQuantity,
			Price: 4000 * quantity.OnePrice, Document: "d",
		})
		*id = last(w.world, app.Listings)
	}
	sell := app.ListingSell{Listing: w.listing, Licence: f.licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity, DueOn: 20260801}
	for _, id := range []*int64{&w.toDivide, &w.toCertify} { // 20,000.00 each
		w.must(leader, sell)
		*id = last(w.world, app.Notices)
	}
	w.must(finance, app.NoticeProve{Notice: w.toCertify, Amount: 20_000 * quantity.OneMoney, Proof: "to certify", PaidOn: 20260701})
	divide := func() int64 {
		w.must(leader, sell)
		w.must(w.personOf(f.key), app.InstalmentRequest{Notice: last(w.world, app.Notices), Document: "d", Parts: []reserve.PlannedPart{
			{Amount: 10_000 * quantity.OneMoney, DueOn: 20260801}, {Amount: 10_000 * quantity.OneMoney, DueOn: 20270801},
		}})
		return last(w.world, app.InstalmentPlans)
	}
	w.must(leader, app.InstalmentDecide{Plan: divide(), Approve: true, Reason: "r"})
	w.part = last(w.world, app.Instalments)
	w.must(finance, app.InstalmentProve{Instalment: w.part, Amount: 10_000 * quantity.OneMoney, Proof: "second part", PaidOn: 20260701})
	w.plan = divide()
}

const announcement = `{"region":"330421","pollutant":"VOCs","instrument":"VOCs-20310630","format":"pay_as_bid","quantity":"1","reserve_price":"4000",
	"lot_size":"0.1","tick":"1","collateral":"deposit","deposit":"10","tie":"time","undersubscribed":"clear","interruption_seconds":300,"interruption_rule":"extend",
	"register_until":"2026-07-10T00:00:00+08:00","opens_at":"2026-07-13T10:00:00+08:00","closes_at":"2026-07-13T11:00:00+08:00","title":"VOCs","document":"d"}`

// auctions announces what the walk needs, and registers the first firm.
func (w *walked) auctions() {
	w.t.Helper()
	f := w.firms[0]
	for _, id := range []*int64{&w.offer, &w.toRegister, &w.toEnd, &w.toQuit} {
		w.approved("/v1/offers", w.leader, announcement)
		*id = last(w.world, app.Offers)
	}
	for offer, id := range map[int64]*int64{w.offer: &w.registration, w.toQuit: &w.toLeave} {
		*id = decode[api.Registration](w.t, w.post(fmt.Sprintf("/v1/offers/%d/registrations", offer), f.key, registration(f))).ID
	}
}

func (w *walked) account(id *int64, q app.Query) {
	w.t.Helper()
	var rows []ledger.Account
	if err := w.app.Reader().Find(w.t.Context(), app.Accounts.Name(), q, &rows); err != nil || len(rows) == 0 {
		w.t.Fatalf("no account: %v", err)
	}
	*id = int64(rows[0].ID)
}

// last is the id of the newest row of a table in the database.
func last[R any](w *world, t app.Table[R]) int64 {
	w.t.Helper()
	id, err := w.app.Reader().LastID(w.t.Context(), t.Name())
	if err != nil || id == 0 {
		w.t.Fatalf("no row in %s: %v", t.Name(), err)
	}
	return id
}

func (w *walked) dealBody() string {
	f := w.firms[0]
	return fmt.Sprintf(`{"kind":"cross_region","proposer":"seller","seller_party":%d,"seller_licence":%d,"buyer_party":%d,"buyer_licence":%d,
		"instrument":%q,"quantity":"1","price":"2400","payment":"escrow","project":%d,"cap_effect":"permanent","cap_document":"pilot"}`,
		f.party, f.licence, w.buyer.party, w.buyer.licence, instrumentCode, w.line)
}

// stepOf is a step that somebody with a role may take, if not now.
var stepOf = map[identity.Role]string{
	identity.BureauLeader: `{"event":"seller_region_confirm"}`,
	identity.Upper:        `{"event":"upper_approve","document":"d"}`,
	identity.Finance:      `{"event":"confirm_payment_finance","document":"d"}`,
}

// renewalStepOf is a step of a renewal that somebody with a role may take, if not now.
var renewalStepOf = map[identity.Role]string{
	identity.Enterprise: `{"event":"withdraw"}`,
}

// request is the path and the body of an operation about the first firm's
// objects, for a caller with a role.
func (w *walked) request(id string, role identity.Role) (path, body string) {
	if path, body := w.buyBackRequest(id, role); path != "" {
		return path, body
	}
	if path, body := w.carbonRequest(id); path != "" {
		return path, body
	}
	if path, body := w.encumbranceRequest(id, role); path != "" {
		return path, body
	}
	f := w.firms[0]
	switch id {
	case "recordAttainment":
		return "/v1/attainments", `{"region":"330421","pollutant":"VOCs","year":2025,"attained":true,"document":"d"}`
	case "setParameter":
		return "/v1/parameters", `{"key":"offset.ratio.attained","region":"330421","value":"1.2","valid_from":"2027-01-01","document":"d"}`
	case "setZoneRule":
		return "/v1/zone-rules", `{"zone":"ZH33042120001","region":"330421","industry":"26","forbidden":true,"valid_from":"2026-01-01","document":"d"}`
	case "recordFact":
		return "/v1/facts", fmt.Sprintf(`{"kind":"monitor","licence":%d,"value":"yes","valid_from":"2026-01-01","document":"d"}`, f.licence)
	case "askEligibility":
		return "/v1/eligibility", fmt.Sprintf(`{"action":"sell","seller_licence":%d,"instrument":%q,"quantity":"1"}`, f.licence, instrumentCode)
	case "createRegionPair":
		return "/v1/region-pairs", `{"pollutant":"VOCs","seller_region":"330402","buyer_region":"330421","coefficient":"1",
			"approvals":["upper"],"document":"d","valid_from":"2026-01-01"}`
	case "publishCalendarYear":
		return "/v1/calendar-years", `{"year":2028,"source":"notice","days":[]}`
	case "createInstrument":
		return "/v1/instruments", `{"pollutant":"VOCs","term_end":"2030-12-31"}`
	case "createMarket":
		return "/v1/markets", `{"code":"NEW","name":"new","pollutant":"VOCs","regions":["330421"],"lot_size":"0.0001","tick":"1",
			"price_basis":"per_year","valid_from":"2026-01-01"}`
	case "setMarketState":
		return "/v1/markets/" + smallMarket + "/state", `{"state":"halted","reason":"r"}`
	case "setFeeSchedule":
		return "/v1/markets/" + smallMarket + "/fee-schedules", `{"scheme":"chengdu","valid_from":"2027-01-01","document":"d"}`
	case "setMarketTerms":
		return "/v1/markets/" + smallMarket + "/terms", `{"valid_from":"2027-01-01","band":"0.1","timetable":[{"phase":"call","from":"09:15","until":"09:25"}]}`
	case "proposeBlockTrade":
		return "/v1/block-trades", fmt.Sprintf(`{"market":%q,"instrument":%q,"side":"sell","licence":%d,"counterparty_party":%d,"counterparty_licence":%d,"quantity":"1","price":"2400"}`,
			marketCode, instrumentCode, f.licence, w.firms[1].party, w.firms[1].licence)
	case "stepBlockTrade":
		if role == identity.BureauLeader {
			return fmt.Sprintf("/v1/block-trades/%d/steps", w.block), `{"event":"approve","document":"d"}`
		}
		return fmt.Sprintf("/v1/block-trades/%d/steps", w.block), `{"event":"confirm"}`
	case "createPerson":
		return "/v1/persons", `{"name":"somebody"}`
	case "createGrant":
		return "/v1/grants", fmt.Sprintf(`{"person":%d,"role":"partner"}`, w.person)
	case "revokeGrant":
		return fmt.Sprintf("/v1/grants/%d/revoke", w.grant), ""
	case "createKey":
		return "/v1/keys", fmt.Sprintf(`{"person":%d,"label":"laptop"}`, w.person)
	case "revokeKey":
		return fmt.Sprintf("/v1/keys/%d/revoke", w.key), ""
	case "createParty":
		return "/v1/parties", fmt.Sprintf(`{"name":"new","uscc":%q,"region":"330421","industry":"2319"}`, apptest.USCC(apptest.Jiashan, 99))
	case "confirmPartyUSCC":
		return fmt.Sprintf("/v1/parties/%d/confirm-uscc", w.early), `{"document":"d"}`
	case "setPartyOwnerGroup":
		return fmt.Sprintf("/v1/parties/%d/owner-group", w.spare.party), `{"owner_group":"somebody","document":"d"}`
	case "recordPartyContact":
		return "/v1/party-contacts", fmt.Sprintf(`{"party":%d,"contact":{"name":%q,"telephone":"0573-84000000"}}`, f.party, "of "+string(role))
	case "setPartyState":
		return fmt.Sprintf("/v1/parties/%d/state", w.spare.party), `{"state":"suspended","reason":"r"}`
	case "createLicence":
		return "/v1/licences", fmt.Sprintf(`{"party":%d,"number":"%s002P","kind":"licence","site":"s","region":"330421",
			"valid_from":"2026-01-01","valid_to":"2031-06-30"}`, w.spare.party, apptest.USCC(apptest.Jiashan, 11))
	case "setLicenceState":
		return fmt.Sprintf("/v1/licences/%d/state", w.spare.licence), `{"state":"suspended","reason":"r","document":"d"}`
	case "verifySurplus":
		return "/v1/surplus-verifications", fmt.Sprintf(`{"licence":%d,"pollutant":"VOCs","quantity":"1","rung":"licence_amount","monitored":true,
			"task_done":true,"verified_on":"2026-07-01","no_year":"none","document":"d"}`, f.licence)
	case "postTransfer":
		return "/v1/transfers", w.correction(role)
	case "postTransferBatch":
		return "/v1/transfer-batches", `{"mode":"all","transfers":[` + w.correction(role) + `]}`
	case "decideCap":
		return "/v1/cap-decisions", `{"region":"330421","pollutant":"VOCs","change":"1","document":"d","decided_on":"2026-07-01"}`
	case "moveReserve":
		return "/v1/reserve-movements", `{"region":"330421","pollutant":"VOCs","direction":"to_reserve","quantity":"1","document":"d"}`
	case "transferLevel":
		return "/v1/level-transfers", `{"from_region":"330421","to_region":"330400","pollutant":"VOCs","quantity":"1","part":"unallocated","document":"d"}`
	case "allocatePermits":
		return "/v1/allocations", fmt.Sprintf(`{"licence":%d,"instrument":%q,"kind":"initial","from":"unallocated","origin":"free","quantity":"1",
			"acquired_on":"2026-07-01","document":"d"}`, f.licence, instrumentCode)
	case "getProposal":
		return fmt.Sprintf("/v1/proposals/%d", proposalFor(role, w.toReject).ID), ""
	case "approveProposal":
		p := proposalFor(role, w.toApprove)
		return fmt.Sprintf("/v1/proposals/%d/approve", p.ID), fmt.Sprintf(`{"effects_digest":%q}`, p.EffectsDigest)
	case "rejectProposal":
		return fmt.Sprintf("/v1/proposals/%d/reject", proposalFor(role, w.toReject).ID), `{"reason":"r"}`
	case "withdrawProposal":
		return fmt.Sprintf("/v1/proposals/%d/withdraw", proposalFor(role, w.toReject).ID), `{"reason":"r"}`
	case "refreshProposal":
		return fmt.Sprintf("/v1/proposals/%d/refresh", proposalFor(role, w.toReject).ID), ""
	case "orderStandIn":
		return "/v1/stand-ins", fmt.Sprintf(`{"grant":%d,"person":%d,"valid_from":"2026-07-02","valid_to":"2026-07-03","document":"d"}`, w.leaderGrant, w.person)
	case "recordOfficialFigure":
		return "/v1/official-figures", `{"region":"330421","cycle":"month","period":"2026-06-01","measure":"quantity","unit":"t","total":"906.83",
			"document":"d","published_on":"2026-07-01","parts":[{"name":"COD","pollutant":"COD","published":"906.82"}]}`
	case "openPeriodClose":
		return "/v1/period-closes", `{"region":"330402","month":"2026-06-01"}`
	case "explainCloseDifference":
		return fmt.Sprintf("/v1/period-closes/%d/explain", w.toExplain), fmt.Sprintf(`{"difference":%d,"explanation":"e"}`, w.difference)
	case "signPeriodClose":
		if role == identity.Finance {
			return fmt.Sprintf("/v1/period-closes/%d/sign", w.toSign), `{"as":"finance"}`
		}
		return fmt.Sprintf("/v1/period-closes/%d/sign", w.toSign), `{"as":"centre"}`
	case "withdrawPeriodClose":
		if role == identity.Finance {
			return fmt.Sprintf("/v1/period-closes/%d/withdraw", w.toExplain), `{"as":"finance","reason":"r"}`
		}
		return fmt.Sprintf("/v1/period-closes/%d/withdraw", w.toExplain), `{"as":"centre","reason":"r"}`
	case "postPublicNotice":
		return "/v1/public-notices", noticeBody
	case "withdrawPublicNotice":
		return fmt.Sprintf("/v1/public-notices/%d/withdraw", w.notice), `{"reason":"r"}`
	case "fileObjection":
		if role == identity.Enterprise {
			return fmt.Sprintf("/v1/public-notices/%d/objections", w.notice), `{"objector":"a neighbour","text":"no"}`
		}
		return fmt.Sprintf("/v1/public-notices/%d/objections", w.notice), `{"objector":"a neighbour","text":"no","received_on":"2026-07-01","document":"d"}`
	case "answerObjection":
		return fmt.Sprintf("/v1/objections/%d/answer", w.objection), `{"answer":"a","upheld":false}`
	case "issuePaymentNotice":
		return "/v1/payment-notices", fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"1","price":"2000","due_on":"2026-08-01","existing_unit":true}`, f.licence, instrumentCode)
	case "provePayment":
		return fmt.Sprintf("/v1/payment-notices/%d/proof", w.toProve), `{"amount":"10000","proof":"receipt","paid_on":"2026-07-01"}`
	case "deliverPaymentNotice":
		return fmt.Sprintf("/v1/payment-notices/%d/deliver", w.toDeliver), ""
	case "withdrawProof":
		return fmt.Sprintf("/v1/payment-notices/%d/withdraw-proof", w.toWithdraw), `{"reason":"r"}`
	case "cancelPaymentNotice":
		return fmt.Sprintf("/v1/payment-notices/%d/cancel", w.toCancel), `{"reason":"r"}`
	case "recordSuccession":
		return "/v1/successions", fmt.Sprintf(`{"kind":"division","licence":%d,"effective_on":"2026-07-01","document":"d","parts":[
			{"licence":%d,"instrument":%q,"origin":"free","quantity":"2"}]}`, w.site, w.site, instrumentCode)
	case "recordCorrection":
		return "/v1/allocation-corrections", fmt.Sprintf(`{"allocation":%d,"quantity":"0.000001","finding":"f","document":"d","decided_on":"2026-07-01"}`, w.wrong)
	case "settleDebt":
		return fmt.Sprintf("/v1/debts/%d/settlements", w.toSettle), `{"way":"court","quantity":"0.000001","document":"d"}`
	case "recordOutsideNumber":
		return "/v1/outside-numbers", fmt.Sprintf(`{"system":"national_licence","kind":"licence","object":%d,"number":"walk"}`, f.licence)
	case "makeExportPackage":
		return "/v1/export-packages", `{"system":"provincial","region":"330421","from":"2026-06-01","to":"2026-06-30"}`
	case "receiveExportPackage":
		return fmt.Sprintf("/v1/export-packages/%d/receipt", w.export), `{"receipt":"r","received_on":"2026-07-01"}`
	case "receiveImportPackage":
		return "/v1/import-packages", `{"system":"provincial","number":"walk","region":"330421","as_of":"2026-06-30","lines":[{"kind":"party","number":"walk"}]}`
	case "explainImportDifference":
		return fmt.Sprintf("/v1/import-packages/%d/explain", w.imported), fmt.Sprintf(`{"difference":%d,"explanation":"e"}`, w.imported)
	case "closeImportPackage":
		return fmt.Sprintf("/v1/import-packages/%d/close", w.toCloseImport), ""
	case "mirrorDeal":
		return "/v1/mirrored-deals", fmt.Sprintf(`{"system":"provincial","number":"walk","seller_licence":%d,"buyer_licence":%d,"instrument":%q,
			"quantity":"0.000001","price":"1","amount":"0","settled_on":"2026-07-01","document":"d"}`, f.licence, w.spare.licence, instrumentCode)
	case "renameParty":
		return "/v1/party-renames", fmt.Sprintf(`{"party":%d,"name":"another name","effective_on":"2026-07-01","document":"d"}`, f.party)
	case "recordDeparture":
		return "/v1/departures", fmt.Sprintf(`{"kind":"closure","licence":%d,"effective_on":"2026-07-01","document":"d"}`, w.spare.licence)
	case "stepDeparture":
		return fmt.Sprintf("/v1/departures/%d/steps", w.departure), `{"event":"withdraw","document":"d"}`
	case "submitOpeningPackage":
		return "/v1/opening-packages?region=330481&cut_off=2026-06-30&document=d", openingFile()
	case "takeOpeningPackage":
		return fmt.Sprintf("/v1/opening-packages/%d/take", w.opening), ""
	case "placeFreeze":
		return "/v1/freezes", fmt.Sprintf(`{"party":%d,"amount":"1","issuer":"court","issuer_name":"court","order_number":"walk","reason":"r"}`, f.party)
	case "placeEmergencyFreeze":
		return "/v1/emergency-freezes", fmt.Sprintf(`{"party":%d,"amount":"1","issuer":"bureau","issuer_name":"bureau","order_number":"walk 2","reason":"r"}`, f.party)
	case "confirmFreeze":
		return fmt.Sprintf("/v1/freezes/%d/confirm", w.toConfirmFreeze), `{"document":"d"}`
	case "extendFreeze":
		return fmt.Sprintf("/v1/freezes/%d/extend", w.frozen), `{"ends_on":"2027-07-31","document":"d"}`
	case "releaseFreeze":
		return fmt.Sprintf("/v1/freezes/%d/release", w.toRelease), `{"document":"d"}`
	case "sellFrozen":
		return fmt.Sprintf("/v1/freezes/%d/sales", w.frozen), fmt.Sprintf(`{"buyer_licence":%d,"quantity":"0.000001","amount":"1","document":"d"}`, w.spare.licence)
	case "confirmPayment":
		return fmt.Sprintf("/v1/payment-notices/%d/confirm", w.toCertify), `{"reason":"r"}`
	case "importTaxList":
		return "/v1/tax-lists", `{"region":"330421","document":"d","rows":[{"number":"none","amount":"1","receipt":"walk","paid_on":"2026-07-01"}]}`
	case "addLot":
		return "/v1/lots", `{"region":"330421","pollutant":"VOCs","provenance":"pre_reserved","quantity":"1","acquired_on":"2026-07-01","document":"d"}`
	case "freezeLot":
		return fmt.Sprintf("/v1/lots/%d/freeze", w.lot), `{"quantity":"0.1","document":"d"}`
	case "unfreezeLot":
		return fmt.Sprintf("/v1/lots/%d/unfreeze", w.lot), `{"quantity":"0.1","document":"d"}`
	case "retireLots":
		return "/v1/lot-retirements", `{"region":"330421","pollutant":"VOCs","quantity":"0.1","document":"d"}`
	case "makeEarmark":
		return "/v1/earmarks", `{"region":"330421","pollutant":"VOCs","name":"n","document":"d","priority":1,"need":"1","ratio":"1","expires_on":"2026-12-31"}`
	case "releaseEarmark":
		return fmt.Sprintf("/v1/earmarks/%d/release", w.toGiveUp), `{"reason":"r"}`
	case "allocateEarmark":
		return fmt.Sprintf("/v1/earmarks/%d/allocations", w.earmark), fmt.Sprintf(`{"licence":%d,"instrument":%q,"need":"0.1","origin":"free","document":"d"}`, f.licence, instrumentCode)
	case "announceOffer":
		return "/v1/offers", announcement
	case "cancelOffer":
		return fmt.Sprintf("/v1/offers/%d/cancel", w.toEnd), `{"reason":"r"}`
	case "haltOffer":
		return fmt.Sprintf("/v1/offers/%d/halt", w.offer), `{"reason":"r"}`
	case "resumeOffer":
		return fmt.Sprintf("/v1/offers/%d/resume", w.offer), `{"reason":"r"}`
	case "voidOffer":
		return fmt.Sprintf("/v1/offers/%d/void", w.offer), `{"reason":"r"}`
	case "certifyOffer":
		return fmt.Sprintf("/v1/offers/%d/certify", w.offer), fmt.Sprintf(`{"result_digest":%q,"document":"d"}`, strings.Repeat("0", 64))
	case "registerBidder":
		return fmt.Sprintf("/v1/offers/%d/registrations", w.toRegister), registration(f)
	case "signAward":
		return fmt.Sprintf("/v1/awards/%d/sign", w.award), ""
	case "contractAward":
		return fmt.Sprintf("/v1/awards/%d/contract", w.award), `{"contract":"c"}`
	case "settleAward":
		return fmt.Sprintf("/v1/awards/%d/settle", w.award), ""
	case "payAward":
		return fmt.Sprintf("/v1/awards/%d/pay", w.award), `{"amount":"1","proof":"p","paid_on":"2026-07-01"}`
	case "bookAward":
		return fmt.Sprintf("/v1/awards/%d/book", w.award), `{"document":"d"}`
	case "defaultAward":
		return fmt.Sprintf("/v1/awards/%d/default", w.award), `{"reason":"r"}`
	case "revokeAward":
		return fmt.Sprintf("/v1/awards/%d/revoke", w.award), `{"reason":"r"}`
	case "makeTreasuryPayout":
		return "/v1/treasury-payouts", `{"region":"330421","amount":"1","document":"d","bank_reference":"walk","paid_on":"2026-07-01"}`
	case "withdrawRegistration":
		return fmt.Sprintf("/v1/registrations/%d/withdraw", w.toLeave), ""
	case "placeQuote":
		return fmt.Sprintf("/v1/offers/%d/quotes", w.offer), `{"steps":[{"price":"4000","quantity":"1"}]}`
	case "openListing":
		return "/v1/listings", `{"region":"330421","pollutant":"VOCs","kind":"fixed_price","quantity":"1","price":"4000","document":"d"}`
	case "closeListing":
		return fmt.Sprintf("/v1/listings/%d/close", w.toClose), `{"reason":"r"}`
	case "sellListing":
		return fmt.Sprintf("/v1/listings/%d/sales", w.listing), fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"0.1","due_on":"2026-08-01","existing_unit":true,"document":"d"}`, f.licence, instrumentCode)
	case "requestInstalments":
		return "/v1/instalment-plans", fmt.Sprintf(`{"notice":%d,"document":"d","parts":[{"amount":"10000","due_on":"2026-08-01"},{"amount":"10000","due_on":"2027-08-01"}]}`, w.toDivide)
	case "decideInstalments":
		return fmt.Sprintf("/v1/instalment-plans/%d/decide", w.plan), `{"approve":true,"reason":"r"}`
	case "proveInstalment":
		return fmt.Sprintf("/v1/instalments/%d/proof", w.part-1), `{"amount":"10000","proof":"first part","paid_on":"2026-07-01"}`
	case "confirmInstalment":
		return fmt.Sprintf("/v1/instalments/%d/confirm", w.part), `{"reason":"r"}`
	case "withdrawInstalmentProof":
		return fmt.Sprintf("/v1/instalments/%d/withdraw-proof", w.part), `{"reason":"r"}`
	case "confirmDeposit":
		return "/v1/deposits", fmt.Sprintf(`{"party":%d,"amount":"1","bank_reference":"walk","received_on":"2026-07-01"}`, f.party)
	case "requestWithdrawal":
		return "/v1/withdrawals", fmt.Sprintf(`{"party":%d,"amount":"1","payee_account":"6222"}`, f.party)
	case "registerPayeeAccount":
		return "/v1/payee-accounts", fmt.Sprintf(`{"party":%d,"account":"6222 01","document":"d"}`, f.party)
	case "closePayeeAccount":
		return fmt.Sprintf("/v1/payee-accounts/%d/close", w.toClosePayee), ""
	case "confirmWithdrawal":
		return fmt.Sprintf("/v1/withdrawals/%d/confirm", w.toConfirm), `{"bank_reference":"paid","on":"2026-07-01"}`
	case "cancelWithdrawal":
		return fmt.Sprintf("/v1/withdrawals/%d/cancel", w.toDrop), ""
	case "importBankStatement":
		return "/v1/bank-statements", `{"account":"3304","from":"2026-06-01","to":"2026-06-02","lines":[{"reference":"walk-line","amount":"1","on":"2026-06-01","payer":"p"}]}`
	case "assignBankEntry":
		return fmt.Sprintf("/v1/bank-entries/%d/assign", w.toAssign), fmt.Sprintf(`{"party":%d}`, f.party)
	case "returnBankEntry":
		return fmt.Sprintf("/v1/bank-entries/%d/return", w.toReturn), `{"bank_reference":"back","on":"2026-07-01"}`
	case "placeOrder":
		return "/v1/orders", order(f, "buy", "1000", "1")
	case "amendOrder":
		return fmt.Sprintf("/v1/orders/%d/amend", w.order), `{"quantity":"0.5"}`
	case "sweepOrders":
		return "/v1/order-sweeps", fmt.Sprintf(`{"party":%d,"side":"buy"}`, f.party)
	case "cancelOrder":
		return fmt.Sprintf("/v1/orders/%d/cancel", w.order), ""
	case "submitOrderBatch":
		return "/v1/order-batches", `{"orders":[{"place":` + order(f, "buy", "1000", "1") + `}]}`
	case "applyForRenewal":
		return "/v1/renewals", fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"paid","quantity":"1"}`, f.licence, instrumentCode)
	case "stepRenewal":
		body, known := renewalStepOf[role]
		if !known {
			body = `{"event":"verify","instrument":"VOCs-20310630","quantity":"1","rung":"eia_amount","document":"d"}`
		}
		return fmt.Sprintf("/v1/renewals/%d/steps", w.renewal), body
	case "recordLicenceQuantity":
		return "/v1/licence-quantities", fmt.Sprintf(`{"licence":%d,"pollutant":"VOCs","quantity":"1","rung":"licence_amount","document":"d"}`, f.licence)
	case "recordDischarge":
		return "/v1/discharges", fmt.Sprintf(`{"licence":%d,"pollutant":"NOx","year":2025,"quarter":4,"source":"meter_card","quantity":"1","document":"d"}`, f.licence)
	case "setReductionTask":
		return "/v1/reduction-tasks", fmt.Sprintf(`{"licence":%d,"pollutant":"VOCs","year":2025,"quantity":"1","document":"d"}`, f.licence)
	case "registerProject":
		return "/v1/projects", fmt.Sprintf(`{"eia":"嘉环建〔2026〕1号","name":"line","kind":"new","licence":%d,"industry":"2319","needs":[{"pollutant":"VOCs","need":"1"}]}`, f.licence)
	case "stepProject":
		return fmt.Sprintf("/v1/projects/%d/steps", w.project), `{"event":"reduce","document":"d","needs":[{"pollutant":"VOCs","need":"50"}]}`
	case "assignToProject":
		return fmt.Sprintf("/v1/projects/%d/assignments", w.project), fmt.Sprintf(`{"instrument":%q,"quantity":"0.5","document":"d"}`, instrumentCode)
	case "proposeDeal":
		return "/v1/deals", w.dealBody()
	case "stepDeal":
		if body, known := stepOf[role]; known {
			return fmt.Sprintf("/v1/deals/%d/steps", w.deal), body
		}
		return fmt.Sprintf("/v1/deals/%d/steps", w.deal), `{"event":"seller_sign"}`
	}
	return w.query(id), ""
}

// correction is a correcting transfer: of money for finance, of permits for a leader.
func (w *walked) correction(role identity.Role) string {
	from, to := w.unallocated, w.reserve
	if role == identity.Finance {
		from, to = w.funds, w.otherFunds
	}
	return fmt.Sprintf(`{"debit_account":%d,"credit_account":%d,"amount":"1","document":"d"}`, from, to)
}

// query is the path of a query.
func (w *walked) query(id string) string {
	if path, _ := w.carbonRequest(id); path != "" {
		return path
	}
	if path, _ := w.encumbranceRequest(id, ""); path != "" {
		return path
	}
	f := w.firms[0]
	path, known := map[string]string{
		"listRegions": "/v1/regions", "getRegion": "/v1/regions/330421", "listBasicAccounts": "/v1/regions/330421/accounts",
		"listPollutants": "/v1/pollutants", "listAttainments": "/v1/attainments", "listRegionPairs": "/v1/region-pairs",
		"listRules": "/v1/rules", "listParameters": "/v1/parameters", "listZoneRules": "/v1/zone-rules", "listFacts": "/v1/facts",
		"listCalendarYears": "/v1/calendar-years", "getCalendarYear": "/v1/calendar-years/2026", "listInstruments": "/v1/instruments",
		"getInstrument": "/v1/instruments/" + instrumentCode, "listMarkets": "/v1/markets", "getMarket": "/v1/markets/" + marketCode,
		"getBook": "/v1/markets/" + marketCode + "/book?instrument=" + instrumentCode, "listTrades": "/v1/markets/" + marketCode + "/trades",
		"listFeeSchedules": "/v1/markets/" + marketCode + "/fee-schedules", "getFeeQuote": "/v1/markets/" + marketCode + "/fee-quote?side=buy&amount=100",
		"getMe": "/v1/me", "listPersons": "/v1/persons", "getPerson": "/v1/persons/" + itoa(w.person), "listGrants": "/v1/grants", "listKeys": "/v1/keys",
		"listParties": "/v1/parties", "getParty": "/v1/parties/" + itoa(f.party), "listLicences": "/v1/licences", "getLicence": "/v1/licences/" + itoa(f.licence),
		"listHoldings": "/v1/holdings", "listAcquisitions": "/v1/acquisitions", "listSurplus": "/v1/surplus", "listSurplusVerifications": "/v1/surplus-verifications", "listSurplusLosses": "/v1/surplus-losses",
		"listAccounts": "/v1/accounts", "getAccount": "/v1/accounts/" + itoa(w.holding), "getAccountStatement": "/v1/accounts/" + itoa(w.holding) + "/statement",
		"listFunds": "/v1/funds", "getTrialBalance": "/v1/trial-balance", "getTransfer": "/v1/transfers/" + itoa(w.transfer),
		"listCapDecisions": "/v1/cap-decisions", "listReserveMovements": "/v1/reserve-movements", "listLevelTransfers": "/v1/level-transfers",
		"listAllocations": "/v1/allocations", "listPaymentNotices": "/v1/payment-notices", "getPaymentNotice": "/v1/payment-notices/" + itoa(w.toCancel),
		"listSuccessions": "/v1/successions", "getSuccession": "/v1/successions/" + itoa(w.succession), "listPartyRenames": "/v1/party-renames", "listPartyContacts": "/v1/party-contacts",
		"listDepartures": "/v1/departures", "getDeparture": "/v1/departures/" + itoa(w.departure),
		"listCorrections": "/v1/allocation-corrections", "listDebts": "/v1/debts", "getDebt": "/v1/debts/" + itoa(w.debt),
		"listOutsideNumbers": "/v1/outside-numbers", "listMirroredDeals": "/v1/mirrored-deals",
		"listExportPackages": "/v1/export-packages", "getExportPackage": "/v1/export-packages/" + itoa(w.export),
		"getExportFile":      "/v1/export-packages/" + itoa(w.export) + "/files/numbers.csv",
		"listImportPackages": "/v1/import-packages", "getImportPackage": "/v1/import-packages/" + itoa(w.imported),
		"getImportDifferences": "/v1/import-packages/" + itoa(w.imported) + "/differences",
		"getOpeningTemplate":   "/v1/opening-template", "listOpeningPackages": "/v1/opening-packages",
		"getOpeningPackage": "/v1/opening-packages/" + itoa(w.opening), "getOpeningFaults": "/v1/opening-packages/" + itoa(w.opening) + "/faults",
		"listFreezes": "/v1/freezes", "getFreeze": "/v1/freezes/" + itoa(w.frozen), "listJudicialSales": "/v1/judicial-sales",
		"listBuyBacks": "/v1/buy-backs", "getBuyBack": "/v1/buy-backs/" + itoa(w.buyBacks.booked), "getBuyBackSteps": "/v1/buy-backs/" + itoa(w.buyBacks.booked) + "/steps",
		"getBuyBackPrices": "/v1/buy-backs/" + itoa(w.buyBacks.booked) + "/prices", "listTreasuryRefunds": "/v1/treasury-refunds",
		"listTreasuryPayouts": "/v1/treasury-payouts", "getForfeitStatement": "/v1/forfeit-statement?region=330421&from=2026-01-01&to=2026-12-31", "listBudgets": "/v1/budgets",
		"getBudget": "/v1/budgets/" + itoa(w.buyBacks.budget), "getBudgetMovements": "/v1/budgets/" + itoa(w.buyBacks.budget) + "/movements",
		"listStandingOffers": "/v1/standing-offers", "listIdleDeclarations": "/v1/idle-declarations", "listIdlePermits": "/v1/idle-report",
		"listLots": "/v1/lots", "getLot": "/v1/lots/" + itoa(w.lot), "listLotOrders": "/v1/lot-orders", "listLotMovements": "/v1/lot-movements",
		"getReserveStatement":     "/v1/reserve-statement?region=330421&pollutant=VOCs&from=2026-01-01&to=2026-12-31",
		"getReserveStatementLots": "/v1/reserve-statement/lots?region=330421&pollutant=VOCs&from=2026-01-01&to=2026-12-31",
		"listEarmarks":            "/v1/earmarks", "getEarmark": "/v1/earmarks/" + itoa(w.earmark), "listEarmarkAllocations": "/v1/earmark-allocations",
		"listOffers": "/v1/offers", "getOffer": "/v1/offers/" + itoa(w.offer), "listQuotes": "/v1/offers/" + itoa(w.offer) + "/quotes",
		"listBids": "/v1/offers/" + itoa(w.offer) + "/bids", "getSight": "/v1/offers/" + itoa(w.offer) + "/sight",
		"listAwards": "/v1/awards", "getAward": "/v1/awards/" + itoa(w.award), "getOfferResult": "/v1/offers/" + itoa(w.offer) + "/result", "getOfferCase": "/v1/offers/" + itoa(w.offer) + "/case",
		"listRegistrations": "/v1/registrations", "getRegistration": "/v1/registrations/" + itoa(w.registration),
		"listListings": "/v1/listings", "getListing": "/v1/listings/" + itoa(w.listing), "listTaxLists": "/v1/tax-lists", "listTaxReceipts": "/v1/tax-receipts",
		"listInstalmentPlans": "/v1/instalment-plans", "getInstalmentPlan": "/v1/instalment-plans/" + itoa(w.plan),
		"listDeposits": "/v1/deposits", "listWithdrawals": "/v1/withdrawals", "listPayeeAccounts": "/v1/payee-accounts", "getWithdrawal": "/v1/withdrawals/" + itoa(w.toDrop),
		"listBankStatements": "/v1/bank-statements", "getBankStatement": "/v1/bank-statements/" + itoa(w.statement), "listBankEntries": "/v1/bank-entries",
		"listOrderSweeps": "/v1/order-sweeps", "getOrderSweep": "/v1/order-sweeps/" + itoa(w.sweep), "getFeeStatement": "/v1/fees?from=2026-01-01&to=2026-12-31",
		"listOrders": "/v1/orders", "getOrder": "/v1/orders/" + itoa(w.order), "listBlockTrades": "/v1/block-trades", "getBlockTrade": "/v1/block-trades/" + itoa(w.block),
		"listMarketTerms": "/v1/markets/" + marketCode + "/terms", "getMarketStatus": "/v1/markets/" + marketCode + "/status",
		"listCloses": "/v1/markets/" + marketCode + "/closes", "listCalls": "/v1/markets/" + marketCode + "/calls",
		"listCandles": "/v1/markets/" + marketCode + "/candles?from=2026-07-01&to=2026-07-31&instrument=" + instrumentCode,
		"listDeals":   "/v1/deals", "getDeal": "/v1/deals/" + itoa(w.deal),
		"listLicenceQuantities": "/v1/licence-quantities", "listLicenceQuantityChanges": "/v1/licence-quantity-changes",
		"listDischarges": "/v1/discharges", "listReductionTasks": "/v1/reduction-tasks",
		"getSurplusEstimate": "/v1/surplus-estimates?pollutant=VOCs&year=2025&licence=" + itoa(f.licence),
		"listProjects":       "/v1/projects", "getProject": "/v1/projects/" + itoa(w.project), "listProjectEntries": "/v1/project-entries",
		"getInbox": "/v1/inbox", "listProposals": "/v1/proposals", "listStandIns": "/v1/stand-ins",
		"listRenewals": "/v1/renewals", "getRenewal": "/v1/renewals/" + itoa(w.renewal), "listReminders": "/v1/reminders",
		"listPublicNotices": "/v1/public-notices", "getPublicNotice": "/v1/public-notices/" + itoa(w.notice), "listObjections": "/v1/objections", "getObjection": "/v1/objections/" + itoa(w.objection),
		"listStatistics": "/v1/statistics?cycle=month&from=2026-07-01", "listOfficialFigures": "/v1/official-figures",
		"listPeriodCloses": "/v1/period-closes", "getPeriodClose": "/v1/period-closes/" + itoa(w.toExplain),
		"getCloseFiles": "/v1/period-closes/" + itoa(w.toSign) + "/files", "getCloseFile": "/v1/period-closes/" + itoa(w.toSign) + "/files/statistics.csv",
		"listExceptions": "/v1/exceptions",
		"listJournal":    "/v1/journal", "getJournalHead": "/v1/journal/head", "getJournalRow": "/v1/journal/1",
	}[id]
	if !known {
		w.t.Fatalf("the walk does not know how to ask %s", id)
	}
	return path
}

// Every operation, asked by every role about its own and about another's
// objects: who may gets an answer about the matter, who may not a 403, who may
// not know of it a 404, and nobody without a key anything.
func TestAccess_Walk(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	actors := w.actors()
	ids := []string{}
	methods := map[string]string{}
	contractOperations(func(method, _ string, o *openapi3.Operation) {
		if !slices.Contains(ungoverned, o.OperationID) && o.OperationID != "streamMarketEvents" { // which has no end
			ids = append(ids, o.OperationID)
			methods[o.OperationID] = method
		}
	})
	slices.Sort(ids)
	for _, id := range ids {
		if slices.Contains(ofAwards, id) {
			continue
		}
		op := ruleOf[id]
		isPublic := identity.Table[op][identity.Public] != identity.None
		path, body := w.request(id, "")
		a := w.send(methods[id], path, "", body)
		if isPublic && a.status != http.StatusOK || !isPublic && a.status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d %s", id, a.status, a.body)
		}
		done, last := isPublic, a
		for _, by := range actors {
			path, body := w.request(id, by.role)
			a := w.send(methods[id], path, by.key, body)
			done = done || a.status < http.StatusMultipleChoices
			if a.status != http.StatusForbidden && a.status != http.StatusNotFound {
				last = a
			}
			if want := expectedAccess(op, by, strings.HasPrefix(id, "list")); !want.met(a) {
				t.Errorf("%s by %s (%s): %d %s, want %s", id, by.role, by.relation, a.status, a.body, want)
			}
		}
		if !done && !slices.Contains([]string{"withdrawProposal", "placeQuote", "voidOffer", "haltOffer", "resumeOffer", "certifyOffer"}, id) { // the first only its proposer may, and none of these is; the others wait for a window, which offer_test.go lets come
			t.Errorf("%s was done by nobody: %s", id, last.body)
		}
	}
}

// access is what the table promises an actor.
type access string

const (
	granted   access = "an answer about the matter"
	forbidden access = "403"
	hidden    access = "404"
)

func expectedAccess(op identity.Operation, by actor, isList bool) access {
	rule := identity.Table[op]
	switch relation := rule[by.role]; {
	case rule[identity.Public] != identity.None, relation == identity.Any:
		return granted
	case relation == identity.None:
		return forbidden
	case by.relation == other && !isList:
		return hidden
	}
	return granted
}

func (want access) met(a answer) bool {
	switch want {
	case forbidden:
		return a.status == http.StatusForbidden
	case hidden:
		inBatch := a.status == http.StatusOK && strings.HasPrefix(string(a.body), `{"results":[{"problem":`) && strings.Contains(string(a.body), `"status":404`)
		return a.status == http.StatusNotFound || inBatch
	case granted:
	}
	return a.status != http.StatusUnauthorized && a.status != http.StatusForbidden && a.status != http.StatusNotFound && a.status < http.StatusInternalServerError
}

// Lists are cut to what their reader may see: two firms, and the bureaus of two
// regions, have nothing in common, and nothing that the auditor does not see.
func TestAccess_ListsAreCut(t *testing.T) {
	t.Parallel()
	w := openWalked(t)
	ids := func(path, key string) map[int64]bool {
		page := decode[struct {
			Items []struct {
				ID      int64
				Account json.RawMessage // of a balance, which has no number of its own
			}
		}](t, w.get(path+"?limit=500", key))
		found := map[int64]bool{}
		for _, item := range page.Items {
			account, _ := strconv.ParseInt(string(item.Account), 10, 64)
			found[cmp.Or(item.ID, account)] = true
		}
		return found
	}
	byRole := map[identity.Role]map[relation]string{}
	for _, a := range w.actors() {
		if byRole[a.role] == nil {
			byRole[a.role] = map[relation]string{}
		}
		byRole[a.role][a.relation] = a.key
	}
	w.clock.Set(calendar.Date(20261231).AddDays(-180).Start()) // holders are reminded
	w.must(w.personOf(byRole[identity.Upper][every]), app.LevelMove{
		FromRegion: apptest.Jiashan, ToRegion: jiaxing, Pollutant: apptest.VOCs, Quantity: 1, Part: reserve.Unallocated, Document: "d",
	})
	last(w.world, app.Reminders)
	for id, op := range ruleOf {
		if !strings.HasPrefix(id, "list") || id == "listQuotes" || id == "listBids" || id == "listAwards" || id == "listTreasuryPayouts" { // see TestOffer_OverHTTP and TestAward_OverHTTP: these wait for a window
			continue
		}
		path := w.query(id)
		for role, keys := range byRole {
			if identity.Table[op][role] != identity.Own {
				continue
			}
			seen, others, all := ids(path, keys[own]), ids(path, keys[other]), ids(path, w.auditor)
			if len(seen) == 0 {
				t.Errorf("%s: %s sees nothing of its own", id, role)
			}
			for item := range seen {
				if others[item] || !all[item] {
					t.Errorf("%s: %s: another sees item %d too (%v), or the auditor does not", id, role, item, others[item])
				}
			}
		}
	}
}
