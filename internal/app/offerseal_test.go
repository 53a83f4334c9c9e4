package app

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// traces are a number in every form in which anything here writes numbers.
func traces(atoms int64, text string) map[string][]byte {
	be, le := binary.BigEndian.AppendUint64(nil, uint64(atoms)), binary.LittleEndian.AppendUint64(nil, uint64(atoms))
	return map[string][]byte{
		"decimal": []byte(text), "atoms": fmt.Append(nil, atoms), "varint": binary.AppendVarint(nil, atoms), "uvarint": binary.AppendUvarint(nil, uint64(atoms)),
		"big-endian": be, "little-endian": le, "hex": []byte(hex.EncodeToString(be)), "base64": []byte(base64.RawStdEncoding.EncodeToString(be)[:10]),
	}
}

// found looks for a number in every column of every row of every table.
func (o *office) found(atoms int64, text string) []string {
	return o.search(atoms, traces(atoms, text))
}

// foundKey looks for the key of a seal; no column has a number as negative.
func (o *office) foundKey(key []byte) []string {
	return o.search(-1<<63, map[string][]byte{"hex": []byte(hex.EncodeToString(key)), "bytes": key, "base64": []byte(base64.StdEncoding.EncodeToString(key))})
}

func (o *office) search(atoms int64, forms map[string][]byte) (where []string) {
	o.store.mu.Lock()
	defer o.store.mu.Unlock()
	for name, t := range o.store.tables {
		for id, row := range t.rows {
			v := reflect.ValueOf(row)
			for i := range v.NumField() {
				column := v.Type().Field(i).Name
				switch f := v.Field(i); {
				case f.CanInt():
					if f.Int() == atoms {
						where = append(where, fmt.Sprintf("%s %d %s", name, id, column))
					}
				case f.Kind() == reflect.String, f.Kind() == reflect.Slice:
					content := []byte(fmt.Sprint(v.Field(i)))
					if f.Kind() == reflect.Slice {
						content = f.Bytes()
					}
					for form, trace := range forms {
						if bytes.Contains(content, trace) {
							where = append(where, fmt.Sprintf("%s %d %s (%s)", name, id, column, form))
						}
					}
				}
			}
		}
	}
	return where
}

// Until the close neither the price nor the quantity of a bid, nor the key that
// opens it, is in any column of any table, in any form, nor in the log: not of one
// that was accepted, nor of one that was refused. Afterwards both are.
func TestOffer_Sealed(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	var log bytes.Buffer
	if err := d.app.Close(); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	d.log = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.start()
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Tick, c.LotSize, c.Quota = 1, 1, 9*one }))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	const (
		price, priceText       = quantity.Price(5_432_198_761), "543219.8761"
		amount, amountText     = quantity.Quantity(7_391_731), "7.391731"
		refused, refusedText   = quantity.Quantity(9_517_313), "9.517313" // over the quota
		lowPrice, lowPriceText = quantity.Price(31_415_927), "3141.5927"  // below the reserve price
	)
	d.bid(d.firms[0], o.ID, auction.Step{Price: price, Quantity: amount})
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, auction.Step{Price: price, Quantity: refused}), auction.ErrOverQuota)
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, auction.Step{Price: lowPrice, Quantity: amount}), auction.ErrBelowReserve)
	d.wantKeptSilent(auction.ErrOverQuota, auction.ErrBelowReserve)
	d.restart()
	key, err := d.seals.Key(o.SealName)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []struct {
		atoms int64
		text  string
	}{
		{int64(price), priceText}, {int64(amount), amountText}, {int64(refused), refusedText}, {int64(lowPrice), lowPriceText},
	}
	for _, where := range d.foundKey(key[:]) {
		t.Errorf("the key is in %s", where)
	}
	for _, s := range secrets {
		for _, where := range d.found(s.atoms, s.text) {
			t.Errorf("%s is in %s", s.text, where)
		}
	}
	mu.Lock()
	for _, s := range secrets {
		if bytes.Contains(log.Bytes(), []byte(s.text)) {
			t.Errorf("%s is in the log", s.text)
		}
	}
	mu.Unlock()
	d.now.set(windowCloses)
	d.check()
	if len(d.found(int64(price), priceText)) == 0 || len(d.foundKey(key[:])) == 0 {
		t.Error("after the close bid and key are in the rows: the search does not find what is there")
	}
}

