package increase

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/account"
)

// noUseCase stands where the use case is to be written.
const noUseCase = "(Say here what the application does, for whom, and from when on it needs the quota.)"

// Justification answers in Markdown what AWS asks before it raises a quota: the
// steady and the highest rates, the sizes of calls, how much of the present quota
// is used, and what for. Figures that nobody measured are said to be stated, or are
// left to be filled in.
func (e *Evidence) Justification() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Quota increase: %s\n\n", e.Quota.Name)
	e.header(&b)
	e.body(&b)
	return b.String()
}

func (e *Evidence) header(b *strings.Builder) {
	row := func(name, value string) { fmt.Fprintf(b, "| %s | %s |\n", name, value) }
	row("Account", string(e.Account))
	b.WriteString("|---|---|\n")
	row("Region", string(e.Region))
	row("Quota", e.Quota.Code+", "+e.Quota.Name)
	row("Applied value", valueOf(e.Quota.Applied))
	row("AWS default", valueOf(e.Quota.Default))
	row("Value asked for", commas(e.Value))
}

// body is what a request and a Support case have in common.
func (e *Evidence) body(b *strings.Builder) {
	b.WriteString("\n## Use case\n\n")
	use := strings.TrimSpace(e.UseCase)
	if use == "" {
		use = noUseCase
	}
	b.WriteString(use + "\n\n## Traffic\n\n")
	switch {
	case e.Use.Measured():
		e.measured(b)
	case e.Stated != nil:
		e.stated(b)
	default:
		b.WriteString("Nothing has been measured yet of calls that draw on this quota.\n\n" +
			"| per minute | steady | peak |\n|---|---:|---:|\n| requests | (…) | (…) |\n| tokens | (…) | (…) |\n\n" +
			"| per call | average | largest |\n|---|---:|---:|\n| input tokens | (…) | (…) |\n| output tokens | (…) | (…) |\n")
	}
	if g := e.Gives(); g != nil {
		fmt.Fprintf(b, "\n## What it gives\n\nThe quotas of the model allow %s calls a %s now", calls(g.Before), g.Per)
		fmt.Fprintf(b, ", and %s with the value asked for", calls(g.After))
		if g.Binds != e.Quota.Limit {
			fmt.Fprintf(b, ", when %s binds", strings.ReplaceAll(g.Binds, "_", " "))
		}
		b.WriteString(".\n")
	}
	if len(e.Siblings) > 0 {
		b.WriteString("\n## Other quotas of the same model and path\n\n| Code | Name | Applied | Default |\n|---|---|---:|---:|\n")
		for _, q := range e.Siblings {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", q.Code, q.Name, valueOf(q.Applied), valueOf(q.Default))
		}
	}
}

func (e *Evidence) measured(b *strings.Builder) {
	u := e.Use
	fmt.Fprintf(b, "Measured from %s to %s: %s calls, in %s minutes that had any.\n\n", u.Since.UTC().Format(time.RFC3339), u.Until.UTC().Format(time.RFC3339),
		commas(float64(u.Calls)), commas(float64(u.Minutes)))
	b.WriteString("| per minute | median (steady) | mean | 95th percentile | peak |\n|---|---:|---:|---:|---:|\n")
	rate := func(name string, r Rate) {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, commas(r.Median), short(r.Mean), commas(r.P95), commas(r.Peak))
	}
	rate("requests", u.Requests)
	rate("tokens, as the quota counts them", u.Tokens)
	b.WriteString("\n| per call | average | largest |\n|---|---:|---:|\n")
	size := func(name string, p PerCall) {
		fmt.Fprintf(b, "| %s | %s | %s |\n", name, short(p.Mean), commas(float64(p.Peak)))
	}
	size("input tokens", u.Input)
	size("output tokens", u.Output)
	b.WriteByte('\n')
	if most, middle, ok := e.peak(); ok {
		if has, known := e.Quota.Value(); known && has > 0 {
			fmt.Fprintf(b, "- Use of the present quota: %.0f %% at its peak", 100*most/has)
			if most != middle {
				fmt.Fprintf(b, ", %.0f %% in the median minute", 100*middle/has)
			}
			b.WriteString("\n")
		}
	}
	fmt.Fprintf(b, "- Throttled requests: %s\n", commas(float64(u.Throttled)))
	fmt.Fprintf(b, "- Calls are queued so that they fit the quota: they waited %s on average\n", u.Wait.Round(100*time.Millisecond))
}

