package app

import "permitx/internal/identity"

var _ = declareCheck((*checker).checkGrants)

// checkGrants holds that a role ends no sooner than it began, and that one which
// has ended is not active (I-94).
func (c *checker) checkGrants() error {
	return eachOf(c.ctx, c.r, Grants, Query{}, func(g identity.Grant) {
		if g.RevokedAt != 0 && (g.RevokedAt < g.GrantedAt || g.State != identity.GrantRevoked) {
			c.report("I-94", Grants.name, g.ID, "is %s, given at %s and revoked at %s", g.State, g.GrantedAt, g.RevokedAt)
		}
	})
}
