package httpapi_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"net/http"
	"testing"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/pgtest/dbtest"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/store"
)

// No answer to a command tells of a bid in the window, neither what is refused
// nor what a proposal would do, and no table of PostgreSQL has a trace of it, as
// text or as bytes; once it is opened both ways of looking find it.
func TestOffer_SealedOnPostgres(t *testing.T) {
	t.Parallel()
	db := dbtest.Template(t, "httpapi", func(url string) error {
		_, err := store.Migrate(context.Background(), url)
		return err
	})
	st, err := store.Open(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	w := serve(t, st)
	w.must(w.personOf(w.leader), app.ReserveMove{
		Region: apptest.Jiashan, Pollutant: apptest.VOCs, Direction: reserve.ToReserve, Quantity: 100 * quantity.OneQuantity, Document: "reserve",
	})
	at := fmt.Sprintf("/v1/offers/%d", decode[api.AuctionOffer](t, w.approved("/v1/offers", w.leader, sealedOffer)).ID)
	bidder, other := w.firms[0], w.firms[1]
	for _, f := range []firm{bidder, other} {
		w.want(http.StatusCreated, w.post(at+"/registrations", f.key, registration(f)))
	}
	w.clock.Set(windowOpens)
	offer := decode[api.AuctionOffer](t, w.get(at, "")).ID
	w.offerState(offer, "bidding")
	traces := tracesOf("54321.9876", 543219876, "73.9173", 73917300)
	tells := func(where string, content []byte) {
		t.Helper()
		for _, trace := range traces {
			if bytes.Contains(content, trace) {
				t.Errorf("%s has %q", where, trace)
			}
		}
	}
	answers := func(where string, status int, a answer) answer {
		t.Helper()
		if a.status != status {
			t.Fatalf("%s: %d %s, want %d", where, a.status, a.body, status)
		}
		tells(where, a.body)
		return a
	}
	quote := `{"steps":[{"price":"54321.9876","quantity":"73.9173"}]}`
	answers("the receipt", http.StatusCreated, w.post(at+"/quotes", bidder.key, quote))
	answers("another's receipt", http.StatusCreated, w.post(at+"/quotes", other.key, `{"steps":[{"price":"4000","quantity":"20"}]}`))
	answers("another's refusal", http.StatusUnprocessableEntity, w.post(at+"/quotes", other.key, `{"steps":[{"price":"3999","quantity":"1"}]}`))
	for _, key := range []string{bidder.key, other.key, w.leader, w.finance, w.auditor, w.west} {
		body := fmt.Sprintf(`{"action":"sell","seller_licence":%d,"instrument":%q,"quantity":"1"}`, bidder.licence, instrumentCode)
		tells("eligibility", w.send(http.MethodPost, "/v1/eligibility", key, body).body)
	}
	answers("a certification", http.StatusConflict, w.approved(at+"/certify", w.leader, fmt.Sprintf(`{"result_digest":"%064d","document":"d"}`, 0)))
	tells("the halt", w.ok(at+"/halt", w.leader, `{"reason":"电力故障"}`).body)
	void := answers("what a void would do", http.StatusAccepted, w.post(at+"/void", w.leader, `{"reason":"电力故障"}`))
	proposal := fmt.Sprintf("/v1/proposals/%d", decode[api.Proposal](t, void).ID)
	for _, key := range []string{w.leader, w.second, w.auditor} {
		answers("the proposal", http.StatusOK, w.get(proposal, key))
	}
	answers("its rejection", http.StatusOK, w.post(proposal+"/reject", w.second, `{"reason":"恢复供电"}`))
	tells("the resumption", w.ok(at+"/resume", w.leader, `{"reason":"恢复供电"}`).body)
	for table, content := range tablesOf(t, db.OwnerURL) {
		tells("the table "+table, content)
	}

	w.clock.Set(windowCloses)
	w.offerState(offer, "ranked")
	after := tablesOf(t, db.OwnerURL)
	for _, trace := range traces[:2] { // as atoms
		if !bytes.Contains(after["public.opened_bid"], trace) {
			t.Errorf("opened, the table has no %q: such a trace would not be found either", trace)
		}
	}
}

// tracesOf are the forms in which a price and a quantity may be written: atoms
// first, then as text and as whole numbers of 8 bytes and of any length.
func tracesOf(price string, priceAtoms int64, amount string, amountAtoms int64) (all [][]byte) {
	all = append(all, fmt.Append(nil, priceAtoms), fmt.Append(nil, amountAtoms), []byte(price), []byte(amount))
	for _, atoms := range []int64{priceAtoms, amountAtoms} {
		all = append(all,
			binary.BigEndian.AppendUint64(nil, uint64(atoms)),
			binary.LittleEndian.AppendUint64(nil, uint64(atoms)),
			binary.AppendUvarint(nil, uint64(atoms)),
			binary.AppendVarint(nil, atoms),
		)
	}
	return all
}

// tablesOf is all that the tables of a PostgreSQL database have: each value as
// bytes, where it is stored as such, or else as text.
func tablesOf(t *testing.T, url string) map[string][]byte {
	t.Helper()
	db, err := sql.Open("pgx", url) // the driver that package store brings
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names := valuesOf(t, db, "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
	all := map[string][]byte{}
	for name := range bytes.SplitSeq(bytes.TrimSpace(names), []byte("\n")) {
		all[string(name)] = valuesOf(t, db, "SELECT * FROM "+string(name))
	}
	if len(all) < 50 || len(all["public.journal"]) == 0 || len(all["public.quote"]) == 0 {
		t.Fatalf("%d tables were read; the journal has %d bytes, the quotes %d", len(all), len(all["public.journal"]), len(all["public.quote"]))
	}
	return all
}

// valuesOf are the values of a query, one a line.
func valuesOf(t *testing.T, db *sql.DB, query string) []byte {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for n := range values {
		places[n] = &values[n]
	}
	var all []byte
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, isBytes := v.([]byte); isBytes {
				all = append(all, b...)
			} else {
				all = fmt.Append(all, v)
			}
			all = append(all, '\n')
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}
