package daemon

import (
	"cmp"
	"context"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/adapter/awscloudwatch"
	"github.com/headgate/headgate/internal/adapter/awsquotas"
	"github.com/headgate/headgate/internal/adapter/sqlitestore"
	"github.com/headgate/headgate/internal/config"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/ledger"
	"github.com/headgate/headgate/internal/llm"
)

// Watch is CloudWatch of the account and Region that a configuration names, as a
// command deals with it. It works without a gateway and next to a running one, and
// opens nothing that would have to be closed. It is safe for concurrent use.
type Watch struct {
	// CloudWatch asks AWS, or the emulator that takes its place.
	CloudWatch *awscloudwatch.Client
	Region     llm.Region

	cfg config.Config
	who *awsquotas.Client
}

// OpenWatch finds credentials, which it does not try yet. An empty region is that
// of the configuration, of the environment or of the AWS profile. Errors are
// *fault.Error.
func OpenWatch(ctx context.Context, cfg config.Config, region llm.Region) (*Watch, error) {
	w := &Watch{Region: cmp.Or(region, cfg.Upstream.Region), cfg: cfg}
	if w.Region == "" {
		aws, err := bedrockAdapter(ctx, cfg)
		if err != nil {
			return nil, err
		}
		w.Region = aws.Region()
	}
	var err error
	if w.CloudWatch, err = metricSource(ctx, cfg, w.Region); err != nil {
		return nil, fault.Wrap(fault.Invalid, "speak to CloudWatch", err)
	}
	if w.who, err = quotaSource(ctx, cfg, w.Region); err != nil {
		return nil, fault.Wrap(fault.Invalid, "speak to STS", err)
	}
	return w, nil
}

// Account is the number of the account that the credentials are of.
func (w *Watch) Account(ctx context.Context) (llm.AccountID, error) {
	return w.who.Identity(ctx, w.Region)
}

// Latest is what AWS was last heard to say of a Region, of the account that the
// data folder knows; its At is zero where it never was.
func (w *Watch) Latest(ctx context.Context) (account.Snapshot, error) {
	store, err := sqlitestore.Open(ctx, w.cfg.DataDir, sqlitestore.Options{ReadOnly: true})
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return account.Snapshot{}, nil
	}
	if err != nil {
		return account.Snapshot{}, err
	}
	defer store.Close()
	kept, err := store.Snapshots(ctx)
	if err != nil {
		return account.Snapshot{}, err
	}
	snap, _ := (&snapshots{list: kept}).of(llm.Pool{Region: w.Region})
	return snap, nil
}

// Record keeps an event in the ledger, which it makes where there is none.
func (w *Watch) Record(ctx context.Context, e ledger.Event) error {
	store, err := sqlitestore.Open(ctx, w.cfg.DataDir, sqlitestore.Options{})
	if err != nil {
		return err
	}
	defer store.Close()
	_, err = store.RecordEvent(ctx, e)
	return err
}

// metricSource asks CloudWatch with the credentials of the upstream, or the
// emulator that takes its place.
func metricSource(ctx context.Context, cfg config.Config, region llm.Region) (*awscloudwatch.Client, error) {
	if cfg.Upstream.Kind != config.UpstreamEmulator {
		return awscloudwatch.New(ctx, awscloudwatch.Options{Region: region, Profile: cfg.Upstream.Profile})
	}
	key, secret := emulatorCredentials()
	return awscloudwatch.NewStatic(awscloudwatch.Static{
		AccessKeyID: key, SecretAccessKey: secret, Region: region, EndpointURL: cmp.Or(cfg.Upstream.EndpointURL, config.EmulatorURL),
	})
}
