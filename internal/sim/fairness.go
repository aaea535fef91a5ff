package sim

// mostPairs bounds the tenants whose services are compared pair by pair.
const mostPairs = 64

// fairness follows how much of the quota each tenant gets.
type fairness struct {
	tenants []tenantState
	// since is the difference of the normalised services of a pair when both
	// began to wait, and its extremes while they do.
	pairs   []pair
	n       int
	gap     float64
	largest int64
}

type tenantState struct {
	weight  float64
	waiting int
	served  int64
	left    int64 // what waits when arrivals end
}

type pair struct{ low, high float64 }

func (f *fairness) open(tenants []Tenant) {
	f.n = min(len(tenants), mostPairs)
	f.tenants = make([]tenantState, len(tenants))
	f.pairs = make([]pair, f.n*f.n)
	for i, t := range tenants {
		f.tenants[i].weight = float64(max(1, t.Weight))
	}
}

// waits counts a tenant's waiting calls. Both of a pair must wait for their
// services to be compared, from then on.
func (f *fairness) waits(i, by int) {
	t := &f.tenants[i]
	before := t.waiting
	t.waiting += by
	if before == 0 && t.waiting > 0 && i < f.n {
		for j := range f.n {
			d := f.difference(min(i, j), max(i, j))
			f.pairs[min(i, j)*f.n+max(i, j)] = pair{d, d}
		}
	}
}

func (f *fairness) difference(i, j int) float64 {
	a, b := &f.tenants[i], &f.tenants[j]
	return float64(a.served)/a.weight - float64(b.served)/b.weight
}

func (f *fairness) serves(i int, charge int64) {
	f.tenants[i].served += charge
	f.largest = max(f.largest, charge)
	if i >= f.n || f.tenants[i].waiting == 0 {
		return
	}
	for j := range f.n {
		if j == i || f.tenants[j].waiting == 0 {
			continue
		}
		a, b := min(i, j), max(i, j)
		p, d := &f.pairs[a*f.n+b], f.difference(a, b)
		p.low, p.high = min(p.low, d), max(p.high, d)
		f.gap = max(f.gap, p.high-p.low)
	}
}

// jain is Jain's index of what each tenant got of its weighted max-min share of
// all that was given out.
func (f *fairness) jain() float64 {
	var capacity float64
	demands, weights := make([]float64, len(f.tenants)), make([]float64, len(f.tenants))
	for i, t := range f.tenants {
		capacity += float64(t.served)
		demands[i], weights[i] = float64(t.served+t.left), t.weight
	}
	var parts []float64
	for i, share := range MaxMin(capacity, demands, weights) {
		if share > 0 {
			parts = append(parts, float64(f.tenants[i].served)/share)
		}
	}
	return Jain(parts)
}

// gapInCalls is the largest difference of two waiting tenants' services, ÷
// weight, over any time in which both waited: in largest calls.
func (f *fairness) gapInCalls() float64 {
	if f.largest == 0 {
		return 0
	}
	return f.gap / float64(f.largest)
}

// MaxMin shares a capacity by weighted max-min fairness: nobody gets more than
// it demands, and what is left is shared in proportion to the weights. All three
// are in one unit; weights must be above zero and as many as demands.
func MaxMin(capacity float64, demands, weights []float64) []float64 {
	shares := make([]float64, len(demands))
	open := make([]bool, len(demands))
	for i := range open {
		open[i] = demands[i] > 0
	}
	for {
		var weight float64
		for i := range open {
			if open[i] {
				weight += weights[i]
			}
		}
		if weight == 0 || capacity <= 0 {
			return shares
		}
		level, full := capacity/weight, false
		for i := range open {
			if open[i] && demands[i] <= level*weights[i] {
				shares[i], open[i], full = demands[i], false, true
				capacity -= demands[i]
			}
		}
		if full {
			continue
		}
		for i := range open {
			if open[i] {
				shares[i] = level * weights[i]
			}
		}
		return shares
	}
}

// Jain is Jain's fairness index of some amounts: 1 when all are equal, 1/n when
// one has everything, 1 for none.
func Jain(amounts []float64) float64 {
	var sum, squares float64
	for _, x := range amounts {
		sum += x
		squares += x * x
	}
	if squares == 0 {
		return 1
	}
	return sum * sum / (float64(len(amounts)) * squares)
}
