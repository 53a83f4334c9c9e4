-- What is taken back of a guarantee takes back its offset share and its project's figures, and what was paid for it is refunded (I-116, ADR 65).
-- What was corrected before has taken nothing with it.

-- +goose Up
ALTER TABLE allocation_correction ADD COLUMN offset_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT allocation_correction_offset_share CHECK (offset_share = 0 OR offset_share > 0 AND earmark_allocation > 0 AND reversed > 0);
ALTER TABLE debt_settlement ADD COLUMN offset_share BIGINT NOT NULL DEFAULT 0
    CONSTRAINT debt_settlement_offset_share CHECK (offset_share = 0 OR offset_share > 0 AND way = 'purchase');
ALTER TABLE treasury_refund ADD COLUMN correction BIGINT NOT NULL DEFAULT 0;
CREATE INDEX treasury_refund_by_correction ON treasury_refund (correction) WHERE correction > 0;
ALTER TABLE treasury_refund DROP CONSTRAINT treasury_refund_of_one,
    ADD CONSTRAINT treasury_refund_of_one CHECK ((award > 0)::INT + (buy_back > 0)::INT + (notice > 0)::INT + (correction > 0)::INT = 1);
ALTER TABLE project_entry DROP CONSTRAINT project_entry_kind_known,
    ADD CONSTRAINT project_entry_kind_known CHECK (kind IN ('deal', 'reversal', 'sale', 'guarantee', 'assignment', 'release', 'correction'));
ALTER TABLE project_entry DROP CONSTRAINT project_entry_signs,
    ADD CONSTRAINT project_entry_signs CHECK (CASE WHEN kind IN ('reversal', 'release', 'correction')
        THEN bought <= 0 AND assigned <= 0 AND retired <= 0 ELSE bought >= 0 AND assigned >= 0 AND retired >= 0 END);

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-116', coalesce(max(length), 0), 0 FROM registry;
