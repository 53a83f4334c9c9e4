-- What was paid of a notice that is cancelled the tax authority pays back: a refund of its own (I-118). Those cancelled before have none.

-- +goose Up
ALTER TABLE treasury_refund ADD COLUMN notice BIGINT NOT NULL DEFAULT 0
    CONSTRAINT treasury_refund_notice_owed CHECK (notice = 0 OR state <> 'cancelled');
CREATE UNIQUE INDEX treasury_refund_notice_unique ON treasury_refund (notice) WHERE notice > 0;
ALTER TABLE treasury_refund DROP CONSTRAINT treasury_refund_of_one,
    ADD CONSTRAINT treasury_refund_of_one CHECK ((award > 0)::INT + (buy_back > 0)::INT + (notice > 0)::INT = 1);

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-118', coalesce(max(length), 0), 0 FROM registry;