func (e *Evidence) stated(b *strings.Builder) {
	w := e.Stated
	n := float64(max(w.CallsPerRun, 1))
	s := (&Evidence{Stated: w, Burndown: e.Burndown}).size()
	requests := w.RunsPerMinute * float64(w.CallsPerRun)
	b.WriteString("Nothing has been measured yet of calls that draw on this quota. The figures are those of the workload that is planned:\n\n")
	fmt.Fprintf(b, "| per minute | steady |\n|---|---:|\n| runs | %s |\n| requests, %s a run | %s |\n| tokens, as the quota counts them | %s |\n",
		short(w.RunsPerMinute), commas(n), short(requests), commas(math.Round(requests*s.tokens)))
	fmt.Fprintf(b, "\n| per call | average |\n|---|---:|\n| input tokens | %s |\n| output tokens | %s |\n", short(s.input), short(s.output))
	if w.MaxTokens > 0 {
		fmt.Fprintf(b, "\nEach call sets max_tokens to %s.\n", commas(float64(w.MaxTokens)))
	}
}

// Complete reports whether nothing of the text is left to be filled in.
func (e *Evidence) Complete() bool {
	return strings.TrimSpace(e.UseCase) != "" && (e.Use.Measured() || e.Stated != nil)
}

// Case is the text of a case at AWS Support.
type Case struct {
	Subject string `json:"subject"`
	Body    string `json:"body"` // Markdown
	// Open is how to open it, step by step.
	Open []string `json:"how_to_open"`
}

// caseForm opens the form for a case of the type Account and billing, which every
// support plan has (docs.aws.amazon.com/awssupport, user/case-management).
const caseForm = "https://console.aws.amazon.com/support/home#/case/create?issueType=customer-service"

// SupportCase is the case that asks AWS Support for what Service Quotas refuses.
func (e *Evidence) SupportCase() Case {
	var b strings.Builder
	below := e.Quota.BelowDefault()
	c := Case{Subject: fmt.Sprintf("Amazon Bedrock in %s: quota %s, please raise to %s", e.Region, e.Quota.Code, commas(e.Value))}
	if below {
		c.Subject = fmt.Sprintf("Amazon Bedrock in %s: quotas below the AWS default, please restore (%s)", e.Region, e.Quota.Code)
	}
	b.WriteString("Hello,\n\n")
	if below {
		fmt.Fprintf(&b, "in account %s, Region %s, quotas of Amazon Bedrock are below AWS's defaults. Service Quotas cannot mend it: "+
			"RequestServiceQuotaIncrease takes no value that does not exceed the default. "+
			"Please restore the defaults, or apply at least what is needed:\n\n", e.Account, e.Region)
	} else {
		fmt.Fprintf(&b, "in account %s, Region %s, a quota of Amazon Bedrock is too low for our traffic, and Service Quotas takes no requests for it. Please apply:\n\n", e.Account, e.Region)
	}
	b.WriteString("| Code | Quota | Applied | Default | Needed |\n|---|---|---:|---:|---:|\n")
	row := func(q account.Quota, needed string) {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", q.Code, q.Name, valueOf(q.Applied), valueOf(q.Default), needed)
	}
	row(e.Quota, commas(e.Value))
	rest := *e
	rest.Siblings = nil
	for _, q := range e.Siblings {
		v, needed := e.Needs[q.Code]
		switch {
		case needed:
			row(q, commas(v))
		case q.BelowDefault():
			row(q, "the default")
		default:
			rest.Siblings = append(rest.Siblings, q)
		}
	}
	rest.body(&b)
	b.WriteString("\nThank you.\n")
	c.Body = b.String()
	c.Open = []string{
		"Sign in to the account " + string(e.Account) + " and open " + caseForm,
		"Keep the type \"Account and billing\": it is free and open to every support plan, Basic included. A technical case takes a paid plan.",
		"Choose the service and the category that fit best, such as Account.",
		"Paste the subject and the text below, and send it.",
		"`headgate serve` adopts the new value without a restart; `headgate quota list` shows it.",
	}
	return c
}

func valueOf(v *float64) string {
	if v == nil {
		return "not told"
	}
	return commas(*v)
}

// calls writes a number of calls: whole ones where there are many.
func calls(v float64) string {
	if v >= 100 {
		return commas(float64(int64(v)))
	}
	return short(v)
}

// short writes a number with at most one place.
func short(v float64) string {
	text := strconv.FormatFloat(v, 'f', 1, 64)
	whole, place, _ := strings.Cut(text, ".")
	n, err := strconv.ParseFloat(whole, 64)
	if err != nil {
		return text
	}
	if place == "0" {
		return commas(n)
	}
	return commas(n) + "." + place
}

// commas writes a number with a comma between each three digits of its whole part.
func commas(v float64) string {
	whole, places, _ := strings.Cut(Number(v), ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if places != "" {
		return sign + b.String() + "." + places
	}
	return sign + b.String()
}
