// Package cloudwatch is an offline Amazon CloudWatch: metrics, metric math and
// alarms of one account and Region each, filled by the emulator's own traffic
// and by PutMetricData, and spoken to by the SDKs of AWS in the three protocols
// that they speak: smithy-rpc-v2-cbor, awsJson 1.0 and awsQuery.
//
// It is kept in memory: sums of one minute each for fourteen days, of a bounded
// number of metrics (see maxSeries and maxSlots). Percentiles are exact up to
// 256 different values a minute, within two percent beyond, and coarser of
// minutes that are hours old. Nothing is
// random, and nothing runs in the background: alarms are evaluated when
// somebody looks, minute by minute from where they were left.
//
// # Time
//
// Time stamps are real. Every period is divided by the time scale N: with a
// Period of 60 data points are 60/N real seconds apart, so that one data point
// is always one nominal minute, as it is one window of the emulator's quotas.
// Fourteen days, and the minutes at which alarms are evaluated, shrink alike;
// durations that are values, as InvocationLatency, are nominal.
//
// It sends no notifications: the actions of an alarm are kept and never done.
package cloudwatch
