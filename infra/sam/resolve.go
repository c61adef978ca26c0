package sam

import (
	"fmt"
	"regexp"
	"strings"
)

// What the pseudo parameters stand for.
const (
	region    = "us-east-1"
	Account   = "123456789012"
	StackName = "policymail"
)

// none is AWS::NoValue.
type none struct{}

// Resolve replaces every intrinsic function by its value, as CloudFormation does. A
// resource refers to itself by its logical id, lower-cased where AWS wants it so.
func (t *Template) Resolve(v any) any {
	switch v := v.(type) {
	case []any:
		out := []any{}
		for _, e := range v {
			if e = t.Resolve(e); e != (none{}) {
				out = append(out, e)
			}
		}
		return out
	case map[string]any:
		if len(v) == 1 {
			for name, arg := range v {
				if name == "Ref" || strings.HasPrefix(name, "Fn::") {
					return t.call(name, arg)
				}
			}
		}
		out := map[string]any{}
		for name, e := range v {
			if e = t.Resolve(e); e != (none{}) {
				out[name] = e
			}
		}
		return out
	}
	return v
}

// Text resolves to text.
func (t *Template) Text(v any) string { return fmt.Sprint(t.Resolve(v)) }

var hole = regexp.MustCompile(`\$\{([^!}]+)\}`)

func (t *Template) call(name string, arg any) any {
	switch name {
	case "Ref":
		return t.ref(arg.(string))
	case "Fn::GetAtt":
		if list, ok := arg.([]any); ok {
			return t.attribute(list[0].(string), list[1].(string))
		}
		id, attribute, _ := strings.Cut(arg.(string), ".")
		return t.attribute(id, attribute)
	case "Fn::Sub":
		return hole.ReplaceAllStringFunc(arg.(string), func(s string) string {
			inner := s[2 : len(s)-1]
			if id, attribute, ok := strings.Cut(inner, "."); ok {
				return fmt.Sprint(t.attribute(id, attribute))
			}
			return fmt.Sprint(t.ref(inner))
		})
	case "Fn::If":
		list := arg.([]any)
		if t.holds(t.Conditions[list[0].(string)]) {
			return t.Resolve(list[1])
		}
		return t.Resolve(list[2])
	}
	panic("no " + name + " here")
}

func (t *Template) holds(condition any) bool {
	for name, arg := range condition.(map[string]any) {
		switch list, _ := arg.([]any); name {
		case "Fn::Equals":
			return t.Text(list[0]) == t.Text(list[1])
		case "Fn::Not":
			return !t.holds(list[0])
		case "Fn::And":
			for _, c := range list {
				if !t.holds(c) {
					return false
				}
			}
			return true
		case "Condition":
			return t.holds(t.Conditions[arg.(string)])
		}
	}
	panic(fmt.Sprint("no such condition here: ", condition))
}

func (t *Template) ref(id string) any {
	switch id {
	case "AWS::NoValue":
		return none{}
	case "AWS::Region":
		return region
	case "AWS::AccountId":
		return Account
	case "AWS::Partition":
		return "aws"
	case "AWS::StackName":
		return StackName
	}
	if p, ok := t.Parameters[id]; ok {
		if v, ok := t.given[id]; ok {
			return v
		}
		if p.Default == nil {
			return ""
		}
		return p.Default
	}
	r, ok := t.Resources[id]
	if !ok {
		panic("no resource " + id)
	}
	switch r.Type {
	case "AWS::SQS::Queue":
		return "https://sqs." + region + ".amazonaws.com/" + Account + "/" + id
	case "AWS::S3::Bucket":
		return strings.ToLower(id)
	case "AWS::Lambda::Function", "AWS::Logs::LogGroup":
		for _, name := range []string{"FunctionName", "LogGroupName"} {
			if v, ok := r.Properties[name]; ok {
				return t.Resolve(v)
			}
		}
	}
	return id
}

func (t *Template) attribute(id, attribute string) any {
	if attribute == "Arn" {
		name := fmt.Sprint(t.ref(id))
		arn := func(service, rest string) string {
			return "arn:aws:" + service + ":" + region + ":" + Account + ":" + rest
		}
		switch t.Resources[id].Type {
		case "AWS::DynamoDB::Table":
			return arn("dynamodb", "table/"+name)
		case "AWS::SQS::Queue":
			return arn("sqs", id)
		case "AWS::S3::Bucket":
			return "arn:aws:s3:::" + name
		case "AWS::KMS::Key":
			return arn("kms", "key/"+name)
		case "AWS::Lambda::Function":
			return arn("lambda", "function:"+name)
		case "AWS::Logs::LogGroup":
			return arn("logs", "log-group:"+name+":*")
		case "AWS::IAM::Role":
			return "arn:aws:iam::" + Account + ":role/" + name
		}
	}
	if attribute == "ApiEndpoint" {
		return "https://" + strings.ToLower(id) + ".execute-api." + region + ".amazonaws.com"
	}
	return id + "." + attribute
}
