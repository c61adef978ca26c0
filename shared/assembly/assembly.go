// Package assembly puts the product together from its services, once for the functions,
// the local stack and its gallery, so that none of them can differ from the others in a
// setting. A function's binary holds what its packages hold: the pages and the commands
// are in packages of their own, site and operations.
package assembly

import (
	"policymail/shared/approval"
	"policymail/shared/locale"
	"policymail/shared/notice"
	"policymail/shared/policy"
	"policymail/shared/publish"
	"policymail/shared/startup"
	"policymail/shared/token"
)

// Publisher returns what records versions, whichever way they come.
func Publisher(e startup.Env, s publish.Store) publish.Publisher {
	return publish.Publisher{Store: s, Locales: locale.Tags(), Leads: leads(e), Now: e.Now}
}

// Gate returns what decides about runs that wait, as it is reached: on the page or by a
// command.
func Gate(e startup.Env, s approval.Store, keys *token.Keys, way notice.ApprovalWay) approval.Gate {
	return approval.Gate{Store: s, Two: e.TwoApprovers, Approvers: e.Approvers, ID: keys.RecipientID, Way: way, Leads: leads(e), Now: e.Now}
}

// leads says how far ahead a change should be told.
func leads(e startup.Env) policy.Leads {
	return policy.Leads{Substantive: e.ChangeLead, Editorial: e.EditLead}
}
