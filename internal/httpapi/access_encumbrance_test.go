package httpapi_test

import (
	"fmt"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/calendar"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// encumbered are the leases and pledges of the walk: of the first firm, but
// for what the first firm buys, which is the spare firm's.
type encumbered struct {
	bank                     int64 // party
	lease                    int64
	pledge, demanded, onSale int64
	bankWithdrawal           int64
}

// banks registers two banks, each with an officer, once.
func (w *world) banks() (parties [2]int64, keys [2]string) {
	w.t.Helper()
	if w.bankKeys[0] != "" {
		return w.bankParties, w.bankKeys
	}
	defer func() { w.bankParties, w.bankKeys = parties, keys }()
	for i := range parties {
		w.must(w.personOf(w.leader), app.PartyRegister{Name: "a bank", USCC: apptest.USCC(apptest.Jiashan, 70+i), Region: apptest.Jiashan, Industry: "6621"})
		parties[i] = lastID(w, app.Parties)
		keys[i] = w.person(fmt.Sprint("banker-", i), app.GrantAdd{Role: identity.BankOfficer, Party: parties[i]})
	}
	return parties, keys
}

func (w *walked) encumbrances() {
	w.t.Helper()
	f, e := w.firms[0], &w.encumbered
	parties, keys := w.banks()
	e.bank = parties[0]
	banker, leader, holder, spare := w.personOf(keys[0]), w.personOf(w.leader), w.personOf(f.key), w.personOf(w.spare.key)
	w.must(leader, app.Allocate{
		Kind: reserve.Opening, Licence: w.spare.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.Paid,
		Quantity: 9 * quantity.OneQuantity, Price: quantity.OnePrice, PriceKnown: true, AcquiredOn: 20260101, Document: "d",
	})
	w.must(holder, app.LeaseOffer{
		LessorLicence: f.licence, LesseeLicence: w.spare.licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity,
		Price: quantity.OnePrice, Months: 2, From: 20260801,
	})
	e.lease = lastID(w.world, app.Leases)
	for _, one := range []struct {
		id      *int64
		by      int64
		licence int64
		until   encumbrance.PledgeState
	}{{&e.pledge, holder, f.licence, ""}, {&e.demanded, holder, f.licence, encumbrance.PledgeDemanded}, {&e.onSale, spare, w.spare.licence, encumbrance.PledgeOnSale}} {
		w.must(one.by, app.PledgeApply{
			Licence: one.licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity, Bank: e.bank, Loan: 10_00, Value: 100_00, Assessment: "report",
		})
		*one.id = lastID(w.world, app.Pledges)
		if one.until == "" {
			continue
		}
		w.must(leader, app.PledgeStep{Pledge: *one.id, Event: encumbrance.ConfirmPledge, Document: "d"})
		w.must(banker, app.PledgeStep{Pledge: *one.id, Event: encumbrance.ApprovePledge, Loan: 10_00, Rate: 40_000, DueOn: calendar.Date(20270701), Document: "d"})
		w.must(one.by, app.PledgeStep{Pledge: *one.id, Event: encumbrance.RegisterPledge})
		w.must(banker, app.PledgeStep{Pledge: *one.id, Event: encumbrance.DemandPledge, Claim: 10_00, Document: "d"})
		if one.until == encumbrance.PledgeOnSale {
			w.must(leader, app.PledgeOffer{Pledge: *one.id, Quantity: quantity.OneQuantity, Price: quantity.OnePrice, Document: "d"})
		}
	}
	w.must(leader, app.PledgeTake{Pledge: e.demanded, Quantity: quantity.OneQuantity / 10, Price: quantity.OnePrice, Document: "d"})
	w.must(w.personOf(w.finance), app.DepositConfirm{Party: e.bank, Amount: 10_00, BankReference: "of the bank", ReceivedOn: 20260701, Payer: "a bank"})
	w.must(w.personOf(w.finance), app.PayeeRegister{Party: e.bank, Account: "6222", Document: "d"})
	w.must(banker, app.WithdrawRequest{Party: e.bank, Amount: 1_00, PayeeAccount: "6222"})
	e.bankWithdrawal = last(w.world, app.Withdrawals)
}

// encumbranceRequest is request for leases, pledges and quotes, and for what a
// bank does about its own money.
func (w *walked) encumbranceRequest(id string, role identity.Role) (path, body string) {
	e, f := w.encumbered, w.firms[0]
	isBank := role == identity.BankOfficer
	switch id {
	case "quotePrice":
		return "/v1/price-quote?kind=order&quantity=1&price=4000&instrument=" + instrumentCode, ""
	case "listCertificates":
		return "/v1/certificates", ""
	case "getCertificate":
		return "/v1/certificates/" + firstCertificate, ""
	case "checkCertificate":
		return "/v1/certificate-checks", fmt.Sprintf(`{"number":%q}`, firstCertificate)
	case "listLeases":
		return "/v1/leases", ""
	case "getLease":
		return "/v1/leases/" + itoa(e.lease), ""
	case "offerLease":
		return "/v1/leases", fmt.Sprintf(`{"lessor_licence":%d,"lessee_licence":%d,"instrument":%q,"quantity":"1","price":"1","months":1,"from":"2026-08-01"}`,
			f.licence, w.spare.licence, instrumentCode)
	case "stepLease":
		if role == identity.BureauLeader {
			return fmt.Sprintf("/v1/leases/%d/steps", e.lease), `{"event":"reject","note":"n"}`
		}
		return fmt.Sprintf("/v1/leases/%d/steps", e.lease), `{"event":"withdraw"}`
	case "listPledges":
		return "/v1/pledges", ""
	case "getPledge":
		return "/v1/pledges/" + itoa(e.pledge), ""
	case "applyPledge":
		return "/v1/pledges", fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"0.0001","bank":%d,"loan":"0.01","assessed_value":"1","assessment":"a"}`, f.licence, instrumentCode, e.bank)
	case "stepPledge":
		return fmt.Sprintf("/v1/pledges/%d/steps", e.pledge), map[identity.Role]string{
			identity.BureauLeader: `{"event":"confirm","document":"d"}`, identity.BankOfficer: `{"event":"reject","note":"n"}`,
		}[role] + map[bool]string{true: `{"event":"withdraw"}`}[role != identity.BureauLeader && !isBank]
	case "offerPledged":
		return fmt.Sprintf("/v1/pledges/%d/offer", e.demanded), `{"quantity":"0.5","price":"1","document":"d"}`
	case "takePledged":
		return fmt.Sprintf("/v1/pledges/%d/take", e.demanded), `{"quantity":"0.5","price":"1","document":"d"}`
	case "buyPledged":
		return fmt.Sprintf("/v1/pledges/%d/buy", e.onSale), fmt.Sprintf(`{"buyer_licence":%d,"expected_amount":"5"}`, f.licence)
	case "listPledgeOffers":
		return "/v1/pledge-offers", ""
	case "listPledgeSales":
		return "/v1/pledge-sales", ""
	case "requestWithdrawal":
		if isBank {
			return "/v1/withdrawals", fmt.Sprintf(`{"party":%d,"amount":"1","payee_account":"6222"}`, e.bank)
		}
	case "cancelWithdrawal":
		if isBank {
			return fmt.Sprintf("/v1/withdrawals/%d/cancel", e.bankWithdrawal), ""
		}
	case "getWithdrawal":
		if isBank {
			return "/v1/withdrawals/" + itoa(e.bankWithdrawal), ""
		}
	}
	return "", ""
}
