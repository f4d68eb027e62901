package embedded

import (
	"io"

	"github.com/pion/logging"
)

// quiet keeps pion from writing to the process's standard error: what matters
// of it comes back as an error or a state, and is logged with its meeting.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
}
