package bench

import (
	"bytes"
	"errors"
	"strconv"
)

// Response is an answer. Its body is valid until the next request on its
// connection.
type Response struct {
	Status int
	Body   []byte
}

// ErrResponse is returned for bytes that are no HTTP/1.1 answer, or one that
// this client has no need to understand.
var ErrResponse = errors.New("bench: not an HTTP/1.1 answer with a known length")

var headEnd = []byte("\r\n\r\n")

// ParseResponse reads the answer at the head of b and returns how many bytes
// it takes; 0 when b does not hold all of it yet. It understands what a
// server sends to a client that asks for nothing special: a status line,
// headers, and a body whose length is given or that comes in chunks, which are
// joined in place.
func ParseResponse(b []byte) (r Response, size int, err error) {
	head := bytes.Index(b, headEnd)
	if head < 0 {
		return Response{}, 0, nil
	}
	line, headers, _ := bytes.Cut(b[:head], headEnd[:2])
	if len(line) < len("HTTP/1.1 200") || string(line[:9]) != "HTTP/1.1 " {
		return Response{}, 0, ErrResponse
	}
	if r.Status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return Response{}, 0, ErrResponse
	}
	length, chunked, err := bodyLength(headers)
	if err != nil {
		return Response{}, 0, err
	}
	start := head + len(headEnd)
	if chunked {
		body, size, err := joinChunks(b[start:])
		if err != nil || size == 0 {
			return Response{}, 0, err
		}
		r.Body = body
		return r, start + size, nil
	}
	if len(b)-start < length {
		return Response{}, 0, nil
	}
	r.Body = b[start : start+length]
	return r, start + length, nil
}

// bodyLength reads the headers that say how long the body is.
func bodyLength(headers []byte) (length int, chunked bool, err error) {
	length = -1
	for len(headers) > 0 {
		var line []byte
		line, headers, _ = bytes.Cut(headers, headEnd[:2])
		name, value, _ := bytes.Cut(line, []byte(":"))
		switch len(name) {
		case len("Content-Length"):
			if bytes.EqualFold(name, []byte("Content-Length")) {
				if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
					return 0, false, ErrResponse
				}
			}
		case len("Transfer-Encoding"):
			chunked = chunked || bytes.EqualFold(name, []byte("Transfer-Encoding")) && bytes.Contains(value, []byte("chunked"))
		}
	}
	if length < 0 && !chunked {
		return 0, false, ErrResponse
	}
	return length, chunked, nil
}

// joinChunks returns the body that b's chunks make, and how many bytes they
// take; 0 when the last one is not there yet. Only then is b changed.
func joinChunks(b []byte) (body []byte, size int, err error) {
	var parts [][2]int
	for at := 0; ; {
		end := bytes.Index(b[at:], headEnd[:2])
		if end < 0 {
			return nil, 0, nil
		}
		digits, _, _ := bytes.Cut(b[at:at+end], []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return nil, 0, ErrResponse
		}
		at += end + 2
		if len(b)-at < int(n)+2 {
			return nil, 0, nil
		}
		if string(b[at+int(n):at+int(n)+2]) != "\r\n" {
			return nil, 0, ErrResponse // trailers, or garbage
		}
		if n == 0 {
			size = at + 2
			break
		}
		parts = append(parts, [2]int{at, at + int(n)})
		at += int(n) + 2
	}
	body = b[:0]
	for _, p := range parts {
		body = append(body, b[p[0]:p[1]]...)
	}
	return body, size, nil
}
