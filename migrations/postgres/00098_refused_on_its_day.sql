-- Why the rules refused a renewal on the day on which it would join (I-126); '' is that they did not.

-- +goose Up
ALTER TABLE renewal ADD COLUMN refusal TEXT NOT NULL DEFAULT ''
    CONSTRAINT renewal_refused_waits CHECK (refusal = '' OR joined = 0 AND (state = 'ready' AND renewing OR state = 'rejected'));

-- A paid lease that does not begin says why.
ALTER TABLE encumbrance_step ADD CONSTRAINT encumbrance_step_lapse_says_why CHECK (kind <> 'lease' OR event <> 'lapse' OR from_state <> 'paid' OR note <> '');
