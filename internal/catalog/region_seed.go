package catalog

// Sources of the regions.
const (
	sourceRegion = "GB/T 2260, as carried in public data sets"
	// The approval of the ministry was not read; the announcement is of 2019-08-06.
	sourceGuangde = "安徽省人民政府办公厅 2019-08-06: 民政部批复撤销广德县、设立县级广德市; " +
		"that it took effect on the day of the announcement: project default"
)

// SeedRegions returns the regions that a new registry starts with: Jiaxing, the
// four areas of the trade between provinces (青浦, 吴江, 嘉善, 广德), and what is above them.
func SeedRegions() []Region {
	regions := []Region{
		{Code: "310000", Name: "上海市", Level: Province},
		{Code: "310118", Name: "青浦区", Level: County, Parent: "310000"},
		{Code: "320000", Name: "江苏省", Level: Province},
		{Code: "320500", Name: "苏州市", Level: City, Parent: "320000"},
		{Code: "320509", Name: "吴江区", Level: County, Parent: "320500"},
		{Code: "330000", Name: "浙江省", Level: Province},
		{Code: "330400", Name: "嘉兴市", Level: City, Parent: "330000"},
		{Code: "330402", Name: "南湖区", Level: County, Parent: "330400"},
		{Code: "330411", Name: "秀洲区", Level: County, Parent: "330400"},
		{Code: "330421", Name: "嘉善县", Level: County, Parent: "330400"},
		{Code: "330424", Name: "海盐县", Level: County, Parent: "330400"},
		{Code: "330481", Name: "海宁市", Level: County, Parent: "330400"},
		{Code: "330482", Name: "平湖市", Level: County, Parent: "330400"},
		{Code: "330483", Name: "桐乡市", Level: County, Parent: "330400"},
		{Code: "340000", Name: "安徽省", Level: Province},
		{Code: "341800", Name: "宣城市", Level: City, Parent: "340000"},
		{Code: "341822", Name: "广德县", Level: County, Parent: "341800", ValidTo: 20190805, Source: sourceGuangde},
		{Code: "341882", Name: "广德市", Level: County, Parent: "341800", ValidFrom: 20190806, Source: sourceGuangde},
	}
	for i := range regions {
		regions[i].ID = int64(i) + 1
		if regions[i].Source == "" {
			regions[i].Source = sourceRegion
		}
	}
	return regions
}
