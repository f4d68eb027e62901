package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/sealed"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// play decodes a file of a recording, from its beginning on.
func play(t *testing.T, name string) []int16 {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ogg.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var sound []int16
	frame, end := make([]int16, 960), int64(0)
	for {
		p, err := r.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, err := d.Decode(frame, p.Data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sound = append(sound, frame[:n]...)
		if end = p.Position; end < 0 { // that of a page stands by its last packet
			end = int64(6 * len(sound))
		}
	}
	return sound[preSkip/6 : min(int(end/6), len(sound))]
}

// from is the part of a recording's sound between two moments. What is late on
// the way is in it a little later than it was said.
func (m manifest) from(sound []int16, begin, end time.Time) []int16 {
	at := func(t time.Time) int { return int(t.Sub(m.Began) * pcm.Narrowband / time.Second) }
	return sound[at(begin):min(at(end), len(sound))]
}

// recordingOf is the only recording of a folder, finished and exported.
func recordingOf(t *testing.T, root string) (directory string, m manifest) {
	t.Helper()
	directory, m = finished(t, root)
	return exported(t, directory), m
}

// exported is a folder with a recording as anybody can play it.
func exported(t *testing.T, folder string) string {
	t.Helper()
	c := DefaultConfig()
	c.Recordings = filepath.Dir(folder)
	r, err := FindRecording(c, filepath.Base(folder))
	if err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(t.TempDir(), "exported")
	x, err := r.Export(t.Context(), directory, nil, func(Exported) {})
	if err != nil || len(x.Faults) > 0 {
		t.Fatalf("exported with %v, %v", x.Faults, err)
	}
	return directory
}

// finished is the only recording of a folder.
func finished(t *testing.T, root string) (directory string, m manifest) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		found, err := filepath.Glob(filepath.Join(root, "*", "manifest.json"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 1 {
			t.Fatalf("recordings: %v", found)
		}
		if len(found) == 1 {
			text, err := os.ReadFile(found[0])
			if err == nil && json.Unmarshal(text, &m) == nil && m.Ended != nil {
				return filepath.Dir(found[0]), m
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no finished recording: %v %+v", found, m)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func recording(want string) func(webtest.Message) bool {
	return func(m webtest.Message) bool { return m.Type == "state" && m.Meeting.Recording == want }
}

// threeSpeak has two pages and a telephone speak in meeting 1, each a note of their
// own, until the test ends.
func threeSpeak(t *testing.T, b *Backend) (ada, bob *webtest.Peer, phone *telephone) {
	t.Helper()
	server := serve(t, b)
	ada = webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	bob = webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	bob.Joined()
	phone = call(t, b, "1")
	t.Cleanup(speak(t, ada, 880))
	t.Cleanup(speak(t, bob, 600))
	phone.awaitNote(880, true)
	phone.awaitNote(600, true)
	phone.say(440)
	return ada, bob, phone
}

func TestRecordingHoldsThoseWhoAgreedAndNobodyElse(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", nil))
	ada, bob, phone := threeSpeak(t, b)
	adaID, phoneID := personID(t, b, "1", "Ada"), personID(t, b, "1", "Phone 1")

	ada.Say(request{Type: "host", Action: "record_start"})
	m := ada.Told("recording", recording("on"))
	ada.Forget()
	phone.awaitNote(880, false)
	if quiet := phone.hear(300 * time.Millisecond); power(quiet, 600, pcm.Narrowband) > -50 {
		t.Error("who has not answered is heard")
	}
	ada.Say(request{Type: "consent", Run: m.Meeting.Run, Answer: "agree"})
	bob.Say(request{Type: "consent", Run: m.Meeting.Run, Answer: "listen"})
	phone.seat.Answer(m.Meeting.Run, conference.Agreed)
	bob.Sees("all answers", func(m webtest.Message) bool {
		p := m.Persons()
		return len(p) == 3 && p[0].Recorded == "agreed" && p[1].Recorded == "declined" && p[2].Recorded == "agreed"
	})
	phone.awaitNote(880, true)
	agreed := time.Now()
	phone.hear(1500 * time.Millisecond)
	withdrawn := time.Now()
	phone.seat.Answer(m.Meeting.Run, conference.Declined)
	bob.Sees("the withdrawal", func(m webtest.Message) bool {
		p := m.Persons()
		return len(p) == 3 && p[2].Recorded == "declined"
	})
	silent := time.Now().Add(mixDelay)
	phone.hear(900 * time.Millisecond)
	stopped := time.Now()
	ada.Say(request{Type: "host", Action: "record_stop"})

	folder, _ := finished(t, cfg.Recordings)
	checkNames(t, folder, adaID+".opus.sealed", phoneID+".opus.sealed", "mix.opus.sealed", "manifest.json")
	checkSealed(t, cfg.Recordings)
	directory, list := recordingOf(t, cfg.Recordings)
	checkNames(t, directory, adaID+".opus", phoneID+".opus", "mix.opus", "manifest.json")
	if len(list.Tracks) != 3 {
		t.Errorf("manifest %+v", list)
	}
	sound := map[string][]int16{}
	for _, name := range []string{adaID, phoneID, mixName} {
		sound[name] = play(t, filepath.Join(directory, name+".opus"))
		if got := float64(len(sound[name])) / pcm.Narrowband; math.Abs(got-list.Duration) > 1./pcm.Narrowband {
			t.Errorf("%s is %.4f s long, the recording %.4f s", name, got, list.Duration)
		}
	}
	agreed = agreed.Add(mixDelay)
	for _, c := range []struct {
		what     string
		name     string
		from, to time.Time
		hertz    float64
		there    bool // or at least 40 dB down: another voice leaves that much
	}{
		{"ada's file has ada", adaID, agreed, withdrawn, 880, true},
		{"ada's file has no telephone", adaID, agreed, withdrawn, 440, false},
		{"the telephone's file has it", phoneID, agreed, withdrawn, 440, true},
		{"the telephone's file ends with the withdrawal", phoneID, silent, stopped, 440, false},
		{"the mix has ada", mixName, agreed, withdrawn, 880, true},
		{"the mix has the telephone", mixName, agreed, withdrawn, 440, true},
		{"the mix has nobody who declined", mixName, list.Began, stopped, 600, false},
		{"the mix ends without the telephone", mixName, silent, stopped, 440, false},
	} {
		level := power(list.from(sound[c.name], c.from, c.to), c.hertz, pcm.Narrowband)
		if c.there != (math.Abs(level) < 4) || (!c.there && level > -40) {
			t.Errorf("%s: %+.1f dB", c.what, level)
		}
	}
}

// checkSealed finds no Opus and no Ogg in any file of a folder.
func checkSealed(t *testing.T, folder string) {
	t.Helper()
	seen := 0
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		seen++
		content, err := os.ReadFile(path)
		for _, mark := range []string{"OggS", "OpusHead", "OpusTags"} {
			if bytes.Contains(content, []byte(mark)) {
				t.Errorf("%s has %s", path, mark)
			}
		}
		return err
	})
	if err != nil || seen < 2 {
		t.Errorf("%d files looked at, %v", seen, err)
	}
}

// checkNames finds these files, for their owner only, and no others.
func checkNames(t *testing.T, directory string, want ...string) {
	t.Helper()
	files, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v", f.Name(), info.Mode())
		}
		names = append(names, f.Name())
	}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
}

