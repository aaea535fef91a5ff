package alarm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

type object = map[string]any

// CloudFormation is a template of the alarms: JSON.
func CloudFormation(alarms []Alarm, note string) ([]byte, error) {
	resources := object{}
	for _, a := range alarms {
		resources[a.ID] = object{"Type": "AWS::CloudWatch::Alarm", "Properties": a.properties()}
	}
	return document(object{"AWSTemplateFormatVersion": "2010-09-09", "Description": note, "Resources": resources})
}

// CLI is a shell script that makes the alarms with the AWS command line.
func CLI(alarms []Alarm, note string) ([]byte, error) {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# " + note + "\nset -eu\n")
	for _, a := range alarms {
		data, err := json.Marshal(a.properties())
		if err != nil {
			return nil, err
		}
		b.WriteString("aws cloudwatch put-metric-alarm --cli-input-json '" + strings.ReplaceAll(string(data), "'", `'\''`) + "'\n")
	}
	return []byte(b.String()), nil
}

// properties are those of PutMetricAlarm, which CloudFormation names alike.
func (a Alarm) properties() object {
	p := object{
		"AlarmName": a.Name, "AlarmDescription": a.Why, "ComparisonOperator": "GreaterThanThreshold",
		"EvaluationPeriods": a.Periods, "Threshold": a.Threshold, "TreatMissingData": "notBreaching",
	}
	if a.Topic != "" {
		p["AlarmActions"] = []string{a.Topic}
	}
	if len(a.Tags) > 0 {
		var tags []object
		for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
			tags = append(tags, object{"Key": key, "Value": a.Tags[key]})
		}
		p["Tags"] = tags
	}
	if queries := a.Queries(); queries != nil {
		var list []object
		for _, q := range queries {
			one := object{"Id": q.ID, "Label": q.Label, "ReturnData": q.Expression != ""}
			if q.Expression != "" {
				one["Expression"] = q.Expression
			} else {
				metric := object{"Namespace": q.Namespace, "MetricName": q.Metric, "Dimensions": pairs(q.Dimensions)}
				one["MetricStat"] = object{"Metric": metric, "Period": q.Period, "Stat": q.Statistic}
			}
			list = append(list, one)
		}
		p["Metrics"] = list
		return p
	}
	p["Namespace"], p["MetricName"], p["Period"] = Namespace, a.Metric, a.Period
	if strings.HasPrefix(a.Statistic, "p") {
		p["ExtendedStatistic"] = a.Statistic
	} else {
		p["Statistic"] = a.Statistic
	}
	if len(a.Models) > 0 {
		p["Dimensions"] = pairs(a.query(a.Models[0]).Dimensions)
	}
	return p
}

func pairs(dimensions []Dimension) []object {
	out := []object{}
	for _, d := range dimensions {
		out = append(out, object{"Name": d.Name, "Value": d.Value})
	}
	return out
}

// Terraform is a configuration in Terraform's JSON syntax, for a file
// whose name ends in .tf.json.
func Terraform(alarms []Alarm, note string) ([]byte, error) {
	resources := object{}
	for _, a := range alarms {
		resources[strings.ReplaceAll(a.Name, "-", "_")] = a.arguments()
	}
	return document(object{"//": note, "resource": object{"aws_cloudwatch_metric_alarm": resources}})
}

// arguments are those of the resource aws_cloudwatch_metric_alarm.
func (a Alarm) arguments() object {
	p := object{
		"alarm_name": a.Name, "alarm_description": a.Why, "comparison_operator": "GreaterThanThreshold",
		"evaluation_periods": a.Periods, "threshold": a.Threshold, "treat_missing_data": "notBreaching",
	}
	if a.Topic != "" {
		p["alarm_actions"] = []string{a.Topic}
	}
	if len(a.Tags) > 0 {
		p["tags"] = a.Tags
	}
	if queries := a.Queries(); queries != nil {
		var list []object
		for _, q := range queries {
			one := object{"id": q.ID, "label": q.Label, "return_data": q.Expression != ""}
			if q.Expression != "" {
				one["expression"] = q.Expression
			} else {
				dimensions := object{}
				for _, d := range q.Dimensions {
					dimensions[d.Name] = d.Value
				}
				one["metric"] = object{
					"namespace": q.Namespace, "metric_name": q.Metric, "period": q.Period, "stat": q.Statistic, "dimensions": dimensions,
				}
			}
			list = append(list, one)
		}
		p["metric_query"] = list
		return p
	}
	p["namespace"], p["metric_name"], p["period"] = Namespace, a.Metric, a.Period
	if strings.HasPrefix(a.Statistic, "p") {
		p["extended_statistic"] = a.Statistic
	} else {
		p["statistic"] = a.Statistic
	}
	if len(a.Models) > 0 {
		p["dimensions"] = object{"ModelId": a.Models[0]}
	}
	return p
}

func document(v any) ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return []byte(b.String()), err
}
