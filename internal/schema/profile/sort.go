package profile

import (
	"cmp"
	"math/bits"
	"slices"
)

// insertion is up to how many records are sorted by inserting.
const insertion = 48

// sortRecords sorts by key, then rest. Keys are hashes, spread evenly: their upper
// bits put each record next to its place, so that little is left to do. scratch is
// memory to work in; what comes back is to be used next time.
func sortRecords(list, scratch []record) []record {
	if len(list) < 4*insertion {
		slices.SortFunc(list, compareRecords)
		return scratch
	}
	if cap(scratch) < len(list) {
		scratch = make([]record, len(list))
	}
	scratch = scratch[:len(list)]
	width := min(bits.Len(uint(len(list)))-4, 14)
	shift := 64 - width
	var ends [1<<14 + 1]int32
	for _, r := range list {
		ends[r.key>>shift+1]++
	}
	for i := 1; i <= 1<<width; i++ {
		ends[i] += ends[i-1]
	}
	for _, r := range list {
		at := r.key >> shift
		scratch[ends[at]] = r
		ends[at]++
	}
	copy(list, scratch)
	from := int32(0)
	for _, end := range ends[:1<<width] {
		sortBucket(list[from:end])
		from = end
	}
	return scratch
}

func sortBucket(list []record) {
	if len(list) > insertion { // many equal keys, or bad luck
		slices.SortFunc(list, compareRecords)
		return
	}
	for i := 1; i < len(list); i++ {
		r := list[i]
		j := i
		for j > 0 && (r.key < list[j-1].key || r.key == list[j-1].key && r.rest < list[j-1].rest) {
			list[j] = list[j-1]
			j--
		}
		list[j] = r
	}
}

func compareRecords(a, b record) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return cmp.Compare(a.rest, b.rest)
}