func TestPauseIsSilenceInAllFiles(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Consent = "off" }))
	ada := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	id := ada.Joined()
	defer speak(t, ada, 880)()
	phone := call(t, b, "1")
	phone.awaitNote(880, true)
	type stretch struct{ from, to time.Time }
	var steps []stretch // the file's time is ours; what is under way may be late
	for _, step := range []struct{ action, state string }{
		{"record_start", "on"}, {"record_pause", "paused"}, {"record_resume", "on"}, {"record_stop", "off"},
	} {
		before := len(ada.All(recording(step.state)))
		ada.Say(request{Type: "host", Action: step.action})
		ada.Await(step.action, func(h webtest.History) bool { return count(h.Messages, recording(step.state)) > before })
		from := time.Now().Add(mixDelay)
		phone.hear(800 * time.Millisecond)
		steps = append(steps, stretch{from, time.Now()})
		if level := power(phone.hear(200*time.Millisecond), 880, pcm.Narrowband); level < -4 {
			t.Errorf("%s: ada is heard at %+.1f dB: where consent is off nobody is silenced", step.action, level)
		}
	}
	directory, list := recordingOf(t, cfg.Recordings)
	for _, name := range []string{id, mixName} {
		sound := play(t, filepath.Join(directory, name+".opus"))
		if got := float64(len(sound)) / pcm.Narrowband; math.Abs(got-list.Duration) > 1./pcm.Narrowband {
			t.Errorf("%s is %.4f s long, the recording %.4f s", name, got, list.Duration)
		}
		for i, there := range []bool{true, false, true} {
			level := power(list.from(sound, steps[i].from, steps[i].to), 880, pcm.Narrowband)
			if there != (level > -4) || (!there && level > -50) {
				t.Errorf("%s, step %d: %+.1f dB", name, i, level)
			}
		}
	}
}

