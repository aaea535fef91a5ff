package judge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/schema/evidence"
	"github.com/headgate/headgate/internal/schema/verify"
)

// What can be done about a finding.
const (
	opGiveUp = "give_up" // the constraint becomes a suspicion, or is gone
	opWiden  = "widen"   // the column takes larger numbers
	opLeave  = "leave"   // the rules decide
)

// mostFindings is how many are asked about.
const mostFindings = 20

// repair asks what to do about what engines found.
type repair struct{ st *State }

func (r *repair) findings() []verify.Finding {
	return r.st.Findings[:min(len(r.st.Findings), mostFindings)]
}

func (r *repair) ask() (Request, bool) {
	found := r.findings()
	if len(found) == 0 {
		return Request{}, false
	}
	p := prompt{step: Validate, tool: "Mend what does not hold.", output: 40 + 14*len(found)}
	p.task = "Each E is what an engine found wrong. op: give_up drops the constraint (of a type: makes the column a text); widen takes larger numbers; leave lets the rules decide."
	ids := make([]string, len(found))
	for i, f := range found {
		ids[i] = "E" + strconv.Itoa(i+1)
		line := fmt.Sprintf("%s %s %s.%s", ids[i], name(string(f.Constraint)), name(f.Table), names(f.Columns, 4))
		if f.RefTable != "" {
			line += ">" + name(f.RefTable)
		}
		if f.Rows > 0 {
			line += fmt.Sprintf(" rows=%d", f.Rows)
		}
		p.lines = append(p.lines, line)
	}
	p.props = []property{{"fixes", list(object(property{"id", oneOf(ids...)}, property{"op", oneOf(opGiveUp, opWiden, opLeave)}))}}
	return p.request(), true
}

// fixed is the answer.
type fixed struct {
	Fixes []struct {
		ID string `json:"id"`
		Op string `json:"op"`
	} `json:"fixes"`
}

func (r *repair) merge(answer json.RawMessage, m *merger) error {
	var got fixed
	if err := decode(answer, &got); err != nil {
		return err
	}
	found := r.findings()
	seen := once{}
	for _, a := range got.Fixes {
		n, err := strconv.Atoi(strings.TrimPrefix(a.ID, "E"))
		if err != nil || n < 1 || n > len(found) || "E"+strconv.Itoa(n) != a.ID || !seen.first(a.ID) {
			m.refused(a.ID, "fix", a.Op, "there is no such id, or it came before")
			continue
		}
		r.fix(a.ID, a.Op, found[n-1], m)
	}
	return nil
}

func (r *repair) fix(id, op string, f verify.Finding, m *merger) {
	switch op {
	case opLeave:
	case opGiveUp:
		did, ok := verify.GiveUp(r.st.Schema, f)
		if !ok {
			m.refused(id, "fix", op, "there is no such constraint any more")
			return
		}
		m.did(id, "fix", op, did)
	case opWiden:
		if !r.widen(f) {
			m.refused(id, "fix", op, "it is no number that can be larger")
			return
		}
		m.did(id, "fix", op, "larger numbers")
	default:
		m.refused(id, "fix", op, "there is no such way")
	}
}

// widen makes integers of a type's finding larger; false where nothing can be.
func (r *repair) widen(f verify.Finding) bool {
	t := r.st.Schema.Table(f.Table)
	if t == nil || f.Constraint != verify.TypeOf {
		return false
	}
	changed := false
	for i := range t.Columns {
		c := &t.Columns[i]
		if slices.Contains(f.Columns, c.Name) && c.Type.Kind == string(evidence.TypeInteger) && c.Type.Bytes < 8 {
			c.Type.Bytes, changed = 8, true
		}
	}
	return changed
}
