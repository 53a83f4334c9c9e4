package app

import (
	"slices"
	"strings"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/settlement"
)

// dealShape is what the table looks at of a deal: its state, and who has confirmed
// the payment or consented to the reversal that this state waits for.
type dealShape string

// remembered reports whether a later step in a state asks for an earlier one.
func remembered(at settlement.DealState, e settlement.DealEvent) bool {
	if e == settlement.ConsentReversal {
		return slices.Contains([]settlement.DealState{
			settlement.DealDelivered, settlement.DealSettledAccounts, settlement.DealPermitsChangedSeller, settlement.DealPermitsChangedBuyer,
		}, at)
	}
	isPayment := e == settlement.ConfirmPaymentBuyer || e == settlement.ConfirmPaymentSeller || e == settlement.ConfirmPaymentFinance
	return isPayment && at.IsOpen() && at != settlement.DealPaid
}

func dealShapeOf(at settlement.DealState, h settlement.History) dealShape {
	var told []string
	for _, s := range h {
		if remembered(at, s.Event) {
			told = append(told, string(s.Event)+"/"+string(s.Role))
		}
	}
	slices.Sort(told)
	return dealShape(strings.Join(append([]string{string(at)}, told...), " "))
}

// of is a deal of the shape, with its history as far as it counts.
func (s dealShape) of(d settlement.Deal) (settlement.Deal, settlement.History) {
	words := strings.Fields(string(s))
	var h settlement.History
	for _, w := range words[1:] {
		event, role, _ := strings.Cut(w, "/")
		h = append(h, settlement.DealStep{Event: settlement.DealEvent(event), Role: settlement.DealRole(role)})
	}
	d.State = settlement.DealState(words[0])
	return d, h
}

// dealing is the machine of a deal that its buyer has proposed.
func dealing(k *dealDesk, d settlement.Deal, seller, buyer firm, events []settlement.DealEvent) machine[dealShape, settlement.DealEvent] {
	isCross := d.Kind == settlement.CrossRegion
	players := append(k.cast(seller), player{"the buyer's user", identity.Enterprise, buyer.user, false})
	if isCross { // one person acts for one bureau
		players = slices.DeleteFunc(players, func(p player) bool { return p.role == identity.BureauLeader && !p.isAway })
		players = append(players,
			player{"the seller's bureau", identity.BureauLeader, k.leaders[seller.licence.Region], false},
			player{"the buyer's bureau", identity.BureauLeader, k.leaders[buyer.licence.Region], false})
	}
	body := func(p player) settlement.DealRole {
		switch {
		case p == registry:
			return settlement.AsSystem
		case p.person == seller.user:
			return settlement.AsSeller
		case p.person == buyer.user:
			return settlement.AsBuyer
		case p.isAway:
			return ""
		case p.role == identity.Finance:
			return settlement.AsFinance
		case p.role == identity.Upper && isCross:
			return settlement.AsUpper
		case p.role == identity.BureauLeader && !isCross:
			return settlement.AsBureau
		case p.person == k.leaders[seller.licence.Region]:
			return settlement.AsSellerBureau
		case p.person == k.leaders[buyer.licence.Region]:
			return settlement.AsBuyerBureau
		}
		return ""
	}
	takers := map[settlement.DealEvent][]settlement.DealRole{}
	for _, row := range settlement.Transitions {
		if row.Kind == d.Kind {
			takers[row.Event] = append(takers[row.Event], row.By...)
		}
	}
	now := func(o *office) settlement.Deal { return storedRow(o, Deals, d.ID) }
	return machine[dealShape, settlement.DealEvent]{
		office: k.office, players: players, events: events,
		next: func(at dealShape, e settlement.DealEvent, p player) (dealShape, error) {
			d, h := at.of(d)
			move, err := d.Next(h, e, body(p))
			return dealShapeOf(move.To, append(h, settlement.DealStep{Event: e, Role: body(p)})), err
		},
		takes: func(_ dealShape, e settlement.DealEvent, p player) bool {
			return len(takers[e]) == 0 && body(p) != "" || slices.Contains(takers[e], body(p))
		},
		command: func(_ *office, _ dealShape, e settlement.DealEvent) Command {
			return DealStep{Deal: d.ID, Event: e, Document: "d", Note: "n"}
		},
		passes: map[settlement.DealEvent]func(*office, dealShape) bool{
			settlement.Lapse: func(o *office, _ dealShape) bool {
				isDue := now(o).IsPayable() && !strings.Contains(string(dealShapeOf(now(o).State, rowsIn(o, DealSteps, Where("deal", d.ID)))), " ")
				if isDue {
					o.now.set(now(o).DueOn.AddDays(1).Start())
				}
				return isDue
			},
		},
		state: func(o *office) dealShape {
			return dealShapeOf(now(o).State, rowsIn(o, DealSteps, Where("deal", d.ID)))
		},
		because: []*fault.Error{settlement.ErrNotNow},
		denied:  []*fault.Error{settlement.ErrNotYourStep, settlement.ErrNotNow},
	}
}

// A deal in each of its states, within a region and across regions, by escrow and
// directly, meets every step by everybody.
func TestDeal_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	withoutReversal := slices.DeleteFunc(slices.Clone(settlement.DealEvents), func(e settlement.DealEvent) bool { return e == settlement.ConsentReversal })
	for name, c := range map[string]struct {
		from    string
		payment settlement.DealPayment
		pair    func(*PairAdd)
		events  []settlement.DealEvent
		unseen  []settlement.DealState // on this way
	}{
		"local by escrow": {jiashan, settlement.EscrowPayment, nil, settlement.DealEvents, nil},
		"local directly":  {jiashan, settlement.DirectPayment, nil, settlement.DealEvents, nil},
		"across regions":  {wujiang, settlement.EscrowPayment, func(*PairAdd) {}, settlement.DealEvents, []settlement.DealState{settlement.DealPaid}},
		"across regions directly, without the upper body": {
			wujiang, settlement.DirectPayment, func(c *PairAdd) { c.Upper = false }, withoutReversal,
			[]settlement.DealState{settlement.DealUpperApproved, settlement.DealEscrowFunded, settlement.DealReversed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := openDealDesk(t)
			if c.pair != nil {
				k.pair(c.from, jiashan, c.pair)
			}
			seller, buyer := k.seller(c.from, 1, 10*one), k.buyer(jiashan, 2, 1_000_000_00)
			offer := k.offer(seller, buyer, 2*one, 2397)
			offer.Payment = c.payment
			d := k.propose(offer, buyer)
			unseen := map[settlement.DealState]bool{}
			for _, row := range settlement.Transitions {
				for _, s := range append(row.From, row.To) {
					unseen[s] = row.Kind == d.Kind && s != "" || unseen[s]
				}
			}
			for _, shape := range dealing(k, d, seller, buyer, c.events).drive(t) {
				d, _ := shape.of(d)
				unseen[d.State] = false
			}
			for s, is := range unseen {
				if is != slices.Contains(c.unseen, s) {
					t.Errorf("%s was met: %t", s, !is)
				}
			}
		})
	}
}
