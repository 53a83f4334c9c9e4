package main

import (
	"errors"
	"testing"

	"permitx/internal/pgtest/dbtest"
)

// A role that may not make a checkpoint, as the service's, is no failure of the bench.
func TestBenchPostgres_Checkpoint(t *testing.T) {
	t.Parallel()
	db := dbtest.Database(t)
	if err := (&benchPostgres{adminURL: db.ServiceURL}).checkpoint(t.Context()); !errors.Is(err, errMayNot) {
		t.Errorf("a checkpoint as the service's role: %v", err)
	}
	if err := (&benchPostgres{adminURL: "postgres://127.0.0.1:1/none"}).checkpoint(t.Context()); err == nil || errors.Is(err, errMayNot) {
		t.Errorf("a checkpoint of no server: %v", err)
	}
}
