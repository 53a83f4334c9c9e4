-- How many points a participant has, and is short of, is bounded: 10⁹ points of 10⁶ atoms.

-- +goose Up
ALTER TABLE participant DROP CONSTRAINT participant_points_not_negative;
ALTER TABLE participant ADD CONSTRAINT participant_points_bounded CHECK (points BETWEEN 0 AND 1000000000000000
    AND points_short BETWEEN 0 AND 1000000000000000 AND (points = 0 OR points_short = 0));

-- Pieces of evidence without a number were of an intake of before 00006, which is not taken over.
CREATE TABLE pool_of_before (n BIGINT NOT NULL CONSTRAINT pool_evidence_is_of_an_earlier_version CHECK (n = 0));
INSERT INTO pool_of_before SELECT count(*) FROM pool WHERE unnumbered > 0;
DROP TABLE pool_of_before;
ALTER TABLE pool DROP COLUMN unnumbered;
ALTER TABLE pool ADD CONSTRAINT pool_items_not_negative CHECK (items >= 0);
