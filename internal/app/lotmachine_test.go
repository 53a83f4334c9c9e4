package app

import (
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/reserve"
)

// lotOperation is the command by which a part of a lot goes from a bucket; who
// sends it says identity.Table.
func lotOperation(from reserve.Bucket, e reserve.LotEvent) identity.Operation {
	switch e {
	case reserve.Added:
		return identity.LotAdd
	case reserve.Received, reserve.Giving:
		return identity.LevelMove
	case reserve.Offering:
		return identity.ListingOpen
	case reserve.Unlisting:
		return identity.ListingClose
	case reserve.Earmarking:
		return identity.EarmarkMake
	case reserve.Release:
		return identity.EarmarkRelease
	case reserve.Reserving:
		return identity.ListingSell
	case reserve.Default:
		return identity.NoticeCancel
	case reserve.Delivery:
		return identity.NoticeDeliver
	case reserve.Freezing:
		return identity.LotFreeze
	case reserve.Unfreeze:
		return identity.LotUnfreeze
	case reserve.Retiring:
		return identity.LotRetire
	case reserve.Withdraw:
		return identity.ReserveMoveOp
	case reserve.Allotment:
		if from == reserve.AvailableBucket {
			return identity.Allocate
		}
		return identity.EarmarkAllocate
	}
	panic("no command brings about " + e)
}

// A whole lot in each of its states meets every event by everybody: it goes
// where the table says, or stays.
func TestLots_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 0)
	o.setCap(jiaxing, 20*one, 10*one) // lot 1
	const lot = 2
	named := LotChoice{Order: reserve.NamedLots, Lots: []int64{lot}}
	m := byTable(func(from reserve.Bucket, e reserve.LotEvent) (reserve.Bucket, error) { return e.Next(from) }, lotOperation)
	m.office, m.players, m.states, m.events = o, o.cast(f), append([]reserve.Bucket{reserve.Outside}, reserve.Buckets...), reserve.LotEvents
	m.state = func(o *office) reserve.Bucket {
		rows := o.lotRows(jiashan)
		if len(rows) == 0 {
			return reserve.Outside
		}
		for _, b := range reserve.Buckets {
			if rows[0].In(b) == 10*one {
				return b
			}
		}
		return "parted"
	}
	m.command = func(_ *office, from reserve.Bucket, e reserve.LotEvent) Command {
		switch lotOperation(from, e) { //nolint:exhaustive // the others move no lots
		case identity.LotAdd:
			if from != reserve.Outside {
				return nil // another lot would come
			}
			return LotAdd{Region: jiashan, Pollutant: vocs, Provenance: reserve.PreReserved, Quantity: 10 * one, AcquiredOn: today, Document: "d"}
		case identity.LevelMove:
			switch {
			case e == reserve.Giving:
				return LevelMove{jiashan, jiaxing, vocs, 10 * one, reserve.Reserve, "d", LotChoice{}}
			case from != reserve.Outside:
				return nil // another lot would come
			}
			return LevelMove{jiaxing, jiashan, vocs, 10 * one, reserve.Reserve, "d", LotChoice{}}
		case identity.ListingOpen:
			return ListingOpen{jiashan, vocs, reserve.FixedPrice, 10 * one, yuan(4000), 0, "d", named}
		case identity.ListingClose:
			if from == reserve.ReservedBucket || from == reserve.Transferred {
				return nil // a listing that is sold out closes, and moves nothing
			}
			return ListingClose{1, "r"}
		case identity.EarmarkMake:
			return EarmarkMake{
				Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: 10 * one, Ratio: 1_000_000, ExpiresOn: 20260930, LotChoice: named,
			}
		case identity.EarmarkRelease:
			return EarmarkRelease{1, "r"}
		case identity.ListingSell:
			return ListingSell{Listing: 1, Licence: f.licence.ID, Instrument: i.Code, Quantity: 10 * one, DueOn: 20260801}
		case identity.NoticeCancel:
			return NoticeCancel{1, "r"}
		case identity.NoticeDeliver:
			return NoticeDeliver{1}
		case identity.LotFreeze:
			return LotFreeze{lot, 10 * one, "d"}
		case identity.LotUnfreeze:
			return LotUnfreeze{lot, 10 * one, "d"}
		case identity.LotRetire:
			return LotRetire{jiashan, vocs, 10 * one, named, "d"}
		case identity.ReserveMoveOp:
			return ReserveMove{jiashan, vocs, reserve.ToUnallocated, 10 * one, "d", LotChoice{}}
		case identity.Allocate:
			return Allocate{f.licence.ID, i.Code, reserve.Initial, reserve.Reserve, ledger.Free, 10 * one, 0, false, today, "d", LotChoice{}}
		case identity.EarmarkAllocate:
			return EarmarkAllocate{1, f.licence.ID, i.Code, 10 * one, ledger.Free, 0, "d", 0}
		}
		return nil
	}
	m.ready = func(o *office, _ reserve.Bucket, e reserve.LotEvent) {
		if e == reserve.Delivery {
			n := storedRow(o, Notices, 1)
			o.does(o.finance, NoticeProve{n.ID, n.Amount, "receipt", today})
			o.does(o.finance, NoticeConfirm{n.ID, "seen"})
		}
	}
	m.because = []*fault.Error{
		ErrNoRecord, ErrLotClosed, reserve.ErrPickShort, reserve.ErrLotShort, reserve.ErrListingState, reserve.ErrNoticeState, reserve.ErrEarmarkState,
		ledger.ErrInsufficient,
	}
	m.drive(t)
}
