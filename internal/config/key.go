package config

import (
	"iter"
	"reflect"
	"strings"
)

// members yields the keys of a section and their values, as declared.
func members(v reflect.Value) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if !yield(key, v.Field(i)) {
				return
			}
		}
	}
}

// leaves yields the path of every key below v that a flag or a variable can
// set: values and whole lists.
func leaves(v reflect.Value, path string) iter.Seq2[string, reflect.Value] {
	return func(yield func(string, reflect.Value) bool) {
		for key, field := range members(v) {
			at := join(path, key)
			if field.Kind() != reflect.Struct {
				if !yield(at, field) {
					return
				}
				continue
			}
			for k, f := range leaves(field, at) {
				if !yield(k, f) {
					return
				}
			}
		}
	}
}

// Keys lists the path of every key that a flag or a HEADGATE_* variable can
// set, in the order of declaration.
func Keys() []string {
	var out []string
	for key := range leaves(reflect.ValueOf(Config{}), "") {
		out = append(out, key)
	}
	return out
}

// Variable is the environment variable of a key: "queue.max_wait" is set by
// HEADGATE_QUEUE_MAX_WAIT.
func Variable(key string) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
