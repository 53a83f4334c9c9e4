package rulebook

import (
	"strconv"

	"permitx/internal/calendar"
)

// Level is a level of credit on the scale of Jiangsu.
type Level string

// The levels.
const (
	Green  Level = "green"
	Blue   Level = "blue"
	Yellow Level = "yellow"
	Red    Level = "red"
	Black  Level = "black"
)

// The lowest scores of the levels (Jiangsu: green 11–12, blue 6–10, yellow 3–5,
// red 1–2, black 0 and below).
const (
	greenFrom  = 11
	blueFrom   = 6
	yellowFrom = 3
	redFrom    = 1
)

// LevelOf is the level of a score.
func LevelOf(score int) Level {
	switch {
	case score >= greenFrom:
		return Green
	case score >= blueFrom:
		return Blue
	case score >= yellowFrom:
		return Yellow
	case score >= redFrom:
		return Red
	}
	return Black
}

// Conduct is what is recorded of a party on one day.
type Conduct struct {
	BlacklistedBy string // document; "": it is not listed
	Deducted      int    // points, of violations that are not slight, less those given back
	Events        int    // that count
	Grade         string // A to E; "": none
	ReviewedBy    string // document by which the bureau lets it buy; "": none
}

// ConductOf reads a party's facts on a day. Facts are in the order of their ids.
func ConductOf(facts []Fact, on calendar.Date) (c Conduct) {
	if len(facts) == 0 { // the usual case
		return c
	}
	if f := newest(facts, Blacklisted, "", on); f != nil && f.Value == Listed {
		c.BlacklistedBy = f.Document
	}
	if f := newest(facts, CreditGrade, "", on); f != nil {
		c.Grade = f.Value
	}
	if f := newest(facts, CreditReview, "", on); f != nil && f.Value == Yes {
		c.ReviewedBy = f.Document
	}
	for i := range facts {
		if f := &facts[i]; f.Kind == CreditPoints && inPeriod(on, f.ValidFrom, f.ValidTo) {
			points, _ := strconv.Atoi(f.Value) // it was checked when it was recorded
			c.Deducted += points
			c.Events++
		}
	}
	return c
}

// Score is the party's score, from the points that it starts with to the most
// that there are.
func (c Conduct) Score(start, most int) int { return min(start-c.Deducted, most) }
