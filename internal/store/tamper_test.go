package store

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
)

// tampering is what somebody with access to the database might do, and what
// permitx check must name.
type tampering struct {
	name      string
	sql       []string
	names     string // table of a violation that must be among those found
	invariant string // of it; empty: any
}

// tamperings are those of what everything rests on.
var tamperings = []tampering{
	{"journal result", []string{"UPDATE journal SET result = 'x' WHERE number = 5"}, "journal", ""},
	{"journal time", []string{"UPDATE journal SET at = at + 1 WHERE number = 7"}, "journal", ""},
	{"journal row deleted", []string{"DELETE FROM journal WHERE number = 6"}, "journal", ""},
	{"journal end cut", []string{
		"DELETE FROM journal WHERE number = (SELECT length FROM registry)", "UPDATE registry SET length = length - 1",
	}, "registry", ""},
	{"payload", []string{"UPDATE journal_payload SET payload = '{}' WHERE number = 4"}, "journal_payload", ""},
	{"posting amount", []string{"UPDATE posting SET amount = amount + 1 WHERE id = 2"}, "posting", ""},
	{"posting reason", []string{"UPDATE posting SET reason = 10 WHERE id = 2"}, "journal", ""},
	{"posting deleted", []string{"DELETE FROM posting WHERE id = 3"}, "posting", ""},
	{"posting added", []string{
		"INSERT INTO posting SELECT id + 100000, transfer, reason, reference, debit, credit, amount, debit_after, credit_after, debit_previous, credit_previous, command FROM posting WHERE id = 1",
	}, "posting", ""},
	{"balance", []string{"UPDATE balance SET balance = balance + 1 WHERE id = 3"}, "balance", ""},
	{"held", []string{"UPDATE balance SET held = held - 1 WHERE id = (SELECT min(id) FROM balance WHERE held > 0)"}, "balance", ""},
	{"posting with its balances", []string{
		"UPDATE posting SET amount = amount + 5, debit_after = debit_after + 5, credit_after = credit_after + 5 WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7)",
		"UPDATE balance SET balance = balance + 5 WHERE id IN (SELECT debit FROM posting WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7) UNION SELECT credit FROM posting WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7))",
	}, "journal", ""},
	{"order price", []string{"UPDATE market_order SET price = price + 10000 WHERE id = 1"}, "market_order", ""},
	{"order deleted", []string{"DELETE FROM market_order WHERE id = 2"}, "market_order", ""},
	{"acquisition price", []string{"UPDATE acquisition SET price = price + 10000 WHERE id = 1"}, "acquisition", ""},
	{"surplus", []string{"UPDATE surplus SET verified = verified + 1000000"}, "surplus", ""},
	{"trade amount", []string{"UPDATE trade SET amount = amount + 1"}, "trade", ""},
	{"key of another person", []string{"UPDATE api_key SET person = person + 1 WHERE id = 1"}, "api_key", ""},
	{"grant added", []string{"INSERT INTO role_grant SELECT id + 1000, person, 'finance', region, with_children, party, signer, state, command, granted_at, revoked_at FROM role_grant WHERE id = 1"}, "role_grant", ""},
	{"lot", []string{"UPDATE lot SET available = available - 1, listed = listed + 1 WHERE id = 1"}, "lot", ""},
	{"lot with its movement", []string{
		"UPDATE lot SET quantity = quantity + 1, available = available + 1 WHERE id = 2",
		"UPDATE lot_movement SET quantity = quantity + 1 WHERE lot = 2", "UPDATE reserve_day SET quantity = quantity + 1 WHERE id = 2",
	}, "balance", ""},
	{"lot movement", []string{"UPDATE lot_movement SET cost = cost + 1 WHERE id = 1"}, "lot_movement", ""},
	{"lot movement deleted", []string{"DELETE FROM lot_movement WHERE id = 3"}, "lot", ""},
	{"lot claim", []string{"UPDATE lot_claim SET quantity = quantity + 1 WHERE id = 1"}, "lot_claim", ""},
	{"day total", []string{"UPDATE reserve_day SET quantity = quantity + 1 WHERE id = 1"}, "reserve_day", ""},
	{"frozen", []string{"UPDATE freeze_order SET frozen = frozen - 1"}, "freeze_order", ""},
	{"freeze lifted", []string{"UPDATE freeze_order SET state = 'released', frozen = 0, ended_at = 1"}, "freeze_order", ""},
	{"judicial sale", []string{"UPDATE judicial_sale SET quantity = quantity + 1"}, "judicial_sale", ""},
	{"proposal", []string{"UPDATE proposal SET effects = '[]' WHERE id = 1"}, "proposal", ""},
	{"proposal gone", []string{"DELETE FROM proposal WHERE id = 1"}, "journal", ""},
	{"budget", []string{"UPDATE budget SET approved = approved + 1"}, "budget", ""},
	{"budget with its movement", []string{
		"UPDATE budget SET approved = approved - 100, paid = paid - 100", "UPDATE budget_movement SET amount = amount - 100 WHERE move IN ('approve', 'pay')",
	}, "budget_movement", ""},
	{"budget movement deleted", []string{"DELETE FROM budget_movement WHERE id = 1"}, "budget", ""},
	{"buy-back amount", []string{"UPDATE buy_back SET amount = amount - 100 WHERE state = 'in_reserve'"}, "buy_back", ""},
	{"buy-back state", []string{"UPDATE buy_back SET state = 'withdrawn' WHERE state = 'agreed'"}, "buy_back", ""},
	{"buy-back step", []string{"UPDATE buy_back_step SET to_state = 'rejected' WHERE id = 2"}, "buy_back_step", ""},
	{"buy-back step deleted", []string{"DELETE FROM buy_back_step WHERE id = 4"}, "buy_back", ""},
	{"buy-back source", []string{"UPDATE buy_back_source SET quantity = quantity + 1"}, "buy_back", ""},
	{"standing offer", []string{"UPDATE standing_offer SET remaining = remaining + 1"}, "standing_offer", ""},
	{"idle declaration", []string{"UPDATE idle_declaration SET buy_back = 0"}, "idle_declaration", ""},
	{"refund", []string{"UPDATE treasury_refund SET state = 'received', proof = 'p', received_on = 20260701"}, "budget", ""},
	{"cap decision", []string{"UPDATE cap_decision SET change = change + 1000000 WHERE id = 1"}, "cap_decision", ""},
}

