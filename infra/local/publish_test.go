package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"policymail/infra/local"
	"policymail/shared/notice"
	"policymail/shared/operate"
	"policymail/shared/publish"
)

// What is published by the bucket and by the command line becomes the same version, with
// the same summaries under the same languages, and the same warnings.
func TestBothWaysOfPublishingAreOne(t *testing.T) {
	s := start(t, local.Options{})
	texts := []string{"# Policy\n\nWe keep orders for ten years. We share them with nobody.\n", "# Policy\n\nWe keep orders for six years. We share them with nobody.\n"}
	summaries := []map[string]string{nil, {"en": "Six years instead of ten.", "pt": "Seis anos em vez de dez."}}
	for i, text := range texts {
		name := fmt.Sprintf("%d.0", i+1)
		var byCommand publish.Result
		if err := s.operate("publish", publish.Publication{Policy: "command", Version: name, Effective: "2030-01-31", Summary: summaries[i],
			Source: []byte(text), SourceName: "policy.md", By: "Ada"}, &byCommand); err != nil {
			t.Fatal(err)
		}
		var byBucket struct{ Result publish.Result }
		if err := json.Unmarshal([]byte(s.putPublication("bucket", name, text, summaries[i])), &byBucket); err != nil {
			t.Fatal(err)
		}
		if i == 1 && len(byCommand.Warnings) == 0 {
			t.Error("nobody is warned of what a summary leaves out")
		}
		if !slices.Equal(byCommand.Warnings, byBucket.Result.Warnings) {
			t.Errorf("version %s: the command warns %q, the bucket %q", name, byCommand.Warnings, byBucket.Result.Warnings)
		}
		var versions [2]string
		for i, policy := range []string{"command", "bucket"} {
			var v notice.Version
			if err := s.operate("version", operate.VersionArgs{Policy: policy, Version: name}, &v); err != nil {
				t.Fatal(err)
			}
			if v.Policy, v.PublishedAt = "", (time.Time{}); v.Approval != nil {
				v.Approval.At, v.Approval.Hash = time.Time{}, "" // the hash is of the policy's name, too
				for i := range v.Approval.Given {
					v.Approval.Given[i].At = time.Time{}
				}
			}
			content, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			versions[i] = string(content)
		}
		if versions[0] != versions[1] {
			t.Errorf("by the command\n%s\nby the bucket\n%s", versions[0], versions[1])
		}
		if i == 1 && !strings.Contains(versions[1], `"pt-BR"`) {
			t.Errorf("the summary for pt is not that of the readers of pt-BR: %s", versions[1])
		}
	}
}

// putPublication puts the files of a version into the bucket and returns the result
// that stands beside them.
func (s stack) putPublication(policy, version, text string, summaries map[string]string) string {
	s.t.Helper()
	folder := "/_local/objects/policies/" + policy + "/" + version + "/"
	files := map[string]string{}
	for locale, summary := range summaries {
		files[locale] = locale + ".txt"
		s.http(http.MethodPut, folder+files[locale], "", summary)
	}
	s.http(http.MethodPut, folder+"policy.md", "", text)
	publication, err := json.Marshal(map[string]any{"effective": "2030-01-31", "text": "policy.md", "summary": files, "by": "Ada"})
	if err != nil {
		s.t.Fatal(err)
	}
	if code, body := s.http(http.MethodPut, folder+"publish.json", "", string(publication)); code != http.StatusOK {
		s.t.Fatalf("put: %d %s", code, body)
	}
	code, result := s.http(http.MethodGet, folder+"result.json", "", "")
	if code != http.StatusOK {
		s.t.Fatalf("no result: %d %s", code, result)
	}
	return result
}
