package app

import (
	"context"
	"errors"
	"strings"

	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
)

// RetirementCertificate is a retirement as anybody may be shown it. It is derived
// from the committed rows and kept nowhere.
type RetirementCertificate struct {
	RetirementResult
	Made JournalRow
}

// retirementPrefix tells the certificates of retirements from those of acquisitions.
const retirementPrefix = "C"

// RetirementNumber is the number of a retirement's certificate.
func RetirementNumber(r carbon.Retirement) string {
	return retirementPrefix + encumbrance.CertificateNumber(r.Region, r.ID)
}

// IsRetirementNumber reports whether a number has the form of a retirement's certificate.
func IsRetirementNumber(number string) bool { return strings.HasPrefix(number, retirementPrefix) }

// RetirementOf returns the certificate of a number. Returns
// encumbrance.ErrCertificateNumber or ErrNoRecord.
func (a *App) RetirementOf(ctx context.Context, number string) (RetirementCertificate, error) {
	digits, ok := strings.CutPrefix(number, retirementPrefix)
	if !ok {
		return RetirementCertificate{}, encumbrance.ErrCertificateNumber
	}
	region, id, err := encumbrance.ParseCertificateNumber(digits)
	if err != nil {
		return RetirementCertificate{}, err
	}
	c, err := a.Retirement(ctx, id)
	if errors.Is(err, ErrNoRecord) || err == nil && c.Retirement.Region != region {
		err = ErrNoRecord.With("there is no certificate with this number").At("id")
	}
	return c, err
}

// Retirement returns the certificate of a retirement, or ErrNoRecord.
func (a *App) Retirement(ctx context.Context, id int64) (c RetirementCertificate, err error) {
	r, known, err := byID(ctx, a.Reader(), Retirements, id)
	if err != nil {
		return c, err
	}
	if !known {
		return c, ErrNoRecord.At("id")
	}
	var ranges []carbon.Range
	if err := a.Reader().Find(ctx, CreditRanges.name, naming("retirement", id), &ranges); err != nil {
		return c, err
	}
	ref := a.Reference()
	series, _ := ReadTable(ref, CreditSeries).Get(r.Series)
	issuance := func(id int64) (i carbon.Issuance, scheme string) {
		i, _ = ReadTable(ref, Issuances).Get(id)
		s, _ := ReadTable(ref, CarbonSchemes).Get(i.Scheme)
		return i, s.Code
	}
	c.RetirementResult = retired(r, series.Code, ranges, issuance)
	c.Made, err = a.certificates(ctx).journal(r.Command)
	return c, err
}

// retired is a retirement with the serial numbers of its ranges, and those of
// other schemes that their issuances have recognised.
func retired(r carbon.Retirement, series string, ranges []carbon.Range, issuance func(int64) (carbon.Issuance, string)) RetirementResult {
	result := RetirementResult{Retirement: r, Series: series, Serials: make([]string, len(ranges))}
	seen := map[string]bool{"": true}
	for n, u := range ranges {
		i, scheme := issuance(u.Issuance)
		result.Serials[n] = i.Serial(scheme, u.FirstUnit, u.LastUnit)
		if !seen[i.Origin] {
			seen[i.Origin] = true
			result.Origins = append(result.Origins, i.Origin)
		}
	}
	return result
}
