-- Why the payment of an instalment was taken off it.

-- +goose Up
ALTER TABLE instalment ADD COLUMN reason TEXT NOT NULL DEFAULT '';
