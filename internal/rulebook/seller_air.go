package rulebook

import (
	"slices"

	"permitx/internal/catalog"
)

var sellerAir = &Rule{
	ID: "seller.paid_and_surplus", Title: "Seller's gate, air", Citation: "浙江省大气污染防治条例 第十六条; 甬环发〔2015〕81号", From: 20201127,
	Words: "依法有偿取得重点大气污染物排放总量控制指标并安装大气污染物排放自动监测设备的排污单位，完成重点大气污染物排放总量削减指标后……节余的重点大气污染物排放控制指标，经生态环境主管部门核定后，可以依法有偿转让或者由县级以上人民政府回购；" +
		"……未安装大气污染物排放自动监测设备的排污单位……由县级以上人民政府回购（第十六条）；" +
		"无偿获得的主要污染物排污权，由建设单位或排污单位所在地环保部门无偿收回（甬环发〔2015〕81号 第三条）",
	Reading: "Permits obtained by payment, with an automatic monitor and the reduction task done: to another unit or back to the government. Without a monitor: back to the government only. " +
		"Obtained free: taken back free only. Task not done: not tradable. A sale is covered by surplus that the bureau has verified.",
	Default: "A monitor or task that nobody has recorded is as the bureau's verification of the surplus found it: only surplus with both is verified for sale. " +
		"What a unit that is closed, or whose licence was cancelled, leaves is no surplus: the government buys it whatever became of the task (project default).",
	Needs:   []string{"how the permits were obtained", "facts monitor and reduction_task of the seller's licence", "verified surplus"},
	Actions: slices.Concat(sales, []Action{BuyBack, Reclamation}),
	Check:   func(f *Facts) Finding { return checkGate(f, catalog.Air) },
	Cases:   gateCases(catalog.Air),
}
