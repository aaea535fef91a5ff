package emulator

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"

	"github.com/headgate/headgate/internal/emulator/refusal"
)

// The Security Token Service speaks the query protocol (boto/botocore,
// sts/2011-06-15): a form in, XML out.
const (
	stsVersion   = "2011-06-15"
	stsNamespace = "https://sts.amazonaws.com/doc/" + stsVersion + "/"
)

type callerIdentity struct {
	XMLName   xml.Name `xml:"GetCallerIdentityResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Arn       string   `xml:"GetCallerIdentityResult>Arn"`
	UserID    string   `xml:"GetCallerIdentityResult>UserId"`
	Account   string   `xml:"GetCallerIdentityResult>Account"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

type stsError struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Namespace string   `xml:"xmlns,attr"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

// identity answers a request for the Security Token Service.
func (v *visit) identity(ctx context.Context) error {
	id := v.w.Header().Get("X-Amzn-Requestid")
	account, err := v.whoAmI(ctx)
	if err != nil {
		refused := refusal.From(err).Query()
		kind := "Sender"
		if refused.Status >= http.StatusInternalServerError {
			kind = "Receiver"
		}
		return v.respondXML(refused.Status, stsError{
			Namespace: stsNamespace, Type: kind, Code: refused.Type, Message: refused.Message, RequestID: id,
		})
	}
	return v.respondXML(http.StatusOK, callerIdentity{
		Namespace: stsNamespace, Arn: "arn:aws:iam::" + account + ":user/headgate", UserID: "AIDAHEADGATEEMULATOR",
		Account: account, RequestID: id,
	})
}

// whoAmI is the account that a request belongs to.
func (v *visit) whoAmI(ctx context.Context) (string, error) {
	body, err := readBody(v.w, v.r)
	if err != nil {
		return "", err
	}
	if v.acct, _, err = v.e.door.enter(v.r, body, signedIdentity, v.e.config.Now()); err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || v.r.Method != http.MethodPost {
		return "", refusal.New(http.StatusBadRequest, "MalformedQueryString", "The query string contains a syntax error.")
	}
	if form.Get("Action") != "GetCallerIdentity" || form.Get("Version") != stsVersion {
		return "", refusal.New(http.StatusBadRequest, "InvalidAction",
			"Could not find operation "+form.Get("Action")+" for version "+form.Get("Version"))
	}
	return v.acct.ID, v.permit(ctx, "sts:GetCallerIdentity")
}

// respondXML sends an XML body. If it is not delivered, the client has left.
func (v *visit) respondXML(status int, answer any) error {
	body, err := xml.Marshal(answer)
	if err != nil {
		return refusal.Internal()
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body)
	return nil
}
