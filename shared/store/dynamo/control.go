package dynamo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"policymail/shared/notice"
)

// Partitions of the Control table. A run moves from the first to the second when it
// ends, so the pacer reads only what is open.
const (
	openRuns  = "RUN#open"
	endedRuns = "RUN#ended"
)

func controlKey(pk, sk string) item { return item{"pk": str(pk), "sk": str(sk)} }

func (s *Store) get(ctx context.Context, pk, sk string) (item, error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.tables.Control, Key: controlKey(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// decided is what of a version may still change; it stands beside the rest.
type decided struct {
	Summary  map[string]string `json:"summary"`
	Edits    []notice.Edit     `json:"edits,omitempty"`
	Approval *notice.Approval  `json:"approval,omitempty"`
}

// versionItem keeps a version's text compressed: an item holds 400 KB at most.
func versionItem(v notice.Version) (item, error) {
	record, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := z.Write(record); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if packed.Len() > 380<<10 {
		return nil, notice.Invalid("version %s is too large to store, %d KiB compressed", v.Name, packed.Len()>>10).Hint("publish the text without images")
	}
	it := controlKey("POLICY#"+v.Policy, v.Name)
	it["version"] = bin(packed.Bytes())
	if v.Approval != nil {
		it["approved"] = flag(true)
	}
	return it, nil
}

func versionOf(it item) (v notice.Version, err error) {
	z, err := gzip.NewReader(bytes.NewReader(getBin(it, "version")))
	if err != nil {
		return v, err
	}
	record, err := io.ReadAll(z)
	if err != nil {
		return v, err
	}
	if err := json.Unmarshal(record, &v); err != nil {
		return v, err
	}
	if record := getBin(it, "decided"); record != nil {
		var d decided
		err = json.Unmarshal(record, &d)
		v.Summary, v.Edits, v.Approval = d.Summary, d.Edits, d.Approval
	}
	return v, err
}

func (s *Store) AddVersion(ctx context.Context, v notice.Version) error {
	it, err := versionItem(v)
	if err != nil {
		return err
	}
	absent := aws.String("attribute_not_exists(pk)")
	actions := []types.TransactWriteItem{{Put: &types.Put{TableName: &s.tables.Control, Item: it, ConditionExpression: absent}}}
	if v.Baseline() {
		actions = append(actions, types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: controlKey("BASELINE", v.Policy), ConditionExpression: absent}})
	}
	failed, _, err := s.transact(ctx, actions...)
	if err == nil && failed >= 0 {
		return conflict("version", v.Name)
	}
	return err
}

func (s *Store) Version(ctx context.Context, policy, version string) (notice.Version, error) {
	it, err := s.get(ctx, "POLICY#"+policy, version)
	if err != nil {
		return notice.Version{}, err
	}
	if it == nil {
		return notice.Version{}, notice.NotFound("policy %s has no version %s", policy, version)
	}
	return versionOf(it)
}

func (s *Store) Versions(ctx context.Context, policy string) (all []notice.Version, err error) {
	err = s.query(ctx, s.partition("POLICY#"+policy), func(it item) error {
		v, err := versionOf(it)
		all = append(all, v)
		return err
	})
	slices.SortFunc(all, notice.ByPublication)
	return all, err
}

// partition asks for everything under one key of the Control table.
func (s *Store) partition(pk string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{TableName: &s.tables.Control, ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("pk = :pk"), ExpressionAttributeValues: item{":pk": str(pk)}}
}

// listControl reads the records in some partitions of the Control table.
func listControl[T any](ctx context.Context, s *Store, attribute string, partitions ...string) (all []T, err error) {
	for _, pk := range partitions {
		some, err := list[T](ctx, s, s.partition(pk), attribute)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

func runPartition(state notice.RunState) string {
	if state.Open() {
		return openRuns
	}
	return endedRuns
}

func otherPartition(state notice.RunState) string {
	if state.Open() {
		return endedRuns
	}
	return openRuns
}

func runItem(r notice.Run) (item, error) {
	record, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	it := controlKey(runPartition(r.State), string(r.ID))
	it["run"], it["rev"] = bin(record), num(r.Rev)
	return it, nil
}

// AddRun also checks that no ended run has the id: a run is never opened twice.
func (s *Store) AddRun(ctx context.Context, r notice.Run) error {
	r.Rev = 1
	it, err := runItem(r)
	if err != nil {
		return err
	}
	absent := aws.String("attribute_not_exists(pk)")
	failed, _, err := s.transact(ctx,
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: it, ConditionExpression: absent}},
		types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: &s.tables.Control, Key: controlKey(otherPartition(r.State), string(r.ID)), ConditionExpression: absent}})
	if err == nil && failed >= 0 {
		return conflict("run", r.ID)
	}
	return err
}

