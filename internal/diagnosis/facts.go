package diagnosis

import (
	"time"

	"github.com/headgate/headgate/internal/account"
	"github.com/headgate/headgate/internal/catalog"
	"github.com/headgate/headgate/internal/llm"
)

// Facts are what is known when a diagnosis is made. What could not be asked for
// has its zero value, and is named in Unchecked.
type Facts struct {
	Now     time.Time
	Catalog *catalog.Catalog // required
	Region  llm.Region       // source Region; empty: none is configured
	Profile string           // of the AWS configuration, for commands; may be empty
	Caller  Caller
	// Snapshot is what AWS says now. Its Missing are what it did not say.
	Snapshot account.Snapshot
	// Kept is what a gateway last heard AWS say; its At is zero when it heard
	// nothing.
	Kept account.Snapshot
	// Refresh is how often a gateway asks; 0: limits are not discovered.
	Refresh time.Duration
	Failed  Failed
	// Configured are the pools of the configuration.
	Configured []llm.Pool
	// Window is how far back Routes, Minutes and Denials go.
	Window  time.Duration
	Routes  []Route
	Minutes []Minute
	Denials []Denial
	// Attempts is how many requests Headgate makes upstream for a call, at most.
	Attempts int
	Env      *Env // nil: no file was named
	Clocks   []Clock
	Gateway  Gateway
	Folder   Folder
	Upstream Upstream
	// Everyone is the use of the whole account, other programs' included; nil:
	// it was not asked for.
	Everyone  []Everyone
	Unchecked []Unchecked
}

// Caller is whose credentials are used.
type Caller struct {
	Account llm.AccountID // empty: AWS did not say
	ARN     string
	// Source is where the credentials were found, in the SDK's words.
	Source  string
	Problem CallerProblem // empty: none
	Reason  string        // the problem in words, without any secret
}

// CallerProblem is why credentials are of no use.
type CallerProblem string

// The problems of credentials.
const (
	NoCredentials CallerProblem = "none"
	Expired       CallerProblem = "expired"
	Rejected      CallerProblem = "rejected" // AWS does not know them, or their secret is wrong
)

// Failed is the last time that a gateway could not ask AWS; At is zero when it
// has been able to since.
type Failed struct {
	At   time.Time
	Text string
}

// Route sums up calls that are alike.
type Route struct {
	Pool      llm.Pool
	ModelID   string // as the client named it
	Operation llm.Operation
	Client    string
	Calls     int64
	// Unset counts calls that named no max_tokens, MaxTokens sums those of the
	// others, MostOutput is the longest answer.
	Unset, MaxTokens, MostOutput int64
	Usage                        llm.Usage
	// ClientAttempts is the most attempts that a client said it makes; 0: none said.
	ClientAttempts int64
	// Repeats counts calls whose body another one had.
	Repeats int64
}

// Minute is what the calls of a pool used in a minute in which Bedrock throttled
// one of them.
type Minute struct {
	Pool      llm.Pool
	Start     time.Time
	Attempts  int64 // requests that were made upstream
	Throttled int64 // of them
	Held      int64 // quota tokens set aside
	Settled   int64 // quota tokens charged
}

// Denial is a call that Bedrock did not allow.
type Denial struct {
	Operation llm.Operation
	ModelID   string
	Calls     int
	Last      time.Time
	Message   string // Bedrock's
}

// Clock is how far a clock is from AWS's: positive when it is slow.
type Clock struct {
	Of   string // such as "this machine"
	Skew time.Duration
}

// Gateway is the running gateway, as it was found.
type Gateway struct {
	URL     string // where it was looked for
	Running bool
	// Other says that something answers there which is no gateway of this version.
	Other bool
	// Refused is why it tells nothing, in its own words; empty when it tells.
	Refused string
	Version string // what it says of itself; empty: nothing
	Ours    string // the version that asks
	// Up is how long it has run by its own clock; 0: not known.
	Up time.Duration
	// Learned are limits of which less is enforced than is applied.
	Learned []Learned
}

// Learned is a limit that a gateway has corrected.
type Learned struct {
	Pool               llm.Pool
	Limit              string
	Applied, Effective int64
	Why                string
}

// Folder is the data folder.
type Folder struct {
	Path string
	// Unwritable is why nothing can be written there; empty: it can.
	Unwritable string
	// Free is the room on its disk, and Size of the whole disk, in bytes; 0: not
	// known.
	Free, Size int64
	// Database is what is wrong with the database; empty: nothing, or there is
	// none yet.
	Database string
}

// Upstream is where calls go, and where they come in.
type Upstream struct {
	Host string // host:port of the upstream's endpoint
	// Listen are the addresses of the gateway, host:port.
	Listen []string
	// Setting is what points there, such as "AWS_ENDPOINT_URL_BEDROCK_RUNTIME".
	Setting string
}

// Everyone is what a whole account used of a model along a path, in the same
// window as the ledger.
type Everyone struct {
	Pool   llm.Pool
	Calls  int64
	Tokens int64 // input and output, as they were counted
}
