-- A public notice may stand for the day on which it begins: the parameter of its days is from 1 on.

-- +goose Up
ALTER TABLE public_notice
    DROP CONSTRAINT public_notice_days,
    ADD CONSTRAINT public_notice_days CHECK (ends_on >= starts_on);
