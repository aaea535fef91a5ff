package account

import (
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// name is what the name of a quota says when it has the pattern of a model's limit.
type name struct {
	path    llm.Path
	kind    catalog.QuotaKind
	label   string // never empty
	variant string
}

// longContext ends the label of the rows for calls with the long context window.
const longContext = " 1m context length"

// parseName reads names such as "Cross-region model inference tokens per minute
// for Anthropic Claude Sonnet 4.5 V1 1M Context Length". AWS's spelling of upper
// and lower case is not consistent, so it does not count.
func parseName(text string) (name, bool) {
	head, label, found := strings.Cut(strings.ToLower(text), " for ")
	label = strings.TrimSpace(label)
	if !found || label == "" {
		return name{}, false
	}
	var n name
	switch head {
	case "[bedrock-mantle endpoint] input tokens per minute":
		n.path, n.kind = llm.PathMantle, catalog.InputTokensPerMinute
	case "[bedrock-mantle endpoint] output tokens per minute":
		n.path, n.kind = llm.PathMantle, catalog.OutputTokensPerMinute
	default:
		way, unit, ok := strings.Cut(head, " model inference ")
		if !ok {
			return name{}, false
		}
		n.path, n.kind = pathOf(way), kindOf(unit)
	}
	if n.path == "" || n.kind == "" {
		return name{}, false
	}
	n.label = label
	if rest, ok := strings.CutSuffix(label, longContext); ok {
		n.label, n.variant = rest, "1m"
	}
	return n, n.label != ""
}

func pathOf(way string) llm.Path {
	switch way {
	case "on-demand":
		return llm.PathOnDemand
	case "cross-region":
		return llm.PathGeo
	case "global cross-region":
		return llm.PathGlobal
	}
	return ""
}

func kindOf(unit string) catalog.QuotaKind {
	switch unit {
	case "requests per minute":
		return catalog.RequestsPerMinute
	case "tokens per minute":
		return catalog.TokensPerMinute
	case "tokens per day":
		return catalog.TokensPerDay
	}
	return ""
}

// plain is a label in the letters a–z and digits, without the version V1, which
// AWS writes on some rows of a model and not on others.
func plain(label string) string {
	label = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(label)), " v1")
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, label)
}
