package bench

import (
	"strconv"
)

const (
	keyDigits = 16                 // hexadecimal digits of a Request's counter
	keyZero   = "0000000000000000" // as many
)

// Request is a POST that is rendered once and sent many times, each time with
// an Idempotency-Key of its own.
type Request struct {
	bytes []byte
	digit int // where the key's last digit is
}

// NewRequest renders a POST. The key of each sending is prefix with 16
// hexadecimal digits after it.
func NewRequest(path, token, prefix string, body []byte) *Request {
	head := "POST " + path + " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " + token +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) +
		"\r\nIdempotency-Key: " + prefix + keyZero
	return &Request{
		bytes: append([]byte(head+"\r\n\r\n"), body...),
		digit: len(head) - 1,
	}
}

// WithKey returns the request's bytes with the n-th key. They are valid until
// the next call.
func (r *Request) WithKey(n uint64) []byte {
	const hex = "0123456789abcdef"
	for i := range keyDigits {
		r.bytes[r.digit-i] = hex[n&15]
		n >>= 4
	}
	return r.bytes
}

// Get renders a GET that needs no key.
func Get(path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: bench\r\n\r\n")
}
