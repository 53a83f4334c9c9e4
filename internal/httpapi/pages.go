package httpapi

import (
	"embed"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"permitx"
)

// docs is the API reference page: Swagger UI, which needs nothing from outside.
//
//go:embed docs/index.html docs/init.js docs/swagger-ui-bundle.js docs/swagger-ui.css docs/favicon.png docs/LICENSE docs/NOTICE docs/swagger-ui-bundle.js.LICENSE.txt
var docs embed.FS

// docsPolicy lets the page load from this server only; the bundle writes
// styles and images into the page.
const docsPolicy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"

// docsTypes are the media types of the page's files.
var docsTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".png": "image/png", ".txt": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8",
}

// pages serves what is no operation of the contract.
func (s *Server) pages(e *gin.Engine) {
	e.GET("/openapi.yaml", func(c *gin.Context) { c.Data(http.StatusOK, "application/yaml", permitx.OpenAPI) })
	e.GET("/docs", func(c *gin.Context) { c.Redirect(http.StatusMovedPermanently, "/docs/") })
	e.GET("/docs/*file", s.showDocs)
	e.GET("/notices", s.showNotices)
	e.GET("/notices/:id", s.showNoticePage)
	e.GET("/certificates", s.showCertificateForm)
	e.POST("/certificates", s.showCertificate)
	if s.config.Metrics != nil {
		e.GET("/metrics", gin.WrapH(promhttp.HandlerFor(s.config.Metrics, promhttp.HandlerOpts{})))
	}
}

func (s *Server) showDocs(c *gin.Context) {
	name := strings.TrimPrefix(c.Param("file"), "/")
	if name == "" {
		name = "index.html"
	}
	data, err := docs.ReadFile("docs/" + name)
	if err != nil {
		s.fail(c, errNoRoute)
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", docsPolicy)
	h.Set("Cache-Control", "max-age=3600")
	h.Set("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, docsTypes[path.Ext(name)], data)
}
