package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

const (
	// answerAfter is how long the answer to an address takes at least, so that its time
	// does not tell whether the address is known.
	answerAfter = time.Second
	// perAddress and perSource are how many mails an hour may be asked for.
	perAddress = 5
	perSource  = 300
)

// way is how mail to an address is asked for. Each is counted on its own: a stranger who
// types somebody's address into one form closes no other to them.
type way string

const (
	byAddress way = "address" // a link, by typing the address
	byNotice  way = "notice"  // a link, by that of a notice
	byAsking  way = "ask"     // a request, by typing the address
	inCenter  way = "center"  // whatever the privacy center confirms or tells by mail
)

// allowed counts one more mail to an address, written with capitals or without, and leaves
// word in the log of one too many.
func (s *Site) allowed(ctx context.Context, by way, address string) (bool, error) {
	ok, err := s.Limiter.Allow(ctx, string(by), strings.ToLower(address), perAddress)
	if err == nil && !ok {
		s.Log.WarnContext(ctx, "mail asked for too often", "way", string(by))
	}
	return ok, err
}

// limit refuses what would be one mail too many to an address in an hour.
func (s *Site) limit(r *request, by way, address string) error {
	ok, err := s.allowed(r.Context(), by, address)
	if err == nil && !ok {
		return r.tooOften()
	}
	return err
}

// evenly does work of which the answer must tell nothing, and answers no sooner than
// answerAfter.
func (s *Site) evenly(r *request, work func() error, answer messagePage) error {
	if ok, err := s.Limiter.Allow(r.Context(), "source", network(r.RemoteAddr), perSource); err != nil {
		return err
	} else if !ok {
		return r.tooOften()
	}
	patience := time.NewTimer(answerAfter)
	defer patience.Stop()
	if err := work(); err != nil {
		return err
	}
	select {
	case <-patience.C:
	case <-r.Context().Done():
	}
	return r.render(http.StatusOK, "message", answer)
}

// network is what one household or host may take its addresses from: an IPv4 address,
// or the 64 bits of an IPv6 one that are the same for all of a subnet (RFC 4291 § 2.5.4).
func network(source string) string {
	addr, err := netip.ParseAddr(source)
	if err != nil || addr.Unmap().Is4() {
		return source
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}
