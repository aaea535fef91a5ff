package refusal

import "net/http"

// Query is the refusal as services that speak the query protocol send it (STS,
// CloudWatch): the same by other names, those of the IAM user guide's and the
// API references' "Common errors".
func (e *Error) Query() *Error {
	q := *e
	switch e.Type {
	case "UnrecognizedClientException":
		q.Type = "InvalidClientTokenId"
	case "InvalidSignatureException":
		q.Type = "SignatureDoesNotMatch"
	case "MissingAuthenticationTokenException":
		q.Type, q.Message = "MissingAuthenticationToken", "Request is missing Authentication Token"
	case "IncompleteSignatureException":
		q.Type, q.Status = "IncompleteSignature", http.StatusBadRequest
	case "AccessDeniedException":
		q.Type = "AccessDenied"
	case "ThrottlingException":
		q.Type, q.Status = "Throttling", http.StatusBadRequest
	case "ServiceUnavailableException":
		q.Type = "ServiceUnavailable"
	case "InternalServerException":
		q.Type = "InternalFailure"
	case "ValidationException":
		q.Type = "ValidationError"
	case "SerializationException":
		q.Type = "MalformedInput"
	}
	return &q
}

// JSON is the refusal as services that speak awsJson send it (Service Quotas):
// what the client did wrong is a 400, whatever it was.
func (e *Error) JSON() *Error {
	j := *e
	switch e.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests:
		j.Status = http.StatusBadRequest
	}
	return &j
}
