package catalog

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/headgate/headgate/internal/llm"
)

// The rows as their documents give them, with their places.
type (
	modelRow struct {
		Model
		onDemand, mantle bool
	}
	profileRow struct {
		Profile
		at position
	}
	applicationRow struct {
		arn      arn
		copyFrom string
		at       position
	}
	nameKey struct {
		path llm.Path
		kind QuotaKind
	}
	quotaKey struct {
		model   llm.ModelID
		path    llm.Path
		kind    QuotaKind
		variant string
	}
	quotaRow struct {
		Quota
		at position
	}
	pricedRow struct {
		priceRow
		at position
	}
)

func compareQuotaKeys(a, b quotaKey) int {
	return cmp.Or(
		cmp.Compare(a.model, b.model), cmp.Compare(a.path, b.path),
		cmp.Compare(a.kind, b.kind), cmp.Compare(a.variant, b.variant),
	)
}

// reader reads the sections of one document into a builder.
type reader struct {
	*builder
	document string
	ours     bool // an embedded document: every row must name source and as_of
	sources  map[string]string
	seen     map[any]bool // keys of this document's rows
}

// read adds a document's rows.
func (b *builder) read(d Document, ours bool) {
	top := parseDocument(d, &b.faults)
	if top == nil {
		return
	}
	r := reader{builder: b, document: top.at.document, ours: ours, sources: make(map[string]string), seen: make(map[any]bool)}
	if sources := top.record("sources"); sources != nil {
		for _, v := range sources.values {
			name := v.Key.GetToken().Value
			r.sources[name] = sources.required(name)
		}
	}
	for _, section := range []struct {
		key  string
		read func(*record)
	}{
		{"models", r.model},
		{"assumptions", r.assumption},
		{"geographies", r.geography},
		{"profiles", r.profile},
		{"application_profiles", r.application},
		{"quota_names", r.quotaName},
		{"quotas", r.quota},
		{"prices", r.price},
	} {
		for _, row := range top.records(section.key) {
			section.read(row)
			row.end()
		}
	}
	top.end()
}

// once reports a row whose key the document has already used.
func (r reader) once(row *record, key any) {
	if r.seen[key] {
		row.faults.add(row.at, "an earlier row of this document has the same key")
	}
	r.seen[key] = true
}

// origin reads where a row comes from.
func (r reader) origin(row *record) Origin {
	o := Origin{AsOf: row.date("as_of"), Source: row.text("source"), Confidence: Documented}
	url, short := r.sources[o.Source]
	switch {
	case o.Source == "" && r.ours:
		row.fault("source", "is missing")
	case o.Source == "":
		o.Source = r.document
	case short:
		o.Source = url
	case r.ours:
		row.fault("source", "%s is not among the document's sources", quoted(o.Source))
	}
	if o.AsOf.IsZero() && r.ours {
		row.fault("as_of", "is missing")
	}
	switch text := Confidence(row.text("confidence")); text {
	case Documented, Reported, Inferred:
		o.Confidence = text
	case "":
	default:
		row.fault("confidence", "must be documented, reported or inferred")
	}
	return o
}

// id reads a key whose value is a model's or profile's id.
func id(row *record, key string) string {
	text := row.required(key)
	if text != "" && (checkID(text) != nil || !plausible(text)) {
		row.fault(key, "must be an id such as anthropic.claude-haiku-4-5-20251001-v1:0")
	}
	return text
}

