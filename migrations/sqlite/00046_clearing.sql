-- What is approved while more open orders rest on it than one command cancels waits until they have left. approved_in is
-- the journal row of that approval; 0 is "it was done in the row that approved it". SQLite cannot change a CHECK: a wider
-- table takes the place of the old.

-- +goose Up
CREATE TABLE proposal_wider (
    id             INTEGER NOT NULL CONSTRAINT proposal_pkey PRIMARY KEY,
    operation      TEXT   NOT NULL,
    region         TEXT   NOT NULL,
    party          BIGINT NOT NULL,
    payload        TEXT   NOT NULL,
    effects        TEXT   NOT NULL,
    effects_digest TEXT   NOT NULL,
    state          TEXT   NOT NULL,
    proposed_by    BIGINT NOT NULL,
    proposed_at    BIGINT NOT NULL,
    shown_at       BIGINT NOT NULL,
    lapses_at      BIGINT NOT NULL,
    decided_by     BIGINT NOT NULL,
    decided_at     BIGINT NOT NULL,
    reason         TEXT   NOT NULL,
    approved_in    BIGINT NOT NULL DEFAULT 0,
    command        BIGINT NOT NULL,
    CONSTRAINT proposal_state_known CHECK (state IN ('pending', 'clearing', 'executed', 'failed', 'rejected', 'withdrawn', 'lapsed')),
    CONSTRAINT proposal_decided CHECK ((state = 'pending') = (decided_at = 0)),
    CONSTRAINT proposal_four_eyes CHECK (state NOT IN ('clearing', 'executed', 'failed', 'rejected') OR decided_by NOT IN (0, proposed_by)),
    CONSTRAINT proposal_withdrawn_by CHECK (state <> 'withdrawn' OR decided_by = proposed_by),
    CONSTRAINT proposal_cleared CHECK (CASE WHEN state IN ('clearing', 'failed') THEN approved_in > 0 WHEN state = 'executed' THEN approved_in >= 0 ELSE approved_in = 0 END)
);
INSERT INTO proposal_wider (id, operation, region, party, payload, effects, effects_digest, state, proposed_by, proposed_at, shown_at, lapses_at, decided_by, decided_at, reason, command)
SELECT id, operation, region, party, payload, effects, effects_digest, state, proposed_by, proposed_at, shown_at, lapses_at, decided_by, decided_at, reason, command FROM proposal;
DROP TABLE proposal;
ALTER TABLE proposal_wider RENAME TO proposal;
CREATE INDEX proposal_by_state ON proposal (state, id);
CREATE INDEX proposal_by_region ON proposal (region, id);
CREATE INDEX proposal_by_party ON proposal (party, id);
