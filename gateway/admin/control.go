package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/conference"
)

// maxControl is the most bytes that a control request may have.
const maxControl = 16 << 10

// controlFields names what a request may hold, for those who mistype.
const controlFields = "lock, recording, encryption, admit, decline, remove, mute, ask_to_speak, mute_all, purpose, message, end"

func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if s.sources.Meetings == nil {
		fail(w, http.StatusNotFound, "no meeting "+id+": this gateway holds none")
		return
	}
	c, err := readControl(http.MaxBytesReader(w, r.Body, maxControl))
	if err != nil {
		misread(w, err)
		return
	}
	if err := s.sources.Meetings.Control(id, c); err != nil {
		fail(w, statusOf(err), fmt.Sprintf("meeting %s: %v", id, err))
		return
	}
	s.log.Info().Str("meeting", id).Interface("control", c.wordless()).Msg("meeting controlled by the operator")
	if c.End {
		answer(w, http.StatusOK, map[string]string{"id": id, "status": "ended"})
		return
	}
	s.oneMeeting(w, r)
}

// wordless is c as the log may have it: of texts, which may name people, only the
// languages.
func (c Control) wordless() Control {
	for _, texts := range []**Texts{&c.Purpose, &c.Message} {
		if *texts == nil {
			continue
		}
		languages := Texts{}
		for language := range **texts {
			languages[language] = "..."
		}
		*texts = &languages
	}
	return c
}

// readControl reads what is to be done to a meeting.
func readControl(body io.Reader) (Control, error) {
	var c Control
	switch err := readStrictly(body, &c, controlFields); {
	case errors.Is(err, io.EOF):
		return Control{}, errors.New(`the request is empty: want a JSON object such as {"lock":true}`)
	case err != nil:
		return Control{}, err
	}
	if c == (Control{}) {
		return Control{}, errors.New("nothing to do: want at least one of " + controlFields)
	}
	return c, errors.Join(
		oneOf("recording", c.Recording, "start", "pause", "resume", "stop"),
		oneOf("encryption", c.Encryption, "none", "transport", "enhanced", "e2ee"),
	)
}

func oneOf(field, got string, want ...string) error {
	if got == "" || slices.Contains(want, got) {
		return nil
	}
	return fmt.Errorf("%s: %q: want one of %s", field, got, strings.Join(want, ", "))
}

// readStrictly reads one JSON object: what a request asks for and the gateway does
// not know must not look as if it had been done. It returns io.EOF where there is
// none.
func readStrictly(body io.Reader, into any, fields string) error {
	d := json.NewDecoder(body)
	d.DisallowUnknownFields()
	switch err := d.Decode(into); {
	case errors.Is(err, io.EOF):
		return io.EOF
	case err != nil:
		return explain(err, fields)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("want one JSON object and nothing behind it")
	}
	return nil
}

// misread answers what is wrong with a request that could not be read.
func misread(w http.ResponseWriter, err error) {
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		fail(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is too large: want at most %d bytes", tooLarge.Limit))
		return
	}
	fail(w, http.StatusBadRequest, err.Error())
}

// explain puts what the JSON decoder says into words for the operator.
func explain(err error, fields string) error {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	unknown, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case isUnknown:
		return fmt.Errorf("unknown field %s: want some of %s", unknown, fields)
	case errors.As(err, &kind) && kind.Field != "":
		return fmt.Errorf("%s: want %s, not a %s", kind.Field, wanted(kind), kind.Value)
	case errors.As(err, &kind):
		return fmt.Errorf("want a JSON object with some of %s, not this %s", fields, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Errorf("no JSON at byte %d: %w", syntax.Offset, err)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the JSON object is not complete")
	}
	return err
}

func wanted(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() { //nolint:exhaustive // the rest are texts
	case reflect.Bool:
		return "true or false"
	case reflect.Map:
		return `texts by language, such as {"en": "the minutes"}`
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a number"
	case reflect.Slice:
		return "a list"
	}
	return "a text in quotes"
}

// statusOf is the HTTP status of what a meeting has answered.
func statusOf(err error) int {
	switch {
	case errors.Is(err, conference.ErrNoMeeting):
		return http.StatusNotFound
	case errors.Is(err, conference.ErrGone):
		return http.StatusGone
	case errors.Is(err, conference.ErrUnavailable):
		return http.StatusServiceUnavailable
	}
	return http.StatusConflict
}
