package cloudwatch_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/headgate/headgate/internal/emulator/cloudwatch"
)

// raw sends a body as a client of the query protocol does, or of awsJson when a
// target is named.
func (b *bench) raw(t *testing.T, target, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.url+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	if target != "" {
		r.Header.Set("Content-Type", "application/x-amz-json-1.0")
		r.Header.Set("X-Amz-Target", "GraniteServiceVersion20100801."+target)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	text := response.Status[:3] + " " + response.Header.Get("Content-Type") + " "
	if e := response.Header.Get("X-Amzn-Query-Error"); e != "" {
		text += "[" + e + "] "
	}
	return text + string(answer)
}

const xmlns = ` xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/">`

// TestQueryAndJSON are the other two protocols, byte for byte, on one service:
// what is put by one is read by the other.
func TestQueryAndJSON(t *testing.T) {
	t.Parallel()
	b := setup(t, cloudwatch.Config{NoRateLimits: true})
	meta := `<ResponseMetadata><RequestId>0-0-0</RequestId></ResponseMetadata>`
	for _, tt := range []struct{ name, target, body, want string }{
		{
			"query: put data", "", "Action=PutMetricData&Version=2010-08-01&Namespace=App&MetricData.member.1.MetricName=Calls&MetricData.member.1.Value=2.5" +
				"&MetricData.member.1.Dimensions.member.1.Name=Host&MetricData.member.1.Dimensions.member.1.Value=a%26b&MetricData.member.1.Timestamp=2026-11-25T05:59:30Z",
			`200 text/xml <PutMetricDataResponse` + xmlns + meta + `</PutMetricDataResponse>`,
		},
		{
			"json: put data", "PutMetricData", `{"Namespace":"App","MetricData":[{"MetricName":"Calls","Value":4,"Timestamp":1795586400,"Dimensions":[{"Name":"Host","Value":"a&b"}]}]}`,
			`200 application/x-amz-json-1.0 {}`,
		},
		{
			"query: list", "", "Action=ListMetrics&Version=2010-08-01&Namespace=App&Dimensions.member.1.Name=Host",
			`200 text/xml <ListMetricsResponse` + xmlns + `<ListMetricsResult><Metrics><member><Namespace>App</Namespace><MetricName>Calls</MetricName>` +
				`<Dimensions><member><Name>Host</Name><Value>a&amp;b</Value></member></Dimensions></member></Metrics></ListMetricsResult>` + meta + `</ListMetricsResponse>`,
		},
		{
			"json: list", "ListMetrics", `{"MetricName":"Calls"}`,
			`200 application/x-amz-json-1.0 {"Metrics":[{"Namespace":"App","MetricName":"Calls","Dimensions":[{"Name":"Host","Value":"a\u0026b"}]}]}`,
		},
		{
			"query: data", "", "Action=GetMetricData&Version=2010-08-01&StartTime=2026-11-25T05:00:00Z&EndTime=2026-11-25T07:00:00Z&MetricDataQueries.member.1.Id=m1" +
				"&MetricDataQueries.member.1.MetricStat.Metric.Namespace=App&MetricDataQueries.member.1.MetricStat.Metric.MetricName=Calls" +
				"&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=Host&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=a%26b" +
				"&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum",
			`200 text/xml <GetMetricDataResponse` + xmlns + `<GetMetricDataResult><MetricDataResults><member><Id>m1</Id><Label>Calls</Label>` +
				`<Timestamps><member>2026-11-25T06:00:00Z</member><member>2026-11-25T05:59:00Z</member></Timestamps><Values><member>4</member><member>2.5</member></Values>` +
				`<StatusCode>Complete</StatusCode></member></MetricDataResults><Messages></Messages></GetMetricDataResult>` + meta + `</GetMetricDataResponse>`,
		},
		{
			"json: data", "GetMetricData", `{"StartTime":1795582800,"EndTime":1795590000.5,"ScanBy":"TimestampAscending","MetricDataQueries":[{"Id":"m1","ReturnData":false,"MetricStat":` +
				`{"Metric":{"Namespace":"App","MetricName":"Calls","Dimensions":[{"Name":"Host","Value":"a&b"}]},"Period":60,"Stat":"Sum"}},{"Id":"e1","Expression":"m1*2","Label":"twice"}]}`,
			`200 application/x-amz-json-1.0 {"MetricDataResults":[{"Id":"e1","Label":"twice","Timestamps":[1795586340,1795586400],"Values":[5,8],"StatusCode":"Complete"}],"Messages":[]}`,
		},
		{
			"query: statistics", "", "Action=GetMetricStatistics&Version=2010-08-01&Namespace=App&MetricName=Calls&StartTime=2026-11-25T05:55:00Z&EndTime=2026-11-25T06:05:00Z&Period=600" +
				"&Statistics.member.1=Average&ExtendedStatistics.member.1=p90&Dimensions.member.1.Name=Host&Dimensions.member.1.Value=a%26b",
			`200 text/xml <GetMetricStatisticsResponse` + xmlns + `<GetMetricStatisticsResult><Label>Calls</Label><Datapoints><member><Timestamp>2026-11-25T05:55:00Z</Timestamp>` +
				`<Average>3.25</Average><ExtendedStatistics><entry><key>p90</key><value>4</value></entry></ExtendedStatistics></member></Datapoints></GetMetricStatisticsResult>` + meta + `</GetMetricStatisticsResponse>`,
		},
		{
			"query: put alarm", "", "Action=PutMetricAlarm&Version=2010-08-01&AlarmName=calls&Namespace=App&MetricName=Calls&Dimensions.member.1.Name=Host&Dimensions.member.1.Value=a%26b" +
				"&Statistic=Sum&Period=60&EvaluationPeriods=1&Threshold=3&ComparisonOperator=GreaterThanThreshold&OKActions=&ActionsEnabled=false",
			`200 text/xml <PutMetricAlarmResponse` + xmlns + meta + `</PutMetricAlarmResponse>`,
		},
		{
			"json: alarms", "DescribeAlarms", `{"AlarmNamePrefix":"ca"}`,
			`200 application/x-amz-json-1.0 {"CompositeAlarms":[],"MetricAlarms":[{"AlarmName":"calls","AlarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:calls",` +
				`"AlarmConfigurationUpdatedTimestamp":1795586400,"ActionsEnabled":false,"OKActions":[],"AlarmActions":[],"InsufficientDataActions":[],"StateValue":"INSUFFICIENT_DATA",` +
				`"StateReason":"Unchecked: Initial alarm creation","StateUpdatedTimestamp":1795586400,"StateTransitionedTimestamp":1795586400,"MetricName":"Calls","Namespace":"App",` +
				`"Statistic":"Sum","Dimensions":[{"Name":"Host","Value":"a\u0026b"}],"Period":60,"EvaluationPeriods":1,"Threshold":3,"ComparisonOperator":"GreaterThanThreshold"}]}`,
		},
		{
			"query: missing", "", "Action=SetAlarmState&Version=2010-08-01&AlarmName=calls&StateValue=OK",
			`400 text/xml <ErrorResponse` + xmlns + `<Error><Type>Sender</Type><Code>MissingParameter</Code><Message>The parameter StateReason is required.</Message></Error><RequestId>0-0-0</RequestId></ErrorResponse>`,
		},
		{
			"json: missing", "SetAlarmState", `{"AlarmName":"calls","StateValue":"OK"}`,
			`400 application/x-amz-json-1.0 [MissingParameter;Sender] {"__type":"com.amazonaws.cloudwatch#MissingRequiredParameterException","message":"The parameter StateReason is required."}`,
		},
		{
			"json: wrong type", "DeleteAlarms", `{"AlarmNames":"calls"}`,
			`400 application/x-amz-json-1.0 [MalformedInput;Sender] {"__type":"com.amazonaws.cloudwatch#SerializationException","message":"The value of AlarmNames is not a list."}`,
		},
		{
			"json: no object", "DeleteAlarms", `[]`,
			`400 application/x-amz-json-1.0 [MalformedInput;Sender] {"__type":"com.amazonaws.cloudwatch#SerializationException","message":"The request body could not be read: not a JSON object."}`,
		},
		{
			"query: no action", "", "Version=2010-08-01",
			`400 text/xml <ErrorResponse` + xmlns + `<Error><Type>Sender</Type><Code>MissingAction</Code><Message>The request must contain the parameter Action</Message></Error><RequestId>0-0-0</RequestId></ErrorResponse>`,
		},
		{
			"json: unknown", "PutDashboard", `{}`,
			`404 application/x-amz-json-1.0 [InvalidAction;Sender] {"__type":"com.amazonaws.cloudwatch#UnknownOperationException","message":"Could not find operation PutDashboard for version 2010-08-01"}`,
		},
	} {
		if got := b.raw(t, tt.target, tt.body); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	b.add(time.Minute)
	if got := b.raw(t, "DescribeAlarms", `{"StateValue":"ALARM"}`); !strings.Contains(got, `"StateValue":"ALARM","StateReason":"Threshold Crossed: 1 out of the last 1 datapoints [4.0 (25/11/26 06:00:00)] was greater than`) {
		t.Error(got)
	}
}
