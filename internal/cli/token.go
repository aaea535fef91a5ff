package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/headgate/headgate/internal/access"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/console/guard"
	"github.com/headgate/headgate/internal/daemon"
	"github.com/headgate/headgate/internal/fault"
)

func newTokenCommand(a *app) *cobra.Command {
	return newGroup("token", "Who may use a gateway's API and its page",
		newTokenCreateCommand(a), newTokenListCommand(a), newTokenRevokeCommand(a), newTokenLinkCommand(a))
}

// withAccess opens the data folder for f.
func withAccess(ctx context.Context, a *app, cfg config.Config, f func(*daemon.Access) error) error {
	opened, err := daemon.OpenAccess(ctx, cfg, false, a.logger(slog.LevelWarn))
	if err != nil {
		return err
	}
	return errors.Join(f(opened), opened.Close())
}

// roleFlag gives cmd --role.
func roleFlag(cmd *cobra.Command, role *choice, usage string) {
	role.allowed = []string{string(access.RoleRead), string(access.RoleOperate), string(access.RoleAdmin)}
	addChoice(cmd, role, "role", "", usage)
}

func newTokenCreateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a token, which is shown this once",
		Long: "Makes a token in the data folder. A gateway that runs on it takes the token\n" +
			"within a second. From the first one on, its API, its metrics and its page ask\n" +
			"everybody for a token, programs of its machine too; calls to Bedrock do not\n" +
			"change. The token alone is written to standard output. Its SHA-256 is kept.\n" +
			"  read     sees everything, changes nothing: dashboards, Prometheus\n" +
			"  operate  also files requests, sets alarms, runs the schema agent\n" +
			"  admin    also makes and revokes tokens",
		Example: `headgate token create --name laptop --role admin
headgate token create --name grafana --expires never
headgate token create --name ci --role operate --expires 12h -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	var name, expires string
	role := choice{value: string(access.RoleRead)}
	cmd.Flags().StringVar(&name, "name", "", "who or what uses it (default token-1, or the next)")
	roleFlag(cmd, &role, "what it may: read, operate or admin")
	cmd.Flags().StringVar(&expires, "expires", "90d", "how long it is valid, such as 12h or 30d; or never")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		wish := access.NewToken{Name: name, Role: access.Role(role.value)}
		if expires != "never" {
			var err error
			if wish.For, err = parseAgo(expires); err != nil || wish.For <= 0 {
				return usageError("for example --expires 30d, or --expires never", "--expires %q is no length of time", expires)
			}
		}
		cfg, _, err := set.load(a)
		if err != nil {
			return err
		}
		return withAccess(cmd.Context(), a, cfg, func(k *daemon.Access) error { return a.createToken(cmd.Context(), k, wish, out) })
	}
	return cmd
}

func (a *app) createToken(ctx context.Context, k *daemon.Access, wish access.NewToken, out *output) error {
	tokens, err := k.Tokens(ctx)
	if err != nil {
		return err
	}
	if wish.Name == "" {
		wish.Name = fmt.Sprintf("token-%d", len(tokens)+1)
	}
	token, secret, err := k.Create(ctx, wish)
	if err != nil {
		return err
	}
	until := "never expires"
	if !token.Expires.IsZero() {
		until = "expires " + instant(token.Expires)
	}
	fmt.Fprintf(a.err, "headgate: token %s (%s, role %s) is shown this once; it %s\n", token.Name, token.ID, token.Role, until)
	if len(tokens) == 0 {
		a.say("from now on the API asks for a token; commands of this machine find it in " + tokenVariable)
	}
	return out.print(a, guard.MadeToken{Token: guard.NewToken(token, token.Created), Secret: secret.Reveal()}, func(s *screen) { s.line("%s", secret.Reveal()) })
}

func newTokenListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Tokens, the oldest first; never what they are",
		Example: `headgate token list
