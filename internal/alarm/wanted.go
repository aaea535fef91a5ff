package alarm

import (
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Wanted says which alarms are wanted.
type Wanted struct {
	// Models are the ids that are called, those of one pool summed; none: the profiles
	// of every pool that is known.
	Models []string
	// PerMinute and PerDay are the applied quotas of Models; both 0: what is known.
	PerMinute, PerDay int64
	// Latency and FirstToken are 99th percentiles to alarm at, above 0.
	Latency, FirstToken time.Duration
	// Others is the percentage of the tokens per minute that others may use; 0: any.
	Others float64
	// Own are those of Models that Headgate alone calls.
	Own []string
	// Account is twelve digits, for headers; may be empty. Region is where.
	Account llm.AccountID
	Region  llm.Region
	// Topic is the ARN of the SNS topic that is told; empty: nobody is.
	Topic string
	Tags  map[string]string // put on every alarm
	// Published says that Headgate publishes what it uses.
	Published bool
	// Spelled is how the asker writes the name of a parameter; nil: so.
	Spelled func(parameter string) string
}

func (w *Wanted) spell(parameter string) string {
	if w.Spelled == nil {
		return parameter
	}
	return w.Spelled(parameter)
}

// Check finds what is wrong with it by itself.
func (w *Wanted) Check() error {
	wrong := func(cure, format string, args ...any) error {
		err := fault.New(fault.Invalid, format, args...)
		if cure == "" {
			return err
		}
		return fault.WithCure(err, "%s", cure)
	}
	switch {
	case w.Others < 0 || w.Others > 100:
		return wrong("", "%s must be from 0 to 100 per cent", w.spell("others"))
	case w.PerMinute < 0 || w.PerDay < 0 || w.Latency <= 0 || w.FirstToken <= 0:
		return wrong("", "quotas and durations must be above zero")
	case (w.PerMinute > 0 || w.PerDay > 0) && len(w.Models) == 0:
		return wrong("for example "+w.spell("model")+" us.anthropic.claude-sonnet-4-6", "a quota needs %s, whose it is", w.spell("model"))
	case w.Topic != "" && !regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+(\.fifo)?$`).MatchString(w.Topic):
		return wrong("for example arn:aws:sns:us-east-1:123456789012:alerts", "%s must be the ARN of an SNS topic, not %q", w.spell("topic"), w.Topic)
	case w.Account != "" && !regexp.MustCompile(`^\d{12}$`).MatchString(string(w.Account)):
		return wrong("", "%s must have twelve digits, not %q", w.spell("account"), w.Account)
	}
	for _, id := range w.Own {
		if !slices.Contains(w.Models, id) {
			return wrong("", "%s %s must be one of %s", w.spell("own"), id, w.spell("model"))
		}
	}
	return nil
}

// Input is what is wanted as alarms are planned from it, with the pools of its models
// and the quotas that it states. What is known besides is still to be added.
func (w *Wanted) Input(c *catalog.Catalog) (Input, error) {
	in := Input{
		Account: w.Account, Region: w.Region, Topic: w.Topic, Tags: map[string]string{TagKey: TagValue}, Others: w.Others, Published: w.Published,
		Latency: float64(w.Latency.Milliseconds()), FirstToken: float64(w.FirstToken.Milliseconds()),
	}
	maps.Copy(in.Tags, w.Tags)
	for _, id := range w.Models {
		t, err := c.Resolve(id, w.Region)
		if err != nil {
			return in, fault.WithCure(err, "`headgate model list` shows the models that there are")
		}
		pool := t.Pool(w.Account)
		i := slices.IndexFunc(in.Targets, func(t Target) bool { return t.Pool == pool })
		if i < 0 {
			i = len(in.Targets)
			in.Targets = append(in.Targets, Target{Pool: pool, TokensPerMinute: w.PerMinute, TokensPerDay: w.PerDay})
		}
		in.Targets[i].Profiles = append(in.Targets[i].Profiles, id)
		if slices.Contains(w.Own, id) {
			in.Targets[i].Own = append(in.Targets[i].Own, id)
		}
	}
	for _, t := range in.Targets {
		if most := MostMetrics - 1; len(t.Profiles) > most {
			return in, fault.New(fault.Invalid, "%d ids of one pool are more than an alarm can sum up: at most %d", len(t.Profiles), most)
		}
	}
	return in, nil
}

// Row is an alarm that is there, as it is shown.
type Row struct {
	Name   string            `json:"name"`
	State  State             `json:"state"`
	Since  *time.Time        `json:"since"`
	Reason string            `json:"reason"`
	Why    string            `json:"why"`
	ARN    string            `json:"arn"`
	Tells  []string          `json:"tells"`
	Muted  bool              `json:"muted"`
	Tags   map[string]string `json:"tags"` // null: not known
}

// Rows shows alarms, in their order.
func Rows(found []Found) []Row {
	rows := []Row{}
	for i := range found {
		f := &found[i]
		row := Row{Name: f.Name, State: f.State, Reason: f.Reason, Why: f.Why, ARN: f.ARN, Tells: append([]string{}, f.Actions...), Muted: f.Muted, Tags: f.Tags}
		if !f.Since.IsZero() {
			row.Since = &f.Since
		}
		rows = append(rows, row)
	}
	return rows
}
