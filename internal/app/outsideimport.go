package app

import (
	"slices"

	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/outside"
	"permitx/internal/quantity"
)

// ImportReceive takes what another platform says of a region's objects and
// lists where it differs. It corrects nothing.
type ImportReceive struct {
	Import outside.Import // as far as the platform tells
	Lines  []outside.Line
}

// ImportExplain explains one of the differences.
type ImportExplain struct {
	Import      int64
	Difference  int64
	Explanation string
}

// ImportClose ends an import whose differences are explained.
type ImportClose struct{ Import int64 }

var (
	_ = declare(ImportReceive{}, ImportExplain{}, ImportClose{})
	_ = declareInbox(Imports, Where("state", string(outside.ImportOpen)), identity.ImportExplain,
		func(i outside.Import) (Waiting, identity.Target) {
			return Waiting{Action: "explain", Region: i.Region, Since: i.ReceivedAt}, identity.OfRegion(i.Region)
		})
)

// Operation is ImportReceive.
func (ImportReceive) Operation() identity.Operation { return identity.ImportReceive }

// Decide compares each line with what the registry has. A package that was
// received before is the same one again. The result is an outside.Import, the
// receipt.
func (c ImportReceive) Decide(v *View) (Apply, error) {
	p := c.Import
	if err := v.AuthoriseAt("region", identity.ImportReceive, identity.OfRegion(p.Region)); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", p.Region); err != nil {
		return nil, err
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := v.checkPast("as_of", p.AsOf); err != nil {
		return nil, err
	}
	if err := c.checkLines(); err != nil {
		return nil, err
	}
	p.Digest = outside.DigestOf(c.Lines)
	before, err := Find(v, Imports, Where("system", string(p.System)).And("number", Eq, p.Number))
	if err != nil {
		return nil, err
	}
	if len(before) > 0 {
		if b := before[0]; b.Digest != p.Digest || b.Region != p.Region || b.AsOf != p.AsOf {
			return nil, outside.ErrImportOther
		}
		return func(*Tx) any { return before[0] }, nil
	}
	differences, err := v.compareLines(p, c.Lines)
	if err != nil {
		return nil, err
	}
	p.ReceivedBy, p.ReceivedAt = v.Actor.Person, v.Now
	p = p.Received(c.Lines, differences)
	return func(tx *Tx) any {
		p := Put(tx, Imports, p)
		for _, d := range differences {
			d.Import = p.ID
			Put(tx, ImportDifferences, d)
		}
		return p
	}, nil
}

func (c ImportReceive) checkLines() error {
	if len(c.Lines) == 0 || len(c.Lines) > outside.ImportLines {
		return outside.ErrImportLines.With("the package has %d lines, not 1 to %d: send a longer one in parts, each with a number of its own",
			len(c.Lines), outside.ImportLines)
	}
	for i, l := range c.Lines {
		if err := within("lines", i, l.Validate()); err != nil {
			return err
		}
	}
	return nil
}

// compareLines lists the differences of all lines, in their order.
func (v *View) compareLines(p outside.Import, lines []outside.Line) ([]outside.Difference, error) {
	known := make([]outside.Known, len(lines))
	for _, kind := range outside.LineKinds {
		var at []int
		for i, l := range lines {
			if l.Kind == kind {
				at = append(at, i)
			}
		}
		if len(at) == 0 {
			continue
		}
		if err := v.knownOf(p, kind, lines, at, known); err != nil {
			return nil, err
		}
	}
	var all []outside.Difference
	for i, l := range lines {
		all = append(all, l.Compare(int32(i+1), known[i])...)
	}
	return all, nil
}

