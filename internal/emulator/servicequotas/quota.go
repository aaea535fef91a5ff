package servicequotas

// The one service that there is.
const (
	serviceCode = "bedrock"
	serviceName = "Amazon Bedrock"
)

// quota is the service model's ServiceQuota. Those of Bedrock have neither a
// usage metric nor a period.
type quota struct {
	ServiceCode, ServiceName string
	QuotaArn, QuotaCode      string
	QuotaName                string
	Value                    number
	Unit                     string
	Adjustable, GlobalQuota  bool
	QuotaAppliedAtLevel      string `json:",omitempty"`
	Description              string
}

// number is written as the service writes it, 10000.0: clients of some languages
// tell it from a whole number.
type number float64

// MarshalJSON always has a fraction.
func (n number) MarshalJSON() ([]byte, error) { return []byte(decimal(float64(n))), nil }

type quotaAnswer struct{ Quota quota }

type quotasAnswer struct {
	NextToken string `json:",omitempty"`
	Quotas    []quota
}

func (c *call) show(r *row, value float64, applied bool) quota {
	q := quota{
		ServiceCode: serviceCode, ServiceName: serviceName, QuotaArn: arn(c.from.Region, c.from.ID, r.code), QuotaCode: r.code, QuotaName: r.name,
		Value: number(value), Unit: "None", Adjustable: r.adjustable, Description: r.description,
	}
	if applied {
		q.QuotaAppliedAtLevel = "ACCOUNT"
	} else {
		q.QuotaArn = arn(c.from.Region, "", r.code)
	}
	return q
}

// usual is AWS's default for the account.
func (c *call) usual(r *row) float64 {
	if v, ok := c.from.Account.Default(r.code); ok {
		return v
	}
	return r.value
}

// applied is the account's value, which a row's factor makes what is enforced;
// false when there is none. A limit that the emulator does not enforce has the
// default.
func (c *call) applied(r *row) (float64, bool) {
	if r.bound {
		if v, ok := c.from.Account.Enforced(r.limit(c.from.Region)); ok {
			return float64(v / r.factor), true
		}
	}
	if v, ok := c.from.Account.Applied(c.from.Region, r.code); ok {
		return v, true
	}
	return c.usual(r), !r.unapplied && !r.superseded
}

// seen reports whether the account has the row at all.
func (c *call) seen(r *row) bool {
	if !r.superseded {
		return true
	}
	_, ok := c.applied(r)
	return ok
}

// row finds the row that the input names.
func (c *call) row() (*row, error) {
	if err := c.service(true); err != nil {
		return nil, err
	}
	if c.in.QuotaCode == "" {
		return nil, missing("quotaCode")
	}
	r := c.table.byCode[c.in.QuotaCode]
	if r == nil || !c.seen(r) {
		return nil, noSuch("The request failed because the specified quota %s does not exist.", c.in.QuotaCode)
	}
	return r, nil
}

func (c *call) service(required bool) error {
	switch c.in.ServiceCode {
	case serviceCode:
		return nil
	case "":
		if !required {
			return nil
		}
		return missing("serviceCode")
	}
	return noSuch("The request failed because the specified service does not exist.")
}

func missing(name string) *problem {
	return illegal("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must not be null", name)
}

func (c *call) getApplied() (any, error) {
	r, err := c.row()
	if err != nil {
		return nil, err
	}
	v, ok := c.applied(r)
	if !ok {
		return nil, noSuch("The request failed because the applied value of the quota %s is not available.", r.code)
	}
	return quotaAnswer{c.show(r, v, true)}, nil
}

func (c *call) getDefault() (any, error) {
	r, err := c.row()
	if err != nil {
		return nil, err
	}
	return quotaAnswer{c.show(r, c.usual(r), false)}, nil
}

func (c *call) listApplied() (any, error) {
	if err := c.service(true); err != nil {
		return nil, err
	}
	switch c.in.QuotaAppliedAtLevel {
	case "", "ACCOUNT", "RESOURCE", "ALL":
	default:
		return nil, illegal("The quota applied at level %q is none of ACCOUNT, RESOURCE, ALL.", c.in.QuotaAppliedAtLevel)
	}
	list := []quota{}
	for _, r := range c.table.rows {
		if c.in.QuotaCode != "" && r.code != c.in.QuotaCode || c.in.QuotaAppliedAtLevel == "RESOURCE" {
			continue
		}
		if v, ok := c.applied(r); ok {
			list = append(list, c.show(r, v, true))
		}
	}
	return c.answerPage(list, "applied")
}

func (c *call) listDefaults() (any, error) {
	if err := c.service(true); err != nil {
		return nil, err
	}
	list := []quota{}
	for _, r := range c.table.rows {
		if c.seen(r) {
			list = append(list, c.show(r, c.usual(r), false))
		}
	}
	return c.answerPage(list, "default")
}

func (c *call) answerPage(list []quota, of string) (any, error) {
	part, next, err := page(list, c.in.paging, c.from.ID, string(c.from.Region), of, c.in.QuotaCode)
	if err != nil {
		return nil, err
	}
	return quotasAnswer{next, part}, nil
}
