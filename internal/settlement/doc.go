// Package settlement says how permits and money change hands: the postings of
// a sale, within a region or across regions, and the steps of a deal
// (协议转让) from proposal to close.
//
// It is pure: it looks at values and returns transfers and states.
package settlement
