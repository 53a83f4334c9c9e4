-- A block trade names the buyer's project that it is for, and is capped by it (I-120).

-- +goose Up
ALTER TABLE block_trade ADD COLUMN project BIGINT NOT NULL DEFAULT 0
    CONSTRAINT block_trade_project_of_buyer CHECK (project = 0 OR project > 0 AND (proposer = 1 OR confirmed_by > 0));
CREATE INDEX block_trade_by_project ON block_trade (project) WHERE project > 0;
ALTER TABLE project_entry DROP CONSTRAINT project_entry_kind_known;
ALTER TABLE project_entry ADD CONSTRAINT project_entry_kind_known
    CHECK (kind IN ('deal', 'reversal', 'sale', 'guarantee', 'block_trade', 'assignment', 'release', 'correction'));
