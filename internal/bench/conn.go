package bench

import (
	"context"
	"fmt"
	"net"
)

// Conn is a connection that is kept. It is not safe for concurrent use.
type Conn struct {
	net  net.Conn
	buf  []byte
	used int // bytes of buf that the last answer took
}

// The buffer of a connection: most answers fit, no answer is larger.
const (
	bufferSize = 4 << 10
	bufferMax  = 16 << 20
)

// Dial connects to a server.
func Dial(ctx context.Context, address string) (*Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Conn{net: c, buf: make([]byte, 0, bufferSize)}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.net.Close() }

// Do sends a request and returns its answer.
func (c *Conn) Do(request []byte) (Response, error) {
	if _, err := c.net.Write(request); err != nil {
		return Response{}, err
	}
	for {
		n, err := c.net.Read(c.room())
		if err != nil {
			return Response{}, err
		}
		if r, whole, err := c.received(n); whole || err != nil {
			return r, err
		}
	}
}

// room returns where bytes may be read to.
func (c *Conn) room() []byte {
	if c.used > 0 {
		c.buf = c.buf[:copy(c.buf, c.buf[c.used:])]
		c.used = 0
	}
	if len(c.buf) == cap(c.buf) {
		c.buf = append(make([]byte, 0, 2*cap(c.buf)), c.buf...)
	}
	return c.buf[len(c.buf):cap(c.buf)]
}

// received takes n bytes that were read to room, and returns the answer when
// it is whole.
func (c *Conn) received(n int) (r Response, whole bool, err error) {
	c.buf = c.buf[:len(c.buf)+n]
	r, c.used, err = ParseResponse(c.buf)
	if err == nil && c.used == 0 && len(c.buf) > bufferMax {
		err = fmt.Errorf("%w: it is larger than %d bytes", ErrResponse, bufferMax)
	}
	return r, c.used > 0, err
}
