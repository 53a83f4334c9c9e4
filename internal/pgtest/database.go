package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// EnvURL names the environment variable with the address of a server to test
// on: a postgres:// URL of a role that may create databases and roles. It must
// be a server for tests only: databases and the two roles are made on it.
const EnvURL = "PERMITX_TEST_POSTGRES"

// The roles of a database. They belong to the whole server and are made where
// they are missing, with the password of the administrator's URL.
const (
	OwnerRole   = "permitx_owner"   // owns the database; migrations run as this
	ServiceRole = "permitx_service" // the running service; may do what the migrations grant
)

const (
	rolesLock    = 0x7065726d // any number that all processes agree on
	copyAttempts = 50
	copyPause    = 100 * time.Millisecond
)

// Database is one database, as the two roles reach it.
type Database struct {
	Name       string
	OwnerURL   string
	ServiceURL string

	admin string // who made it and may drop it
}

// NewDatabase makes an empty database, and the roles if they are missing.
// adminURL is EnvURL's value or Server.URL("postgres").
func NewDatabase(ctx context.Context, adminURL, name string) (Database, error) {
	// template1 could hold what somebody put there.
	return create(ctx, adminURL, name, "template0")
}

// Copy makes a database with the tables, rows and grants of d, to which nobody
// may be connected: Seal it first.
func (d Database) Copy(ctx context.Context, name string) (Database, error) {
	return create(ctx, d.admin, name, d.Name)
}

// Seal ends all connections to d and permits no new ones, so that it may be copied.
func (d Database) Seal(ctx context.Context) error {
	return withConn(ctx, d.admin, func(conn *pgx.Conn) error {
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+quote(d.Name)+" ALLOW_CONNECTIONS false"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", d.Name)
		return err
	})
}

// Drop removes d; connections that are still open are cut.
func (d Database) Drop(ctx context.Context) error {
	return withConn(ctx, d.admin, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(d.Name)+" WITH (FORCE)")
		return err
	})
}

func create(ctx context.Context, adminURL, name, template string) (Database, error) {
	d, err := describe(adminURL, name)
	if err != nil {
		return Database{}, err
	}
	err = withConn(ctx, adminURL, func(conn *pgx.Conn) error {
		if err := ensureRoles(ctx, conn); err != nil {
			return err
		}
		statement := fmt.Sprintf("CREATE DATABASE %s OWNER %s TEMPLATE %s", quote(name), quote(OwnerRole), quote(template))
		return retryInUse(ctx, func() error {
			_, err := conn.Exec(ctx, statement)
			return err
		})
	})
	if err != nil {
		return Database{}, fmt.Errorf("create database %s: %w", name, err)
	}
	return d, nil
}

// describe derives the two roles' addresses from the administrator's.
func describe(adminURL, name string) (Database, error) {
	u, err := url.Parse(adminURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		// The text of the error would show the password.
		return Database{}, errors.New("the address of the test server is not a postgres:// URL")
	}
	as := func(role string) string {
		v, query := *u, u.Query()
		v.Path = "/" + name
		if _, hasPassword := u.User.Password(); hasPassword {
			password, _ := u.User.Password()
			v.User = url.UserPassword(role, password)
		} else {
			v.User = nil
			query.Set("user", role)
		}
		v.RawQuery = query.Encode()
		return v.String()
	}
	return Database{Name: name, OwnerURL: as(OwnerRole), ServiceURL: as(ServiceRole), admin: adminURL}, nil
}

// ensureRoles makes the roles that are missing. Several processes may try at once.
func ensureRoles(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", rolesLock); err != nil {
			return err
		}
		for _, role := range []string{OwnerRole, ServiceRole} {
			var exists bool
			err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role).Scan(&exists)
			if err != nil {
				return err
			}
			if exists {
				continue
			}
			if err := createRole(ctx, tx, role); err != nil {
				return err
			}
		}
		return nil
	})
}

func createRole(ctx context.Context, tx pgx.Tx, role string) error {
	statement := "CREATE ROLE " + quote(role) + " LOGIN"
	if password := tx.Conn().Config().Password; password != "" {
		var literal string
		if err := tx.QueryRow(ctx, "SELECT quote_literal($1)", password).Scan(&literal); err != nil {
			return err
		}
		statement += " PASSWORD " + literal
	}
	if _, err := tx.Exec(ctx, statement); err != nil {
		return err
	}
	// An administrator who is no superuser must be a member, to give the
	// database to its owner and to cut connections when it is dropped.
	_, err := tx.Exec(ctx, "GRANT "+quote(role)+" TO CURRENT_USER")
	return err
}

// retryInUse repeats do while the database to be copied is in use: a
// connection that was cut, or a vacuum, takes a moment to be gone.
func retryInUse(ctx context.Context, do func() error) error {
	const objectInUse = "55006"
	for attempt := 1; ; attempt++ {
		err := do()
		var pgErr *pgconn.PgError
		if attempt == copyAttempts || !errors.As(err, &pgErr) || pgErr.Code != objectInUse {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(copyPause):
		}
	}
}

// Check tells why the server at adminURL cannot be used for tests, or returns nil.
func Check(ctx context.Context, adminURL string) error {
	if _, err := describe(adminURL, "postgres"); err != nil {
		return err
	}
	return withConn(ctx, adminURL, func(conn *pgx.Conn) error {
		var may bool
		const query = "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
		if err := conn.QueryRow(ctx, query).Scan(&may); err != nil {
			return err
		}
		if !may {
			return fmt.Errorf("role %s may not create databases and roles", conn.Config().User)
		}
		return nil
	})
}

// withConn runs do on a connection of its own: a pool would leave goroutines
// behind that the tests' leak check finds.
func withConn(ctx context.Context, dsn string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
