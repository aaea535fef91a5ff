package servicequotas

import (
	"time"

	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Limit names one limit of an account in a Region. Without a Model it is one
// over all models.
type Limit struct {
	Region llm.Region
	Model  llm.ModelID
	Path   llm.Path
	Kind   catalog.QuotaKind
}

// Account is the account whose quotas are shown and changed. It is called with
// a lock held and must not call back; it must be safe for concurrent use.
type Account interface {
	// Enforced is the amount of a limit; false when the account has none.
	Enforced(l Limit) (int64, bool)
	// Enforce makes an amount hold from at on. What was spent stays spent.
	Enforce(at time.Time, l Limit, amount int64)
	// Applied is the value of a row that is no limit here; false when nobody has
	// changed it. Apply changes it.
	Applied(region llm.Region, code string) (float64, bool)
	Apply(region llm.Region, code string, value float64)
	// Default is what the account sees as AWS's default of a code; false when it
	// is the common one.
	Default(code string) (float64, bool)
}

// Caller is who asks, and in which Region.
type Caller struct {
	ID      string // twelve digits
	Region  llm.Region
	Account Account
}
