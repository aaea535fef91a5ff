package catalog

import "testing"

// FuzzDocument reads documents without the embedded ones, which would take nearly
// all of the time.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{
		"", "models:\n- {id: a.b-v1:0, name: n, provider: p, burndown: 1, max_output: 1}\n", "a: &x 1\nb: *x\n", "? [a]\n: b\n",
		"prices: [{model: a, input: \"9999999999999999999999\", tiers: [[]]}]", "models: [[]]", "!!binary x", "sources: {a: [b]}",
		"profiles: [{id: us.a.b, to: {us-east-1: {}}}]", "models:\n- <<: {}\n", "quotas: [{default: 1e400}]", "\xff",
		"application_profiles: [{arn: 'arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdef123456', copy_from: abcdef123456}]",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b := newBuilder()
		b.read(Document{Name: "fuzz.yaml", Data: []byte(text)}, false)
		b.build()
		for _, f := range b.faults.list {
			if f.at.document != "fuzz.yaml" || f.text == "" {
				t.Fatalf("Load(%q): fault %+v has no place", text, f)
			}
		}
		if len(b.faults.list) > 0 {
			return
		}
		for id, m := range b.models {
			if m.Burndown < 1 || m.MaxOutput < 1 && !m.Embedding || checkID(string(id)) != nil {
				t.Fatalf("Load(%q): model %+v is of no use", text, m)
			}
		}
	})
}
