package cloudwatch

import (
	"slices"
	"strings"
	"time"
)

const maxTags = 50 // of one alarm

// tag is a name and a value that are kept with an alarm.
type tag struct{ key, value string }

func readTags(r reader) []tag {
	var list []tag
	for _, item := range r.items("Tags", maxTags) {
		t := tag{item.need("Key"), item.text("Value")}
		if len(t.key) > 128 || len(t.value) > 256 || strings.HasPrefix(t.key, "aws:") {
			r.fail(invalidValue("The tag %s is not valid.", t.key))
		}
		list = append(list, t)
	}
	return list
}

// taggedLocked is the alarm with an ARN.
func (s *scope) taggedLocked(arn string) (*alarm, error) {
	for _, a := range s.alarms {
		if a.arn == arn {
			return a, nil
		}
	}
	return nil, noResource(arn)
}

// listTags answers ListTagsForResource.
func (s *scope) listTags(r reader, _ time.Time) (object, error) {
	arn := r.need("ResourceARN")
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.taggedLocked(arn)
	if err != nil {
		return nil, err
	}
	list := []any{}
	for _, t := range a.tags {
		list = append(list, object{{"Key", t.key}, {"Value", t.value}})
	}
	return object{{"Tags", list}}, nil
}

// tagResource answers TagResource.
func (s *scope) tagResource(r reader, _ time.Time) (object, error) {
	arn, tags := r.need("ResourceARN"), readTags(r)
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.taggedLocked(arn)
	if err != nil {
		return nil, err
	}
	all := slices.Clone(a.tags)
	for _, t := range tags {
		if i := slices.IndexFunc(all, func(o tag) bool { return o.key == t.key }); i >= 0 {
			all[i] = t
			continue
		}
		all = append(all, t)
	}
	if len(all) > maxTags {
		return nil, invalidValue("The alarm would have more than %d tags.", maxTags)
	}
	a.tags = all
	return object{}, nil
}

// untagResource answers UntagResource.
func (s *scope) untagResource(r reader, _ time.Time) (object, error) {
	arn, keys := r.need("ResourceARN"), r.texts("TagKeys", maxTags)
	if err := r.problem(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.taggedLocked(arn)
	if err != nil {
		return nil, err
	}
	a.tags = slices.DeleteFunc(slices.Clone(a.tags), func(t tag) bool { return slices.Contains(keys, t.key) })
	return object{}, nil
}
