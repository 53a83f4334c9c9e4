-- A guarantee out of an earmark is corrected like an allocation (I-32).

-- +goose Up
ALTER TABLE allocation_correction ADD COLUMN earmark_allocation BIGINT NOT NULL DEFAULT 0
    CONSTRAINT allocation_correction_of_one CHECK ((allocation > 0) <> (earmark_allocation > 0));
CREATE INDEX allocation_correction_by_earmark_allocation ON allocation_correction (earmark_allocation) WHERE earmark_allocation > 0;
