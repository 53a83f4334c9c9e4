-- Permits that came after the day since which others lie idle are not swept as these (I-111): the day by which the permits of a declaration,
-- and of a sweep, were acquired. 0 is a declaration of before, that is about the permits since its first idle day or since their new term, and a
-- buy-back that sweeps none or was begun before.

-- +goose Up
ALTER TABLE idle_declaration ADD COLUMN held_on INTEGER NOT NULL DEFAULT 0
    CONSTRAINT idle_declaration_held_on CHECK (held_on = 0 OR held_on >= since);
ALTER TABLE buy_back ADD COLUMN held_on INTEGER NOT NULL DEFAULT 0
    CONSTRAINT buy_back_held_on CHECK (held_on = 0 OR held_on > 0 AND idle > 0);
