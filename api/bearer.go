package api

import (
	"context"
	"errors"
	"net/http"
)

// NewBearerClient returns a client of the server at baseURL that sends an API
// key with every request. It fails when the key is empty; NewClientWithResponses
// is for what needs none.
func NewBearerClient(baseURL, key string, opts ...ClientOption) (*ClientWithResponses, error) {
	if key == "" {
		return nil, errors.New("api: the key is empty")
	}
	authorise := WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+key)
		return nil
	})
	return NewClientWithResponses(baseURL, append([]ClientOption{authorise}, opts...)...)
}
