package dispatch

// inferredCalls is how many calls a run that nobody declared keeps its
// precedence for: a session that lasts all day is not one piece of work.
const inferredCalls = 12
