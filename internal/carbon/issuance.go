package carbon

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// A Project is a firm's: a plant whose reductions a methodology computes.
type Project struct {
	ID          int64
	Code        string // a part of serial numbers; unique in its scheme
	Name        string
	Scheme      int64
	Methodology string // code
	Party       int64  // that the credits are issued to
	Identifier  string // what other registers call it, which exclusion lists are asked for
	Region      string // the scheme's
	Document    string // of its registration
	Command     int64
}

// An Issuance is reductions on their way to credits: a month of a scheme's
// participants, pooled to whole serial units, or a period of a firm's project.
type Issuance struct {
	ID             int64
	Scheme         int64
	Methodology    string // code
	Project        int64  // 0: a pool
	Source         string // of the serial numbers: the project's code, or P and the month of a pool
	Vintage        int32  // the year in which it was reduced
	PeriodFrom     calendar.Date
	PeriodTo       calendar.Date
	Party          int64              // that the credits are issued to
	Region         string             // the scheme's
	Reduced        quantity.Reduction // as computed; what is less than a serial unit is not issued
	Units          int64
	RevokedUnits   int64
	ExpiredUnits   int64 // whoever held them
	FirstUnit      int64 // numbers of the units in the registry; 0 until issued
	LastUnit       int64
	EvidenceDigest string // SHA-256 of all evidence, in hex; no two issuances rest on the same
	Items          int32  // pieces of evidence
	Sample         string // the numbers of those that the verifier must look at: "3,17"
	Outbox         int64  // number of the message that brought a pool; 0: none
	Origin         string // serial numbers of another scheme that it mirrors; empty: none
	Plant          string // of a project: what other registers call it; its days are counted once (I-100)
	Intake         string // which of several intakes has numbered the message; empty: there is one, or the registry's own
	ListsAsked     int64  // journal number up to which lists of other registers were asked for what it counts, when the registry's own intake brought it; 0: they had nothing, or of before that was recorded
	State          IssuanceState
	Document       string // of the verification
	DeclaredBy     int64  // person; 0: the intake
	VerifiedBy     int64
	DeclaredAt     calendar.Instant
	IssuedAt       calendar.Instant
	Command        int64
}

// Revocable is how many units can still be revoked: what has expired was used for nothing.
func (i Issuance) Revocable() int64 { return max(i.Units-i.RevokedUnits-i.ExpiredUnits, 0) }

// Without is the issuance after some of its units were revoked and some have
// expired. Where units were revoked and none is left it is revoked.
func (i Issuance) Without(revoked, expired int64) Issuance {
	i.RevokedUnits += revoked
	i.ExpiredUnits += expired
	if i.RevokedUnits > 0 && i.Revocable() == 0 {
		i.State = Revoked
	}
	return i
}

// An IssuanceState is where an issuance is in its life.
type IssuanceState string

// The states of an issuance. Rejected and Revoked are final.
const (
	Computed IssuanceState = "computed" // by the methodology, when it was declared
	Checked  IssuanceState = "checked"  // not counted elsewhere; a pool arrives so
	Verified IssuanceState = "verified" // by a second person, from a sample of the evidence
	Issued   IssuanceState = "issued"
	Rejected IssuanceState = "rejected"
	Revoked  IssuanceState = "revoked" // wholly, but for what has expired; what was spent is a debt
)

// IssuanceStates are all states of an issuance.
var IssuanceStates = []IssuanceState{Computed, Checked, Verified, Issued, Rejected, Revoked}

// OpenIssuances are the states in which an issuance waits for somebody.
var OpenIssuances = []IssuanceState{Computed, Checked, Verified}

// An IssuanceEvent is a step of an issuance.
type IssuanceEvent string

// The steps of an issuance.
const (
	Check  IssuanceEvent = "check"
	Verify IssuanceEvent = "verify"
	Issue  IssuanceEvent = "issue"
	Reject IssuanceEvent = "reject"
)

// IssuanceEvents are all steps of an issuance.
var IssuanceEvents = []IssuanceEvent{Check, Verify, Issue, Reject}

// A Step is a row of the table: in one of the states From, who holds one of
// the Roles for the scheme's region may take the step Event.
type Step struct {
	From  []IssuanceState
	Event IssuanceEvent
	Roles []string // names of roles
	To    IssuanceState
	Other bool // neither the person who declared it nor the one who verified it, nor who acts for one of them
}

// Steps are every step that can be taken. What is not here is refused.
var Steps = []Step{
	{From: []IssuanceState{Computed}, Event: Check, Roles: []string{"operator", "bureau_clerk"}, To: Checked},
	{From: []IssuanceState{Checked}, Event: Verify, Roles: []string{"verifier", "bureau_leader"}, To: Verified, Other: true},
	{From: []IssuanceState{Verified}, Event: Issue, Roles: []string{"bureau_leader"}, To: Issued, Other: true},
	{From: []IssuanceState{Computed, Checked, Verified}, Event: Reject, Roles: []string{"verifier", "bureau_leader"}, To: Rejected},
}

// IsOthers reports whether a step is another's than who declared or verified the issuance.
func IsOthers(e IssuanceEvent) bool {
	return slices.ContainsFunc(Steps, func(s Step) bool { return s.Event == e && s.Other })
}

// The faults of an issuance, in the order in which they are checked.
var (
	// ErrIssuanceStep is returned when the state of an issuance, or the person's role, does not allow a step.
	ErrIssuanceStep = fault.New(fault.Conflict, "carbon.step_not_allowed", "the state of the issuance, or your role, does not allow this step").At("event")
	// ErrSamePerson is returned when one person, or who acts for him, would take two of declaration, verification and issuance.
	ErrSamePerson = fault.New(fault.Refused, "carbon.same_person", "who declared or verified it, or acts for one who did, cannot take the next step").At("event").
			Under("carbon.four_eyes", "project default")
	// ErrEvidenceFailed is returned when a piece of the sampled evidence does not hold: the issuance is rejected, not verified.
	ErrEvidenceFailed = fault.New(fault.Refused, "carbon.evidence_failed", "a sampled piece of evidence does not hold: reject the issuance").At("failed").
				Under("carbon.evidence", "project default")
)

