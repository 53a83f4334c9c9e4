package app

import "testing"

// openBeside opens a database that is kept beside the fake store of an office.
var openBeside func(t *testing.T) Store

// KeepBeside lets each office of this test program keep a database beside its
// fake store, so that the constraints of the tables hold in its tests as well.
func KeepBeside(open func(t *testing.T) Store) { openBeside = open }
