package prompt

import (
	"github.com/tidwall/gjson"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// Embedding is a request of Titan Text Embeddings V2.
type Embedding struct {
	Text       string
	Dimensions int // 256, 512 or 1,024
	// Types are the encodings asked for, "float" and "binary"; empty means
	// float alone.
	Types []string
}

// Bounds of a Titan embedding, from the model's parameters page.
const (
	embeddingDefault = 1024
	embeddingMax     = 50_000 // characters
)

// TitanEmbedding reads the InvokeModel body of Titan Text Embeddings V2.
func TitanEmbedding(body string) (*Embedding, error) {
	root, ok := object(body)
	if !ok {
		return nil, refusal.Malformed("the body is not a JSON object")
	}
	text := root.Get("inputText")
	if !text.Exists() {
		return nil, refusal.Malformed("#: required key [inputText] not found")
	}
	if text.Type != gjson.String || text.Str == "" || len(text.Str) > embeddingMax {
		return nil, refusal.Malformed("expected minLength: 1 and maxLength: 50000 of inputText")
	}
	e := &Embedding{Text: text.Str, Dimensions: embeddingDefault}
	if d := root.Get("dimensions"); d.Exists() {
		if d.Num != 256 && d.Num != 512 && d.Num != 1024 {
			return nil, refusal.Malformed("dimensions must be 256, 512 or 1024")
		}
		e.Dimensions = int(d.Num)
	}
	for _, t := range root.Get("embeddingTypes").Array() {
		if t.Str != "float" && t.Str != "binary" {
			return nil, refusal.Malformed("embeddingTypes must be float or binary")
		}
		e.Types = append(e.Types, t.Str)
	}
	return e, nil
}
