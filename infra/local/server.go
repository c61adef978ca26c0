package local

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// routes is the whole surface of the stack: the product's own pages at the root,
// the Lambda Invoke API, and what only exists here under /_local/.
func (s *Stack) routes() http.Handler {
	mux := http.NewServeMux()
	site := gateway{function: s.functions["web"], clock: s.clock, log: s.log}
	mux.Handle("/", site)
	mux.HandleFunc("POST /a/", func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(w, r)
		s.decided()
	})
	mux.Handle("POST /2015-03-31/functions/{name}/invocations", invokeAPI{s.functions, s.invoked})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "ok\n")
	})
	mux.HandleFunc("GET /_local/clock", s.showClock)
	mux.HandleFunc("POST /_local/clock", s.travel)
	mux.HandleFunc("GET /_local/faults", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, s.faults.get())
	})
	mux.HandleFunc("POST /_local/faults", s.setFaults)
	mux.HandleFunc("GET /_local/queues", s.showQueues)
	s.inbox.routes(mux)
	s.bucket.routes(mux)
	s.gallery.routes(mux)
	s.announced.routes(mux)
	return mux
}

func (s *Stack) showClock(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, map[string]time.Time{"now": s.clock.Now()})
}

// travel moves the clock and answers once everything due in between has run.
func (s *Stack) travel(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Advance duration `json:"advance"`
	}
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(&request); err != nil || request.Advance < 0 {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": `say how far to go ahead, like {"advance":"8760h"}; time never goes back`})
		return
	}
	s.engine.travel(r.Context(), time.Duration(request.Advance))
	if err := s.keep("clock.json", duration(s.clock.offset)); err != nil {
		writeJSON(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		return
	}
	s.showClock(w, r)
}

func (s *Stack) setFaults(w http.ResponseWriter, r *http.Request) {
	plan, err := readPlan(r.Body)
	if err != nil {
		writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
		return
	}
	s.faults.set(plan)
	writeJSON(w, http.StatusOK, s.faults.get())
}

// showQueues says what waits and what died in each queue.
func (s *Stack) showQueues(w http.ResponseWriter, r *http.Request) {
	type depth struct {
		Waiting int `json:"waiting"`
		Dead    int `json:"dead"`
	}
	answer := map[string]depth{}
	for _, q := range s.queues {
		q.mu.Lock()
		answer[q.name] = depth{len(q.waiting), len(q.dead)}
		q.mu.Unlock()
	}
	writeJSON(w, http.StatusOK, answer)
}
