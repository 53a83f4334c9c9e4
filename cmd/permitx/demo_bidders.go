package main

import (
	"context"
	"fmt"
	"strings"

	"permitx/api"
	"permitx/internal/catalog"
)

const jiaxing = "330400" // 嘉兴市本级, which holds the sale

// newJiaxing is the region of the sale. Its figures are made up.
func newJiaxing() *demoRegion {
	return &demoRegion{code: jiaxing, name: "嘉兴市", nh3n: "38", nh3nReserve: "1.2"}
}

// bidder is a firm with the need of its project, which is what it bids for, and
// the price of its last quote. All of them are made up.
type bidder struct {
	firm
	need string // t/a, approved
	last string // CNY/(t·a)
}

// newBidders are the nineteen, the highest last quote first.
func newBidders() []*bidder {
	var all []*bidder
	for n, b := range [][2]string{
		{"0.12", "25800"},
		{"0.045", "24300"},
		{"0.082", "23200"},
		{"0.0275", "21900"},
		{"0.096", "20700"},
		{"0.051", "20100"},
		{"0.034", "19100"},
		{"0.0665", "17700"},
		{"0.018", "17000"},
		{"0.074", "16200"},
		{"0.039", "14900"},
		{"0.058", "13600"},
		{"0.023", "12500"},
		{"0.0605", "11800"},
		{"0.0415", "10900"},
		{"0.089", "9600"},
		{"0.032", "8200"},
		{"0.0705", "6900"},
		{"0.015", "5200"},
	} {
		all = append(all, &bidder{
			firm: firm{name: fmt.Sprintf("嘉兴竞买企业%02d（示例企业）", n+1), uscc: madeUpUSCC(jiaxing, n+1), region: jiaxing, industry: "1713", deposit: saleDeposit},
			need: b[0], last: b[1],
		})
	}
	return all
}

// madeUpUSCC is a code of a region that passes the check digit.
func madeUpUSCC(region string, n int) string {
	body := fmt.Sprintf("91%sMA2D%05d", region, n)
	for _, digit := range strings.Split("0123456789ABCDEFGHJKLMNPQRTUWXY", "") {
		if _, err := catalog.CheckUSCC("uscc", body+digit); err == nil {
			return body + digit
		}
	}
	panic("demo: no check digit fits " + body)
}

// gather makes the region of the sale and its bidders: each with a licence, an
// approved project, and the money for its deposit.
func (t *story) gather(ctx context.Context) error {
	r := t.jiaxing
	var err error
	if r.leader, err = t.join(ctx, r.name+"生态环境局 负责人", api.GrantInput{Role: api.RoleBureauLeader, Region: &r.code}); err != nil {
		return err
	}
	if r.clerk, err = t.join(ctx, r.name+"生态环境局 经办人", api.GrantInput{Role: api.RoleBureauClerk, Region: &r.code}); err != nil {
		return err
	}
	if err := t.basicAccount(ctx, r, nh3n, r.nh3n, r.nh3nReserve); err != nil {
		return err
	}
	for n, b := range t.bidders {
		if err := t.register(ctx, &b.firm); err != nil {
			return fmt.Errorf("%s: %w", b.name, err)
		}
		_, err := answer[api.Deposit](read(t.finance.ConfirmDeposit(ctx, &api.ConfirmDepositParams{IdempotencyKey: commandKey()}, api.DepositInput{
			Party: b.party, Amount: b.deposit, BankReference: bankReference(100 + n), ReceivedOn: t.today.String(),
		})))
		if err != nil {
			return fmt.Errorf("%s: deposit: %w", b.name, err)
		}
	}
	t.say("%s %s: cap of NH3-N %s t/a, of it %s in the reserve; %d firms with a licence, each with CNY %s for its deposit", r.code, r.name, r.nh3n, r.nh3nReserve, len(t.bidders), saleDeposit)
	return nil
}
