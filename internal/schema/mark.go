package schema

// Provenance is where an element of a schema is from.
type Provenance string

// The provenances. An answer of a model is "llm:" and the step's name.
const (
	FromData        Provenance = "data"        // measured
	FromRule        Provenance = "rule"        // by convention
	FromUser        Provenance = "user"        // said on the command line
	FromDescription Provenance = "description" // read from the user's text by rule
	FromScript      Provenance = "scripted"    // an emulator's script said so
)

// FromModel is the provenance of what a step's answer decided.
func FromModel(step string) Provenance { return Provenance("llm:" + step) }

// Mark is where an element is from, how sure that is, and why.
type Mark struct {
	Provenance Provenance `json:"provenance"`
	// Confidence is between 0 and 1: the share of such elements that turn out
	// right, as far as was measured.
	Confidence float64 `json:"confidence"`
	// Evidence are ids of what speaks for it.
	Evidence []string `json:"evidence,omitempty"`
	Why      string   `json:"why,omitempty"` // one sentence, for what is suspected or changed
}
