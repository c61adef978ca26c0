package brand

import (
	"fmt"
	"testing"
)

func TestWordsOnEveryColourCanBeRead(t *testing.T) {
	for n := 0; n < 1<<24; n += 4099 {
		colour := fmt.Sprintf("#%06x", n)
		words, ground := luminance(On(colour)), luminance(colour)
		if got := contrast(max(words, ground), min(words, ground)); got < 4.5 {
			t.Errorf("%s on %s has a contrast of %.2f", On(colour), colour, got)
		}
	}
	if On("#ffee00") != "#000000" || On("#1a4f9c") != "#ffffff" {
		t.Error("yellow wants black words, blue white ones")
	}
}
