package sample

func nations() []string {
	return []string{
		"Algeria", "Argentina", "Brazil", "Canada", "Egypt", "Ethiopia", "France", "Germany", "India", "Indonesia", "Iran", "Iraq", "Japan",
		"Jordan", "Kenya", "Morocco", "Mozambique", "Peru", "China", "Romania", "Saudi Arabia", "Vietnam", "Russia", "United Kingdom", "United States",
	}
}

func colours() []string {
	return []string{
		"almond", "aquamarine", "azure", "beige", "black", "blue", "brown", "burgundy", "chartreuse", "chocolate", "coral", "cream", "cyan",
		"firebrick", "forest", "ghost", "goldenrod", "green", "honeydew", "indigo", "ivory", "khaki", "lace", "lavender", "lemon", "linen",
		"magenta", "maroon", "midnight", "mint", "navy", "olive", "orange", "orchid", "pale", "peach", "plum", "powder", "purple", "red",
	}
}

func verbs() []string {
	return []string{
		"arrives", "awaits", "bends", "calls", "carries", "doubts", "drifts", "ends", "falls", "gathers", "haggles", "holds", "integrates",
		"kindles", "lifts", "marks", "nods", "opens", "packs", "rests", "sleeps", "sorts", "turns", "unwinds", "wakes", "works",
	}
}
