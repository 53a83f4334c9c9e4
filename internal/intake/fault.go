package intake

import "permitx/internal/fault"

// The faults of an activity, in the order in which they are checked.
var (
	ErrUnreadable    = fault.New(fault.Refused, "activity.unreadable", "the activity cannot be read")
	ErrFraction      = fault.New(fault.Refused, "activity.fraction", "a period begins and ends on a whole second")
	ErrNoPeriod      = fault.New(fault.Refused, "activity.period", "the period must begin before it ends, and not in the future").At("from")
	ErrTwoDays       = fault.New(fault.Refused, "activity.two_days", "a period lies within one day in Asia/Shanghai: declare the part of each day as an activity of its own").At("to").Under("carbon.activity_day", "project default")
	ErrOverlap       = fault.New(fault.Refused, "activity.overlap", "the period overlaps another activity of the participant in this scenario").At("from").Under("carbon.counted_once", "project default")
	ErrNothing       = fault.New(fault.Refused, "activity.nothing", "the activity comes to nothing").At("inputs").Under("carbon.methodology", "terms of the methodology")
	ErrCapReached    = fault.New(fault.Refused, "activity.cap_reached", "the participant has reached the scenario's cap of the day").At("scenario").Under("carbon.daily_cap", "terms of the scheme")
	ErrSumTooLarge   = fault.New(fault.Refused, "activity.sum_too_large", "what is summed up would be more than is plausible").At("inputs").Under("carbon.plausible", "project default")
	ErrMonthTaken    = fault.New(fault.Refused, "activity.month_taken_away", "the activities of that month were taken away").At("from").Under("carbon.taken_away", "project default")
	ErrNoActivity    = fault.New(fault.Refused, "activity.unknown_reversed", "no activity of this source has that source id").At("reverses")
	ErrNotReversible = fault.New(fault.Refused, "activity.is_reversal", "a reversal cannot be taken back").At("reverses").Under("carbon.reversal", "project default")
	ErrKeyUsed       = fault.New(fault.Conflict, "idempotency.key_used", "the Idempotency-Key was used for another request").At("Idempotency-Key")
	ErrPoolOpen      = fault.New(fault.Conflict, "pool.month_not_over", "a month is closed when it is over").At("month")
	ErrPoolClosed    = fault.New(fault.Conflict, "pool.closed", "the month is closed already").At("month")
	ErrPoolOrder     = fault.New(fault.Conflict, "pool.order", "an earlier month of the scheme is still open: close that one first").At("month")
	// ErrPoolClaims is returned when activities of a month can still be declared, and whoever closes it does not say that he knows.
	ErrPoolClaims = fault.New(fault.Conflict, "pool.claims_open", "activities of the month can still be declared").At("month")
	// ErrPoolExcluded is returned when lists of other registers have more activities of a month than its close takes back.
	ErrPoolExcluded  = fault.New(fault.Conflict, "pool.excluded", "lists of other registers have activities of the month that the close cannot take back").At("month")
	ErrNoPool        = fault.New(fault.NotFound, "pool.none", "the scheme has no activities of that month").At("month")
	ErrNoParticipant = fault.New(fault.NotFound, "participant.none", "there is no such participant").At("participant")
	// ErrPointsOwed is returned when a participant would be short of more points than PointsMost: points that were burned, of activities that are taken back.
	ErrPointsOwed  = fault.New(fault.Refused, "activity.points_owed", "the participant is short of 1,000,000,000 points already").Under("carbon.points", "project default")
	ErrPointsShort = fault.New(fault.Refused, "participant.points_short", "the participant has fewer points").At("points")
	ErrForgotten   = fault.New(fault.Refused, "participant.forgotten", "there is no such participant, or it is forgotten already").At("participant")
	ErrNoMessage   = fault.New(fault.NotFound, "outbox.none", "the intake has no such message")
	ErrNotRefused  = fault.New(fault.Invalid, "complaint.not_refused", "the scheme's batch has no refused activity with that source id").At("source_id")
	ErrNotDone     = fault.New(fault.Internal, "intake.not_done", "the database refused what the command would write: it has changed nothing, and whoever runs the server must look")
	ErrUnavailable = fault.New(fault.Unavailable, "intake.unavailable", "the intake is not available: send the batch again with the same key")
	ErrQueueFull   = fault.New(fault.Unavailable, "intake.queue_full", "too many batches wait: send it again later")
	// ErrIndexing is returned for a while after an upgrade.
	ErrIndexing       = fault.New(fault.Unavailable, "intake.indexing", "what was taken back of these months is being indexed: ask again later, or of other months")
	ErrTooManyInBatch = fault.New(fault.TooLarge, "activity_batch.too_many", "a batch has at most 10,000 activities")
)
