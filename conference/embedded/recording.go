package embedded

import (
	"time"

	"github.com/pion/rtp"
)

// runRecorder starts a recorder when the state wants files, and stops it when
// it does not any more.
func (m *meeting) runRecorder() {
	wanted := m.state.files()
	if r := m.recorder; r != nil && (!wanted || r.run != m.state.run) {
		m.stopRecorder()
	}
	if wanted && m.recorder == nil {
		m.startRecorder()
	}
}

func (m *meeting) startRecorder() {
	r := newRecorder(m.state.run, time.Now())
	r.purpose, r.keep, r.reason = m.state.purpose, m.keep, m.reason
	m.recorder = r
	m.log.Info().Uint64("run", r.run).Msg("recording begun")
	m.service.wg.Go(func() {
		err := r.write(m.archive, m.id, func() {
			m.post(func() { m.recorderReady(r) })
		})
		if err != nil {
			m.log.Error().Err(err).Msg("recording ended: it cannot be written")
			m.post(func() { m.recorderFailed(r) })
			return
		}
		m.log.Info().Uint64("run", r.run).Uint64("dropped", r.dropped.Load()).Msg("recording ended")
	})
}

func (m *meeting) recorderReady(r *recorder) {
	if m.recorder == r {
		r.ready = true
		m.state.recorderReady(r.run)
	}
}

func (m *meeting) recorderFailed(r *recorder) {
	if m.recorder != r {
		return
	}
	m.state.recorderFailed(r.run)
	for _, mb := range m.members {
		if mb.browser != nil && mb.person.place == inside && m.state.isHost(mb.person) {
			mb.browser.out.send(errorMessage{Type: "error", Code: "recording_failed", Message: "The recording cannot be written and has ended."})
		}
	}
}

// stopRecorder lets the recording end. Its goroutine finishes the files.
func (m *meeting) stopRecorder() {
	m.unplugMix()
	for _, mb := range m.members {
		if mb.voice != nil {
			mb.voice.unrecord()
		}
	}
	close(m.recorder.stopped)
	m.recorder = nil
}

// fileOf is the file that a member's voice goes to now, or nil.
func (m *meeting) fileOf(mb *member) *fileTrack {
	if m.recorder == nil || !m.recorder.ready || !mb.recorded {
		return nil
	}
	return m.recorder.track(mb.person.id, mb.person.phone)
}

// plugMix connects the room with the recording's mix.
func (m *meeting) plugMix() {
	r := m.recorder
	if r == nil || !r.ready || r.tap != nil {
		return
	}
	track := r.track(mixName, false)
	r.mix = newEncoder(m.pool, nil, func(h rtp.Header, payload []byte, at time.Time) { track.pushMix(h.Timestamp, payload, at) })
	r.holdMix()
	r.tap = m.room.Tap(r.mix)
}

// mixes reports whether the mix is being recorded.
func (m *meeting) mixes() bool { return m.recorder != nil && m.recorder.tap != nil }

func (m *meeting) unplugMix() {
	if !m.mixes() {
		return
	}
	r := m.recorder
	r.tap.Close()
	r.mix.close()
	r.tap, r.mix = nil, nil
}
