package monitor

import (
	"context"
	"fmt"

	"github.com/headgate/headgate/internal/alarm"
	"github.com/headgate/headgate/internal/fault"
	"github.com/headgate/headgate/internal/llm"
)

// Alarms are those of CloudWatch. Errors are *fault.Error, of kind Denied with the
// action that is missing.
type Alarms interface {
	// Alarms lists those whose names begin with prefix, without their tags.
	Alarms(ctx context.Context, in llm.Region, prefix string) ([]alarm.Found, error)
	Tags(ctx context.Context, in llm.Region, arn string) (map[string]string, error)
	Put(ctx context.Context, in llm.Region, s alarm.Setting) error
	Tag(ctx context.Context, in llm.Region, arn string, tags map[string]string) error
	Delete(ctx context.Context, in llm.Region, name string) error
}

// Find lists the alarms of a Region whose names are Headgate's, with their tags.
// Where those cannot be read they are nil, and missing says why.
func Find(ctx context.Context, from Alarms, in llm.Region) (found []alarm.Found, missing, err error) {
	if found, err = from.Alarms(ctx, in, alarm.Prefix(in)); err != nil {
		return nil, nil, err
	}
	for i := range found {
		f := &found[i]
		tags, err := from.Tags(ctx, in, f.ARN)
		switch {
		case err == nil:
			f.Tags = tags
		case ctx.Err() != nil:
			return nil, nil, err
		default:
			missing = err
			if fault.KindOf(err) == fault.Denied {
				return found, missing, nil // and so it goes on
			}
		}
	}
	return found, missing, nil
}

// Applied is what became of a change.
type Applied struct {
	alarm.Change
	// Error is what went wrong, for people; empty: it was done, or there was
	// nothing to do.
	Error string `json:"error"`
	// Done says that CloudWatch took it.
	Done bool `json:"done"`
}

// Report is what there is to do about alarms, and what was done.
type Report struct {
	Account llm.AccountID `json:"account"` // empty: not known
	Region  llm.Region    `json:"region"`
	DryRun  bool          `json:"dry_run"`
	Alarms  []Applied     `json:"alarms"`
	// Missing is what could not be asked, and so is not compared.
	Missing []string `json:"missing"`
}

// Apply makes the changes one by one. One that fails does not keep the others from
// being made, unless the context has ended; the error then is that of the first
// that failed.
func Apply(ctx context.Context, to Alarms, in llm.Region, changes []alarm.Change) ([]Applied, error) {
	out := make([]Applied, 0, len(changes))
	var first error
	for _, c := range changes {
		done := Applied{Change: c}
		err := ctx.Err()
		if err == nil {
			done.Done, err = apply(ctx, to, in, c)
		}
		if err != nil {
			done.Error = reason(err)
			if first == nil {
				first = err
			}
		}
		out = append(out, done)
	}
	return out, first
}

func apply(ctx context.Context, to Alarms, in llm.Region, c alarm.Change) (bool, error) {
	switch c.Do {
	case alarm.Create:
		return ended(to.Put(ctx, in, c.Want))
	case alarm.Update:
		if !c.Retag || len(c.Differs) > 1 {
			if err := to.Put(ctx, in, c.Want); err != nil {
				return false, err
			}
		}
		if !c.Retag {
			return true, nil
		}
		return ended(to.Tag(ctx, in, c.ARN, c.Want.Tags))
	case alarm.Delete:
		return ended(to.Delete(ctx, in, c.Name))
	case alarm.Leave, alarm.LeftOver:
	}
	return false, nil
}

func ended(err error) (bool, error) { return err == nil, err }

// reason is an error as people read it.
func reason(err error) string {
	if text := fault.Message(err); fault.KindOf(err) != fault.Internal {
		return text
	}
	return fmt.Sprint(err)
}