// tradingTamperings are those of what trading rests on: each invariant must be
// found broken, besides that a row is not what the journal says.
var tradingTamperings = []tampering{
	{"collateral", []string{"UPDATE registration SET collateral = collateral + 100 WHERE state = 'registered'"}, "registration", "I-40"},
	{"collateral of nobody", []string{"UPDATE registration SET hold = 0 WHERE state = 'registered'"}, "hold", "I-40"},
	{"lots of a sale", []string{"UPDATE lot_claim SET quantity = quantity - 1 WHERE owner = 'offer' AND quantity > 0"}, "offer", "I-40"},
	{"late quote", []string{"UPDATE quote SET placed_at = placed_at + 7200000000 WHERE id = 1"}, "quote", "I-41"},
	{"quote of another party", []string{"UPDATE quote SET party = party + 1 WHERE id = 1"}, "quote", "I-41"},
	{"more quotes than there are", []string{"UPDATE offer SET quotes_most = 1 WHERE state = 'certified'", "UPDATE quote SET registration = 1"}, "registration", "I-41"},
	{"sealed quote", []string{"UPDATE quote SET sealed = 'AAAA' WHERE id = 1"}, "quote", "I-42"},
	{"opened bid", []string{"UPDATE opened_bid SET price = price + 10000 WHERE id = 1"}, "quote", "I-42"},
	{"bid of an earlier quote", []string{"UPDATE opened_bid SET quote = 2 WHERE id = 1"}, "opened_bid", "I-42"},
	{"another key", []string{"UPDATE offer SET seal_key = seed_digest WHERE state = 'certified'"}, "offer", "I-42"},
	{"key gone", []string{"UPDATE offer SET seal_key = '' WHERE state = 'certified'"}, "offer", "I-42"},
	{"volume", []string{"UPDATE offer SET volume = volume - 1 WHERE state = 'certified'"}, "offer", "I-43"},
	{"place", []string{"UPDATE registration SET place = place + 1 WHERE state = 'won'"}, "registration", "I-43"},
	{"winner", []string{"UPDATE winner SET quantity = quantity - 1 WHERE id = 1"}, "winner", "I-43"},
	{"winner deleted", []string{"DELETE FROM winner WHERE id = 1"}, "offer", "I-43"},
	{"award amount", []string{"UPDATE award SET amount = amount + 100 WHERE id = 1"}, "award", "I-44"},
	{"award unpublished", []string{"UPDATE award SET public_notice = 0 WHERE id = 1"}, "award", "I-44"},
	{"award deleted", []string{"DELETE FROM award WHERE id = 2"}, "winner", "I-44"},
	{"award without its notice", []string{"UPDATE award SET notice = 0 WHERE id = 1"}, "payment_notice", "I-45"},
	{"award not contracted", []string{"UPDATE award SET state = 'paid', paid_at = 1 WHERE id = 1"}, "award", "I-45"},
	{"forfeit", []string{"UPDATE award SET forfeited = forfeited - 100 WHERE id = 2"}, "award", "I-46"},
	{"forfeit without a default", []string{"DELETE FROM award WHERE id = 2"}, "registration", "I-46"},
	{"deposit kept", []string{"UPDATE registration SET hold = (SELECT min(id) FROM hold) WHERE id = 2"}, "award", "I-46"},
	{"fee of a trade", []string{"UPDATE trade SET buyer_fee = buyer_fee + 1 WHERE id = (SELECT max(id) FROM trade WHERE buyer_fee > 0)"}, "trade", "I-47"},
	{"fee of an order", []string{"UPDATE market_order SET fee = fee + 1 WHERE fee > 0"}, "market_order", "I-47"},
	{"day order without its end", []string{"UPDATE timer SET state = 'disarmed' WHERE purpose = 'order.day_end'"}, "market_order", "I-48"},
	{"immediate order that waits", []string{"UPDATE market_order SET time_in_force = 2, kind = 1 WHERE state = 1 AND time_in_force = 3"}, "market_order", "I-96"},
	{"sweep that runs on", []string{"UPDATE order_sweep SET state = 'running'"}, "order_sweep", "I-48"},
	{"close", []string{"UPDATE market_close SET price = price + 10000 WHERE trades > 0"}, "market_close", "I-49"},
	{"close of other trades", []string{"UPDATE market_close SET last_trade = 100000 WHERE trades > 0"}, "market_close", "I-49"},
	{"last close", []string{"UPDATE market_quote SET close = close + 10000"}, "market_quote", "I-49"},
	{"call", []string{"UPDATE market_call SET traded = traded - 1"}, "market_call", "I-50"},
	{"call deleted", []string{"DELETE FROM market_call"}, "trade", "I-50"},
	{"call price", []string{"UPDATE market_call SET price = price + 10000"}, "trade", "I-50"},
	{"block trade", []string{"UPDATE block_trade SET price = price + 10000 WHERE state = 'settled'"}, "trade", "I-51"},
	{"block trade without a trade", []string{"UPDATE block_trade SET trade = 100000 WHERE state = 'settled'"}, "block_trade", "I-51"},
	{"rent", []string{"UPDATE lease SET amount = amount + 1 WHERE state = 'active'"}, "lease", "I-52"},
	{"lease that holds nothing", []string{"UPDATE lease SET hold = 0 WHERE state = 'active'"}, "hold", "I-52"},
	{"lease that lasts longer", []string{"UPDATE lease SET ends_on = ends_on + 1 WHERE state = 'active'"}, "lease", "I-52"},
	{"lease never paid", []string{"UPDATE lease SET rent = 0 WHERE state = 'active'"}, "posting", "I-52"},
	{"lease step", []string{"UPDATE encumbrance_step SET to_state = 'paid' WHERE id = (SELECT min(id) FROM encumbrance_step WHERE kind = 'lease')"}, "encumbrance_step", "I-52"},
	{"lease step deleted", []string{"DELETE FROM encumbrance_step WHERE id = (SELECT max(id) FROM encumbrance_step WHERE kind = 'lease' AND reference = 1)"}, "lease", "I-52"},
	{"loan", []string{"UPDATE pledge SET most = loan WHERE behind > 0"}, "pledge", "I-53"},
	{"rank", []string{"UPDATE pledge SET rank = 3 - rank"}, "pledge", "I-53"},
	{"pledge that holds nothing", []string{"UPDATE pledge SET hold = 0"}, "hold", "I-53"},
	{"pledge step", []string{"UPDATE encumbrance_step SET body = 'holder' WHERE kind = 'pledge' AND event = 'demand'"}, "encumbrance_step", "I-53"},
	{"what a bank got", []string{"UPDATE pledge_payment SET amount = amount - 100 WHERE amount > 0"}, "pledge", "I-55"},
	{"what the holder got", []string{"UPDATE pledge_sale SET to_owner = to_owner + 100"}, "pledge_sale", "I-55"},
	{"what was sold", []string{"UPDATE pledge SET paid = paid - 100 WHERE paid > 0"}, "pledge", "I-55"},
	{"bank with a licence", []string{"UPDATE licence SET party = (SELECT min(party) FROM role_grant WHERE role = 'bank') WHERE id = 1"}, "licence", "I-55"},
	{"bank with permits", []string{"UPDATE role_grant SET role = 'bank', signer = FALSE WHERE role = 'enterprise'"}, "balance", "I-55"},
	{"sale of less", []string{"UPDATE pledge_sale SET quantity = quantity - 1"}, "pledge_sale", "I-55"},
}

