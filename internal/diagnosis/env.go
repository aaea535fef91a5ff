package diagnosis

import (
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Env is what a file of environment variables says that is no secret. Values of
// other variables are not kept.
type Env struct {
	path   string
	models []envModel
	// plain are the settings by name whose values may be shown.
	plain map[string]setting
	// hidden are names whose values are secrets: that they are set is all.
	hidden map[string]int // their lines
	flaws  []flaw
}

type setting struct {
	value string
	line  int
	bad   string // why the value is of no use; then value is empty
}

// envModel is a value that names a model.
type envModel struct {
	name, id string
	line     int
}

// The variables that are read (docs.aws.amazon.com/sdkref, settings-reference).
const (
	varRegion        = "AWS_REGION"
	varDefaultRegion = "AWS_DEFAULT_REGION" // the one that boto3 reads
	varRuntime       = "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"
	varEndpoint      = "AWS_ENDPOINT_URL"
	varAttempts      = "AWS_MAX_ATTEMPTS"
	varRetryMode     = "AWS_RETRY_MODE"
	varBearer        = "AWS_BEARER_TOKEN_BEDROCK" //nolint:gosec // a name, no key
	varKey           = "AWS_ACCESS_KEY_ID"
)

// ReadEnv reads the content of a file of environment variables, such as .env. The
// path is for findings. Content that cannot be read is a finding, not an error.
func ReadEnv(path string, data []byte, cat *catalog.Catalog) *Env {
	e := &Env{path: path, plain: map[string]setting{}, hidden: map[string]int{}}
	var all []variable
	all, e.flaws = parseEnv(data)
	vendors := vendorsOf(cat)
	for _, v := range all {
		switch v.name {
		case varRegion, varDefaultRegion:
			e.set(v, isRegion(v.value), "is no code of a Region")
		case varRuntime, varEndpoint:
			e.plain[v.name] = endpoint(v)
		case varAttempts:
			n, err := strconv.Atoi(v.value)
			e.set(v, err == nil && n > 0, "is no number above 0")
		case varRetryMode:
			e.set(v, slices.Contains([]string{"legacy", "standard", "adaptive"}, strings.ToLower(v.value)), "is none of legacy, standard and adaptive")
		case varBearer, varKey:
			if v.value != "" {
				e.hidden[v.name] = v.line
			}
		default:
			e.models = append(e.models, modelsIn(v, cat, vendors)...)
		}
	}
	return e
}

// set keeps a value that may be shown: one that is good. An empty one is unset.
func (e *Env) set(v variable, good bool, why string) {
	s := setting{value: v.value, line: v.line}
	if !good {
		s.value, s.bad = "", why
	}
	if v.value == "" {
		delete(e.plain, v.name)
		return
	}
	e.plain[v.name] = s
}

// Region is the one that the programs of the file call; empty when it names none.
func (e *Env) Region() llm.Region {
	for _, name := range []string{varRegion, varDefaultRegion} {
		if s := e.plain[name]; s.value != "" {
			return llm.Region(s.value)
		}
	}
	return ""
}

// at is a line of the file as a finding names it.
func (e *Env) at(line int) string { return e.path + ":" + strconv.Itoa(line) }

func isRegion(s string) bool {
	return len(s) <= 32 && strings.Count(s, "-") >= 2 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// endpoint keeps the scheme, host and port of an address: the rest may hold a
// password.
func endpoint(v variable) setting {
	scheme, rest, ok := strings.Cut(v.value, "://")
	host, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if scheme = strings.ToLower(scheme); !ok || host == "" || scheme != "http" && scheme != "https" || strings.ContainsAny(host, "?# \t\"'$") {
		return setting{line: v.line, bad: "is no address such as http://127.0.0.1:8080"}
	}
	return setting{value: scheme + "://" + strings.ToLower(host), line: v.line}
}

// vendorsOf are the first words of the ids of all known models.
func vendorsOf(cat *catalog.Catalog) map[string]bool {
	out := map[string]bool{}
	for _, m := range cat.Models() {
		vendor, _, _ := strings.Cut(string(m.ID), ".")
		out[vendor] = true
	}
	return out
}

// modelsIn finds the models of Bedrock that a value names.
func modelsIn(v variable, cat *catalog.Catalog, vendors map[string]bool) []envModel {
	if isSecret(v.name) {
		return nil
	}
	var out []envModel
	for _, word := range strings.FieldsFunc(v.value, func(r rune) bool { return strings.ContainsRune(", \t\n;\"'", r) }) {
		// Routers write the provider before the id.
		for _, prefix := range []string{"bedrock/", "converse/", "invoke/"} {
			word = strings.TrimPrefix(word, prefix)
		}
		if namesModel(v.name, word, cat, vendors) {
			out = append(out, envModel{v.name, word, v.line})
		}
	}
	return out
}

// isSecret reports whether a name is one of those that secrets have.
func isSecret(name string) bool {
	name = strings.ToUpper(name)
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		switch part {
		case "KEY", "APIKEY", "SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASS", "PWD", "CREDENTIAL", "CREDENTIALS", "AUTH", "DSN":
			return true
		}
	}
	return false
}

// namesModel reports whether a word is, or was meant to be, an id of a model of
// Bedrock. What may be another provider's is none.
func namesModel(name, word string, cat *catalog.Catalog, vendors map[string]bool) bool {
	const longest = 200
	if len(word) > longest || strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/[]") != "" {
		return false
	}
	if strings.HasPrefix(word, "arn:") {
		service := strings.SplitN(word, ":", 4)
		return len(service) == 4 && service[2] == "bedrock" && (strings.Contains(word, "foundation-model/") || strings.Contains(word, "inference-profile/"))
	}
	name = strings.ToUpper(name)
	if !strings.Contains(name, "MODEL") && !strings.Contains(name, "PROFILE") {
		return vendorOf(word, vendors)
	}
	if strings.Contains(name, "BEDROCK") || vendorOf(word, vendors) {
		return true
	}
	// A typing mistake in the vendor: the catalog knows what it is near to.
	head, rest, ok := strings.Cut(word, ".")
	if !ok || strings.Trim(head, "abcdefghijklmnopqrstuvwxyz-") != "" || !strings.Contains(rest, "-") {
		return false
	}
	_, err := cat.Resolve(word, "")
	return err != nil && strings.Contains(err.Error(), "did you mean")
}

// vendorOf reports whether a word begins as an id does: with a vendor, or a
// geography and a vendor.
func vendorOf(word string, vendors map[string]bool) bool {
	head, rest, ok := strings.Cut(word, ".")
	if !ok || rest == "" {
		return false
	}
	second, tail, nested := strings.Cut(rest, ".")
	return vendors[head] && strings.ContainsAny(rest, "-") || nested && tail != "" && vendors[second]
}
