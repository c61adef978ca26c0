package bench

import (
	"bytes"
	"fmt"
	"io"
	"mime/quotedprintable"
	"testing"
	"time"

	"github.com/emersion/go-message"

	"policymail/shared/notice"
)

// BenchmarkMessage writes one complete message. The floor writes the same headers and
// bodies, already made, with the standard library's quoted-printable.
func BenchmarkMessage(b *testing.B) {
	st := newStage(b, nil)
	v := version()
	person := notice.Recipient{ID: st.keys.RecipientID("ada@example.com"), Address: "ada@example.com", Name: "Ada Example", Locale: "en", Status: notice.Active}
	for _, kind := range []notice.Kind{notice.Annual, notice.Change} {
		b.Run(string(kind), func(b *testing.B) {
			run := notice.Run{ID: "change-privacy-2_0", Kind: kind, Class: notice.Optional}
			e, _, err := st.letters.Write(run, v, person)
			must(b, err)
			head, bodies := parts(b, e.Raw)
			// In turn, and the best round of each: what else runs on the machine disturbs both
			// and counts for neither.
			const round = 250
			var write, floor cost
			for b.Loop() {
				write = cheaper(write, spend(round, func() {
					for range round {
						if _, _, err := st.letters.Write(run, v, person); err != nil {
							b.Fatal(err)
						}
					}
				}))
				floor = cheaper(floor, spend(round, func() {
					for range round {
						bare(head, bodies)
					}
				}))
			}
			b.ReportMetric(write.perCPUSecond(), "msg/cpu-s")
			report("message, "+string(kind), fmt.Sprintf("%v, %d allocs, %.1f KB, %.0f a second on a core", write.cpuEach().Round(100*time.Nanosecond),
				write.allocs/uint64(write.n), float64(write.bytes)/1e3/float64(write.n), write.perCPUSecond()),
				fmt.Sprintf("%v to encode what is written", floor.cpuEach().Round(100*time.Nanosecond)), ratio(write.cpuEach(), floor.cpuEach()))
		})
	}
}

// parts takes a message apart: its header and the decoded bodies.
func parts(b testing.TB, raw []byte) (head []byte, bodies [][]byte) {
	head, _, _ = bytes.Cut(raw, []byte("\r\n\r\n"))
	m, err := message.Read(bytes.NewReader(raw))
	must(b, err)
	for r := m.MultipartReader(); ; {
		part, err := r.NextPart()
		if err == io.EOF {
			return head, bodies
		}
		must(b, err)
		body, err := io.ReadAll(part.Body)
		must(b, err)
		bodies = append(bodies, body)
	}
}

// bare writes a message from its parts.
func bare(head []byte, bodies [][]byte) []byte {
	var out bytes.Buffer
	out.Write(head)
	for _, body := range bodies {
		out.WriteString("\r\n\r\n--boundary\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
		w := quotedprintable.NewWriter(&out)
		w.Write(body)
		w.Close()
	}
	out.WriteString("\r\n--boundary--\r\n")
	return out.Bytes()
}
