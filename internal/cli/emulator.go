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
	trouble              trouble
}

// newEmulation gives cmd the flags of an emulator.
func newEmulation(cmd *cobra.Command) *emulation {
	e := &emulation{cmd: cmd, preset: choice{value: string(daemon.PresetDefault)}}
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
	e.trouble.add(cmd)
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

// none is a duration of a flag, where 0 means none at all.
func none(d time.Duration) time.Duration {
	if d == 0 {
		return -1 // the emulator's word for none
	}
	return d
}

// options turns the flags into options.
func (e *emulation) options(region llm.Region, scale float64, log *slog.Logger) (daemon.EmulatorOptions, error) {
	opts := daemon.EmulatorOptions{
		Preset: daemon.Preset(e.preset.value), Law: e.law, DayLaw: e.dayLaw, QuotasFile: e.quotas, ScriptFile: e.script, Seed: e.seed,
		TimeScale: scale, Region: region, Logger: log,
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
	var err error
	if opts.ServiceQuotas, err = e.trouble.serviceQuotas(); err != nil {
		return opts, err
	}
	opts.Faults, err = e.trouble.faults()
	return opts, err
}

func newEmulatorCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "The offline Bedrock alone, with its quotas",
		Long: "An emulator of Amazon Bedrock with its own quota behaviour, for tests and for\n" +
			"trying things out. It takes any credentials. GET /emulator/stats says what was\n" +
			"accepted and throttled, PUT /emulator/quotas changes the quotas as it runs.\n" +
			"Service Quotas, CloudWatch and STS answer at the same address.\n" +
			"\n" +
			"While it runs, PUT /emulator/increases, /emulator/faults and /emulator/rates\n" +
			"change how requests for higher quotas go, what goes wrong, and how often\n" +
			"Service Quotas may be asked. POST /emulator/cases opens a Support case, as one\n" +
			"does by hand for a value below AWS's default; GET lists the cases, and POST\n" +
			"/emulator/cases/{id}/resolve ends one. POST /emulator/reset forgets all of it.",
		Example: `headgate emulator
headgate emulator --requests-per-minute 2 --tokens-per-minute 500000
headgate emulator --preset new --time-scale 60
headgate emulator --law shards:4 --day-law rolling
headgate emulator --preset none --quotas quotas.yaml
headgate emulator --accounts accounts.yaml
# requests for more: all refused, one left open, one decided after an hour
headgate emulator --preset guide --increase-outcome deny
headgate emulator --preset guide --increase L-CCA5DF70=hold
headgate emulator --preset guide --increase L-CCA5DF70=approve:1h
# an account that may not do everything; services that throttle or are slow
headgate emulator --deny cloudwatch:*,servicequotas:ListServiceQuotas
headgate emulator --throttle servicequotas:*=0.3 --delay servicequotas:*=2s
headgate emulator --rate servicequotas:ListServiceQuotas=1`,
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
		opts, err := e.options(llm.Region(a.region()), *scale, a.logger(slog.LevelWarn))
		if err != nil {
			return err
		}
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