// knownOf fills in what the registry has for the lines of a kind. An object of
// another region is not known.
func (v *View) knownOf(p outside.Import, kind outside.Kind, lines []outside.Line, at []int, known []outside.Known) error {
	if kind == outside.Holding {
		for _, i := range at {
			known[i] = v.knownHolding(p, lines[i])
		}
		return nil
	}
	byNumber, byObject, err := v.outsideNumbers(p.System, kind, lines, at)
	if err != nil {
		return err
	}
	var ids []int64
	for _, i := range at {
		if known[i].Object = lines[i].Object; known[i].Object == 0 {
			known[i].Object = byNumber[lines[i].Number]
		}
		known[i].Numbered, known[i].Number = true, byObject[known[i].Object]
		if id := known[i].Object; id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	objects, err := outsideObjects[kind](v, ids)
	if err != nil {
		return err
	}
	for _, i := range at {
		if o, ok := objects[known[i].Object]; ok && o.region == p.Region {
			known[i].Values = o.values
		} else {
			known[i] = outside.Known{}
		}
	}
	return nil
}

// outsideNumbers are the recorded numbers that the lines name, and those of the
// objects that they name.
func (v *View) outsideNumbers(system outside.System, kind outside.Kind, lines []outside.Line, at []int) (map[string]int64, map[int64]string, error) {
	var numbers []string
	var objects []int64
	for _, i := range at {
		numbers = append(numbers, lines[i].Number)
		if lines[i].Object != 0 {
			objects = append(objects, lines[i].Object)
		}
	}
	byNumber, byObject := map[string]int64{}, map[int64]string{}
	ofKind := Where("system", string(system)).And("kind", Eq, string(kind))
	for _, q := range []Query{ofKind.And("number", In, numbers), ofKind.And("object", In, objects)} {
		if len(objects) == 0 && q.Where[2].Column == "object" {
			continue
		}
		rows, err := Find(v, OutsideNumbers, q)
		if err != nil {
			return nil, nil, err
		}
		for _, n := range rows {
			byNumber[n.Number], byObject[n.Object] = n.Object, n.Number
		}
	}
	return byNumber, byObject, nil
}

// knownHolding is what a licence holds of an instrument now.
func (v *View) knownHolding(p outside.Import, line outside.Line) outside.Known {
	l := v.licenceByNumber(line.Number)
	i, err := v.Instrument("instrument", line.Instrument)
	origin, known := originNamed(line.Origin)
	if l.ID == 0 || l.Region != p.Region || err != nil || !known {
		return outside.Known{}
	}
	key := HoldingKey(l, i, origin)
	id, has := v.ledger.Find(key)
	if !has {
		return outside.Known{}
	}
	return outside.Known{Object: int64(id), Values: fields("quantity", quantity.Quantity(v.ledger.Balance(key).Balance).String())}
}

func originNamed(name string) (ledger.Origin, bool) {
	for _, o := range []ledger.Origin{ledger.Paid, ledger.Free, ledger.UnknownOrigin} {
		if o.String() == name {
			return o, true
		}
	}
	return 0, false
}

// outsideImport returns an import after the actor's right to do this in its
// region was checked.
func (v *View) outsideImport(op identity.Operation, id int64) (outside.Import, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return outside.Import{}, err
	}
	p, err := Get(v, Imports, "id", id)
	if err != nil {
		return p, err
	}
	return p, v.AuthoriseAt("id", op, identity.OfRegion(p.Region))
}

// Operation is ImportExplain.
func (ImportExplain) Operation() identity.Operation { return identity.ImportExplain }

// Decide checks that the import is open and has the difference. The result is
// an outside.Difference.
func (c ImportExplain) Decide(v *View) (Apply, error) {
	p, err := v.outsideImport(identity.ImportExplain, c.Import)
	if err != nil {
		return nil, err
	}
	d, err := Get(v, ImportDifferences, "difference", c.Difference)
	if err != nil {
		return nil, err
	}
	if d.Import != p.ID {
		return nil, ErrNoRecord.At("difference")
	}
	if _, err = p.Step(outside.ImportExplain); err != nil {
		return nil, err
	}
	if d, err = d.Explained(c.Explanation, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return Put(tx, ImportDifferences, d) }, nil
}

// Operation is ImportClose.
func (ImportClose) Operation() identity.Operation { return identity.ImportClose }

// Decide checks that each difference is explained. The result is an outside.Import.
func (c ImportClose) Decide(v *View) (Apply, error) {
	p, err := v.outsideImport(identity.ImportClose, c.Import)
	if err != nil {
		return nil, err
	}
	if p, err = p.Step(outside.ImportClose); err != nil {
		return nil, err
	}
	open, err := Find(v, ImportDifferences, Where("import", p.ID).And("explanation", Eq, "").Page(0, 1))
	if err == nil {
		err = outside.CheckExplained(open)
	}
	if err != nil {
		return nil, err
	}
	p.ClosedBy, p.ClosedAt = v.Actor.Person, v.Now
	return func(tx *Tx) any { return Put(tx, Imports, p) }, nil
}
