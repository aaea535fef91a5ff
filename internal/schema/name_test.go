package schema_test

import (
	"strings"
	"testing"

	"github.com/headgate/headgate/internal/schema"
)

func TestIdentifier(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"OrderID": "order_id", "Order ID": "order_id", "order-id": "order_id", "ORDER_ID": "order_id", " order.id ": "order_id",
		"EmployeeIDs": "employee_ids", "HTTPServer": "http_server", "customerId2": "customer_id2", "2nd": "n_2nd", "Größe": "grosse",
		"prénom": "prenom", "Order #": "order", "": "", "日本": "", "a__b": "a_b", "__a__": "a", "Customer's name": "customers_name",
		"Robert'); DROP TABLE students;--": "robert_drop_table_students", "InvoiceLine": "invoice_line", "ISO3166": "iso3166",
	} {
		if got := schema.Identifier(text); got != want {
			t.Errorf("Identifier(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestLongNamesStayApart(t *testing.T) {
	t.Parallel()
	a, b := schema.Identifier(strings.Repeat("x", 80)+"a"), schema.Identifier(strings.Repeat("x", 80)+"b")
	if a == b || len(a) > schema.MaxName || len(b) > schema.MaxName {
		t.Errorf("%q and %q are one name, or too long", a, b)
	}
	var n schema.Names
	long := strings.Repeat("y", 63)
	first, second := n.Take(long, "c"), n.Take(long, "c")
	if first == second || len(second) > schema.MaxName {
		t.Errorf("the same name was given out twice: %q, %q", first, second)
	}
	if got := n.Take("!!", "col_7"); got != "col_7" {
		t.Errorf("a name without letters is %q, want its fallback", got)
	}
}

func FuzzIdentifier(f *testing.F) {
	for _, s := range []string{"OrderID", "", "日本 x", "#", strings.Repeat("aB", 99), "a\x00b", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := schema.Identifier(s)
		if len(name) > schema.MaxName {
			t.Fatalf("%q is too long", name)
		}
		for i, r := range name {
			if letter := r >= 'a' && r <= 'z'; !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
				t.Fatalf("Identifier(%q) = %q has %q at %d", s, name, r, i)
			}
		}
		if again := schema.Identifier(name); again != name {
			t.Fatalf("Identifier(%q) = %q, and of that %q", s, name, again)
		}
	})
}
