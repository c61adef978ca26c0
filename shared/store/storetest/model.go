package storetest

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"policymail/shared/notice"
	"policymail/shared/store"
	"policymail/shared/store/cursor"
)

// Model is the contract written down as plainly as it can be: maps, no index,
// nothing kept. Where Compare finds a store to differ from it, the store is wrong.
// It is for one goroutine.
func Model() store.Store {
	return &model{people: map[notice.RecipientID]notice.Recipient{}, events: map[notice.RecipientID][]notice.PreferenceEvent{},
		lines: map[lineKey]notice.Delivery{}, versions: map[[2]string]notice.Version{}, runs: map[notice.RunID]notice.Run{}, tallies: map[notice.RunID]notice.Tally{}, documents: map[[2]string]document{}, requests: map[notice.RequestID]notice.Request{}}
}

type lineKey struct {
	run notice.RunID
	id  notice.RecipientID
}

type document struct {
	rev  int64
	body []byte
}

type model struct {
	people    map[notice.RecipientID]notice.Recipient
	events    map[notice.RecipientID][]notice.PreferenceEvent
	lines     map[lineKey]notice.Delivery
	versions  map[[2]string]notice.Version
	runs      map[notice.RunID]notice.Run
	tallies   map[notice.RunID]notice.Tally
	documents map[[2]string]document
	requests  map[notice.RequestID]notice.Request
}

func conflict(what string) error { return notice.Conflict("%s was changed or taken meanwhile", what) }

// pageOf takes up to limit of the things that match, by key, from after the cursor.
func pageOf[K comparable, T any](all map[K]T, name func(T) string, match func(T) bool, list cursor.List, from string, limit int) (page []T, next string, err error) {
	last, err := cursor.Read[string](list, from)
	if err != nil {
		return nil, "", err
	}
	for _, v := range all {
		if match(v) && name(v) > last {
			page = append(page, v)
		}
	}
	slices.SortFunc(page, func(a, b T) int { return cmp.Compare(name(a), name(b)) })
	if len(page) <= limit {
		return page, "", nil
	}
	page = page[:limit]
	next, err = cursor.Write(list, name(page[limit-1]))
	return page, next, err
}

func personName(r notice.Recipient) string { return string(r.ID) }
func lineName(d notice.Delivery) string    { return string(d.Run) + "/" + string(d.Recipient) }

func (m *model) Recipient(_ context.Context, id notice.RecipientID) (notice.Recipient, error) {
	r, ok := m.people[id]
	if !ok {
		return r, notice.NotFound("no recipient %s", id)
	}
	return r, nil
}

func (m *model) Recipients(_ context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	found := maps.Clone(m.people)
	maps.DeleteFunc(found, func(id notice.RecipientID, _ notice.Recipient) bool { return !slices.Contains(ids, id) })
	return found, nil
}

func (m *model) ImportRecipients(_ context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error) {
	outcomes := make([]notice.Outcome, len(rows))
	for i, row := range rows {
		if r, ok := m.people[row.ID]; ok {
			m.people[row.ID], outcomes[i] = row.Apply(r)
		} else {
			m.people[row.ID], outcomes[i] = row.Recipient(lead), notice.Outcome{What: notice.Added}
		}
	}
	return outcomes, nil
}

