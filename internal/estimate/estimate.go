// Package estimate forecasts what a call will use before it is made: input
// tokens from cheap features of its bytes, output tokens from what its route
// produced before. Both learn from every answer.
//
// It is pure and belongs to one goroutine at a time.
package estimate

import "math"

// Features is what is cheap to know of a request.
type Features struct {
	TextBytes int64 // of messages, system text and tool definitions
	Messages  int
	Images    int
	Documents int
}

const (
	// priorPerByte is English text at about 3.5 bytes a token: on the safe side
	// of the usual 4.
	priorPerByte = 1.0 / 3.5
	// priorSpread is the relative spread that is assumed before calls are seen.
	priorSpread = 0.15
	// perMessage is what the roles and separators of a message cost.
	perMessage = 4
	// perImage is the most that Claude counts for an image that it does not
	// scale down (docs.claude.com, vision: width × height ÷ 750).
	perImage = 1600
	// perDocument is a short document's worth; long ones are learned.
	perDocument = 3000
	// learn is the weight of a new observation.
	learn = 0.05
	// sigmas puts the estimate at about the 90th percentile.
	sigmas = 1.28
)

// Input estimates a model's input tokens. The zero value works.
type Input struct {
	perByte  float64 // mean tokens per byte of text
	variance float64 // of tokens per byte
	seen     int
}

func fixed(f Features) float64 {
	return float64(perMessage*f.Messages + perImage*f.Images + perDocument*f.Documents)
}

// Tokens is the input expected of a request: rather too many than too few.
func (e *Input) Tokens(f Features) int64 {
	mean, spread := priorPerByte, priorPerByte*priorSpread
	if e.seen > 0 {
		// The prior's doubt fades over the first calls.
		mean = e.perByte
		spread = math.Sqrt(e.variance) + priorPerByte*priorSpread/float64(1+e.seen)
	}
	return int64(math.Ceil(float64(f.TextBytes)*(mean+sigmas*spread) + fixed(f)))
}

// Observe takes in what a request with the features really had as input, cached
// tokens included.
func (e *Input) Observe(f Features, tokens int64) {
	if f.TextBytes < 64 || tokens <= 0 {
		return // too small to tell the rate from the constant part
	}
	rate := max(0, float64(tokens)-fixed(f)) / float64(f.TextBytes)
	if e.seen == 0 {
		e.perByte = rate
	}
	w := max(learn, 1/float64(e.seen+1))
	d := rate - e.perByte
	e.perByte += w * d
	e.variance = (1 - w) * (e.variance + w*d*d)
	e.seen++
}

const (
	buckets   = 224
	growth    = 1.06 // relative width of a bucket: 1.06^223 ≈ 440,000 tokens
	rotateAt  = 512  // observations until the older half is forgotten
	priorOut  = 512
	enoughOut = 5
)

// Output estimates a route's output tokens as a distribution. The zero value
// works. It keeps two histograms, so that old habits fade.
type Output struct {
	now, before    [buckets]uint32
	n, nBefore     int
	sum, sumBefore int64
}

// bucketOf is the bucket of a count; bucket b holds counts up to growth^b.
func bucketOf(tokens int64) int {
	if tokens <= 1 {
		return 0
	}
	return min(buckets-1, int(math.Ceil(math.Log(float64(tokens))/math.Log(growth)-1e-9)))
}

// Observe takes in the output of one finished call.
func (e *Output) Observe(tokens int64) {
	if e.n >= rotateAt {
		e.before, e.nBefore, e.sumBefore = e.now, e.n, e.sum
		e.now, e.n, e.sum = [buckets]uint32{}, 0, 0
	}
	e.now[bucketOf(tokens)]++
	e.n++
	e.sum += tokens
}

// Mean is the output of the route's average call, at most maxTokens. Before
// enough calls are seen it is a guess.
func (e *Output) Mean(maxTokens int64) int64 {
	n := int64(e.n + e.nBefore)
	if n < enoughOut {
		return min(priorOut, maxTokens)
	}
	return min((e.sum+e.sumBefore+n-1)/n, maxTokens)
}

// Quantile is the output that the given part of the route's calls does not
// exceed, at most maxTokens. Before enough calls are seen it is a guess.
func (e *Output) Quantile(q float64, maxTokens int64) int64 {
	total := e.n + e.nBefore
	if total < enoughOut {
		return min(priorOut, maxTokens)
	}
	want := uint32(math.Ceil(q * float64(total)))
	var sum uint32
	for b := range buckets {
		sum += e.now[b] + e.before[b]
		if sum >= want {
			return min(int64(math.Ceil(math.Pow(growth, float64(b)))), maxTokens)
		}
	}
	return maxTokens
}
