package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/emulator"
	"github.com/headgate/headgate/internal/llm"
)

// emulation is the flags that say what is emulated.
type emulation struct {
	cmd                  *cobra.Command
	preset               choice
	requests, tokens     int64
	tokensPerDay         int64
	law, dayLaw          string
	quotas, script       string
	seed                 uint64
	firstToken, perToken time.Duration
	outcome              choice
	caseAfter, decide    time.Duration
}

// newEmulation gives cmd the flags of an emulator.
func newEmulation(cmd *cobra.Command) *emulation {
	e := &emulation{cmd: cmd, preset: choice{value: string(daemon.PresetDefault)}}
	e.outcome = choice{value: string(emulator.Approve), allowed: []string{string(emulator.Approve), string(emulator.Deny), string(emulator.Hold)}}
	for _, p := range daemon.Presets() {
		e.preset.allowed = append(e.preset.allowed, string(p))
	}
	addChoice(cmd, &e.preset, "preset", "", "the account's quotas:\n"+wrap(list(e.preset.allowed)))
	f := cmd.Flags()
	f.Int64Var(&e.requests, "requests-per-minute", 0, "requests a minute that each model may have,\nin place of the preset's; 0 is a quota of zero")
	f.Int64Var(&e.tokens, "tokens-per-minute", 0, "tokens a minute, in the same way")
	f.Int64Var(&e.tokensPerDay, "tokens-per-day", 0, "tokens a day, in the same way")
	f.StringVar(&e.law, "law", "bucket", "how a limit per minute is enforced:\n"+wrap(list(emulator.Forms())))
	f.StringVar(&e.dayLaw, "day-law", "calendar", "how a limit per day is enforced:\n"+wrap(list(emulator.DayForms())))
	f.StringVar(&e.quotas, "quotas", "", "file of quotas (YAML), laid over the preset's, that\nmay have a law, a hidden part, an accounting and\nother users of their own")
	f.StringVar(&e.script, "script", "", "file of answers (YAML) to give in place of made-up\nones")
	f.Uint64Var(&e.seed, "seed", 0, "varies made-up answers and all that is random of\nquotas and faults")
	f.DurationVar(&e.firstToken, "first-token", emulator.DefaultTimeToFirstToken, "time to an answer's first token; 0 is none")
	f.DurationVar(&e.perToken, "per-token", emulator.DefaultPerToken, "time for each further token; 0 is none")
	addChoice(cmd, &e.outcome, "increase-outcome", "", "how requests for higher quotas end, where hold waits\nfor POST /emulator/cases/{id}/resolve:\n"+list(e.outcome.allowed))
	f.DurationVar(&e.caseAfter, "case-after", emulator.DefaultCaseAfter, "time until a request for a higher quota has a case;\n0 is none")
	f.DurationVar(&e.decide, "decide-after", emulator.DefaultDecideAfter, "time for which such a case is open; 0 is none")
	_ = cmd.MarkFlagFilename("script", "yaml", "yml")
	_ = cmd.MarkFlagFilename("quotas", "yaml", "yml")
	return e
}

// wrap breaks words into lines that fit beside the flags' names.
func wrap(words string) string {
	const width = 44 // the default follows the last word
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(words) {
		switch {
		case i == 0:
		case at+1+len(word) > width:
			b.WriteByte('\n')
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}

// options turns the flags into options.
func (e *emulation) options(region llm.Region, scale float64, log *slog.Logger) daemon.EmulatorOptions {
	none := func(d time.Duration) time.Duration {
		if d == 0 {
			return -1 // the emulator's word for none
		}
		return d
	}
	opts := daemon.EmulatorOptions{
		Preset: daemon.Preset(e.preset.value), Law: e.law, DayLaw: e.dayLaw, QuotasFile: e.quotas, ScriptFile: e.script, Seed: e.seed,
		TimeScale: scale, Region: region, Logger: log,
		ServiceQuotas: emulator.ServiceQuotas{
			CaseAfter: none(e.caseAfter), DecideAfter: none(e.decide), Outcome: emulator.Outcome(e.outcome.value),
		},
		Latency: emulator.Latency{TimeToFirstToken: none(e.firstToken), PerToken: none(e.perToken)},
	}
	for name, limit := range map[string]struct {
		value *int64
		to    **int64
	}{
		"requests-per-minute": {&e.requests, &opts.RequestsPerMinute},
		"tokens-per-minute":   {&e.tokens, &opts.TokensPerMinute},
		"tokens-per-day":      {&e.tokensPerDay, &opts.TokensPerDay},
	} {
		if e.cmd.Flags().Changed(name) {
			*limit.to = limit.value
		}
	}
	return opts
}

func newEmulatorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "The offline Bedrock alone, with its quotas",
		Long: "An emulator of Amazon Bedrock with its own quota behaviour, for tests and for\n" +
			"trying things out. It takes any credentials. GET /emulator/stats says what was\n" +
			"accepted and throttled, PUT /emulator/quotas changes the quotas as it runs.\n" +
			"Service Quotas, CloudWatch and STS answer at the same address.",
		Example: `headgate emulator
headgate emulator --requests-per-minute 2 --tokens-per-minute 500000
headgate emulator --preset new --time-scale 60
headgate emulator --law shards:4 --day-law rolling
headgate emulator --preset none --quotas quotas.yaml
headgate emulator --accounts accounts.yaml`,
		Args: exactly(),
	}
	e := newEmulation(cmd)
	f := cmd.Flags()
	address := f.String("listen", "127.0.0.1:4580", "address to listen on, host:port")
	accounts := f.String("accounts", "", "file of accounts (YAML) with keys and quotas of their\nown, in place of one that takes any credentials")
	insecure := f.Bool("insecure", false, "allow addresses that other machines can reach")
	scale := f.Float64("time-scale", 1, "run latencies and limits so many times faster")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		if err := checkExposed(*address, *insecure); err != nil {
			return err
		}
		opts := e.options(llm.Region(a.region()), *scale, a.logger(slog.LevelWarn))
		opts.AccountsFile = *accounts
		emu, err := daemon.NewEmulator(opts)
		if err != nil {
			return err
		}
		ln, err := listen(ctx, *address)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.err, "headgate: the emulator listens on %s%s; set this to use it:\n", baseURL(ln), faster(*scale))
		at := endpoint{url: baseURL(ln), region: a.region()}
		if *accounts == "" { // else a program has the keys of one of them
			at.key, at.secret = daemon.EmulatorKey, daemon.EmulatorSecret
		}
		at.write(a.out)
		return emu.Run(ctx, ln)
	}
	return cmd
}

// faster says that time is scaled, where it is.
func faster(scale float64) string {
	if scale == 1 {
		return ""
	}
	return fmt.Sprintf("; time runs %g × faster", scale)
}
