package brand

import (
	"math"
	"strconv"
)

// On returns black or white, whichever is easier to read on a colour like
// "#1a5fb4". One of them always has the contrast of 4.5 that WCAG 2.2 § 1.4.3 asks
// for.
func On(colour string) string {
	if contrast(1, luminance(colour)) >= contrast(luminance(colour), 0) {
		return "#ffffff"
	}
	return "#000000"
}

// contrast is the ratio of two relative luminances (WCAG 2.2, "contrast ratio").
func contrast(lighter, darker float64) float64 { return (lighter + .05) / (darker + .05) }

// luminance is WCAG 2.2's relative luminance of a colour, 0 to 1.
func luminance(colour string) (l float64) {
	n, _ := strconv.ParseUint(colour[1:], 16, 32)
	for i, weight := range []float64{.0722, .7152, .2126} {
		c := float64(n>>(8*i)&0xff) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		l += weight * c
	}
	return l
}
