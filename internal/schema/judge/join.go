package judge

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/fault"
)

// Bounds of what one call asks: of several schemas at once, and of tokens.
const (
	mostPacked   = 4
	mostTogether = 3000
)

// Fits reports whether requests may be joined: at most four, of less than 3,000
// tokens of input together.
func Fits(reqs []Request) bool {
	return len(reqs) <= mostPacked && Join(reqs).Input < mostTogether
}

// Join makes one request of several: of different steps of one schema, or of the same
// of several schemas. The tool's input has a property for each, called after its step
// or, of several schemas, S1, S2 and so on, so that ids of one are not those of
// another. Of one request it is that request.
func Join(reqs []Request) Request {
	if len(reqs) == 1 {
		return reqs[0]
	}
	keys := parts(reqs)
	out := Request{System: preface, Tool: Tool{Name: "answer", Description: "Answer all parts."}}
	var props []property
	var users, steps []string
	said := map[string]bool{}
	for i, r := range reqs {
		if task := strings.TrimPrefix(strings.TrimPrefix(r.System, preface), "\n"); !said[task] {
			said[task] = true
			out.System += "\n" + string(r.Step) + ": " + task
		}
		users = append(users, keys[i]+" ("+string(r.Step)+"):\n"+r.User)
		props = append(props, property{keys[i], string(r.Tool.Schema)})
		for step := range strings.SplitSeq(string(r.Step), "+") {
			if !slices.Contains(steps, step) {
				steps = append(steps, step)
			}
		}
		out.Output += r.Output + 5
	}
	out.User, out.Step = strings.Join(users, "\n"), Step(strings.Join(steps, "+"))
	out.Tool.Schema = json.RawMessage(object(props...))
	return out.measured()
}

// parts are the properties of a joined request's tool: the steps where no two parts
// have one in common.
func parts(reqs []Request) []string {
	out := make([]string, len(reqs))
	said := map[string]bool{}
	for i, r := range reqs {
		out[i] = string(r.Step)
		for step := range strings.SplitSeq(out[i], "+") {
			if said[step] { // they are of several schemas
				for j := range out {
					out[j] = "S" + strconv.Itoa(j+1)
				}
				return out
			}
			said[step] = true
		}
	}
	return out
}

// Split gives the answer of each part of a joined request, in the order of the parts.
// Where one is missing, or not as its own tool's schema wants it, its error says so,
// and the others stand: the bad one can be asked for again alone.
func Split(joined Request, reqs []Request, answer json.RawMessage) ([]json.RawMessage, []error) {
	answers, errs := make([]json.RawMessage, len(reqs)), make([]error, len(reqs))
	if len(reqs) == 1 {
		answers[0], errs[0] = answer, fits(joined.Tool.Schema, answer)
		return answers, errs
	}
	var got map[string]json.RawMessage
	_ = json.Unmarshal(answer, &got) // what is no object has no parts
	for i, key := range parts(reqs) {
		part, ok := got[key]
		if !ok {
			errs[i] = fault.New(fault.Invalid, "the answer has no part %s", key)
			continue
		}
		if errs[i] = fits(reqs[i].Tool.Schema, part); errs[i] == nil {
			answers[i] = part
		}
	}
	return answers, errs
}
