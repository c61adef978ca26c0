package delivery_test

import (
	"flag"
	"os"
	"testing"
)

// A property test here walks five years a time: ten walks are enough unless more
// are asked for with -rapid.checks.
func TestMain(m *testing.M) {
	flag.Parse()
	if checks := flag.Lookup("rapid.checks"); checks.Value.String() == checks.DefValue {
		checks.Value.Set("10")
	}
	os.Exit(m.Run())
}
