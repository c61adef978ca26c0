// Package noticetest makes values of the domain for tests.
package noticetest

import "policymail/shared/notice"

// Version returns a version of a text and its page with the hashes that go with them, as
// publishing makes it; the caller fills in the rest.
func Version(text, page string) notice.Version {
	return notice.Version{Text: text, SHA256: notice.HashOf(text), HTML: page, PageSHA256: notice.HashOf(page)}
}
