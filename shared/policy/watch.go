package policy

// Event is what a reading of a watched page amounts to.
type Event string

const (
	NoChange  Event = "none"    // the text known, or one that only looks otherwise
	Failed    Event = "broken"  // not the policy: an alarm, never a version
	Pending   Event = "pending" // a change seen once; it may be gone at the next reading
	DraftMade Event = "draft"   // a change seen twice: somebody must look at it
)

// Watched is what a watcher knows of a page between readings.
type Watched struct {
	Known     Document // the text last taken for the policy
	Candidate Document // a change seen once
	Restored  bool     // the candidate replaces a known text that was no policy
}

// Next takes a reading. The first is the baseline. A change becomes a draft only when
// the next readable text says the same; what went back to the known text in between
// (A-B-A) is forgotten, and a broken reading neither confirms nor forgets. When the
// known text itself turns out to have been no policy, what replaces it is taken over
// by the same two readings, but as no change: nobody can say what it changed.
func (w *Watched) Next(reading Document) (Event, Verdict) {
	if w.Known == nil {
		w.Known = reading
		return NoChange, Verdict{Class: None, Confidence: 1, Reasons: []string{"the first text is what later ones are compared with"}}
	}
	v := Classify(w.Known, reading)
	if v.Class == None {
		w.Candidate, w.Restored = nil, false
		return NoChange, v
	}
	if v.Class == Broken && !v.OldBroken {
		return Failed, v
	}
	again := false
	if w.Candidate != nil {
		// A label that flaps must not keep a change of substance from being told: the
		// two readings of one may differ by an edit, those of an edit by nothing.
		between := Classify(w.Candidate, reading).Class
		again = between == None || between == Editorial && v.Class != Editorial
	}
	switch {
	case again:
		w.Known, w.Candidate, w.Restored = reading, nil, false
		if v.Class == Broken {
			return Failed, v
		}
		return DraftMade, v
	case v.Class == Broken:
		w.Candidate, w.Restored = reading, true
		return Failed, v
	}
	w.Candidate, w.Restored = reading, false
	return Pending, v
}
