package rulebook

import (
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// ErrOffsetTooLow is returned when the offset ratio is less than the buyer's region asks for.
var ErrOffsetTooLow = fault.New(fault.Refused, "rule.offset_ratio", "the offset ratio is too low").At("offset_ratio")

// offsetStep is what a need and what supports it are counted in: 0.0001 t/a.
const offsetStep = quantity.OneQuantity / 10_000

var offsetRatio = &Rule{
	ID: "deal.offset_ratio", Title: "Offset ratio of a project", Citation: ProjectDefault, From: firstSeededYear,
	Words: "新建、改建、扩建新增排放重点大气污染物的建设项目，生态环境主管部门应当在审批环境影响评价文件时按照削减替代的原则核定其重点大气污染物排放总量控制指标（浙江省大气污染防治条例 第十四条）；" +
		"替代比例1:1（宁排污出让告字〔2025〕10号，吴忠）",
	Unread: "of 嘉兴's 1.5 and 1.2: " + senseOnly,
	Reading: "Permits that are put to a project are more than it needs, by the ratio of its region, pollutant, industry and the day when it is approved; the difference is retired. 嘉兴 asked for 1.5 in 2008 and 1.2 in 2012, 吴忠 for 1 in 2025. " +
		"What must be bought is rounded up at 4 decimals, what a purchase supports down.",
	Default: "Without a row 1 where the region met its target, 2 where it missed it.",
	Needs:   []string{"whether the permits are put to a project", "whether the buyer's region met its target"},
	Keys:    []Key{OffsetAttained, OffsetMissed},
	Actions: []Action{Project, Deal},
	Check: func(f *Facts) Finding {
		if !f.Project {
			return notApplicable("the permits are not put to a project")
		}
		if _, need := Offset(f); f.Offset < need {
			return refused(ErrOffsetTooLow.With("%s asks for an offset ratio of %s where permits are put to a project", f.Buyer.Region(), need))
		}
		return passed("the offset ratio is enough")
	},
	Cases: []Case{
		{"no project", Facts{Action: Deal, Offset: quantity.OneRatio}, NotApplicable, ""},
		{"target met, 1", offsetCase(0, quantity.OneRatio, nil), Passed, ""},
		{"target missed, 1", offsetCase(2025, quantity.OneRatio, nil), Refused, "rule.offset_ratio"},
		{"target missed, 2", offsetCase(2025, 2*quantity.OneRatio, nil), Passed, ""},
		{"嘉兴 in 2008, 1", offsetCase(0, quantity.OneRatio, jiaxing2008), Refused, "rule.offset_ratio"},
		{"嘉兴 in 2008, 1.5", offsetCase(0, 1_500_000, jiaxing2008), Passed, ""},
	},
}

var jiaxing2008 = Rows{{ID: 1, Key: OffsetAttained, Value: "1.5", ValidFrom: 20080101, Document: "嘉兴 2008"}}

// Offset is the row that says what the buyer's region asks of a project on f's
// day, and its ratio.
func Offset(f *Facts) (Parameter, quantity.Ratio) {
	key := OffsetAttained
	if f.Buyer.Area.Missed != 0 {
		key = OffsetMissed
	}
	row, ratio, _ := Lookup(f.Parameters, key, f.place(&f.Buyer), f.On)
	return row, ratio
}

// Required is what must be bought for a need: need × ratio ÷ coefficient, rounded
// up at 4 decimals, so that the project has at least what it needs. The exchange
// coefficient is 1 within a region.
func Required(need quantity.Quantity, ratio, coefficient quantity.Ratio) (quantity.Quantity, error) {
	q, err := need.Times(ratio, quantity.Up)
	if err != nil {
		return 0, err
	}
	if q, err = q.CeilTo(offsetStep); err != nil {
		return 0, err
	}
	if q, err = q.Over(coefficient, quantity.Up); err != nil {
		return 0, err
	}
	return q.CeilTo(offsetStep)
}

// Supported is the need that a purchase covers: purchase × coefficient ÷ ratio,
// rounded down at 4 decimals, so that no more is allocated than was bought.
func Supported(bought quantity.Quantity, ratio, coefficient quantity.Ratio) (quantity.Quantity, error) {
	q, err := bought.Times(coefficient, quantity.Down)
	if err != nil {
		return 0, err
	}
	if q, err = q.Over(ratio, quantity.Down); err != nil {
		return 0, err
	}
	return q.FloorTo(offsetStep), nil
}

func offsetCase(missed int32, ratio quantity.Ratio, rows Rows) Facts {
	return Facts{
		Action: Project, On: 20260701, Project: true, Offset: ratio, Parameters: rows, Buyer: Side{Known: true, Area: Area{Missed: missed}},
	}
}