func (r reader) model(row *record) {
	m := modelRow{
		Model: Model{
			ID:                 llm.ModelID(id(row, "id")),
			Name:               row.required("name"),
			Provider:           row.required("provider"),
			QuotaLabel:         row.text("quota_label"),
			Burndown:           row.integer("burndown", 1, 0),
			BurndownAssumed:    row.flag("burndown_assumed", false),
			MaxOutput:          row.integer("max_output", 1, 0),
			MaxOutputAssumed:   row.flag("max_output_assumed", false),
			Context:            row.integer("context", 1, 0),
			CacheMinimum:       row.integer("cache_minimum", 1, 0),
			CacheCheckpoints:   row.integer("cache_checkpoints", 1, 0),
			EndOfLife:          row.date("end_of_life"),
			EndOfLifeNotBefore: row.date("end_of_life_not_before"),
			Retired:            row.flag("retired", false),
			Streams:            row.flag("streams", true),
			Embedding:          row.flag("embedding", false),
			Variants:           row.texts("variants"),
			Origin:             r.origin(row),
		},
		onDemand: row.flag("on_demand", false),
		mantle:   row.flag("mantle", false),
	}
	if m.Burndown == 0 && !row.has("burndown") {
		row.fault("burndown", "is missing")
	}
	if m.MaxOutput == 0 && !m.Embedding && !row.has("max_output") {
		row.fault("max_output", "is missing")
	}
	for _, text := range row.texts("cache_ttls") {
		ttl, err := time.ParseDuration(text)
		if err != nil || ttl <= 0 {
			row.fault("cache_ttls", "must be durations such as 5m")
		}
		m.CacheTTLs = append(m.CacheTTLs, ttl)
	}
	if slices.ContainsFunc(m.Variants, func(v string) bool { return !isContext(v) }) {
		row.fault("variants", "must be context sizes such as 200k or 1m")
	}
	r.once(row, m.ID)
	r.models[m.ID] = m
}

// assumption rows of an override go before those that are there.
func (r reader) assumption(row *record) {
	a := assumption{
		prefix:      row.text("prefix"),
		fromVersion: row.integer("from_version", 0, 0),
		burndown:    row.integer("burndown", 1, 1),
		maxOutput:   row.integer("max_output", 1, 0),
		Origin:      r.origin(row),
	}
	if !row.has("burndown") || !row.has("max_output") {
		row.faults.add(row.at, "burndown and max_output are both needed")
	}
	if r.ours {
		r.assumptions = append(r.assumptions, a)
	} else {
		r.assumptions = slices.Insert(r.assumptions, 0, a)
	}
}

// geography rows of an override replace the one of their prefix in its place,
// or come last.
func (r reader) geography(row *record) {
	g := geography{prefix: row.required("prefix"), patterns: row.texts("regions"), Origin: r.origin(row)}
	if strings.Trim(g.prefix, "abcdefghijklmnopqrstuvwxyz-") != "" || g.prefix == globalPrefix {
		row.fault("prefix", "must be lower-case letters, and not global")
	}
	if len(g.patterns) == 0 {
		row.fault("regions", "must be source Regions, such as eu-west-1 or eu-*")
	}
	i := slices.IndexFunc(r.geographies, func(o geography) bool { return o.prefix == g.prefix })
	if i < 0 {
		r.geographies = append(r.geographies, g)
	} else {
		r.geographies[i] = g
	}
}

func (r reader) profile(row *record) {
	p := profileRow{Profile: Profile{ID: id(row, "id"), Sources: regions(row.texts("from")), Origin: r.origin(row)}, at: row.at}
	if routes := row.record("to"); routes != nil {
		p.Destinations = make(map[llm.Region][]llm.Region, len(routes.values))
		for _, v := range routes.values {
			source := v.Key.GetToken().Value
			p.Destinations[llm.Region(source)] = regions(routes.texts(source))
		}
	}
	r.once(row, p.ID)
	r.profiles[p.ID] = p
}

// regions is a sorted list of Regions; nil for none.
func regions(names []string) []llm.Region {
	var list []llm.Region
	for _, name := range names {
		list = append(list, llm.Region(name))
	}
	slices.Sort(list)
	return list
}

func (r reader) application(row *record) {
	text := row.required("arn")
	a, err := parseARN(text)
	if text != "" && (err != nil || a.kind != typeApplication) {
		row.fault("arn", "must be arn:aws:bedrock:region:account:application-inference-profile/id")
	}
	app := applicationRow{arn: a, copyFrom: row.required("copy_from"), at: row.at}
	r.origin(row)
	if err != nil || app.copyFrom == "" {
		return
	}
	r.once(row, "application "+text)
	r.applications[text] = app
}

// path reads a key whose value is a path; "" when there is none.
func path(row *record, key string) llm.Path {
	p := llm.Path(row.text(key))
	if p != "" && !p.Valid() {
		row.fault(key, "must be on-demand, geo, global or mantle")
	}
	return p
}

func kind(row *record, key string) QuotaKind {
	k := QuotaKind(row.required(key))
	if k != "" && !k.Valid() {
		row.fault(key, "must be requests_per_minute, tokens_per_minute, tokens_per_day or the like")
	}
	return k
}

