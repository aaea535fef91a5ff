package cloudwatch

import (
	"fmt"
	"net/http"
)

// problem is an error as a client sees it: the shape of the service model, and
// the code that the query protocol has for it.
type problem struct {
	status      int
	shape, code string
	message     string
}

// Error names the shape and gives the message.
func (p *problem) Error() string { return p.shape + ": " + p.message }

func invalidValue(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, "InvalidParameterValueException", "InvalidParameterValue", fmt.Sprintf(format, args...)}
}

func invalidCombination(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, "InvalidParameterCombinationException", "InvalidParameterCombination", fmt.Sprintf(format, args...)}
}

func missing(name string) *problem {
	return &problem{http.StatusBadRequest, "MissingRequiredParameterException", "MissingParameter", "The parameter " + name + " is required."}
}

// invalid is what the service says of a request that its model does not allow.
func invalid(format string, args ...any) *problem {
	return &problem{http.StatusBadRequest, "ValidationException", "ValidationError", fmt.Sprintf(format, args...)}
}

// constraint is invalid in the words for one value that is out of bounds.
func constraint(value any, at, want string) *problem {
	return invalid("1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: Member must %s", value, at, want)
}

func invalidToken() *problem {
	return &problem{http.StatusBadRequest, "InvalidNextToken", "InvalidNextToken", "The next token specified is invalid."}
}

func notFound(message string) *problem {
	return &problem{http.StatusNotFound, "ResourceNotFound", "ResourceNotFound", message}
}

func noResource(arn string) *problem {
	return &problem{http.StatusNotFound, "ResourceNotFoundException", "ResourceNotFoundException", "Unknown resource " + arn}
}

func limitExceeded(message string) *problem {
	return &problem{http.StatusBadRequest, "LimitExceededFault", "LimitExceeded", message}
}

func malformed(message string) *problem {
	return &problem{http.StatusBadRequest, "SerializationException", "MalformedInput", message}
}

func unknownOperation(name string) *problem {
	return &problem{
		http.StatusBadRequest, "UnknownOperationException", "InvalidAction",
		fmt.Sprintf("Could not find operation %s for version %s", name, version),
	}
}

func throttled() *problem {
	return &problem{http.StatusBadRequest, "ThrottlingException", "Throttling", "Rate exceeded"}
}
