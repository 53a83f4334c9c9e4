package main

import (
	"context"
	"fmt"

	"permitx/api"
)

// demoAccount is the platform's bank account, as made up as the rest.
const demoAccount = "DEMO-0001"

func bankReference(n int) string { return fmt.Sprintf("DEMO-IN-%04d", n+1) }

// pay lets finance confirm a firm's deposit.
func (t *story) pay(ctx context.Context, f *firm, n int) error {
	d, err := answer[api.Deposit](read(t.finance.ConfirmDeposit(ctx, &api.ConfirmDepositParams{IdempotencyKey: commandKey()}, api.DepositInput{
		Party: f.party, Amount: f.deposit, BankReference: bankReference(n), ReceivedOn: t.today.String(),
	})))
	if err == nil {
		t.say("    deposits CNY %s, bank reference %s", d.Amount, d.BankReference)
	}
	return err
}

// bankStatement imports the bank's own list of the deposits and shows that it agrees.
func (t *story) bankStatement(ctx context.Context) error {
	in := api.BankStatementInput{Account: demoAccount, From: t.today.String(), To: t.today.String()}
	for n, f := range t.cast.all() {
		if f.deposit != "" {
			in.Lines = append(in.Lines, api.BankStatementLine{
				Reference: bankReference(n), Amount: f.deposit, On: t.today.String(), Payer: f.name,
			})
		}
	}
	s, err := answer[api.BankStatement](read(t.finance.ImportBankStatement(ctx, &api.ImportBankStatementParams{IdempotencyKey: commandKey()}, in)))
	if err == nil {
		t.say("Bank statement: %d lines, CNY %s; %d agree, %d differences", s.Lines, s.Received, s.Reconciled, s.Open)
	}
	return err
}
