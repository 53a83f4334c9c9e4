-- What is approved while more open orders rest on it than one command cancels waits until they have left. approved_in is
-- the journal row of that approval; 0 is "it was done in the row that approved it".

-- +goose Up
ALTER TABLE proposal ADD COLUMN approved_in BIGINT NOT NULL DEFAULT 0
    CONSTRAINT proposal_cleared CHECK (CASE WHEN state IN ('clearing', 'failed') THEN approved_in > 0 WHEN state = 'executed' THEN approved_in >= 0 ELSE approved_in = 0 END);
ALTER TABLE proposal DROP CONSTRAINT proposal_state_known;
ALTER TABLE proposal ADD CONSTRAINT proposal_state_known CHECK (state IN ('pending', 'clearing', 'executed', 'failed', 'rejected', 'withdrawn', 'lapsed'));
ALTER TABLE proposal DROP CONSTRAINT proposal_four_eyes;
ALTER TABLE proposal ADD CONSTRAINT proposal_four_eyes CHECK (state NOT IN ('clearing', 'executed', 'failed', 'rejected') OR decided_by NOT IN (0, proposed_by));
