package main

import (
	"context"
	"strconv"

	"permitx/api"
)

// project registers a firm's project that needs permits at an offset ratio, and
// has it approved by its bureau's leader.
func (t *story) project(ctx context.Context, f *firm, name, pollutant, need, ratio string) (api.ID, error) {
	region := t.region(f.region)
	t.projects++
	p, err := answer[api.Project](read(region.clerk.RegisterProject(ctx, &api.RegisterProjectParams{IdempotencyKey: commandKey()}, api.ProjectInput{
		Eia: made("环评批复 " + strconv.Itoa(t.projects)), Name: name, Kind: api.ProjectKindExpanded, Licence: f.licence, Industry: f.industry,
		Needs: []api.ProjectNeedInput{{Pollutant: pollutant, Need: need}},
	})))
	if err != nil {
		return 0, err
	}
	_, err = approved[api.Project](ctx, region.leader)(read(region.clerk.StepProject(ctx, p.ID, &api.StepProjectParams{IdempotencyKey: commandKey()}, api.ProjectStepInput{
		Event: api.ProjectEventApprove, Document: made("项目核定"),
		Ratios: []api.ProjectRatioInput{{Pollutant: pollutant, Ratio: ratio, Basis: made("替代比例")}},
	})))
	return p.ID, err
}
