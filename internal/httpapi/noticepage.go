package httpapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"permitx/internal/app"
	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/identity"
)

//go:embed pages/notices.html
var noticesHTML string

var noticesPage = template.Must(template.New("notices").Parse(noticesHTML))

// noticesPolicy lets the page show itself and nothing else.
const noticesPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"

// noticesView is what the page of public notices shows: one, or a list.
type noticesView struct {
	Today calendar.Date
	One   *approval.PublicNotice
	Count approval.ObjectionCount // of the objections to it
	Days  int                     // working days in which one that comes today is answered
	All   []approval.PublicNotice
	Next  int64 // the id after which older ones follow; 0: none do
}

// noticesShown is how many notices a page of the list shows.
const noticesShown = 50

// showNotices shows the public notices to anybody, newest first.
func (s *Server) showNotices(c *gin.Context) {
	view := noticesView{Today: s.app.Now().Date()}
	after, _ := strconv.ParseInt(c.Query("after"), 10, 64) // anything else is the first page
	p := page{after: max(after, 0), limit: noticesShown, newest: true}
	rows, next, err := find(c.Request.Context(), s, app.PublicNotices, []app.Query{{}}, p, func(n approval.PublicNotice) int64 { return n.ID })
	if err != nil {
		s.fail(c, err)
		return
	}
	view.All, view.Next = rows, deref(next)
	s.showPage(c, view)
}

// showNoticePage shows a public notice to anybody.
func (s *Server) showNoticePage(c *gin.Context) {
	id, _ := strconv.ParseInt(c.Param("id"), 10, 64) // no notice has the number 0
	n, known, err := get(c.Request.Context(), s, app.PublicNotices, id)
	if err == nil && !known {
		err = identity.ErrNotYours
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	count, err := s.objectionsTo(c.Request.Context(), n.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	today := s.app.Now().Date()
	s.showPage(c, noticesView{Today: today, One: &n, Count: count, Days: app.AnswerDays(s.app.Reference(), n.Region, today)})
}

func (s *Server) showPage(c *gin.Context, view noticesView) {
	var b bytes.Buffer
	if err := noticesPage.Execute(&b, view); err != nil {
		s.fail(c, err)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", noticesPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}
