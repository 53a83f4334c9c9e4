package catalog

// Sources of the pollutants. The codes were read in public data that quote the
// standards, not in the standards.
const (
	sourceTraded   = "traded: 浙环发〔2013〕45号; decimals: practice of Zhejiang, project default; code: "
	sourceOptional = "traded: project default (浙环发〔2013〕45号 lets an area file others); " +
		"decimals: project default; code: "
	codesAir   = "HJ 524-2009, as carried in public data"
	codesWater = "HJ 525-2009, as carried in public data"
)

// shownDecimals is how Zhejiang publishes quantities: 0.0276 t/a.
const shownDecimals = 4

// SeedPollutants returns the pollutants that a new registry starts with: the four
// that are always traded, and three that an area may file.
func SeedPollutants() []Pollutant {
	pollutants := []Pollutant{
		{Code: "COD", Name: "化学需氧量", ReportingCode: "w01018", Medium: Water, Source: sourceTraded + codesWater},
		{Code: "NH3-N", Name: "氨氮", ReportingCode: "w21003", Medium: Water, Source: sourceTraded + codesWater},
		{Code: "SO2", Name: "二氧化硫", ReportingCode: "a21026", Medium: Air, Source: sourceTraded + codesAir},
		{Code: "NOx", Name: "氮氧化物", ReportingCode: "a21002", Medium: Air, Source: sourceTraded + codesAir},
		{Code: "TP", Name: "总磷", ReportingCode: "w21011", Medium: Water, Source: sourceOptional + codesWater},
		{Code: "TN", Name: "总氮", ReportingCode: "w21001", Medium: Water, Source: sourceOptional + codesWater},
		{Code: codeVOCs, Name: "挥发性有机物", ReportingCode: "a99054", Medium: Air, Source: sourceOptional + codesAir},
	}
	for i := range pollutants {
		pollutants[i].ID = int64(i) + 1
		pollutants[i].Unit = UnitRate
		pollutants[i].Decimals = shownDecimals
	}
	return pollutants
}
