package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"policymail/shared/notice"
	"policymail/shared/store/cursor"
)

// dueShards is how many index partitions the people due on one day are spread over.
const dueShards = 64

// duePartition names a partition of the sparse index: a day, and which of its shards.
func duePartition(day notice.Date, n uint32) string { return fmt.Sprintf("%s#%02d", day, n) }

// dueKey is the partition that a person who is due on a day stands in; "" for no day.
func dueKey(day notice.Date, id notice.RecipientID) string {
	if day == "" {
		return ""
	}
	return duePartition(day, shard(id, dueShards))
}

func recipientItem(r notice.Recipient) item {
	it := item{"rid": str(string(r.ID)), "status": str(string(r.Status)), "rev": num(r.Rev),
		"out_annual": flag(r.OptOut.Annual), "out_change": flag(r.OptOut.Change)}
	putStr(it, "address", r.Address)
	putStr(it, "name", r.Name)
	putStr(it, "locale", r.Locale)
	putStr(it, "source", r.Source)
	putStr(it, "consent_at", sortable(r.ConsentAt))
	putStr(it, "imported_at", sortable(r.ImportedAt))
	putStr(it, "last_notice", sortable(r.LastNotice))
	putStr(it, "last_run", string(r.LastRun))
	putStr(it, "due", dueKey(r.Due, r.ID))
	putStr(it, "moved_to", string(r.MovedTo))
	putStr(it, "alias", string(r.Alias))
	putStr(it, "name_corrected_at", sortable(r.NameCorrectedAt))
	putStr(it, "locale_corrected_at", sortable(r.LocaleCorrectedAt))
	if r.Restricted {
		it["restricted"] = flag(true)
	}
	return it
}

func recipientOf(it item) notice.Recipient {
	day := getStr(it, "due")
	if len(day) > len("2006-01-02") {
		day = day[:len("2006-01-02")]
	}
	return notice.Recipient{ID: notice.RecipientID(getStr(it, "rid")), Address: getStr(it, "address"), Name: getStr(it, "name"),
		Locale: getStr(it, "locale"), Status: notice.Status(getStr(it, "status")), Source: getStr(it, "source"),
		OptOut:    notice.OptOut{Annual: getFlag(it, "out_annual"), Change: getFlag(it, "out_change")},
		ConsentAt: instant(getStr(it, "consent_at")), ImportedAt: instant(getStr(it, "imported_at")),
		LastNotice: instant(getStr(it, "last_notice")), LastRun: notice.RunID(getStr(it, "last_run")),
		Due: notice.Date(day), Rev: getNum(it, "rev"), Restricted: getFlag(it, "restricted"),
		MovedTo: notice.RecipientID(getStr(it, "moved_to")), Alias: notice.RecipientID(getStr(it, "alias")),
		NameCorrectedAt: instant(getStr(it, "name_corrected_at")), LocaleCorrectedAt: instant(getStr(it, "locale_corrected_at"))}
}

func ridKey(id notice.RecipientID) item { return item{"rid": str(string(id))} }

func (s *Store) Recipient(ctx context.Context, id notice.RecipientID) (notice.Recipient, error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.tables.Recipients, Key: ridKey(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return notice.Recipient{}, err
	}
	if out.Item == nil {
		return notice.Recipient{}, notice.NotFound("no recipient %s", id)
	}
	return recipientOf(out.Item), nil
}

func (s *Store) Recipients(ctx context.Context, ids []notice.RecipientID) (map[notice.RecipientID]notice.Recipient, error) {
	people := make(map[notice.RecipientID]notice.Recipient, len(ids))
	keys := make([]item, 0, len(ids))
	seen := map[notice.RecipientID]bool{}
	for _, id := range ids {
		if !seen[id] { // BatchGetItem refuses a key twice
			keys, seen[id] = append(keys, ridKey(id)), true
		}
	}
	err := s.batchGet(ctx, s.tables.Recipients, keys, func(it item) {
		r := recipientOf(it)
		people[r.ID] = r
	})
	return people, err
}

// importers is how many rows are written at once.
const importers = 32

