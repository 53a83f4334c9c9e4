package dbtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"permitx/internal/pgtest/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(dbtest.Wrap(m)) }

// An append-only table, and what the migrations grant the service on it.
const schema = `
CREATE TABLE posting (id BIGINT PRIMARY KEY, amount BIGINT NOT NULL);
GRANT SELECT, INSERT ON posting TO permitx_service;
INSERT INTO posting VALUES (1, 100)`

func prepare(ownerURL string) error {
	conn, err := pgx.Connect(context.Background(), ownerURL)
	if err != nil {
		return err
	}
	defer conn.Close(context.Background())
	_, err = conn.Exec(context.Background(), schema)
	return err
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) error {
	t.Helper()
	_, err := conn.Exec(t.Context(), sql)
	return err
}

// Each test has the template's rows and not those of another test.
func TestTemplate_CopiesAreSeparate(t *testing.T) {
	t.Parallel()
	prepared := 0
	count := func(ownerURL string) error {
		prepared++
		return prepare(ownerURL)
	}
	first := dbtest.Template(t, "separate", count)
	second := dbtest.Template(t, "separate", count)
	if first.Name == second.Name || prepared != 1 {
		t.Fatalf("databases %s and %s, prepared %d times", first.Name, second.Name, prepared)
	}
	if err := exec(t, connect(t, first.ServiceURL), "INSERT INTO posting VALUES (2, 200)"); err != nil {
		t.Fatal(err)
	}
	var sum int
	if err := connect(t, second.ServiceURL).QueryRow(t.Context(), "SELECT sum(amount) FROM posting").Scan(&sum); err != nil {
		t.Fatal(err)
	}
	if sum != 100 {
		t.Fatalf("sum of the second copy is %d, want the template's 100", sum)
	}
}

// The service may do what was granted and nothing else; the owner may.
func TestTemplate_Roles(t *testing.T) {
	t.Parallel()
	const denied = "42501"
	database := dbtest.Template(t, "roles", prepare)
	service, owner := connect(t, database.ServiceURL), connect(t, database.OwnerURL)
	for _, sql := range []string{
		"UPDATE posting SET amount = 1",
		"DELETE FROM posting",
		"TRUNCATE posting",
		"DROP TABLE posting",
		"ALTER TABLE posting ADD COLUMN x BIGINT",
		"CREATE TABLE mine (id BIGINT)",
	} {
		var pgErr *pgconn.PgError
		if err := exec(t, service, sql); !errors.As(err, &pgErr) || pgErr.Code != denied {
			t.Errorf("service: %s: got %v, want permission denied", sql, err)
		}
	}
	if err := exec(t, owner, "UPDATE posting SET amount = 1"); err != nil {
		t.Errorf("owner: %v", err)
	}
}

// A database is gone after its test, though connections to it are still open.
func TestDatabase_DroppedAfterTest(t *testing.T) { //nolint:tparallel // it looks when the inner test is over
	t.Parallel()
	admin := connect(t, dbtest.Database(t).OwnerURL)
	var name string
	t.Run("inner", func(t *testing.T) {
		database := dbtest.Database(t)
		name = database.Name
		conn, err := pgx.Connect(t.Context(), database.ServiceURL)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	var exists bool
	err := admin.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err != nil || exists {
		t.Fatalf("database %s still exists: %t (%v)", name, exists, err)
	}
}
