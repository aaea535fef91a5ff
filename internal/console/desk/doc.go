// Package desk is the part of the API where people ask what to do, and have it
// done: plans and recommendations for a workload, a diagnosis, requests for higher
// quotas, and alarms. The answers are those of the commands plan, quota recommend,
// doctor, quota request and alarm, from the same types. What writes to AWS shows
// first what it would do (dry_run), and wants {"confirm": true} to do it.
package desk
