// Package approval is how officers decide together: proposals that a second
// person approves, and public notices with objections. It is pure; which
// operations need whose approval is one table, identity.FourEyes.
package approval
