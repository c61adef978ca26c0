package awsstub

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"policymail/infra/sam"
)

// Event is what a function put on the default event bus.
type Event struct{ Source, DetailType, Detail string }

func (a *AWS) putEvents(w http.ResponseWriter, r *http.Request) {
	var in struct{ Entries []Event }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, e := range in.Entries {
		bus := fmt.Sprintf("arn:aws:events:us-east-1:%s:event-bus/default", sam.Account)
		if !a.may(w, r, Call{"events:PutEvents", bus, map[string][]string{"events:source": {e.Source}}}) {
			return
		}
		a.mu.Lock()
		a.Events = append(a.Events, e)
		a.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	io.WriteString(w, `{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}`)
}

func (a *AWS) deleteObject(w http.ResponseWriter, r *http.Request) {
	bucket, key := r.PathValue("bucket"), r.PathValue("key")
	if !a.may(w, r, Call{"s3:DeleteObject", "arn:aws:s3:::" + bucket + "/" + key, nil}) {
		return
	}
	if r.Header.Get("If-Match") != "" {
		// A condition on the content needs the right to read it (Amazon S3 User Guide, "How
		// to perform conditional deletes"), and an object to be about.
		if !a.may(w, r, Call{"s3:GetObject", "arn:aws:s3:::" + bucket + "/" + key, nil}) {
			return
		}
		if _, ok := a.meant(w, r, key); !ok {
			return
		}
	}
	a.mu.Lock()
	delete(a.objects, key)
	a.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}
