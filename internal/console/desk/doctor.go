package desk

import (
	"context"
	"net/http"
	"time"

	"github.com/headgate/headgate/internal/console"
	"github.com/headgate/headgate/internal/diagnosis"
)

// DoctorPath is where the diagnosis is.
const DoctorPath = "/api/v1/doctor"

// diagnosedFor is how long a diagnosis is told again: AWS is not asked more often.
const diagnosedFor = 15 * time.Second

// diagnosisPatience bounds one.
const diagnosisPatience = time.Minute

// Diagnosis is what is wrong, why, and what mends it.
type Diagnosis struct {
	diagnosis.Report
	// Age is for how long it has been told, in real time.
	Age int64 `json:"age_ms"`
}

// diagnoses makes one diagnosis at a time, and tells the last one for a while.
type diagnoses struct {
	diagnose func(ctx context.Context, window time.Duration) (diagnosis.Report, error)

	turn   chan struct{} // holds the right to what is below
	report diagnosis.Report
	window time.Duration // of the report; 0: there is none
	at     time.Time
}

// of is a diagnosis that is not too old.
func (s *diagnoses) of(ctx context.Context, window time.Duration) (Diagnosis, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return Diagnosis{}, ctx.Err()
	}
	if s.window != window || time.Since(s.at) > diagnosedFor {
		ctx, cancel := context.WithTimeout(ctx, diagnosisPatience)
		defer cancel()
		report, err := s.diagnose(ctx, window)
		if err != nil {
			return Diagnosis{}, err
		}
		s.report, s.window, s.at = report, window, time.Now()
	}
	return Diagnosis{Report: s.report, Age: time.Since(s.at).Milliseconds()}, nil
}

type doctorInput struct {
	Window int64 `query:"window_seconds" minimum:"60" maximum:"2592000" default:"86400" doc:"How far back calls are looked at."`
}

type doctorAnswer struct{ Body Diagnosis }

func (d *desk) doctor(api *console.API) {
	console.Register(api, console.Operation{
		ID: "diagnose", Method: http.MethodGet, Path: DoctorPath, Role: console.RoleRead, Tag: "doctor",
		Summary: "What is wrong, why, and the command that mends it",
		Description: "Looks at credentials, permissions, models, quotas, recent calls, the gateway and its data folder: what `headgate doctor -o json` prints. " +
			"What cannot be looked at is named, with the reason. It changes nothing. AWS is asked at most every 15 seconds, however often this is called: age_ms says how old the answer is.",
	}, func(ctx context.Context, in *doctorInput) (*doctorAnswer, error) {
		found, err := d.seen.of(ctx, time.Duration(in.Window)*time.Second)
		if err != nil {
			return nil, err
		}
		return &doctorAnswer{found}, nil
	})
}
