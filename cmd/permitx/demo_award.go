package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// deliverAwards takes each award over contract, payment notice and proof to the delivery.
func (t *story) deliverAwards(ctx context.Context, o api.AuctionOffer) error {
	awards, err := answer[api.AwardPage](read(t.jiaxing.leader.ListAwards(ctx, &api.ListAwardsParams{Offer: &o.ID})))
	if err != nil {
		return err
	}
	for n, a := range awards.Items {
		if err := t.deliverAward(ctx, n, a); err != nil {
			return fmt.Errorf("award %d: %w", a.ID, err)
		}
	}
	t.sold.Delivered = len(awards.Items)
	t.say("%d contracts are signed, their payment notices paid and found in the list of the tax authority, and the permits delivered", len(awards.Items))
	return nil
}

func (t *story) deliverAward(ctx context.Context, n int, a api.Award) error {
	r, b := t.jiaxing, t.firm(a.Party)
	if _, err := answer[api.Award](read(b.handler.SignAward(ctx, a.ID, &api.SignAwardParams{IdempotencyKey: commandKey()}))); err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	a, err := approved[api.Award](ctx, r.leader)(read(r.clerk.ContractAward(ctx, a.ID, &api.ContractAwardParams{IdempotencyKey: commandKey()},
		api.AwardContractInput{Contract: fmt.Sprintf("DEMO-JX-2024-11-%02d", n+1)})))
	if err != nil {
		return fmt.Errorf("contract: %w", err)
	}
	notice, err := answer[api.PaymentNotice](read(r.clerk.GetPaymentNotice(ctx, *a.PaymentNotice)))
	if err != nil {
		return fmt.Errorf("notice: %w", err)
	}
	return t.payAndDeliver(ctx, r, notice, fmt.Sprintf("DEMO-TAX-%04d", n+1))
}

// payAndDeliver lets finance see the payment of a notice and match it with the list of the tax authority that
// has it, and delivers the notice.
func (t *story) payAndDeliver(ctx context.Context, r *demoRegion, n api.PaymentNotice, receipt string) error {
	_, err := answer[api.PaymentNotice](read(t.finance.ProvePayment(ctx, n.ID, &api.ProvePaymentParams{IdempotencyKey: commandKey()},
		api.PaymentProofInput{Amount: n.Amount, Proof: receipt, PaidOn: t.today.String()})))
	if err != nil {
		return fmt.Errorf("proof: %w", err)
	}
	_, err = answer[api.TaxList](read(t.finance.ImportTaxList(ctx, &api.ImportTaxListParams{IdempotencyKey: commandKey()}, api.TaxListInput{
		Region: r.code, Document: made("税务入库清单 " + receipt),
		Rows: []api.TaxListRow{{Number: n.Number, Receipt: receipt, Amount: n.Amount, PaidOn: t.today.String()}},
	})))
	if err != nil {
		return fmt.Errorf("list of the tax authority: %w", err)
	}
	_, err = approved[api.PaymentNotice](ctx, r.leader)(read(r.leader.DeliverPaymentNotice(ctx, n.ID, &api.DeliverPaymentNoticeParams{IdempotencyKey: commandKey()})))
	if err != nil {
		return fmt.Errorf("deliver: %w", err)
	}
	return nil
}

// checkCertificate shows the first bidder's certificate, and what anybody is told of it.
func (t *story) checkCertificate(ctx context.Context, _ api.AuctionOffer) error {
	b := t.bidders[0]
	page, err := answer[api.CertificatePage](read(b.handler.ListCertificates(ctx, &api.ListCertificatesParams{})))
	if err != nil {
		return err
	}
	if len(page.Items) != 1 {
		return fmt.Errorf("%s has %d certificates, not one", b.name, len(page.Items))
	}
	d, err := answer[api.CertificateDetail](read(b.handler.GetCertificate(ctx, page.Items[0].Number)))
	if err != nil {
		return err
	}
	code := orElse(d.Code, "")
	public, err := api.NewClient(t.url)
	if err != nil {
		return err
	}
	for _, typed := range []*string{nil, &code} {
		c, err := answer[api.CertificateCheck](read(public.CheckCertificate(ctx, api.CertificateCheckInput{Number: d.Certificate.Number, Code: typed})))
		if err != nil {
			return err
		}
		holder := "the holder is not told without the code"
		if c.Holder != nil {
			holder = "with its code, of " + c.Holder.Name
		}
		t.say("Certificate %s, journal row %d: %s, %s t/a of %s until %s, %s", c.Number, d.JournalNumber, c.Status, c.Quantity, c.Pollutant, c.TermEnd, holder)
		t.sold.Checked = string(c.Status)
	}
	t.say("    %s/certificates prints it for who types its number and the code %s", t.url, code)
	return nil
}
