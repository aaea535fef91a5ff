package cli

import (
	"fmt"
	"io"
	"strings"
)

// endpoint is what a program needs to be told to reach us in place of AWS.
type endpoint struct {
	url    string
	region string
	// key and secret are credentials that mean nothing, for an upstream that
	// asks for some and believes any; empty when the program has its own.
	key, secret string
}

// variables are the environment variables of every AWS SDK, in the order in
// which they are printed (docs.aws.amazon.com/sdkref, guide/settings-reference).
func (e endpoint) variables() [][2]string {
	vars := [][2]string{
		{"AWS_ENDPOINT_URL_BEDROCK_RUNTIME", e.url},
		{"AWS_ENDPOINT_URL_BEDROCK", e.url},
		{"AWS_REGION", e.region},
		// boto3 reads this one alone (boto3 guide/configuration).
		{"AWS_DEFAULT_REGION", e.region},
	}
	if e.key != "" {
		vars = append(vars, [2]string{"AWS_ACCESS_KEY_ID", e.key}, [2]string{"AWS_SECRET_ACCESS_KEY", e.secret})
	}
	return vars
}

// write prints the variables for each shell.
func (e endpoint) write(w io.Writer) {
	var b strings.Builder
	for _, shell := range []struct{ name, format string }{
		{"bash, zsh", "export %s=%s"},
		{"PowerShell", `$env:%s = "%s"`},
		{".env", "%s=%s"},
	} {
		fmt.Fprintf(&b, "# %s\n", shell.name)
		for _, v := range e.variables() {
			fmt.Fprintf(&b, shell.format+"\n", v[0], v[1])
		}
		b.WriteString("\n")
	}
	_, _ = io.WriteString(w, b.String())
}

// firstCall is a command to paste that needs neither an SDK nor a signature.
func (e endpoint) firstCall(model string) string {
	return `curl -s ` + e.url + `/model/` + model + `/converse -H 'content-type: application/json' ` +
		`-d '{"messages":[{"role":"user","content":[{"text":"Hello"}]}],"inferenceConfig":{"maxTokens":100}}'`
}
