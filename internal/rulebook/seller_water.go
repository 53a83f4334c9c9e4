package rulebook

import (
	"permitx/internal/catalog"
)

var sellerWater = &Rule{
	ID: "seller.paid_and_surplus_water", Title: "Seller's gate, water", Citation: "浙江省水污染防治条例 第三十五条", From: 20201127,
	Words: "依法有偿取得重点水污染物排放总量控制指标并安装水污染物排放自动监测设备的排污单位，完成重点水污染物排放总量削减指标后，通过清洁生产和污染治理等措施节余的重点水污染物排放指标，可以依法有偿转让",
	Reading: "Only paid, verified surplus of a monitored site whose reduction task is done can be sold. The article does not speak of buying back: that the government may buy what an unmonitored site saved, " +
		"and takes free permits back free, is as for air and a project default.",
	Default: sellerAir.Default,
	Needs:   sellerAir.Needs,
	Actions: sellerAir.Actions,
	Check:   func(f *Facts) Finding { return checkGate(f, catalog.Water) },
	Cases:   gateCases(catalog.Water),
}
