package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/httpapi/gen"
)

// CheckHealth says that the process answers.
func (s *Server) CheckHealth(context.Context, gen.CheckHealthRequestObject) (gen.CheckHealthResponseObject, error) {
	return gen.CheckHealth200JSONResponse(s.health()), nil
}

// health tells beside that how many messages of the intake wait for somebody.
func (s *Server) health() api.Health {
	return api.Health{Status: api.HealthStatusOk, RefusedMessages: optional(s.config.Refused.Count())}
}

// CheckReadiness says that the books are rebuilt and the writer is alive.
func (s *Server) CheckReadiness(context.Context, gen.CheckReadinessRequestObject) (gen.CheckReadinessResponseObject, error) {
	if err := s.app.Ready(); err != nil {
		return nil, err
	}
	return gen.CheckReadiness200JSONResponse(s.health()), nil
}
