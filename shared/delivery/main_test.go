package delivery_test

import (
	"flag"
	"os"
	"testing"
)

// A property test here walks five years a time: four walks are enough, two under the
// race detector, twenty where there is time, unless more are asked for with
// -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		walks := "4"
		if testing.Short() {
			walks = "2"
		} else if os.Getenv("POLICYMAIL_VERIFY") != "" {
			walks = "20"
		}
		checks.Value.Set(walks)
	}
	os.Exit(m.Run())
}
