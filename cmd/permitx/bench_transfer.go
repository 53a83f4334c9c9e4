package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"permitx/api"
)

// openDeposits gives every firm an account of deposits beside its funds: each registers for
// an auction, and withdraws, so that nothing else is different.
func (s *benchSite) openDeposits(ctx context.Context) error {
	seeder, err := s.seeder(ctx)
	if err != nil {
		return err
	}
	if err := seeder.reserve(); err != nil {
		return err
	}
	offer, err := seeder.offer()
	if err != nil {
		return err
	}
	if err := s.await(ctx, offer, api.AuctionStateRegistering); err != nil {
		return err
	}
	return inParallel(len(s.firms), func(i int) error {
		f := s.firms[i]
		client, err := s.as(f.key)
		if err != nil {
			return err
		}
		r, err := answer[api.Registration](read(client.RegisterBidder(ctx, offer, &api.RegisterBidderParams{IdempotencyKey: commandKey()}, api.RegistrationInput{Licence: &f.licence})))
		if err != nil {
			return err
		}
		_, err = answer[api.Registration](read(client.WithdrawRegistration(ctx, r.ID, &api.WithdrawRegistrationParams{IdempotencyKey: commandKey()})))
		return err
	})
}

// findMoney finds the firms' accounts of money.
func (s *benchSite) findMoney(ctx context.Context) error {
	funds, err := s.accounts(ctx, api.AccountKindFunds)
	if err != nil {
		return err
	}
	deposits, err := s.accounts(ctx, api.AccountKindDeposit)
	for i := range s.firms {
		f := &s.firms[i]
		if f.funds, f.deposit = funds[f.party], deposits[f.party]; err == nil && (f.funds == 0 || f.deposit == 0) {
			err = fmt.Errorf("party %d has no funds or no account of deposits", f.party)
		}
	}
	return err
}

// accounts are the parties' accounts of a kind, by party.
func (s *benchSite) accounts(ctx context.Context, kind api.AccountKind) (map[api.ID]api.ID, error) {
	client, err := s.as(s.officer)
	if err != nil {
		return nil, err
	}
	all, err := pages(func(after *api.ID) ([]api.Account, *api.ID, error) {
		p, err := answer[api.AccountPage](read(client.ListAccounts(ctx, &api.ListAccountsParams{Kind: &kind, After: after})))
		return p.Items, p.Next, err
	})
	byParty := map[api.ID]api.ID{}
	for _, a := range all {
		if a.Party != nil {
			byParty[*a.Party] = a.ID
		}
	}
	return byParty, err
}

// transfer is the body of a transfer of one fen from a firm's funds to its deposits,
// which finance makes alone.
func (s *benchSite) transfer() string {
	f := s.firms[rand.IntN(len(s.firms))]
	return fmt.Sprintf(`{"debit_account":%d,"credit_account":%d,"amount":"0.01","document":"%s"}`, f.funds, f.deposit, benchDocument)
}

func (s *benchSite) transfers(n int) []string {
	bodies := make([]string, n)
	for i := range bodies {
		bodies[i] = s.transfer()
	}
	return bodies
}

func measureTransfers(connections int) benchTake {
	return func(ctx context.Context, b *benchRun, m benchMeasure) error {
		s := b.sites[m.place]
		clients := make([]*benchClient, connections)
		for i := range clients {
			clients[i] = s.client("/v1/transfers", s.officer, s.transfers(benchBatch), created)
		}
		return b.load(ctx, m, clients)
	}
}

func measureTransferBatches(connections int) benchTake {
	return func(ctx context.Context, b *benchRun, m benchMeasure) error {
		s := b.sites[m.place]
		clients := make([]*benchClient, connections)
		for i := range clients {
			body := `{"mode":"each","transfers":[` + strings.Join(s.transfers(benchBatch), ",") + `]}`
			clients[i] = s.client("/v1/transfer-batches", s.officer, []string{body}, withoutProblem)
		}
		return b.load(ctx, m, clients)
	}
}
