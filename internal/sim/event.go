package sim

// eventKind says what happens.
type eventKind uint8

const (
	evRun      eventKind = iota // run a begins
	evCall                      // call a is wanted: its predecessor is answered, or it was told to return
	evArrive                    // call a's attempt reaches the upstream
	evRefused                   // call a's client hears that it was refused: b
	evAnswered                  // call a's answer has ended
	evTimer                     // the policy asked for it, with a and b
	evOutage                    // an outage begins
	evOther                     // another user of the account calls
)

// event is one thing that will happen. Events of one instant happen in the order
// in which they were made.
type event struct {
	at   int64 // ns from the beginning
	seq  uint64
	a, b int32
	kind eventKind
}

// events is a 4-ary min-heap of values.
type events struct {
	heap []event
	seq  uint64
}

func (e *events) push(at int64, kind eventKind, a, b int32) {
	e.seq++
	e.heap = append(e.heap, event{at, e.seq, a, b, kind})
	i := len(e.heap) - 1
	it := e.heap[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(&e.heap[parent]) {
			break
		}
		e.heap[i] = e.heap[parent]
		i = parent
	}
	e.heap[i] = it
}

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.seq < o.seq }

func (e *events) pop() event {
	top := e.heap[0]
	last := len(e.heap) - 1
	it := e.heap[last]
	e.heap = e.heap[:last]
	if last == 0 {
		return top
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= last {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, last); c++ {
			if e.heap[c].before(&e.heap[least]) {
				least = c
			}
		}
		if !e.heap[least].before(&it) {
			break
		}
		e.heap[i] = e.heap[least]
		i = least
	}
	e.heap[i] = it
	return top
}
