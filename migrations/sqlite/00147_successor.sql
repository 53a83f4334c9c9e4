-- A licence that has no permits but leases, debts or freezes goes on in the one that its succession names; 0 is "the parts
-- say it".

-- +goose Up
ALTER TABLE succession ADD COLUMN successor BIGINT NOT NULL DEFAULT 0 CONSTRAINT succession_successor CHECK (successor = 0 OR closed AND transfer = 0 AND kind <> 'division' AND successor <> licence);

-- SQLite cannot ADD CONSTRAINT succession_moved_or_stayed anew: its words are changed where they stand
-- (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (transfer > 0 OR NOT closed)', 'CHECK (transfer > 0 OR NOT closed OR successor > 0)') WHERE type = 'table' AND name = 'succession';
PRAGMA writable_schema = RESET;
