package emulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/headgate/headgate/internal/emulator/foundation"
	"github.com/headgate/headgate/internal/emulator/refusal"
	"github.com/headgate/headgate/internal/llm"
)

// profileSummary is an inference profile as the control plane shows it.
type profileSummary struct {
	Name        string         `json:"inferenceProfileName"`
	Description string         `json:"description"`
	CreatedAt   string         `json:"createdAt"`
	UpdatedAt   string         `json:"updatedAt"`
	ARN         string         `json:"inferenceProfileArn"`
	Models      []profileModel `json:"models"`
	ID          string         `json:"inferenceProfileId"`
	Status      string         `json:"status"`
	Type        string         `json:"type"`
}

type profileModel struct {
	ModelARN string `json:"modelArn"`
}

// profileDate is when every profile of the emulator was made.
const profileDate = "2025-11-18T00:00:00Z"

const (
	typeSystem      = "SYSTEM_DEFINED"
	typeApplication = "APPLICATION"
)

// destinations are the Regions to which a geographic profile routes, where
// they are published; a profile whose destinations are not known shows its
// source Region.
func destinations(geo string, source llm.Region) []llm.Region {
	switch geo {
	case "us":
		return []llm.Region{"us-east-1", "us-east-2", "us-west-2"}
	case "jp":
		return []llm.Region{"ap-northeast-1", "ap-northeast-3"}
	case "au":
		return []llm.Region{"ap-southeast-2", "ap-southeast-4"}
	case "in":
		return []llm.Region{"ap-south-1", "ap-south-2"}
	}
	return []llm.Region{source}
}

// profiles are all inference profiles that an account has in a Region.
func (v *visit) profiles() []profileSummary {
	var list []profileSummary
	for _, m := range v.e.models.Models() {
		if m.Retired {
			continue
		}
		for _, geo := range m.Geos {
			if foundation.Reaches(v.region, geo) {
				list = append(list, v.systemProfile(m, geo))
			}
		}
		if m.Global {
			list = append(list, v.systemProfile(m, "global"))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.acct.Applications)) {
		if p, ok := v.application(id); ok {
			list = append(list, p)
		}
	}
	return list
}

func (v *visit) systemProfile(m *foundation.Model, prefix string) profileSummary {
	id := prefix + "." + string(m.ID)
	name, regions := "Global", destinations(prefix, v.region)
	if prefix != "global" {
		name = strings.ToUpper(prefix)
	}
	p := profileSummary{
		Name:        name + " " + m.Provider + " " + m.Name,
		Description: fmt.Sprintf("Routes requests to %s %s in %v.", m.Provider, m.Name, regions),
		CreatedAt:   profileDate, UpdatedAt: profileDate,
		ARN: v.arn("inference-profile", id), ID: id, Status: "ACTIVE", Type: typeSystem,
	}
	for _, region := range regions {
		p.Models = append(p.Models, profileModel{modelARN(region, m.ID)})
	}
	if prefix == "global" {
		p.Models = append(p.Models, profileModel{modelARN("", m.ID)})
	}
	return p
}

// application shows an application profile as a copy of what it was made from.
func (v *visit) application(id string) (profileSummary, bool) {
	source, ok := v.acct.Applications[id]
	if !ok {
		return profileSummary{}, false
	}
	p := profileSummary{Name: id, CreatedAt: profileDate, UpdatedAt: profileDate}
	prefix, base, _ := strings.Cut(source, ".")
	if m := v.e.models.Model(llm.ModelID(source)); m != nil {
		p.Models = []profileModel{{modelARN(v.region, m.ID)}}
	} else if m := v.e.models.Model(llm.ModelID(base)); m != nil {
		p = v.systemProfile(m, prefix)
	}
	p.Name, p.ID, p.ARN = id, id, v.arn("application-inference-profile", id)
	p.Status, p.Type = "ACTIVE", typeApplication
	return p, true
}

func (v *visit) arn(kind, id string) string {
	return fmt.Sprintf("arn:aws:bedrock:%s:%s:%s/%s", v.region, v.acct.ID, kind, id)
}

func modelARN(region llm.Region, id llm.ModelID) string {
	return fmt.Sprintf("arn:aws:bedrock:%s::foundation-model/%s", region, id)
}