// Next is the issuance's state after a step by a person who holds roles.
// Returns ErrIssuanceStep or ErrSamePerson.
func (i Issuance) Next(e IssuanceEvent, person int64, roles []string) (IssuanceState, error) {
	for _, s := range Steps {
		if s.Event != e || !slices.Contains(s.From, i.State) || !slices.ContainsFunc(s.Roles, func(r string) bool { return slices.Contains(roles, r) }) {
			continue
		}
		if s.Other && (person == i.DeclaredBy || person == i.VerifiedBy) {
			return "", ErrSamePerson
		}
		return s.To, nil
	}
	return "", ErrIssuanceStep.With("an issuance that is %s cannot take the step %s by %s", i.State, e, strings.Join(roles, ", "))
}

// UnitsMost bounds one issuance: that many tonnes still fit the ledger.
const UnitsMost = 1_000_000_000

// Bounds of what an issuance says.
const (
	digestLength = 2 * sha256.Size
	// ItemsMost are the most pieces of evidence that an issuance counts.
	ItemsMost = 2_000_000_000
)

// Validate returns a fault that names the first field that is wrong.
func (i Issuance) Validate() error {
	switch raw, err := hex.DecodeString(i.EvidenceDigest); {
	case i.Units <= 0 || i.Units > UnitsMost:
		return fault.Invalidf("units", "must be from 1 to %d serial units, not %d", UnitsMost, i.Units)
	case err != nil || len(raw) != sha256.Size || strings.ToLower(i.EvidenceDigest) != i.EvidenceDigest:
		return fault.Invalidf("evidence_digest", "must be a SHA-256 digest in %d small hex digits", digestLength)
	case i.Items <= 0 || i.Items > ItemsMost:
		return fault.Invalidf("items", "must be from 1 to %d pieces of evidence", ItemsMost)
	case !i.PeriodFrom.Valid() || !i.PeriodTo.Valid() || i.PeriodTo < i.PeriodFrom:
		return fault.Invalidf("period_to", "the period must have a first and a last day")
	case i.PeriodFrom.Year() != int(i.Vintage) || i.PeriodTo.Year() != int(i.Vintage):
		return fault.Invalidf("period_to", "must be in %d, the vintage: a period does not go beyond a year", i.Vintage)
	}
	return nil
}

// sampleMost bounds how many pieces of evidence a verifier looks at.
const sampleMost = 50

// SampleOf are the pieces of evidence, by number from 1, that a verifier must
// look at: about the square root of all, at most 50 (project default). They
// follow from the digest of all evidence and the journal number of the step
// before, so that who hands the evidence in cannot choose them.
func SampleOf(digest string, number int64, items int32) string {
	n := int32(1)
	for n < sampleMost && (n+1)*(n+1) <= items {
		n++
	}
	picked := map[uint64]bool{}
	var all []uint64
	for round := uint64(0); len(all) < int(n); round++ {
		h := sha256.Sum256(fmt.Appendf(nil, "%s/%d/%d", digest, number, round))
		at := 1 + binary.BigEndian.Uint64(h[:])%uint64(items) //nolint:gosec // more than zero
		if !picked[at] {
			picked[at] = true
			all = append(all, at)
		}
	}
	slices.Sort(all)
	texts := make([]string, len(all))
	for k, at := range all {
		texts[k] = strconv.FormatUint(at, 10)
	}
	return strings.Join(texts, ",")
}

// PoolSource is how the serial numbers of a pooled month call it: P202607.
func PoolSource(month calendar.Date) string { return fmt.Sprintf("P%06d", int(month)/100) }

// SeriesCode is how a scheme's credits of a vintage are called: JXCP-2026.
func SeriesCode(scheme string, vintage int32) string { return fmt.Sprintf("%s-%d", scheme, vintage) }

// Serial writes the serial numbers of a range of units:
// scheme-methodology-project-vintage-from-to.
func (i Issuance) Serial(scheme string, first, last int64) string {
	return fmt.Sprintf("%s-%s-%s-%d-%d-%d", scheme, i.Methodology, i.Source, i.Vintage, first, last)
}

// An IssuanceInput is what a project has measured for an issuance.
type IssuanceInput struct {
	ID       int64
	Issuance int64
	Name     string
	Unit     string
	Amount   quantity.Measure
	Command  int64
}

// Validate returns a fault that names the first field that is wrong.
func (p Project) Validate() error {
	return fault.First(
		CheckCode("code", p.Code),
		catalog.CheckText("name", p.Name, textMax),
		CheckCode("methodology", p.Methodology),
		catalog.CheckText("identifier", p.Identifier, identifierMax),
		catalog.CheckText("document", p.Document, sourceMax),
	)
}

// FromIntake reports whether the registry's own intake brought it. Numbers of
// messages that an operator brings, from an intake elsewhere, are apart.
func (i Issuance) FromIntake() bool { return i.Outbox != 0 && i.DeclaredBy == 0 }

// Overlaps reports whether two issuances have a day in common.
func (i Issuance) Overlaps(other Issuance) bool {
	return i.PeriodFrom <= other.PeriodTo && other.PeriodFrom <= i.PeriodTo
}

// Live reports whether the issuance counts: it was neither rejected nor wholly revoked.
func (i Issuance) Live() bool { return i.State != Rejected && i.State != Revoked }