// tamperedWorld has one of everything that the tamperings touch.
func tamperedWorld(t *testing.T, s *Store) {
	t.Helper()
	w := apptest.NewWorld(t, s, 2)
	w.Fund(w.Firms[1], 1_000_000_00)
	w.Grant(w.Firms[0], 10*quantity.OneQuantity, 5*quantity.OneQuantity, 2000*quantity.OnePrice)
	w.Trade(w.Firms[0], w.Firms[1])
	w.Must(w.Leader, app.NoticeIssue{
		Licence: w.Firms[0].Licence.ID, Instrument: w.Instrument.Code, Quantity: quantity.OneQuantity, Price: 4000 * quantity.OnePrice, DueOn: 20260731,
	})
	encumbered(w)
	w.BuyBacks(w.Firms[0])
	w.Trading()
	if err := w.App.Close(); err != nil {
		t.Fatal(err)
	}
	apptest.Check(t, s)
}

// encumbered has a freeze of the first firm's permits, a part of which went to
// another licence by a judicial sale.
func encumbered(w *apptest.World) {
	frozen := apptest.Result[app.FreezeResult](w, w.Leader, app.FreezePlace{FreezeTerms: app.FreezeTerms{
		Licence: w.Firms[0].Licence.ID, Instrument: w.Instrument.Code, Origin: ledger.Paid, Quantity: 2 * quantity.OneQuantity,
		Issuer: encumbrance.Court, IssuerName: "court", OrderNumber: "1", Reason: "r",
	}}).Freeze
	buyer := w.NewFirm(20, w.Firms[0].Licence.Region)
	w.Must(w.Leader, app.FreezeSell{Freeze: frozen.ID, BuyerLicence: buyer.Licence.ID, Quantity: quantity.OneQuantity, Amount: 1, Document: "d"})
}