func TestRecordingThatCannotBeWrittenDoesNotBegin(t *testing.T) {
	cfg := testConfig(t)
	cfg.Recordings = filepath.Join(cfg.Recordings, "file")
	if err := os.WriteFile(cfg.Recordings, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b := start(t, cfg, beating(t), meetingOf("1", nil))
	ada := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	defer speak(t, ada, 880)()
	phone := call(t, b, "1")
	ada.Say(request{Type: "host", Action: "record_start"})
	ada.Told("failed", func(m webtest.Message) bool { return m.Code == "recording_failed" })
	if n := len(ada.All(recording("on"))); n > 0 {
		t.Error("it was said that a recording runs")
	}
	phone.awaitNote(880, true)
}

func TestRecordingThatCannotGoOnEndsAndTheMeetingDoesNot(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Consent = "off" }))
	ada := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	phone := call(t, b, "1")
	ada.Say(request{Type: "host", Action: "record_start"})
	ada.Told("recording", recording("on"))
	if err := os.RemoveAll(cfg.Recordings); err != nil {
		t.Fatal(err)
	}
	defer speak(t, ada, 880)()
	ada.Told("failed", func(m webtest.Message) bool { return m.Code == "recording_failed" })
	phone.awaitNote(880, true)
	info := b.Meetings()[0]
	if info.Recording != "off" {
		t.Errorf("recording %q", info.Recording)
	}
}

func TestMeetingThatIsAlwaysRecordedRecordsWhileSomebodyIsIn(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Recording, m.Consent = "on", "notice" }))
	phone := call(t, b, "1")
	id := personID(t, b, "1", "Phone 1")
	phone.say(440)
	phone.hear(300 * time.Millisecond)
	st := <-phone.visit.States()
	phone.seat.Answer(st.RecordingRun, conference.Informed)
	phone.hear(time.Second)
	phone.visit.Leave()
	directory, _ := recordingOf(t, cfg.Recordings)
	sound := play(t, filepath.Join(directory, id+".opus"))
	if level := power(sound[len(sound)-pcm.Narrowband*8/10:], 440, pcm.Narrowband); level < -4 {
		t.Errorf("the telephone is recorded at %+.1f dB", level)
	}
	if level := power(sound[:pcm.Narrowband/4], 440, pcm.Narrowband); level > -50 {
		t.Errorf("recorded at %+.1f dB before the notice", level)
	}
	if info := b.Meetings()[0]; info.Recording != "on" {
		t.Errorf("recording %q: who comes next must be told", info.Recording)
	}
}

