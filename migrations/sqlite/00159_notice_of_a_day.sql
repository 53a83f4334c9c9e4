-- A public notice may stand for the day on which it begins: the parameter of its days is from 1 on.

-- +goose Up

-- SQLite cannot ADD CONSTRAINT public_notice_days anew: its words are changed where they stand
-- (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (ends_on > starts_on)', 'CHECK (ends_on >= starts_on)') WHERE type = 'table' AND name = 'public_notice';
PRAGMA writable_schema = RESET;
