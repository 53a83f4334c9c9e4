package httpapi

import (
	"bytes"
	"encoding/json"

	"permitx/internal/app"
)

// certificateContent is what never changes of a certificate. Its digest is
// taken over it as JSON: the keys in alphabetical order, no spaces, nothing
// escaped that need not be, a price that is not known left out.
type certificateContent struct {
	AcquiredOn    string `json:"acquired_on"`
	Document      string `json:"document"`
	HolderName    string `json:"holder_name"` // as it was called then
	HolderUSCC    string `json:"holder_uscc"`
	Instrument    string `json:"instrument"`
	JournalHash   string `json:"journal_hash"`
	JournalNumber int64  `json:"journal_number"`
	Licence       int64  `json:"licence"`
	Number        string `json:"number"`
	Origin        string `json:"origin"`
	Party         int64  `json:"party"`
	Pollutant     string `json:"pollutant"`
	Price         string `json:"price,omitempty"`
	Quantity      string `json:"quantity"`
	Reason        string `json:"reason"`
	Region        string `json:"region"`
	TermEnd       string `json:"term_end"`
}

func contentOf(c app.Certificate, from app.CertificateSource) ([]byte, error) {
	a := c.Acquisition
	content := certificateContent{
		AcquiredOn: a.AcquiredOn.String(), Document: a.Document, HolderName: from.HolderName, HolderUSCC: from.HolderUSCC, Instrument: c.Instrument.Code,
		JournalHash: hashOf(from.Made.Hash), JournalNumber: from.Made.Number, Licence: c.Account.Licence, Number: c.Number,
		Origin: c.Account.Origin.String(), Party: c.Account.Party, Pollutant: c.Account.Pollutant, Quantity: a.Quantity.String(),
		Reason: from.Reason.String(), Region: c.Account.Region, TermEnd: c.Instrument.TermEnd.String(),
	}
	if a.PriceKnown {
		content.Price = a.Price.String()
	}
	return canonical(content)
}

// canonical is the JSON over which the digest of a certificate is taken.
func canonical(content any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(content)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
