package opening

import (
	"fmt"
	"strings"
)

// A Column of a sheet.
type Column struct {
	Name     string // the header cell, and the field that a fault names
	Title    string // in Chinese, for the guide
	Holds    string // what a cell must be
	Example  string
	Optional bool
}

// A Sheet of the package.
type Sheet struct {
	Name    string // of the sheet, and of the CSV file without .csv
	Title   string
	About   string
	Columns []Column
	read    func(c *cells, into *Contents)
}

// Columns that several sheets have.
var (
	regionColumn    = Column{Name: "region", Title: "地区代码", Holds: "code of GB/T 2260, 6 digits; a city's own level is its own code (330400 市本级)", Example: "330421"}
	pollutantColumn = Column{Name: "pollutant", Title: "污染物", Holds: "code of the pollutant", Example: "VOCs"}
	usccColumn      = Column{Name: "uscc", Title: "统一社会信用代码", Holds: "unified social credit code, 18 characters", Example: "91330421MA0000001K"}
	licenceColumn   = Column{Name: "licence", Title: "排污许可证编号", Holds: "number of a licence in the sheet licences", Example: "91330421MA0000001K001P"}
	termEndColumn   = Column{Name: "term_end", Title: "有效期至", Holds: "last day of the term, the end of a quarter", Example: "2031-06-30"}
	originColumn    = Column{Name: "origin", Title: "取得方式", Holds: "paid, free or unknown", Example: "paid"}
	saleColumn      = Column{Name: "sale", Title: "出让编号", Holds: "number of the sale, each once in the sheet instalment_sales", Example: "SX-2026-015"}
	documentColumn  = Column{Name: "document", Title: "依据文件", Holds: "number of the document that proves it", Example: "嘉环发〔2021〕12号"}
)

// orderColumns are those of the order of a court or a bureau.
var orderColumns = []Column{
	{Name: "issuer", Title: "机关", Holds: "court or bureau", Example: "court"},
	{Name: "issuer_name", Title: "机关名称", Holds: "name of the court or bureau", Example: "嘉善县人民法院"},
	{Name: "order_number", Title: "文书号", Holds: "number of the order", Example: "（2026）浙0421执100号"},
	{Name: "reason", Title: "事由", Holds: "what it is about", Example: "执行"},
	{Name: "starts_on", Title: "起", Holds: "first day", Example: "2026-05-01"},
	{Name: "ends_on", Title: "止", Holds: "last day; empty: until it is released", Example: "2029-04-30", Optional: true},
}

func quantityColumn(title string) Column {
	return Column{Name: "quantity", Title: title, Holds: "t/a, at most 6 decimals", Example: "12.5"}
}