headgate token list --all -o json`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	all := cmd.Flags().Bool("all", false, "those that have expired or were revoked as well")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, _, err := set.load(a)
		if err != nil {
			return err
		}
		tokens, err := readTokens(cmd.Context(), a, cfg)
		if err != nil {
			return err
		}
		rows, now := []guard.Token{}, time.Now()
		for _, t := range tokens {
			if *all || t.State(now) == access.StateActive {
				rows = append(rows, guard.NewToken(t, now))
			}
		}
		if len(tokens) == 0 {
			a.say("there are no tokens: programs of this machine may use the API; `headgate token create` makes one")
		} else if len(rows) < len(tokens) {
			a.say(count(len(tokens)-len(rows), "token") + " not shown, expired or revoked; --all shows them")
		}
		return out.print(a, rows, func(s *screen) { tokenTable(s, rows) })
	}
	return cmd
}

// readTokens reads without making a data folder: where there is none, there is no
// token.
func readTokens(ctx context.Context, a *app, cfg config.Config) ([]access.Token, error) {
	opened, err := daemon.OpenAccess(ctx, cfg, true, a.logger(slog.LevelWarn))
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return nil, nil
	case err != nil:
		return nil, err
	}
	tokens, err := opened.Tokens(ctx)
	return tokens, errors.Join(err, opened.Close())
}

func tokenTable(s *screen, tokens []guard.Token) {
	if len(tokens) == 0 {
		return
	}
	at := func(t *time.Time, none string) string {
		if t == nil {
			return none
		}
		return s.instant(*t)
	}
	rows := make([][]string, 0, len(tokens))
	for i := range tokens {
		t := &tokens[i]
		rows = append(rows, []string{t.ID, t.Name, string(t.Role), string(t.State), at(t.Expires, "never"), at(t.LastUsed, "-"), s.instant(t.Created)})
	}
	s.table([]column{
		{title: "Token"},
		{title: "Name"},
		{title: "Role"},
		{title: "State"},
		{title: "Expires", spare: 1},
		{title: "Last used", spare: 2},
		{title: "Created", spare: 3},
	}, rows)
}

func newTokenRevokeCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "revoke TOKEN...",
		Short: "Take tokens back, with their sessions",
		Long: "Takes tokens back, by name or id. A running gateway lets them in for a second\n" +
			"at most. That cannot be undone.",
		Example: `headgate token revoke laptop
headgate token revoke tok_5f0c6d1e2a3b`,
		Args: atLeastOne("token"),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, _, err := set.load(a)
		if err != nil {
			return err
		}
		return withAccess(cmd.Context(), a, cfg, func(k *daemon.Access) error {
			rows, errs := []guard.Token{}, []error{}
			for _, which := range args {
				token, err := k.Revoke(cmd.Context(), which)
				if err != nil {
					errs = append(errs, withHint(err, "`headgate token list` shows those that there are"))
					continue
				}
				rows = append(rows, guard.NewToken(token, token.Revoked))
				a.say("token " + token.Name + " (" + token.ID + ") is revoked")
			}
			return errors.Join(append(errs, out.print(a, rows, func(s *screen) { tokenTable(s, rows) }))...)
		})
	}
	return cmd
}

// newLink is a link as it is printed.
type newLink struct {
	URL     string      `json:"url"`
	Role    access.Role `json:"role"`
	Expires time.Time   `json:"expires"`
}

func newTokenLinkCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "link",
		Short: "A link that opens the dashboard once",
		Long: "A link that opens the dashboard of the gateway on the data folder once, within\n" +
			"ten minutes of being made. The browser is let in for twelve hours.",
		Example: `headgate token link
headgate token link --role read --server http://10.0.0.7:9090`,
		Args: exactly(),
	}
	out := newOutput(cmd)
	set := newSettings(cmd, "data_dir")
	var address string
	role := choice{value: string(access.RoleAdmin)}
	roleFlag(cmd, &role, "what the browser may: read, operate or admin")
	cmd.Flags().StringVar(&address, "server", "", "where browsers reach the gateway (default: "+serverVariable+",\nelse as configured, http://127.0.0.1:8080)")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, _, err := set.load(a)
		if err != nil {
			return err
		}
		base, err := (&server{flag: address, set: set}).address(a)
		if err != nil {
			return err
		}
		return withAccess(cmd.Context(), a, cfg, func(k *daemon.Access) error {
			secret, link, err := k.NewLink(cmd.Context(), access.Role(role.value))
			if err != nil {
				return err
			}
			made := newLink{URL: base + guard.LinkPath(secret), Role: link.Role, Expires: link.Expires}
			return out.print(a, made, func(s *screen) { s.line("%s", made.URL) })
		})
	}
	return cmd
}