func (m *model) ChangeRecipient(_ context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error {
	stored, ok := m.people[before.ID]
	history := m.events[before.ID]
	taken := slices.ContainsFunc(history, func(e notice.PreferenceEvent) bool { return e.ID == event.ID })
	if !ok || stored.Rev != before.Rev || taken {
		return conflict("recipient")
	}
	after.ID, after.Rev = before.ID, before.Rev+1
	after.LastNotice, after.LastRun = stored.LastNotice, stored.LastRun
	after = after.Kept()
	m.people[before.ID] = after
	m.events[before.ID] = slices.SortedFunc(slices.Values(append(history, event)), func(a, b notice.PreferenceEvent) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

func (m *model) MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error {
	if m.people[there.ID].Rev != there.Rev {
		return conflict("recipient")
	}
	if err := m.ChangeRecipient(ctx, before, after, event); err != nil {
		return err
	}
	next.ID, next.Rev = there.ID, there.Rev+1
	next.LastNotice, next.LastRun = m.people[there.ID].LastNotice, m.people[there.ID].LastRun
	m.people[there.ID] = next.Kept()
	return nil
}

func (m *model) RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, due notice.Date) error {
	if r, ok := m.people[id]; ok && r.Status != notice.Erased && r.Status != notice.Moved && !at.Before(r.LastNotice) {
		r.LastNotice, r.LastRun = at, run
		m.people[id] = r
		return m.MoveDue(ctx, id, due)
	}
	return nil
}

func (m *model) TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, due notice.Date) error {
	if r, ok := m.people[id]; ok && r.Status != notice.Erased && r.Status != notice.Moved && r.LastRun == run {
		r.LastNotice, r.LastRun = to, ""
		m.people[id] = r
		return m.MoveDue(ctx, id, due)
	}
	return nil
}

func (m *model) MoveDue(_ context.Context, id notice.RecipientID, due notice.Date) error {
	if r, ok := m.people[id]; ok && r.Remindable() {
		r.Due = due
		m.people[id] = r
	}
	return nil
}

func (m *model) ListRecipients(_ context.Context, from string, limit int) (page []notice.Recipient, next string, err error) {
	return pageOf(m.people, personName, func(r notice.Recipient) bool { return r.Status != notice.Erased && r.Status != notice.Moved }, cursor.Recipients, from, limit)
}

func (m *model) DueRecipients(_ context.Context, first, last notice.Date, from string, limit int) (ids []notice.RecipientID, next string, err error) {
	page, next, err := pageOf(m.people, personName, func(r notice.Recipient) bool { return r.Due != "" && first <= r.Due && r.Due <= last }, cursor.Due(first, last), from, limit)
	for _, r := range page {
		ids = append(ids, r.ID)
	}
	return ids, next, err
}

func (m *model) PreferenceEvents(_ context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error) {
	return slices.Clone(m.events[id]), nil
}

func (m *model) Claim(_ context.Context, d notice.Delivery, rev int64) (notice.Delivery, bool, error) {
	if r, ok := m.people[d.Recipient]; !ok || r.Rev != rev {
		return notice.Delivery{}, false, conflict("recipient")
	}
	k := lineKey{d.Run, d.Recipient}
	existing, found := m.lines[k]
	if found && existing.State != notice.Retry {
		return existing, false, nil
	}
	d.Attempt = existing.Attempt + 1
	m.lines[k] = d
	return d, true, nil
}

func (m *model) RecordDelivery(_ context.Context, d notice.Delivery) (bool, error) {
	k := lineKey{d.Run, d.Recipient}
	if existing, found := m.lines[k]; found && !existing.State.CanBecome(d.State) {
		return false, nil
	}
	m.lines[k] = d
	return true, nil
}

func (m *model) MoveDelivery(_ context.Context, before, after notice.Delivery) error {
	k := lineKey{before.Run, before.Recipient}
	stored, found := m.lines[k]
	if !found || stored.State != before.State || stored.Attempt != before.Attempt || !stored.UpdatedAt.Equal(before.UpdatedAt) {
		return conflict("delivery")
	}
	other := lineKey{after.Run, after.Recipient}
	if _, taken := m.lines[other]; taken && other != k {
		return conflict("delivery")
	}
	delete(m.lines, k)
	m.lines[other] = after
	return nil
}

func (m *model) Deliveries(_ context.Context, run notice.RunID, ids []notice.RecipientID) (map[notice.RecipientID]notice.Delivery, error) {
	found := map[notice.RecipientID]notice.Delivery{}
	for _, id := range ids {
		if d, ok := m.lines[lineKey{run, id}]; ok {
			found[id] = d
		}
	}
	return found, nil
}

func (m *model) ListDeliveries(_ context.Context, run notice.RunID, from string, limit int) ([]notice.Delivery, string, error) {
	return pageOf(m.lines, lineName, func(d notice.Delivery) bool { return d.Run == run }, cursor.Ledger(run), from, limit)
}

func (m *model) CountDeliveries(_ context.Context, run notice.RunID) (notice.Counts, error) {
	counts := notice.Counts{}
	for k, d := range m.lines {
		if k.run == run {
			counts[d.State]++
		}
	}
	return counts, nil
}

func (m *model) UnresolvedDeliveries(_ context.Context, state notice.DeliveryState, before time.Time, from string, limit int) ([]notice.Delivery, string, error) {
	return pageOf(m.lines, lineName, func(d notice.Delivery) bool { return d.State == state && !d.SettleAfter.After(before) }, cursor.Unresolved(state), from, limit)
}

func (m *model) CountUnresolved(context.Context) (map[notice.RunID]notice.Counts, error) {
	counts := map[notice.RunID]notice.Counts{}
	for k, d := range m.lines {
		if d.Waits() {
			if counts[k.run] == nil {
				counts[k.run] = notice.Counts{}
			}
			counts[k.run][d.State]++
		}
	}
	return counts, nil
}

func (m *model) ForgetDeliveries(_ context.Context, id notice.RecipientID, runs []notice.RunID) error {
	for _, run := range runs {
		delete(m.lines, lineKey{run, id})
	}
	return nil
}

func (m *model) AddVersion(_ context.Context, v notice.Version) error {
	k := [2]string{v.Policy, v.Name}
	if _, taken := m.versions[k]; taken {
		return conflict("version")
	}
	for _, other := range m.versions {
		if v.Baseline() && other.Baseline() && other.Policy == v.Policy {
			return conflict("baseline")
		}
	}
	m.versions[k] = v
	return nil
}

func (m *model) Version(_ context.Context, policy, version string) (notice.Version, error) {
	v, ok := m.versions[[2]string{policy, version}]
	if !ok {
		return v, notice.NotFound("policy %s has no version %s", policy, version)
	}
	return v, nil
}

func (m *model) Versions(_ context.Context, policy string) ([]notice.Version, error) {
	all := slices.SortedFunc(maps.Values(m.versions), notice.ByPublication)
	return slices.DeleteFunc(all, func(v notice.Version) bool { return v.Policy != policy }), nil
}

func (m *model) AddRun(_ context.Context, r notice.Run) error {
	if _, taken := m.runs[r.ID]; taken {
		return conflict("run")
	}
	r.Rev = 1
	m.runs[r.ID] = r
	return nil
}

func (m *model) SaveRun(_ context.Context, r notice.Run) (notice.Run, error) {
	if stored, ok := m.runs[r.ID]; !ok || stored.Rev != r.Rev {
		return r, conflict("run")
	}
	r.Rev++
	m.runs[r.ID] = r
	return r, nil
}

func (m *model) Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error) {
	k := [2]string{v.Policy, v.Name}
	version, known := m.versions[k]
	if run, ok := m.runs[r.ID]; !ok || !run.State.Open() || run.Rev != r.Rev || !known || version.Approval != nil {
		return r, conflict("run")
	}
	version.Summary, version.Edits, version.Approval = v.Summary, v.Edits, v.Approval
	m.versions[k] = version
	return m.SaveRun(ctx, r)
}