// Sheets are all sheets, in the order in which they are taken.
var Sheets = []Sheet{
	{
		Name: "parties", Title: "企业", About: "who holds licences; one that the registry knows already is left out", read: readParty,
		Columns: []Column{
			usccColumn,
			{Name: "name", Title: "名称", Holds: "name as on the business licence", Example: "嘉善某涂装有限公司"},
			regionColumn,
			{Name: "industry", Title: "行业代码", Holds: "division, group or class of GB/T 4754, 2 to 4 digits", Example: "2319"},
			{Name: "signer_limit", Title: "签批限额", Holds: "CNY over which a signer must confirm; empty: none", Example: "100000", Optional: true},
			{Name: "contact_name", Title: "联系人", Holds: "who speaks for the party, with a telephone; empty: nobody", Example: "王芳", Optional: true},
			{Name: "contact_telephone", Title: "联系电话", Holds: "mobile number, or area code and number, without an extension", Example: "0573-84000000", Optional: true},
		},
	},
	{
		Name: "licences", Title: "排污许可证", About: "the documents that hold the permits, each of a party by the code in its number", read: readLicence,
		Columns: []Column{
			{Name: "number", Title: "编号", Holds: "code of the party, 3 digits and a letter", Example: "91330421MA0000001K001P"},
			{Name: "site", Title: "生产经营场所", Holds: "name of the place of business", Example: "一厂"},
			regionColumn,
			{Name: "valid_from", Title: "有效期自", Holds: "first day", Example: "2026-07-01"},
			{Name: "valid_to", Title: "有效期至", Holds: "last day", Example: "2031-06-30"},
		},
	},
	{
		Name: "caps", Title: "基本账户", About: "one row for each region and pollutant: cap = unallocated + reserve + holdings, those of instalment_sales among them", read: readCap,
		Columns: []Column{
			regionColumn, pollutantColumn,
			{Name: "cap", Title: "总量指标", Holds: "t/a, at most 6 decimals", Example: "1000"},
			{Name: "unallocated", Title: "未分配", Holds: "t/a, what nobody has been given", Example: "887.5"},
			{Name: "reserve", Title: "政府储备", Holds: "t/a, the sum of the lots", Example: "100"},
			documentColumn,
			{Name: "decided_on", Title: "批准日期", Holds: "day of the document", Example: "2021-03-01"},
		},
	},
	{
		Name: "lots", Title: "储备批次", About: "what the reserve consists of", read: readLot,
		Columns: []Column{
			regionColumn, pollutantColumn,
			{
				Name: "provenance", Title: "来源", Example: "opening",
				Holds: "pre_reserved, reclaimed_free, bought_back, government_reduction, unsold_return, swept_idle or opening (the old register does not say)",
			},
			{Name: "acquired_on", Title: "取得日期", Holds: "day on which it came into the reserve", Example: "2021-03-01"},
			quantityColumn("数量"),
			{Name: "price", Title: "单价", Holds: "CNY/(t·a) that was paid; empty: nothing", Example: "4000", Optional: true},
			{Name: "months", Title: "购入剩余月数", Holds: "months of the term that was bought", Example: "60", Optional: true},
			{Name: "cost", Title: "成本", Holds: "CNY of the whole lot; empty: nothing", Example: "2000000", Optional: true},
			documentColumn,
		},
	},
	{
		Name: "holdings", Title: "持有", About: "one row for each acquisition of a licence: where that part of its permits came from; what is not paid in full is in the sheet instalment_sales", read: readHolding,
		Columns: []Column{
			licenceColumn, pollutantColumn, termEndColumn, originColumn, quantityColumn("数量"),
			{Name: "price", Title: "单价", Holds: "CNY/(t·a); empty: not known, which blocks the sale of paid permits, or free", Example: "4000", Optional: true},
			{Name: "acquired_on", Title: "取得日期", Holds: "day of the acquisition", Example: "2021-07-01"},
			documentColumn,
		},
	},
	{
		Name: "deposits", Title: "资金余额", About: "money of parties that lies in the exchange's bank account", read: readDeposit,
		Columns: []Column{
			usccColumn,
			{Name: "amount", Title: "金额", Holds: "CNY, at most 2 decimals", Example: "50000.00"},
			{Name: "bank_reference", Title: "银行流水号", Holds: "the bank's reference, each once", Example: "2026063000012"},
			{Name: "received_on", Title: "到账日期", Holds: "day on which it arrived", Example: "2026-06-30"},
		},
	},
	{
		Name: "pledges", Title: "质押", About: "registered pledges of paid permits; a further pledge of permits that are pledged already has the licence, pollutant, term and quantity of the first, and the next rank", read: readPledge,
		Columns: []Column{
			licenceColumn, pollutantColumn, termEndColumn, quantityColumn("质押数量"),
			{Name: "pledgee", Title: "质权人", Holds: "unified social credit code of the bank, which has no licences", Example: "91330400MA0000009X"},
			{Name: "value", Title: "评估价值", Holds: "CNY, as it was assessed for the pledge", Example: "500000.00"},
			{Name: "loan", Title: "贷款金额", Holds: "CNY that is owed, with the loans of the ranks before at most the value", Example: "300000.00"},
			{Name: "due_on", Title: "贷款到期", Holds: "last day to pay the loan back, within the term", Example: "2028-06-30"},
			documentColumn,
			{Name: "rank", Title: "顺位", Holds: "who is paid first has 1; empty: 1", Example: "1", Optional: true},
		},
	},
	{
		Name: "leases", Title: "租赁", About: "leases of paid permits that have begun; their rent was paid before", read: readLease,
		Columns: []Column{
			licenceColumn, pollutantColumn, termEndColumn, quantityColumn("租赁数量"),
			{Name: "lessee", Title: "承租方许可证", Holds: "number of the lessee's licence, of another party in the same region", Example: "91330421MA0000002T001P"},
			{Name: "price", Title: "租金单价", Holds: "CNY/(t·a)", Example: "1000"},
			{Name: "starts_on", Title: "租期自", Holds: "first day", Example: "2026-01-01"},
			{Name: "months", Title: "租期月数", Holds: "whole months", Example: "24"},
			documentColumn,
		},
	},
	{
		Name: "instalment_sales", Title: "分期出让", About: "primary sales that were delivered and are not paid in full, with their permits, which are not in the sheet holdings: amount = paid + the rows of the sheet instalments", read: readSale,
		Columns: []Column{
			saleColumn, licenceColumn, pollutantColumn, termEndColumn, quantityColumn("出让数量"),
			{Name: "price", Title: "单价", Holds: "CNY/(t·a)", Example: "4000"},
			{Name: "months", Title: "出让月数", Holds: "months of the term that were sold", Example: "60"},
			{Name: "amount", Title: "应缴总额", Holds: "CNY", Example: "250000.00"},
			{Name: "paid", Title: "已缴金额", Holds: "CNY, more than zero", Example: "100000.00"},
			{Name: "paid_on", Title: "最近缴款", Holds: "day of the last payment", Example: "2026-03-31"},
			{Name: "sold_on", Title: "出让日期", Holds: "day of the sale", Example: "2026-03-01"},
			documentColumn,
		},
	},
	{
		Name: "instalments", Title: "未缴分期", About: "instalments of these sales that are not paid, of each sale by their days", read: readInstalment,
		Columns: []Column{
			saleColumn,
			{Name: "amount", Title: "未缴金额", Holds: "CNY", Example: "30000.00"},
			{Name: "due_on", Title: "缴款期限", Holds: "last day to pay", Example: "2026-12-31"},
		},
	},
	{
		Name: "freezes", Title: "查封冻结", About: "orders of courts and bureaus that are in force, on a holding; earlier rows are served first", read: readFreeze,
		Columns: append([]Column{licenceColumn, pollutantColumn, termEndColumn, originColumn, quantityColumn("冻结数量")}, orderColumns...),
	},
	{
		Name: "fund_freezes", Title: "资金冻结", About: "orders of courts and bureaus that are in force, on the deposit of a party; earlier rows are served first", read: readFundFreeze,
		Columns: append([]Column{usccColumn, {Name: "amount", Title: "冻结金额", Holds: "CNY, at most 2 decimals", Example: "50000.00"}}, orderColumns...),
	},
	{
		Name: "budgets", Title: "收储预算", About: "what is left of budgets for buying back", read: readBudget,
		Columns: []Column{
			regionColumn,
			{Name: "fiscal_year", Title: "年度", Holds: "fiscal year", Example: "2026"},
			{Name: "source", Title: "资金来源", Holds: "where the money comes from", Example: "专项资金"},
			{Name: "amount", Title: "余额", Holds: "CNY that is left", Example: "1000000.00"},
			documentColumn,
		},
	},
}