func (s *Store) ImportRecipients(ctx context.Context, rows []notice.Imported, lead int) ([]notice.Outcome, error) {
	outcomes := make([]notice.Outcome, len(rows))
	// Rows of one person keep their order: they go to the same worker.
	lanes := make([][]int, importers)
	for i, row := range rows {
		lane := shard(row.ID, importers)
		lanes[lane] = append(lanes[lane], i)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, lane := range lanes {
		group.Go(func() (err error) {
			for _, i := range lane {
				if outcomes[i], err = s.importOne(ctx, rows[i], lead); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return outcomes, group.Wait()
}

// importOne adds a new person, or changes only what an import may change of one who
// is known: standing, clock and due date are in no expression of it. It changes the
// person as read or not at all, so that a correction in between is not overwritten.
func (s *Store) importOne(ctx context.Context, row notice.Imported, lead int) (notice.Outcome, error) {
	for {
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.tables.Recipients, Item: recipientItem(row.Recipient(lead)),
			ConditionExpression:                 aws.String("attribute_not_exists(rid)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld})
		if err == nil {
			return notice.Outcome{What: notice.Added}, nil
		}
		var failed *types.ConditionalCheckFailedException
		if !errors.As(err, &failed) {
			return notice.Outcome{}, err
		}
		known := recipientOf(failed.Item)
		merged, outcome := row.Apply(known)
		if outcome.What != notice.Updated {
			return outcome, nil
		}
		var set []string
		names, values := map[string]string{}, item{":rev": num(known.Rev)}
		for name, v := range map[string][2]string{"name": {known.Name, merged.Name}, "locale": {known.Locale, merged.Locale}, "source": {known.Source, merged.Source}} {
			if v[0] != v[1] {
				set = append(set, "#"+name+" = :"+name)
				names["#"+name], values[":"+name] = name, str(v[1])
			}
		}
		_, err = s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.tables.Recipients, Key: ridKey(row.ID),
			UpdateExpression: aws.String("SET " + strings.Join(set, ", ")), ConditionExpression: aws.String("rev = :rev"),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values})
		if conditionFailed(err) {
			continue // corrected, moved or erased meanwhile: look again
		}
		return outcome, err
	}
}

func (s *Store) ChangeRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent) error {
	if before.Rev == 0 {
		return conflict("recipient", before.ID) // nobody
	}
	audit, err := s.auditItem(before.ID, event)
	if err != nil {
		return err
	}
	failed, _, err := s.transact(ctx, s.replaceItem(before, after), audit)
	if err == nil && failed >= 0 {
		return conflict("recipient", before.ID)
	}
	return err
}

func (s *Store) MoveRecipient(ctx context.Context, before, after notice.Recipient, event notice.PreferenceEvent, there, next notice.Recipient) error {
	if before.Rev == 0 {
		return conflict("recipient", before.ID) // nobody
	}
	audit, err := s.auditItem(before.ID, event)
	if err != nil {
		return err
	}
	failed, _, err := s.transact(ctx, s.replaceItem(before, after), audit, s.replaceItem(there, next))
	if err == nil && failed >= 0 {
		return conflict("recipient", before.ID)
	}
	return err
}

// auditItem adds a line of history.
func (s *Store) auditItem(id notice.RecipientID, event notice.PreferenceEvent) (types.TransactWriteItem, error) {
	record, err := json.Marshal(event)
	return types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Audit, ConditionExpression: aws.String("attribute_not_exists(rid)"),
		Item: item{"rid": str(string(id)), "id": str(event.ID), "event": bin(record)}}}, err
}

// replaceItem replaces a person as read, or adds one if nobody was (Rev 0).
func (s *Store) replaceItem(before, after notice.Recipient) (change types.TransactWriteItem) {
	after.ID, after.Rev = before.ID, before.Rev+1
	condition, rev := aws.String("rev = :rev"), item{":rev": num(before.Rev)}
	if before.Rev == 0 {
		return types.TransactWriteItem{Put: &types.Put{TableName: &s.tables.Recipients, ConditionExpression: aws.String("attribute_not_exists(rid)"), Item: recipientItem(after.Kept())}}
	}
	if kept := after.Kept(); after.Status == notice.Erased || after.Status == notice.Moved {
		change.Put = &types.Put{TableName: &s.tables.Recipients, ConditionExpression: condition, ExpressionAttributeValues: rev, Item: recipientItem(kept)}
	} else {
		set, remove, names, values := "", "", map[string]string{}, rev
		for name, v := range recipientItem(after) {
			if name == "rid" || name == "last_notice" || name == "last_run" {
				continue
			}
			set += ", #" + name + " = :" + name + "_new"
			names["#"+name], values[":"+name+"_new"] = name, v
		}
		for _, name := range []string{"address", "name", "locale", "source", "consent_at", "imported_at", "due", "restricted", "moved_to", "alias", "name_corrected_at", "locale_corrected_at"} {
			if _, ok := names["#"+name]; !ok {
				remove += ", #" + name
				names["#"+name] = name
			}
		}
		expression := "SET " + set[2:]
		if remove != "" {
			expression += " REMOVE " + remove[2:]
		}
		change.Update = &types.Update{TableName: &s.tables.Recipients, Key: ridKey(before.ID), UpdateExpression: &expression,
			ConditionExpression: condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}
	}
	return change
}

func (s *Store) RecordNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, at time.Time, day notice.Date) error {
	return s.moveClock(ctx, id, "SET last_notice = :at, last_run = :run", "",
		"(attribute_not_exists(last_notice) OR last_notice <= :at)", item{":at": str(sortable(at)), ":run": str(string(run))}, day)
}

func (s *Store) TakeBackNotice(ctx context.Context, id notice.RecipientID, run notice.RunID, to time.Time, day notice.Date) error {
	values := item{":run": str(string(run))}
	if to.IsZero() {
		return s.moveClock(ctx, id, "", "REMOVE last_notice, last_run", "last_run = :run", values, day)
	}
	values[":to"] = str(sortable(to))
	return s.moveClock(ctx, id, "SET last_notice = :to", "REMOVE last_run", "last_run = :run", values, day)
}

