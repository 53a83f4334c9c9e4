package main

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// profileAddress is a flag that serves Go's profiles on an address of its own,
// which must not be open to the public.
type profileAddress string

// AfterApply starts to listen; it ends with the process.
func (a profileAddress) AfterApply() error {
	listener, err := net.Listen("tcp", string(a)) //nolint:noctx // as long as the process runs
	if err != nil {
		return fmt.Errorf("listen for profiles: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			panic(err)
		}
	}()
	return nil
}
