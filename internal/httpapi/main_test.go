package httpapi_test

import (
	"testing"

	"permitx/internal/pgtest/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
