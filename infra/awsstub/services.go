package awsstub

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// dynamoRequest is what is read of a request to see which rights it needs.
type dynamoRequest struct {
	TableName, IndexName                                          string
	Key                                                           map[string]any
	UpdateExpression, ConditionExpression, KeyConditionExpression string
	ProjectionExpression, FilterExpression                        string
	ExpressionAttributeNames                                      map[string]string
	RequestItems                                                  map[string]any
	TransactItems                                                 []struct{ Put, Update, Delete, ConditionCheck *dynamoRequest }
}

func (a *AWS) serveDynamoDB(w http.ResponseWriter, r *http.Request) {
	var in dynamoRequest
	readBody(r, &in)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if a.may(w, r, in.calls(operation)...) {
		a.dynamo.ServeHTTP(w, r)
	}
}

func (in dynamoRequest) calls(operation string) (calls []Call) {
	table := func(name, index string) string {
		if index != "" {
			name += "/index/" + index
		}
		return arn("dynamodb", "table/"+name)
	}
	one := func(operation string, in *dynamoRequest) {
		if in != nil {
			calls = append(calls, Call{"dynamodb:" + operation, table(in.TableName, in.IndexName), map[string][]string{"dynamodb:Attributes": in.attributes()}})
		}
	}
	switch operation {
	case "BatchGetItem":
		for name := range in.RequestItems {
			calls = append(calls, Call{"dynamodb:" + operation, table(name, ""), nil})
		}
	case "TransactWriteItems":
		for _, i := range in.TransactItems {
			one("PutItem", i.Put)
			one("UpdateItem", i.Update)
			one("DeleteItem", i.Delete)
			one("ConditionCheckItem", i.ConditionCheck)
		}
	default:
		one(operation, &in)
	}
	return calls
}

var (
	word     = regexp.MustCompile(`[#:]?[A-Za-z_][A-Za-z0-9_]*`)
	keywords = []string{"SET", "REMOVE", "ADD", "AND", "OR", "NOT", "IN", "BETWEEN", "attribute_exists", "attribute_not_exists", "begins_with", "if_not_exists"}
)

