package httpapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// ListCertificates lists the certificates of acquisitions that the caller may see.
func (s *Server) ListCertificates(ctx context.Context, r gen.ListCertificatesRequestObject) (gen.ListCertificatesResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	rows, next, err := s.acquisitions(ctx, may, api.ListAcquisitionsParams(r.Params))
	if err != nil {
		return nil, err
	}
	accounts, err := s.accountsOf(ctx, rows)
	if err != nil {
		return nil, err
	}
	shown, err := s.app.CertificatesOf(ctx, rows, accounts)
	return gen.ListCertificates200JSONResponse{Items: convertAll(shown, certificateOf), Next: next}, err
}

// GetCertificate shows a certificate with what is printed on it.
func (s *Server) GetCertificate(ctx context.Context, r gen.GetCertificateRequestObject) (gen.GetCertificateResponseObject, error) {
	may, err := s.see(ctx, identity.HoldingRead)
	if err != nil {
		return nil, err
	}
	c, err := s.app.Certificate(ctx, r.Certificate)
	if err != nil {
		if f, is := fault.As(err); is {
			err = f.At("certificate")
		}
		return nil, err
	}
	if !may.has(c.Account.Party, c.Account.Region) {
		return nil, identity.ErrNotYours.At("certificate")
	}
	d, err := s.printed(ctx, c)
	if err != nil {
		return nil, err
	}
	if keys := s.codeKeys(ctx); len(keys) > 0 {
		d.Code = new(keys[0].Code(c.Number))
	}
	return gen.GetCertificate200JSONResponse(d), nil
}

// CheckCertificate tells anybody what a certificate is worth, and the rest to
// who has its code.
func (s *Server) CheckCertificate(ctx context.Context, r gen.CheckCertificateRequestObject) (gen.CheckCertificateResponseObject, error) {
	c, err := s.app.Certificate(ctx, r.Body.Number)
	if err != nil {
		return nil, err
	}
	out := api.CertificateCheck{
		Number: c.Number, Status: api.CertificateStatus(c.Status), Region: c.Account.Region, Pollutant: c.Account.Pollutant,
		TermEnd: c.Instrument.TermEnd.String(), Quantity: c.Acquisition.Quantity.String(), Remaining: c.Acquisition.Remaining.String(),
		AsOf: c.On.String(), Code: api.CodeOutcome(encumbrance.CheckCode(s.codeKeys(ctx), c.Number, deref(r.Body.Code))),
	}
	if out.Code == api.CodeOutcomeRight {
		d, err := s.printed(ctx, c)
		if err != nil {
			return nil, err
		}
		out.Holder, out.Burdens, out.Digest = &d.Holder, d.Burdens, &d.Digest
	}
	return gen.CheckCertificate200JSONResponse(out), nil
}

// codeKeys are the keys of certificates' codes. Without them certificates have
// no codes, and the codes that were printed cannot be judged: the log says so.
func (s *Server) codeKeys(ctx context.Context) []encumbrance.CodeKey {
	if s.config.CodeKeys == nil {
		return nil
	}
	keys, err := s.config.CodeKeys()
	if err != nil {
		s.config.Log.LogAttrs(ctx, slog.LevelError, "the keys of certificates' codes cannot be read", slog.Any("cause", err))
	}
	return keys
}

func certificateOf(c app.Certificate) api.Certificate {
	return api.Certificate{
		ID: c.Acquisition.ID, Number: c.Number, Status: api.CertificateStatus(c.Status), Party: c.Account.Party, Licence: c.Account.Licence,
		Region: c.Account.Region, Pollutant: c.Account.Pollutant, Instrument: c.Instrument.Code, TermEnd: c.Instrument.TermEnd.String(),
		Origin: api.Origin(c.Account.Origin.String()), Quantity: c.Acquisition.Quantity.String(), Remaining: c.Acquisition.Remaining.String(),
		AcquiredOn: c.Acquisition.AcquiredOn.String(), AsOf: c.On.String(),
	}
}

// printed is what a certificate has printed on it, but for its code.
func (s *Server) printed(ctx context.Context, c app.Certificate) (api.CertificateDetail, error) {
	from, err := s.app.CertificateSource(ctx, c)
	if err != nil {
		return api.CertificateDetail{}, err
	}
	content, err := contentOf(c, from)
	if err != nil {
		return api.CertificateDetail{}, err
	}
	digest := sha256.Sum256(content)
	party, _ := app.ReadTable(s.app.Reference(), app.Parties).Get(c.Account.Party)
	licence, _ := app.ReadTable(s.app.Reference(), app.Licences).Get(c.Account.Licence)
	d := api.CertificateDetail{
		Certificate: certificateOf(c),
		Holder:      api.CertificateHolder{Name: party.Name, USCC: party.USCC, LicenceNumber: licence.Number, Site: licence.Site},
		Burdens:     convertAll(c.Burdens, func(b encumbrance.Burden) api.Burden { return api.Burden(b) }),
		Price:       priceOf(c.Acquisition.Price, c.Acquisition.PriceKnown), Document: c.Acquisition.Document, Reason: api.TransferReason(from.Reason.String()),
		JournalNumber: from.Made.Number, JournalHash: hashOf(from.Made.Hash), Content: string(content), Digest: hex.EncodeToString(digest[:]),
	}
	return d, nil
}
