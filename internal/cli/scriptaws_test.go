package cli_test

import (
	"net/http/httptest"
	"os"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/headgate/headgate/internal/emulator"
)

// emulateAWS NAME [KIND=ACTION…] has AWS at an address, which it puts into the
// variable NAME: two accounts, of which the second belongs to the key AKIDSECOND.
// What needs an action fails in the way that a kind of fault names, such as
// denied=servicequotas:ListServiceQuotas.
func emulateAWS(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: aws NAME [KIND=ACTION…]")
	}
	config := emulator.Config{
		Latency: emulator.NoLatency(),
		Accounts: []emulator.Account{
			{ID: "111122223333", Preset: emulator.PresetGuide},
			{ID: "444455556666", AccessKeyID: "AKIDSECOND", Preset: emulator.PresetNew},
		},
		// At AWS's rates each question takes seconds.
		ServiceQuotas: emulator.ServiceQuotas{Rates: map[string]float64{"*": 1000}},
	}
	for _, arg := range args[1:] {
		kind, action, _ := strings.Cut(arg, "=")
		config.Faults = append(config.Faults, emulator.Fault{Kind: emulator.FaultKind(kind), Action: action, Probability: 1})
	}
	e, err := emulator.New(config)
	ts.Check(err)
	server := httptest.NewServer(e.Handler())
	ts.Defer(server.Close)
	ts.Setenv(args[0], strings.TrimPrefix(server.URL, "http://"))
}

// masked FILE leaves what standard output or error had in a file, with TIME, AGE
// and PORT in the place of what differs each time.
func masked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[0] != "stdout" && args[0] != "stderr" {
		ts.Fatalf("usage: masked stdout|stderr FILE")
	}
	text := ts.ReadFile(args[0])
	for _, m := range [][2]string{
		{`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| ?[+-]\d\d:?\d\d)?`, "TIME"},
		{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
		{`\b\d+s\b`, "AGE"},
	} {
		text = regexp.MustCompile(m[0]).ReplaceAllString(text, m[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// filled FILE puts the values of variables into a file.
func filled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: filled FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}
