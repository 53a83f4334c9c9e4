package store

import (
	"context"
	"database/sql"
	"path/filepath"
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

// tamperings are what somebody with access to the database might do, and the
// table that permitx check must name.
var tamperings = []struct {
	name  string
	sql   []string
	names string // table of a violation that must be among those found
}{
	{"journal result", []string{"UPDATE journal SET result = 'x' WHERE number = 5"}, "journal"},
	{"journal time", []string{"UPDATE journal SET at = at + 1 WHERE number = 7"}, "journal"},
	{"journal row deleted", []string{"DELETE FROM journal WHERE number = 6"}, "journal"},
	{"journal end cut", []string{
		"DELETE FROM journal WHERE number = (SELECT length FROM registry)", "UPDATE registry SET length = length - 1",
	}, "registry"},
	{"payload", []string{"UPDATE journal_payload SET payload = '{}' WHERE number = 4"}, "journal_payload"},
	{"posting amount", []string{"UPDATE posting SET amount = amount + 1 WHERE id = 2"}, "posting"},
	{"posting reason", []string{"UPDATE posting SET reason = 10 WHERE id = 2"}, "journal"},
	{"posting deleted", []string{"DELETE FROM posting WHERE id = 3"}, "posting"},
	{"posting added", []string{
		"INSERT INTO posting SELECT id + 100000, transfer, reason, reference, debit, credit, amount, debit_after, credit_after, debit_previous, credit_previous, command FROM posting WHERE id = 1",
	}, "posting"},
	{"balance", []string{"UPDATE balance SET balance = balance + 1 WHERE id = 3"}, "balance"},
	{"held", []string{"UPDATE balance SET held = held - 1 WHERE id = (SELECT min(id) FROM balance WHERE held > 0)"}, "balance"},
	{"posting with its balances", []string{
		"UPDATE posting SET amount = amount + 5, debit_after = debit_after + 5, credit_after = credit_after + 5 WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7)",
		"UPDATE balance SET balance = balance + 5 WHERE id IN (SELECT debit FROM posting WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7) UNION SELECT credit FROM posting WHERE id = (SELECT max(last_posting) FROM balance b JOIN account a ON a.id = b.id WHERE a.kind = 7))",
	}, "journal"},
	{"order price", []string{"UPDATE market_order SET price = price + 10000 WHERE id = 1"}, "market_order"},
	{"order deleted", []string{"DELETE FROM market_order WHERE id = 2"}, "market_order"},
	{"acquisition price", []string{"UPDATE acquisition SET price = price + 10000 WHERE id = 1"}, "acquisition"},
	{"surplus", []string{"UPDATE surplus SET verified = verified + 1000000"}, "surplus"},
	{"trade amount", []string{"UPDATE trade SET amount = amount + 1"}, "trade"},
	{"key of another person", []string{"UPDATE api_key SET person = person + 1 WHERE id = 1"}, "api_key"},
	{"grant added", []string{"INSERT INTO role_grant SELECT id + 1000, person, 'finance', region, with_children, party, signer, state, command FROM role_grant WHERE id = 1"}, "role_grant"},
	{"lot", []string{"UPDATE lot SET available = available - 1, listed = listed + 1 WHERE id = 1"}, "lot"},
	{"lot with its movement", []string{
		"UPDATE lot SET quantity = quantity + 1, available = available + 1 WHERE id = 2",
		"UPDATE lot_movement SET quantity = quantity + 1 WHERE lot = 2", "UPDATE reserve_day SET quantity = quantity + 1 WHERE id = 2",
	}, "balance"},
	{"lot movement", []string{"UPDATE lot_movement SET cost = cost + 1 WHERE id = 1"}, "lot_movement"},
	{"lot movement deleted", []string{"DELETE FROM lot_movement WHERE id = 3"}, "lot"},
	{"lot claim", []string{"UPDATE lot_claim SET quantity = quantity + 1 WHERE id = 1"}, "lot_claim"},
	{"day total", []string{"UPDATE reserve_day SET quantity = quantity + 1 WHERE id = 1"}, "reserve_day"},
	{"frozen", []string{"UPDATE freeze_order SET frozen = frozen - 1"}, "freeze_order"},
	{"freeze lifted", []string{"UPDATE freeze_order SET state = 'released', frozen = 0, ended_at = 1"}, "freeze_order"},
	{"judicial sale", []string{"UPDATE judicial_sale SET quantity = quantity + 1"}, "judicial_sale"},
	{"proposal", []string{"UPDATE proposal SET effects = '[]' WHERE id = 1"}, "proposal"},
	{"proposal gone", []string{"DELETE FROM proposal WHERE id = 1"}, "journal"},
	{"budget", []string{"UPDATE budget SET approved = approved + 1"}, "budget"},
	{"budget with its movement", []string{
		"UPDATE budget SET approved = approved - 100, paid = paid - 100", "UPDATE budget_movement SET amount = amount - 100 WHERE move IN ('approve', 'pay')",
	}, "budget_movement"},
	{"budget movement deleted", []string{"DELETE FROM budget_movement WHERE id = 1"}, "budget"},
	{"buy-back amount", []string{"UPDATE buy_back SET amount = amount - 100 WHERE state = 'in_reserve'"}, "buy_back"},
	{"buy-back state", []string{"UPDATE buy_back SET state = 'withdrawn' WHERE state = 'agreed'"}, "buy_back"},
	{"buy-back step", []string{"UPDATE buy_back_step SET to_state = 'rejected' WHERE id = 2"}, "buy_back_step"},
	{"buy-back step deleted", []string{"DELETE FROM buy_back_step WHERE id = 4"}, "buy_back"},
	{"buy-back source", []string{"UPDATE buy_back_source SET quantity = quantity + 1"}, "buy_back"},
	{"standing offer", []string{"UPDATE standing_offer SET remaining = remaining + 1"}, "standing_offer"},
	{"idle declaration", []string{"UPDATE idle_declaration SET buy_back = 0"}, "idle_declaration"},
	{"refund", []string{"UPDATE treasury_refund SET state = 'received', proof = 'p', received_on = 20260701"}, "budget"},
	{"cap decision", []string{"UPDATE cap_decision SET change = change + 1000000 WHERE id = 1"}, "cap_decision"},
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
	for _, c := range tamperings {
		t.Run("sqlite/"+c.name, func(t *testing.T) {
			t.Parallel()
			path := tamperedSQLite(t)
			tamperSQLite(t, path, c.sql)
			mustName(t, apptest.Violations(t, opened(t, path)), c.names)
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
		for _, c := range tamperings {
			t.Run(c.name, func(t *testing.T) { tamperPostgres(t, s, db.OwnerURL, c.sql, c.names) })
		}
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

func mustName(t *testing.T, found []app.Violation, table string) {
	t.Helper()
	for _, v := range found {
		if v.Table == table {
			return
		}
	}
	t.Errorf("no violation names %s; found %d: %v", table, len(found), found)
}

func tamperSQLite(t *testing.T, path string, statements []string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, trigger := range []string{"journal", "account", "posting", "trade", "lot_movement", "budget_movement", "buy_back_step", "buy_back_price", "buy_back_source"} {
		statements = append([]string{"DROP TRIGGER " + trigger + "_no_update", "DROP TRIGGER " + trigger + "_no_delete"}, statements...)
	}
	for _, q := range append([]string{"DROP TRIGGER journal_payload_no_update"}, statements...) {
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// tamperPostgres alters rows, looks what check finds, and puts the rows back
// from a copy: the violations of one case must not hide behind another's.
func tamperPostgres(t *testing.T, s *Store, url string, statements []string, names string) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(q string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	tables := []string{"registry"}
	for name := range app.TableRows() {
		tables = append(tables, name)
	}
	for _, table := range tables {
		run("GRANT ALL ON " + table + " TO CURRENT_USER")
		run("CREATE TABLE IF NOT EXISTS kept_" + table + " AS TABLE " + table)
	}
	for _, q := range statements {
		run(q)
	}
	mustName(t, apptest.Violations(t, s), names)
	for _, table := range tables {
		if strings.Contains(strings.Join(statements, " "), table) {
			run("DELETE FROM " + table)
			run("INSERT INTO " + table + " TABLE kept_" + table)
		}
	}
	apptest.Check(t, s)
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
		path := tamperedSQLite(t)
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		refused(t, db)
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
