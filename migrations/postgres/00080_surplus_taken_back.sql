-- What a project has bought beyond its lowered need is taken back as surplus found at its completion. Buy-backs are found by licence.

-- +goose Up
ALTER TABLE buy_back DROP CONSTRAINT buy_back_cause_of_kind;
ALTER TABLE buy_back ADD CONSTRAINT buy_back_cause_of_kind CHECK (kind = 'application' AND cause IN ('project_cancelled', 'completion_surplus', 'reduction', 'licence_change',
    'abandoned') OR kind = 'compulsory' AND cause IN ('project_cancelled', 'completion_surplus', 'abandoned', 'idle', 'unit_closed', 'licence_cancelled', 'reduction_task'));

CREATE INDEX buy_back_by_licence ON buy_back (licence, pollutant);
