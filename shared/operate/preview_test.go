package operate_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"policymail/shared/notice"
	"policymail/shared/operate"
)

// A run is previewed as what it is, whichever kind was asked for.
func TestAPreviewIsOfTheKindOfItsRun(t *testing.T) {
	ctx := context.Background()
	o, change := setUp(t, false)
	annual := notice.Run{ID: "annual-2026-11-24", Kind: notice.Annual, Policy: "privacy", Version: "30", State: notice.Done, OpenedAt: o.Now()}
	if err := database(o).AddRun(ctx, annual); err != nil {
		t.Fatal(err)
	}
	for kind, run := range map[notice.Kind]notice.RunID{notice.Annual: change, notice.Change: annual.ID} {
		args, err := json.Marshal(operate.PreviewArgs{Kind: string(kind), Run: run})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := o.Run(ctx, operate.Command{Name: "preview", Args: args})
		if err != nil || answer.Error == nil || !strings.Contains(answer.Error.Message, "is no "+string(kind)+" run") || !strings.Contains(answer.Error.Advice, "--run "+string(run)) {
			t.Errorf("%s of %s: %+v %v", kind, run, answer, err)
		}
	}
}
