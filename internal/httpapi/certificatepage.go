package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/encumbrance"
	"permitx/internal/fault"
	"permitx/internal/identity"
)

//go:embed pages/certificates.html
var certificatesHTML string

var certificatesPage = template.Must(template.New("certificates").Parse(certificatesHTML))

// certificatesPolicy lets the page show itself, and its form send to this server.
const certificatesPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"

// certificateFormBytes bounds the form: a number and a code.
const certificateFormBytes = 4 << 10

// certificatesView is what the page of certificates shows: the form and, of a
// number, what anybody may know, or what is printed for who typed its code.
type certificatesView struct {
	Number  string
	Fault   string // why there is nothing to show
	Checked *api.Certificate
	Outcome encumbrance.CodeOutcome
	Printed *api.CertificateDetail // with the right code
	Code    string

	Retired *retiredView // of a retirement, which anybody may know
}

// retiredView is a certificate of a retirement with the names of what it is of.
type retiredView struct {
	api.RetirementCertificate
	Holder string
	Scheme string
}

// showCertificateForm shows the form, or what anybody may know of the number
// in the address. A code is never taken out of an address, which is logged.
func (s *Server) showCertificateForm(c *gin.Context) {
	s.showCertificatePage(c, strings.TrimSpace(c.Query("number")), "")
}

// showCertificate shows what the form asks for.
func (s *Server) showCertificate(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, certificateFormBytes)
	if err := c.Request.ParseForm(); err != nil {
		s.fail(c, errTooLarge)
		return
	}
	s.showCertificatePage(c, strings.TrimSpace(c.PostForm("number")), c.PostForm("code"))
}

func (s *Server) showCertificatePage(c *gin.Context, number, code string) {
	if s.limiter != nil && !s.limiter.allows(limitKey{address: c.RemoteIP()}) {
		s.fail(c, errTooMany)
		return
	}
	view, err := s.certificatesView(c, number, code)
	if err != nil {
		s.fail(c, err)
		return
	}
	var b bytes.Buffer
	if err := certificatesPage.Execute(&b, view); err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", certificatesPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

// certificatesView looks the number up. What is wrong with it the page says.
func (s *Server) certificatesView(c *gin.Context, number, code string) (certificatesView, error) {
	view := certificatesView{Number: number}
	if number == "" {
		return view, nil
	}
	if app.IsRetirementNumber(number) {
		return s.retirementView(c, view, code)
	}
	cert, err := s.app.Certificate(c.Request.Context(), number)
	if f, is := fault.As(err); is && (f.Kind == fault.Invalid || f.Kind == identity.ErrNotYours.Kind) {
		view.Fault = f.Detail
		return view, nil
	}
	if err != nil {
		return view, err
	}
	view.Checked = new(certificateOf(cert))
	view.Outcome = encumbrance.CheckCode(s.codeKeys(c), cert.Number, code)
	if view.Outcome != encumbrance.CodeRight {
		return view, nil
	}
	d, err := s.printed(c.Request.Context(), cert)
	view.Printed, view.Code = &d, code
	return view, err
}

// retirementView looks the number of a retirement up.
func (s *Server) retirementView(c *gin.Context, view certificatesView, code string) (certificatesView, error) {
	found, err := s.app.RetirementOf(c.Request.Context(), view.Number)
	if f, is := fault.As(err); is && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
		view.Fault = f.Detail
		return view, nil
	}
	if err != nil {
		return view, err
	}
	printed, err := printedRetirement(found)
	if err != nil {
		return view, err
	}
	series, _ := app.ReadTable(s.app.Reference(), app.CreditSeries).Get(found.Retirement.Series)
	scheme, _ := app.ReadTable(s.app.Reference(), app.CarbonSchemes).Get(series.Scheme)
	party, _ := app.ReadTable(s.app.Reference(), app.Parties).Get(found.Retirement.Party)
	view.Retired = &retiredView{printed, party.Name, scheme.Name}
	if view.Outcome = encumbrance.CheckCode(s.codeKeys(c), printed.Number, code); view.Outcome == encumbrance.CodeRight {
		view.Code = code
	}
	return view, nil
}
