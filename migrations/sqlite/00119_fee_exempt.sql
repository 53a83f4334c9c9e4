-- Institutions that the state funds wholly pay no fee where a schedule says so (I-127). 0 and '' are "none".

-- +goose Up
-- SQLite cannot change a CHECK: the words of both are changed where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''credit_review'', ''region_over_cap''', '''credit_review'', ''state_funded'', ''region_over_cap''')
 WHERE type = 'table' AND name = 'fact';
PRAGMA writable_schema = RESET;
ALTER TABLE fee_schedule ADD COLUMN exempt TEXT NOT NULL DEFAULT '' CONSTRAINT fee_schedule_exempt_known CHECK (exempt IN ('', 'state_funded'));
ALTER TABLE block_trade ADD COLUMN buyer_exempt BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE block_trade ADD COLUMN seller_exempt BOOLEAN NOT NULL DEFAULT FALSE;