// wantKeptSilent holds that of all quotes that were refused the journal has one and
// the same answer, that the answer to the same request sent again is that one, and
// that no row has the codes of the faults that the bidders were told.
func (d *auctionDesk) wantKeptSilent(told ...*fault.Error) {
	d.t.Helper()
	refused := 0
	for _, j := range rowsIn(d.office, Journal, Where("kind", string(identity.QuotePlace))) {
		if j.Status != 422 {
			continue
		}
		refused++
		if string(j.Result) != auction.ErrRefused.Code {
			d.t.Errorf("row %d keeps %s", j.Number, j.Result)
		}
		var payload []JournalPayload
		if payload = rowsIn(d.office, Payloads, Where("number", j.Number)); len(payload) != 1 {
			d.t.Fatalf("row %d has %d payloads", j.Number, len(payload))
		}
		c, err := DecodeCommand(j.Kind, payload[0].Payload)
		if err != nil {
			d.t.Fatal(err)
		}
		again, err := d.app.Do(d.t.Context(), identity.Actor{Person: j.Actor}, j.Key, c)
		if err != nil || !again.Replayed || string(again.Body) != auction.ErrRefused.Code {
			d.t.Errorf("sent again: %+v, %v", again, err)
		}
	}
	if refused != len(told) {
		d.t.Errorf("%d refusals are kept, want %d", refused, len(told))
	}
	for _, f := range told {
		for _, where := range d.search(-1<<63, map[string][]byte{"code": []byte(f.Code)}) {
			d.t.Errorf("%s is in %s", f.Code, where)
		}
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (w lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(p)
}

// 5,000 bids come in around the close, from all bidders at once: each is judged by
// its stamp, none is lost, none that is late counts, and each bidder's last counts.
func TestOffer_LastSecond(t *testing.T) {
	t.Parallel()
	const firms, each = 10, 500
	d := openAuctionDesk(t, firms)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	d.now.set(windowCloses - second)
	d.settle()
	var accepted, late atomic.Int64
	var wait sync.WaitGroup
	for n, f := range d.firms {
		wait.Go(func() {
			actor := identity.Actor{Person: f.user}
			for i := range each {
				key := fmt.Sprintf("last-%d-%d", n, i)
				d.now.at.Add(250) // µs: a quarter of a second of them is late
				c, err := d.app.SealQuote(actor, key, o.ID, auction.Terms{Steps: []auction.Step{ask(int64(4000+i), one)}})
				if err != nil {
					t.Error(err)
					return
				}
				a, err := d.app.Do(t.Context(), actor, key, c)
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 200:
					accepted.Add(1)
				case string(a.Body) == auction.ErrLateQuote.Code:
					late.Add(1)
				default:
					t.Errorf("%d %s", a.Status, a.Body)
				}
			}
		})
	}
	wait.Wait()
	d.settle()
	rows := rowsIn(d.office, Quotes, Query{})
	if int64(len(rows)) != accepted.Load() || accepted.Load()+late.Load() != firms*each || late.Load() < each {
		t.Errorf("%d rows, %d accepted, %d late", len(rows), accepted.Load(), late.Load())
	}
	for _, j := range rowsIn(d.office, Journal, Where("kind", string(identity.QuotePlace))) {
		if (j.At < windowCloses) != (j.Status == 200) {
			t.Errorf("the quote of row %d, stamped %s, was answered with %d", j.Number, j.At, j.Status)
		}
	}
	last := map[int64]int64{}
	for _, q := range rows {
		last[q.Registration] = q.ID
	}
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || int(o.Quotes) != len(rows) || int(o.Bids) != len(last) || o.Bids == 0 {
		t.Fatalf("%d bidders were in time; ranked: %+v", len(last), o) // on a busy machine some may be late with all they send
	}
	for _, b := range rowsIn(d.office, OpenedBids, Query{}) {
		if b.Quote != last[b.Registration] {
			t.Errorf("bid %d is of quote %d, the last is %d", b.ID, b.Quote, last[b.Registration])
		}
	}
	d.check()
}

// The process ends in any commit between the close and the ranks, before it or
// just after it: the chain goes on where it was, to the same result.
func TestOffer_ChainRestart(t *testing.T) {
	t.Parallel()
	const firms = 30 // of ten prices each: more than one step has room for
	d := openAuctionDesk(t, firms)
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Tie = auction.Drawn }))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	for n, f := range d.firms {
		steps := make([]auction.Step, 10)
		for i := range steps {
			steps[i] = ask(int64(4000+10*i), one/10*quantity.Quantity(1+n%3))
		}
		d.bid(f, o.ID, steps...)
	}
	var crashes atomic.Int64
	crash := func(b *Batch) error {
		for _, j := range b.Journal {
			if strings.HasPrefix(j.Kind, "offer.") {
				crashes.Add(1)
				return ErrFenced
			}
		}
		return nil
	}
	d.now.set(windowCloses)
	for n := 0; ; n++ {
		before := crashes.Load()
		d.store.mu.Lock()
		d.store.onCommit, d.store.after = nil, crash
		if n%2 == 0 {
			d.store.onCommit, d.store.after = crash, nil
		}
		d.store.mu.Unlock()
		d.stuck = true // it does not get to its end
		d.settle()
		select {
		case <-d.app.Stopped():
		case <-d.idle(o.ID):
		}
		if crashes.Load() == before {
			break
		}
		d.store.mu.Lock()
		d.store.onCommit, d.store.after = nil, nil
		d.store.mu.Unlock()
		d.store.release()
		d.start()
		d.settle()
		if n > 2*20 {
			t.Fatal("it does not get on")
		}
	}
	d.stuck = false
	d.check()
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.Bids != 10*firms || o.Volume != 10*one || crashes.Load() < 1 {
		t.Fatalf("after %d crashes: %+v", crashes.Load(), o)
	}
}

// idle is closed when an offer waits for no step of the registry's own.
func (d *auctionDesk) idle(offer int64) <-chan struct{} {
	done, a := make(chan struct{}), d.app // the next one takes its place
	go func() {
		defer close(done)
		for {
			next := a.NextCommit()
			if o, _ := ReadTable(a.Reference(), Offers).Get(offer); o.State != auction.OfferBidding && !o.IsChained() {
				return
			}
			select {
			case <-next:
			case <-a.Stopped():
				return
			}
		}
	}()
	return done
}
