-- A licence that has no permits but leases, debts or freezes goes on in the one that its succession names; 0 is "the parts
-- say it".

-- +goose Up
ALTER TABLE succession ADD COLUMN successor BIGINT NOT NULL DEFAULT 0 CONSTRAINT succession_successor CHECK (successor = 0 OR closed AND transfer = 0 AND kind <> 'division' AND successor <> licence);
ALTER TABLE succession
    DROP CONSTRAINT succession_moved_or_stayed,
    ADD CONSTRAINT succession_moved_or_stayed CHECK (transfer > 0 OR NOT closed OR successor > 0);
