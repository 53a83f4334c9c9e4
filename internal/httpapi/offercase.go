package httpapi

import (
	"context"
	"encoding/json"

	"permitx/internal/app"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
)

// GetOfferCase gives what a result rests on, so that an officer clears it again
// without the server.
func (s *Server) GetOfferCase(ctx context.Context, r gen.GetOfferCaseRequestObject) (gen.GetOfferCaseResponseObject, error) {
	may, err := s.see(ctx, identity.OfferCaseRead)
	if err != nil {
		return nil, err
	}
	o, known, err := get(ctx, s, app.Offers, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(0, o.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	c, err := app.OfferCase(ctx, s.rows, o)
	if err != nil {
		return nil, err
	}
	input, err := json.Marshal(c.Input())
	return gen.GetOfferCase200JSONResponse{Offer: o.ID, ResultDigest: o.ResultDigest, SealKey: o.SealKey, CloseHead: o.CloseHead, Input: input}, err
}
