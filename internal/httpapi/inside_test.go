package httpapi

// Streams is how many streams are open, and whether anything is still kept for them.
func (s *Server) Streams() (open int, kept bool) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.listeners, s.hub.isRunning
}