func (r reader) quotaName(row *record) {
	key := nameKey{path(row, "path"), kind(row, "kind")}
	name := row.required("name")
	if !strings.Contains(name, "{label}") {
		row.fault("name", "must contain {label}")
	}
	r.origin(row)
	r.once(row, key)
	r.names[key] = name
}

func (r reader) quota(row *record) {
	q := quotaRow{
		Quota: Quota{
			Code: row.text("code"), Name: row.text("name"), Kind: kind(row, "kind"),
			Path: path(row, "path"), Variant: row.text("variant"),
			Default: row.integer("default", 0, 0), Known: row.has("default"),
			Factor: row.integer("factor", 1, 1), Adjustable: AdjustableUnknown,
			Until: row.date("until"), Origin: r.origin(row),
		},
		at: row.at,
	}
	if row.has("model") {
		q.Model = llm.ModelID(id(row, "model"))
	} else {
		row.find("model")
	}
	if (q.Model == "") != (q.Path == "") {
		row.faults.add(row.at, "model and path belong together")
	}
	if row.flag("adjustable", false) {
		q.Adjustable = AdjustableYes
	} else if row.has("adjustable") {
		q.Adjustable = AdjustableNo
	}
	if q.Code != "" && !isQuotaCode(q.Code) {
		row.fault("code", "must be L- and eight hexadecimal digits in upper case")
	}
	key := quotaKey{q.Model, q.Path, q.Kind, q.Variant}
	r.once(row, key)
	r.quotas[key] = q
}

// isQuotaCode says that s has the form of a Service Quotas code.
func isQuotaCode(s string) bool {
	digits, ok := strings.CutPrefix(s, "L-")
	return ok && len(digits) == 8 && strings.Trim(digits, "0123456789ABCDEF") == ""
}

func (r reader) price(row *record) {
	base := rates(row)
	p := pricedRow{
		priceRow: priceRow{
			Price: Price{
				Model: llm.ModelID(id(row, "model")), Region: llm.Region(row.text("region")),
				Input: base.Input, Output: base.Output, CacheRead: base.CacheRead,
				CacheWrite5m: base.CacheWrite5m, CacheWrite1h: base.CacheWrite1h,
				BatchPercent: row.integer("batch_percent", 1, 0), Origin: r.origin(row),
			},
			geoPercent: row.integer("geo_percent", 1, 100),
		},
		at: row.at,
	}
	for _, key := range []string{"input", "output"} {
		if !row.has(key) {
			row.fault(key, "is missing")
		}
	}
	if p.BatchPercent > maxPercent || p.geoPercent > maxPercent {
		row.faults.add(row.at, "percentages above %d", maxPercent)
	}
	var above int64
	for _, sub := range row.records("tiers") {
		tier := rates(sub)
		tier.Above = sub.integer("above", 1, 0)
		if tier.Above <= above {
			sub.fault("above", "must be there, and more than the tier before")
		}
		above = tier.Above
		sub.end()
		p.Tiers = append(p.Tiers, inherit(tier, base))
		base = p.Tiers[len(p.Tiers)-1]
	}
	key := priceKey{p.Model, p.Region}
	r.once(row, key)
	r.prices[key] = p
}

// maxPercent bounds what a path or batch costs relative to the base.
const maxPercent = 1000

// rates reads the five rates of a row or tier; 0 for those it has not.
func rates(row *record) PriceTier {
	rate := func(key string) int64 {
		text := row.text(key)
		if !row.has(key) {
			return 0
		}
		nano, err := parseRate(text)
		if err != nil {
			row.fault(key, "%s", err.Error())
		}
		return nano
	}
	return PriceTier{
		Input: rate("input"), Output: rate("output"), CacheRead: rate("cache_read"),
		CacheWrite5m: rate("cache_write_5m"), CacheWrite1h: rate("cache_write_1h"),
	}
}

// inherit fills the rates that a tier does not give.
func inherit(tier, from PriceTier) PriceTier {
	return PriceTier{
		Above: tier.Above, Input: orElse(tier.Input, from.Input), Output: orElse(tier.Output, from.Output),
		CacheRead:    orElse(tier.CacheRead, from.CacheRead),
		CacheWrite5m: orElse(tier.CacheWrite5m, from.CacheWrite5m), CacheWrite1h: orElse(tier.CacheWrite1h, from.CacheWrite1h),
	}
}
