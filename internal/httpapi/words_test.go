package httpapi_test

import (
	"slices"
	"testing"

	"permitx/internal/app"
	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/outside"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// The words of the contract are those of the program, neither more nor fewer:
// what is stored can always be answered, and what is accepted means something.
func TestWords(t *testing.T) {
	t.Parallel()
	for schema, program := range map[string][]string{
		"Role":                   wordsOf(identity.Roles),
		"PersonState":            wordsOf(catalog.PersonStates),
		"GrantState":             {string(identity.GrantActive), string(identity.GrantRevoked)},
		"PartyState":             wordsOf(catalog.PartyStates),
		"LicenceKind":            wordsOf(catalog.LicenceKinds),
		"LicenceState":           wordsOf(catalog.LicenceStates),
		"PriceBasis":             wordsOf(catalog.PriceBases),
		"MarketState":            wordsOf(catalog.MarketStates),
		"MarketPhase":            wordsOf(market.Phases),
		"SlotPhase":              {string(market.PhaseCall), string(market.PhaseContinuous)},
		"CallState":              wordsOf(market.CallStates),
		"BlockState":             wordsOf(market.BlockStates),
		"BlockEvent":             wordsOf(market.BlockEvents[:4]), // the other is a timer's
		"MarketTradeKind":        {market.ContinuousTrade.String(), market.CallTrade.String(), market.BlockTrade.String()},
		"Origin":                 {ledger.Paid.String(), ledger.Free.String(), ledger.UnknownOrigin.String()},
		"RuleAction":             wordsOf(rulebook.Actions),
		"RuleOutcome":            {string(rulebook.Passed), string(rulebook.Refused), string(rulebook.Warned), string(rulebook.NotApplicable)},
		"FactKind":               wordsOf(rulebook.Kinds),
		"ParameterKey":           keyWords(),
		"ReserveDirection":       wordsOf(reserve.Directions),
		"CapPart":                wordsOf(reserve.Parts),
		"AllocationKind":         wordsOf(reserve.AllocationKinds),
		"PaymentNoticeState":     wordsOf(reserve.NoticeStates),
		"Provenance":             wordsOf(reserve.Provenances),
		"Bucket":                 wordsOf(reserve.Buckets),
		"LotEvent":               wordsOf(reserve.LotEvents),
		"PickOrder":              wordsOf(reserve.PickOrders),
		"LotOrderKind":           wordsOf(reserve.LotOrderKinds),
		"EarmarkState":           wordsOf(reserve.EarmarkStates),
		"ListingKind":            wordsOf(reserve.ListingKinds),
		"ListingState":           wordsOf(reserve.ListingStates),
		"SurplusLossKind":        wordsOf(reserve.SurplusLossKinds),
		"AuctionFormat":          wordsOf(auction.OfferFormats),
		"AuctionState":           wordsOf(auction.OfferStates),
		"AwardState":             wordsOf(auction.AwardStates),
		"AuctionCollateral":      wordsOf(auction.Collaterals),
		"AuctionTie":             wordsOf(auction.Ties),
		"AuctionFit":             wordsOf(auction.Fits),
		"AuctionSight":           wordsOf(auction.Sights),
		"InterruptionRule":       wordsOf(auction.InterruptionRules),
		"IncidentKind":           wordsOf(auction.IncidentKinds),
		"IncidentOutcome":        wordsOf(auction.IncidentOutcomes),
		"RegistrationState":      wordsOf(auction.RegistrationStates),
		"SaleKind":               wordsOf(reserve.SaleKinds),
		"EarmarkAllocationState": wordsOf(reserve.AllocationStates),
		"ReceiptState":           wordsOf(reserve.ReceiptStates),
		"PlanState":              wordsOf(reserve.PlanStates),
		"VerificationRung":       wordsOf(reserve.Rungs),
		"SurplusOutcome":         wordsOf(reserve.SurplusOutcomes),
		"WithdrawalState":        wordsOf(settlement.WithdrawalStates),
		"BankEntryState":         wordsOf(settlement.EntryStates),
		"BankDifference":         append(wordsOf(settlement.Differences), string(settlement.MissingInStatement)),
		"DealState":              wordsOf(settlement.DealStates),
		"DealEvent":              wordsOf(settlement.DealEvents),
		"DealRole":               wordsOf(settlement.DealRoles),
		"DealKind":               wordsOf(settlement.DealKinds),
		"DealSide":               wordsOf(settlement.DealSides),
		"DealPayment":            wordsOf(settlement.DealPayments),
		"CapEffect":              wordsOf(settlement.CapEffects),
		"OutsideSystem":          wordsOf(outside.Systems),
		"OutsideKind":            wordsOf(outside.Kinds),
		"ImportKind":             wordsOf(outside.LineKinds),
		"ExportState":            wordsOf(outside.ExportStates),
		"ImportState":            wordsOf(outside.ImportStates),
		"LeaseState":             wordsOf(encumbrance.LeaseStates),
		"LeaseEvent":             wordsOf(encumbrance.LeaseEvents),
		"PledgeState":            wordsOf(encumbrance.PledgeStates),
		"PledgeEvent":            wordsOf(encumbrance.PledgeEvents),
		"EncumbranceBody":        wordsOf(encumbrance.Bodies),
		"CertificateStatus":      wordsOf(encumbrance.CertificateStatuses),
		"Burden":                 wordsOf(encumbrance.Burdens),
		"CodeOutcome":            wordsOf(encumbrance.CodeOutcomes),
		"PriceQuoteKind":         wordsOf(app.PriceQuoteKinds),
	} {
		var contract []string
		for _, v := range contractDoc.Components.Schemas[schema].Value.Enum {
			contract = append(contract, v.(string))
		}
		slices.Sort(contract)
		slices.Sort(program)
		if !slices.Equal(contract, program) {
			t.Errorf("%s: the contract has %v, the program %v", schema, contract, program)
		}
	}
}

func keyWords() []string {
	words := make([]string, len(rulebook.Keys))
	for i, k := range rulebook.Keys {
		words[i] = string(k.Key)
	}
	return words
}

func wordsOf[T ~string](all []T) []string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = string(v)
	}
	return words
}
