package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"permitx/internal/auction"
	"permitx/internal/fault"
)

// clearBytesMax bounds what is read: a case of a million bids is about 80 MB.
const clearBytesMax = 256 << 20

// clearCommand is `permitx clear`.
type clearCommand struct {
	File string `arg:"" help:"The case, as JSON; - reads it from the standard input."`
}

// Help is shown under the flags.
func (*clearCommand) Help() string {
	return `Reads one auction, what is offered or sought and all bids, and prints its result as JSON, as the exchange would compute it:
so that a published result can be checked again without a server. Formats: uniform, pay_as_bid, pay_as_bid_share, ascending,
reverse_uniform, call. docs/clearing.md has the fields. Bad input: exit code 2 and one line that names the field.`
}

// Run clears one case.
func (c *clearCommand) Run(g *globals) error {
	data, err := c.read(g.stdin)
	if err != nil {
		return inputError{err}
	}
	auctioned, err := auction.Decode(data)
	if err != nil {
		return inputError{sayField(err)}
	}
	result, err := auction.Clear(&auctioned)
	if err != nil {
		return inputError{sayField(err)}
	}
	return printJSON(g.stdout, auctioned.Report(result))
}

func (c *clearCommand) read(from io.Reader) ([]byte, error) {
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	data, err := io.ReadAll(io.LimitReader(from, clearBytesMax+1))
	if err == nil && len(data) > clearBytesMax {
		err = fmt.Errorf("%s has more than %d bytes", c.File, clearBytesMax)
	}
	return data, err
}

// The most runes of a name and of a detail that are shown: both repeat what is in
// the file.
const (
	clearFieldMost  = 80
	clearDetailMost = 400
)

// sayField gives a fault in one line: the field, quoted where it has what cannot be
// printed, and what would be right.
func sayField(err error) error {
	e, isFault := fault.As(err)
	switch {
	case !isFault:
		return err
	case e.Field == "":
		return errors.New(cut(e.Detail, clearDetailMost))
	}
	return errors.New(printable(cut(e.Field, clearFieldMost)) + ": " + cut(e.Detail, clearDetailMost))
}

// cut is a text, or its first runes and a mark that there are more.
func cut(text string, most int) string {
	for at := range text {
		if most == 0 {
			return text[:at] + "…"
		}
		most--
	}
	return text
}

// printable is a text, quoted where it would not be read as it is written.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}
