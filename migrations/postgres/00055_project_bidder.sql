-- Bids for a project are for no more than it needs (I-98). 0 is "names no project", or "registered before".

-- +goose Up
ALTER TABLE registration ADD COLUMN quantity_most BIGINT NOT NULL DEFAULT 0
    CONSTRAINT registration_most_of_project CHECK (quantity_most = 0 OR quantity_most > 0 AND project > 0);
