package delivery_test

import (
	"flag"
	"os"
	"testing"
)

// A property test here walks five years a time: four walks are enough, twenty where
// there is time, unless more are asked for with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		checks.Value.Set("4")
		if os.Getenv("POLICYMAIL_VERIFY") != "" {
			checks.Value.Set("20")
		}
	}
	os.Exit(m.Run())
}
