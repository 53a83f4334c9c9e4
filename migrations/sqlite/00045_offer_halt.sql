-- An officer may halt the open window of an offer and let it go on; the time that was lost is an incident (ADR 32).

-- +goose Up
-- SQLite cannot ADD CONSTRAINT offer_state_known, CONSTRAINT offer_sealed_until_close and CONSTRAINT offer_incident_kind_known anew: their
-- words are changed where they stand (sqlite.org/lang_altertable.html, section 7); no row is touched.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql, '''bidding'', ''closed''', '''bidding'', ''halted'', ''closed'''),
       '''bidding'', ''cancelled''', '''bidding'', ''halted'', ''cancelled''') WHERE type = 'table' AND name = 'offer';
UPDATE sqlite_schema SET sql = replace(sql, '''interruption'', ''key_missing''', '''interruption'', ''key_missing'', ''halt''')
 WHERE type = 'table' AND name = 'offer_incident';
PRAGMA writable_schema = RESET;
