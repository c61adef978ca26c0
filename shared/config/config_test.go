package config

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

var good = map[string]string{"RECIPIENTS_TABLE": "r", "DELIVERIES_TABLE": "d", "CONTROL_TABLE": "c", "AUDIT_TABLE": "a", "SEND_QUEUE_URL": "q", "IMPORT_QUEUE_URL": "i", "BUCKET": "b",
	"BASE_URL": "https://privacy.example.com", "LINK_KEY_ARN": "arn", "LINK_KEY_ID": "k2", "LINK_KEY_IDS_OLD": "k0, k1", "COMPANY": "Example", "POSTAL_ADDRESS": "1 Street",
	"MAIL_FROM": "privacy@example.com", "REPLY_TO": "help@example.com", "LIST_ID": "privacy.example.com", "CONFIGURATION_SET": "set",
	"ANNUAL_POLICY": "privacy", "LEAD_DAYS": "14", "SEND_SHARE": "0.8", "SLICE_SIZE": "50", "SEND_CONCURRENCY": "10", "COPY_LIMIT": "2", "ANSWER_DAYS": "30", "CHANGE_LEAD_DAYS": "30", "EDIT_LEAD_DAYS": "0",
	"WATCH_POLICY": "privacy", "WATCH_URL": "https://www.example.com/privacy", "TWO_APPROVERS": "yes", "APPROVERS": "officer@example.com, second@example.com,officer@example.com"}

func TestEveryFunctionLoads(t *testing.T) {
	for _, function := range Functions() {
		if _, err := Load(function, func(name string) string { return good[name] }); err != nil {
			t.Error(err)
		}
	}
	c, _ := Load("web", func(name string) string { return good[name] })
	if len(c.Approvers) != 2 || c.Approvers[0] != "officer@example.com" || len(c.LinkKeys.OldIDs) != 2 || c.SendQueue != "" {
		t.Errorf("%+v", c)
	}
}

func TestWatchedPageIsReadOverTLS(t *testing.T) {
	for url, ok := range map[string]bool{"": true, "https://www.example.com/p": true, "http://www.example.com/p": false, "https://": false} {
		_, err := Load("watch", func(name string) string {
			if name == "WATCH_URL" {
				return url
			}
			return good[name]
		})
		if (err == nil) != ok {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestAllFaultsAtOnce(t *testing.T) {
	bad := map[string]string{"BASE_URL": "http://x/", "LEAD_DAYS": "many", "SEND_SHARE": "2", "SLICE_SIZE": "1000", "ANNUAL_POLICY": "Privacy!",
		"REPLY_TO": "nobody", "BRAND_COLOUR": "red", "APPROVERS": "officer@example.com,nobody", "COMPANY": "A\r\nBcc: b"}
	_, err := Load("operate", func(name string) string { return bad[name] })
	for _, name := range []string{"RECIPIENTS_TABLE", "BASE_URL", "LEAD_DAYS", "SEND_SHARE", "SLICE_SIZE", "ANNUAL_POLICY", "MAIL_FROM", "LINK_KEY_ARN", "REPLY_TO", "BRAND_COLOUR", "COMPANY", "APPROVERS entry 2"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not named in %v", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "SEND_QUEUE_URL") {
		t.Error("a variable that operate does not read is named")
	}
}

// Variables names what Load reads, no more and no less, whatever stands in it; and each
// variable that must be set is missed by its name.
func TestVariablesAreWhatIsRead(t *testing.T) {
	for _, function := range Functions() {
		asked := map[string]bool{}
		_, _ = Load(function, func(name string) string {
			asked[name] = true
			return good[name]
		})
		if got := slices.Sorted(maps.Keys(asked)); len(got) == 0 || !slices.Equal(got, Variables(function)) {
			t.Errorf("%s reads %v, and says it reads %v", function, got, Variables(function))
		}
		for _, missing := range Variables(function) {
			_, err := Load(function, func(name string) string {
				if name == missing {
					return ""
				}
				return good[name]
			})
			if Optional(missing) != (err == nil) || err != nil && !strings.Contains(err.Error(), missing+" is not set") {
				t.Errorf("%s without %s: %v", function, missing, err)
			}
		}
	}
	if Optional("NOTHING_OF_OURS") || len(Variables("nobody")) > 0 {
		t.Error("variables nobody reads")
	}
}
