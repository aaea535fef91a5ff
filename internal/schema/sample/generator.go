package sample

import (
	"math"
	"time"
)

// size is how many rows the tables have; of order lines it is the number of orders.
type size struct{ suppliers, customers, parts, orders int64 }

func sizeOf(scale float64) size {
	n := func(full float64, least int64) int64 { return max(least, int64(math.Round(full*scale))) }
	return size{suppliers: n(10_000, 8), customers: n(150_000, 15), parts: n(200_000, 20), orders: n(1_500_000, 150)}
}

const (
	regionCount      = 5
	nationCount      = 25
	suppliersPerPart = 4
	maxLines         = 7
)

// generator writes the rows of one table. Every cell is a function of the seed, the
// table, the row and the column, so that tables agree with each other.
type generator struct {
	out  *writer
	seed uint64
	size size
}

// of is a random number for a cell: of a purpose and a row.
func (g *generator) of(purpose string, row int64) uint64 {
	h := g.seed ^ 14695981039346656037
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	h += uint64(row) * 0x9E3779B97F4A7C15 //nolint:gosec // not negative
	h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
	h = (h ^ h>>27) * 0x94D049BB133111EB
	return h ^ h>>31
}

// below is a random number from 0 to n-1.
func (g *generator) below(n int64, purpose string, row int64) int64 {
	return int64(g.of(purpose, row) % uint64(n)) //nolint:gosec // n is positive and small
}

func (g *generator) pick(from []string, purpose string, row int64) string {
	return from[g.below(int64(len(from)), purpose, row)]
}

func (g *generator) write(t Table) error {
	for _, c := range t.Columns {
		g.out.text(c.Name)
	}
	g.out.end()
	switch t.Name {
	case "regions":
		g.each(regionCount, func(i int64) { g.out.text([]string{"Africa", "America", "Asia", "Europe", "Oceania"}[i-1]) })
	case "nations":
		g.each(nationCount, func(i int64) {
			g.out.text(nations()[i-1])
			g.out.number((i-1)%regionCount + 1)
		})
	case "suppliers":
		g.each(g.size.suppliers, func(i int64) {
			g.out.numbered("Supplier ", i)
			nation := g.below(nationCount, "supplier nation", i) + 1
			g.out.number(nation)
			g.out.phone(nation+10, g.of("phone", i))
			g.out.cents(g.below(1_100_000, "supplier balance", i) - 99_999)
		})
	case "customers":
		g.each(g.size.customers, func(i int64) {
			g.out.numbered("Customer ", i)
			g.out.number(g.below(nationCount, "customer nation", i) + 1)
			g.out.text(g.pick([]string{"automobile", "building", "furniture", "household", "machinery"}, "segment", i))
			g.out.cents(g.below(1_100_000, "customer balance", i) - 99_999)
		})
	case "parts":
		g.each(g.size.parts, func(i int64) {
			g.out.text(g.pick(colours(), "colour", i) + " " + g.pick(colours(), "second colour", i))
			g.out.numbered("Brand", g.below(25, "brand", i)+1)
			g.out.number(g.below(50, "size", i) + 1)
			g.out.cents(90_000 + i/10%20_001 + 100*(i%1000))
		})
	case "part_suppliers":
		g.partSuppliers()
	case "orders":
		g.orders()
	case "order_lines":
		g.lines()
	}
	return g.out.flush()
}

// each writes rows that begin with their number.
func (g *generator) each(n int64, row func(i int64)) {
	for i := int64(1); i <= n; i++ {
		g.out.number(i)
		row(i)
		g.out.end()
	}
}

// supplier is the k-th of the suppliers of a part: four different ones.
func (g *generator) supplier(part, k int64) int64 {
	return (part+k*(g.size.suppliers/suppliersPerPart))%g.size.suppliers + 1
}

func (g *generator) partSuppliers() {
	for part := int64(1); part <= g.size.parts; part++ {
		for k := range int64(suppliersPerPart) {
			g.out.number(part)
			g.out.number(g.supplier(part, k))
			g.out.number(g.below(9999, "available", part*4+k) + 1)
			g.out.cents(g.below(99_900, "cost", part*4+k) + 100)
			g.out.end()
		}
	}
}

func (g *generator) orders() {
	priorities := []string{"1-urgent", "2-high", "3-medium", "4-not specified", "5-low"}
	g.each(g.size.orders, func(i int64) {
		g.out.number(g.below(g.size.customers, "customer", i) + 1)
		g.out.text([]string{"F", "O", "P"}[g.below(3, "status", i)])
		g.out.date(g.orderedOn(i))
		g.out.text(g.pick(priorities, "priority", i))
		if g.below(10, "delivered elsewhere", i) == 0 {
			g.out.number(g.below(nationCount, "delivery nation", i) + 1)
		} else {
			g.out.null()
		}
	})
}

// orderedOn counts days from 1 January 1992.
func (g *generator) orderedOn(order int64) int64 { return g.below(2405, "ordered on", order) }

func (g *generator) lines() {
	for order := int64(1); order <= g.size.orders; order++ {
		for line := range g.below(maxLines, "lines", order) + 1 {
			row := order*8 + line
			part := g.below(g.size.parts, "part", row) + 1
			quantity := g.below(50, "quantity", row) + 1
			g.out.number(order)
			g.out.number(line + 1)
			g.out.number(part)
			g.out.number(g.supplier(part, g.below(suppliersPerPart, "supplier", row)))
			g.out.number(quantity)
			g.out.cents(quantity * (90_000 + part/10%20_001 + 100*(part%1000)))
			g.out.cents(g.below(11, "discount", row))
			g.out.text([]string{"A", "N", "R"}[g.below(3, "returned", row)])
			if g.below(20, "open", row) == 0 {
				g.out.null()
			} else {
				g.out.date(g.orderedOn(order) + g.below(121, "shipped", row) + 1)
			}
			g.out.text(g.pick(colours(), "a", row) + " " + g.pick(verbs(), "b", row) + " " + g.pick(colours(), "c", row) + " " + g.pick(verbs(), "d", row))
			g.out.end()
		}
	}
}

func dateOf(day int64) time.Time { return time.Date(1992, 1, 1+int(day), 0, 0, 0, 0, time.UTC) }
