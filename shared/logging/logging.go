// Package logging sets up the one way policymail writes logs: JSON, one event a
// line, ids and never addresses or tokens.
package logging

import (
	"io"
	"log/slog"
)

// New returns the logger of a function, which every event names. It writes events
// of the level named, like "INFO", or graver ones. Lambda passes the level of the
// function's LoggingConfig in AWS_LAMBDA_LOG_LEVEL.
func New(w io.Writer, function, level string) *slog.Logger {
	var l slog.Level
	if l.UnmarshalText([]byte(level)) != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})).With("function", function)
}