// Whatever is altered behind the writer's back, permitx check names it.
func TestCheck_NamesWhatWasAltered(t *testing.T) {
	t.Parallel()
	all := slices.Concat(tamperings, tradingTamperings)
	for _, c := range all {
		t.Run("sqlite/"+c.name, func(t *testing.T) {
			t.Parallel()
			path := tamperedSQLite(t)
			tamperSQLite(t, path, c.sql)
			c.mustBeNamed(t, apptest.Violations(t, opened(t, path)))
		})
	}
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		db := dbtest.Template(t, "tampered", func(url string) error {
			_, err := Migrate(context.Background(), url)
			return err
		})
		s := opened(t, db.OwnerURL)
		tamperedWorld(t, s)
		p := keptPostgres(t, db.OwnerURL)
		for _, c := range all {
			t.Run(c.name, func(t *testing.T) {
				for _, q := range c.sql {
					p.run(t, q)
				}
				c.mustBeNamed(t, apptest.Violations(t, s))
				p.putBack(t, c.sql)
			})
		}
		apptest.Check(t, s)
	})
}

// tamperedSQLite is a copy of the world that is tampered with.
func tamperedSQLite(t *testing.T) string {
	t.Helper()
	return dbtest.File(t, "tampered", func(path string) error {
		if _, err := Migrate(t.Context(), path); err != nil {
			return err
		}
		s, err := Open(t.Context(), path)
		if err != nil {
			return err
		}
		tamperedWorld(t, s)
		return s.Close()
	})
}