// moveClock sets and removes what it is told, and the due date with it, if the condition
// holds. It is one write for a person who will be due again; for one who will not, a
// second that moves the clock alone.
func (s *Store) moveClock(ctx context.Context, id notice.RecipientID, set, remove, condition string, values item, day notice.Date) error {
	const willBeDue = " AND #status = :active AND out_annual = :no AND attribute_not_exists(restricted)"
	condition = "attribute_exists(rid) AND #status <> :erased AND #status <> :moved AND " + condition
	alone := set + " " + remove
	values[":erased"], values[":moved"] = str(string(notice.Erased)), str(string(notice.Moved))
	values[":active"], values[":no"] = str(string(notice.Active)), flag(false)
	if day == "" {
		remove = clause(remove, "REMOVE", "due")
	} else {
		set, values[":due"] = clause(set, "SET", "due = :due"), str(dueKey(day, id))
	}
	in := &dynamodb.UpdateItemInput{TableName: &s.tables.Recipients, Key: ridKey(id),
		UpdateExpression: aws.String(set + " " + remove), ConditionExpression: aws.String(condition + willBeDue),
		ExpressionAttributeNames: map[string]string{"#status": "status"}, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}
	_, err := s.db.UpdateItem(ctx, in)
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return err
	}
	if r := recipientOf(failed.Item); r.ID == "" || r.Status == notice.Erased || r.Status == notice.Moved || r.Remindable() {
		return nil // unknown, erased, or the clock stands elsewhere already
	}
	for _, name := range []string{":active", ":no", ":due"} {
		delete(values, name)
	}
	in.UpdateExpression, in.ConditionExpression = &alone, &condition
	if _, err = s.db.UpdateItem(ctx, in); conditionFailed(err) {
		return nil
	}
	return err
}

// clause adds to a clause of an update expression, or begins it.
func clause(so, word, more string) string {
	if so == "" {
		return word + " " + more
	}
	return so + ", " + more
}

func (s *Store) MoveDue(ctx context.Context, id notice.RecipientID, day notice.Date) error {
	values := item{":active": str(string(notice.Active)), ":no": flag(false)}
	update := "REMOVE due"
	if day != "" {
		update, values[":due"] = "SET due = :due", str(dueKey(day, id))
	}
	_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &s.tables.Recipients, Key: ridKey(id), UpdateExpression: &update,
		ConditionExpression:      aws.String("#status = :active AND out_annual = :no AND attribute_not_exists(restricted)"),
		ExpressionAttributeNames: map[string]string{"#status": "status"}, ExpressionAttributeValues: values})
	if conditionFailed(err) {
		return nil
	}
	return err
}

func (s *Store) ListRecipients(ctx context.Context, from string, limit int) (people []notice.Recipient, next string, err error) {
	at, err := cursor.Read[place](cursor.Recipients, from)
	if err != nil {
		return nil, "", err
	}
	out, err := s.db.Scan(ctx, &dynamodb.ScanInput{TableName: &s.tables.Recipients, Limit: aws.Int32(int32(limit)), ExclusiveStartKey: at.start()})
	if err != nil {
		return nil, "", err
	}
	for _, it := range out.Items {
		if r := recipientOf(it); r.Status != notice.Erased && r.Status != notice.Moved {
			people = append(people, r)
		}
	}
	if len(out.LastEvaluatedKey) > 0 {
		next, err = cursor.Write(cursor.Recipients, at.after(out.LastEvaluatedKey))
	}
	return people, next, err
}

// DueRecipients walks the index day by day, and each day shard by shard.
func (s *Store) DueRecipients(ctx context.Context, first, last notice.Date, from string, limit int) (ids []notice.RecipientID, next string, err error) {
	days := first.DaysUntil(last) + 1
	next, err = s.walk(ctx, cursor.Due(first, last), from, limit, days*dueShards, func(part int) *dynamodb.QueryInput {
		return &dynamodb.QueryInput{TableName: &s.tables.Recipients, IndexName: aws.String("due"), KeyConditionExpression: aws.String("due = :due"),
			ExpressionAttributeValues: item{":due": str(duePartition(first.AddDays(part/dueShards), uint32(part%dueShards)))}}
	}, func(it item) error {
		ids = append(ids, notice.RecipientID(getStr(it, "rid")))
		return nil
	})
	return ids, next, err
}

func (s *Store) PreferenceEvents(ctx context.Context, id notice.RecipientID) ([]notice.PreferenceEvent, error) {
	return list[notice.PreferenceEvent](ctx, s, &dynamodb.QueryInput{TableName: &s.tables.Audit, KeyConditionExpression: aws.String("rid = :rid"),
		ExpressionAttributeValues: item{":rid": str(string(id))}, ConsistentRead: aws.Bool(true)}, "event")
}

func (s *Store) ForgetEvents(ctx context.Context, id notice.RecipientID, but notice.Way) error {
	events, err := s.PreferenceEvents(ctx, id)
	if err != nil {
		return err
	}
	for _, e := range events {
		if e.Way == but {
			continue
		}
		if _, err := s.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.tables.Audit, Key: item{"rid": str(string(id)), "id": str(e.ID)}}); err != nil {
			return err
		}
	}
	return nil
}