// listProfiles answers ListInferenceProfiles.
func (v *visit) listProfiles() error {
	query := v.r.URL.Query()
	kind := query.Get("type")
	if kind != "" && kind != typeSystem && kind != typeApplication {
		return refusal.Validation("1 validation error detected: Value at 'type' failed to satisfy constraint: " +
			"Member must satisfy enum value set: [SYSTEM_DEFINED, APPLICATION]")
	}
	list := slices.DeleteFunc(v.profiles(), func(p profileSummary) bool { return kind != "" && p.Type != kind })
	from, size := 0, len(list)
	if token := query.Get("nextToken"); token != "" {
		plain, err := base64.RawURLEncoding.DecodeString(token)
		if err == nil {
			from, err = strconv.Atoi(string(plain))
		}
		if err != nil || from < 0 || from > len(list) {
			return refusal.Validation("The pagination token is invalid.")
		}
	}
	if text := query.Get("maxResults"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 1000 {
			return refusal.Validation("1 validation error detected: Value at 'maxResults' failed to satisfy constraint: Member must be between 1 and 1000")
		}
		size = n
	}
	page := struct {
		Summaries []profileSummary `json:"inferenceProfileSummaries"`
		NextToken string           `json:"nextToken,omitempty"`
	}{Summaries: list[from:min(from+size, len(list))]}
	if from+size < len(list) {
		page.NextToken = base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(from + size)))
	}
	return v.respondJSON(page)
}

// oneProfile answers GetInferenceProfile, for an id or an ARN.
func (v *visit) oneProfile() error {
	for _, p := range v.profiles() {
		if p.ID == v.route.id || p.ARN == v.route.id {
			return v.respondJSON(p)
		}
	}
	return refusal.NotFound("The requested inference profile was not found.")
}

// modelSummary is a foundation model as the control plane shows it.
type modelSummary struct {
	ARN            string    `json:"modelArn"`
	ID             string    `json:"modelId"`
	Name           string    `json:"modelName"`
	Provider       string    `json:"providerName"`
	Input          []string  `json:"inputModalities"`
	Output         []string  `json:"outputModalities"`
	Streaming      bool      `json:"responseStreamingSupported"`
	Customizations []string  `json:"customizationsSupported"`
	Inference      []string  `json:"inferenceTypesSupported"`
	Lifecycle      lifecycle `json:"modelLifecycle"`
}

type lifecycle struct {
	Status string `json:"status"`
}

func (v *visit) summary(m *foundation.Model) modelSummary {
	s := modelSummary{
		ARN: modelARN(v.region, m.ID), ID: string(m.ID), Name: m.Name, Provider: m.Provider,
		Input: []string{"TEXT"}, Output: []string{"TEXT"}, Streaming: !m.Embeds(),
		Customizations: []string{}, Inference: []string{}, Lifecycle: lifecycle{"ACTIVE"},
	}
	if m.Embeds() {
		s.Output = []string{"EMBEDDING"}
	}
	if m.OnDemand {
		s.Inference = append(s.Inference, "ON_DEMAND")
	}
	if len(m.Geos) > 0 || m.Global {
		s.Inference = append(s.Inference, "INFERENCE_PROFILE")
	}
	return s
}

// listModels answers ListFoundationModels.
func (v *visit) listModels() error {
	query := v.r.URL.Query()
	list := []modelSummary{}
	for _, m := range v.e.models.Models() {
		if m.Retired {
			continue
		}
		s := v.summary(m)
		if (!query.Has("byProvider") || strings.EqualFold(query.Get("byProvider"), s.Provider)) &&
			(!query.Has("byOutputModality") || slices.Contains(s.Output, query.Get("byOutputModality"))) &&
			(!query.Has("byInferenceType") || slices.Contains(s.Inference, query.Get("byInferenceType"))) &&
			!query.Has("byCustomizationType") {
			list = append(list, s)
		}
	}
	return v.respondJSON(map[string]any{"modelSummaries": list})
}

// oneModel answers GetFoundationModel, for an id or an ARN.
func (v *visit) oneModel() error {
	id := v.route.id
	if _, last, ok := strings.Cut(id, "foundation-model/"); ok {
		id = last
	}
	m := v.e.models.Model(llm.ModelID(id))
	if m == nil || m.Retired {
		return refusal.NotFound("Could not resolve the foundation model from the provided model identifier.")
	}
	return v.respondJSON(map[string]any{"modelDetails": v.summary(m)})
}

func (v *visit) respondJSON(value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encode the answer: %w", err)
	}
	v.respond(body)
	return nil
}
