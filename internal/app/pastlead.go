package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// journalPerRead is how many journal rows are read at a time to lead rows back: one may have
// written thousands.
const journalPerRead = 100

// leading is the way of some rows of a table back to what they were after a command.
type leading struct {
	last    int64 // number of the command
	table   string
	rows    []any           // pointers to them
	there   []bool          // which of them there were
	written map[int64][]int // places of those that go on, by the journal row that has written them
}

// leadBack makes rows of a table, given pointers to them, what they were after the
// command, and says which of them there were. Each journal row is read once for all that
// it has written.
func (p pastReader) leadBack(ctx context.Context, table string, rows []any) (there []bool, err error) {
	l := leading{p.last, table, rows, make([]bool, len(rows)), map[int64][]int{}}
	for i, row := range rows {
		l.goOn(i, commandOf(row))
	}
	for len(l.written) > 0 {
		written := l.written
		l.written = map[int64][]int{}
		for numbers := range slices.Chunk(slices.Sorted(maps.Keys(written)), journalPerRead) {
			var journal []JournalRow
			if err := p.Reader.Find(ctx, Journal.name, Query{}.And("number", In, numbers), &journal); err != nil {
				return nil, err
			}
			if len(journal) != len(numbers) {
				return nil, fmt.Errorf("app: of the journal rows %v there are only %d", numbers, len(journal))
			}
			for _, row := range journal {
				if err := l.back(row, written[row.Number]); err != nil {
					return nil, err
				}
			}
		}
	}
	return l.there, nil
}

func (l *leading) goOn(place int, number int64) {
	l.written[number] = append(l.written[number], place)
}

// back leads rows back that a journal row has written.
func (l *leading) back(row JournalRow, places []int) error {
	images, first, err := imagesOf(row, l.table)
	if err != nil {
		return err
	}
	for _, i := range places {
		id := idOf(l.rows[i])
		image, found := images[id]
		was, isFirst := first[id]
		switch {
		case !found || image.previous >= row.Number:
			return fmt.Errorf("app: journal row %d should have written row %d of %s", row.Number, id, l.table)
		case row.Number <= l.last:
			was, isFirst = image, true
		case image.previous > 0:
			l.goOn(i, image.previous)
			continue
		}
		if l.there[i] = isFirst; isFirst { // else it was made by this command
			if err := decodeRecord(was.image, l.rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// imagesOf are the after-images of the rows of a table that a command wrote, by id, and
// the first images of those that a migration had written before.
func imagesOf(row JournalRow, table string) (images, first map[int64]change, err error) {
	images, first = map[int64]change{}, map[int64]change{}
	err = parseChanges(row.Changes, func(ch change) {
		switch {
		case ch.table != table:
		case ch.previous == planted:
			first[imageID(ch.image)] = ch
		default:
			images[imageID(ch.image)] = ch
		}
	})
	return images, first, err
}
