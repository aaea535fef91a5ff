package config

// Nearest is the candidate that name is probably a misspelling of, or empty.
func Nearest(name string, candidates []string) string {
	best, least := "", len(name)/3+1
	for _, candidate := range candidates {
		if d := distance(name, candidate); d <= least && (best == "" || d < least) {
			best, least = candidate, d
		}
	}
	return best
}

// distance is the Levenshtein distance of a and b in bytes. Names longer than
// any key are simply far.
func distance(a, b string) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
