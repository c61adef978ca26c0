package awsstub

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"policymail/infra/sam"
)

// Statement is one of a role's policies that allows something.
type Statement struct {
	Actions, Resources []string
	Condition          map[string]map[string][]string // operator, key, values
}

// Call is one request as IAM sees it.
type Call struct {
	Action, Resource string
	Context          map[string][]string // condition keys
}

func (c Call) String() string { return fmt.Sprint(c.Action, " on ", c.Resource, " ", c.Context) }

// roleOf reads the statements of a function's role.
func roleOf(tpl *sam.Template, function sam.Resource) (all []Statement) {
	id := strings.TrimPrefix(tpl.Text(function.Properties["Role"]), "arn:aws:iam::"+sam.Account+":role/")
	for _, p := range tpl.Resources[id].Properties["Policies"].([]any) {
		raw, _ := json.Marshal(tpl.Resolve(p.(map[string]any)["PolicyDocument"]))
		var document struct {
			Statement []struct {
				Action, Resource list
				Condition        map[string]map[string]list
			}
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			panic(err)
		}
		for _, s := range document.Statement {
			condition := map[string]map[string][]string{}
			for operator, keys := range s.Condition {
				condition[operator] = map[string][]string{}
				for key, values := range keys {
					condition[operator][key] = values
				}
			}
			all = append(all, Statement{s.Action, s.Resource, condition})
		}
	}
	return all
}

// list is one text or several.
type list []string

func (l *list) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(l))
	}
	*l = make([]string, 1)
	return json.Unmarshal(b, &(*l)[0])
}

// allows returns the right that allows the call, "action resource", or "" (IAM User
// Guide, "Policy evaluation logic": what is not allowed is denied).
func allows(role []Statement, c Call) string {
	for _, s := range role {
		if !slices.Contains(s.Actions, c.Action) || !s.holds(c) {
			continue
		}
		for _, r := range s.Resources {
			if like(r, c.Resource) {
				return c.Action + " " + r
			}
		}
	}
	return ""
}

func (s Statement) holds(c Call) bool {
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			got := c.Context[key]
			switch operator {
			case "ForAllValues:StringEquals":
				for _, v := range got {
					if !slices.Contains(wanted, v) {
						return false
					}
				}
			case "StringEquals", "StringLike":
				if len(got) != 1 || !slices.ContainsFunc(wanted, func(w string) bool { return w == got[0] || operator == "StringLike" && like(w, got[0]) }) {
					return false
				}
			default:
				panic("no " + operator + " here")
			}
		}
	}
	return true
}

// like matches with * for anything.
func like(pattern, s string) bool {
	// path.Match stops a * at a slash; an ARN's does not.
	ok, _ := path.Match(strings.ReplaceAll(pattern, "/", "\x00"), strings.ReplaceAll(s, "/", "\x00"))
	return ok
}
