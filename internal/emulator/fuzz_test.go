package emulator_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"github.com/headgate/headgate/internal/emulator"
)

// fuzzed is a handler for one request after the other, each to an emulator that
// remembers none.
func fuzzed(f *testing.F) func(r *http.Request) *httptest.ResponseRecorder {
	f.Helper()
	e, err := emulator.New(emulator.Config{
		Latency: emulator.NoLatency(), ServiceQuotas: unmetered, CloudWatch: emulator.CloudWatch{NoRateLimits: true},
	})
	if err != nil {
		f.Fatal(err)
	}
	handler := e.Handler()
	return func(r *http.Request) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		e.Reset()
		return w
	}
}

// request is a POST of a body in a protocol.
func request(path, kind, target, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return r
}

// wellFormed checks that an answer is a success or an error of the client's, and
// that an error has a name and a message.
func wellFormed(t *testing.T, w *httptest.ResponseRecorder, members map[string]any, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%d %q: %v", w.Code, w.Body, err)
	}
	if w.Code == http.StatusOK {
		return
	}
	message := members["message"]
	if message == nil {
		message = members["Message"]
	}
	if name, _ := members["__type"].(string); w.Code/100 != 4 || name == "" || message == nil || message == "" {
		t.Errorf("%d %q: want an error of the client's with a name and a message", w.Code, w.Body)
	}
}

func FuzzServiceQuotas(f *testing.F) {
	for _, body := range []string{
		`{"ServiceCode":"bedrock","QuotaCode":"L-CCA5DF70","DesiredValue":10001,"SupportCaseAllowed":false}`,
		`{"ServiceCode":"bedrock","NextToken":"x","MaxResults":1}`, `{"ServiceCode":"bedrock","Status":"PENDING","QuotaRequestedAtLevel":"ALL"}`,
		`{"RequestId":"x"}`, `{"DesiredValue":1e999}`, `{"MaxResults":-9223372036854775808}`, `[]`, `null`, `{`, ``,
	} {
		for _, operation := range []string{"ListServiceQuotas", "GetServiceQuota", "RequestServiceQuotaIncrease", "ListRequestedServiceQuotaChangeHistoryByQuota", "GetRequestedServiceQuotaChange", "None"} {
			f.Add(operation, body)
		}
	}
	do := fuzzed(f)
	f.Fuzz(func(t *testing.T, operation, body string) {
		w := do(request("/", "application/x-amz-json-1.1", "ServiceQuotasV20190624."+operation, body))
		var members map[string]any
		wellFormed(t, w, members, json.Unmarshal(w.Body.Bytes(), &members))
	})
}

func FuzzCallerIdentity(f *testing.F) {
	for _, form := range []string{
		"Action=GetCallerIdentity&Version=2011-06-15", "Action=AssumeRole&Version=2011-06-15", "Action=%00&Version=\xff", "%zz", "a;b", "",
	} {
		f.Add(form)
	}
	do := fuzzed(f)
	f.Fuzz(func(t *testing.T, form string) {
		w := do(request("/", "application/x-www-form-urlencoded", "", form))
		members, err := xmlError(w.Body.Bytes())
		wellFormed(t, w, members, err)
	})
}

// xmlError reads the name and the message of an error of the query protocol.
func xmlError(body []byte) (map[string]any, error) {
	var answer struct {
		Code    string `xml:"Error>Code"`
		Message string `xml:"Error>Message"`
	}
	d := xml.NewDecoder(strings.NewReader(string(body)))
	if err := d.Decode(&answer); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the answer")
	}
	return map[string]any{"__type": answer.Code, "message": answer.Message}, nil
}

func FuzzCloudWatch(f *testing.F) {
	for _, operation := range []string{"GetMetricData", "PutMetricData", "PutMetricAlarm", "DescribeAlarms", "ListMetrics", "GetMetricStatistics", "SetAlarmState", "TagResource", "None"} {
		f.Add(byte(0), operation, "\xbf\x61a\x9f\x01\xff\xff")
		f.Add(byte(1), operation, `{"AlarmName":"a","Namespace":"b","MetricName":"c","Period":60,"EvaluationPeriods":1,"Threshold":1,"ComparisonOperator":"GreaterThanThreshold","Statistic":"Sum",`+
			`"MetricData":[{"MetricName":"m","Value":1}],"StartTime":1,"EndTime":2,"MetricDataQueries":[{"Id":"m1","Expression":"1+"}],"StateValue":"OK","StateReason":"r"}`)
		f.Add(byte(2), operation, "&MetricData.member.1.MetricName=m&MetricData.member.1.Value=1&Namespace=n&StartTime=1&EndTime=2")
	}
	do := fuzzed(f)
	f.Fuzz(func(t *testing.T, protocol byte, operation, body string) {
		var members map[string]any
		switch protocol % 3 {
		case 0:
			if _, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/"+operation, nil); err != nil || strings.ContainsAny(operation, " \t\r\n?#%") {
				return // no request has such a path
			}
			r := request("/service/GraniteServiceVersion20100801/operation/"+operation, "application/cbor", "", body)
			r.Header.Set("Smithy-Protocol", "rpc-v2-cbor")
			w := do(r)
			v, err := cbor.Decode(w.Body.Bytes())
			members = map[string]any{}
			if answer, ok := v.(cbor.Map); ok {
				for name, value := range answer {
					if text, ok := value.(cbor.String); ok {
						members[name] = string(text)
					}
				}
			}
			wellFormed(t, w, members, err)
		case 1:
			w := do(request("/", "application/x-amz-json-1.0", "GraniteServiceVersion20100801."+operation, body))
			err := json.Unmarshal(w.Body.Bytes(), &members)
			wellFormed(t, w, members, err)
		default:
			r := request("/", "application/x-www-form-urlencoded", "", "Action="+operation+"&Version=2010-08-01&"+body)
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=0")
			w := do(r)
			members, err := xmlError(w.Body.Bytes())
			wellFormed(t, w, members, err)
		}
	})
}

// FuzzControl: the control paths refuse in Bedrock's form.
func FuzzControl(f *testing.F) {
	paths := []string{"quotas", "faults", "increases", "rates", "cases", "cases/1/resolve"}
	for i, body := range []string{
		`{"model":"a","requests_per_minute":1,"law":"shards:4","others":{"requests_per_minute":1},"account_tokens_per_day":null}`,
		`[{"action":"servicequotas:*","kind":"slow","probability":0.5,"delay_ms":9223372036854775807}]`, `{"L-CCA5DF70":"deny:30s:1h"}`, `{"*":1e6}`,
		`{"codes":["L-CCA5DF70"],"values":{"L-58BE175A":1e15}}`, `{"outcome":"case-closed","values":{"L-58BE175A":1}}`,
	} {
		f.Add(byte(i), body)
	}
	do := fuzzed(f)
	f.Fuzz(func(t *testing.T, path byte, body string) {
		at := paths[int(path)%len(paths)]
		r := request("/emulator/"+at, "application/json", "", body)
		if !strings.HasPrefix(at, "cases") {
			r.Method = http.MethodPut
		}
		w := do(r)
		if w.Code == http.StatusOK || w.Code == http.StatusNoContent {
			return
		}
		var refused struct{ Message string }
		if err := json.Unmarshal(w.Body.Bytes(), &refused); err != nil || refused.Message == "" || w.Code/100 != 4 {
			t.Errorf("PUT %s %q: %d %q, %v", at, body, w.Code, w.Body, err)
		}
	})
}
