package config

import (
	"reflect"
	"strconv"
	"strings"
)

// Source is the kind of place that a value comes from.
type Source string

// The sources, strongest first.
const (
	SourceFlag    Source = "flag"
	SourceEnv     Source = "env"
	SourceFile    Source = "file"
	SourceDefault Source = "default"
)

// Origin is where one value comes from.
type Origin struct {
	Source Source `json:"source"`
	// Where is "--listen", "HEADGATE_LISTEN" or "headgate.yaml:3:9"; empty for a default.
	Where string `json:"where"`
}

// Origins maps a key's path to where its value comes from. Keys that nobody
// set are absent.
type Origins map[string]Origin

// Of is the origin of key, or of the nearest list or section around it that
// was set as a whole; SourceDefault when nobody set it.
func (o Origins) Of(key string) Origin {
	for {
		if origin, ok := o[key]; ok {
			return origin
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			return Origin{Source: SourceDefault}
		}
		key = key[:cut]
	}
}

// drop forgets key and everything below it: a stronger source has replaced it.
func (o Origins) drop(key string) {
	for k := range o {
		if k == key || strings.HasPrefix(k, key+".") || strings.HasPrefix(k, key+"[") {
			delete(o, k)
		}
	}
}

// Field is one value of a configuration as people read it.
type Field struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Origin Origin `json:"origin"`
}

// Fields lists every value of c in the order of its declaration, entries of
// lists included; limits that are absent are left out. They are those of
// c.Masked.
func (c Config) Fields(o Origins) []Field {
	var out []Field
	listFields(reflect.ValueOf(c.Masked()), "", func(key, value string) {
		out = append(out, Field{Key: key, Value: value, Origin: o.Of(key)})
	})
	return out
}

func listFields(v reflect.Value, path string, add func(key, value string)) {
	switch {
	case v.Kind() == reflect.Pointer && v.IsNil():
	case v.Kind() == reflect.Struct:
		for key, field := range members(v) {
			listFields(field, join(path, key), add)
		}
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct:
		for i := range v.Len() {
			listFields(v.Index(i), path+"["+strconv.Itoa(i)+"]", add)
		}
	default:
		add(path, text(v))
	}
}
