// Package bench measures a server from outside: a client that puts load on it
// over HTTP at little cost of its own, and the statistics and the report of
// what it found. It knows nothing of permits.
//
// # Terms
//
// A load is a closed loop: each connection sends one request and waits for its
// answer before it sends the next. A figure is one measured value; a ratio is
// judged by what it must be and what it should be. A ratio is computed in each
// round from figures that were taken one right after the other, and the median
// over the rounds counts, with its spread: a machine that is slow for a minute
// is slow for both.
//
// Floats are fine here: nothing is paid by them.
package bench
