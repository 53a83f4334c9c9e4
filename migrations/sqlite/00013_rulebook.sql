-- What the rules judge by: facts that officers have recorded, the admission lists
-- of zones, and parameters. Rows are never changed: a correction is a further row.

-- +goose Up
CREATE TABLE fact (
    id          INTEGER NOT NULL CONSTRAINT fact_pkey PRIMARY KEY,
    kind        TEXT    NOT NULL,
    region      TEXT    NOT NULL,
    party       BIGINT  NOT NULL,
    licence     BIGINT  NOT NULL,
    pollutant   TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    valid_from  INTEGER NOT NULL,
    valid_to    INTEGER NOT NULL,
    document    TEXT    NOT NULL,
    recorded_at BIGINT  NOT NULL,
    command     BIGINT  NOT NULL,
    CONSTRAINT fact_kind_known CHECK (kind IN ('monitor', 'reduction_task', 'surplus_needed', 'industry', 'source', 'basin',
        'basin_approval', 'zone', 'verified_right', 'idle', 'blacklist', 'credit_grade', 'credit_points', 'credit_slight',
        'credit_review', 'region_over_cap')),
    CONSTRAINT fact_subject_of_kind CHECK (
        (kind = 'region_over_cap') = (party = 0)
        AND (kind IN ('blacklist', 'credit_grade', 'credit_points', 'credit_slight', 'credit_review', 'region_over_cap')) = (licence = 0)),
    CONSTRAINT fact_value_set CHECK (value <> ''),
    CONSTRAINT fact_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT fact_document_named CHECK (document <> '')
);
CREATE INDEX fact_by_party ON fact (party);
CREATE INDEX fact_by_region ON fact (region);

CREATE TABLE zone_rule (
    id         INTEGER NOT NULL CONSTRAINT zone_rule_pkey PRIMARY KEY,
    zone       TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    industry   TEXT    NOT NULL,
    forbidden  BOOLEAN NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT zone_rule_zone_named CHECK (zone <> ''),
    CONSTRAINT zone_rule_industry_form CHECK (length(industry) BETWEEN 2 AND 4),
    CONSTRAINT zone_rule_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT zone_rule_document_named CHECK (document <> '')
);

CREATE TABLE parameter (
    id         INTEGER NOT NULL CONSTRAINT parameter_pkey PRIMARY KEY,
    key        TEXT    NOT NULL,
    region     TEXT    NOT NULL,
    pollutant  TEXT    NOT NULL,
    industry   TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    valid_from INTEGER NOT NULL,
    valid_to   INTEGER NOT NULL,
    document   TEXT    NOT NULL,
    words      TEXT    NOT NULL,
    command    BIGINT  NOT NULL,
    CONSTRAINT parameter_value_set CHECK (value <> ''),
    CONSTRAINT parameter_period CHECK (valid_from > 0 AND (valid_to = 0 OR valid_to >= valid_from)),
    CONSTRAINT parameter_source_named CHECK (document <> '')
);

INSERT INTO parameter (id, key, region, pollutant, industry, value, valid_from, valid_to, document, words, command) VALUES
    (1, 'offset.ratio.attained', '', '', '', '1', 20200101, 0, 'project default', '', 0),
    (2, 'offset.ratio.missed', '', '', '', '2', 20200101, 0, 'project default', '', 0),
    (3, 'credit.start', '', '', '', '9', 20200101, 0, 'project default', '', 0),
    (4, 'credit.most', '', '', '', '12', 20200101, 0, 'project default', '', 0),
    (5, 'idle.buyback_after', '', '', '', '36', 20200101, 0, '浙政办发〔2010〕132号', '超过3年', 0);
