// Package servicequotas is the emulator's AWS Service Quotas for the service
// code "bedrock": its wire protocol (awsJson 1.1), its rows, their applied and
// default values, the life of an increase request, and cases at AWS Support.
//
// Operations, shapes, errors and constraints are those of the public service
// model (boto/botocore, service-quotas/2019-06-24), the rates those of
// docs.aws.amazon.com/servicequotas, userguide/reference_limits. The rows of
// the catalog have AWS's names and codes where these are known. Rows that the
// catalog does not have (batch, provisioned, customised and latency-optimized
// inference of every model) have names in AWS's manner, and codes and defaults
// that are made up, but the same in every process.
//
// What an account may really use is not kept here: it is asked of the Account,
// so that what the service shows is what the emulator enforces.
package servicequotas
