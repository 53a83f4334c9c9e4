package catalog

import "testing"

// However a telephone is written, it has one form; what nobody can dial has none.
func TestParseTelephone(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"13800001234":          "+8613800001234",
		"138 0000 1234":        "+8613800001234",
		"+86 138-0000-1234":    "+8613800001234",
		"008613800001234":      "+8613800001234",
		"0573-84123456":        "+8657384123456",
		"（0573）84123456":       "+8657384123456",
		"+86 573 8412 3456":    "+8657384123456",
		"+86 (0573) 8412 3456": "+8657384123456",
		"021-61234567":         "+862161234567",
		"+86 21 6123 4567":     "+862161234567",
		"0310-3123456":         "+863103123456",
		"400-820-1234":         "+864008201234",
		"+86 400 820 1234":     "+864008201234",
		"+852 2123 4567":       "+85221234567",
		"+1 212 555 0100":      "+12125550100",
		"":                     "",
		"+":                    "",
		"84123456":             "", // whose area code nobody knows
		"12800001234":          "",
		"1380000123":           "",
		"0573-84123456-801":    "",
		"0573-84123456转801":    "",
		"+86":                  "",
		"+86 84123456":         "",
		"+0573 84123456":       "",
		"+1 23456":             "",
		"+1234567890123456":    "",
		"++8613800001234":      "",
		"+008613800001234":     "",
		"１３８００００１２３４":          "",
	} {
		got, err := ParseTelephone("telephone", written)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v, want %q", written, got, err, want)
		}
		if again, err := ParseTelephone("telephone", got); want != "" && (err != nil || again != want) {
			t.Errorf("%q again: %q, %v", want, again, err)
		}
	}
}

// A contact has a name and a telephone.
func TestNewContact(t *testing.T) {
	t.Parallel()
	if c, err := NewContact("王芳", "138 0000 1234"); err != nil || c.Name != "王芳" || c.Telephone != "+8613800001234" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, wrong := range [][2]string{{"", "13800001234"}, {"王芳", ""}, {" 王芳", "13800001234"}} {
		if c, err := NewContact(wrong[0], wrong[1]); err == nil {
			t.Errorf("%q is %+v", wrong, c)
		}
	}
}
