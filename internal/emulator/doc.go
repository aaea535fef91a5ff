// Package emulator is an offline Amazon Bedrock with quotas: one handler that
// answers the SDKs of AWS as the service would, and throttles them as the
// service would.
//
// The zero Config works: one account that takes any credentials and has no
// quotas. Accounts, quotas, latency, faults and scripted answers are added by
// its fields, or while it runs by PUT /emulator/quotas and PUT
// /emulator/faults. What is random of them is drawn from seeds: the same
// configuration, clock and calls give the same outcomes. GET /emulator/stats says what happened; POST
// /emulator/reset forgets it.
//
// # What is faithful
//
//   - Operations, paths, JSON shapes, event-stream framing and usage of
//     Converse, ConverseStream, InvokeModel, InvokeModelWithResponseStream
//     (Anthropic, Nova, Titan Text Embeddings V2), CountTokens,
//     ListInferenceProfiles, GetInferenceProfile, ListFoundationModels and
//     GetFoundationModel: the public service models and captures.
//   - Errors: status, x-amzn-errortype, body and the wording that tells the
//     limits apart. A 429 carries no Retry-After.
//   - What a call sets aside and finally costs, per account, source Region,
//     model and path: docs.aws.amazon.com/bedrock,
//     userguide/quotas-token-burndown.
//   - Signatures (SigV4) and Bedrock API keys, once an account has keys.
//   - CloudWatch: names, units and dimensions of the runtime's metrics in
//     AWS/Bedrock, and the three protocols; see package cloudwatch.
//   - Service Quotas: operations, errors, paging and rates, with the values that
//     are enforced here; see package servicequotas. STS GetCallerIdentity.
//     An increase is compared with AWS's default, not with what the account has:
//     what is less must be asked for in a Support case. What is approved holds
//     from then on, and what was spent stays spent.
//   - Prompt caching: prefixes by cache point, 5 minutes or 1 hour, with the
//     model's least length.
//
// # What is unknown about Bedrock, and what we do
//
//   - How a limit forgets. By default a bucket that holds a minute; see Law and
//     meter.Kind for what else fits the measurements.
//   - How much of a published quota is enforced. Here: all of it, unless a
//     Quota has a Hidden factor, with steps and drift. Listings and the
//     published amount in statistics do not tell of it.
//   - What a call sets aside, how that is released while an answer is generated,
//     and where and when the rest is given back. Here: the newest published
//     rule, all at the end, at once, to the window of origin. Accounting has
//     the variants, for all quotas or for one.
//   - What a refused call costs. Here: nothing; Accounting has a request, and
//     what it would have set aside.
//   - When a day's quota starts anew, and how tokens are weighted by price in
//     it. Here: at midnight UTC, each token as in a minute's. DayLaw has the last
//     24 hours, and weights of our own: the real ones are not published.
//   - Who else uses an account. Here: nobody, unless a Quota has Others. They
//     are throttled as anyone is, and do not come back.
//   - When capacity runs out. Here: never, unless a Fault says so; one of kind
//     "unavailable" with every_ms and lasting_ms comes in bursts.
//   - What a failed call costs. Here: an error before the first token gives its
//     tokens back; a stream that broke pays for what it said; the request is
//     spent in either case. Clients that leave pay for what was generated.
//   - Into which minute a call's metrics go. Here: into that in which it ended,
//     at once. What a metric shows when there was nothing to count. Here: no data,
//     never 0.
//   - What CloudWatch counts of a call that is refused before its model is known.
//     Here: nothing; one whose body is wrong is an InvocationClientErrors alone.
//   - How the cache metrics are spelt: both ways are documented.
//     CloudWatch.OlderCacheNames has the other.
//   - How far back an alarm looks for data that is late. Here: two periods more
//     than it evaluates, as in the example that is documented.
//   - How long AWS takes for an increase, and what it decides. Here: 10 seconds
//     until there is a case, then a minute, both divided by the time scale, and
//     yes. ServiceQuotas has delays and outcomes, for all or by quota (PUT
//     /emulator/increases while it runs), Hold among them: POST
//     /emulator/cases/{id}/resolve then ends it. POST /emulator/cases opens a
//     Support case, which nobody answers but by that path; GET lists all.
//   - What CASE_CLOSED means for the quota. Here: nothing, unless who resolves the
//     case gives values.
//   - Who may do what, and when a service is short of something. Here: everybody
//     everything, never, unless a Fault with an Action says so.
//   - What an increase of one row does to its siblings. Here: nothing.
//   - What Service Quotas says of an increase that is above the default but not
//     above what the account has, and of a quota that cannot be adjusted. Here:
//     IllegalArgumentException, in words of our own.
//   - Whether "64K" of output means 64,000 or 65,536. Here: 65,536.
//   - From which Regions each geographic profile can be called. Here: from its
//     own part of the world.
//
// # What is made up
//
// An alarm is evaluated when somebody looks, as of the end of each minute since;
// its actions are never done. What CloudWatch calls a query without a label, and
// how many calls of an operation may come at once, is a guess.
//
// What others use shows in CloudWatch as InputTokenCount and
// EstimatedTPMQuotaUsage alike, without latencies: they have no more than a
// number of quota tokens. Calls that nobody looked at for long are spread evenly.
//
// Rows of Service Quotas that the catalog does not know have made-up codes and
// defaults; so have the defaults that it does not know. A quota over all models
// that was raised holds in all Regions.
//
// Answers are sentences that mean nothing, alike for the same prompt and
// model. A forced tool is called with an input that conforms to its schema.
// Four bytes of text are one token, whatever the model. A prompt that contains
// "[[output_tokens=250]]" in its last user message, or a request with the
// header x-emulator-output-tokens: 250, is answered with that many. A Script
// says what should be said instead; its answers carry x-emulator-script, and all
// answers x-emulator: true, so that nobody takes them for a model's.
package emulator
