package top

import "strings"

// modelName is a model's id without its geography, provider and date, and without
// its version where that is the first: claude-haiku-4-5 for
// us.anthropic.claude-haiku-4-5-20251001-v1:0.
func modelName(id string) string {
	if strings.HasPrefix(id, "arn:") {
		id = id[strings.LastIndexByte(id, '/')+1:]
	}
	name := id
	for {
		owner, rest, more := strings.Cut(name, ".")
		if !more || strings.Trim(owner, "abcdefghijklmnopqrstuvwxyz-") != "" || strings.Count(owner, "-") > 1 || len(rest) < 5 {
			break // a dot of the name itself, or what is left says too little
		}
		name = rest
	}
	name = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "-1:0"), ":0"), "-v1")
	if at := strings.LastIndex(name, "-20"); at > 0 && len(name) >= at+9 && strings.Trim(name[at+1:at+9], "0123456789") == "" {
		name = name[:at] + name[at+9:]
	}
	return name
}