// sheet finds a sheet by its name.
func sheet(name string) *Sheet {
	for i := range Sheets {
		if Sheets[i].Name == name {
			return &Sheets[i]
		}
	}
	return nil
}

// column is the place of a column, or -1.
func (s *Sheet) column(name string) int {
	for i, c := range s.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Documentation is docs/opening-package.md: the sheets and their columns.
func Documentation() string {
	var b strings.Builder
	b.WriteString(`# The opening package

<!-- Made of internal/opening/sheet.go: go test ./internal/opening -run Documented -update -->

A workbook with these sheets (GET /v1/opening-template gives an empty one), or a ZIP archive with a CSV file for each, in UTF-8, such as
` + "`holdings.csv`" + `. The first row of a sheet names its columns, in any order. Sheets without rows may be left out. Days are written
2026-07-01 or are days of the spreadsheet; decimals have a point and no separators.
`)
	for _, s := range Sheets {
		fmt.Fprintf(&b, "\n## %s %s\n\n%s.", s.Name, s.Title, upperFirst(s.About))
		b.WriteString("\n\n| column | 列 | holds | example |\n|---|---|---|---|\n")
		for _, c := range s.Columns {
			name := "`" + c.Name + "`"
			if c.Optional {
				name += " (optional)"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, c.Title, c.Holds, c.Example)
		}
	}
	return b.String()
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
