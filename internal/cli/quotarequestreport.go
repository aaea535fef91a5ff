package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/filing"
	"github.com/headgate/headgate/internal/increase"
	"github.com/headgate/headgate/internal/llm"
)

// refusalOf is the first reason why the ask is refused, as an error.
func refusalOf(i *filing.Item) error {
	r := i.Refusals[0]
	switch r.Reason {
	case increase.InvalidValue:
		return usageError(r.Cure, "%s", r.Text)
	case increase.UnknownCode:
		return withHint(fault.New(fault.NotFound, "%s", r.Text), "%s", r.Cure)
	case increase.NotAdjustable, increase.AlreadyOpen, increase.TooManyOpen, increase.NotMore, increase.BelowDefault, increase.NotAboveUsual:
	}
	return withHint(errors.New(r.Text), "%s", r.Cure)
}

// requestTexts are what is for AWS, one below the other. The case of one quota asks for the
// others of its pool as well.
func requestTexts(r *filing.Report) string {
	var parts []string
	asked := map[llm.Pool]bool{}
	for _, i := range r.Requests {
		switch {
		case i.Justification != nil:
			parts = append(parts, *i.Justification)
		case i.SupportCase != nil && !asked[i.Pool]:
			asked[i.Pool] = i.Pool.Model != ""
			var b strings.Builder
			b.WriteString("# AWS Support case\n\n")
			for n, step := range i.SupportCase.Open {
				fmt.Fprintf(&b, "%d. %s\n", n+1, step)
			}
			fmt.Fprintf(&b, "\n## Subject\n\n%s\n\n## Text\n\n%s", i.SupportCase.Subject, i.SupportCase.Body)
			parts = append(parts, b.String())
		}
	}
	return strings.Join(parts, "\n---\n\n")
}

// print writes the report, and the text for AWS to a file where one is named.
func (o *requestFlags) print(a *app, out *output, r filing.Report) error {
	texts := requestTexts(&r)
	if o.file != "" && texts != "" {
		if err := writeFile(o.file, texts); err != nil {
			return err
		}
		fmt.Fprintf(a.err, "headgate: the text for AWS is in %s\n", o.file)
	}
	for _, i := range r.Requests {
		if !i.Complete && (i.Justification != nil || i.SupportCase != nil) {
			a.warn("the text for AWS has gaps: give --use-case, and state the workload (such as --preset production) where nothing was measured")
			break
		}
	}
	if o.dry {
		fmt.Fprintln(a.err, "headgate: dry run: nothing was asked of AWS")
	}
	return out.print(a, r, func(s *screen) {
		for n, i := range r.Requests {
			if len(i.Refusals) > 0 && i.Refusals[0].Reason == increase.UnknownCode {
				continue // there is nothing to show
			}
			if n > 0 {
				s.line("")
			}
			requestFields(s, r, i)
		}
		if o.file == "" && texts != "" {
			s.line("\n%s", strings.TrimRight(texts, "\n"))
		}
	})
}

// requestFields shows one ask, and the action that it takes.
func requestFields(s *screen, r filing.Report, i filing.Item) {
	open, measured, gives := "none", "nothing", "-"
	if i.Open != nil {
		open = fmt.Sprintf("%s for %s, %s", i.Open.ID, figure(&i.Open.Desired), i.Open.Status)
	}
	if u := i.Evidence; u != nil {
		measured = fmt.Sprintf("%s since %s; a minute %s requests and %s tokens in the median, %s and %s at the peak", count(int(u.Calls), "call"), zoned(u.Since),
			figure(&u.Requests.Median), figure(&u.Tokens.Median), figure(&u.Requests.Peak), figure(&u.Tokens.Peak))
	}
	if g := i.Gives; g != nil {
		gives = fmt.Sprintf("%s calls a %s, now %s; then %s binds", several(g.After), g.Per, several(g.Before), g.Binds)
	}
	fields := [][2]string{
		{"quota", strings.TrimRight(i.Code+"  "+i.Name, " ")},
		{"account", dash(string(r.Account)) + " in " + string(r.Region)},
		{"current", figure(i.Current)},
		{"default", figure(i.Default)},
		{"asked", figure(&i.Desired)},
		{"open request", open},
		{"measured", measured},
		{"gives", gives},
		{"action", fmt.Sprintf("servicequotas:RequestServiceQuotaIncrease bedrock %s %s", i.Code, increase.Number(i.Desired))},
	}
	if i.Why != "" {
		fields = append(fields, [2]string{"why", i.Why})
	}
	reasons := make([]string, len(i.Refusals))
	for n, x := range i.Refusals {
		reasons[n] = strings.ReplaceAll(string(x.Reason), "_", " ")
	}
	if len(reasons) > 0 {
		fields = append(fields, [2]string{"refused", strings.Join(reasons, ", ")})
	}
	s.fields(fields...)
}

// several writes how many calls there are room for: whole ones where it is many.
func several(n float64) string {
	if n >= 100 {
		return thousands(int64(n))
	}
	return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 1, 64), ".0")
}
