package price

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// The models that are taken for each other.
const (
	haiku3  llm.ModelID = "anthropic.claude-3-haiku-20240307-v1:0"
	haiku45 llm.ModelID = "anthropic.claude-haiku-4-5-20251001-v1:0"
)

// Mistaken is the sentence about a price that is often given for a model and is
// another's; "" for a model of which none is.
func Mistaken(c *catalog.Catalog, model llm.ModelID) string {
	if model != haiku45 {
		return ""
	}
	older, ok := c.Price(haiku3, llm.PathOnDemand)
	global, also := c.Price(model, llm.PathGlobal)
	geo, too := c.Price(model, llm.PathGeo)
	if !ok || !also || !too {
		return ""
	}
	return fmt.Sprintf("%s per million tokens of input and output are often given for %s: they are the prices of %s; it costs %s global, %s geo",
		pair(older), c.Assume(model).Name, c.Assume(haiku3).Name, pair(global), pair(geo))
}

// pair is what input and output cost.
func pair(p catalog.Price) string { return "$" + rate(p.Input) + " and $" + rate(p.Output) }

// rate is nano-USD per token as USD per million tokens, in cents or, where that
// is not all, in tenths of them.
func rate(nano int64) string {
	text := strconv.FormatInt(nano/1000, 10) + fmt.Sprintf(".%03d", nano%1000)
	return strings.TrimSuffix(text, "0")
}
