-- Whose ids the activities of a scenario have: an id is counted once over all schemes that name the data source (I-133).

-- +goose Up
ALTER TABLE scenario ADD COLUMN data_source TEXT NOT NULL DEFAULT '';
