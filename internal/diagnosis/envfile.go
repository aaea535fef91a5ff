package diagnosis

import (
	"fmt"
	"strings"
)

// envFile judges what a file of environment variables says beside models and
// retries.
func envFile(f *Facts) []Finding {
	e := f.Env
	if e == nil {
		return nil
	}
	var out []Finding
	for _, bad := range e.flaws {
		out = append(out, Finding{
			Severity: Warning, ID: "env.unreadable", About: e.at(bad.line), Evidence: "the line " + bad.why,
			Why: "programs skip it, or stop", Mend: fmt.Sprintf("${EDITOR:-vi} +%d %s", bad.line, quoted(e.path)),
		})
	}
	for _, name := range []string{varRegion, varDefaultRegion, varRuntime, varEndpoint, varAttempts, varRetryMode} {
		if s, ok := e.plain[name]; ok && s.bad != "" {
			out = append(out, Finding{
				Severity: Error, ID: "env.value", About: e.at(s.line), Evidence: name + " " + s.bad,
				Why: "the SDK refuses it, or takes another", Mend: fmt.Sprintf("${EDITOR:-vi} +%d %s", s.line, quoted(e.path)),
			})
		}
	}
	out = append(out, envRegion(f)...)
	return append(out, envEndpoint(f)...)
}

func envRegion(f *Facts) []Finding {
	e := f.Env
	first, second := e.plain[varRegion], e.plain[varDefaultRegion]
	if first.value != "" && second.value != "" && first.value != second.value {
		return []Finding{{
			Severity: Warning, ID: "env.two_regions", About: e.at(second.line),
			Evidence: fmt.Sprintf("%s is %s, and %s is %s", varRegion, first.value, varDefaultRegion, second.value),
			Why:      "boto3 reads the second alone, other SDKs the first: programs call different Regions, whose quotas differ",
			Mend:     assign(e.path, varDefaultRegion, first.value),
		}}
	}
	if r := e.Region(); r != "" && f.Region != "" && r != f.Region {
		return []Finding{{
			Severity: Warning, ID: "env.region", About: e.path,
			Evidence: fmt.Sprintf("the file's Region is %s, and the gateway's is %s", r, f.Region),
			Why:      "calls through the gateway go to the gateway's Region: models, profiles and quotas are those of that one",
			Mend:     "headgate doctor --upstream.region " + string(r) + " --env-file " + quoted(e.path),
		}}
	}
	return nil
}

// envEndpoint says whether the programs of the file call the gateway.
func envEndpoint(f *Facts) []Finding {
	e := f.Env
	name, s := varRuntime, e.plain[varRuntime]
	if s.value == "" && s.bad == "" {
		name, s = varEndpoint, e.plain[varEndpoint]
	}
	if s.bad != "" {
		return nil
	}
	_, host, _ := strings.Cut(s.value, "://")
	var out []Finding
	if line, set := e.hidden[varBearer]; set && strings.HasPrefix(s.value, "http://") && !isHere(hostOf(host)) {
		out = append(out, Finding{
			Severity: Error, ID: "env.key_in_the_clear", About: e.at(line),
			Evidence: fmt.Sprintf("%s is set, and %s is plain http to another machine", varBearer, name),
			Why:      "whoever sees the traffic has the key",
			Mend:     assign(e.path, name, "https://"+host),
		})
	}
	if line, set := e.hidden[varBearer]; set && e.hidden[varKey] > 0 {
		out = append(out, Finding{
			Severity: Info, ID: "env.two_credentials", About: e.at(line),
			Evidence: fmt.Sprintf("%s and %s are both set", varBearer, varKey),
			Why:      "the API key goes before the access key wherever an SDK calls Bedrock; permissions are those of the API key",
			Mend:     fmt.Sprintf("sed -i.bak '/^\\(export \\)*%s=/d' %s", varBearer, quoted(e.path)),
		})
	}
	if len(e.models) == 0 || len(f.Upstream.Listen) == 0 {
		return out
	}
	if s.value == "" {
		out = append(out, Finding{
			Severity: Info, ID: "env.not_through_gateway", About: e.path,
			Evidence: fmt.Sprintf("the file names models of Bedrock, and no %s", varRuntime),
			Why:      "its programs call AWS directly: nothing paces them, and what they use is missing in what the gateway knows",
			Mend:     appended(e.path, varRuntime+"=http://"+reachable(f.Upstream.Listen[0])),
		})
	}
	return out
}

// hostOf is the host of host:port, whose port may be missing.
func hostOf(address string) string {
	if i := strings.LastIndexByte(address, ':'); i >= 0 && !strings.HasSuffix(address, "]") {
		return address[:i]
	}
	return address
}

// reachable is the address by which this machine reaches a listener.
func reachable(listen string) string {
	i := strings.LastIndexByte(listen, ':')
	if i >= 0 && isHere(listen[:i]) {
		return "127.0.0.1" + listen[i:]
	}
	return listen
}
