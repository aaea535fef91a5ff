package agent

import (
	"fmt"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/schema"
)

// markdown is the report for people.
func (p *Report) markdown(s *schema.Schema) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", s.Name, s.Judgement())
	if s.Domain != "" {
		fmt.Fprintf(&b, "%s\n\n", cell(s.Domain))
	}
	fmt.Fprintf(&b, "%d tables, %d columns, %d references, %d more suspected; %d rows read from %d files in %s.\n\n![diagram](er.svg)\n\n",
		p.Tables, p.Columns, p.References, p.Suspected, p.Rows, len(p.Inputs), short(p.Totals.Took))
	p.verified(&b)
	b.WriteString("## Tables\n\n| table | role | rows from | key | sure | refers to |\n|---|---|---|---|---|---|\n")
	for i := range s.Tables {
		t := &s.Tables[i]
		key, sureness := "none", ""
		if t.PrimaryKey != nil {
			key, sureness = strings.Join(t.PrimaryKey.Columns, ", "), percent(t.PrimaryKey.Mark.Confidence)
		}
		var to []string
		for _, f := range t.ForeignKeys {
			to = append(to, fmt.Sprintf("%s (%s, %s)", f.RefTable, strings.Join(f.Columns, ", "), percent(f.Mark.Confidence)))
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", t.Name, t.Role, dash(t.From.Table), key, sureness, dash(strings.Join(to, "; ")))
	}
	p.doubts(&b, s)
	p.called(&b)
	p.remarks(&b, s)
	return []byte(b.String())
}

func (p *Report) verified(b *strings.Builder) {
	b.WriteString("## Verified\n\n")
	for i := range p.Verification {
		fmt.Fprintf(b, "- %s: %s\n", p.Verification[i].Dialect, p.Verification[i].Summary())
		for _, proof := range p.Verification[i].Proofs {
			fmt.Fprintf(b, "- %s was split into %s; joined again, %d rows are missing and %d are new\n", proof.Original, strings.Join(proof.Parts, ", "), proof.Lost, proof.Added)
		}
	}
	for _, c := range p.GivenUp {
		fmt.Fprintf(b, "- given up: %s of %s.%s: %s (%s)\n", c.Constraint, c.Table, strings.Join(c.Columns, ", "), c.Did, cell(c.Message))
	}
	b.WriteString("\n")
}

func (p *Report) doubts(b *strings.Builder, s *schema.Schema) {
	if len(s.Suspected) > 0 {
		b.WriteString("\n## Suspected, not constrained\n\n| from | to | sure | why |\n|---|---|---|---|\n")
		for _, f := range s.Suspected {
			fmt.Fprintf(b, "| %s.%s | %s.%s | %s | %s |\n", f.Table, strings.Join(f.Columns, ", "), f.RefTable, strings.Join(f.RefColumns, ", "), percent(f.Mark.Confidence), dash(cell(f.Mark.Why)))
		}
	}
	if len(s.Questions) > 0 {
		b.WriteString("\n## Questions\n\n")
		for _, q := range s.Questions {
			fmt.Fprintf(b, "- %s\n", cell(q))
		}
	}
}

func (p *Report) called(b *strings.Builder) {
	if len(p.Calls) == 0 {
		return
	}
	b.WriteString("\n## Calls\n\n| step | tokens in | out | waited | took | served by | merged |\n|---|---|---|---|---|---|---|\n")
	for _, c := range p.Calls {
		merged := "yes"
		if !c.Merged {
			merged = "no: " + cell(c.Why)
		}
		if c.Reused {
			merged += " (from the run before)"
		}
		step := string(c.Step)
		if c.Follows {
			step += " (in the same call)"
		} else if c.Together > 1 {
			step += fmt.Sprintf(" (%d questions in the call)", c.Together)
		}
		u := c.Answer.Usage
		fmt.Fprintf(b, "| %s | %d | %d | %s | %s | %s | %s |\n", step, u.Input+u.CacheRead+u.CacheWrite, u.Output, short(c.Answer.Waited), short(c.Answer.Took), dash(c.Answer.Pool), merged)
	}
	fmt.Fprintf(b, "\n%d calls, %d tokens in, %d out, waited %s", p.Totals.Calls, p.Totals.InputTokens, p.Totals.OutputTokens, short(p.Totals.Waited))
	if p.Totals.CostNano != nil {
		fmt.Fprintf(b, ", $%d.%06d", *p.Totals.CostNano/1e9, *p.Totals.CostNano%1e9/1e3)
	}
	b.WriteString(".\n")
	if len(p.Judgements) > 0 {
		b.WriteString("\n### What answers changed\n\n| step | about | what | from | to | refused |\n|---|---|---|---|---|---|\n")
		for _, c := range p.Judgements {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", c.Step, c.About, c.What, dash(cell(c.From)), dash(cell(c.To)), dash(cell(c.Refused)))
		}
	}
}

func (p *Report) remarks(b *strings.Builder, s *schema.Schema) {
	if len(p.Notes)+len(s.Notes)+len(p.Skipped) == 0 {
		return
	}
	b.WriteString("\n## Notes\n\n")
	for _, k := range p.Skipped {
		fmt.Fprintf(b, "- %s was not read: %s\n", cell(k.Source), cell(k.Reason))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(b, "- %s: %s\n", cell(n.About), cell(n.Text))
	}
	for _, n := range s.Notes {
		fmt.Fprintf(b, "- %s: %s\n", cell(n.About), cell(n.Text))
	}
}

// cell is a text that cannot break out of its place in Markdown.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;", "`", "'", "[", `\[`).Replace(text)
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func percent(v float64) string { return fmt.Sprintf("%.0f %%", v*100) }

// short is a duration in two figures or so.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(100 * time.Millisecond).String()
}