func (m *model) Run(_ context.Context, id notice.RunID) (notice.Run, error) {
	r, ok := m.runs[id]
	if !ok {
		return r, notice.NotFound("no run %s", id)
	}
	return r, nil
}

func (m *model) OpenRuns(ctx context.Context) ([]notice.Run, error) {
	all, err := m.ListRuns(ctx)
	return slices.DeleteFunc(all, func(r notice.Run) bool { return !r.State.Open() }), err
}

func (m *model) ListRuns(context.Context) ([]notice.Run, error) {
	return slices.SortedFunc(maps.Values(m.runs), notice.ByOpening), nil
}

func (m *model) AddTally(_ context.Context, run notice.RunID, t notice.Tally) error {
	m.tallies[run] = m.tallies[run].Plus(t)
	return nil
}

func (m *model) Tally(_ context.Context, run notice.RunID) (notice.Tally, error) {
	return m.tallies[run], nil
}

func (m *model) Document(_ context.Context, kind, id string, v any) (int64, error) {
	d, ok := m.documents[[2]string{kind, id}]
	if !ok {
		return 0, notice.NotFound("no %s %s", kind, id)
	}
	return d.rev, json.Unmarshal(d.body, v)
}

func (m *model) SaveDocument(_ context.Context, kind, id string, v any, rev int64) (int64, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	k := [2]string{kind, id}
	if m.documents[k].rev != rev {
		return 0, conflict(kind)
	}
	m.documents[k] = document{rev + 1, body}
	return rev + 1, nil
}

func (m *model) ForgetEvents(_ context.Context, id notice.RecipientID, but notice.Way) error {
	m.events[id] = slices.DeleteFunc(m.events[id], func(e notice.PreferenceEvent) bool { return e.Way != but })
	return nil
}

func (m *model) DeliveriesOf(_ context.Context, id notice.RecipientID, runs []notice.RunID) (lines []notice.Delivery, err error) {
	for _, run := range runs {
		if d, ok := m.lines[lineKey{run, id}]; ok {
			lines = append(lines, d)
		}
	}
	return lines, nil
}

func (m *model) AddRequest(_ context.Context, r notice.Request) error {
	if _, taken := m.requests[r.ID]; taken {
		return conflict("request")
	}
	r.Rev = 1
	m.requests[r.ID] = r
	return nil
}

func (m *model) SaveRequest(_ context.Context, r notice.Request) (notice.Request, error) {
	if stored, ok := m.requests[r.ID]; !ok || stored.Rev != r.Rev {
		return r, conflict("request")
	}
	r.Rev++
	m.requests[r.ID] = r
	return r, nil
}

func (m *model) Request(_ context.Context, id notice.RequestID) (notice.Request, error) {
	r, ok := m.requests[id]
	if !ok {
		return r, notice.NotFound("no request %s", id)
	}
	return r, nil
}

func (m *model) requestsWhere(match func(notice.Request) bool) ([]notice.Request, error) {
	all := slices.SortedFunc(maps.Values(m.requests), notice.ByReceipt)
	return slices.DeleteFunc(all, func(r notice.Request) bool { return !match(r) }), nil
}

func (m *model) OpenRequests(context.Context) ([]notice.Request, error) {
	return m.requestsWhere(func(r notice.Request) bool { return r.State.Open() })
}

func (m *model) ListRequests(_ context.Context, year int) ([]notice.Request, error) {
	return m.requestsWhere(func(r notice.Request) bool { return r.Received.Year() == year })
}

func (m *model) RequestsOf(_ context.Context, id notice.RecipientID) ([]notice.Request, error) {
	return m.requestsWhere(func(r notice.Request) bool { return r.Recipient == id })
}

func (m *model) DeleteRequest(_ context.Context, r notice.Request) error {
	delete(m.requests, r.ID)
	return nil
}
