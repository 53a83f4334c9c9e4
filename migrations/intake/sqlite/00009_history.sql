-- What a participant has exchanged points for is found by the participant.

-- +goose Up
CREATE INDEX point_burn_participant ON point_burn (participant, batch);