// SaveRun replaces the run where it stands; one that ended, or was opened again, moves
// from the other partition. Whoever never ends a run needs no right to delete: only one that
// does not stand where it belongs is looked for there.
func (s *Store) SaveRun(ctx context.Context, r notice.Run) (notice.Run, error) {
	saved := r
	saved.Rev++
	it, err := runItem(saved)
	if err != nil {
		return r, err
	}
	asRead, rev := aws.String("rev = :rev"), item{":rev": num(r.Rev)}
	_, err = s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.tables.Control, Item: it, ConditionExpression: asRead, ExpressionAttributeValues: rev,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
	if err == nil {
		return saved, nil
	}
	var changed *types.ConditionalCheckFailedException
	if !errors.As(err, &changed) {
		return r, err
	} else if changed.Item != nil {
		return r, conflict("run", r.ID)
	}
	failed, _, err := s.transact(ctx,
		types.TransactWriteItem{Delete: &types.Delete{TableName: &s.tables.Control, Key: controlKey(otherPartition(r.State), string(r.ID)),
			ConditionExpression: asRead, ExpressionAttributeValues: rev}},
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)")}})
	if err == nil && failed >= 0 {
		err = conflict("run", r.ID)
	}
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Decide(ctx context.Context, r notice.Run, v notice.Version) (notice.Run, error) {
	saved := r
	saved.Rev++
	it, err := runItem(saved)
	if err != nil {
		return r, err
	}
	record, err := json.Marshal(decided{v.Summary, v.Edits, v.Approval})
	if err != nil {
		return r, err
	}
	change, values := "SET decided = :d", item{":d": bin(record)}
	if v.Approval != nil {
		change, values[":yes"] = change+", approved = :yes", flag(true)
	}
	failed, _, err := s.transact(ctx,
		types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Control, Item: it,
			ConditionExpression: aws.String("rev = :rev"), ExpressionAttributeValues: item{":rev": num(r.Rev)}}},
		types.TransactWriteItem{Update: &types.Update{TableName: &s.tables.Control, Key: controlKey("POLICY#"+v.Policy, v.Name), UpdateExpression: &change,
			ConditionExpression: aws.String("attribute_exists(pk) AND attribute_not_exists(approved)"), ExpressionAttributeValues: values}})
	if err == nil && failed == 0 {
		err = conflict("run", r.ID)
	} else if err == nil && failed > 0 {
		err = conflict("version", v.Name)
	}
	if err != nil {
		return r, err
	}
	return saved, nil
}

func (s *Store) Run(ctx context.Context, id notice.RunID) (r notice.Run, err error) {
	// Open, ended, open: a run that ends between two reads is found all the same.
	for _, pk := range []string{openRuns, endedRuns, openRuns} {
		it, err := s.get(ctx, pk, string(id))
		if err != nil {
			return r, err
		}
		if it != nil {
			return r, json.Unmarshal(getBin(it, "run"), &r)
		}
	}
	return r, notice.NotFound("no run %s", id)
}

func (s *Store) OpenRuns(ctx context.Context) ([]notice.Run, error) { return s.runs(ctx, openRuns) }

func (s *Store) ListRuns(ctx context.Context) ([]notice.Run, error) {
	return s.runs(ctx, openRuns, endedRuns)
}

func (s *Store) runs(ctx context.Context, partitions ...string) ([]notice.Run, error) {
	all, err := listControl[notice.Run](ctx, s, "run", partitions...)
	slices.SortFunc(all, notice.ByOpening)
	return all, err
}

// tallyKey is the item whose numbers AddTally raises.
func tallyKey(run notice.RunID) item { return controlKey("TALLY", string(run)) }

func (s *Store) AddTally(ctx context.Context, run notice.RunID, t notice.Tally) error {
	update := "ADD accepted :a, refused :r, bounced :b, complained :c"
	values := item{":a": num(int64(t.Accepted)), ":r": num(int64(t.Refused)), ":b": num(int64(t.Bounced)), ":c": num(int64(t.Complained))}
	var set []string
	if !t.FirstSent.IsZero() {
		set, values[":f"] = append(set, "first_sent = if_not_exists(first_sent, :f)"), str(sortable(t.FirstSent))
	}
	if !t.LastSent.IsZero() {
		set, values[":l"] = append(set, "last_sent = :l"), str(sortable(t.LastSent))
	}
	if len(set) > 0 {
		update += " SET " + strings.Join(set, ", ")
	}
	_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.tables.Control, Key: tallyKey(run), UpdateExpression: &update, ExpressionAttributeValues: values})
	return err
}

func (s *Store) Tally(ctx context.Context, run notice.RunID) (notice.Tally, error) {
	it, err := s.get(ctx, "TALLY", string(run))
	return notice.Tally{Accepted: int(getNum(it, "accepted")), Refused: int(getNum(it, "refused")),
		Bounced: int(getNum(it, "bounced")), Complained: int(getNum(it, "complained")),
		FirstSent: instant(getStr(it, "first_sent")), LastSent: instant(getStr(it, "last_sent"))}, err
}

func (s *Store) Document(ctx context.Context, kind, id string, v any) (int64, error) {
	it, err := s.get(ctx, "DOC#"+kind, id)
	if err != nil {
		return 0, err
	}
	if it == nil {
		return 0, notice.NotFound("no %s %s", kind, id)
	}
	return getNum(it, "rev"), json.Unmarshal(getBin(it, "body"), v)
}

func (s *Store) SaveDocument(ctx context.Context, kind, id string, v any, rev int64) (int64, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return 0, err
	}
	it := controlKey("DOC#"+kind, id)
	it["body"], it["rev"] = bin(body), num(rev+1)
	in := &dynamodb.PutItemInput{TableName: &s.tables.Control, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)")}
	if rev > 0 {
		in.ConditionExpression, in.ExpressionAttributeValues = aws.String("rev = :rev"), item{":rev": num(rev)}
	}
	_, err = s.db.PutItem(ctx, in)
	if conditionFailed(err) {
		return 0, conflict(kind, id)
	}
	return rev + 1, err
}
