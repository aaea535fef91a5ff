// Package pace paces the calls of an aws-sdk-go-v2 bedrockruntime client: each
// waits until the account's quotas have room for it, so that Amazon Bedrock
// throttles none. It is Headgate's pacer without the gateway.
//
//	pacer, err := pace.New(pace.Config{Limits: []pace.Limit{{
//		Model:             "us.anthropic.claude-haiku-4-5-20251001-v1:0",
//		RequestsPerMinute: 2,
//		TokensPerMinute:   500_000,
//	}}})
//	if err != nil {
//		return err
//	}
//	client := bedrockruntime.NewFromConfig(cfg, pacer.Attach)
//	out, err := client.Converse(ctx, input) // as ever
//
// # What is paced
//
// Converse, ConverseStream, InvokeModel and InvokeModelWithResponseStream. Other
// operations pass as they are, and so do calls of models for which no limits are
// configured and none of AWS's defaults are known; Config.Logger is told of them.
//
// Take the limits from Service Quotas, the column of applied values: AWS's
// defaults, which hold for whatever is not configured, are often more than a
// young account has.
//
// # What it does to a call
//
// Before the first attempt it forecasts, from the request's bytes and from what
// earlier calls used, what the call will cost, and puts it in line. The call is
// sent when requests and tokens per minute, and tokens per day, have room for what
// Bedrock sets aside: its input and its maxTokens. So set maxTokens: without it
// the model's maximum is set aside.
//
// Each attempt waits for its turn: the SDK's own retries too, at the head of the
// line. A throttle on a quota, which only happens when the quota is not what was
// configured or somebody else uses it, is not shown to the caller: the mirror of
// the limit is corrected, and the call waits again. After two of them that the
// mirror cannot explain, the SDK's retries take over. All other errors reach the
// SDK, and you, unchanged.
//
// An answer settles the call with what it says that it used: a stream as soon as
// its metadata has been read. Nothing in the caller's code changes, and streams
// should be closed as always. One that breaks, is closed early, or whose context
// ends is charged what was expected of it, or what passed, whichever is more; one
// from which nothing is read for ten minutes is taken for abandoned.
//
// # Who goes first
//
// The context says what a call belongs to: WithRun, WithClass, WithTenant. What is
// begun is finished first: with two requests a minute, ten agents with ten calls
// each that take turns all end after 50 minutes, and one after the other the first
// ends after five. Without labels calls are served in order of arrival.
//
// WithDeadline, the context's own deadline and Config.MaxWait bound the wait, and
// WithRunDeadline the time of a whole run. A
// call whose turn would come too late fails at once with an *Error, which says
// which limit is in the way and when it will not be.
//
// # What it does not do
//
// It knows the calls of one process only, and forgets them when that ends: other
// users of the account are seen by their throttles alone, and after a restart a
// window's worth of calls may be refused (and absorbed). It keeps no cache and no
// ledger, joins no equal calls, and does not limit how many calls wait. It does
// not know quotas of an account over all models. A throttle in the middle of a
// stream, after the SDK has returned it, is the caller's. For more than one process,
// or language, there is the gateway.
package pace
