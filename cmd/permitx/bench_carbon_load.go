package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"time"

	"permitx/internal/bench"
	"permitx/internal/calendar"
)

// carbonLoad makes clients whose activities all differ, over the whole run.
type carbonLoad struct {
	path, key string
	made      uint64 // clients
}

func (l *carbonLoad) clients() []bench.Client {
	all := make([]bench.Client, carbonClients)
	today := calendar.InstantOf(time.Now()).Date()
	for i := range all {
		l.made++
		all[i] = newCarbonClient(l.path, l.key, l.made, today)
	}
	return all
}

// carbonClient sends a batch that is rendered once; before each sending its
// source ids, participants and times are written over.
type carbonClient struct {
	request []byte
	lines   []carbonLine
	sent    uint64
	number  uint64 // of the client
	days    [carbonDays]string
	key     int // where the key's digits are
}

// carbonLine is where the fields of a line lie.
type carbonLine struct{ source, person, from, to int }

const (
	carbonTime   = "2026-01-01T00:00:00+08:00"
	carbonDigits = 32
)

func newCarbonClient(path, key string, number uint64, today calendar.Date) *carbonClient {
	c := &carbonClient{number: number}
	for i := range c.days {
		c.days[i] = today.AddDays(-carbonFirstDay - i).String()
	}
	var body bytes.Buffer
	zero := string(bytes.Repeat([]byte{'0'}, carbonDigits))
	for range carbonBatch {
		var l carbonLine
		body.WriteString(`{"source_id":"`)
		l.source = body.Len()
		body.WriteString(zero + `","scenario":"BUS","participant":"`)
		l.person = body.Len()
		body.WriteString(zero + `","from":"`)
		l.from = body.Len()
		body.WriteString(carbonTime + `","to":"`)
		l.to = body.Len()
		body.WriteString(carbonTime + `","inputs":[{"name":"rides","value":"1","unit":"ride"}],"evidence":"` + zero + zero + "\"}\n")
		c.lines = append(c.lines, l)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\nIdempotency-Key: ", path, key, body.Len())
	c.key = len(head)
	head += zero + "\r\n\r\n"
	c.request = append([]byte(head), body.Bytes()...)
	for i := range c.lines {
		l := &c.lines[i]
		l.source, l.person, l.from, l.to = l.source+len(head), l.person+len(head), l.from+len(head), l.to+len(head)
	}
	return c
}

// Next writes the next batch: activity k of client c is that of participant
// (k × a prime + c × another) mod a million, so that no two clients go through the
// people in step, and a ride of the participant that no other client has.
func (c *carbonClient) Next() []byte {
	const prime, other, slots = 7_368_787, 618_041, 24 * 60 / carbonMinutes
	putHex(c.request[c.key:], c.number, c.sent)
	for i, l := range c.lines {
		n := c.sent*carbonBatch + uint64(i)
		person := (n*prime + c.number*other) % carbonPeople
		ride := n/carbonPeople + (c.number-1)*3 // clients of one run keep apart
		day, slot := c.days[ride%carbonDays], int(ride/carbonDays%slots)
		putHex(c.request[l.source:], c.number, n)
		putHex(c.request[l.person:], 0, person) // as carbonPerson
		putTime(c.request[l.from:], day, slot*carbonMinutes)
		putTime(c.request[l.to:], day, slot*carbonMinutes+carbonMinutes-1)
	}
	c.sent++
	return c.request
}

func putHex(into []byte, high, low uint64) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high)
	binary.BigEndian.PutUint64(b[8:], low)
	hex.Encode(into[:carbonDigits], b[:])
}

func putTime(into []byte, day string, minute int) {
	copy(into, day)
	const digits = "0123456789"
	hour, minute := minute/60, minute%60
	into[11], into[12], into[14], into[15] = digits[hour/10], digits[hour%10], digits[minute/10], digits[minute%10]
}

// Done counts the activities that were accepted.
func (*carbonClient) Done(r bench.Response) int {
	if r.Status != http.StatusOK {
		return 0
	}
	return bytes.Count(r.Body, []byte(`"status":"accepted"`))
}
