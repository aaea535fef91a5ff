package daemon

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/console/schemas"
	"github.com/headgate/headgate/internal/counsel"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
	"github.com/headgate/headgate/internal/schema/agent"
	"github.com/headgate/headgate/internal/schema/tabular"
	"github.com/headgate/headgate/internal/schema/workshop"
)

// These variables have the addresses of servers that schemas are tried on.
const (
	PostgresVariable = "HEADGATE_POSTGRES_DSN"
	MySQLVariable    = "HEADGATE_MYSQL_DSN"
)

const (
	// schemaMemory is what measuring the files of a schema may take, and
	// schemaWorkers how many processors: calls come first.
	schemaMemory  = 128 << 20
	schemaWorkers = 1
	// unpackedLimit is how many times the upload a packed file may become.
	unpackedLimit = 16
)

// openWorkshop opens the folder of schemas in the data folder.
func (g *Gateway) openWorkshop() (err error) {
	dir := g.cfg.DataDir
	if filepath.Ext(dir) == ".db" {
		dir = filepath.Dir(dir)
	}
	g.workshop, err = workshop.Open(workshop.Options{
		Dir: filepath.Join(dir, "schemas"), Make: g.makeSchema, Keep: g.cfg.Schemas.Keep, KeepFor: g.cfg.Schemas.KeepFor.Std(), Logger: g.log,
	})
	return err
}

// schemas is the part of the API that makes schemas.
func (g *Gateway) schemas() console.Room {
	return schemas.Room(schemas.Options{Workshop: g.workshop, Model: g.schemaModel, MaxUpload: int64(g.cfg.Schemas.UploadLimit)})
}

// schemaModel is the id of a model that is asked about schemas.
func (g *Gateway) schemaModel(name string) (string, error) {
	id := cmp.Or(name, g.catalog.ProfileFor(counsel.UsualModel, g.region), string(counsel.UsualModel))
	if _, err := g.catalog.Resolve(id, g.region); err != nil {
		return "", fault.WithCure(err, "`headgate model list` shows the models that there are")
	}
	return id, nil
}

// makeSchema makes a schema. The model is asked through this gateway's own address.
// Servers are those of the environment; none is started.
func (g *Gateway) makeSchema(ctx context.Context, order workshop.Order, in, out string, tell func(agent.Progress)) (_ *agent.Report, err error) {
	engines, err := OpenSchemaEngines(ctx, order.Dialects, SchemaServers{
		Postgres: os.Getenv(PostgresVariable), MySQL: os.Getenv(MySQLVariable), None: true, TempDir: filepath.Dir(out),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, engines.Close()) }()
	o := agent.Options{
		Describe: order.Sentence, Name: order.Name, Out: out, Dialects: order.Dialects, Engines: engines.List, NoRows: !order.Rows, Progress: tell,
		Reading: tabular.Options{TempDir: filepath.Dir(out), MaxUnpacked: unpackedLimit * int64(g.cfg.Schemas.UploadLimit)},
		Workers: schemaWorkers, Memory: schemaMemory, Version: Version(),
	}
	if files, err := os.ReadDir(in); err != nil || len(files) > 0 {
		o.Inputs = []string{in}
	}
	if order.Model != "" {
		if err := g.judge(ctx, order.Model, &o); err != nil {
			return nil, err
		}
	}
	return agent.Generate(ctx, o)
}

// judge has the options ask a model through this gateway.
func (g *Gateway) judge(ctx context.Context, model string, o *agent.Options) error {
	target, err := g.catalog.Resolve(model, g.region)
	if err != nil {
		return err
	}
	caller, err := NewSchemaCaller(g.base, g.region, llm.ModelID(model))
	if err != nil {
		return err
	}
	rows := g.console.Quotas(ctx, time.Now(), console.Filter{Model: target.Model, Path: target.Path}).Quotas
	o.Caller, o.Model, o.Cost, o.Together = caller, model, SchemaCost(g.catalog, g.region), SchemaTogether(SchemaRate(rows, 0))
	return nil
}

// baseOf is where programs of this machine reach a listener.
func baseOf(ln net.Listener) string {
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return "http://" + ln.Addr().String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port)
}