// mustBeNamed holds that a violation names the table and the invariant.
func (c tampering) mustBeNamed(t *testing.T, found []app.Violation) {
	t.Helper()
	for _, v := range found {
		if v.Table == c.names && (c.invariant == "" || v.Invariant == c.invariant) {
			return
		}
	}
	t.Errorf("no violation names %s %s; found %d: %v", c.names, c.invariant, len(found), found)
}

// rawSQLite opens a file without what a store does to it.
func rawSQLite(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tamperSQLite(t *testing.T, path string, statements []string) {
	t.Helper()
	db := rawSQLite(t, path)
	for _, trigger := range []string{"journal", "account", "posting", "trade", "lot_movement", "budget_movement", "buy_back_step", "buy_back_price", "buy_back_source", "quote", "market_close"} {
		statements = append([]string{"DROP TRIGGER " + trigger + "_no_update", "DROP TRIGGER " + trigger + "_no_delete"}, statements...)
	}
	for _, q := range append([]string{"DROP TRIGGER journal_payload_no_update"}, statements...) {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// kept is a database with a copy of all its rows beside them.
type kept struct {
	db     *sql.DB
	tables []string
}

func keptPostgres(t *testing.T, url string) *kept {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &kept{db, []string{"registry"}}
	for name := range app.TableRows() {
		p.tables = append(p.tables, name)
	}
	for _, table := range p.tables {
		p.run(t, "GRANT ALL ON "+table+" TO CURRENT_USER")
		p.run(t, "CREATE TABLE kept_"+table+" AS TABLE "+table)
	}
	return p
}

func (p *kept) run(t *testing.T, q string) {
	t.Helper()
	if _, err := p.db.ExecContext(t.Context(), q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// putBack puts the rows back that statements have altered: the violations of one
// case must not hide behind another's.
func (p *kept) putBack(t *testing.T, statements []string) {
	t.Helper()
	for _, table := range p.tables {
		if strings.Contains(strings.Join(statements, " "), table) {
			p.run(t, "DELETE FROM "+table)
			p.run(t, "INSERT INTO "+table+" TABLE kept_"+table)
		}
	}
}

// The service's role cannot change or delete what is written once.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, db *sql.DB) {
		t.Helper()
		for _, table := range []string{"journal", "account", "posting", "trade", "lot_movement", "budget_movement", "buy_back_step", "buy_back_source"} {
			for _, q := range []string{"UPDATE " + table + " SET command = 0", "DELETE FROM " + table} {
				if table == "journal" {
					q = strings.Replace(q, "command", "actor", 1)
				}
				if _, err := db.ExecContext(t.Context(), q); err == nil {
					t.Errorf("%s was done", q)
				}
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		refused(t, rawSQLite(t, tamperedSQLite(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := migratedPostgres(t)
		db, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		refused(t, db)
	})
}