// attributes are the attributes a request names.
func (in dynamoRequest) attributes() []string {
	names := map[string]bool{}
	for name := range in.Key {
		names[name] = true
	}
	for _, w := range word.FindAllString(strings.Join([]string{in.UpdateExpression, in.ConditionExpression, in.KeyConditionExpression, in.ProjectionExpression, in.FilterExpression}, " "), -1) {
		switch {
		case w[0] == ':' || slices.Contains(keywords, w):
		case w[0] == '#':
			names[in.ExpressionAttributeNames[w]] = true
		default:
			names[w] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func (a *AWS) serveKMS(w http.ResponseWriter, r *http.Request) {
	var in struct {
		KeyId, MacAlgorithm string
		Message             []byte
	}
	readBody(r, &in)
	if !a.may(w, r, Call{"kms:GenerateMac", in.KeyId, map[string][]string{"kms:MacAlgorithm": {in.MacAlgorithm}}}) {
		return
	}
	mac, _ := a.Root.Derive(r.Context(), string(in.Message))
	json.NewEncoder(w).Encode(map[string]any{"KeyId": in.KeyId, "MacAlgorithm": in.MacAlgorithm, "Mac": mac})
}

func (a *AWS) serveSQS(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QueueUrl string
		Entries  []struct{ Id, MessageBody string }
	}
	readBody(r, &in)
	name := in.QueueUrl[strings.LastIndexByte(in.QueueUrl, '/')+1:]
	if !a.may(w, r, Call{"sqs:SendMessage", arn("sqs", name), nil}) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var done []map[string]string
	for _, e := range in.Entries {
		a.queues[name] = append(a.queues[name], e.MessageBody)
		done = append(done, map[string]string{"Id": e.Id, "MessageId": e.Id, "MD5OfMessageBody": md5Of(e.MessageBody)})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	json.NewEncoder(w).Encode(map[string]any{"Successful": done, "Failed": []any{}})
}

func (a *AWS) sendEmail(w http.ResponseWriter, r *http.Request) {
	var in struct {
		FromEmailAddress, ConfigurationSetName string
		Destination                            struct{ ToAddresses []string }
		Content                                struct{ Raw struct{ Data []byte } }
		EmailTags                              []struct{ Name, Value string }
	}
	readBody(r, &in)
	from := map[string][]string{"ses:FromAddress": {in.FromEmailAddress}}
	_, domain, _ := strings.Cut(in.FromEmailAddress, "@")
	for _, action := range []string{"ses:SendEmail", "ses:SendRawEmail"} {
		for _, resource := range []string{"identity/" + domain, "configuration-set/" + in.ConfigurationSetName} {
			if !a.may(w, r, Call{action, arn("ses", resource), from}) {
				return
			}
		}
	}
	if a.Refusal != "" {
		w.Header().Set("X-Amzn-Errortype", a.Refusal)
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"message":"refused"}`)
		return
	}
	mail := Mail{From: in.FromEmailAddress, To: strings.Join(in.Destination.ToAddresses, ","), Raw: in.Content.Raw.Data, Tags: map[string]string{}}
	for _, tag := range in.EmailTags {
		mail.Tags[tag.Name] = tag.Value
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.Mails = append(a.Mails, mail)
	fmt.Fprintf(w, `{"MessageId":"message-%d"}`, len(a.Mails))
}

func (a *AWS) getAccount(w http.ResponseWriter, r *http.Request) {
	if a.may(w, r, Call{"ses:GetAccount", "*", nil}) {
		json.NewEncoder(w).Encode(map[string]any{"SendingEnabled": true, "ProductionAccessEnabled": true, "EnforcementStatus": "HEALTHY",
			"SendQuota": map[string]float64{"MaxSendRate": a.Rate, "Max24HourSend": 50000, "SentLast24Hours": 0}})
	}
}

func (a *AWS) getObject(w http.ResponseWriter, r *http.Request) {
	bucket, key := r.PathValue("bucket"), r.PathValue("key")
	if !a.may(w, r, Call{"s3:GetObject", "arn:aws:s3:::" + bucket + "/" + key, nil}) {
		return
	}
	content, ok := a.meant(w, r, key)
	if !ok {
		return
	}
	if span, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		first, last, _ := strings.Cut(span, "-")
		from, _ := strconv.Atoi(first)
		end := len(content)
		if n, err := strconv.Atoi(last); err == nil {
			end = min(end, n+1)
		}
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, end-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
		w.Write(content[from:end])
		return
	}
	w.Write(content)
}

// meant returns the object a request is about; where there is none, or not with the
// content of its If-Match, it answers as S3 does: whoever may not list the bucket is not
// told that there is none (Amazon S3 API Reference, GetObject, "Permissions").
func (a *AWS) meant(w http.ResponseWriter, r *http.Request, key string) ([]byte, bool) {
	a.mu.Lock()
	content, ok := a.objects[key]
	a.mu.Unlock()
	match := r.Header.Get("If-Match")
	switch {
	case !ok && !a.allowed(r, Call{"s3:ListBucket", "arn:aws:s3:::" + r.PathValue("bucket"), map[string][]string{"s3:prefix": {key}}}):
		refuse(w, http.StatusForbidden, "AccessDenied")
	case !ok:
		refuse(w, http.StatusNotFound, "NoSuchKey")
	case match != "" && match != `"`+md5Of(string(content))+`"`:
		refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
		return nil, false
	}
	return content, ok
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<Error><Code>%[1]s</Code><Message>%[1]s</Message></Error>`, code)
}

func (a *AWS) putObject(w http.ResponseWriter, r *http.Request) {
	bucket, key := r.PathValue("bucket"), r.PathValue("key")
	if !a.may(w, r, Call{"s3:PutObject", "arn:aws:s3:::" + bucket + "/" + key, nil}) {
		return
	}
	body, err := io.ReadAll(r.Body)
	if r.Header.Get("Content-Encoding") == "aws-chunked" || strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		body, err = unchunk(body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.Put(key, string(body))
}

// unchunk reads a body in aws-chunked encoding (Amazon S3 API Reference, "Signature
// calculations ... chunked upload"): size in hex, content, and so on to a size of 0.
func unchunk(body []byte) (content []byte, err error) {
	for {
		head, rest, ok := bytes.Cut(body, []byte("\r\n"))
		size, _, _ := strings.Cut(string(head), ";")
		n, err := strconv.ParseInt(size, 16, 64)
		if err != nil || !ok || int(n)+2 > len(rest) && n > 0 {
			return nil, fmt.Errorf("chunk %q", head)
		}
		if n == 0 {
			return content, nil
		}
		content, body = append(content, rest[:n]...), rest[n+2:]
	}
}

func md5Of(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
