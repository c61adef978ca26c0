package browser

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "take the pictures of the README anew")

// The README shows a mail and the preference page as they are: small files, taken
// with -update.
func TestPicturesOfTheReadme(t *testing.T) {
	pictures := map[string]string{"mail.png": "/_local/gallery/mail/change/en", "preferences.png": "/_local/gallery/page/preferences/en"}
	if *update {
		base := stack(t)
		tab := New(t, base)
		for name, link := range pictures {
			tab.Window(760, 600, 16)
			tab.Prefer("prefers-color-scheme", "light")
			tab.Open(base + link)
			if err := os.WriteFile(filepath.Join("testdata", name), small(t, tab.Screenshot()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name := range pictures {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || c.Width < 600 || len(raw) > 60_000 {
			t.Errorf("%s: %d bytes, %v; a picture of the README is at least 600 pixels wide and at most 60 KB", name, len(raw), err)
		}
	}
}

// small writes the top of a picture with the 256 colours it uses most.
func small(t *testing.T, raw []byte) []byte {
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	seen := full.Bounds()
	seen.Max.Y = min(seen.Max.Y, seen.Min.Y+1100)
	few := image.NewPaletted(seen, colours(full))
	draw.Draw(few, seen, full, seen.Min, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func colours(picture image.Image) color.Palette {
	uses := map[color.Color]int{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			uses[picture.At(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(uses), func(a, b color.Color) int { return uses[b] - uses[a] })
	return append(color.Palette{}, most[:min(len(most), 256)]...)
}
