-- +goose Up
-- What is sold out of an earmark is asked for by a payment notice and posted when that is delivered.
ALTER TABLE earmark_allocation ADD COLUMN notice BIGINT NOT NULL DEFAULT 0;
ALTER TABLE earmark_allocation ADD COLUMN lapsed BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE earmark_allocation DROP CONSTRAINT earmark_allocation_posted;
ALTER TABLE earmark_allocation ADD CONSTRAINT earmark_allocation_given CHECK ((account > 0) = (transfer > 0) AND (acquisition > 0) = (transfer > 0));
ALTER TABLE earmark_allocation ADD CONSTRAINT earmark_allocation_paid_first CHECK (transfer > 0 OR notice > 0);
ALTER TABLE earmark_allocation ADD CONSTRAINT earmark_allocation_lapsed_of_notice CHECK (NOT lapsed OR notice > 0 AND transfer = 0);
ALTER TABLE earmark_allocation ADD CONSTRAINT earmark_allocation_notice_of_paid CHECK (notice = 0 OR origin = 1);
CREATE UNIQUE INDEX earmark_allocation_notice_unique ON earmark_allocation (notice) WHERE notice > 0;

ALTER TABLE sale DROP CONSTRAINT sale_of_known_kind;
ALTER TABLE sale ADD CONSTRAINT sale_of_one_kind CHECK (kind IN ('agreement', 'fixed_price', 'simplified', 'auction', 'guarantee', 'renewal'));

INSERT INTO invariant_start
SELECT (SELECT max(id) FROM invariant_start) + 1, 'I-103', coalesce(max(length), 0), 0 FROM registry;
