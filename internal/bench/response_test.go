package bench

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// An answer is read whole, however many bytes of it have come and whatever
// follows it.
func TestParseResponse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, answer string
		status       int
		body         string
	}{
		{"length", "HTTP/1.1 201 Created\r\nContent-Type: a\r\nContent-Length: 8\r\n\r\n{\"id\":1}", 201, `{"id":1}`},
		{"lower case", "HTTP/1.1 422 Unprocessable Entity\r\ncontent-length:2\r\n\r\nno", 422, "no"},
		{"empty", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""},
		{"no reason", "HTTP/1.1 503 \r\nContent-Length: 1\r\n\r\nx", 503, "x"},
		{"a name as long as another", "HTTP/1.1 200 OK\r\nCache-Controls: 9\r\nContent-Length: 1\r\n\r\nx", 200, "x"},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, chunks!!\r\n0\r\n\r\n", 200, "hello, chunks!!"},
		{"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for cut := range len(c.answer) {
				r, size, err := ParseResponse([]byte(c.answer[:cut]))
				if size != 0 || err != nil {
					t.Fatalf("of %q: %v, %d bytes, %v", c.answer[:cut], r, size, err)
				}
			}
			r, size, err := ParseResponse([]byte(c.answer + "HTTP/1.1 500"))
			if err != nil || size != len(c.answer) || r.Status != c.status || string(r.Body) != c.body {
				t.Errorf("status %d, body %q, %d bytes, %v", r.Status, r.Body, size, err)
			}
		})
	}
}

func TestParseResponse_Invalid(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", // until the connection ends
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2\r\n\r\n",
	} {
		if r, size, err := ParseResponse([]byte(answer)); !errors.Is(err, ErrResponse) {
			t.Errorf("of %q: %v, %d bytes, %v", answer, r, size, err)
		}
	}
}

// Nothing that a server sends makes the parser panic or say that it has read
// more than there is.
func FuzzParseResponse(f *testing.F) {
	f.Add([]byte("HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, size, err := ParseResponse(b)
		if size < 0 || size > len(b) || len(r.Body) > size || (err != nil && size != 0) {
			t.Errorf("%d of %d bytes, a body of %d, %v", size, len(b), len(r.Body), err)
		}
	})
}

// Each sending of a request has its own key, and nothing else in it changes.
func TestRequest_WithKey(t *testing.T) {
	t.Parallel()
	r := NewRequest("/v1/orders", "px_secret", "abc-", []byte(`{"quantity":"1"}`))
	for _, n := range []uint64{0, 1, 0xdeadbeef, 1<<64 - 1} {
		got := string(r.WithKey(n))
		want := strings.Join([]string{
			"POST /v1/orders HTTP/1.1", "Host: bench", "Authorization: Bearer px_secret", "Content-Type: application/json",
			"Content-Length: 16", fmt.Sprintf("Idempotency-Key: abc-%016x", n), "", `{"quantity":"1"}`,
		}, "\r\n")
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
