-- Offers belong to programmes: what one does not sell the next take over, before their windows open.

-- +goose Up
ALTER TABLE offer ADD COLUMN programme TEXT NOT NULL DEFAULT '';
ALTER TABLE offer ADD COLUMN planned BIGINT NOT NULL DEFAULT 0;
ALTER TABLE offer ADD COLUMN carried BIGINT NOT NULL DEFAULT 0
    CONSTRAINT offer_carried_within CHECK (carried BETWEEN 0 AND planned / 4 AND (programme = '') = (planned = 0)
        AND (programme = '' OR format = 'uniform' AND quantity = planned + carried));

CREATE TABLE carry_over (
    id         INTEGER NOT NULL CONSTRAINT carry_over_pkey PRIMARY KEY,
    from_offer BIGINT NOT NULL,
    to_offer   BIGINT NOT NULL,
    quantity   BIGINT NOT NULL,
    notice     BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    command    BIGINT NOT NULL,
    CONSTRAINT carry_over_once UNIQUE (from_offer, to_offer),
    CONSTRAINT carry_over_positive CHECK (quantity > 0 AND notice > 0 AND from_offer <> to_offer)
);
CREATE INDEX carry_over_by_to ON carry_over (to_offer, id);

-- What is written once stays as it was.
-- +goose StatementBegin
CREATE TRIGGER carry_over_no_update BEFORE UPDATE ON carry_over BEGIN SELECT RAISE(ABORT, 'a row of carry_over is never changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER carry_over_no_delete BEFORE DELETE ON carry_over BEGIN SELECT RAISE(ABORT, 'a row of carry_over is never deleted'); END;
-- +goose StatementEnd
