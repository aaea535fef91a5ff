package agent_test

import (
	"testing"

	"github.com/headgate/headgate/internal/schema/agent"
)

// TestValuesThatAreEqualOnceConverted: a key or a dependency of texts that differ
// only in how they are written does not hold, and is given up without an error.
func TestValuesThatAreEqualOnceConverted(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"numbers":    {"a.csv": "amount,kind\n1,x\n1.0,x\n2.5,y\n3,y\n", "b.csv": "id,amount\n1,1\n2,1.0\n3,2.5\n4,3\n"},
		"dates":      {"a.csv": "day,kind\n1/2/2020,x\n01/02/2020,x\n13/2/2020,y\n14/2/2020,y\n"},
		"a part":     {"a.csv": "id,code,city,land\n1,1,Rome,it\n2,1,Rome,it\n3,1.0,Oslo,no\n4,1.0,Oslo,no\n5,2.5,Bonn,de\n6,2.5,Bonn,de\n7,1,Rome,it\n8,1.0,Oslo,no\n"},
		"null words": {"a.csv": "code,name\nNA,x\nN/A,y\n1,z\n2,w\n", "b.csv": "id,code\n1,NA\n2,1\n3,2\n4,N/A\n"},
		"spaces":     {"a.csv": "code,name\nA ,x\nA,y\nB,z\n", "b.csv": "id,code\n1,A\n2,A \n3,b\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options(t, write(t, files))
			r, err := agent.Generate(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Verification[0].Held() {
				t.Errorf("verification %+v", r.Verification[0])
			}
		})
	}
}
