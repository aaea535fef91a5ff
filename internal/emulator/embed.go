package emulator

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/headgate/headgate/internal/emulator/speech"
)

// titanAnswer is the InvokeModel answer of Titan Text Embeddings V2.
type titanAnswer struct {
	Embedding           []float64      `json:"embedding,omitempty"`
	EmbeddingsByType    map[string]any `json:"embeddingsByType"`
	InputTextTokenCount int64          `json:"inputTextTokenCount"`
}

// embed answers with a vector.
func (c *call) embed(ctx context.Context) error {
	if err := c.pace.wait(ctx, c.fault.delay(), 0); err != nil {
		return nil //nolint:nilerr // the client has left: there is nobody to answer
	}
	v := speech.Embedding(c.vector.Text, c.vector.Dimensions)
	a := titanAnswer{EmbeddingsByType: map[string]any{}, InputTextTokenCount: c.prompt.Tokens}
	types := c.vector.Types
	if len(types) == 0 || slices.Contains(types, "float") {
		a.Embedding, a.EmbeddingsByType["float"] = v, v
	}
	if slices.Contains(types, "binary") {
		signs := make([]int, len(v))
		for i, x := range v {
			if x > 0 {
				signs[i] = 1
			}
		}
		a.EmbeddingsByType["binary"] = signs
	}
	body, err := json.Marshal(a)
	if err != nil {
		return err
	}
	c.settle()
	c.usageHeaders(c.adm.usage, c.pace.elapsed())
	c.respond(body)
	return nil
}