// TestKilledRecorderLeavesReadableFiles kills a process that records.
func TestKilledRecorderLeavesReadableFiles(t *testing.T) {
	if root := os.Getenv("EINWAHL_TEST_RECORD"); root != "" {
		recordForever(t, root)
		return
	}
	root := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledRecorderLeavesReadableFiles$")
	child.Env = append(os.Environ(), "EINWAHL_TEST_RECORD="+root)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var name string
	deadline := time.Now().Add(20 * time.Second)
	for name == "" {
		if time.Now().After(deadline) {
			t.Fatal("the child does not record")
		}
		found, _ := filepath.Glob(filepath.Join(root, "*", "p1.opus.sealed"))
		for _, f := range found {
			if info, err := os.Stat(f); err == nil && info.Size() > 8000 {
				name = f
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	sound := play(t, filepath.Join(exported(t, filepath.Dir(name)), "p1.opus"))
	if len(sound) < pcm.Narrowband {
		t.Fatalf("%d samples are left", len(sound))
	}
	if level := power(sound[pcm.Narrowband/2:], 440, pcm.Narrowband); math.Abs(level) > 4 {
		t.Errorf("what is left has the note at %+.1f dB", level)
	}
}

func recordForever(t *testing.T, root string) {
	r := newRecorder(1, time.Now())
	go func() { _ = r.write(archive{recordings: root, keys: root + ".keys"}, "1", func() {}) }()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 24000, Complexity: 5})
	if err != nil {
		t.Fatal(err)
	}
	track, note := r.track("p1", true), newNote(440, pcm.Narrowband)
	packet := make([]byte, 400)
	for ts := uint32(0); ; ts += frameTicks {
		time.Sleep(time.Until(r.began.Add(time.Duration(ts) * time.Second / clockRate)))
		n, err := encoder.Encode(packet, note.next(pcm.NarrowbandSamples))
		if err != nil {
			t.Fatal(err)
		}
		track.push(ts, packet[:n], time.Now())
	}
}

// newFiles is a recording without a file yet.
func newFiles(t *testing.T, began time.Time) *fileSet {
	t.Helper()
	c := DefaultConfig()
	c.Recordings = filepath.Join(t.TempDir(), "recordings")
	a := c.archive()
	directory, err := makeDirectory(a.recordings, "1", began)
	if err != nil {
		t.Fatal(err)
	}
	key, err := a.makeKey(filepath.Base(directory))
	if err != nil {
		t.Fatal(err)
	}
	return newFileSet(directory, key, newManifest("1", 1, began))
}

// TestDiskThatStoodStillLosesNothing: what waited for it is written before the
// silence that the clock asks for.
func TestDiskThatStoodStillLosesNothing(t *testing.T) {
	began := time.Unix(1000, 0)
	r := newRecorder(1, began)
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 24000, Complexity: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer encoder.Close()
	track, note := r.track("p1", true), newNote(440, pcm.Narrowband)
	packet := make([]byte, 400)
	const packets = 150 // three seconds
	for i := range packets {
		n, err := encoder.Encode(packet, note.next(pcm.NarrowbandSamples))
		if err != nil {
			t.Fatal(err)
		}
		track.push(uint32(i*frameTicks), packet[:n], began.Add(time.Duration(i)*pcm.FrameDuration))
	}
	files := newFiles(t, began)
	if err := r.writeOne(files, <-r.packets); err != nil { // the file is there, then the disk stands still
		t.Fatal(err)
	}
	if err := r.keepUp(files, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := files.finish(6*time.Second, 0); err != nil {
		t.Fatal(err)
	}
	sound := play(t, filepath.Join(exported(t, files.directory), "p1.opus"))
	for _, tt := range []struct {
		from, to float64
		there    bool
	}{{0.1, 2.9, true}, {3.2, 6, false}} {
		level := power(sound[int(tt.from*pcm.Narrowband):int(tt.to*pcm.Narrowband)], 440, pcm.Narrowband)
		if tt.there != (level > -4) || (!tt.there && level > -50) {
			t.Errorf("from %v s to %v s: %+.1f dB", tt.from, tt.to, level)
		}
	}
}

// TestFilesOfARecordingEndTogether, to the sample.
func TestFilesOfARecordingEndTogether(t *testing.T) {
	t.Run("where one runs ahead", func(t *testing.T) { endTogether(t, 201*time.Millisecond, 370*time.Millisecond) })
	t.Run("where no packet ends", func(t *testing.T) { endTogether(t, 1001*time.Millisecond, 1001*time.Millisecond) })
}

func endTogether(t *testing.T, length, want time.Duration) {
	t.Helper()
	began := time.Unix(1000, 0)
	r := newRecorder(1, began)
	late, punctual := r.track("p1", true), r.track("p2", false)
	note := []byte(silences[1].packet)
	punctual.push(0, note, began)
	for i := range 11 { // the first ones were held up
		late.push(uint32(i)*frameTicks, note, began.Add(max(150*time.Millisecond, time.Duration(i)*pcm.FrameDuration)))
	}
	files := newFiles(t, began)
	if err := r.writeQueued(files); err != nil {
		t.Fatal(err)
	}
	if err := files.finish(length, 0); err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(math.Round(files.manifest.Duration*1e6)) * time.Microsecond; got != want {
		t.Errorf("%v long, want %v", got, want)
	}
	directory := exported(t, files.directory)
	for _, name := range []string{"p1", "p2"} {
		sound := play(t, filepath.Join(directory, name+".opus"))
		if want := int(want * pcm.Narrowband / time.Second); len(sound) != want {
			t.Errorf("%s: %d samples, want %d", name, len(sound), want)
		}
	}
}

// TestFilesLeaveOutWhatComesLateOfAPause: it was said before the recording went on.
func TestFilesLeaveOutWhatComesLateOfAPause(t *testing.T) {
	f, err := createOgg(t.TempDir(), "p1", make([]byte, sealed.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	packet := []byte(silences[1].packet)
	for _, p := range []struct {
		ts             uint32
		after, resumed time.Duration
		want           int64
	}{
		{0, 0, 0, 960},
		{47040, 1100 * time.Millisecond, time.Second, 960}, // of 980 ms
		{48000, 1100 * time.Millisecond, time.Second, 48960},
	} {
		if err := f.write(p.ts, p.after, p.resumed, packet); err != nil {
			t.Fatal(err)
		}
		if f.written != p.want {
			t.Errorf("after the packet of %d: %d samples, want %d", p.ts, f.written, p.want)
		}
	}
	if err := f.finish(f.written); err != nil {
		t.Fatal(err)
	}
}

// TestMixLeavesOutWhatWasSaidInAPause: the room is a jitter buffer behind.
func TestMixLeavesOutWhatWasSaidInAPause(t *testing.T) {
	began := time.Now()
	r := newRecorder(1, began)
	mix, packet := r.track(mixName, false), []byte(silences[1].packet)
	r.pause(true)
	mix.pushMix(0, packet, began)
	r.pause(false)
	mix.pushMix(960, packet, time.Now())
	if n := len(r.packets); n != 0 {
		t.Errorf("%d packets of a pause are in the mix", n)
	}
	late := time.Now().Add(mixDelay)
	mix.pushMix(1920, packet, late)
	r.pause(false) // said again, it holds nothing up
	mix.pushMix(2880, packet, late)
	if n := len(r.packets); n != 2 {
		t.Errorf("%d packets after the pause, want 2", n)
	}
}

// TestDiskThatStandsStillCostsNoMemory: what is dropped is not allocated either.
func TestDiskThatStandsStillCostsNoMemory(t *testing.T) {
	r := newRecorder(1, time.Now())
	track, packet := r.track("p1", false), make([]byte, 80)
	for range recorderQueue + 1 {
		track.push(0, packet, r.began)
	}
	if n := testing.AllocsPerRun(100, func() { track.push(0, packet, r.began) }); n > 0 {
		t.Errorf("%v allocations for a packet that is dropped", n)
	}
	if n := r.dropped.Load(); n < 100 {
		t.Errorf("%d packets are dropped", n)
	}
}
