-- What a buy-back of a reduction has taken beside what was verified for sale: a right that is the assessment's amount is lowered by it.

-- +goose Up
ALTER TABLE buy_back ADD COLUMN uncovered BIGINT NOT NULL DEFAULT 0
    CONSTRAINT buy_back_uncovered_within CHECK (uncovered BETWEEN 0 AND quantity AND (uncovered = 0 OR state = 'in_reserve'));

-- I-105. What was recorded before is left as it is. SQLite cannot add a CHECK: its words are added where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT surplus_verification_quantity_positive CHECK (quantity > 0),', 'CONSTRAINT surplus_verification_quantity_positive CHECK (quantity > 0),
    CONSTRAINT surplus_verification_within_year CHECK (year = 0 OR quantity <= permitted - actual - task),') WHERE type = 'table' AND name = 'surplus_verification';
PRAGMA writable_schema = RESET;
