-- Why the rules refused a renewal on the day on which it would join (I-126); '' is that they did not.

-- +goose Up
ALTER TABLE renewal ADD COLUMN refusal TEXT NOT NULL DEFAULT ''
    CONSTRAINT renewal_refused_waits CHECK (refusal = '' OR joined = 0 AND (state = 'ready' AND renewing OR state = 'rejected'));

-- A paid lease that does not begin says why. SQLite cannot add a CHECK: its words are added where they stand (sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CONSTRAINT encumbrance_step_kind_known CHECK (kind IN (''lease'', ''pledge'')),', 'CONSTRAINT encumbrance_step_kind_known CHECK (kind IN (''lease'', ''pledge'')),
    CONSTRAINT encumbrance_step_lapse_says_why CHECK (kind <> ''lease'' OR event <> ''lapse'' OR from_state <> ''paid'' OR note <> ''''),') WHERE type = 'table' AND name = 'encumbrance_step';
PRAGMA writable_schema = RESET;
