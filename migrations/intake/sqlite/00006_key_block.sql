-- Keys begin with what neighbouring source ids have in common. Those of before cannot be made anew, because the source's
-- methodology has its code in the trading registry only: an intake with activities must have been made by this version or a later one.

-- +goose Up
CREATE TABLE key_of_before (n BIGINT NOT NULL CONSTRAINT activity_keys_are_of_an_earlier_version CHECK (n = 0));
INSERT INTO key_of_before SELECT count(*) FROM (SELECT 1 FROM activity_key LIMIT 1) one;
DROP TABLE key_of_before;
